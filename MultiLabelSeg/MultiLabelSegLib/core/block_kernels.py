"""Sixty-four voxels at a time: where values change, as the bits of one word, and stores at any address.

numba has no vectors, so that these few steps are given to LLVM directly, which makes them the vector instructions of
the machine. They are parts of the kernels of other modules and compiled with those: nothing here is kept in a cache of
its own, so there is nothing to warm up. Words and vectors are read as on little-endian machines, where the first byte
in memory is the lowest.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

#: where entries lie one behind the other: ``pointer[n]`` is one; nothing keeps within the array
Pointer = Any
#: voxels whose changes make one word
BLOCK = 64
#: bytes that ``fill_block`` and ``copy_block`` write
BYTES = 64
ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
_ONE = np.uint64(1)


def _at(builder: Any, pointer: Any, at: Any, what: Any) -> Any:
    return builder.bitcast(builder.gep(pointer, [at]), what.as_pointer())


def _load(builder: Any, pointer: Any, at: Any, what: Any) -> Any:
    loaded = builder.load(_at(builder, pointer, at, what))
    loaded.align = 1
    return loaded


def _store(builder: Any, pointer: Any, at: Any, word: Any) -> None:
    builder.store(word, _at(builder, pointer, at, word.type)).align = 1


def _lanes(kind: Any, many: int) -> Any:
    return ir.VectorType(ir.IntType(kind.dtype.bitwidth), many)


def _pointer_to(_typing: Any, array: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return context.make_array(signature.args[0])(context, builder, arguments[0]).data

    pointer: Any = types.CPointer
    return pointer(array.dtype)(array), generate


def _load_word(_typing: Any, pointer: Any, _at: Any) -> Any:
    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return _load(builder, arguments[0], arguments[1], ir.IntType(64))

    return types.uint64(pointer, types.intp), generate


def _store_word(_typing: Any, pointer: Any, _at: Any, _word: Any) -> Any:
    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        _store(builder, *arguments)
        return context.get_dummy_value()

    return types.none(pointer, types.intp, types.uint64), generate


def _fill_block(_typing: Any, pointer: Any, _at: Any, _value: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        to, at, value = arguments
        lanes = _lanes(signature.args[0], 8 * BYTES // signature.args[0].dtype.bitwidth)
        first = builder.insert_element(ir.Constant(lanes, ir.Undefined), value, ir.Constant(ir.IntType(32), 0))
        zeros = ir.Constant(ir.VectorType(ir.IntType(32), lanes.count), None)
        _store(builder, to, at, builder.shuffle_vector(first, first, zeros))
        return context.get_dummy_value()

    return types.none(pointer, types.intp, pointer.dtype), generate


def _copy_block(_typing: Any, pointer: Any, _at: Any, source: Any, _start: Any) -> Any:
    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        to, at, other, start = arguments
        _store(builder, to, at, _load(builder, other, start, ir.VectorType(ir.IntType(64), BYTES // 8)))
        return context.get_dummy_value()

    return types.none(pointer, types.intp, source, types.intp), generate


def _block_changes(_typing: Any, pointer: Any, _at: Any) -> Any:
    def generate(_context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        flat, at = arguments
        lanes, before = _lanes(signature.args[0], BLOCK), builder.sub(at, ir.Constant(at.type, 1))
        here, there = (_load(builder, flat, place, lanes) for place in (at, before))
        return builder.bitcast(builder.icmp_unsigned("!=", here, there), ir.IntType(64))

    return types.uint64(pointer, types.intp), generate


def _trailing_zeros(_typing: Any, _word: Any) -> Any:
    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.intp(types.uint64), generate


def _ones(_typing: Any, _word: Any) -> Any:
    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.intp(types.uint64), generate


#: ``pointer_to(array)``: where a flat array's entries are; the array must be one that the caller of the kernel holds
pointer_to: Any = intrinsic(_pointer_to)
#: ``load_word(flat, at)``: the eight bytes from entry ``at`` of a flat array on; the caller keeps within the array
load_word: Any = intrinsic(_load_word)
#: ``store_word(flat, at, word)``: writes eight bytes from entry ``at`` on; the caller keeps within the array
store_word: Any = intrinsic(_store_word)
#: ``fill_block(flat, at, value)``: 64 bytes from entry ``at`` on become ``value``; the caller keeps within the array
fill_block: Any = intrinsic(_fill_block)
#: ``copy_block(flat, at, source, start)``: copies 64 bytes, which do not overlap; the caller keeps within both arrays
copy_block: Any = intrinsic(_copy_block)
#: ``block_changes(flat, at)``: bit n says that entry ``at + n`` differs from the one before, of 64; ``at`` >= 1
block_changes: Any = intrinsic(_block_changes)
#: ``trailing_zeros(word)``: how many of the lowest bits are 0; 64 for 0
trailing_zeros: Any = intrinsic(_trailing_zeros)
#: ``ones(word)``: how many bits are 1
ones: Any = intrinsic(_ones)


@njit(nogil=True, forceinline=True)
def lowest(many: int) -> np.uint64:
    """A word whose ``many`` lowest bits are 1; 1 to 64."""
    return ALL >> np.uint64(64 - many)


@njit(nogil=True)
def _few_changes(flat: Pointer, at: int, many: int) -> np.uint64:
    bits = np.uint64(0)
    for n in range(max(0, 1 - at), many):
        if flat[at + n] != flat[at + n - 1]:
            bits |= _ONE << np.uint64(n)
    return bits


@njit(nogil=True, forceinline=True)
def changes(flat: Pointer, size: int, at: int, many: int) -> np.uint64:
    """Bit n says that entry ``at + n`` differs from the one before, for ``many`` (1 to 64) of an array's ``size``."""
    if at >= 1 and at + BLOCK <= size:
        return np.uint64(block_changes(flat, at) & lowest(many))
    return _few_changes(flat, at, many)


@njit(nogil=True, forceinline=True)
def list_bits(bits: np.uint64, base: int, out: Pointer, count: int) -> int:
    """Writes ``base`` + the number of each bit that is set from ``out[count]`` on; the count after that.

    Four are written at once, whether there are as many or not, since guessing wrongly costs more: ``out`` needs three
    entries to spare.
    """
    end = int(count + ones(bits))
    while count < end:
        for n in range(4):
            out[count + n] = base + trailing_zeros(bits)
            bits &= bits - _ONE
        count += 4
    return end
