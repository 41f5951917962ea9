"""Presets of labels, schemas and maps for their values, suggestions and preferences."""
