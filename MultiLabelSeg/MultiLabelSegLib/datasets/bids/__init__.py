"""BIDS derivatives: discrete segmentations (``_dseg.nii.gz``) with label tables and JSON."""
