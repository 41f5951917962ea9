"""Compiled kernels of the edits: decide over the rows of a box, and write masked values with their undo record."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Flat = NDArray[Any]
Layout = tuple[int, int, int]


@njit(nogil=True, cache=True, inline="always")
def _uniform(flat: Flat, at: int, many: int) -> bool:
    """Whether ``many`` voxels from ``at`` on hold one value; no early exit, so that the compiler takes them at once."""
    first = flat[at]
    differs = first ^ first
    for step in range(1, many):
        differs |= flat[at + step] ^ first
    return bool(differs == 0)


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

    Fills ``mask`` (zeros before), ``values`` and the rows lost, gained, protected of ``counts``. Eight voxels that are
    alike in region and frame, which is the rule within labels, cost one decision; stretches of a region value that
    does nothing (``idle``) are skipped without a look at the frame.
    """
    size_k, size_j, size_i = shape
    width = (size_i + 7) // 8
    written = 0
    for row in range(size_k * size_j):
        k, j = row // size_j, row % size_j
        source = region_at[0] + k * region_at[1] + j * region_at[2]
        place = frame_at[0] + k * frame_at[1] + j * frame_at[2]
        byte = row * width
        i = 0
        while i < size_i:
            if i + 64 <= size_i and idle[region[source + i]] and _uniform(region, source + i, 64):
                i += 64
                byte += 8
                continue
            many = min(8, size_i - i)
            alike = many == 8 and _uniform(region, source + i, 8)
            if alike and idle[region[source + i]]:
                i += 8
                byte += 1
                continue
            alike = alike and _uniform(frame, place + i, 8)
            weight = 8 if alike else 1
            bits = 0
            for step in range(1 if alike else many):
                wanted = region[source + i + step]
                old = frame[place + i + step]
                new = target[wanted]
                if new >= 0:
                    if new == old:
                        continue
                    if not writable[old]:
                        counts[2, old] += weight
                        continue
                elif wanted == 0 and clears[old]:
                    if clears[old] == 2:
                        counts[2, 0] += weight
                        continue
                    new = 0
                else:
                    continue
                counts[0, old] += weight
                counts[1, new] += weight
                if alike:
                    bits = 255
                    if keep_values:
                        values[written : written + 8] = new
                else:
                    bits |= 1 << step
                    if keep_values:
                        values[written] = new
                written += weight
            mask[byte] = bits
            i += 8
            byte += 1
    return written


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
    at = 0
    value = values[0]
    for row in range(size_k * size_j):
        place = frame_at[0] + (row // size_j) * frame_at[1] + (row % size_j) * frame_at[2]
        for byte in range(width):
            bits = mask[row * width + byte]
            if bits == 0:
                continue
            start = place + 8 * byte
            if bits == 255 and _uniform(frame, start, 8):
                before = frame[start]
                lost[before] += 8
                for step in range(8):
                    old[at + step] = before
                    frame[start + step] = value if single else values[at + step]
                at += 8
                continue
            for step in range(min(8, size_i - 8 * byte)):
                if bits >> step & 1:
                    before = frame[start + step]
                    lost[before] += 1
                    old[at] = before
                    frame[start + step] = value if single else values[at]
                    at += 1
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
            target = np.full(np.iinfo(region_type).max + 1, -1, np.int32)
            target[1] = 2
            held = np.iinfo(frame_type).max + 1
            rules = Rules(target, np.ones(held, np.bool_), np.zeros(held, np.uint8))
            found = resolve_compiled(Work(region, box, frame, box), rules)
        write_compiled(frame, box, found.mask, found.values, found.written)
