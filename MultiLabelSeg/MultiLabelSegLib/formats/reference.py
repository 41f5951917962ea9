"""Fitting a segmentation to the grid of a reference image, never silently and never by resampling."""

from __future__ import annotations

import numpy as np

from ..core import Box, Geometry, Group, Segmentation
from ..core.reordering import Reordering, lattice_place
from ..errors import GeometryError
from .report import Report

#: a difference below this many voxels at every corner is rounding of a header
SNAP_VOXELS = 1e-3


def fit_to_reference(segmentation: Segmentation, reference: Geometry, report: Report) -> Segmentation:
    """The segmentation on exactly the reference's grid.

    Identical grids pass; axes that run the other way round or in another order are flipped and swapped; below a
    thousandth of a voxel the reference's header is taken over; a box of the same lattice is padded or cropped as long
    as no labelled voxel is lost. What happened is noted in the report.

    Raises GeometryError for another lattice, and when cropping would lose voxels (naming labels and counts).
    """
    mine = segmentation.geometry
    if np.array_equal(mine.ijk_to_lps, reference.ijk_to_lps) and mine.shape == reference.shape:
        return segmentation
    place = lattice_place(mine, reference, SNAP_VOXELS)
    if place is None:
        differences = "; ".join(mine.differences(reference, check_time=False))
        raise GeometryError(f"the segmentation does not lie on the reference's grid: {differences}")
    reordering, start = place
    if not reordering.is_identity:
        report.note("axes were flipped or swapped into those of the reference; every voxel stays where it is")
        segmentation = _reordered(segmentation, reordering)
        mine = segmentation.geometry
    target = Geometry(reference.shape, reference.ijk_to_lps, mine.time_steps, mine.time_bounds)
    if start == (0, 0, 0) and mine.shape == reference.shape:
        if not np.array_equal(mine.ijk_to_lps, reference.ijk_to_lps):
            report.note("the grid differs from the reference by rounding only; the reference's header was taken over")
        return segmentation.with_groups(segmentation.groups, target)
    k, j, i = start
    placed = Box(start, (k + mine.shape[0], j + mine.shape[1], i + mine.shape[2]))
    common = placed.intersection(Box.whole(reference.shape))
    own = Box(
        (common.lower[0] - k, common.lower[1] - j, common.lower[2] - i),
        (common.upper[0] - k, common.upper[1] - j, common.upper[2] - i),
    )
    _refuse_losses(segmentation, own)
    groups = []
    for group in segmentation.groups:
        array = np.zeros(target.full_shape, group.array.dtype)
        if common.voxels:
            array[(slice(None), *common.slices)] = group.array[(slice(None), *own.slices)]
        groups.append(Group(array, group.labels, group.name, group.properties))
    report.note(f"padded or cropped from {mine.size} to the reference's {reference.size} voxels on the same lattice")
    return segmentation.with_groups(groups, target)


def _reordered(segmentation: Segmentation, reordering: Reordering) -> Segmentation:
    groups = [
        Group(np.ascontiguousarray(reordering.array(group.array)), group.labels, group.name, group.properties)
        for group in segmentation.groups
    ]
    return segmentation.with_groups(groups, reordering.geometry(segmentation.geometry))


def _refuse_losses(segmentation: Segmentation, kept: Box) -> None:
    """Raises GeometryError when a labelled voxel lies outside of the box that is kept."""
    lost = []
    for group in segmentation.groups:
        for value in group.present_values():
            extent = group.extent(value)
            if extent is None or kept.contains(extent.box):
                continue
            inside = 0 if not kept.voxels else int(np.count_nonzero(group.array[(slice(None), *kept.slices)] == value))
            name = repr(group.label(value).name) if value in group else "without a label"
            lost.append(f"{value} {name}: {extent.voxels - inside} of {extent.voxels} voxels")
    if lost:
        raise GeometryError("the reference's grid would cut off labelled voxels: " + "; ".join(lost))
