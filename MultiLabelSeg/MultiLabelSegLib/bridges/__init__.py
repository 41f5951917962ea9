"""Between our types and those of SimpleITK, VTK and Slicer."""
