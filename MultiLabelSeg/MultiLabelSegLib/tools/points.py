"""Points that tools are given: one voxel that is clicked, or the points of a contour or stroke."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ToolError
from .base import Scene

Point = tuple[float, float, float]


def voxel_of(scene: Scene, point_ijk: Point | None, point_lps: Point | None) -> tuple[int, int, int]:
    """The voxel (i, j, k) of a point in index coordinates or LPS mm, one of which must be given.

    Raises ToolError for a point that is not three finite numbers, or outside of the image.
    """
    if (point_ijk is None) == (point_lps is None):
        raise ToolError("a click needs one point: point_ijk or point_lps")
    given = _checked(point_lps if point_ijk is None else point_ijk)
    if point_ijk is None:
        given = scene.geometry.ijk_from_lps(given)
    found = np.floor(given + 0.5)
    size = scene.geometry.size
    if not all(0 <= place < room for place, room in zip(found.tolist(), size, strict=True)):
        raise ToolError(f"the point {np.round(given, 3).tolist()} is outside of the image of {list(size)} voxels")
    i, j, k = (int(place) for place in found.tolist())
    return i, j, k


def points_of(scene: Scene, given_ijk: Any, given_lps: Any, what: str, least: int) -> NDArray[np.float64]:
    """Points (n, 3) as [i, j, k], from index coordinates or LPS mm, one of which must be given.

    Raises ToolError for too few points, or ones that are not three finite numbers.
    """
    if bool(given_ijk) == bool(given_lps):
        raise ToolError(f"a {what} needs points: {what}_ijk or {what}_lps, one of them")
    points = np.array([_checked(point) for point in given_ijk or given_lps])
    if len(points) < least:
        raise ToolError(f"a {what} needs at least {least} points, found {len(points)}")
    return points if given_ijk else scene.geometry.ijk_from_lps(points)


def _checked(point: Any) -> NDArray[np.float64]:
    try:
        numbers = np.asarray(point, np.float64)
    except (TypeError, ValueError):
        numbers = np.zeros(0)
    if numbers.shape != (3,) or not np.isfinite(numbers).all():
        raise ToolError(f"a point is three finite numbers, found {point!r}")
    return numbers
