"""The programs that we run in: Slicer, the workbench, or none."""
