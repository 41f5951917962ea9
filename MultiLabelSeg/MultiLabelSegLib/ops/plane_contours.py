"""Closed polygons of one plane in space as points with normals that point out of what they enclose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import ToolError

Points = NDArray[np.float64]
#: points of one contour; also a contour of a single voxel gets the fewest
_FEWEST, _MOST = 8, 240


@dataclass(frozen=True, eq=False)
class ContourPoints:
    """Points (n, 3) in mm along closed contours of a plane, unit normals (n, 3) in that plane, pointing outwards.

    ``radius`` (n) is that of a circle as long as the contour that a point belongs to, ``step`` (n) the distance in mm
    between points, which is how exactly the contour is known, ``polygon`` (n) the number of the polygon.
    """

    points: Points
    normals: Points
    radius: NDArray[np.float64]
    step: NDArray[np.float64]
    polygon: NDArray[np.int64]


def contour_points(polygons: Sequence[ArrayLike], step: float) -> ContourPoints:
    """Points about every ``step`` mm along the closed polygons of one plane, each (n, 3) in mm, at least eight on each.

    A polygon within another is a hole, by the even-odd rule, whichever way it runs: its normals point into the hole.
    Raises ToolError for fewer than three points, points that are not finite, do not lie in a plane or on a line only.
    """
    checked = [_checked(polygon) for polygon in polygons]
    origin, axes = _plane(checked, step)
    flat = [(polygon - origin) @ axes.T for polygon in checked]
    points, normals, radii = [], [], []
    for index, polygon in enumerate(flat):
        depth = sum(_inside(polygon[0], other) for at, other in enumerate(flat) if at != index)
        places, outward = _sampled(polygon, step)
        points.append(places)
        normals.append(-outward if depth % 2 else outward)
        radii.append(np.full(len(places), _perimeter(polygon) / (2 * np.pi)))
    places = np.concatenate(points) @ axes + origin
    counts = [len(each) for each in points]
    return ContourPoints(
        places,
        np.concatenate(normals) @ axes,
        np.concatenate(radii),
        np.full(len(places), step),
        np.repeat(range(len(points)), counts),
    )


def _checked(polygon: ArrayLike) -> Points:
    try:
        points = np.asarray(polygon, np.float64)
    except (TypeError, ValueError):
        points = np.zeros(0)
    if points.ndim != 2 or points.shape[1:] != (3,) or len(points) < 3 or not np.isfinite(points).all():
        raise ToolError(f"a contour is at least three finite points (x, y, z), found an array of shape {points.shape}")
    keep = (points != np.roll(points, 1, axis=0)).any(axis=1)
    return points[keep] if keep.sum() >= 3 else points


def _plane(polygons: Sequence[Points], step: float) -> tuple[Points, Points]:
    """Origin and two unit axes (2, 3) of the plane of the polygons."""
    every = np.concatenate(polygons)
    origin = every.mean(axis=0)
    _, extent, axes = np.linalg.svd(every - origin, full_matrices=False)
    if extent[1] <= 1e-9 * max(extent[0], 1e-300):
        raise ToolError("the points of a contour all lie on a line")
    off = np.abs((every - origin) @ axes[2]).max()
    if off > step:
        raise ToolError(
            f"the points of a contour lie up to {off:.3g} mm beside a plane; expected at most {step:.3g} mm"
        )
    return origin, axes[:2]


def _perimeter(polygon: Points) -> float:
    return float(np.linalg.norm(np.roll(polygon, -1, axis=0) - polygon, axis=1).sum())


def _sampled(polygon: Points, step: float) -> tuple[Points, Points]:
    """Points (n, 2) at equal distances along a polygon, and unit normals that point out of it."""
    around = np.concatenate([polygon, polygon[:1]])
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(around, axis=0), axis=1))])
    count = int(np.clip(round(along[-1] / step), _FEWEST, _MOST))
    at = np.arange(count) * (along[-1] / count)
    points = np.stack([np.interp(at, along, around[:, axis]) for axis in range(2)], axis=1)
    # the stairs of a mask's border would make normals jump: a tangent looks two points to both sides
    reach = 2 if count >= 3 * _FEWEST else 1
    tangents = sum(np.roll(points, -by, axis=0) - np.roll(points, by, axis=0) for by in range(1, reach + 1))
    normals = np.stack([tangents[:, 1], -tangents[:, 0]], axis=1)
    length = np.linalg.norm(normals, axis=1)
    moved = np.roll(points, -1, axis=0)
    area = float((points[:, 0] * moved[:, 1] - moved[:, 0] * points[:, 1]).sum())
    outward = normals / np.where(length > 0, length, 1)[:, np.newaxis] * (1 if area >= 0 else -1)
    return points[length > 0], outward[length > 0]


def _inside(point: Points, polygon: Points) -> bool:
    """Whether a point (2) lies in a polygon (n, 2): how often a ray to the right crosses it."""
    moved = np.roll(polygon, -1, axis=0)
    crossing = (polygon[:, 1] > point[1]) != (moved[:, 1] > point[1])
    (x0, y0), (x1, y1) = polygon[crossing].T, moved[crossing].T
    return bool(np.count_nonzero(x0 + (point[1] - y0) * (x1 - x0) / (y1 - y0) > point[0]) % 2)
