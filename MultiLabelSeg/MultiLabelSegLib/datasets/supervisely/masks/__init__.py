"""Volumes and masks: their voxels on the grid of the volume."""
