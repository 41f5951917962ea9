"""NIfTI data sets, written."""
