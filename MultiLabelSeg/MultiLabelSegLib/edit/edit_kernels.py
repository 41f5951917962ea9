"""Compiled kernels of the edits: decide over the rows of a box, and write masked values with their undo record."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .word_kernels import copy, fill, load_word, run_end, store_word, trailing_zeros

Flat = NDArray[Any]
Layout = tuple[int, int, int]
_NOTHING, _BLOCKED, _SPACE = -1, -2, -3
#: stretches are not joined beyond this, so that their lengths fit 32 bits
_LONGEST = 1 << 30


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
    rows: tuple[int, int],
    target: NDArray[np.int32],
    writable: NDArray[np.bool_],
    clears: NDArray[np.uint8],
    idle: NDArray[np.bool_],
    mask: NDArray[np.uint8],
    values: Flat,
    lengths: NDArray[np.uint32],
    counts: NDArray[np.int64],
    reach: NDArray[np.int64],
) -> int:
    """Applies the rules to every voxel of the rows ``rows[0]`` to ``rows[1]`` of a box of ``shape``.

    Sets bits of ``mask``, adds to the rows lost, gained, protected of ``counts``, widens ``reach`` (first and last k,
    exclusive, first and last j of changes), and lists the new values as stretches in ``values`` and ``lengths``, whose
    number it returns. A run of one value in region and frame costs one decision; runs of a region value that does
    nothing (``idle``) cost none.
    """
    _, size_j, size_i = shape
    width = (size_i + 7) // 8
    many = 0
    for row in range(rows[0], rows[1]):
        k, j = row // size_j, row % size_j
        source = region_at[0] + k * region_at[1] + j * region_at[2]
        place = frame_at[0] + k * frame_at[1] + j * frame_at[2]
        at = frame_stop = first = last = 0
        old = frame[place]
        while at < size_i:
            wanted = region[source + at]
            stop = run_end(region, source + at, source + size_i) - source
            if idle[wanted]:
                at = stop
                continue
            while at < stop:
                if at >= frame_stop:
                    old = frame[place + at]
                    frame_stop = run_end(frame, place + at, place + size_i) - place
                until = min(stop, frame_stop)
                new = _decide(wanted, old, target, writable, clears)
                _count(counts, old, new, until - at)
                if new >= 0:
                    if last != at:
                        _set_bits(mask, row * width, first, last)
                        first = at
                    last = until
                    many = _append(values, lengths, many, new, until - at)
                at = until
        if last:
            _set_bits(mask, row * width, first, last)
            reach[0], reach[1] = min(reach[0], k), max(reach[1], k + 1)
            reach[2], reach[3] = min(reach[2], j), max(reach[3], j + 1)
    return many


@njit(nogil=True, cache=True, inline="always")
def _append(values: Flat, lengths: NDArray[np.uint32], many: int, value: int, length: int) -> int:
    """Adds a stretch to ``many`` that are there, joined with the last one where that has the value; how many now."""
    if many and values[many - 1] == value and lengths[many - 1] < _LONGEST:
        lengths[many - 1] += length
        return many
    values[many] = value
    lengths[many] = length
    return many + 1


@njit(nogil=True, cache=True, inline="always")
def _set_bits(mask: NDArray[np.uint8], base: int, first: int, last: int) -> None:
    """Sets the bits ``first`` to ``last`` (exclusive) of a row that begins at byte ``base``."""
    if first == last:
        return
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
    rows: tuple[int, int],
    mask: NDArray[np.uint8],
    values: Flat,
    lengths: NDArray[np.uint32],
    dense: bool,
    cursor: NDArray[np.int64],
    old_values: Flat,
    old_lengths: NDArray[np.uint32],
    lost: NDArray[np.int64],
) -> int:
    """Writes values to the masked voxels of the rows ``rows[0]`` to ``rows[1]`` of a box of ``shape``.

    ``values`` hold one entry a voxel when ``dense``, else stretches of ``lengths``; ``cursor`` keeps the place from
    call to call: the entry, and what is left of its stretch. What the voxels held is listed as stretches in
    ``old_values`` and ``old_lengths``, whose number is returned, and tallied in ``lost``.
    """
    _, size_j, size_i = shape
    width = (size_i + 7) // 8
    saved = np.empty(8, np.uint64)
    many = 0
    for row in range(rows[0], rows[1]):
        place = frame_at[0] + (row // size_j) * frame_at[1] + (row % size_j) * frame_at[2]
        at = 0
        while at < size_i:
            first = _next_bit(mask, row * width, at, size_i, False)
            stop = _next_bit(mask, row * width, first, size_i, True)
            at = first
            while at < stop:
                before = frame[place + at]
                until = run_end(frame, place + at, place + stop) - place
                lost[before] += until - at
                many = _append(old_values, old_lengths, many, before, until - at)
                at = until
            if dense:
                copy(frame, place + first, place + stop, values, cursor[0] + 1)
                cursor[0] += stop - first
            elif stop > first:
                _write_stretches(frame, place + first, place + stop, values, lengths, cursor, saved)
            at = stop
    return many


@njit(nogil=True, cache=True, inline="always")
def _write_stretches(
    frame: Flat,
    first: int,
    last: int,
    values: Flat,
    lengths: NDArray[np.uint32],
    cursor: NDArray[np.int64],
    saved: NDArray[np.uint64],
) -> None:
    """Writes the entries ``first`` to ``last``. What follows them is saved and put back, so that ``fill`` has room."""
    if cursor[1] >= last - first:
        fill(frame, first, last, values[cursor[0]], last)
        cursor[1] -= last - first
        return
    step = 8 // frame.itemsize
    limit = last + 8 * step if last + 8 * step <= frame.size else last
    for word in range((limit - last) // step):
        saved[word] = load_word(frame, last + word * step)
    entry, left = cursor[0], cursor[1]
    while first < last:
        if left == 0:
            entry += 1
            left = np.int64(lengths[entry])
        take = min(left, last - first)
        fill(frame, first, first + take, values[entry], limit)
        first += take
        left -= take
    cursor[0], cursor[1] = entry, left
    for word in range((limit - last) // step):
        store_word(frame, last + word * step, saved[word])


@njit(nogil=True, cache=True)
def _next_bit(mask: NDArray[np.uint8], base: int, at: int, limit: int, clear: bool) -> int:
    """The first bit from ``at`` on that is set (or clear) in a row that begins at byte ``base``; else ``limit``."""
    flip = 255 if clear else 0
    none = np.uint64(0xFFFFFFFFFFFFFFFF) if clear else np.uint64(0)
    last = base + ((limit + 7) >> 3)
    while at < limit:
        byte = base + (at >> 3)
        bits = ((mask[byte] ^ flip) & 255) >> (at & 7)
        if bits:
            return min(limit, at + int(trailing_zeros(np.uint64(bits))))
        byte += 1
        while byte + 8 <= last and load_word(mask, byte) == none:
            byte += 8
        at = (byte - base) * 8
    return limit


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
        write_compiled(frame, box, found.mask, found.values)
