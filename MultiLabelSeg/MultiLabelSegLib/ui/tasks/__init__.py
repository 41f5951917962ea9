"""Task lists: what is to be segmented, and how each task stands."""
