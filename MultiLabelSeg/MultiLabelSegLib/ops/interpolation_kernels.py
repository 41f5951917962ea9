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
    across = column_step * column_step
    # for each kind what it costs to leave it within a column; beyond the borders nobody can
    inside, outside = np.full(3 * columns, np.inf), np.full(3 * columns, np.inf)
    for row in range(rows):
        for column in range(columns):
            along = (float(within[row, column]) * row_step) ** 2
            inside[columns + column] = along if mask[row, column] else 0.0
            outside[columns + column] = 0.0 if mask[row, column] else along
        reached = np.inf
        for column in range(columns):
            if not where[row, column]:
                reached = np.inf
                continue
            kind = mask[row, column]
            if column > 0 and mask[row, column - 1] != kind:
                reached = np.inf
            cost = inside if kind else outside
            best = cost[columns + column]
            # from its neighbour in the row it is one step more at most
            limit = (reached + column_step) ** 2 * (1 + 1e-6)
            far = across
            for step in range(1, columns):
                if far >= best or far > limit:
                    break
                best = min(best, min(cost[columns + column - step], cost[columns + column + step]) + far)
                far = (step + 1) * (step + 1) * across
            reached = math.sqrt(best)
            if best < np.inf:
                out[row, column] = np.float32(reached if kind else -reached)


@njit(nogil=True, cache=True)
def pair_distances(
    lower: NDArray[np.int32],
    lower_row: int,
    lower_column: int,
    upper: NDArray[np.int32],
    upper_row: int,
    upper_column: int,
    row_step: float,
    column_step: float,
    unreachable: float,
    lower_out: Distances,
    upper_out: Distances,
) -> None:
    """The signed distances of two shapes, where either is, on a common canvas; minus ``unreachable`` elsewhere.

    Shapes are arrays that are not 0 where they are, with row and column of their first pixel on the canvas.
    """
    rows, columns = lower_out.shape
    below, above = np.zeros((rows, columns), np.bool_), np.zeros((rows, columns), np.bool_)
    for row in range(lower.shape[0]):
        for column in range(lower.shape[1]):
            below[lower_row + row, lower_column + column] = lower[row, column] != 0
    for row in range(upper.shape[0]):
        for column in range(upper.shape[1]):
            above[upper_row + row, upper_column + column] = upper[row, column] != 0
    either = below | above
    for row in range(rows):
        for column in range(columns):
            lower_out[row, column] = unreachable if below[row, column] else -unreachable
            upper_out[row, column] = unreachable if above[row, column] else -unreachable
    signed_distance(below, either, row_step, column_step, lower_out)
    signed_distance(above, either, row_step, column_step, upper_out)


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
            first, behind = max(begin, -left), min(end, depth.shape[2] - left)
            if behind <= first:
                continue
            low, high = lower[row, first:behind], upper[row, first:behind]
            deepest = depth[slices[at], y, first + left : behind + left]
            filled = region[slices[at], y, first + left : behind + left]
            for column in range(behind - first):  # without branches, so that several pixels are looked at at once
                deep = weights[at, 0] * low[column] + weights[at, 1] * high[column]
                deeper = deep > deepest[column] + tolerance
                deepest[column] = deep if deeper else deepest[column]
                filled[column] = number if deeper else filled[column]


@njit(nogil=True, cache=True)
def shrinking_distances(
    shape: NDArray[np.int32],
    first_row: int,
    first_column: int,
    row_step: float,
    column_step: float,
    unreachable: float,
    shape_out: Distances,
    pixel_out: Distances,
) -> None:
    """The signed distances of a shape, where it is, and of the one pixel that lies deepest in it."""
    rows, columns = shape_out.shape
    mask = np.zeros((rows, columns), np.bool_)
    for row in range(shape.shape[0]):
        for column in range(shape.shape[1]):
            mask[first_row + row, first_column + column] = shape[row, column] != 0
    for row in range(rows):
        for column in range(columns):
            shape_out[row, column] = unreachable if mask[row, column] else -unreachable
    signed_distance(mask, mask, row_step, column_step, shape_out)
    y, x = 0, 0
    for row in range(rows):
        for column in range(columns):
            if shape_out[row, column] > shape_out[y, x]:
                y, x = row, column
    for row in range(rows):
        for column in range(columns):
            away = math.sqrt(((row - y) * row_step) ** 2 + ((column - x) * column_step) ** 2)
            pixel_out[row, column] = np.float32(-away)
    pixel_out[y, x] = np.float32(min(row_step, column_step))


@njit(nogil=True, cache=True)
def number_parts(mask: NDArray[np.bool_], parts: NDArray[np.int32]) -> int:
    """Numbers the joined parts of a mask (rows, columns) from 1 on in ``parts``, corners join; returns how many.

    The order is that of their first pixels, as in ``scipy.ndimage.label``.
    """
    rows, columns = mask.shape
    parents = np.empty(((rows + 1) // 2) * ((columns + 1) // 2) + 1, np.int32)
    count = 0
    for row in range(rows):
        before = 0
        for column in range(columns):
            if not mask[row, column]:
                parts[row, column] = 0
                before = 0
                continue
            if row and parts[row - 1, column]:  # what joins the pixels beside it has been joined to it already
                before = parts[row - 1, column]
                parts[row, column] = before
                continue
            for beside in range(max(column - 1, 0), min(column + 2, columns) if row else 0):
                above = parts[row - 1, beside]
                if above == 0 or above == before:
                    continue
                while parents[above] != above:
                    above = parents[above]
                if before == 0:
                    before = above
                    continue
                while parents[before] != before:
                    before = parents[before]
                parents[max(before, above)] = min(before, above)
                before = min(before, above)
            if before == 0:
                count += 1
                parents[count] = count
                before = count
            parts[row, column] = before
    final = 0
    for part in range(1, count + 1):  # parents come before their parts
        if parents[part] == part:
            final += 1
            parents[part] = final
        else:
            parents[part] = parents[parents[part]]
    for row in range(rows if final < count else 0):
        for column in range(columns):
            if parts[row, column]:
                parts[row, column] = parents[parts[row, column]]
    return final


@njit(nogil=True, cache=True)
def count_shared(lower: NDArray[np.int32], upper: NDArray[np.int32], table: NDArray[np.int64]) -> None:
    """Counts in ``table`` the pixels that part n of one array and part m of the other share; both (rows, columns)."""
    for row in range(lower.shape[0]):
        for column in range(lower.shape[1]):
            below, above = lower[row, column], upper[row, column]
            if below > 0 and above > 0:
                table[below, above] += 1


@njit(nogil=True, cache=True)
def keep_free(found: NDArray[Any], held: NDArray[Any], there: NDArray[np.bool_]) -> None:
    """Takes away what was found (rows, columns) in pixels that are held; notes which numbers are left.

    ``held`` has no rows where nothing is held.
    """
    rows, columns = found.shape
    for row in range(rows):
        for column in range(columns):
            number = found[row, column]
            if number:
                if held.shape[0] and held[row, column]:
                    found[row, column] = 0
                else:
                    there[number] = True


def warm_up() -> None:
    """Compiles every kernel for the dtypes that the library uses."""
    mask = np.eye(3, dtype=np.bool_)
    number_parts(mask, np.empty((3, 3), np.int32))
    found = np.zeros((3, 3), np.float32)
    signed_distance(mask, mask, 1.0, 1.0, found)
    parts = np.ones((1, 1), np.int32)
    pair_distances(parts, 0, 0, parts, 1, 1, 1.0, 1.0, 1e6, found.copy(), found.copy())
    shrinking_distances(parts, 1, 1, 1.0, 1.0, 1e6, found.copy(), found.copy())
    count_shared(parts, parts, np.zeros((2, 2), np.int64))
    weights, places = np.full((1, 2), 0.5, np.float32), np.zeros((1, 2), np.int64)
    first = np.zeros(1, np.int64)
    for dtype in (np.uint8, np.uint16):
        keep_free(np.zeros((1, 1), dtype), np.zeros((0, 0), dtype), np.zeros(1, np.bool_))
        region, depth = np.zeros((1, 3, 3), dtype), np.zeros((1, 3, 3), np.float32)
        blend(found, found, weights, places, first, np.float32(1e-4), 1, depth, region)
