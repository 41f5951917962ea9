"""Compiled kernel that decides over the rows of a box; the writing one is in ``write_kernels``.

Within a kernel arrays are reached by pointers: an array that is handed from function to function has its references
counted each time, which costs more than the work on a run. All arrays, scratch too, belong to the caller.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ..core.block_kernels import (
    ALL,
    BLOCK,
    Pointer,
    changes,
    list_bits,
    load_word,
    lowest,
    pointer_to,
    store_word,
)

Flat = NDArray[Any]
Layout = tuple[int, int, int]
#: the rules, one entry a value: see ``Rules``; the last says which values of the region do nothing
Tables = tuple[NDArray[np.int32], NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]
#: room for the values and the lengths of stretches, and scratch for the runs of a row: ``RUNS_SPARE`` more than it has
Buffers = tuple[Flat, NDArray[np.uint32], NDArray[np.int64]]
RUNS_SPARE = 4
#: bytes that a mask needs beyond its rows, whose bits are set eight bytes at a time
MASK_SPARE = 7
_NOTHING, _BLOCKED, _SPACE = -1, -2, -3
#: stretches are not joined beyond this, so that their lengths fit 32 bits
_LONGEST = 1 << 30


@njit(nogil=True, cache=True)
def resolve_rows(
    region: Flat,
    region_at: Layout,
    frame: Flat,
    frame_at: Layout,
    shape: Layout,
    rows: tuple[int, int],
    tables: Tables,
    twice: bool,
    mask: NDArray[np.uint8],
    buffers: Buffers,
    counts: NDArray[np.int64],
    reach: NDArray[np.int64],
) -> int:
    """Applies the rules to every voxel of the rows ``rows[0]`` to ``rows[1]`` of a box of ``shape``.

    Sets bits of ``mask``, adds to the rows lost, gained, protected of ``counts``, widens ``reach`` (first and last k,
    exclusive, first and last j of changes), and lists the new values as stretches in ``buffers``; returns how many. A
    run of one value in region and frame costs one decision. ``twice`` is False where the region is the frame.
    """
    sources, olds, bits = pointer_to(region), pointer_to(frame), pointer_to(mask)
    targets, open_to, clears, idle = map_pointers(tables)
    values, lengths, runs = pointer_to(buffers[0]), pointer_to(buffers[1]), pointer_to(buffers[2])
    tallies, held = pointer_to(counts), counts.size // 3
    many, latest, length = 0, -1, 0
    for row in range(rows[0], rows[1]):
        k, j = row // shape[1], row % shape[1]
        source = region_at[0] + k * region_at[1] + j * region_at[2]
        place = frame_at[0] + k * frame_at[1] + j * frame_at[2]
        base, first, last = row * ((shape[2] + 7) // 8), 0, 0
        for n in range(_find_runs(sources, region.size, source, olds, frame.size, place, shape[2], twice, runs)):
            at, until = runs[n], runs[n + 1]
            wanted = sources[source + at]
            if idle[wanted]:
                continue
            old = olds[place + at]
            new = _decide(wanted, old, targets, open_to, clears)
            _count(tallies, held, old, new, until - at)
            if new >= 0:
                if last != at:
                    _set_bits(bits, base, first, last)
                    first = at
                last = until
                many, length = append(values, lengths, many, length, new == latest, new, until - at)
                latest = new
        if last:
            _set_bits(bits, base, first, last)
            reach[0], reach[1] = min(reach[0], k), max(reach[1], k + 1)
            reach[2], reach[3] = min(reach[2], j), max(reach[3], j + 1)
    return many


@njit(nogil=True, forceinline=True)
def map_pointers(tables: Tables) -> tuple[Pointer, Pointer, Pointer, Pointer]:
    """Pointers to four tables."""
    return pointer_to(tables[0]), pointer_to(tables[1]), pointer_to(tables[2]), pointer_to(tables[3])


@njit(nogil=True, forceinline=True)
def _decide(wanted: int, old: int, target: Pointer, writable: Pointer, clears: Pointer) -> int:
    """The new value of a voxel; ``_NOTHING`` to leave it, ``_BLOCKED`` or ``_SPACE`` where a lock keeps it."""
    new = int(np.int64(target[wanted]))
    if new >= 0:
        if new == old:
            return _NOTHING
        return new if writable[old] else _BLOCKED
    if wanted != 0 or clears[old] == 0:
        return _NOTHING
    return 0 if clears[old] == 1 else _SPACE


@njit(nogil=True, forceinline=True)
def _count(counts: Pointer, held: int, old: int, new: int, many: int) -> None:
    """Adds to the rows lost, gained, protected, of ``held`` entries each."""
    if new >= 0:
        counts[old] += many
        counts[held + new] += many
    elif new == _BLOCKED:
        counts[2 * held + old] += many
    elif new == _SPACE:
        counts[2 * held] += many


@njit(nogil=True, forceinline=True)
def append(
    values: Pointer, lengths: Pointer, many: int, length: int, same: bool, value: int, voxels: int
) -> tuple[int, int]:
    """Adds voxels of a value to ``many`` stretches, the last of which has ``length``; returns both as they are then.

    They join the last stretch where it has the ``same`` value. Nothing branches: which it will be is hard to guess.
    """
    joins = same and length < _LONGEST
    many += 0 if joins else 1
    length = voxels + (length if joins else 0)
    values[many - 1] = value
    lengths[many - 1] = length
    return many, length


@njit(nogil=True, forceinline=True)
def _find_runs(
    region: Pointer,
    region_size: int,
    source: int,
    frame: Pointer,
    frame_size: int,
    place: int,
    size: int,
    twice: bool,
    runs: Pointer,
) -> int:
    """Lists where region or frame change within a row, 0 first and the row's end last; how many runs there are."""
    many = 0
    for at in range(0, size, BLOCK):
        length = min(BLOCK, size - at)
        bits = changes(region, region_size, source + at, length)
        if twice:
            bits |= changes(frame, frame_size, place + at, length)
        if at == 0:
            bits |= np.uint64(1)
        if bits:
            many = list_bits(bits, at, runs, many)
    runs[many] = size
    return many


@njit(nogil=True, forceinline=True)
def _set_bits(mask: Pointer, base: int, first: int, last: int) -> None:
    """Sets the bits ``first`` to ``last`` (exclusive) of a row that begins at byte ``base``."""
    if first == last:
        return
    bits = ALL << np.uint64(first & 63)
    byte = base + (first >> 6) * 8
    for _ in range(first >> 6, (last - 1) >> 6):
        store_word(mask, byte, load_word(mask, byte) | bits)
        bits = ALL
        byte += 8
    store_word(mask, byte, load_word(mask, byte) | (bits & lowest(((last - 1) & 63) + 1)))


def warm_up() -> None:
    """Compiles the kernel for the dtypes that the library uses."""
    from ..core import Box
    from .resolve_compiled import resolve_compiled
    from .rules import Rules, Work

    box = Box.whole((2, 2, 9))
    for frame_type in (np.uint8, np.uint16):
        rules = Rules({1: 2}, np.ones(np.iinfo(frame_type).max + 1, np.bool_), None)
        for region_type in (np.uint8, np.uint16):
            region, frame = np.ones(box.shape, region_type), np.zeros(box.shape, frame_type)
            resolve_compiled(Work(region, box, frame, box), rules)
