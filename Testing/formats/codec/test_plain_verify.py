"""The quick yes about a written member: it is said of what we write, and never of anything that reads otherwise."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from MultiLabelSegLib.formats.codec import run_deflate
from MultiLabelSegLib.formats.codec.intervals import Intervals, intervals_of_runs
from MultiLabelSegLib.formats.codec.plain_deflate import bytes_of_intervals
from MultiLabelSegLib.formats.codec.plain_verify import _decodes, is_member_of
from MultiLabelSegLib.formats.codec.run_deflate import encode_intervals, gzip_member
from MultiLabelSegLib.formats.codec.run_inflate import difference
from MultiLabelSegLib.formats.codec.zero_blocks import zero_block


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without compiled kernels, and with blocks of zeros already for a few bytes."""
    monkeypatch.setenv("MLSEG_KERNELS", "never")
    monkeypatch.setattr(run_deflate, "_FOLD", 8)


def mask(total: int, *runs: tuple[int, int], itemsize: int = 1, value: int = 1) -> Intervals:
    start, stop = (np.array([run[end] for run in runs], np.int64) for end in (0, 1))
    return intervals_of_runs(start, stop, total, value, itemsize)


def member(content: Intervals, header: bytes = b"") -> bytes:
    return b"".join(gzip_member(encode_intervals(content), header))


def says_yes(data: bytes, content: Intervals, header: bytes = b"") -> bool:
    return is_member_of(np.frombuffer(data, np.uint8), content, header)


def content_of(content: Intervals) -> bytes:
    return b"".join(piece.tobytes() for piece in bytes_of_intervals(content))


@st.composite
def masks(draw: st.DrawFn) -> Intervals:
    edges = sorted(draw(st.lists(st.integers(0, 5000), max_size=12, unique=True)))
    runs = list(zip(edges[::2], edges[1::2], strict=False))
    total = draw(st.integers(max([1, *edges]), 6000))
    return mask(total, *runs, itemsize=draw(st.sampled_from([1, 2])), value=draw(st.sampled_from([1, 200])))


@given(masks(), st.binary(max_size=20))
def test_yes_to_what_we_write(content: Intervals, header: bytes) -> None:
    data = member(content, header)
    assert zlib.decompress(data, 31) == header + content_of(content)
    assert says_yes(data, content, header)
    assert difference(data, content, header) is None


@given(masks(), st.data())
def test_never_yes_to_what_zlib_reads_otherwise(content: Intervals, draw: st.DataObject) -> None:
    data = bytearray(member(content))
    kind = draw.draw(st.sampled_from(["flip", "cut", "insert", "append"]))
    at = draw.draw(st.integers(0, len(data) - 1))
    if kind == "flip":
        data[at] ^= 1 << draw.draw(st.integers(0, 7))
    elif kind == "cut":
        del data[at : at + draw.draw(st.integers(1, 9))]
    elif kind == "insert":
        data.insert(at, draw.draw(st.integers(0, 255)))
    else:
        data += draw.draw(st.binary(min_size=1, max_size=9))
    if says_yes(bytes(data), content):
        coder = zlib.decompressobj(31)
        assert coder.decompress(bytes(data)) + coder.flush() == content_of(content)
        assert (coder.eof, coder.unused_data) == (True, b"")


def test_a_content_that_ends_within_a_block_gets_no_answer() -> None:
    content = mask(5, itemsize=2)
    whole = member(content)
    for at in range(len(whole)):
        for count in range(1, 10):
            data = whole[:at] + whole[at + count :]
            if says_yes(data, content):
                assert zlib.decompress(data, 31) == content_of(content)


@given(masks(), masks())
def test_no_to_other_content(one: Intervals, two: Intervals) -> None:
    assert says_yes(member(one), two) == (content_of(one) == content_of(two))


@pytest.mark.parametrize("total", [1, 7, 8, 9, 10, 258, 259, 40_000])
def test_all_zeros_and_all_ones(total: int) -> None:
    for content in (mask(total), mask(total, (0, total))):
        assert says_yes(member(content), content)


def test_other_coders_get_no_answer_and_the_ordinary_reader_still_says_yes() -> None:
    content = mask(5000, (100, 200), (300, 301))
    coder = zlib.compressobj(9, zlib.DEFLATED, 31)
    data = coder.compress(content_of(content)) + coder.flush()
    assert not says_yes(data, content)
    assert difference(data, content) is None


def test_blocks_of_zeros_of_every_length_are_read_as_such() -> None:
    for count in (*range(3000), 1 << 20, (1 << 20) + 77):
        assert _decodes(count)
        assert zlib.decompressobj(-15).decompress(zero_block(count)) == bytes(count)


def test_a_long_block_is_a_short_one_with_more_of_the_same() -> None:
    """What trying a short block instead of a long one rests on."""
    for rest in (0, 1, 2, 3, 100, 257):
        for matches in range(4, 8):
            short = zero_block(1 + 258 * matches + rest)
            long = zero_block(1 + 258 * (matches + 400) + rest)
            first = next(n for n in range(len(short)) if short[n] != long[n] or n == len(short) - 1)
            assert long[:first] == short[:first]
            assert long[first : first + 100] == bytes(100)
            assert long[first + 100 :] == short[first:]
