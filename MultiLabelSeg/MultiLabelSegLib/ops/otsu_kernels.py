"""Compiled counting and splitting for Otsu's thresholds."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Counts = NDArray[np.int64]
Numbers = NDArray[np.float64]


@njit(nogil=True, cache=True)
def count_words(flat: NDArray[Any], tables: Counts) -> None:
    """Adds to ``tables`` (4, values) how often each value of an array of uint8 or uint16 occurs.

    Four tables in turn: neighbours often hold the same value, and adding to one counter again and again has to wait.
    """
    whole = flat.size // 4 * 4
    for at in range(0, whole, 4):
        tables[0, flat[at]] += 1
        tables[1, flat[at + 1]] += 1
        tables[2, flat[at + 2]] += 1
        tables[3, flat[at + 3]] += 1
    for at in range(whole, flat.size):
        tables[0, flat[at]] += 1


@njit(nogil=True, cache=True)
def map_words(flat: NDArray[Any], table: NDArray[np.uint8], out: NDArray[np.uint8]) -> None:
    """``out[n] = table[flat[n]]`` for an array of uint8 or uint16."""
    for at in range(flat.size):
        out[at] = table[flat[at]]


@njit(nogil=True, cache=True)
def count_bins(flat: NDArray[Any], low: Numbers, width: float, counts: Counts) -> None:
    """Adds to ``counts`` how many finite numbers lie in each bin; ``low`` are the bins' lower ends, rising."""
    last = low.size - 1
    for at in range(flat.size):
        value = np.float64(flat[at])
        if np.isfinite(value):
            found = int((value - low[0]) / width)
            found = 0 if found < 0 else last if found > last else found
            while found > 0 and value < low[found]:
                found -= 1
            while found < last and value >= low[found + 1]:
                found += 1
            counts[found] += 1


@njit(nogil=True, cache=True)
def split_numbers(flat: NDArray[Any], thresholds: Numbers, out: NDArray[np.uint8]) -> None:
    """``out[n]`` is 1 + the number of thresholds below ``flat[n]``; 0 where that is no finite number."""
    for at in range(flat.size):
        value = np.float64(flat[at])
        if np.isfinite(value):
            region = 1
            for limit in thresholds:
                if value > limit:
                    region += 1
            out[at] = region
        else:
            out[at] = 0


def warm_up() -> None:
    """Compiles every kernel for the dtypes that the library uses."""
    for word in (np.uint8, np.uint16):
        flat = _flat(word)
        size = 1 << (8 * flat.itemsize)
        count_words(flat, np.zeros((4, size), np.int64))
        map_words(flat, np.zeros(size, np.uint8), np.zeros(flat.size, np.uint8))
    low = np.arange(3, dtype=np.float64)
    for number in (np.float32, np.float64, np.int32, np.uint32, np.int64):
        flat = _flat(number)
        count_bins(flat, low, 1.0, np.zeros(3, np.int64))
        split_numbers(flat, low, np.zeros(flat.size, np.uint8))


def _flat(dtype: Any) -> NDArray[Any]:
    flat = np.arange(5).astype(dtype)
    flat.flags.writeable = False
    return flat
