"""Compiled counting for the statistics of labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Indices = NDArray[np.int64]


@njit(nogil=True, cache=True)
def measure(
    frame: NDArray[Any],
    words: NDArray[np.uint64],
    image: NDArray[Any],
    row_of: NDArray[np.int32],
    lowest: int,
    counts: NDArray[np.int32],
    extents: Indices,
) -> None:
    """Adds to ``counts[row, intensity - lowest]`` and to ``extents[row]`` for every voxel of a label.

    ``row_of[value]`` is the label's row, -1 for values that do not count. ``extents``: voxels, k0 j0 i0, k1 j1 i1,
    sum_k sum_j sum_i. ``words`` views the same memory eight bytes at a time, to skip uniform stretches; it has no
    columns where rows are no whole words.
    """
    size_k, size_j, size_i = frame.shape
    per_word = 8 // frame.itemsize
    unit = np.uint64(0x0101010101010101) if per_word == 8 else np.uint64(0x0001000100010001)
    in_row = words.shape[2]
    for k in range(size_k):
        for j in range(size_j):
            row, pixels, row_words = frame[k, j], image[k, j], words[k, j]
            low = 0
            while low < size_i:
                value = row[low]
                same = np.uint64(value) * unit
                high = low + 1
                while high < size_i:
                    if high % per_word == 0:
                        word = high // per_word
                        while word < in_row and row_words[word] == same:
                            word += 1
                        high = word * per_word
                        if high >= size_i:
                            break
                    if row[high] != value:
                        break
                    high += 1
                mine = row_of[value]
                if mine >= 0:
                    for at in range(low, high):
                        counts[mine, np.int64(pixels[at]) - lowest] += 1
                    length = high - low
                    found = extents[mine]
                    found[0] += length
                    found[1], found[2], found[3] = min(found[1], k), min(found[2], j), min(found[3], low)
                    found[4], found[5], found[6] = max(found[4], k + 1), max(found[5], j + 1), max(found[6], high)
                    found[7] += length * k
                    found[8] += length * j
                    found[9] += length * low + length * (length - 1) // 2
                low = high


@njit(nogil=True, cache=True)
def count_values(flat: NDArray[Any], start: Indices, stop: Indices, lowest: int, counts: Indices) -> None:
    """Adds to ``counts[value - lowest]`` for every voxel of the stretches ``[start, stop)`` of whole numbers."""
    for run in range(start.size):
        for voxel in range(max(start[run], 0), min(stop[run], flat.size)):
            counts[np.int64(flat[voxel]) - lowest] += 1


@njit(nogil=True, cache=True)
def gather(flat: NDArray[Any], start: Indices, stop: Indices, out: NDArray[Any]) -> None:
    """The voxels of the stretches ``[start, stop)``, one after the other."""
    at = 0
    for run in range(start.size):
        for voxel in range(max(start[run], 0), min(stop[run], flat.size)):
            out[at] = flat[voxel]
            at += 1


@njit(nogil=True, cache=True)
def count_exits(frame: NDArray[Any], row_of: NDArray[np.int32], counts: Indices) -> None:
    """Adds to ``counts[row, d]`` the voxels of each label whose neighbour in direction d is not of the label.

    ``row_of[value]`` is the label's row, -1 for values that do not count. Directions as ``surface_area.DIRECTIONS``.
    Whole stretches of a row are compared with the four rows before them at once; of the three diagonal neighbours
    in such a row only the ends differ from one to the next.
    """
    size_k, size_j, size_i = frame.shape
    for k in range(size_k):
        for j in range(size_j):
            row = frame[k, j]
            low = 0
            while low < size_i:
                value = row[low]
                high = low + 1
                while high < size_i and row[high] == value:
                    high += 1
                mine = row_of[value]
                if mine >= 0:
                    counts[mine, 0] += 1
                    for turn in range(4):
                        near_k = k if turn == 0 else k + 1
                        near_j = j + 1 if turn == 0 else j + turn - 2
                        same = before = after = 0
                        if near_k < size_k and 0 <= near_j < size_j:
                            other = frame[near_k, near_j]
                            for at in range(low, high):
                                same += 1 if other[at] == value else 0
                            before = same - (1 if other[high - 1] == value else 0)
                            before += 1 if low > 0 and other[low - 1] == value else 0
                            after = same - (1 if other[low] == value else 0)
                            after += 1 if high < size_i and other[high] == value else 0
                        length = high - low
                        counts[mine, 1 + 3 * turn] += length - before
                        counts[mine, 2 + 3 * turn] += length - same
                        counts[mine, 3 + 3 * turn] += length - after
                low = high


def warm_up() -> None:
    """Compiles every kernel for the dtypes that the library uses."""
    start, stop = _frozen(np.array([0])), _frozen(np.array([2]))
    for whole in (np.uint8, np.int16, np.uint16, np.int32):
        count_values(_frozen(np.zeros(3, whole)), start, stop, 0, np.zeros(1, np.int64))
    for number in (np.uint8, np.int16, np.uint16, np.int32, np.float32, np.float64):
        gather(_frozen(np.zeros(3, number)), start, stop, np.zeros(2, number))
    for value in (np.uint8, np.uint16):
        frame = _frozen(np.zeros((1, 1, 3), value))
        words, row_of = _frozen(np.zeros((1, 1, 0), np.uint64)), _frozen(np.zeros(65536, np.int32))
        for whole in (np.uint8, np.int16, np.uint16, np.int32):
            pixels, counts = _frozen(np.zeros((1, 1, 3), whole)), np.zeros((1, 1), np.int32)
            measure(frame, words, pixels, row_of, 0, counts, np.zeros((1, 10), np.int64))
        count_exits(frame, _frozen(np.zeros(65536, np.int32)), np.zeros((1, 13), np.int64))


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    array.flags.writeable = False
    return array
