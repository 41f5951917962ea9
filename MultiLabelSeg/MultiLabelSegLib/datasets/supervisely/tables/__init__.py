"""Colour maps, score tables and mappings."""
