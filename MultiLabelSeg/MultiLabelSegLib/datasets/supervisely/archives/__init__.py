"""Folders and archives as inputs, read without trust."""
