"""DICOM segmentations: parsing, frames, segments, grids and the series that they belong to."""
