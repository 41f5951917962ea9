"""Between grids: an answer onto the segmentation's, one channel's image onto another's."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ...core import Box, Geometry, Image
from ...errors import OptionError, ToolError
from .answer import LabelMap

#: what is done with images on another grid: refused, or resampled with a note
OtherGrid = Literal["refuse", "resample"]


def check_other_grid(value: str) -> None:
    """Raises OptionError for what is no ``OtherGrid``."""
    if value not in ("refuse", "resample"):
        raise OptionError("other_grid", value, ("refuse", "resample"))


def placed(found: LabelMap, grid: Geometry, other_grid: OtherGrid) -> tuple[Box, NDArray[np.unsignedinteger], str]:
    """The map on the segmentation's grid, as a box with its values, and a note (empty where it fits as it is).

    A map on the same lattice is moved by whole voxels, exactly. Raises ToolError for another lattice unless it may be
    resampled, and where no voxel of the map lies within the grid.
    """
    start = grid.offset_of(found.geometry)
    if start is None:
        return _resampled(found, grid, other_grid)
    shape = found.array.shape
    reach = Box(start, (start[0] + shape[0], start[1] + shape[1], start[2] + shape[2]))
    box = reach.intersection(Box.whole(grid.shape))
    if box.voxels == 0:
        raise ToolError("the image lies wholly outside of the segmentation's grid")
    region = found.array[box.moved(start, -1).slices]
    if box == reach == Box.whole(grid.shape):
        return box, region, ""
    lost = int(np.count_nonzero(found.array)) - int(np.count_nonzero(region))
    cut = f"; {lost} labelled voxels lie outside of it" if lost else ""
    return box, region, f"the image covers another box of the segmentation's grid{cut}"


def _resampled(found: LabelMap, grid: Geometry, other_grid: OtherGrid) -> tuple[Box, NDArray[np.unsignedinteger], str]:
    differences = "; ".join(found.geometry.differences(grid, check_time=False)) or "their axes differ by rounding"
    if other_grid != "resample":
        raise ToolError(
            f"the image does not lie on the segmentation's grid: {differences}. Use an image of the same grid, or let "
            "the result be resampled (other_grid: resample)"
        )
    from ...ops.resample import nearest

    matrix, offset = _kji_map(grid, found.geometry)
    region = nearest(found.array, matrix, offset, grid.shape)
    return Box.whole(grid.shape), region, f"resampled onto the segmentation's grid by the nearest voxel: {differences}"


def _kji_map(grid: Geometry, source: Geometry) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Matrix (3, 3) and offset that make indices (k, j, i) of the source of those of the grid."""
    relative = np.linalg.solve(source.ijk_to_lps, grid.ijk_to_lps)
    return relative[2::-1, 2::-1].copy(), relative[2::-1, 3].copy()


def image_on_grid(image: Image, grid: Geometry, other_grid: OtherGrid, what: str) -> tuple[Image, str]:
    """The image where it lies on the grid already; else interpolated linearly onto it, with a note.

    Outside of the image it is the image's lowest value. Raises ToolError, with the differences, unless that is allowed.
    """
    differences = image.geometry.differences(grid, check_time=False)
    if not differences or grid.offset_of(image.geometry) == (0, 0, 0) and image.geometry.shape == grid.shape:
        return image, ""
    if other_grid != "resample":
        raise ToolError(
            f"{what} does not lie on the grid of the first image: {'; '.join(differences)}. Register and resample it, "
            "or let it be resampled as it lies (other_grid: resample)"
        )
    from scipy import ndimage

    matrix, offset = _kji_map(grid, image.geometry)
    frames: list[NDArray[Any]] = [
        ndimage.affine_transform(
            frame.astype(np.float32), matrix, offset, grid.shape, order=1, mode="constant", cval=float(frame.min())
        )
        for frame in image.array
    ]
    geometry = grid.with_time(len(frames), image.geometry.time_bounds)
    note = f"{what} was interpolated onto the grid of the first image: {'; '.join(differences)}"
    return Image(np.stack(frames), geometry), note
