"""Images and segmentations: opened, imported, saved, exported, journalled and brought back."""
