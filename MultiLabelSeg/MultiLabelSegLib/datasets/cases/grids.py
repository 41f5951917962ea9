"""A segmentation on exactly the grid of its image, by rule; anything else is refused with the differences."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ...core import Box, Geometry, Group, Segmentation
from ...errors import GeometryError
from ...formats.image_io import read_geometry
from ...formats.reference import fit_to_reference
from ...formats.report import Report
from ...ops.resample import nearest

Verdict = Literal["identical", "snapped", "turned", "padded or cropped", "resampled"]
#: voxels of a value that are looked at in one piece
_STEP = 1 << 20


def common_grid(images: Mapping[str, Path], report: Report) -> Geometry:
    """The grid that all images of a case lie on: the first one's.

    Raises GeometryError naming the channel that lies elsewhere and how, and for images of several frames.
    """
    grids = {name: read_geometry(path, report) for name, path in images.items()}
    (first, grid), *others = grids.items()
    for name, found in grids.items():
        if found.time_steps > 1:
            raise GeometryError(f"{images[name]}: {found.time_steps} frames; an image of one is expected")
    for name, found in others:
        if found.shape != grid.shape or grid.offset_of(found) != (0, 0, 0):
            differences = "; ".join(grid.differences(found)) or "a shifted or turned grid"
            raise GeometryError(f"{images[name]} does not lie on the grid of the channel {first!r}: {differences}")
    return grid


def fit_case(
    segmentation: Segmentation, grid: Geometry, resample: bool, report: Report
) -> tuple[Segmentation, Verdict]:
    """The segmentation on a grid, and how it came there.

    ``identical``; ``snapped``: another grid by rounding only; ``turned``: axes permuted and flipped; ``padded or
    cropped``: a box of the same lattice, no labelled voxel lost; ``resampled``: by the nearest voxel, only with
    ``resample``. Raises GeometryError for everything else, naming differences, or labels and voxels that would be lost.
    """
    mine = segmentation.geometry
    if mine.time_steps > 1:
        raise GeometryError(f"the segmentation has {mine.time_steps} frames; one is expected")
    exact = mine.shape == grid.shape and np.array_equal(mine.ijk_to_lps, grid.ijk_to_lps)
    try:
        fitted = fit_to_reference(segmentation, grid, report)
    except GeometryError as error:
        is_other_lattice = "does not lie on" in str(error)
        if not is_other_lattice:
            raise
        if not resample:
            raise GeometryError(f"{error}; resampling must be asked for (--resample)") from None
        return _resampled(segmentation, grid, report), "resampled"
    if exact:
        return fitted, "identical"
    if sorted(mine.shape) != sorted(grid.shape):
        return fitted, "padded or cropped"
    start = grid.offset_of(mine)
    if start is None:
        return fitted, "turned"
    return fitted, "snapped" if start == (0, 0, 0) else "padded or cropped"


def _resampled(segmentation: Segmentation, grid: Geometry, report: Report) -> Segmentation:
    relative = np.linalg.solve(segmentation.geometry.ijk_to_lps, grid.ijk_to_lps)
    matrix, offset = relative[2::-1, 2::-1].copy(), relative[2::-1, 3].copy()
    _refuse_outside(segmentation, grid)
    groups = []
    for group in segmentation.groups:
        moved = nearest(group.array[0], matrix, offset, grid.shape)[np.newaxis]
        made = Group(moved, group.labels, group.name, group.properties)
        for label in group.labels:
            if group.voxels(label.value) and not made.voxels(label.value):
                reason = f"label {label.value} {label.name!r}: none of its {group.voxels(label.value)} voxels is left"
                report.leave_out(f"{reason} after resampling")
        groups.append(made)
    report.note("resampled to the image's grid by the nearest voxel")
    return segmentation.with_groups(groups, grid)


def _refuse_outside(segmentation: Segmentation, grid: Geometry) -> None:
    """Raises GeometryError when the centre of a labelled voxel lies outside of the grid."""
    lost = []
    for group in segmentation.groups:
        for value in group.present_values():
            extent = group.extent(value)
            if extent is None:
                continue
            box = extent.box
            corners = np.array([[k, j, i] for k in _ends(box, 0) for j in _ends(box, 1) for i in _ends(box, 2)])
            if not _outside(corners, segmentation.geometry, grid):
                continue
            part = group.array[(0, *box.slices)] == value
            places = np.argwhere(part) + np.array(box.lower)
            outside = sum(
                _outside(places[low : low + _STEP], segmentation.geometry, grid) for low in range(0, len(places), _STEP)
            )
            if outside:
                name = repr(group.label(value).name) if value in group else "without a label"
                lost.append(f"{value} {name}: {outside} of {extent.voxels} voxels")
    if lost:
        raise GeometryError("labelled voxels lie outside of the image: " + "; ".join(lost))


def _ends(box: Box, axis: int) -> tuple[int, int]:
    """The first and the last voxel along an axis."""
    return box.lower[axis], box.upper[axis] - 1


def _outside(places_kji: NDArray[Any], own: Geometry, grid: Geometry) -> int:
    """How many voxels, by index, lie outside of another grid."""
    found = grid.ijk_from_lps(own.lps_from_ijk(places_kji[:, ::-1]))
    inside = ((found >= -0.5) & (found <= np.array(grid.size) - 0.5)).all(axis=1)
    return int(np.count_nonzero(~inside))
