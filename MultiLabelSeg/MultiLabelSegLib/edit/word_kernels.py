"""Eight bytes at a time: loads and stores at any address, which numba cannot express by views.

Words are read as on little-endian machines, where the first byte in memory is the lowest.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic
from numpy.typing import NDArray

Flat = NDArray[Any]


def _pointer(context: Any, builder: Any, kind: Any, array: Any, at: Any) -> Any:
    data = context.make_array(kind)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [at]), ir.IntType(64).as_pointer())


def _load_word(_typing: Any, array: Any, _at: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        loaded = builder.load(_pointer(context, builder, signature.args[0], *arguments))
        loaded.align = 1
        return loaded

    return types.uint64(array, types.intp), generate


def _store_word(_typing: Any, array: Any, _at: Any, _word: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        stored = builder.store(arguments[2], _pointer(context, builder, signature.args[0], *arguments[:2]))
        stored.align = 1
        return context.get_dummy_value()

    return types.none(array, types.intp, types.uint64), generate


def _trailing_zeros(_typing: Any, _word: Any) -> Any:
    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.intp(types.uint64), generate


#: ``load_word(array, at)``: the eight bytes from entry ``at`` of a flat array on; the caller keeps within the array
load_word: Any = intrinsic(_load_word)
#: ``store_word(array, at, word)``: writes eight bytes from entry ``at`` on; the caller keeps within the array
store_word: Any = intrinsic(_store_word)
#: ``trailing_zeros(word)``: how many of the lowest bits are 0, for a word that is not 0
trailing_zeros: Any = intrinsic(_trailing_zeros)


@njit(nogil=True, cache=True, inline="always")
def word_of(value: int, itemsize: int) -> np.uint64:
    """A word that repeats a value of one or two bytes."""
    unit = np.uint64(0x0101010101010101) if itemsize == 1 else np.uint64(0x0001000100010001)
    return np.uint64(value) * unit


@njit(nogil=True, cache=True)
def run_end(flat: Flat, at: int, limit: int) -> int:
    """Where the run of one value that begins at ``at`` ends, at the latest at ``limit``, which is within the array."""
    value = flat[at]
    word = word_of(value, flat.itemsize)
    step = 8 // flat.itemsize
    while at + step <= limit:
        other = load_word(flat, at) ^ word
        if other:
            return int(at + trailing_zeros(other) // (8 * flat.itemsize))
        at += step
    while at < limit and flat[at] == value:
        at += 1
    return at


@njit(nogil=True, cache=True, inline="always")
def fill(flat: Flat, first: int, last: int, value: int, limit: int) -> None:
    """Sets the entries ``first`` to ``last``; others up to ``limit`` may change too.

    Short stretches, which are most, take eight stores where there is room: a loop of unknown length costs more.
    """
    word = word_of(value, flat.itemsize)
    step = 8 // flat.itemsize
    at = first
    if first + 8 * step <= limit:
        for _ in range(8):
            store_word(flat, at, word)
            at += step
        if at >= last:
            return
    while at + step <= last:
        store_word(flat, at, word)
        at += step
    if last - first >= step:
        store_word(flat, last - step, word)
        return
    while at < last:
        flat[at] = value
        at += 1


@njit(nogil=True, cache=True)
def copy(flat: Flat, first: int, last: int, values: Flat, start: int) -> None:
    """Sets the entries ``first`` to ``last``, and no others, to the values from ``start`` on."""
    step = 8 // flat.itemsize
    at = first
    while at + step <= last:
        store_word(flat, at, load_word(values, start + at - first))
        at += step
    while at < last:
        flat[at] = values[start + at - first]
        at += 1


def warm_up() -> None:
    """Compiles every kernel for the dtypes that the library uses."""
    from ..core.runs import frozen

    for dtype in (np.uint8, np.uint16):
        mine, given = np.zeros(8, dtype), frozen(np.zeros(8, dtype))
        run_end(given, 0, 8)
        run_end(mine, 0, 8)
        fill(mine, 0, 8, 1, 8)
        copy(mine, 0, 8, given, 0)
