"""Compiled kernel that writes masked values and lists what they replace; pointers as in ``resolve_kernels``."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ..core.block_kernels import (
    BLOCK,
    Pointer,
    changes,
    copy_block,
    fill_block,
    list_bits,
    load_word,
    lowest,
    pointer_to,
)
from .resolve_kernels import Buffers, append

Flat = NDArray[Any]
Layout = tuple[int, int, int]


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
    buffers: Buffers,
    saved: Flat,
    lost: NDArray[np.int64],
) -> int:
    """Writes values to the masked voxels of the rows ``rows[0]`` to ``rows[1]`` of a box of ``shape``.

    ``values`` hold one entry a voxel when ``dense``, else stretches of ``lengths``; ``cursor`` keeps the place from
    call to call: the entry, and what is left of its stretch. What the voxels held is listed as stretches in
    ``buffers``, whose number is returned, and tallied in ``lost``. ``saved`` is scratch of ``BYTES`` bytes.
    """
    voxels, bits, aside, tallies = pointer_to(frame), pointer_to(mask), pointer_to(saved), pointer_to(lost)
    new, stretches = pointer_to(values), pointer_to(lengths)
    olds, old_lengths, runs = pointer_to(buffers[0]), pointer_to(buffers[1]), pointer_to(buffers[2])
    many, latest, length, entry, left = 0, -1, 0, cursor[0], cursor[1]
    for row in range(rows[0], rows[1]):
        place = frame_at[0] + (row // shape[1]) * frame_at[1] + (row % shape[1]) * frame_at[2]
        base, first = row * ((shape[2] + 7) // 8), -1
        stops = _find_masked(voxels, frame.size, place, bits, mask.size, base, shape[2], runs)
        for n in range(stops + 1):
            at = runs[n]
            if n < stops and bits[base + (at >> 3)] >> (at & 7) & 1:
                before, size = int(np.int64(voxels[place + at])), runs[n + 1] - at
                tallies[before] += size
                many, length = append(olds, old_lengths, many, length, before == latest, before, size)
                latest = before
                first = at if first < 0 else first
            elif first >= 0:
                begin, end = place + first, place + at
                if dense:
                    entry = _copy(voxels, begin, end, new, entry)
                else:
                    entry, left = _fill(voxels, frame.size, begin, end, new, stretches, entry, left, aside, saved.size)
                first = -1
    cursor[0], cursor[1] = entry, left
    return many


@njit(nogil=True, forceinline=True)
def _find_masked(
    frame: Pointer, frame_size: int, place: int, mask: Pointer, mask_size: int, base: int, size: int, runs: Pointer
) -> int:
    """Lists where the mask changes within a row, or the frame within the mask, and the row's end; how many runs."""
    many = 0
    before = np.uint64(0)
    for at in range(0, size, BLOCK):
        length = min(BLOCK, size - at)
        masked = _mask_word(mask, mask_size, base + (at >> 3), length)
        bits = masked ^ (masked << np.uint64(1) | before)
        before = masked >> np.uint64(63)
        if masked:
            bits |= changes(frame, frame_size, place + at, length) & masked
        bits &= lowest(length)
        if bits:
            many = list_bits(bits, at, runs, many)
    runs[many] = size
    return many


@njit(nogil=True, forceinline=True)
def _mask_word(mask: Pointer, mask_size: int, byte: int, many: int) -> np.uint64:
    """The ``many`` bits (1 to 64) from a byte on."""
    if byte + 8 <= mask_size:
        return np.uint64(load_word(mask, byte) & lowest(many))
    word = np.uint64(0)
    for n in range((many + 7) >> 3):
        word |= np.uint64(mask[byte + n]) << np.uint64(8 * n)
    return word & lowest(many)


@njit(nogil=True, forceinline=True)
def _copy(frame: Pointer, first: int, last: int, values: Pointer, entry: int) -> int:
    """Writes the entries ``first`` to ``last`` from the values after ``entry``; the last of these."""
    for n in range(last - first):
        frame[first + n] = values[entry + 1 + n]
    return entry + last - first


@njit(nogil=True, forceinline=True)
def _fill(
    frame: Pointer,
    size: int,
    first: int,
    last: int,
    values: Pointer,
    lengths: Pointer,
    entry: int,
    left: int,
    saved: Pointer,
    step: int,
) -> tuple[int, int]:
    """Writes the entries ``first`` to ``last`` from stretches, of the present one of which there are ``left``.

    Short stretches, which are most, are stored as whole blocks of ``step`` entries, since a loop of unknown length
    costs more. What follows the entries is saved and put back.
    """
    roomy = last + step <= size
    if roomy:
        copy_block(saved, 0, frame, last)
    while first < last:
        if left == 0:
            entry += 1
            left = int(np.int64(lengths[entry]))
        take = min(left, last - first)
        if roomy:
            for at in range(first, first + take, step):
                fill_block(frame, at, values[entry])
        else:
            for at in range(first, first + take):
                frame[at] = values[entry]
        first += take
        left -= take
    if roomy:
        copy_block(frame, last, saved, 0)
    return entry, left


def warm_up() -> None:
    """Compiles the kernel for the dtypes that the library uses."""
    from ..core import Box
    from .resolve_compiled import write_compiled

    box = Box.whole((2, 2, 9))
    for dtype in (np.uint8, np.uint16):
        write_compiled(np.zeros(box.shape, dtype), box, np.ones((2, 2, 2), np.uint8), 1)
