"""The context menus of the tree: every operation on labels, groups and folders."""
