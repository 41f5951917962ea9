"""Polygon models of labels, and labels from surfaces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core import Box, Geometry, Segmentation
from ..core.surface import Surface
from ..edit.proposal import MergeStyle, OverwriteStyle, Proposal
from ..errors import ToolError
from ..ops.progress import Progress, part_of, parts, told
from ..ops.surface import decimated, marching_cubes, surface_nets, voxels_inside
from .base import Draft, Scene

#: smoothing that takes the steps of voxels away without shrinking small labels
SMOOTHING = 16


def polygon_models(
    segmentation: Segmentation,
    values: Sequence[int] | None = None,
    t: int = 0,
    *,
    smoothing: int = 0,
    decimation: float = 0.0,
    progress: Progress | None = None,
) -> list[Surface]:
    """The surfaces of labels, by default of all that have voxels in frame ``t``.

    Without ``smoothing`` every surface is that of marching cubes, half way between voxels; with it (``SMOOTHING``
    iterations are usual) all labels of a group are smoothed together in one pass, so that neighbours still touch.
    ``decimation`` takes away that share of the triangles. All are watertight, also at the border of the image.

    ``progress`` is called with the share that is done; what it raises ends the work. Raises UnknownLabelError,
    ToolError for a frame that there is not or a decimation outside of 0...0.99.
    """
    if not 0 <= t < segmentation.geometry.time_steps:
        raise ToolError(f"there is no frame {t}; the segmentation has 0...{segmentation.geometry.time_steps - 1}")
    if not 0 <= decimation <= 0.99:
        raise ToolError(f"decimation is a share within 0...0.99, found {decimation:g}")
    wanted = list(segmentation.values if values is None else dict.fromkeys(int(value) for value in values))
    found: dict[int, tuple[NDArray[np.float32], NDArray[np.int64]]] = {}
    groups = sorted({segmentation.group_index_of(value) for value in wanted})
    for index, part in parts(groups, part_of(progress, 0, 0.5)):
        mine = [value for value in wanted if value in segmentation.group(index)]
        found |= _of_group(segmentation, index, mine, t, smoothing, part)
    geometry = segmentation.geometry
    models = []
    for value in told([value for value in wanted if value in found], part_of(progress, 0.5, 1)):
        points, triangles = decimated(*found[value], decimation)
        label = segmentation.label(value)
        models.append(Surface(*_in_lps(geometry, points, triangles), label.name, label.color, value))
    return models


def _of_group(
    segmentation: Segmentation, index: int, values: list[int], t: int, smoothing: int, progress: Progress | None
) -> dict[int, tuple[NDArray[np.float32], NDArray[np.int64]]]:
    """Surfaces of labels of one group, points in voxels of the whole grid."""
    group = segmentation.group(index)
    boxes = {value: _box(group.index.extent(value, t)) for value in values}
    present = {value: box for value, box in boxes.items() if box is not None}
    array = group.array[t]
    if not smoothing:
        todo = told(list(present.items()), progress, [box.voxels for box in present.values()])
        return {value: _moved(marching_cubes(array[box.slices] == value), box) for value, box in todo}
    if not present:
        return {}
    whole = next(iter(present.values()))
    for box in present.values():
        whole = whole.union(box)
    nets = surface_nets(array[whole.slices], np.array(sorted(present), np.int64), smoothing, progress)
    return {value: _moved(surface, whole) for value, surface in nets.items()}


def _box(extent: Any) -> Box | None:
    return None if extent is None else extent.box


def _moved(surface: tuple[NDArray[np.float32], NDArray[np.int64]], box: Box) -> Any:
    points, triangles = surface
    return points + np.array(box.lower[::-1], np.float32), triangles


def _in_lps(
    geometry: Geometry, points: NDArray[np.float32], triangles: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Points in mm; where the grid is a mirror image of space, triangles are turned so that they still face outward."""
    mirrored = np.linalg.det(geometry.ijk_to_lps[:3, :3]) < 0
    return geometry.lps_from_ijk(points).astype(np.float32), triangles[:, ::-1] if mirrored else triangles


def mask_of_surface(surface: Surface, geometry: Geometry) -> NDArray[np.bool_]:
    """The voxels (k, j, i) of a grid whose centre lies inside of a closed surface.

    Raises ToolError for a surface without triangles or with points that are not finite.
    """
    if len(surface.triangles) == 0:
        raise ToolError(f"the surface {surface.name!r} has no triangles")
    if not np.isfinite(surface.points).all():
        raise ToolError(f"the surface {surface.name!r} has points that are not finite")
    mask: NDArray[np.bool_] = voxels_inside(geometry.ijk_from_lps(surface.points), surface.triangles, geometry.shape)
    return mask


def label_from_surface(scene: Scene, surface: Surface, ignore_locks: bool = False) -> Draft:
    """Gives the voxels inside of a closed surface to the active label. Raises ToolError."""
    label, group, t = scene.active_label(), scene.active_group(), scene.checked_frame()
    mask = mask_of_surface(surface, scene.geometry)
    box = Box.of_mask(mask)
    title = f"Surface to label {label.name}"
    if box is None:
        return Draft(title, notes=("no voxel of the image has its centre inside of the surface",))
    locks = OverwriteStyle.IGNORE_LOCKS if ignore_locks else OverwriteStyle.REGARD_LOCKS
    proposal = Proposal(group, mask[box.slices], {1: label.value}, box, t, MergeStyle.MERGE, locks)
    return Draft(title, ((proposal,),))
