"""Keys, preferences, presets."""
