"""One label map of the node, shared by all segments of a group: the node's own copy of the group's shown frame."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core import Box, Geometry
from .mrml_grid import labelmap_image, scalars_from, voxels_of


class Layer:
    """A ``vtkOrientedImageData`` with the voxels of one frame (k, j, i), values as in the document.

    The copy is deliberate: what others write into the node is found by comparing it with the document.
    """

    def __init__(self, frame: NDArray[Any], geometry: Geometry) -> None:
        self._array = frame.copy()
        self.geometry = geometry
        self.image = labelmap_image(self._array, geometry)
        self._time = self.image.GetMTime()

    @property
    def array(self) -> NDArray[Any]:
        """The node's voxels, (k, j, i)."""
        return self._array

    @property
    def is_touched(self) -> bool:
        """Whether somebody else marked the image as modified since our last write."""
        return bool(self.image.GetMTime() != self._time)

    @property
    def is_whole(self) -> bool:
        """Whether the image still shows our array: Slicer may crop or replace its scalars."""
        k, j, i = self._array.shape
        if tuple(self.image.GetExtent()) != (0, i - 1, 0, j - 1, 0, k - 1):
            return False
        found = voxels_of(self.image)
        return found is not None and found.dtype == self._array.dtype and _start(found) == _start(self._array)

    def seen(self) -> NDArray[Any] | None:
        """What the image shows now, (k, j, i), while it has our grid and holds label values; else None.

        Slicer's Segment Editor puts scalars of its own into the image, which then is no longer ``is_whole``.
        """
        k, j, i = self._array.shape
        found = voxels_of(self.image)
        whole = tuple(self.image.GetExtent()) == (0, i - 1, 0, j - 1, 0, k - 1)
        return found if whole and found is not None and found.dtype in (np.uint8, np.uint16) else None

    def copy_box(self, frame: NDArray[Any], box: Box | None, keep_time: bool = False) -> None:
        """Copies a box of the document's frame (None: all of it) and marks the voxels as modified.

        Where the group got a wider type, all voxels are copied. ``keep_time``: others changed the layer too and were
        not asked yet, so that it counts as touched further on.
        """
        if frame.dtype != self._array.dtype:
            self._array = frame.copy()
            self.image.GetPointData().SetScalars(scalars_from(self._array))
        else:
            part = slice(None) if box is None else box.slices
            self._array[part] = frame[part]
        # not image.Modified(): that tells every segment of the layer, one after the other
        self.image.GetPointData().GetScalars().Modified()
        if not keep_time:
            self.note()

    def note(self) -> None:
        """Takes the present state as ours."""
        self._time = self.image.GetMTime()


def _start(array: NDArray[np.generic]) -> int:
    return int(array.__array_interface__["data"][0])
