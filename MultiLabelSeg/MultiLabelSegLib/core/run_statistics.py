"""Voxel counts, boxes and centroids of all labels of a group, from their runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..compiled import use_kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Indices = NDArray[np.int64]

#: a run costs about as much as this many voxels of a scan; decides whether importing numba pays
_VOXELS_PER_RUN = 16


@dataclass(frozen=True, eq=False)
class RunStatistics:
    """One row for each value, in rising order of the values. All coordinates are voxel indices (k, j, i).

    ``voxels`` counts, ``lower`` and ``upper`` (n, 3) are half-open boxes, ``sums`` (n, 3) the sums of the coordinates.
    """

    values: Indices
    voxels: Indices
    lower: Indices
    upper: Indices
    sums: Indices

    @property
    def centroids_kji(self) -> NDArray[np.float64]:
        """(n, 3) mean voxel index (k, j, i) of each value; every value has at least one voxel."""
        return self.sums / self.voxels[:, None]

    def row(self, value: int) -> int:
        """The row of a value, or -1 where it has no voxels."""
        row = int(np.searchsorted(self.values, value))
        return row if row < len(self.values) and int(self.values[row]) == value else -1


def statistics_of_runs(
    values: Indices, offsets: Indices, start: Indices, stop: Indices, shape: tuple[int, int, int]
) -> RunStatistics:
    """The statistics of a run table over frames of ``shape`` (k, j, i); several frames count together."""
    counts = np.zeros(len(values), np.int64)
    rows = np.zeros((len(values), 9), np.int64)
    if len(values) and use_kernels(len(start) * _VOXELS_PER_RUN):
        from . import runs_kernels

        runs_kernels.sum_up(offsets, start, stop, shape, counts, rows)
    elif len(values):
        _sum_up_numpy(offsets, start, stop, shape, counts, rows)
    return RunStatistics(values, counts, rows[:, 0:3], rows[:, 3:6], rows[:, 6:9])


def merge_statistics(parts: Sequence[RunStatistics]) -> RunStatistics:
    """The statistics of several frames as one: counts and sums added, boxes united."""
    if not parts:
        return RunStatistics(np.zeros(0, np.int64), np.zeros(0, np.int64), *np.zeros((3, 0, 3), np.int64))
    values = np.unique(np.concatenate([part.values for part in parts])).astype(np.int64)
    voxels = np.zeros(len(values), np.int64)
    lower = np.full((len(values), 3), np.iinfo(np.int64).max)
    upper, sums = np.zeros((len(values), 3), np.int64), np.zeros((len(values), 3), np.int64)
    for part in parts:
        rows = np.searchsorted(values, part.values)
        voxels[rows] += part.voxels
        lower[rows] = np.minimum(lower[rows], part.lower)
        upper[rows] = np.maximum(upper[rows], part.upper)
        sums[rows] += part.sums
    return RunStatistics(values, voxels, lower, upper, sums)


def _sum_up_numpy(
    offsets: Indices, start: Indices, stop: Indices, shape: tuple[int, int, int], counts: Indices, rows: Indices
) -> None:
    size_k, size_j, size_i = shape
    first_line = start // size_i
    lines = (stop - 1) // size_i - first_line + 1
    # cut the runs at the ends of rows: one piece for each row that a run touches
    run = np.repeat(np.arange(len(start)), lines)
    first_piece = np.cumsum(lines) - lines
    line = first_line[run] + (np.arange(len(run)) - first_piece[run])
    low = np.maximum(start[run], line * size_i)
    length = np.minimum(stop[run], (line + 1) * size_i) - low
    cuts = first_piece[offsets[:-1]]
    i, j, k = low - line * size_i, line % size_j, (line // size_j) % size_k
    counts[:] = np.add.reduceat(length, cuts)
    for axis, first, last in ((0, k, k + 1), (1, j, j + 1), (2, i, i + length)):
        rows[:, axis] = np.minimum.reduceat(first, cuts)
        rows[:, axis + 3] = np.maximum.reduceat(last, cuts)
        # the mean of a piece lies between its first and last voxel: length * (first + last) / 2 is whole
        rows[:, axis + 6] = np.add.reduceat(length * first, cuts)
    rows[:, 8] += np.add.reduceat(length * (length - 1) // 2, cuts)
