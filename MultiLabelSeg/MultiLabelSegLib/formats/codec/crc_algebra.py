"""CRC-32 as algebra over GF(2): powers of x and combined checksums, without touching the bytes they stand for.

A CRC register is a polynomial modulo P; ``n`` appended zero bytes multiply it by ``x**(8 n)``, and
``raw(A + B) = raw(A) * x**(8 len(B)) + raw(B)``, where ``raw`` leaves out the customary inversions before and after. In
the reflected notation used here the polynomial 1 is ``0x80000000``. P is primitive, so its residues form a field and
every one but 0 can be divided by. Source: the definition of the CRC in RFC 1952, section 8.
"""

from __future__ import annotations

import zlib
from functools import cache, lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

POLYNOMIAL = 0xEDB88320
ONE = 0x80000000
MASK = 0xFFFFFFFF
#: the exponents (in steps) that the power tables cover
MAX_STEPS = 1 << 36


def multiply(a: int, b: int) -> int:
    """Product of two polynomials modulo P."""
    product = 0
    for bit in range(31, -1, -1):
        if (a >> bit) & 1:
            product ^= b
        b = (b >> 1) ^ (POLYNOMIAL if b & 1 else 0)
    return product


@cache
def _doubled(times: int) -> int:
    """``x**(8 * 2**times)``: squared ``times`` times."""
    if times == 0:
        return ONE >> 8
    root = _doubled(times - 1)
    return multiply(root, root)


@lru_cache(maxsize=1024)
def byte_power(count: int) -> int:
    """``x**(8 count)``: what ``count`` appended zero bytes multiply a register with."""
    power, times = ONE, 0
    while count:
        if count & 1:
            power = multiply(power, _doubled(times))
        count >>= 1
        times += 1
    return power


def inverse(a: int) -> int:
    """The polynomial that gives 1 when multiplied with ``a`` (not 0): ``a**(2**32 - 2)``, by Fermat."""
    power, square = ONE, a
    for _ in range(31):
        square = multiply(square, square)
        power = multiply(power, square)
    return power


def raw(data: bytes | memoryview) -> int:
    """The register after ``data``, started at 0 and not inverted in the end."""
    return zlib.crc32(data, MASK) ^ MASK


def combine(first: int, second: int, second_bytes: int) -> int:
    """CRC-32 of A + B from CRC-32 of A, CRC-32 of B and the number of bytes of B."""
    return multiply(byte_power(second_bytes), first) ^ second


def finish(head_crc: int, body_raw: int, body_bytes: int) -> int:
    """CRC-32 of head + body from the head's CRC-32 and the body's raw register."""
    return multiply(byte_power(body_bytes), head_crc ^ MASK) ^ body_raw ^ MASK


def raw_of(crc: int, size: int) -> int:
    """The raw register of ``size`` bytes from their CRC-32."""
    return multiply(byte_power(size), MASK) ^ crc ^ MASK


def _multiply_array(a: NDArray[np.uint32], b: int) -> NDArray[np.uint32]:
    product = np.zeros_like(a)
    for bit in range(31, -1, -1):
        product ^= np.where((a >> np.uint32(bit)) & np.uint32(1), np.uint32(b), np.uint32(0))
        b = (b >> 1) ^ (POLYNOMIAL if b & 1 else 0)
    return product


@lru_cache(maxsize=64)
def power_table(step_bytes: int) -> NDArray[np.uint32]:
    """Powers of ``X = x**(8 step_bytes)``; (3, 4096), read-only: ``X**n``, ``X**(4096 n)`` and ``X**(4096**2 n)``."""
    levels = np.empty((3, 4096), np.uint32)
    for level in range(3):
        row, power, filled = levels[level], byte_power(step_bytes << (12 * level)), 1
        row[0] = ONE
        while filled < 4096:
            row[filled : 2 * filled] = _multiply_array(row[:filled], power)
            power = multiply(power, power)
            filled *= 2
    levels.flags.writeable = False
    return levels


@lru_cache(maxsize=64)
def repeat_table(step_bytes: int) -> NDArray[np.uint32]:
    """For each byte of an item: its register divided by ``X - 1``; (step_bytes, 256), read-only.

    The sum over an item's bytes is its constant ``a``; ``n`` items after register ``c`` give ``(c + a) * X**n + a``,
    because ``item * (1 + X + ... + X**(n - 1)) = item * (X**n - 1) / (X - 1)``.
    """
    factor = inverse(byte_power(step_bytes) ^ ONE)
    table = np.empty((step_bytes, 256), np.uint32)
    single = slicing_table()[0]
    for place in range(step_bytes):
        table[place] = _multiply_array(single, multiply(byte_power(step_bytes - 1 - place), factor))
    table.flags.writeable = False
    return table


@lru_cache(maxsize=1)
def slicing_table() -> NDArray[np.uint32]:
    """Registers of a byte followed by 0 to 7 zero bytes; (8, 256), read-only. Source: Kounavis and Berry 2005."""
    table = np.zeros((8, 256), np.uint32)
    for byte in range(256):
        register = byte
        for _ in range(8):
            register = (register >> 1) ^ (POLYNOMIAL if register & 1 else 0)
        table[0, byte] = register
    for zeros in range(1, 8):
        before = table[zeros - 1]
        table[zeros] = (before >> np.uint32(8)) ^ table[0, (before & np.uint32(255)).astype(np.int64)]
    table.flags.writeable = False
    return table
