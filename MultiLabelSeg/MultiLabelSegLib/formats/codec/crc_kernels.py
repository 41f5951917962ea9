"""Compiled checksums: of plain bytes, and of repeated items without touching a byte."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Words = NDArray[np.uint32]
Indices = NDArray[np.int64]

#: the modulus of Adler-32 (RFC 1950)
ADLER = 65521


@njit(nogil=True, cache=True)
def multiply(a: np.uint32, b: np.uint32, slices: Words) -> np.uint32:
    """Product of two polynomials modulo P; ``slices`` is the slicing table.

    The carry-less product is made of sixteen ordinary ones whose operands hold every fourth bit only, so that no sum
    of up to eight bits carries into the next bit in use. Four table look-ups then reduce it modulo P.
    """
    low = np.uint64(0x11111111)
    wide = np.uint64(0x1111111111111111)
    one, two, three = np.uint64(1), np.uint64(2), np.uint64(3)
    x, y = np.uint64(a), np.uint64(b)
    x0, x1, x2, x3 = x & low, x & (low << one), x & (low << two), x & (low << three)
    y0, y1, y2, y3 = y & low, y & (low << one), y & (low << two), y & (low << three)
    product = ((x0 * y0) ^ (x1 * y3) ^ (x2 * y2) ^ (x3 * y1)) & wide
    product |= ((x0 * y1) ^ (x1 * y0) ^ (x2 * y3) ^ (x3 * y2)) & (wide << one)
    product |= ((x0 * y2) ^ (x1 * y1) ^ (x2 * y0) ^ (x3 * y3)) & (wide << two)
    product |= ((x0 * y3) ^ (x1 * y2) ^ (x2 * y1) ^ (x3 * y0)) & (wide << three)
    product <<= one  # reflected: the top bit of 64 stands for 1
    rest = np.int64(product & np.uint64(0xFFFFFFFF))
    reduced = slices[3, rest & 255] ^ slices[2, (rest >> 8) & 255] ^ slices[1, (rest >> 16) & 255]
    return np.uint32(np.uint32(product >> np.uint64(32)) ^ reduced ^ slices[0, rest >> 24])


@njit(nogil=True, cache=True)
def times_power(register: np.uint32, exponent: int, powers: Words, slices: Words) -> np.uint32:
    """``register * X**exponent`` for 0 <= exponent < 2**36 (callers check); ``powers`` is the power table of X."""
    if exponent & 4095:
        register = multiply(register, powers[0, exponent & 4095], slices)
    exponent >>= 12
    if exponent:
        if exponent & 4095:
            register = multiply(register, powers[1, exponent & 4095], slices)
        if exponent >> 12:
            register = multiply(register, powers[2, (exponent >> 12) & 4095], slices)
    return register


@njit(nogil=True, cache=True)
def crc_bytes(register: np.uint32, data: Bytes, low: int, high: int, slices: Words) -> np.uint32:
    """The register after ``data[low:high]``, eight bytes at a time."""
    byte = np.uint32(255)
    at = low
    while at + 8 <= high:
        word = register ^ (
            np.uint32(data[at])
            | (np.uint32(data[at + 1]) << np.uint32(8))
            | (np.uint32(data[at + 2]) << np.uint32(16))
            | (np.uint32(data[at + 3]) << np.uint32(24))
        )
        register = slices[7, np.int64(word & byte)] ^ slices[6, np.int64((word >> np.uint32(8)) & byte)]
        register ^= slices[5, np.int64((word >> np.uint32(16)) & byte)] ^ slices[4, np.int64(word >> np.uint32(24))]
        register ^= slices[3, np.int64(data[at + 4])] ^ slices[2, np.int64(data[at + 5])]
        register ^= slices[1, np.int64(data[at + 6])] ^ slices[0, np.int64(data[at + 7])]
        at += 8
    while at < high:
        register = slices[0, np.int64((register ^ np.uint32(data[at])) & byte)] ^ (register >> np.uint32(8))
        at += 1
    return register


@njit(nogil=True, cache=True)
def crc_of_intervals(
    start: Indices, items: Bytes, total: int, powers: Words, repeats: Words, slices: Words
) -> np.uint32:
    """Raw register of ``total`` items: row n of ``items`` fills ``start[n]`` up to ``start[n + 1]``.

    ``powers`` and ``repeats`` are the tables for the size of an item. One product for each interval.
    """
    register = np.uint32(0)
    count, size = items.shape
    for row in range(count):
        end = start[row + 1] if row + 1 < count else total
        constant = np.uint32(0)
        for place in range(size):
            constant ^= repeats[place, np.int64(items[row, place])]
        register = times_power(register ^ constant, end - start[row], powers, slices) ^ constant
    return register


@njit(nogil=True, cache=True)
def adler_of_intervals(start: Indices, items: Bytes, total: int) -> np.uint32:
    """Adler-32 of the same items: the sums of RFC 1950 in closed form for each interval."""
    first, second = np.int64(1), np.int64(0)
    count, size = items.shape
    for row in range(count):
        end = start[row + 1] if row + 1 < count else total
        length = end - start[row]
        plain, weighted = np.int64(0), np.int64(0)
        for place in range(size):
            plain += np.int64(items[row, place])
            weighted += np.int64(items[row, place]) * (size - place)
        plain, weighted, times = plain % ADLER, weighted % ADLER, length % ADLER
        even, odd = (length, length - 1) if length % 2 == 0 else (length - 1, length)
        pairs = (even // 2 % ADLER) * (odd % ADLER) % ADLER  # 0 + 1 + ... + (length - 1)
        second += size * times % ADLER * first + size * plain % ADLER * pairs + times * weighted
        second %= ADLER
        first = (first + times * plain) % ADLER
    return np.uint32((second << 16) | first)


def warm_up() -> None:
    """Compiles every kernel with the one signature that the library uses."""
    from ...core.runs import frozen
    from .crc_algebra import power_table, repeat_table, slicing_table

    start = frozen(np.array([0], np.int64))
    items = np.zeros((1, 1), np.uint8)
    items.flags.writeable = False
    crc_of_intervals(start, items, 3, power_table(1), repeat_table(1), slicing_table())
    adler_of_intervals(start, items, 3)
    crc_bytes(np.uint32(0), frozen(items), 0, 1, slicing_table())
