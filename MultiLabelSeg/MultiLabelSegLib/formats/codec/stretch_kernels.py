"""Compiled steps that visit only the stretches of an inflated content that hold anything: checksum, labels, clearing.

Stretches are pairs of (start, stop) in bytes, rising and apart; all else of the content is zero.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .crc_kernels import Bytes, Indices, Words, crc_bytes, times_power
from .inflate_kernels import Numbers


@njit(nogil=True, cache=True, boundscheck=True)
def crc_of_stretches(
    out: Bytes, stretches: Numbers, low: np.int64, high: np.int64, powers: Words, slices: Words
) -> np.uint32:
    """CRC-32 of ``out[low:high]``, which holds nothing outside of the stretches, all of which lie within."""
    register, at = np.uint32(0xFFFFFFFF), low
    for row in range(stretches.size // 2):
        begin, stop = stretches[2 * row], stretches[2 * row + 1]
        register = times_power(register, int(begin - at), powers, slices)
        register = crc_bytes(register, out, int(begin), int(stop), slices)
        at = stop
    return np.uint32(times_power(register, int(high - at), powers, slices) ^ np.uint32(0xFFFFFFFF))


@njit(nogil=True, cache=True, boundscheck=True)
def clear(out: Bytes, stretches: Numbers) -> None:
    """Back to zeros, by the stretches alone."""
    for row in range(stretches.size // 2):
        out[stretches[2 * row] : stretches[2 * row + 1]] = 0


@njit(nogil=True, cache=True, boundscheck=True)
def scatter(
    items: NDArray[np.unsignedinteger],
    stretches: Indices,
    offset: np.int64,
    size: np.int64,
    target: NDArray[np.unsignedinteger],
    lut: Numbers,
    counts: Numbers,
) -> None:
    """Writes items (of ``size`` bytes, the first at byte ``offset``) into the target, a run of equal items at a time.

    ``lut`` gives for each item the label that it becomes, 0 for none; ``counts`` is increased for every item.
    """
    done = np.int64(0)
    for row in range(stretches.size // 2):
        if stretches[2 * row + 1] <= offset:
            continue
        at = max(done, (max(stretches[2 * row], offset) - offset) // size)
        stop = min((stretches[2 * row + 1] - offset + size - 1) // size, target.size)
        while at < stop:
            value = items[at]
            if value == 0:
                at += 1
                continue
            following = at + 1
            while following < stop and items[following] == value:
                following += 1
            counts[value] += following - at
            label = lut[value]
            if label:
                target[at:following] = label
            at = following
        done = max(done, stop)


def warm_up() -> None:
    """Compiles every kernel with the signatures that the library uses."""
    from .crc_algebra import power_table, slicing_table

    out, stretches = np.zeros(4, np.uint8), np.zeros(16, np.int64)
    crc_of_stretches(out, stretches, np.int64(0), np.int64(4), power_table(1), slicing_table())
    clear(out, stretches)
    tables = np.zeros(65536, np.int64), np.zeros(65536, np.int64)
    for items in (np.zeros(2, np.uint8), np.zeros(2, np.uint16)):
        for target in (np.zeros(2, np.uint8), np.zeros(2, np.uint16)):
            scatter(items, stretches, np.int64(0), np.int64(items.itemsize), target, tables[0], tables[1])
