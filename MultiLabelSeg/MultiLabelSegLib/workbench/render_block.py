"""Slicer's slice logic is given a few slices of a volume instead of all, where a picture lies in one slice across i.

Its filter reads four voxels for each pixel, row after row; across i every one of them lies in another line of the
processor's cache, and waiting for them takes twice as long as the cutting. The picture is the same, voxel for voxel.
"""

from __future__ import annotations

from typing import Any

from ..host.mrml_grid import scalars_from, voxels_of
from .view_blocks import SliceBlock

#: voxels that a picture's points may lie off their slice
_OFF = 1e-6


class BlockInput:
    """What the filter of one layer of a slice logic reads; ``update`` before every picture."""

    def __init__(self, layer: Any) -> None:
        self._layer, self._block = layer, SliceBlock()
        #: what the filter was given instead of the volume, and when its voxels were changed last
        self._image: Any = None
        self._known = 0

    def update(self, volume: Any, wide: int, high: int) -> None:
        """Prepares a picture of ``wide`` by ``high`` pixels of a volume node, as the slice node lies now."""
        image = volume.GetImageData()
        at = None if image is None else self._slice_across_i(volume, image, wide, high)
        if at is None or not self._take(image, at):
            self.release(volume)
            return
        filter_ = self._layer.GetReslice()
        if filter_.GetInputDataObject(0, 0) is not self._image:
            filter_.SetInputData(self._image)

    def _take(self, image: Any, at: int) -> bool:
        """Has the slices around slice ``at`` of a volume's image at hand; False where they are of no use."""
        stamp = image.GetMTime()
        if self._image is not None and self._known == stamp:
            first, last, *_ = self._image.GetExtent()
            if first <= at <= last:
                return True
        whole = voxels_of(image)
        found = None if whole is None else self._block.slices(whole, at, stamp)
        if found is None:
            return False
        self._image, self._known = _image_of(image, *found), stamp
        return True

    def release(self, volume: Any | None) -> None:
        """The filter reads the whole volume again."""
        filter_ = self._layer.GetReslice()
        if self._image is not None and volume is not None and filter_.GetInputDataObject(0, 0) is self._image:
            filter_.SetInputConnection(volume.GetImageDataConnection())
        self._image = None
        self._block.clear()

    def _slice_across_i(self, volume: Any, image: Any, wide: int, high: int) -> int | None:
        """The slice across i in which all of the picture lies; None where it does not lie in one."""
        if volume.GetParentTransformNode() is not None or self._layer.GetSliceNode().GetSlabReconstructionEnabled():
            return None
        i0, i1, j0, _, k0, _ = image.GetExtent()
        if (i0, j0, k0) != (0, 0, 0) or image.GetNumberOfScalarComponents() != 1:
            return None
        place = self._layer.GetXYToIJKTransform()
        corners = [place.TransformPoint(x, y, 0.0)[0] for x, y in ((0.0, 0.0), (wide, 0.0), (0.0, high))]
        at = int(round(corners[0]))
        if not 0 <= at <= i1 or any(abs(corner - at) > _OFF for corner in corners):
            return None
        return at


def _image_of(whole: Any, first: int, voxels: Any) -> Any:
    """Some slices across i of an image, at their place, as an image that shares the voxels (k, j, slices)."""
    import vtk

    made = vtk.vtkImageData()
    made.SetOrigin(whole.GetOrigin())
    made.SetSpacing(whole.GetSpacing())
    high, wide = voxels.shape[:2]
    made.SetExtent(first, first + voxels.shape[2] - 1, 0, wide - 1, 0, high - 1)
    made.GetPointData().SetScalars(scalars_from(voxels))
    return made
