"""Connected components of a mask, found on its runs: the cost follows the runs, not the voxels.

Runs are cut at the ends of rows; pieces of neighbouring rows that touch are joined. The joining is the parallel
algorithm of Shiloach and Vishkin (1982) in numpy: every root hooks onto its smallest neighbouring root, then all paths
are halved until they are flat; this repeats until no two roots touch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..errors import OptionError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Indices = NDArray[np.int64]

#: how many neighbours a voxel has: over faces, over faces and edges, over corners too
CONNECTIVITIES = (6, 18, 26)


@dataclass(frozen=True, eq=False)
class RunComponents:
    """Pieces of runs, none beyond the end of a row, and the component of each, numbered from 0 by first voxel.

    ``start`` and ``stop`` are flat C-order positions in rising order, ``component`` has one entry a piece, ``voxels``
    one a component.
    """

    start: Indices
    stop: Indices
    component: Indices
    voxels: Indices


def components_of_runs(
    start: Indices, stop: Indices, shape: tuple[int, int, int, int], connectivity: int = 26
) -> RunComponents:
    """The connected components of the runs of one value over an array of ``shape`` (t, k, j, i).

    Pieces of following frames belong together where they share a voxel. Raises OptionError for a connectivity other
    than 6, 18 and 26.
    """
    if connectivity not in CONNECTIVITIES:
        raise OptionError("connectivity", connectivity, CONNECTIVITIES)
    start, stop = _cut_at_rows(start, stop, shape[3])
    first, second = [], []
    for pieces, others in _touching(start, stop, shape, connectivity):
        first.append(pieces)
        second.append(others)
    root = _roots(len(start), np.concatenate(first), np.concatenate(second))
    _, component = np.unique(root, return_inverse=True)
    component = component.reshape(-1).astype(np.int64)
    voxels = np.bincount(component, stop - start).astype(np.int64)
    return RunComponents(start, stop, component, voxels)


def _cut_at_rows(start: Indices, stop: Indices, size_i: int) -> tuple[Indices, Indices]:
    rows = (stop - 1) // size_i - start // size_i + 1
    run = np.repeat(np.arange(len(start)), rows)
    row = start[run] // size_i + np.arange(len(run)) - np.repeat(np.cumsum(rows) - rows, rows)
    return np.maximum(start[run], row * size_i), np.minimum(stop[run], (row + 1) * size_i)


def _offsets(connectivity: int) -> Iterator[tuple[int, int, int, int]]:
    """Half of a row's neighbours as steps (t, k, j), and how far pieces may be apart along i to touch."""
    straight = 0 if connectivity == 6 else 1
    yield 0, 0, 1, straight
    yield 0, 1, 0, straight
    if connectivity > 6:
        for step_j in (-1, 1):
            yield 0, 1, step_j, 1 if connectivity == 26 else 0
    yield 1, 0, 0, 0


def _touching(
    start: Indices, stop: Indices, shape: tuple[int, int, int, int], connectivity: int
) -> Iterator[tuple[Indices, Indices]]:
    """Pairs of pieces that touch, as two arrays of piece numbers for each kind of neighbouring row."""
    size_t, size_k, size_j, size_i = shape
    row = start // size_i
    t, k, j = row // (size_j * size_k), row // size_j % size_k, row % size_j
    for step_t, step_k, step_j, margin in _offsets(connectivity):
        there = (t + step_t < size_t) & (k + step_k < size_k) & (j + step_j >= 0) & (j + step_j < size_j)
        pieces = np.flatnonzero(there)
        move = ((step_t * size_k + step_k) * size_j + step_j) * size_i
        begin = row[pieces] * size_i + move
        low = np.maximum(start[pieces] + move - margin, begin)
        high = np.minimum(stop[pieces] + move + margin, begin + size_i)
        lowest = np.searchsorted(stop, low, "right")
        count = np.searchsorted(start, high, "left") - lowest
        others = np.repeat(lowest - (np.cumsum(count) - count), count) + np.arange(int(count.sum()))
        yield np.repeat(pieces, count), others


def _roots(pieces: int, first: Indices, second: Indices) -> Indices:
    """The smallest piece that each piece is connected to, by the pairs ``first``, ``second``."""
    parent = np.arange(pieces)
    while len(first):
        mine, theirs = parent[first], parent[second]
        apart = mine != theirs
        first, second, mine, theirs = first[apart], second[apart], mine[apart], theirs[apart]
        np.minimum.at(parent, np.maximum(mine, theirs), np.minimum(mine, theirs))
        while True:
            halved = parent[parent]
            if np.array_equal(halved, parent):
                break
            parent = halved
    return parent
