"""The parts of the ``.seg.nrrd`` format: its keys, its grid, and groups from layers."""
