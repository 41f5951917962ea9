"""Pictures and pages that show segmentations to people."""
