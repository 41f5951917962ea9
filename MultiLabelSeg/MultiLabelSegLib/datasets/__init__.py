"""Folders of many cases, and the sample case of the demo."""
