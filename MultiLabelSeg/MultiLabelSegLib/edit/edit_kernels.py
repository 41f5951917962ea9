"""Compiled kernels of the edits: decide over the rows of a box, and write masked values with their undo record."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .word_kernels import load_word, run_end, store_word, word_of

Flat = NDArray[Any]
Layout = tuple[int, int, int]
_NOTHING, _BLOCKED, _SPACE = -1, -2, -3


@njit(nogil=True, cache=True, inline="always")
def _decide(
    wanted: int, old: int, target: NDArray[np.int32], writable: NDArray[np.bool_], clears: NDArray[np.uint8]
) -> int:
    """The new value of a voxel; ``_NOTHING`` to leave it, ``_BLOCKED`` or ``_SPACE`` where a lock keeps it."""
    new = target[wanted]
    if new >= 0:
        if new == old:
            return _NOTHING
        return int(new) if writable[old] else _BLOCKED
    if wanted != 0 or clears[old] == 0:
        return _NOTHING
    return 0 if clears[old] == 1 else _SPACE


@njit(nogil=True, cache=True, inline="always")
def _count(counts: NDArray[np.int64], old: int, new: int, many: int) -> None:
    """Adds to the rows lost, gained, protected."""
    if new >= 0:
        counts[0, old] += many
        counts[1, new] += many
    elif new == _BLOCKED:
        counts[2, old] += many
    elif new == _SPACE:
        counts[2, 0] += many


@njit(nogil=True, cache=True)
def resolve_rows(
    region: Flat,
    region_at: Layout,
    frame: Flat,
    frame_at: Layout,
    shape: Layout,
    target: NDArray[np.int32],
    writable: NDArray[np.bool_],
    clears: NDArray[np.uint8],
    idle: NDArray[np.bool_],
    mask: NDArray[np.uint8],
    values: Flat,
    keep_values: bool,
    counts: NDArray[np.int64],
) -> int:
    """Applies the rules to every voxel of a box of ``shape``; returns how many change.

    Fills ``mask`` (zeros before), ``values`` and the rows lost, gained, protected of ``counts``. A run of one value in
    region and frame costs one decision; runs of a region value that does nothing (``idle``) cost none.
    """
    size_k, size_j, size_i = shape
    width = (size_i + 7) // 8
    written = 0
    for row in range(size_k * size_j):
        source = region_at[0] + (row // size_j) * region_at[1] + (row % size_j) * region_at[2]
        place = frame_at[0] + (row // size_j) * frame_at[1] + (row % size_j) * frame_at[2]
        at = 0
        while at < size_i:
            wanted = region[source + at]
            stop = run_end(region, source + at, source + size_i) - source
            if idle[wanted]:
                at = stop
                continue
            while at < stop:
                old = frame[place + at]
                until = run_end(frame, place + at, place + stop) - place
                new = _decide(wanted, old, target, writable, clears)
                _count(counts, old, new, until - at)
                if new >= 0:
                    _set_bits(mask, row * width, at, until)
                    if keep_values:
                        values[written : written + until - at] = new
                    written += until - at
                at = until
    return written


@njit(nogil=True, cache=True, inline="always")
def _set_bits(mask: NDArray[np.uint8], base: int, first: int, last: int) -> None:
    """Sets the bits ``first`` to ``last`` (exclusive, not empty) of a row that begins at byte ``base``."""
    low, high = base + (first >> 3), base + (last >> 3)
    head, tail = (255 << (first & 7)) & 255, (1 << (last & 7)) - 1
    if low == high:
        mask[low] |= head & tail
        return
    mask[low] |= head
    for byte in range(low + 1, high):
        mask[byte] = 255
    if tail:
        mask[high] |= tail


@njit(nogil=True, cache=True)
def write_rows(
    frame: Flat,
    frame_at: Layout,
    shape: Layout,
    mask: NDArray[np.uint8],
    values: Flat,
    single: bool,
    old: Flat,
    lost: NDArray[np.int64],
) -> int:
    """Writes ``values`` (one for all when ``single``) to the masked voxels of a box; returns how many there are.

    ``old`` gets what they held, in the same order, ``lost`` the tally of it.
    """
    size_k, size_j, size_i = shape
    width = (size_i + 7) // 8
    step = 8 // frame.itemsize
    at = 0
    value = values[0]
    word = word_of(value, frame.itemsize)
    for row in range(size_k * size_j):
        place = frame_at[0] + (row // size_j) * frame_at[1] + (row % size_j) * frame_at[2]
        byte, end = row * width, (row + 1) * width
        start = place
        while byte < end:
            bits = mask[byte]
            if bits == 255:
                before = frame[start]
                if run_end(frame, start, start + 8) == start + 8:
                    lost[before] += 8
                else:
                    for entry in range(8):
                        lost[frame[start + entry]] += 1
                for entry in range(0, 8, step):
                    store_word(old, at + entry, load_word(frame, start + entry))
                    store_word(frame, start + entry, word if single else load_word(values, at + entry))
                at += 8
            elif bits == 0 and byte + 8 <= end and load_word(mask, byte) == 0:
                byte += 7
                start += 56
            elif bits:
                for entry in range(8):
                    if bits >> entry & 1:
                        before = frame[start + entry]
                        lost[before] += 1
                        old[at] = before
                        frame[start + entry] = value if single else values[at]
                        at += 1
            byte += 1
            start += 8
    return at


def warm_up() -> None:
    """Compiles every kernel for the dtypes that the library uses."""
    from ..core import Box
    from .resolve_compiled import resolve_compiled, write_compiled
    from .rules import Rules, Work

    box = Box.whole((2, 2, 9))
    for frame_type in (np.uint8, np.uint16):
        frame = np.zeros(box.shape, frame_type)
        for region_type in (np.uint8, np.uint16):
            region = np.ones(box.shape, region_type)
            rules = Rules({1: 2}, np.ones(np.iinfo(frame_type).max + 1, np.bool_), None)
            found = resolve_compiled(Work(region, box, frame, box), rules)
        write_compiled(frame, box, found.mask, found.values, found.written)
