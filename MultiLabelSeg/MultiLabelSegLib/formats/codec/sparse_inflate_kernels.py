"""Compiled inflater for label masks: stretches of zeros cost neither memory traffic nor, nearly, time.

The output lies in an array of zeros. A match whose source is known to be zero only moves the position, and the same
match again and again is recognised many at a time. The stretches that hold anything are recorded, so that later steps
visit them alone. Every index is checked; nothing is read behind the input or written behind the capacity.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .crc_kernels import Bytes
from .deflate_tables import DISTANCE_BASE, DISTANCE_BITS, END_OF_BLOCK, LENGTH_BASE, LENGTH_BITS
from .inflate_kernels import (
    DAMAGED,
    EXCESS,
    OK,
    TABLE_BITS,
    TRUNCATED,
    Numbers,
    Tables,
    long_symbol,
    peek,
    read_dynamic_codes,
    use_fixed_codes,
)

Input = NDArray[np.uint64]
_TABLE_MASK = np.uint64((1 << TABLE_BITS) - 1)
#: zero bytes that end a stretch: less are cheaper to pass over than to record
_GAP = 64
#: slots of the state: position in the input (bits) and output, last byte that is not zero, begin of the open stretch
#: (-1: none), stretches recorded
BIT, AT, LAST, BEGIN, COUNT = range(5)


@njit(nogil=True, cache=True, boundscheck=True)
def _note(state: Numbers, stretches: Numbers, low: np.int64, high: np.int64) -> Numbers:
    """Bytes ``low`` to ``high`` (exclusive) hold something at both ends; returns the list, larger where it was full."""
    if state[BEGIN] >= 0 and low - state[LAST] > _GAP:
        stretches[2 * state[COUNT]] = state[BEGIN]
        stretches[2 * state[COUNT] + 1] = state[LAST] + 1
        state[COUNT] += 1
        state[BEGIN] = -1
    if state[BEGIN] < 0:
        if 2 * state[COUNT] + 2 > stretches.size:  # room for this one when it is closed
            larger = np.empty(2 * stretches.size, np.int64)
            larger[: stretches.size] = stretches
            stretches = larger
        state[BEGIN] = low
    state[LAST] = high - 1
    return stretches


@njit(nogil=True, cache=True, boundscheck=True)
def _copy(
    out: Bytes, state: Numbers, stretches: Numbers, at: np.int64, distance: np.int64, length: np.int64
) -> Numbers:
    """A match whose source holds something. Overlapping matches repeat what they have just written."""
    source = at - distance
    if distance >= length:  # what lies behind the last byte that is not zero is zero in the copy too
        length = min(length, state[LAST] - source + 1)
    first, last = -1, -1
    if distance == 1:
        value = out[source]
        if value:
            first, last = 0, int(length) - 1
            for place in range(at, at + length):
                out[place] = value
    else:
        for place in range(length):
            value = out[source + place]
            if value:
                out[at + place] = value
                last = place
                if first < 0:
                    first = place
    if first < 0:
        return stretches
    return _note(state, stretches, at + first, at + last + 1)


@njit(nogil=True, cache=True, boundscheck=True)
def _skip_repeats(
    words: Input, bit: np.int64, end: np.int64, at: np.int64, capacity: np.int64, used: np.int64, length: np.int64
) -> tuple[np.int64, np.int64]:
    """Passes over repetitions of a zero match of ``used`` bits that was just read: (next bit, position)."""
    one = peek(words, bit - used) & np.uint64((1 << used) - 1)
    if peek(words, bit) & np.uint64((1 << used) - 1) != one:
        return bit, at
    many = 60 // used
    wide = many * used
    pattern = np.uint64(0)
    for place in range(many):
        pattern |= one << np.uint64(place * used)
    mask = (np.uint64(1) << np.uint64(wide)) - np.uint64(1)
    step = many * length
    while bit + wide <= end and at + step <= capacity and peek(words, bit) & mask == pattern:
        bit += wide
        at += step
    return bit, at


@njit(nogil=True, cache=True, boundscheck=True, inline="always")
def _next_symbol(held: np.uint64, tables: Tables) -> np.int64:
    """The next symbol * 16 + its length in bits, or 0 where the bits are no code."""
    entry = np.int64(tables[0][np.int64(held & _TABLE_MASK)])
    return entry if entry else long_symbol(held, tables[1], tables[2])


@njit(nogil=True, cache=True, boundscheck=True, inline="always")
def _read_match(
    held: np.uint64, entry: np.int64, left: np.int64, distances: Tables
) -> tuple[int, np.int64, np.int64, np.int64]:
    """The match that a length symbol begins: (status, bits used, length, distance); ``left`` bits of input remain."""
    used, symbol = entry & 15, (entry >> 4) - END_OF_BLOCK - 1
    if symbol >= LENGTH_BASE.size:
        return DAMAGED, used, np.int64(0), np.int64(0)
    extra = LENGTH_BITS[symbol]
    length = LENGTH_BASE[symbol] + np.int64((held >> np.uint64(used)) & np.uint64((1 << extra) - 1))
    used += extra
    held >>= np.uint64(used)
    far = _next_symbol(held, distances)
    if far == 0:
        return DAMAGED if used + 15 <= left else TRUNCATED, used, length, np.int64(0)
    symbol = far >> 4
    if symbol >= DISTANCE_BASE.size:
        return DAMAGED if used + (far & 15) <= left else TRUNCATED, used, length, np.int64(0)
    extra = DISTANCE_BITS[symbol]
    distance = DISTANCE_BASE[symbol]
    distance += np.int64((held >> np.uint64(far & 15)) & np.uint64((1 << extra) - 1))
    used += (far & 15) + extra
    return OK if used <= left else TRUNCATED, used, length, distance


@njit(nogil=True, cache=True, boundscheck=True)
def _symbols(
    words: Input,
    end: np.int64,
    out: Bytes,
    capacity: np.int64,
    origin: np.int64,
    state: Numbers,
    stretches: Numbers,
    literals: Tables,
    distances: Tables,
) -> tuple[int, Numbers]:
    """The symbols of one block: (status, stretches). ``origin`` is where the output of this stream began."""
    bit, at = state[BIT], state[AT]
    status = OK
    while True:
        held = peek(words, bit)
        entry = _next_symbol(held, literals)
        symbol = entry >> 4
        if entry == 0 or bit + (entry & 15) > end:
            status = DAMAGED if entry == 0 and bit + 15 <= end else TRUNCATED
            break
        if symbol < END_OF_BLOCK:
            if at >= capacity:
                status = EXCESS
                break
            if symbol:
                out[at] = symbol
                stretches = _note(state, stretches, at, at + 1)
            at += 1
            bit += entry & 15
            continue
        if symbol == END_OF_BLOCK:
            bit += entry & 15
            break
        status, used, length, distance = _read_match(held, entry, end - bit, distances)
        if status == OK and distance > at - origin:
            status = DAMAGED
        elif status == OK and at + length > capacity:
            status = EXCESS
        if status != OK:
            break
        bit += used
        if at - distance > state[LAST]:
            at += length
            if used <= 30:
                bit, at = _skip_repeats(words, bit, end, at, capacity, used, length)
        else:
            stretches = _copy(out, state, stretches, at, distance, length)
            at += length
    state[BIT], state[AT] = bit, at
    return status, stretches


@njit(nogil=True, cache=True, boundscheck=True)
def _stored(
    words: Input, end: np.int64, out: Bytes, capacity: np.int64, state: Numbers, stretches: Numbers
) -> tuple[int, Numbers]:
    """A stored block, whose first three bits are read: (status, stretches)."""
    bit, at = (state[BIT] + 7) >> 3 << 3, state[AT]
    if bit + 32 > end:
        return TRUNCATED, stretches
    held = np.int64(peek(words, bit) & np.uint64(0xFFFFFFFF))
    length = held & 0xFFFF
    if length != (held >> 16) ^ 0xFFFF:
        return DAMAGED, stretches
    bit += 32
    available = min(length, (end - bit) >> 3)
    room = min(available, capacity - at)
    for place in range(room):
        value = np.uint8(peek(words, bit + 8 * place) & np.uint64(255))
        if value:
            out[at + place] = value
            stretches = _note(state, stretches, at + place, at + place + 1)
    state[BIT], state[AT] = bit + 8 * room, at + room
    if room < available:
        return EXCESS, stretches
    return OK if available == length else TRUNCATED, stretches


@njit(nogil=True, cache=True, boundscheck=True)
def inflate(
    words: Input, end: np.int64, out: Bytes, capacity: np.int64, state: Numbers, stretches: Numbers
) -> tuple[int, Numbers]:
    """One DEFLATE stream from ``state`` on into ``out``, zeros before: (status, stretches).

    The stretches cover everything that was written, also after an error; the open one is closed.
    """
    tables = (np.zeros(1 << TABLE_BITS, np.int32), np.zeros(16, np.int64), np.zeros(288, np.int64))
    far_tables = (np.zeros(1 << TABLE_BITS, np.int32), np.zeros(16, np.int64), np.zeros(288, np.int64))
    origin, status, final = state[AT], OK, False
    while status == OK and not final:
        if state[BIT] + 3 > end:
            status = TRUNCATED
            break
        held = np.int64(peek(words, state[BIT]) & np.uint64(7))
        state[BIT] += 3
        final, kind = (held & 1) == 1, held >> 1
        if kind == 0:
            status, stretches = _stored(words, end, out, capacity, state, stretches)
            continue
        if kind == 3:
            status = DAMAGED
        elif kind == 1:
            use_fixed_codes(tables, far_tables)
        elif state[BIT] + 14 > end:
            status = TRUNCATED
        else:
            status, state[BIT] = read_dynamic_codes(words, state[BIT], end, tables, far_tables)
        if status == OK:
            status, stretches = _symbols(words, end, out, capacity, origin, state, stretches, tables, far_tables)
    if state[BEGIN] >= 0:
        stretches[2 * state[COUNT]] = state[BEGIN]
        stretches[2 * state[COUNT] + 1] = state[LAST] + 1
        state[COUNT] += 1
        state[BEGIN] = -1
    return status, stretches


def warm_up() -> None:
    """Compiles every kernel with the one signature that the library uses."""
    from ...core.runs import frozen

    state = np.zeros(5, np.int64)
    state[LAST] = state[BEGIN] = -1
    words, out = frozen(np.zeros(4, np.uint64)), np.zeros(4, np.uint8)
    inflate(words, np.int64(64), out, np.int64(4), state, np.zeros(16, np.int64))
