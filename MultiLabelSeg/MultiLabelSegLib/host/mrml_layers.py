"""One label map of the node, shared by all segments of a group: the node's own copy of the group's shown frame."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core import Box, Geometry
from .mrml_grid import geometry_of, labelmap_image, scalars_from, voxels_of


class Layer:
    """A ``vtkOrientedImageData`` with the voxels of one frame (k, j, i), values as in the document.

    The copy is deliberate: what others write into the node is found by comparing it with the document.
    """

    def __init__(self, frame: NDArray[Any], geometry: Geometry) -> None:
        self.geometry = geometry
        self.image = labelmap_image(frame.copy(), geometry)
        self._time = self.image.GetMTime()

    @property
    def is_touched(self) -> bool:
        """Whether somebody else marked the image as modified since our last write."""
        return bool(self.image.GetMTime() != self._time)

    @property
    def is_on_grid(self) -> bool:
        """Whether the image still is where we put it: others may resample it."""
        found = geometry_of(self.image)
        return found is not None and found.is_congruent(self.geometry, check_time=False)

    def voxels(self) -> NDArray[Any] | None:
        """What the image shows now, (k, j, i), as a view; None unless it has our grid and holds label values.

        Asked for each time: Slicer's Segment Editor crops images and gives them arrays of its own, at times untold.
        """
        k, j, i = self.geometry.shape
        if tuple(self.image.GetExtent()) != (0, i - 1, 0, j - 1, 0, k - 1):
            return None
        found = voxels_of(self.image)
        return found if found is not None and found.dtype in (np.uint8, np.uint16) else None

    def copy_box(self, frame: NDArray[Any], box: Box | None, keep_time: bool = False) -> None:
        """Copies a box of the document's frame (None: all of it) and marks the voxels as modified.

        Where the group got a wider type, or the image another grid, all voxels are copied. ``keep_time``: others
        changed the layer too and were not asked yet, so that it counts as touched further on.
        """
        found = self.voxels()
        if found is None or found.dtype != frame.dtype:
            k, j, i = self.geometry.shape
            self.image.SetExtent(0, i - 1, 0, j - 1, 0, k - 1)
            self.image.GetPointData().SetScalars(scalars_from(frame.copy()))
        else:
            part = slice(None) if box is None else box.slices
            found[part] = frame[part]
        # not image.Modified(): that tells every segment of the layer, one after the other
        self.image.GetPointData().GetScalars().Modified()
        if not keep_time:
            self._time = self.image.GetMTime()
