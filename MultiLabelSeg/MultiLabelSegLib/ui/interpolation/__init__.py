"""The interpolation box in 2D and 3D, and the surfaces in the 3D view."""
