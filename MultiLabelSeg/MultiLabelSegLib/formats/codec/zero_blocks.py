"""Stretches of zeros as DEFLATE blocks of two bits for 258 bytes, the densest that DEFLATE allows."""

from __future__ import annotations

from functools import lru_cache

from .deflate_tables import ALIGNMENT, LENGTH_EXTRA, LENGTH_EXTRA_BITS, LENGTH_SYMBOL, LONGEST_MATCH

_END = "11"  # the end of a block in the code below


@lru_cache(maxsize=1)
def _prefix() -> str:
    """Start of a block with a first literal 0; its code is 285: "0", 0: "10", 256: "11", distance 1: "0".

    The code lengths run 2 (symbol 0), 255 x 0, 2 (256), 28 x 0, 1 (285), 1 (distance); they are stored by a code
    of their own: 18 (a run of zeros): "0", 1: "10", 2: "11".
    """

    def number(value: int, width: int) -> str:
        return "".join(str((value >> bit) & 1) for bit in range(width))

    sizes = {18: 1, 1: 2, 2: 2}
    order = (16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1)
    header = "0" + number(2, 2) + number(286 - 257, 5) + number(0, 5) + number(len(order) - 4, 4)
    header += "".join(number(sizes.get(symbol, 0), 3) for symbol in order)
    zeros = "".join("0" + number(run - 11, 7) for run in (138, 117))
    return header + "11" + zeros + "11" + "0" + number(28 - 11, 7) + "10" + "10" + "10"


def _fixed_rest(rest: int) -> str:
    """A block in the fixed code of ``rest`` < 258 more zeros, whose source lies in the block before."""
    if rest == 0:
        return ""
    bits = "010"
    if rest < 3:
        return bits + "00110000" * rest + "0000000"
    symbol = int(LENGTH_SYMBOL[rest])
    code, width = (symbol - 256, 7) if symbol < 280 else (symbol - 280 + 0b11000000, 8)
    bits += format(code, f"0{width}b")
    bits += "".join(str((int(LENGTH_EXTRA[rest]) >> bit) & 1) for bit in range(int(LENGTH_EXTRA_BITS[rest])))
    return bits + "00000" + "0000000"


@lru_cache(maxsize=8)
def zero_block(count: int) -> bytes:
    """Raw DEFLATE, byte-aligned and not final, of ``count`` >= 0 zero bytes; refers to nothing before itself."""
    if count <= 0:
        return b""
    matches, rest = divmod(count - 1, LONGEST_MATCH)
    first = _prefix()
    tail = _END + _fixed_rest(rest) + "000"
    end_at = len(first) + 2 * matches
    out = bytearray((end_at + len(tail) + 7) // 8)
    _place(out, 0, first)
    _place(out, end_at, tail)
    return bytes(out) + ALIGNMENT


def _place(out: bytearray, at: int, bits: str) -> None:
    """Sets bits in stream order (the lowest bit of a byte first), from the bit position ``at`` on."""
    value = int(bits[::-1], 2) << (at & 7)
    size = (at % 8 + len(bits) + 7) // 8
    for offset, byte in enumerate(value.to_bytes(size, "little")):
        out[(at >> 3) + offset] |= byte
