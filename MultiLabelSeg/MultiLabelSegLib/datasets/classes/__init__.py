"""Names of labels as the classes of a whole data set: one value each, or one for every combination that overlaps."""
