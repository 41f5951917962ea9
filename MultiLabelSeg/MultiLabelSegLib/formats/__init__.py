"""Formats: one file (or package) each, a registry, and the one path by which everything is read and written."""
