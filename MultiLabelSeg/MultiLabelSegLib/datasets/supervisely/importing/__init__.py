"""Imports: what is read, where it is put, and the report of it."""
