"""Volume projects, read and written."""
