"""Compiled connected components on the runs of a mask."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Indices = NDArray[np.int64]
Voxels = NDArray[np.uint8]


@njit(nogil=True, cache=True)
def _root(parent: Indices, run: int) -> int:
    while parent[run] != run:
        parent[run] = parent[parent[run]]
        run = parent[run]
    return run


@njit(nogil=True, cache=True)
def _join(
    parent: Indices, first: Indices, start: Indices, stop: Indices, row: int, other: int, apart: int, margin: int
) -> None:
    """Joins the runs of two rows that touch. ``apart`` is how far the other row's voxels lie before those beside them;
    along the row, runs may be ``margin`` columns apart."""
    mine, theirs = first[row], first[other]
    while mine < first[row + 1] and theirs < first[other + 1]:
        low, high = start[theirs] + apart, stop[theirs] + apart
        if start[mine] < high + margin and low < stop[mine] + margin:
            a, b = _root(parent, mine), _root(parent, theirs)
            if a < b:
                parent[b] = a
            else:
                parent[a] = b
        if stop[mine] < high:
            mine += 1
        else:
            theirs += 1


@njit(nogil=True, cache=True)
def join_rows(
    first: Indices, start: Indices, stop: Indices, rows: int, columns: int, connectivity: int, component: Indices
) -> int:
    """The component of each run, from 0 by first voxel. Returns their number.

    Row r owns the runs ``first[r]`` to ``first[r + 1]``; positions are flat, ``rows`` and ``columns`` those of a slice.
    ``component`` serves as the forest of the union-find and ends as its result.
    """
    straight = 0 if connectivity == 6 else 1
    corner = 1 if connectivity == 26 else 0
    for run in range(component.size):
        component[run] = run
    for row in range(first.size - 1):
        j = row % rows
        if j:
            _join(component, first, start, stop, row, row - 1, columns, straight)
        if row >= rows:
            _join(component, first, start, stop, row, row - rows, rows * columns, straight)
            if connectivity > 6 and j:
                _join(component, first, start, stop, row, row - rows - 1, (rows + 1) * columns, corner)
            if connectivity > 6 and j + 1 < rows:
                _join(component, first, start, stop, row, row - rows + 1, (rows - 1) * columns, corner)
    count = 0
    for run in range(component.size):  # a parent comes before its children, so it has its number already
        if component[run] == run:
            component[run] = count
            count += 1
        else:
            component[run] = component[component[run]]
    return count


@njit(nogil=True, cache=True)
def paint(out: Voxels, start: Indices, stop: Indices, wanted: NDArray[np.bool_]) -> None:
    """Sets the flat stretches that are wanted to 1."""
    for run in range(start.size):
        if wanted[run]:
            for voxel in range(max(start[run], 0), min(stop[run], out.size)):
                out[voxel] = 1


def warm_up() -> None:
    """Compiles every kernel."""
    first, start = np.array([0, 1, 2]), np.array([1, 4])
    join_rows(first, start, start + 1, 2, 3, 6, np.zeros(2, np.int64))
    paint(np.zeros(6, np.uint8), start, start + 1, np.ones(2, np.bool_))
