"""The tree of groups, folders, labels and instances: its rows, and what is done to them."""
