"""Checksums by algebra, against zlib over the bytes that they stand for."""

from __future__ import annotations

import zlib

import numpy as np
import pytest

from MultiLabelSegLib.formats.codec import crc_algebra as crc


def random_bytes(seed: int, count: int) -> bytes:
    return np.random.default_rng(seed).integers(0, 256, count, dtype=np.uint8).tobytes()


@pytest.mark.parametrize("count", [0, 1, 2, 100, 4095, 4096, 70000])
def test_checksums_of_parts_combine_to_that_of_the_whole(count: int) -> None:
    first, second = random_bytes(1, 777), random_bytes(2, count)
    assert crc.combine(zlib.crc32(first), zlib.crc32(second), count) == zlib.crc32(first + second)
    assert crc.multiply(crc.byte_power(count), crc.raw(first)) == crc.raw(first + bytes(count))
    assert crc.finish(zlib.crc32(first), crc.raw(second), count) == zlib.crc32(first + second)
    assert crc.raw_of(zlib.crc32(second), count) == crc.raw(second)


def test_powers_multiply_and_every_polynomial_but_0_has_an_inverse() -> None:
    assert crc.multiply(crc.byte_power(1 << 33), crc.byte_power(12345)) == crc.byte_power((1 << 33) + 12345)
    for polynomial in (1, 2, 3, crc.ONE, 0xDEADBEEF, crc.MASK):
        assert crc.multiply(polynomial, crc.inverse(polynomial)) == crc.ONE
        assert crc.multiply(polynomial, crc.ONE) == polynomial


@pytest.mark.parametrize("step", [1, 2, 6])
def test_power_tables_hold_the_powers(step: int) -> None:
    table = crc.power_table(step)
    for level in range(3):
        for number in (0, 1, 2, 77, 4095):
            assert int(table[level, number]) == crc.byte_power(step * number << (12 * level))
    assert not table.flags.writeable


def test_slicing_table_advances_a_byte_over_zeros() -> None:
    table = crc.slicing_table()
    for zeros in range(8):
        assert int(table[zeros, 0xA7]) == crc.raw(b"\xa7" + bytes(zeros))


@pytest.mark.parametrize("size", [1, 2, 3, 4, 6, 20])
def test_repeated_items_have_the_checksums_of_their_bytes(size: int, compiled: None) -> None:
    from MultiLabelSegLib.formats.codec import crc_kernels

    rng = np.random.default_rng(size)
    start = np.concatenate([[0], np.sort(rng.choice(np.arange(1, 20000), 60, replace=False))]).astype(np.int64)
    items = rng.integers(0, 256, (61, size), dtype=np.uint8)
    start.flags.writeable = items.flags.writeable = False
    for total in (20000, 20001, 100_003):
        data = np.repeat(items, np.diff(start, append=total), axis=0).tobytes()
        tables = crc.power_table(size), crc.repeat_table(size), crc.slicing_table()
        assert int(crc_kernels.crc_of_intervals(start, items, total, *tables)) == crc.raw(data)
        assert int(crc_kernels.adler_of_intervals(start, items, total)) == zlib.adler32(data)


def test_a_stretch_of_many_billions_is_counted_right(compiled: None) -> None:
    """3 x 10**10 items: twice the checksum of half of them, by the rule for parts, which is proven above."""
    from MultiLabelSegLib.formats.codec import crc_kernels

    half, tables = 15_000_000_000, (crc.power_table(2), crc.repeat_table(2), crc.slicing_table())
    start, items = np.zeros(1, np.int64), np.array([[57, 119]], np.uint8)
    start.flags.writeable = items.flags.writeable = False
    register = int(crc_kernels.crc_of_intervals(start, items, half, *tables))
    doubled = crc.multiply(crc.byte_power(2 * half), register) ^ register
    assert int(crc_kernels.crc_of_intervals(start, items, 2 * half, *tables)) == doubled
    first = 1 + 57 * half + 119 * half
    # the second sum adds the first one after each byte: after both bytes of item n it grew by 2 * 176 n + 2 + 57 + 176
    second = 2 * 176 * (half * (half - 1) // 2) + (2 + 57 + 176) * half
    want = (second % 65521 << 16) | first % 65521
    assert int(crc_kernels.adler_of_intervals(start, items, half)) == want


def test_plain_bytes_have_the_registers_of_zlib(compiled: None) -> None:
    from MultiLabelSegLib.core.runs import frozen
    from MultiLabelSegLib.formats.codec import crc_kernels

    data = frozen(np.frombuffer(random_bytes(3, 1000), np.uint8))
    for low, high in ((0, 0), (0, 1), (3, 10), (5, 1000), (0, 1000), (999, 1000)):
        register = crc_kernels.crc_bytes(np.uint32(0x12345678), data, low, high, crc.slicing_table())
        zeros = crc.multiply(crc.byte_power(high - low), 0x12345678)
        assert int(register) == zeros ^ crc.raw(data[low:high].tobytes())
