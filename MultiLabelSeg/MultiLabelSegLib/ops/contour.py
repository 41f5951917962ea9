"""Closed polygons on a pixel grid: which pixels they hold, and the outlines of a mask.

Points are (x, y) = (column, row); pixel centres lie on whole numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import ToolError

Mask = NDArray[np.bool_]
Polygon = NDArray[np.float64]
#: how far, in pixels, a centre may lie outside of the border and still count as lying on it
TOLERANCE = 1e-6


def fill_polygons(
    polygons: Sequence[ArrayLike], shape: tuple[int, int], tolerance: float = TOLERANCE
) -> tuple[tuple[int, int], Mask]:
    """The pixels of a slice that closed polygons hold together, by the even-odd rule: a polygon in another is a hole.

    A pixel belongs when its centre is inside or on the border, as in MITK, whose stencil counts the border in. Each
    polygon is (n, 2) points (x, y); its last point joins its first. ``shape`` is (rows, columns). Returns row and
    column of the first pixel of a block, and the block; what lies outside of the slice is cut off, and the block may
    be empty. Source: scan lines and their crossings. Raises ToolError for points that are no finite pairs.
    """
    checked = [_checked(polygon) for polygon in polygons]
    points = [np.where(np.abs(each - np.rint(each)) <= tolerance, np.rint(each), each) for each in checked if len(each)]
    if not points:
        return (0, 0), np.zeros((0, 0), np.bool_)
    every = np.concatenate(points)
    low, high = every.min(axis=0), every.max(axis=0)
    left, top = (int(edge) for edge in np.clip(np.ceil(low), 0, shape[::-1]))
    right, bottom = (int(edge) + 1 for edge in np.clip(np.floor(high), -1, np.subtract(shape[::-1], 1)))
    if right <= left or bottom <= top:
        return (top, left), np.zeros((0, 0), np.bool_)
    edges = np.concatenate([np.hstack((each, np.roll(each, -1, axis=0))) for each in points])
    edges -= (left, top, left, top)
    steps = np.zeros((bottom - top, right - left + 1), np.int16)
    _add_spans(edges, steps, tolerance, from_above=True)
    # a row through a corner is looked at from both sides, so that tips and level edges belong at both ends
    if (edges[:, 1] == np.rint(edges[:, 1])).any():
        _add_spans(edges, steps, tolerance, from_above=False)
    block = np.cumsum(steps, axis=1, dtype=np.int16)[:, :-1] > 0
    return (top, left), block


def fill_polygon(polygon: ArrayLike, shape: tuple[int, int]) -> tuple[tuple[int, int], Mask]:
    """``fill_polygons`` of one polygon."""
    return fill_polygons([polygon], shape)


def _checked(polygon: ArrayLike) -> Polygon:
    points = np.asarray(polygon, np.float64)
    if points.size == 0:
        return np.zeros((0, 2))
    if points.ndim != 2 or points.shape[1] != 2 or not np.isfinite(points).all():
        raise ToolError(f"a polygon is a list of finite points (x, y), found an array of shape {points.shape}")
    return points


def _add_spans(edges: NDArray[np.float64], steps: NDArray[np.int16], tolerance: float, from_above: bool) -> None:
    """Adds +1 where a span of inside pixels begins and -1 behind its end, for all rows of ``steps``.

    A row that meets a corner counts the edges that go on below it, or (``from_above``) those that come from above.
    """
    x0, y0, x1, y1 = edges.T
    upper, lower = np.minimum(y0, y1), np.maximum(y0, y1)
    rows, columns = steps.shape[0], steps.shape[1] - 1
    if from_above:
        first, behind = np.floor(upper) + 1, np.floor(lower) + 1
    else:
        first, behind = np.ceil(upper), np.ceil(lower)
    first = np.clip(first, 0, rows).astype(np.int64)
    counts = np.clip(behind, 0, rows).astype(np.int64) - first
    which = np.repeat(np.arange(len(edges)), counts)
    row = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts) + first[which]
    with np.errstate(over="ignore"):
        crossing = x0[which] + (row - y0[which]) * ((x1 - x0)[which] / (y1 - y0)[which])
    order = np.lexsort((crossing, row))
    crossing, row = crossing[order], row[order][::2]
    begin = np.clip(np.ceil(crossing[0::2] - tolerance), 0, columns).astype(np.int64)
    end = np.clip(np.floor(crossing[1::2] + tolerance) + 1, 0, columns).astype(np.int64)
    held = end > begin
    np.add.at(steps, (row[held], begin[held]), 1)
    np.add.at(steps, (row[held], end[held]), -1)


#: directions along pixel borders, each a right turn (on the screen, rows downwards) from the one before
_RIGHT, _DOWN, _LEFT, _UP = range(4)


def outlines(mask: NDArray[Any]) -> list[Polygon]:
    """The borders of the true pixels as closed polygons along pixel edges, (n, 2) points (x, y) at halves.

    Pixels that touch at a corner alone are apart. Outer borders run clockwise on the screen (rows downwards), holes
    anticlockwise. ``fill_polygons`` of all of them gives the mask back. Sorted by their first point, row by row.
    """
    width = mask.shape[1] + 1
    ways = _ways(np.pad(np.asarray(mask, np.bool_), 1))
    steps = {_RIGHT: 1, _DOWN: width, _LEFT: -1, _UP: -width}
    found = []
    for start in sorted(ways):
        while ways[start]:
            corners = np.array(list(_walk(ways, steps, start)))
            found.append(np.stack((corners % width, corners // width), axis=1) - 0.5)
    return found


def _ways(padded: Mask) -> dict[int, list[int]]:
    """For each corner of pixels on a border, the directions that borders leave it in; inside is on the right."""
    level = np.diff(padded.astype(np.int8), axis=0)[:, 1:-1]  # between rows: +1 enters the mask downwards
    upright = np.diff(padded.astype(np.int8), axis=1)[1:-1]  # between columns
    width = padded.shape[1] - 1
    ways: dict[int, list[int]] = {}
    for edges, sign, direction, by in (
        (level, 1, _RIGHT, 0),
        (level, -1, _LEFT, 1),
        (upright, -1, _DOWN, 0),
        (upright, 1, _UP, width),
    ):
        rows, columns = np.nonzero(edges == sign)
        for corner in (rows * width + columns + by).tolist():
            ways.setdefault(corner, []).append(direction)
    return ways


def _walk(ways: dict[int, list[int]], steps: dict[int, int], start: int) -> Iterator[int]:
    """Follows one border from a corner until it is closed, using it up; gives the corners where it turns."""
    at, before = start, -1
    while True:
        options, turn = ways[at], (before + 1) % 4
        if at == start and before >= 0 and turn not in options:
            return
        # where four pixels meet, a right turn keeps to the same pixel
        direction = turn if len(options) > 1 and before >= 0 else options[0]
        options.remove(direction)
        if direction != before:
            yield at
        before, at = direction, at + steps[direction]
