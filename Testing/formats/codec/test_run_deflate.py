"""Streams made from runs, judged by zlib over the same content built voxel by voxel."""

from __future__ import annotations

import gzip
import zlib

import numpy as np
import pytest

from MultiLabelSegLib.core.runs import scan
from MultiLabelSegLib.errors import GroupError
from MultiLabelSegLib.formats.codec.intervals import intervals_of, intervals_of_runs
from MultiLabelSegLib.formats.codec.run_deflate import (
    encode_groups,
    encode_intervals,
    gzip_mask,
    gzip_member,
    zlib_stream,
)
from MultiLabelSegLib.formats.codec.zero_blocks import zero_block
from Testing.formats.codec.run_cases import AWKWARD, interleaved, mask, random_runs, random_stretches

FINAL = b"\x03\x00"
NONE = np.zeros(0, np.int64)


def test_every_gap_and_run_length_around_deflates_limits_survives(engine: str) -> None:
    for itemsize, value in ((1, 1), (1, 255), (2, 1), (2, 144), (2, 256), (2, 257), (2, 65535)):
        for length in AWKWARD:
            start, stop = np.array([length, 3 * length]), np.array([2 * length, 3 * length + 1])
            total = 4 * length + 1
            want = mask(start, stop, total, value, f"<u{itemsize}")
            stream = encode_intervals(intervals_of_runs(start, stop, total, value, itemsize))
            assert zlib.decompress(b"".join(stream.parts) + FINAL, -15) == want, (itemsize, value, length)
            assert (stream.crc32, stream.size) == (zlib.crc32(want), len(want))


def test_masks_of_random_runs_equal_the_voxels_in_gzip_and_zlib(engine: str) -> None:
    rng = np.random.default_rng(1)
    for number in range(250):
        total = int(rng.integers(1, 50 if number % 3 == 0 else 150_000))
        itemsize, big_endian = int(rng.integers(1, 3)), bool(rng.integers(0, 2))
        value = int(rng.integers(1, 256**itemsize))
        start, stop = random_runs(rng, total)
        want = mask(start, stop, total, value, f"{'>' if big_endian else '<'}u{itemsize}")
        header = rng.integers(0, 256, int(rng.integers(0, 400)), dtype=np.uint8).tobytes()
        member = gzip_mask(header, start, stop, total, value, itemsize, big_endian=big_endian)
        assert gzip.decompress(b"".join(member)) == header + want
        intervals = intervals_of_runs(start, stop, total, value, itemsize, big_endian)
        assert zlib.decompress(b"".join(zlib_stream(intervals))) == want


def test_the_masks_of_a_scanned_volume_are_its_labels(engine: str) -> None:
    rng = np.random.default_rng(2)
    volume = np.zeros((9, 31, 45), np.uint16)
    volume[0, 0, 0], volume[-1, -1, -1] = 40000, 65535
    volume[2:6, 5:20, 7:30] = 1
    volume[6:8, 5:20, 7:30][rng.random((2, 15, 23)) < 0.5] = 256
    table = scan(volume)
    for value in (1, 256, 40000, 65535, 7):
        data = b"".join(gzip_mask(b"head", *table.runs_of(value), volume.size, value, 2))
        assert gzip.decompress(data) == b"head" + ((volume == value) * np.uint16(value)).tobytes()
    binary = b"".join(gzip_mask(b"", *table.runs_of(40000), volume.size, 1, 1))
    assert gzip.decompress(binary) == (volume == 40000).tobytes()


def test_the_same_runs_give_the_same_bytes_every_time(engine: str) -> None:
    runs = np.array([10, 50_000]), np.array([30, 50_001])
    files = {b"".join(gzip_mask(b"head", *runs, 90_000, 7, 2)) for _ in range(3)}
    assert len(files) == 1


def test_zero_blocks_hold_as_many_zeros_as_asked_for() -> None:
    for count in (*range(1100), *range(100_000, 100_260), 1 << 20, 5_000_001):
        assert zlib.decompress(zero_block(count) + FINAL, -15) == bytes(count), count


def test_zeros_take_two_bits_for_258_bytes_and_little_more() -> None:
    assert len(zero_block(258 * 40_000)) < 10_000 + 40
    stream = b"".join(gzip_mask(b"", NONE, NONE, 10_000_000, 1, 2))
    assert len(stream) < 20_000_000 / 1032 + 70


def test_interleaved_groups_of_every_kind_equal_their_voxels(engine: str) -> None:
    for case in random_stretches(3, 200):
        stream = encode_groups(case.groups, case.itemsize)
        assert gzip.decompress(b"".join(gzip_member(stream, case.header))) == case.content
        content = interleaved(case.groups, case.itemsize)
        assert (stream.crc32, stream.size) == (zlib.crc32(content), len(content))
        assert stream.compressed_bytes == sum(map(len, stream.parts))


def test_groups_with_frames_of_both_dtypes_interleave_in_file_order(engine: str) -> None:
    first = np.zeros((2, 3, 4, 5), np.uint8)
    first[1, 2] = 3
    second = np.full((2, 3, 4, 5), 65535, np.uint16)
    second[0, :, 1:] = 256
    stream = encode_groups([first, second], 2)
    assert zlib.decompress(b"".join(stream.parts) + FINAL, -15) == interleaved([first, second], 2)


def test_noise_and_all_65535_values_at_once_are_compressed_like_anything_else(engine: str) -> None:
    rng = np.random.default_rng(4)
    noise = rng.integers(0, 65536, 70_000).astype(np.uint16)
    every = rng.permutation(np.arange(65536, dtype=np.uint16))
    speckled = (rng.random(65536) < 0.3).astype(np.uint16) * np.uint16(300)
    for groups in ([noise], [every, speckled], [speckled]):
        stream = encode_groups(groups, 2)
        content = interleaved(groups, 2)
        assert zlib.decompress(b"".join(stream.parts) + FINAL, -15) == content
        assert stream.crc32 == zlib.crc32(content)


def test_forty_groups_and_more_than_the_compiled_coder_takes(engine: str) -> None:
    rng = np.random.default_rng(5)
    for count in (40, 200):
        groups = [np.repeat(rng.integers(0, 300, 30), 20).astype(np.uint16) for _ in range(count)]
        stream = encode_groups(groups, 2)
        assert zlib.decompress(b"".join(stream.parts) + FINAL, -15) == interleaved(groups, 2)


def test_files_are_not_larger_than_those_of_isal_at_level_1(compiled: None) -> None:
    igzip = pytest.importorskip("isal.igzip")
    rng = np.random.default_rng(1)
    k, j, i = np.ogrid[:40, :128, :120]
    ball = ((k - 20) / 12) ** 2 + ((j - 60) / 30) ** 2 + ((i - 50) / 25) ** 2 < 1
    point = np.zeros_like(ball)
    point[3, 4, 5] = True
    checkered = (k + j + i) % 2 == 0
    organs = (ball * 7 + ((k - 25) / 9 + (j - 70) / 20 < 1) * ball * 5).astype(np.uint8)
    for shape in (ball, point, ball & (rng.random(ball.shape) < 0.7), checkered & ball):
        start, stop = scan(shape.astype(np.uint8)).runs(0)
        for header in (b"", bytes(352), rng.integers(0, 9, 352).astype(np.uint8).tobytes()):
            ours = b"".join(gzip_mask(header, start, stop, shape.size, 300, 2))
            theirs = igzip.compress(header + (shape * np.uint16(300)).tobytes(), 1)
            assert len(ours) <= len(theirs) + 16, "empty blocks stand behind header and voxels"
    for groups in ([organs], [organs, ball.astype(np.uint8)], [organs, point.astype(np.uint8), shape.astype(np.uint8)]):
        ours = b"".join(gzip_member(encode_groups(groups, 2)))
        assert len(ours) <= 1.05 * len(igzip.compress(interleaved(groups, 2), 1))


def test_voxels_beyond_2_to_the_31_keep_their_place(compiled: None) -> None:
    total, at = (1 << 31) + 5000, (1 << 31) + 77
    start, stop = np.array([5, at], np.int64), np.array([6, at + 3], np.int64)
    data = b"".join(gzip_mask(b"", start, stop, total, 9, 1))
    coder, seen, nonzero = pytest.importorskip("isal.isal_zlib").decompressobj(31), 0, []
    for low in range(0, len(data), 1 << 12):
        piece = coder.decompress(data[low : low + (1 << 12)])
        if piece.count(0) < len(piece):
            nonzero += [seen + int(place) for place in np.flatnonzero(np.frombuffer(piece, np.uint8))]
        seen += len(piece)
    assert coder.eof, "isal agrees with checksum and length"
    assert (seen, nonzero) == (total, [5, at, at + 1, at + 2])


@pytest.mark.parametrize(
    ("start", "stop", "total", "value", "itemsize"),
    [
        ([1], [2], 1, 1, 2),  # leaves the volume
        ([-1], [1], 9, 1, 2),
        ([1], [1], 9, 1, 2),  # empty run
        ([1, 2], [4, 5], 9, 1, 2),  # overlap
        ([4, 1], [5, 2], 9, 1, 2),  # not sorted
        ([1], [2, 3], 9, 1, 2),
        ([1], [2], 9, 0, 2),  # a mask of nothing
        ([1], [2], 9, 256, 1),
        ([1], [2], 9, 65536, 2),
        ([1], [2], 9, 1, 4),
    ],
)
def test_runs_and_values_that_do_not_fit_are_refused(
    start: list[int], stop: list[int], total: int, value: int, itemsize: int
) -> None:
    with pytest.raises(GroupError, match=str(value)):
        gzip_mask(b"", np.array(start), np.array(stop), total, value, itemsize)


def test_groups_that_do_not_fit_together_are_refused() -> None:
    small, large = np.zeros(8, np.uint8), np.zeros(9, np.uint8)
    for groups in ([small, large], [], [small, np.zeros(8, np.int16)], [np.zeros(8, ">u2")]):
        with pytest.raises(GroupError, match="groups of equal size"):
            encode_groups(groups, 2)
    with pytest.raises(GroupError, match="300"):
        encode_groups([small, np.full(8, 300, np.uint16)], 1)


def test_kernels_are_compiled_by_their_warm_up_and_never_again(compiled: None) -> None:
    from MultiLabelSegLib.formats.codec import crc_kernels, huffman_kernels, run_deflate_kernels

    modules = (crc_kernels, huffman_kernels, run_deflate_kernels)
    for module in modules:
        module.warm_up()
    kernels = [kernel for module in modules for kernel in vars(module).values() if hasattr(kernel, "signatures")]
    before = [len(kernel.signatures) for kernel in kernels]
    for case in random_stretches(6, 20):
        encode_groups(case.groups, case.itemsize)
        zlib_stream(intervals_of(case.groups, case.itemsize))  # type: ignore[arg-type]
    gzip_mask(b"", np.array([90_000]), np.array([90_100]), 200_000, 300, 2)
    assert max(before) == 1
    assert [len(kernel.signatures) for kernel in kernels] == before
