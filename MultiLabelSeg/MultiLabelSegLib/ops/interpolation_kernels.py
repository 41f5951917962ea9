"""Compiled signed distances of one slice, and the blend of two of them over the slices between."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Distances = NDArray[np.float32]


@njit(nogil=True, cache=True)
def signed_distance(
    mask: NDArray[np.bool_], where: NDArray[np.bool_], row_step: float, column_step: float, out: Distances
) -> None:
    """``out`` gets the distance to the nearest pixel of the other kind: positive in the mask, negative outside.

    Pixels outside of ``where`` are left as they are, and those of a mask without another kind. First the distance
    within each column, then the nearest along the row, looked for outwards until no nearer one is possible.
    """
    rows, columns = mask.shape
    within = np.full((rows, columns), np.inf, np.float32)
    for row in range(1, rows):
        for column in range(columns):
            same = mask[row, column] == mask[row - 1, column]
            within[row, column] = within[row - 1, column] + 1 if same else 1
    for row in range(rows - 2, -1, -1):
        for column in range(columns):
            same = mask[row, column] == mask[row + 1, column]
            within[row, column] = min(within[row, column], within[row + 1, column] + 1 if same else 1)
    down, across = row_step * row_step, column_step * column_step
    for row in range(rows):
        for column in range(columns):
            if not where[row, column]:
                continue
            kind = mask[row, column]
            best = float(within[row, column]) ** 2 * down
            for step in range(1, columns):
                far = step * step * across
                if far >= best:
                    break
                left, right = column - step, column + step
                if left < 0 and right >= columns:
                    break
                if left >= 0:
                    along = float(within[row, left]) ** 2 * down if mask[row, left] == kind else 0.0
                    best = min(best, along + far)
                if right < columns:
                    along = float(within[row, right]) ** 2 * down if mask[row, right] == kind else 0.0
                    best = min(best, along + far)
            if best < np.inf:
                out[row, column] = np.float32(math.sqrt(best) if kind else -math.sqrt(best))


@njit(nogil=True, cache=True)
def blend(
    lower: Distances,
    upper: Distances,
    weights: Distances,
    places: NDArray[np.int64],
    slices: NDArray[np.int64],
    tolerance: np.float32,
    number: int,
    depth: Distances,
    region: NDArray[Any],
) -> None:
    """Enters the blend of two signed distances into the slices between, where it is deeper than what is there.

    ``weights`` (n, 2) are those of ``lower`` and ``upper``, ``places`` (n, 2) row and column of the first pixel, in the
    n ``slices`` of ``depth`` and ``region`` (slices, rows, columns), in which several labels compete.
    """
    rows, columns = lower.shape
    for row in range(rows):
        begin, end = columns, 0
        for column in range(columns):
            if lower[row, column] > 0 or upper[row, column] > 0:
                begin, end = min(begin, column), column + 1
        for at in range(len(weights)):
            y, left = row + places[at, 0], places[at, 1]
            if not 0 <= y < depth.shape[1]:
                continue
            deepest, filled = depth[slices[at], y], region[slices[at], y]
            for column in range(max(begin, -left), min(end, depth.shape[2] - left)):
                deep = weights[at, 0] * lower[row, column] + weights[at, 1] * upper[row, column]
                if deep > deepest[column + left] + tolerance:
                    deepest[column + left] = deep
                    filled[column + left] = number


def warm_up() -> None:
    """Compiles every kernel for the dtypes that the library uses."""
    mask = np.eye(3, dtype=np.bool_)
    found = np.zeros((3, 3), np.float32)
    signed_distance(mask, mask, 1.0, 1.0, found)
    weights, places = np.full((1, 2), 0.5, np.float32), np.zeros((1, 2), np.int64)
    first = np.zeros(1, np.int64)
    for dtype in (np.uint8, np.uint16):
        region, depth = np.zeros((1, 3, 3), dtype), np.zeros((1, 3, 3), np.float32)
        blend(found, found, weights, places, first, np.float32(1e-4), 1, depth, region)
