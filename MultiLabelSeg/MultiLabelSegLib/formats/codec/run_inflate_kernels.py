"""Compiled DEFLATE decoder whose output is intervals: a match of one voxel's distance moves the position, nothing more.

The decoder knows the bytes of the current voxel only. A literal that differs from the byte one voxel before starts a
new interval; matches that reach further back than one voxel cannot be followed and end the decoding with NOT_RUNS.
Whatever else is wrong is what RFC 1951 and zlib call wrong. All indices are checked: the bytes come from anywhere.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .deflate_tables import DISTANCE_BASE, DISTANCE_BITS, END_OF_BLOCK, LENGTH_BASE, LENGTH_BITS
from .inflate_kernels import (
    DAMAGED,
    EXCESS,
    MORE_ROOM,
    NOT_RUNS,
    OK,
    TABLE_BITS,
    TRUNCATED,
    long_symbol,
    peek,
    read_dynamic_codes,
    use_fixed_codes,
)

Bytes = NDArray[np.uint8]
Words = NDArray[np.uint64]
Numbers = NDArray[np.int64]
Tables = tuple[NDArray[np.int32], Numbers, Numbers]

#: slots of the state: next bit of the input, position in the content, start of the open interval, intervals closed
BIT, POSITION, OPEN, CLOSED = range(4)
#: room that is left for intervals: a match closes two at most, and the last one follows
_SPARE = 3


@njit(nogil=True, cache=True, boundscheck=True, inline="always")
def _put_byte(
    at: np.int64, byte: np.int64, shift: np.int64, state: Numbers, voxel: Numbers, start: Numbers, items: Bytes
) -> None:
    """Sets byte ``at`` of the voxels; ``shift`` is log2 of a voxel's size, or -1. May close the open interval."""
    size = voxel.size
    item = at >> shift if shift >= 0 else at // size
    place = at - item * size
    if voxel[place] == byte:
        return
    if item > state[OPEN]:
        _close(state, voxel, start, items)
        state[OPEN] = item
    voxel[place] = byte


@njit(nogil=True, cache=True, boundscheck=True, inline="always")
def _close(state: Numbers, voxel: Numbers, start: Numbers, items: Bytes) -> None:
    """Stores the open interval."""
    row = state[CLOSED]
    start[row] = state[OPEN]
    for place in range(voxel.size):
        items[row, place] = voxel[place]
    state[CLOSED] = row + 1


@njit(nogil=True, cache=True, boundscheck=True)
def _copy(
    distance: np.int64,
    length: np.int64,
    shift: np.int64,
    state: Numbers,
    voxel: Numbers,
    header: Bytes,
    start: Numbers,
    items: Bytes,
) -> int:
    """A match in the general case: within the header, into the first voxel, or of a distance below one voxel."""
    size = np.int64(voxel.size)
    position = state[POSITION]
    state[POSITION] = position + length
    while length > 0 and position < header.size:
        header[position] = header[position - distance]
        position += 1
        length -= 1
    body = position - header.size
    if length > 0 and distance > size:
        return NOT_RUNS
    single = min(length, size)
    for offset in range(single):
        at = body + offset
        source = at - distance
        byte = voxel[source % size] if source >= 0 else np.int64(header[header.size + source])
        _put_byte(at, byte, shift, state, voxel, start, items)
    return NOT_RUNS if length > single and size % distance else OK


@njit(nogil=True, cache=True, boundscheck=True, inline="always")
def _stands_still(voxel: Numbers, distance: np.int64) -> bool:
    """Whether a copy from ``distance`` bytes before repeats the voxel."""
    if distance == voxel.size:
        return True
    if distance > voxel.size or voxel.size % distance:
        return False
    different = 0
    for place in range(distance, voxel.size):
        different += 1 if voxel[place] != voxel[place - distance] else 0
    return different == 0


@njit(nogil=True, cache=True, boundscheck=True, inline="always")
def _same_codes(
    words: Words, bit: np.int64, end: np.int64, code: np.uint64, width: np.int64, length: np.int64, room: np.int64
) -> np.int64:
    """How often the ``width`` bits ``code`` stand from ``bit`` on: a multiple of as many as fit one word, or 0.

    Each means ``length`` bytes of content, for which there is ``room``.
    """
    mask = (np.uint64(1) << np.uint64(width)) - np.uint64(1)
    if (peek(words, bit) & mask) != code:
        return np.int64(0)
    several = 60 // width
    joined = np.uint64(0)
    for row in range(several):
        joined |= code << np.uint64(row * width)
    mask = (np.uint64(1) << np.uint64(several * width)) - np.uint64(1)
    times = np.int64(0)
    most = min(room // length, (end - bit) // width)
    while times + several <= most and (peek(words, bit + times * width) & mask) == joined:
        times += several
    return times


@njit(nogil=True, cache=True, boundscheck=True, inline="always")
def _read_match(symbol: np.int64, held: np.uint64, distances: Tables) -> tuple[np.int64, np.int64, np.int64]:
    """(bits, length, distance) of a match whose length symbol was read; no bits when it is invalid."""
    table, counts, symbols = distances
    none = np.int64(0)
    row = symbol - 257
    if row >= LENGTH_BASE.size:
        return none, none, none
    extra = LENGTH_BITS[row]
    length = LENGTH_BASE[row] + np.int64(held & np.uint64((1 << extra) - 1))
    held >>= np.uint64(extra)
    entry = np.int64(table[np.int64(held & np.uint64(table.size - 1))])
    if entry == 0:
        entry = long_symbol(held, counts, symbols)
    row = entry >> 4
    if entry == 0 or row >= DISTANCE_BASE.size:
        return none, none, none
    more = DISTANCE_BITS[row]
    distance = DISTANCE_BASE[row] + np.int64((held >> np.uint64(entry & 15)) & np.uint64((1 << more) - 1))
    return extra + (entry & 15) + more, length, distance


@njit(nogil=True, cache=True, boundscheck=True)
def _read_block(
    words: Words,
    end: np.int64,
    total: np.int64,
    shift: np.int64,
    state: Numbers,
    literals: Tables,
    distances: Tables,
    voxel: Numbers,
    header: Bytes,
    start: Numbers,
    items: Bytes,
) -> int:
    """The symbols of one block up to its end, an error, or until there is no room for more intervals: the status."""
    table, counts, symbols = literals
    bit, position = state[BIT], state[POSITION]
    status = MORE_ROOM
    while state[CLOSED] + _SPARE <= start.size:
        held = peek(words, bit)
        entry = np.int64(table[np.int64(held & np.uint64(table.size - 1))])
        if entry == 0:
            entry = long_symbol(held, counts, symbols)
        width, symbol = entry & 15, entry >> 4
        if symbol > END_OF_BLOCK:
            more, length, distance = _read_match(symbol, held >> np.uint64(width), distances)
            width = width + more if more else more
        if width == 0 or bit + width > end or symbol == END_OF_BLOCK:
            status = TRUNCATED if bit + max(width, 1) > end else DAMAGED if width == 0 else OK
            bit += width
            break
        bit += width
        if symbol < END_OF_BLOCK:
            if position >= total:
                return EXCESS
            if position >= header.size:
                _put_byte(position - header.size, symbol, shift, state, voxel, start, items)
            else:
                header[position] = symbol
            position += 1
            continue
        if distance > position or position + length > total:
            return DAMAGED if distance > position else EXCESS
        if position >= header.size + voxel.size and _stands_still(voxel, distance):
            position += length
            code = held & ((np.uint64(1) << np.uint64(width)) - np.uint64(1))
            times = _same_codes(words, bit, end, code, width, length, total - position)
            bit += times * width
            position += times * length
            continue
        state[POSITION] = position
        if _copy(distance, length, shift, state, voxel, header, start, items) != OK:
            return NOT_RUNS
        position += length
    state[BIT], state[POSITION] = bit, position
    return status


@njit(nogil=True, cache=True, boundscheck=True)
def _read_stored(
    words: Words,
    stop: np.int64,
    total: np.int64,
    shift: np.int64,
    state: Numbers,
    voxel: Numbers,
    header: Bytes,
    start: Numbers,
    items: Bytes,
) -> int:
    """The bytes of a stored block, which ends at bit ``stop``: the status."""
    while state[BIT] < stop:
        if state[CLOSED] + _SPARE > start.size:
            return MORE_ROOM
        position = state[POSITION]
        if position >= total:
            return EXCESS
        byte = np.int64(peek(words, state[BIT]) & np.uint64(255))
        if position >= header.size:
            _put_byte(position - header.size, byte, shift, state, voxel, start, items)
        else:
            header[position] = byte
        state[POSITION] = position + 1
        state[BIT] += 8
    return OK


@njit(nogil=True, cache=True, boundscheck=True)
def _grown(start: Numbers, items: Bytes) -> tuple[Numbers, Bytes]:
    """Twice the room for intervals, with the same content."""
    more = np.empty(2 * start.size, np.int64)
    more_items = np.empty((2 * start.size, items.shape[1]), np.uint8)
    for row in range(start.size):
        more[row] = start[row]
        for place in range(items.shape[1]):
            more_items[row, place] = items[row, place]
    return more, more_items


@njit(nogil=True, cache=True, boundscheck=True)
def _begin_block(
    words: Words, end: np.int64, state: Numbers, literals: Tables, distances: Tables
) -> tuple[int, bool, np.int64]:
    """Header of the next block: (status, whether it is the last, the bit where it ends if it is stored, else 0)."""
    bit = state[BIT]
    held = peek(words, bit)
    final = (held & np.uint64(1)) != 0
    kind = np.int64((held >> np.uint64(1)) & np.uint64(3))
    status, stop = OK, np.int64(0)
    bit += 3
    if bit > end:
        return TRUNCATED, final, stop
    if kind == 0:
        bit = ((bit + 7) >> 3 << 3) + 32
        if bit > end:
            return TRUNCATED, final, stop
        held = peek(words, bit - 32)
        length = np.int64(held & np.uint64(0xFFFF))
        stop = bit + 8 * length
        if length ^ 0xFFFF != np.int64((held >> np.uint64(16)) & np.uint64(0xFFFF)):
            status = DAMAGED
        elif stop > end:
            status = TRUNCATED
    elif kind == 1:
        use_fixed_codes(literals, distances)
    elif kind == 2:
        status, bit = read_dynamic_codes(words, bit, end, literals, distances)
    else:
        status = DAMAGED
    state[BIT] = bit
    return status, final, stop


@njit(nogil=True, cache=True, boundscheck=True)
def decode(
    words: Words, end: np.int64, total: np.int64, shift: np.int64, header: Bytes, voxel: Numbers, limit: np.int64
) -> tuple[int, np.int64, Numbers, Bytes]:
    """Raw DEFLATE of ``header.size`` bytes and ``total`` bytes of voxels into intervals.

    ``words`` holds the input, ``end`` bits long; ``voxel`` has one place for each byte of a voxel and starts as -1
    everywhere, ``shift`` is log2 of its size or -1. More than ``limit`` intervals give NOT_RUNS. Returns (status, bit
    behind the last block, starts, items).
    """
    whole = total + header.size
    literals = (np.zeros(1 << TABLE_BITS, np.int32), np.zeros(16, np.int64), np.zeros(288, np.int64))
    distances = (np.zeros(1 << TABLE_BITS, np.int32), np.zeros(16, np.int64), np.zeros(288, np.int64))
    state = np.zeros(4, np.int64)
    start, items = np.empty(256, np.int64), np.empty((256, voxel.size), np.uint8)
    final, status = False, OK
    while not final and status == OK:
        status, final, stop = _begin_block(words, end, state, literals, distances)
        while status == OK:
            if stop:
                status = _read_stored(words, stop, whole, shift, state, voxel, header, start, items)
            else:
                status = _read_block(words, end, whole, shift, state, literals, distances, voxel, header, start, items)
            if status != MORE_ROOM:
                break
            status = NOT_RUNS if state[CLOSED] > limit else OK
            start, items = _grown(start, items)
    if status == OK and state[POSITION] < whole:
        status = TRUNCATED
    if status == OK and total > 0:
        _close(state, voxel, start, items)
    return status, state[BIT], start[: state[CLOSED]], items[: state[CLOSED]]


@njit(nogil=True, cache=True)
def paint(start: Numbers, values: NDArray[Any], out: NDArray[Any]) -> None:
    """Voxels ``start[n]`` up to ``start[n + 1]`` (the last: the end) become ``values[n]``, unless that is 0.

    The limits are kept here, once an interval, and not at every voxel, which becomes a plain fill that way.
    """
    for row in range(start.size):
        if values[row]:
            stop = start[row + 1] if row + 1 < start.size else out.size
            for voxel in range(max(start[row], 0), min(stop, out.size)):
                out[voxel] = values[row]


def warm_up() -> None:
    """Compiles every kernel for the dtypes that the library uses."""
    from ...core.runs import frozen

    empty_block = frozen(np.array([3, 0, 0], np.uint64))
    none = np.int64(0)
    decode(empty_block, np.int64(16), none, none, np.zeros(0, np.uint8), np.full(1, -1, np.int64), none)
    for dtype in (np.uint8, np.uint16):
        paint(frozen(np.zeros(1, np.int64)), frozen(np.ones(1, dtype)), np.zeros(3, dtype))
