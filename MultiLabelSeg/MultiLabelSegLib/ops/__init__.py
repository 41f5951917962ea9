"""Image operations: numpy in, numpy out, spacing as an argument; they know nothing of labels, groups and locks."""
