"""Compiled scan of a group into runs, and the statistics of the runs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .block_kernels import BLOCK, changes, list_bits, pointer_to

Indices = NDArray[np.int64]
#: entries that a list of boundaries needs to spare for one more step
ROOM = BLOCK + 3


@njit(nogil=True, cache=True)
def find_boundaries(flat: NDArray[Any], at: int, out: Indices) -> tuple[int, int]:
    """Positions p >= ``at`` >= 1 with ``flat[p] != flat[p - 1]``; stops early when ``out`` is nearly full.

    ``out`` has at least ``ROOM`` entries. Returns (number found, next position).
    """
    voxels, size, found = pointer_to(flat), flat.size, pointer_to(out)
    count, room = 0, out.size - ROOM
    while at < size and count <= room:
        many = min(BLOCK, size - at)
        bits = changes(voxels, size, at, many)
        if bits:
            count = list_bits(bits, at, found, count)
        at += many
    return count, at


@njit(nogil=True, cache=True)
def group_by_value(flat: NDArray[Any], bounds: Indices, space: int) -> tuple[Indices, Indices, Indices]:
    """Counting sort of the stretches between ``bounds`` by their value, those of value 0 dropped.

    Returns ``first`` (``space + 1`` entries: value v owns the rows ``first[v]:first[v + 1]``), starts and stops.
    """
    first = np.zeros(space + 1, np.int64)
    for row in range(bounds.size - 1):
        value = np.int64(flat[bounds[row]])
        if value:
            first[value + 1] += 1
    for low in range(space):
        first[low + 1] += first[low]
    following = first.copy()
    start = np.empty(first[space], np.int64)
    stop = np.empty(first[space], np.int64)
    for row in range(bounds.size - 1):
        value = np.int64(flat[bounds[row]])
        if value:
            place = following[value]
            following[value] = place + 1
            start[place] = bounds[row]
            stop[place] = bounds[row + 1]
    return first, start, stop


@njit(nogil=True, cache=True)
def sum_up(
    offsets: Indices, start: Indices, stop: Indices, shape: tuple[int, int, int], counts: Indices, rows: Indices
) -> None:
    """Statistics of each label: ``counts[n]`` voxels and ``rows[n]`` = k0 j0 i0 k1 j1 i1 sum_k sum_j sum_i.

    ``shape`` is (k, j, i) of one frame; runs may lie in any frame and wrap over rows.
    """
    size_k, size_j, size_i = shape
    for label in range(offsets.size - 1):
        low_k, low_j, low_i = size_k, size_j, size_i
        high_k, high_j, high_i = np.int64(0), np.int64(0), np.int64(0)
        sum_k, sum_j, sum_i = np.int64(0), np.int64(0), np.int64(0)
        count = np.int64(0)
        line = np.int64(-1)
        j = np.int64(0)
        k = np.int64(0)
        for run in range(offsets[label], offsets[label + 1]):
            at = start[run]
            end = stop[run]
            count += end - at
            while at < end:
                i = at - line * size_i
                if line < 0 or i >= size_i:  # another row than before
                    line = at // size_i
                    i = at - line * size_i
                    j = line % size_j
                    k = (line // size_j) % size_k
                    low_j = min(low_j, j)
                    high_j = max(high_j, j + 1)
                    low_k = min(low_k, k)
                    high_k = max(high_k, k + 1)
                length = min(end - at, size_i - i)
                low_i = min(low_i, i)
                high_i = max(high_i, i + length)
                sum_i += length * i + length * (length - 1) // 2
                sum_j += length * j
                sum_k += length * k
                at += length
        counts[label] = count
        rows[label, 0], rows[label, 1], rows[label, 2] = low_k, low_j, low_i
        rows[label, 3], rows[label, 4], rows[label, 5] = high_k, high_j, high_i
        rows[label, 6], rows[label, 7], rows[label, 8] = sum_k, sum_j, sum_i


@njit(nogil=True, cache=True)
def paint(out: NDArray[Any], start: Indices, stop: Indices, value: Any) -> None:
    """Sets the stretches ``[start, stop)`` of ``out`` to ``value``, which has its dtype; never writes beyond it."""
    for row in range(start.size):
        for voxel in range(max(start[row], 0), min(stop[row], out.size)):
            out[voxel] = value


def warm_up() -> None:
    """Compiles every kernel for the dtypes that the library uses."""
    from .runs import frozen

    for dtype in (np.uint8, np.uint16):
        flat = frozen(np.arange(32, dtype=dtype) // 5)
        bounds = np.zeros(ROOM, np.int64)
        count, _ = find_boundaries(flat, 1, bounds)
        group_by_value(flat, bounds[:count], 1 << (8 * flat.itemsize))
        paint(flat.copy(), frozen(np.array([1], np.int64)), frozen(np.array([3], np.int64)), dtype(7))
    offsets = frozen(np.array([0, 1], np.int64))
    start, stop = frozen(np.array([1], np.int64)), frozen(np.array([3], np.int64))
    sum_up(offsets, start, stop, (1, 2, 3), np.zeros(1, np.int64), np.zeros((1, 9), np.int64))
