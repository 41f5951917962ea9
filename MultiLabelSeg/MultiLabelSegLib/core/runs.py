"""Runs of a group: one pass over the voxels gives every label's stretches, from which everything else follows.

A run is a maximal stretch ``[start, stop)`` of one non-zero value in C order; it may wrap over the ends of rows, slices
and frames. Counts, boxes, centroids, files of single labels and comparisons cost O(runs) once the scan is made.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..compiled import use_kernels
from ..errors import GroupError
from .run_statistics import RunStatistics, statistics_of_runs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Indices = NDArray[np.int64]

#: voxels that the numpy path compares at once, so that its temporaries stay small
_STEP = 1 << 20


@dataclass(frozen=True, eq=False)
class RunTable:
    """The runs of every non-zero value of an array of shape (k, j, i) or (t, k, j, i); all arrays are read-only.

    ``values`` holds the values in rising order; value ``values[n]`` owns ``start[offsets[n]:offsets[n + 1]]`` and the
    ``stop`` of the same rows, sorted by position. Positions are flat C-order voxel indices, 64-bit.
    """

    shape: tuple[int, ...]
    values: Indices
    offsets: Indices
    start: Indices
    stop: Indices

    @property
    def size(self) -> int:
        """Number of voxels of the scanned array."""
        return math.prod(self.shape)

    def index(self, value: int) -> int:
        """The row of ``values`` that holds ``value``, or -1 where the array does not hold it."""
        row = int(np.searchsorted(self.values, value))
        return row if row < len(self.values) and int(self.values[row]) == value else -1

    def runs(self, row: int) -> tuple[Indices, Indices]:
        """Starts and stops of the value in row ``row`` of ``values``."""
        low, high = int(self.offsets[row]), int(self.offsets[row + 1])
        return self.start[low:high], self.stop[low:high]

    def runs_of(self, value: int) -> tuple[Indices, Indices]:
        """Starts and stops of a value; both empty where the array does not hold it."""
        row = self.index(value)
        return self.runs(row) if row >= 0 else (self.start[:0], self.stop[:0])

    def statistics(self) -> RunStatistics:
        """Voxel counts, boxes and coordinate sums of all values, over all frames."""
        k, j, i = self.shape[-3:]
        return statistics_of_runs(self.values, self.offsets, self.start, self.stop, (k, j, i))


def frozen(array: NDArray[Any]) -> NDArray[Any]:
    """A flat, aligned, read-only array of the same content in C order; a view where that is possible.

    Compiled kernels take only such arrays, so that they are compiled once for each dtype.
    """
    flat = np.ascontiguousarray(array).reshape(-1)
    if flat.ctypes.data % 8:
        flat = flat.copy()
    flat = flat.view()
    flat.flags.writeable = False
    return flat


def scan(array: NDArray[Any]) -> RunTable:
    """The run table of a frame (k, j, i) or of a whole group (t, k, j, i), in one pass.

    ``array`` is uint8 or uint16, 0 is unlabelled. Raises GroupError for another dtype or number of axes.
    """
    if array.dtype not in (np.dtype(np.uint8), np.dtype(np.uint16)) or array.ndim not in (3, 4):
        raise GroupError(
            f"a frame (k, j, i) or group (t, k, j, i) of native uint8 or uint16 is expected, found {array.dtype} "
            f"of shape {array.shape}"
        )
    flat = frozen(array)
    shape = tuple(int(size) for size in array.shape)
    begin = boundaries(flat)
    if not use_kernels(flat.size):
        return table_of_stretches(shape, begin, flat[begin])
    return RunTable(shape, *(frozen(part) for part in _group_compiled(flat, begin)))


def table_of_stretches(shape: tuple[int, ...], begin: Indices, value: NDArray[Any]) -> RunTable:
    """The run table of an array of ``shape`` whose voxels from ``begin[n]`` to ``begin[n + 1]`` hold ``value[n]``.

    ``begin`` rises from 0; neighbouring stretches of equal value are joined first.
    """
    other = np.ones(len(begin), np.bool_)
    other[1:] = value[1:] != value[:-1]
    begin, value = begin[other], value[other]
    stop = np.append(begin[1:], np.int64(math.prod(shape)))[: len(begin)]
    order = np.argsort(value, kind="stable")
    order = order[np.count_nonzero(value == 0) :]
    values, first = np.unique(value[order], return_index=True)
    offsets = np.append(first, len(order)).astype(np.int64)
    return RunTable(shape, *(frozen(part) for part in (values.astype(np.int64), offsets, begin[order], stop[order])))


def scan_frames(group: NDArray[Any]) -> tuple[RunTable, ...]:
    """One run table for each frame of a group (t, k, j, i). Raises GroupError as ``scan`` does."""
    if group.ndim != 4:
        raise GroupError(f"a group has the axes (t, k, j, i), found shape {group.shape}")
    return tuple(scan(frame) for frame in group)


def paint_runs(out: NDArray[Any], start: Indices, stop: Indices, value: int) -> None:
    """Sets the stretches ``[start, stop)`` of a flat array to ``value``; the rest keeps what it holds.

    Runs are sorted and lie within the array, as those of a table do.
    """
    if len(start) == 0:
        return
    known = out.dtype in (np.uint8, np.uint16) and out.flags.c_contiguous and out.flags.writeable
    if known and use_kernels(int(stop[-1]) - int(start[0])):
        from . import runs_kernels

        runs_kernels.paint(out, frozen(start), frozen(stop), out.dtype.type(value))
        return
    if 64 * len(start) < int(stop[-1]) - int(start[0]):
        for low, high in zip(start.tolist(), stop.tolist(), strict=True):
            out[low:high] = value
        return
    begin, end = int(start[0]), int(stop[-1])
    steps = np.zeros(end - begin + 1, np.int8)
    steps[start - begin] = 1
    steps[stop - begin] -= 1
    out[begin:end][np.cumsum(steps[:-1], dtype=np.int8).view(np.bool_)] = value


def boundaries(flat: NDArray[Any]) -> Indices:
    """Every position p of a ``frozen`` array with ``flat[p] != flat[p - 1]``, and 0; empty for an empty array."""
    return np.concatenate([*_boundary_parts(flat)])


def few_boundaries(flat: NDArray[Any], limit: int) -> Indices | None:
    """The same, but None as soon as there are more than ``limit``, so that noise costs neither time nor memory."""
    parts, count = [], 0
    for part in _boundary_parts(flat):
        parts.append(part)
        count += len(part)
        if count > limit:
            return None
    return np.concatenate(parts)


def _boundary_parts(flat: NDArray[Any]) -> Iterator[Indices]:
    yield np.zeros(min(1, flat.size), np.int64)
    find = _boundaries_compiled if use_kernels(flat.size) else _boundaries_numpy
    at = 1
    while at < flat.size:
        found, at = find(flat, at)
        yield found


def _boundaries_compiled(flat: NDArray[Any], at: int) -> tuple[Indices, int]:
    from . import runs_kernels

    room = runs_kernels.ROOM
    buffer = np.empty(max(2 * room, min(flat.size - at + room, _STEP >> 3)), np.int64)
    count, at = runs_kernels.find_boundaries(flat, at, buffer)
    return buffer[:count], at


def _boundaries_numpy(flat: NDArray[Any], at: int) -> tuple[Indices, int]:
    end = min(flat.size, at + _STEP)
    return np.flatnonzero(flat[at:end] != flat[at - 1 : end - 1]).astype(np.int64) + at, end


def _group_compiled(flat: NDArray[Any], begin: Indices) -> tuple[Indices, Indices, Indices, Indices]:
    from . import runs_kernels

    bounds = np.append(begin, np.int64(flat.size))
    first, start, stop = runs_kernels.group_by_value(flat, bounds, 1 << (8 * flat.itemsize))
    values = np.flatnonzero(first[1:] > first[:-1]).astype(np.int64)
    return values, np.append(first[values], len(start)), start, stop
