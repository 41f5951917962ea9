"""Compiled Huffman codes of DEFLATE: made from counts, stored in a block's header, and turned into decoding tables."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .deflate_tables import CODE_ORDER

Numbers = NDArray[np.int64]

#: longest code, and longest code of the code that stores the code lengths
LONGEST, LONGEST_STORED = np.int64(15), np.int64(7)
_NEVER = 1 << 62


@njit(nogil=True, cache=True)
def code_lengths(counts: Numbers, longest: np.int64, lengths: Numbers) -> None:
    """Lengths of a Huffman code of all symbols with a count, none above ``longest``; the others get 0.

    Where the optimal code is too deep, the counts are halved until it fits; that loses next to nothing.
    """
    lengths[:] = 0
    used = np.flatnonzero(counts)
    number = used.size
    if number < 2:
        for symbol in used:
            lengths[symbol] = 1
        return
    weights = counts[used]
    while True:
        # insertion sort by weight: few symbols, nearly sorted after a halving
        for right in range(1, number):
            weight, symbol = weights[right], used[right]
            left = right - 1
            while left >= 0 and weights[left] > weight:
                weights[left + 1], used[left + 1] = weights[left], used[left]
                left -= 1
            weights[left + 1], used[left + 1] = weight, symbol
        depth = _depths(weights)
        if depth[0] <= longest:
            break
        weights = (weights + 1) // 2
    for row in range(number):
        lengths[used[row]] = depth[row]


@njit(nogil=True, cache=True)
def _depths(weights: Numbers) -> Numbers:
    """Depths of the leaves of the Huffman tree of rising weights: the two-queue method (van Leeuwen 1976)."""
    number = weights.size
    inner = np.full(number, _NEVER)
    parent = np.zeros(2 * number, np.int64)
    leaf, node = 0, 0
    for made in range(number - 1):
        total = 0
        for _ in range(2):
            if leaf < number and weights[leaf] <= inner[node]:
                total += weights[leaf]
                parent[leaf] = number + made
                leaf += 1
            else:
                total += inner[node]
                parent[number + node] = number + made
                node += 1
        inner[made] = total
    depth = np.zeros(2 * number, np.int64)
    for place in range(2 * number - 3, -1, -1):
        depth[place] = depth[parent[place]] + 1
    return depth[:number]


@njit(nogil=True, cache=True)
def canonical_codes(lengths: Numbers, codes: Numbers) -> None:
    """The codes that belong to the lengths (RFC 1951, 3.2.2), bit-reversed as they go into the stream."""
    number = np.zeros(LONGEST + 1, np.int64)
    for symbol in range(lengths.size):
        number[lengths[symbol]] += 1
    number[0] = 0
    following = np.zeros(LONGEST + 1, np.int64)
    for length in range(1, LONGEST + 1):
        following[length] = (following[length - 1] + number[length - 1]) << 1
    for symbol in range(lengths.size):
        length = lengths[symbol]
        codes[symbol] = 0
        if length:
            code = following[length]
            following[length] += 1
            for _ in range(length):
                codes[symbol] = (codes[symbol] << 1) | (code & 1)
                code >>= 1


@njit(nogil=True, cache=True)
def stored_lengths(lengths: Numbers, distance_symbol: int, values: Numbers, widths: Numbers) -> int:
    """Header of a dynamic block after its first three bits, as pairs of value and width; returns their number.

    ``lengths`` are those of the 286 literal and length symbols; the one distance symbol gets a code of one bit.
    """
    literals = 286
    while literals > 257 and lengths[literals - 1] == 0:
        literals -= 1
    every = np.zeros(literals + distance_symbol + 1, np.int64)
    for symbol in range(literals):
        every[symbol] = lengths[symbol]
    every[literals + distance_symbol] = 1
    symbols = np.empty(every.size, np.int64)
    extras = np.zeros(every.size, np.int64)
    counts = np.zeros(19, np.int64)
    number = _repeats(every, symbols, extras, counts)
    different = 0
    for symbol in range(19):
        different += 1 if counts[symbol] else 0
    if different == 1:  # this code must be complete
        counts[0 if counts[0] == 0 else 1] = 1
    own = np.zeros(19, np.int64)
    codes = np.zeros(19, np.int64)
    code_lengths(counts, LONGEST_STORED, own)
    canonical_codes(own, codes)
    last = 19
    while last > 4 and own[CODE_ORDER[last - 1]] == 0:
        last -= 1
    values[0] = (literals - 257) | (distance_symbol << 5) | ((last - 4) << 10)
    widths[0] = 14
    for row in range(last):
        values[row + 1] = own[CODE_ORDER[row]]
        widths[row + 1] = 3
    for row in range(number):
        symbol = symbols[row]
        values[last + 1 + row] = codes[symbol] | (extras[row] << own[symbol])
        widths[last + 1 + row] = own[symbol] + (2 if symbol == 16 else 3 if symbol == 17 else 7 if symbol == 18 else 0)
    return last + 1 + number


@njit(nogil=True, cache=True)
def _repeats(every: Numbers, symbols: Numbers, extras: Numbers, counts: Numbers) -> int:
    """Code lengths with their repetitions coded as symbols 16 to 18; returns how many symbols that are."""
    number = 0
    at = 0
    while at < every.size:
        value = every[at]
        run = 1
        while at + run < every.size and every[at + run] == value:
            run += 1
        at += run
        first = value != 0  # the first of a run stands for itself unless it is 0
        while run > 0:
            taken, symbol = 1, value
            if value == 0 and run >= 3:
                taken = min(run, 138)
                symbol = 18 if taken > 10 else 17
                extras[number] = taken - (11 if taken > 10 else 3)
            elif not first and run >= 3:
                taken = min(run, 6)
                symbol = 16
                extras[number] = taken - 3
            first = False
            symbols[number] = symbol
            counts[symbol] += 1
            number += 1
            run -= taken
    return number


def warm_up() -> None:
    """Compiles every kernel with the one signature that the library uses."""
    lengths, codes = np.zeros(286, np.int64), np.zeros(286, np.int64)
    code_lengths(np.ones(286, np.int64), LONGEST, lengths)
    canonical_codes(lengths, codes)
    stored_lengths(lengths, 1, np.zeros(400, np.int64), np.zeros(400, np.int64))
