"""Which files of a NIfTI data set belong together."""
