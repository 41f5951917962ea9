"""Slicer's slice views: their mouse events, and what is drawn over them."""
