"""A surface through contours in any planes: the zero level of radial basis functions (Carr et al. 2001; phi(r) = r).

The function is 0 on the contours, negative inside and positive outside, where points beside the contours along their
normals tell it so. Few of the points become centres: they are chosen greedily where the function is still wrong, so
that thousands of points cost little more than hundreds. A constant term makes the system regular and lets the function
end in a constant far away, so that surfaces close.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

import numpy as np
from numpy.typing import NDArray

from ..errors import ToolError
from .plane_contours import ContourPoints
from .progress import Progress, part_of
from .rbf_constraints import NEAR, Constraints, apart
from .rbf_function import Points, RbfSurface, Slab

#: points of the contours that the rough surface is laid through
_FIRST = 80


def fit_surface(
    planes: Sequence[ContourPoints], thickness: float = 0.0, progress: Progress | None = None
) -> RbfSurface:
    """Fits the function to contours of any planes, as closely as the steps between their points tell.

    ``thickness`` is that of the slab in mm that is filled when all contours lie in one plane (0: one step).
    ``progress`` is called with the share that is done; what it raises ends the work. Raises ToolError without
    contours.
    """
    if not planes or not sum(len(plane.points) for plane in planes):
        raise ToolError("there are no contours to lay a surface through")
    every = ContourPoints(
        *(np.concatenate([getattr(plane, each.name) for plane in planes]) for each in fields(ContourPoints))
    )
    finest = float(every.step.min())
    kept = apart(every.points, finest * NEAR)
    starts = np.flatnonzero(_evenly(planes)[kept])
    every = ContourPoints(*(getattr(every, each.name)[kept] for each in fields(ContourPoints)))
    slab = _slab(every.points, finest, thickness)
    first = Constraints.of(every, every.normals)
    rough = first.fitted(first.of_points(starts), slab, grow=False)
    if progress is not None:
        progress(0.2)
    # a contour knows its normal within its plane alone; the rough surface knows where it leads in space
    slopes = rough.gradients(every.points)
    length = np.linalg.norm(slopes, axis=1, keepdims=True)
    agrees = (slopes * every.normals).sum(axis=1, keepdims=True) > 0.1 * length
    second = Constraints.of(every, np.where(agrees, slopes / (length + 1e-300), every.normals))
    return second.fitted(second.of_points(starts), slab, grow=True, progress=part_of(progress, 0.2, 1))


def _evenly(planes: Sequence[ContourPoints]) -> NDArray[np.bool_]:
    """Points to begin with, evenly spread along the contours of every plane; three of each polygon, fewer of many."""
    every = sum(len(plane.points) for plane in planes)
    share = min(1.0, _FIRST / every)
    polygons = sum(int(plane.polygon[-1]) + 1 for plane in planes if len(plane.polygon))
    least = int(np.clip(4 * _FIRST // polygons, 1, 3))
    chosen = []
    for plane in planes:
        ends = [0, *(np.flatnonzero(np.diff(plane.polygon)) + 1).tolist(), len(plane.points)]
        for first, behind in zip(ends, ends[1:], strict=False):
            count = behind - first
            mine = np.zeros(count, np.bool_)
            mine[np.linspace(0, count, min(count, max(least, round(share * count))), endpoint=False).astype(int)] = True
            chosen.append(mine)
    return np.concatenate(chosen)


def _slab(points: Points, spacing: float, thickness: float) -> Slab | None:
    """The slab around points that all lie in one plane; else None."""
    origin = points.mean(axis=0)
    axes = np.linalg.svd(points - origin, full_matrices=False)[2]
    if np.abs((points - origin) @ axes[2]).max() > 0.25 * spacing:
        return None
    return Slab(origin, axes[2], (thickness or spacing) / 2)
