"""Compiled parts of a DEFLATE decoder (RFC 1951, as strict as zlib): bits, decoding tables and the headers of blocks.

The input is an array of little-endian 64-bit words with at least two words of zeros behind its end; a position in it is
a number of bits. Reading past the end gives zeros, and whoever reads compares the position with the end. All indices
are checked.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .deflate_tables import CODE_ORDER, FIXED_LENGTHS

Words = NDArray[np.uint64]
Numbers = NDArray[np.int64]
Tables = tuple[NDArray[np.int32], Numbers, Numbers]

#: outcomes of decoding; NOT_RUNS and MORE_ROOM are those of the decoder into runs
OK, NOT_RUNS, TRUNCATED, DAMAGED, EXCESS, MORE_ROOM = range(6)
#: bits that the decoding table looks at; longer codes are found bit by bit
TABLE_BITS, LONGEST = 10, 15
_TABLE_MASK = np.uint64((1 << TABLE_BITS) - 1)


@njit(nogil=True, cache=True, boundscheck=True, inline="always")
def peek(words: Words, bit: np.int64) -> np.uint64:
    """The next 64 bits from position ``bit`` on, the first of them lowest."""
    shift = np.uint64(bit & 63)
    row = bit >> 6
    return np.uint64((words[row] >> shift) | ((words[row + 1] << np.uint64(1)) << (np.uint64(63) - shift)))


@njit(nogil=True, cache=True, boundscheck=True)
def build_tables(lengths: Numbers, low: np.int64, number: np.int64, tables: Tables) -> int:
    """Decoding tables of the code with the lengths ``lengths[low:low + number]``.

    Returns 1 when the code is complete, 0 when it is empty or has a single code of one bit (zlib allows both for
    distances), -1 otherwise. A table entry is symbol * 16 + length, or 0 where no code of up to 10 bits fits.
    """
    table, counts, symbols = tables
    for length in range(LONGEST + 1):
        counts[length] = 0
    for entry in range(table.size):
        table[entry] = 0
    for row in range(low, low + number):
        counts[lengths[row]] += 1
    counts[0] = 0
    left, longest = np.int64(1), 0
    first = np.zeros(LONGEST + 2, np.int64)
    code = np.zeros(LONGEST + 2, np.int64)
    for length in range(1, LONGEST + 1):
        left = (left << 1) - counts[length]
        if left < 0:
            return -1
        if counts[length]:
            longest = length
        first[length + 1] = first[length] + counts[length]
        code[length + 1] = (code[length] + counts[length]) << 1
    if left > 0 and longest > 1:
        return -1
    for row in range(number):
        length = lengths[low + row]
        if length:
            symbols[first[length]] = row
            first[length] += 1
            if length <= TABLE_BITS:
                backwards = 0
                for bit in range(length):
                    backwards |= ((code[length] >> bit) & 1) << (length - 1 - bit)
                for entry in range(backwards, table.size, 1 << length):
                    table[entry] = (row << 4) | length
            code[length] += 1
    return 1 if left == 0 else 0


@njit(nogil=True, cache=True, boundscheck=True, inline="always")
def long_symbol(held: np.uint64, counts: Numbers, symbols: Numbers) -> np.int64:
    """One symbol bit by bit, as symbol * 16 + length; 0 when the bits are no code."""
    code, first, index = np.int64(0), np.int64(0), np.int64(0)
    for length in range(1, LONGEST + 1):
        code |= np.int64((held >> np.uint64(length - 1)) & np.uint64(1))
        count = counts[length]
        if code - count < first:
            return np.int64((symbols[index + code - first] << 4) | length)
        index += count
        first = (first + count) << 1
        code <<= 1
    return np.int64(0)


@njit(nogil=True, cache=True, boundscheck=True)
def _read_lengths(
    words: Words, bit: np.int64, end: np.int64, total: np.int64, stored: Tables, lengths: Numbers
) -> tuple[int, np.int64]:
    """The ``total`` code lengths of a dynamic block, stored by the code ``stored``: (status, next bit)."""
    table, _, _ = stored
    done = np.int64(0)
    while done < total:
        held = peek(words, bit)
        entry = np.int64(table[np.int64(held & _TABLE_MASK)])
        symbol, width = entry >> 4, entry & 15
        extra = 2 if symbol == 16 else 3 if symbol == 17 else 7 if symbol == 18 else 0
        times = np.int64((held >> np.uint64(width)) & np.uint64((1 << extra) - 1))
        bit += width + extra
        if bit > end:
            return TRUNCATED, bit
        value = symbol
        if symbol < 16:
            times = np.int64(1)
        elif symbol == 16:
            if done == 0:
                return DAMAGED, bit
            value, times = lengths[done - 1], times + 3
        else:
            value, times = np.int64(0), times + (3 if symbol == 17 else 11)
        if done + times > total:
            return DAMAGED, bit
        for _ in range(times):
            lengths[done] = value
            done += 1
    return OK, bit


@njit(nogil=True, cache=True, boundscheck=True)
def read_dynamic_codes(
    words: Words, bit: np.int64, end: np.int64, literals: Tables, distances: Tables
) -> tuple[int, np.int64]:
    """The codes of a dynamic block, whose first three bits are read: (status, next bit)."""
    held = peek(words, bit)
    literal_number = np.int64(held & np.uint64(31)) + 257
    distance_number = np.int64((held >> np.uint64(5)) & np.uint64(31)) + 1
    stored_number = np.int64((held >> np.uint64(10)) & np.uint64(15)) + 4
    bit += 14
    if bit + 3 * stored_number > end:
        return TRUNCATED, bit
    if literal_number > 286 or distance_number > 30:
        return DAMAGED, bit
    lengths = np.zeros(320, np.int64)
    for row in range(stored_number):
        lengths[CODE_ORDER[row]] = np.int64(peek(words, bit) & np.uint64(7))
        bit += 3
    if build_tables(lengths, np.int64(0), np.int64(19), literals) != 1:
        return DAMAGED, bit
    for row in range(19):
        lengths[row] = 0
    status, bit = _read_lengths(words, bit, end, literal_number + distance_number, literals, lengths)
    if status != OK:
        return status, bit
    known = lengths[256] > 0 and build_tables(lengths, np.int64(0), literal_number, literals) >= 0
    if not known or build_tables(lengths, literal_number, distance_number, distances) < 0:
        return DAMAGED, bit
    return OK, bit


@njit(nogil=True, cache=True, boundscheck=True)
def use_fixed_codes(literals: Tables, distances: Tables) -> None:
    """The tables of the fixed codes."""
    lengths = np.zeros(320, np.int64)
    for row in range(320):
        lengths[row] = FIXED_LENGTHS[row] if row < 288 else 5
    build_tables(lengths, np.int64(0), np.int64(288), literals)
    build_tables(lengths, np.int64(288), np.int64(32), distances)


def warm_up() -> None:
    """Compiles every kernel with the one signature that the library uses."""
    from ...core.runs import frozen

    tables = [(np.zeros(1 << TABLE_BITS, np.int32), np.zeros(16, np.int64), np.zeros(288, np.int64)) for _ in range(2)]
    use_fixed_codes(tables[0], tables[1])
    read_dynamic_codes(frozen(np.zeros(8, np.uint64)), np.int64(0), np.int64(128), tables[0], tables[1])
