"""Eight bytes at a time: loads and stores at any address, which numba cannot express by views."""

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


@intrinsic  # type: ignore[untyped-decorator]
def load_word(_typing: Any, array: Any, at: Any) -> Any:
    """The eight bytes from entry ``at`` of a flat array on, as one number; the caller keeps within the array."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        loaded = builder.load(_pointer(context, builder, signature.args[0], *arguments))
        loaded.align = 1
        return loaded

    return types.uint64(array, types.intp), generate


@intrinsic  # type: ignore[untyped-decorator]
def store_word(_typing: Any, array: Any, at: Any, word: Any) -> Any:
    """Writes eight bytes from entry ``at`` of a flat array on; the caller keeps within the array."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        stored = builder.store(arguments[2], _pointer(context, builder, signature.args[0], *arguments[:2]))
        stored.align = 1
        return context.get_dummy_value()

    return types.none(array, types.intp, types.uint64), generate


@intrinsic  # type: ignore[untyped-decorator]
def trailing_zeros(_typing: Any, word: Any) -> Any:
    """How many of the lowest bits of a word that is not 0 are 0: on little-endian machines, where the first bytes are."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.intp(types.uint64), generate


@njit(nogil=True, cache=True, inline="always")
def word_of(value: int, itemsize: int) -> np.uint64:
    """A word that repeats a value of one or two bytes."""
    unit = np.uint64(0x0101010101010101) if itemsize == 1 else np.uint64(0x0001000100010001)
    return np.uint64(value) * unit


@njit(nogil=True, cache=True)
def run_end(flat: Flat, at: int, limit: int) -> int:
    """Where the run of one value that begins at ``at`` ends, at the latest at ``limit``, which lies within the array."""
    value = flat[at]
    word = word_of(value, flat.itemsize)
    step = 8 // flat.itemsize
    while at + step <= limit:
        other = load_word(flat, at) ^ word
        if other:
            return at + trailing_zeros(other) // (8 * flat.itemsize)
        at += step
    while at < limit and flat[at] == value:
        at += 1
    return at


def warm_up() -> None:
    """Compiles every kernel for the dtypes that the library uses."""
    from ..core.runs import frozen

    for dtype in (np.uint8, np.uint16):
        run_end(frozen(np.zeros(8, dtype)), 0, 8)
        run_end(np.zeros(8, dtype), 0, 8)
