"""Programs and servers that we call."""
