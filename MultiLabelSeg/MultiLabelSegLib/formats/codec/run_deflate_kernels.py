"""Compiled DEFLATE of intervals: each voxel repeats the one before, so only the bytes that change are literals.

A byte that equals the byte one voxel before belongs to a match whose distance is the size of a voxel; every other byte
is a literal. No byte of the content is ever looked at more than once, and repeated ones not at all.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .deflate_tables import (
    DISTANCE_BASE,
    DISTANCE_BITS,
    END_OF_BLOCK,
    FIXED_LENGTHS,
    LENGTH_EXTRA,
    LENGTH_EXTRA_BITS,
    LENGTH_SYMBOL,
    LONGEST_MATCH,
)
from .huffman_kernels import LONGEST, canonical_codes, code_lengths, stored_lengths

Bytes = NDArray[np.uint8]
Words = NDArray[np.uint32]
Numbers = NDArray[np.int64]

#: tokens of a block; a new block adapts its code
BLOCK_TOKENS = 1 << 15
#: a token is its symbol (a literal, or MATCH + length) in the low bits, and how often it stands there
SYMBOL_BITS, MATCH = 10, 256
_ONCE = 1 << SYMBOL_BITS
_MOST = np.int64((1 << 22) - 1)


@njit(nogil=True, cache=True)
def _put_match(
    tokens: Words, count: np.int64, length: np.int64, items: Bytes, row: np.int64, place: np.int64
) -> np.int64:
    """Tokens of ``length`` repeated bytes that end before byte ``place`` of item ``row``; returns the new count."""
    long = length // LONGEST_MATCH
    rest = length - long * LONGEST_MATCH
    while long > 0:
        times = min(long, _MOST)
        tokens[count] = (MATCH + LONGEST_MATCH) | (times << SYMBOL_BITS)
        count += 1
        long -= times
    if rest >= 3:
        tokens[count] = (MATCH + rest) | _ONCE
        return count + 1
    for back in range(rest, 0, -1):  # too short for a match
        at = place - back
        which = row
        while at < 0:
            at += items.shape[1]
            which = row - 1
        tokens[count] = np.int64(items[which, at]) | _ONCE
        count += 1
    return count


@njit(nogil=True, cache=True)
def tokenise(start: Numbers, items: Bytes, total: int, before: Numbers, state: Numbers, tokens: Words) -> np.int64:
    """Tokens of the next intervals until ``tokens`` is nearly full or all are done; returns their number.

    ``before`` holds the bytes of the voxel in front of the first, or -1 where there is none. ``state`` is (next
    interval, bytes repeated so far), kept from call to call.
    """
    number, size = items.shape
    row, repeated = state[0], state[1]
    count, first_place = np.int64(0), np.int64(0)
    room = tokens.size - 4 * size - 128
    while row < number and count <= room:
        for place in range(size):
            byte = np.int64(items[row, place])
            old = np.int64(items[row - 1, place]) if row else before[place]
            if byte == old:
                repeated += 1
            else:
                if repeated:
                    count = _put_match(tokens, count, repeated, items, row, np.int64(place))
                    repeated = 0
                tokens[count] = byte | _ONCE
                count += 1
        end = start[row + 1] if row + 1 < number else total
        repeated += (end - start[row] - 1) * size
        row += 1
    if row == number:
        count = _put_match(tokens, count, repeated, items, row, first_place)
        repeated = 0
    state[0], state[1] = row, repeated
    return count


@njit(nogil=True, cache=True)
def _make_codes(
    lengths: Numbers, distance: int, distance_bits: int, codes: NDArray[np.uint64], widths: Numbers
) -> None:
    """Bits of each token symbol: of a literal, or of a match with its extra bits and its distance."""
    plain = np.zeros(lengths.size, np.int64)
    canonical_codes(lengths, plain)
    for literal in range(MATCH):
        codes[literal] = np.uint64(plain[literal])
        widths[literal] = lengths[literal]
    for length in range(3, LONGEST_MATCH + 1):
        symbol = LENGTH_SYMBOL[length]
        width = lengths[symbol]
        bits = plain[symbol] | (LENGTH_EXTRA[length] << width)
        width += LENGTH_EXTRA_BITS[length]
        codes[MATCH + length] = np.uint64(bits | (distance << width))
        widths[MATCH + length] = width + distance_bits
    codes[MATCH] = np.uint64(plain[END_OF_BLOCK])  # a match of length 0 stands for the end
    widths[MATCH] = lengths[END_OF_BLOCK]


@njit(nogil=True, cache=True)
def _count_symbols(tokens: Words, counts: Numbers) -> tuple[np.int64, np.int64]:
    """Adds up how often each symbol occurs; returns (matches, their extra bits)."""
    matches, extra = np.int64(0), np.int64(0)
    for token in tokens:
        symbol = np.int64(token) & (_ONCE - 1)
        times = np.int64(token) >> SYMBOL_BITS
        if symbol < MATCH:
            counts[symbol] += times
        else:
            counts[LENGTH_SYMBOL[symbol - MATCH]] += times
            extra += times * LENGTH_EXTRA_BITS[symbol - MATCH]
            matches += times
    counts[END_OF_BLOCK] = 1
    return matches, extra


@njit(nogil=True, cache=True)
def _plan(
    tokens: Words, distance: int, codes: NDArray[np.uint64], widths: Numbers, values: Numbers, value_widths: Numbers
) -> tuple[np.int64, np.int64]:
    """Chooses the cheaper of the fixed code and one made for the tokens; fills the codes and the block's header.

    Returns (pairs of value and width in the header, bits of the whole block).
    """
    counts = np.zeros(FIXED_LENGTHS.size, np.int64)  # the last two symbols belong to the fixed code, but never occur
    matches, extra = _count_symbols(tokens, counts)
    which = 0
    while which < 29 and DISTANCE_BASE[which + 1] <= distance:
        which += 1
    far = distance - DISTANCE_BASE[which]
    extra += matches * DISTANCE_BITS[which]
    lengths = np.zeros(counts.size, np.int64)
    code_lengths(counts, LONGEST, lengths)
    number = np.int64(1) + stored_lengths(lengths, which, values[1:], value_widths[1:])
    values[0], value_widths[0] = 0b100, 3
    dynamic, fixed = extra + matches, extra + 5 * matches + 3
    for row in range(number):
        dynamic += value_widths[row]
    for symbol in range(counts.size):
        dynamic += counts[symbol] * lengths[symbol]
        fixed += counts[symbol] * FIXED_LENGTHS[symbol]
    if dynamic < fixed:
        _make_codes(lengths, far << 1, 1 + DISTANCE_BITS[which], codes, widths)
        return number, dynamic
    backwards = 0
    for bit in range(5):
        backwards |= ((which >> bit) & 1) << (4 - bit)
    for symbol in range(counts.size):
        lengths[symbol] = FIXED_LENGTHS[symbol]
    _make_codes(lengths, backwards | (far << 5), 5 + DISTANCE_BITS[which], codes, widths)
    values[0] = 0b010
    return np.int64(1), fixed


@njit(nogil=True, cache=True)
def _put(
    out: Words, at: np.int64, held: np.uint64, width: np.int64, code: np.uint64, more: np.int64
) -> tuple[np.int64, np.uint64, np.int64]:
    """Appends ``more`` <= 32 bits to the ``width`` < 32 bits held back; returns the new (at, held, width)."""
    held |= code << np.uint64(width)
    width += more
    if width >= 32:
        out[at] = np.uint32(held & np.uint64(0xFFFFFFFF))
        at += 1
        held >>= np.uint64(32)
        width -= 32
    return at, held, width


@njit(nogil=True, cache=True)
def _write_tokens(
    tokens: Words,
    codes: NDArray[np.uint64],
    widths: Numbers,
    out: Words,
    at: np.int64,
    held: np.uint64,
    width: np.int64,
) -> tuple[np.int64, np.uint64, np.int64]:
    """The tokens of a block and its end; returns the new (at, held, width)."""
    for token in tokens:
        symbol = np.int64(token) & (_ONCE - 1)
        times = np.int64(token) >> SYMBOL_BITS
        code, more = codes[symbol], widths[symbol]
        if times > 1:  # long stretches: as many codes at once as fit 32 bits
            several = 32 // more
            joined = np.uint64(0)
            for row in range(several):
                joined |= code << np.uint64(row * more)
            while times >= several:
                at, held, width = _put(out, at, held, width, joined, several * more)
                times -= several
        for _ in range(times):
            at, held, width = _put(out, at, held, width, code, more)
    return _put(out, at, held, width, codes[MATCH], widths[MATCH])


@njit(nogil=True, cache=True)
def encode(start: Numbers, items: Bytes, total: int, before: Numbers) -> Bytes:
    """Raw DEFLATE, byte-aligned and not final, of intervals; ``before`` as in ``tokenise``.

    An item has at most 256 bytes, so that no code with its distance exceeds 32 bits.
    """
    tokens = np.empty(BLOCK_TOKENS + 4 * items.shape[1] + 128, np.uint32)
    codes = np.zeros(MATCH + LONGEST_MATCH + 1, np.uint64)
    widths = np.zeros(MATCH + LONGEST_MATCH + 1, np.int64)
    values, value_widths = np.zeros(400, np.int64), np.zeros(400, np.int64)
    state = np.zeros(2, np.int64)
    out = np.empty(1 << 10, np.uint32)
    at, held, width = np.int64(0), np.uint64(0), np.int64(0)
    while state[0] < start.size:
        count = tokenise(start, items, total, before, state, tokens)
        number, bits = _plan(tokens[:count], items.shape[1], codes, widths, values, value_widths)
        if at + bits // 32 + 4 > out.size:
            longer = np.empty(2 * (at + bits // 32 + 4), np.uint32)
            for word in range(at):
                longer[word] = out[word]
            out = longer
        for row in range(number):
            at, held, width = _put(out, at, held, width, np.uint64(values[row]), value_widths[row])
        at, held, width = _write_tokens(tokens[:count], codes, widths, out, at, held, width)
    at, held, width = _put(out, at, held, width, np.uint64(0), np.int64(3))  # an empty stored block aligns to a byte
    at, held, width = _put(out, at, held, width, np.uint64(0), (8 - width % 8) % 8)
    at, held, width = _put(out, at, held, width, np.uint64(0xFFFF0000), np.int64(32))
    out[at] = np.uint32(held & np.uint64(0xFFFFFFFF))
    return out.view(np.uint8)[: 4 * at + width // 8]


def warm_up() -> None:
    """Compiles every kernel with the one signature that the library uses."""
    from ...core.runs import frozen

    items = np.zeros((2, 1), np.uint8)
    items[1] = 1
    items.flags.writeable = False
    encode(frozen(np.array([0, 3], np.int64)), items, 900, frozen(np.array([-1], np.int64)))
