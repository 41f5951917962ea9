"""The run decoder: exact on what the run coder writes, and never of another opinion than zlib."""

from __future__ import annotations

import gzip
import os
import random
import time
import zlib

import numpy as np
import pytest

from MultiLabelSegLib.formats.codec.intervals import Intervals, intervals_of, intervals_of_runs
from MultiLabelSegLib.formats.codec.run_deflate import (
    encode_groups,
    encode_intervals,
    gzip_mask,
    gzip_member,
    zlib_stream,
)
from MultiLabelSegLib.formats.codec.run_inflate import Status, decode_groups, decode_runs, difference
from MultiLabelSegLib.formats.codec.zero_blocks import zero_block
from Testing.formats.codec.run_cases import (
    AWKWARD,
    Stretches,
    damaged,
    judged_by_zlib,
    random_stretches,
    with_right_trailer,
)

CASES = int(os.environ.get("FUZZ_CASES", "4000"))


def intervals(case: Stretches) -> Intervals:
    found = intervals_of(case.groups, case.itemsize)
    assert found is not None
    return found


def content(header: bytes, found: Intervals) -> bytes:
    return header + np.repeat(found.items, np.diff(found.start, append=found.total), axis=0).tobytes()


def test_what_the_run_coder_writes_decodes_to_the_same_intervals(engine: str) -> None:
    cases = [*random_stretches(11, 150), Stretches((np.zeros(9, np.uint8),), 2, b"head")]
    calm = 0
    for case in cases:
        want = intervals(case)
        if 32 * len(want.start) > want.total:
            continue  # dense content may go through isal or zlib: the test below
        member = b"".join(gzip_member(encode_intervals(want), case.header))
        calm += 1
        shape = {"groups": len(case.groups), "header_bytes": len(case.header)}
        found = decode_runs(member, case.total, case.itemsize, **shape)
        assert found.status is Status.OK
        assert found.header == case.header
        assert found.intervals is not None
        assert found.intervals.same_as(want)
        found = decode_runs(
            b"".join(zlib_stream(want)), case.total, case.itemsize, groups=len(case.groups), container="zlib"
        )
        assert found.intervals is not None
        assert found.intervals.same_as(want)
    assert calm > len(cases) // 2


def test_groups_come_back_as_arrays_or_not_at_all(engine: str) -> None:
    first = np.zeros((2, 3, 40, 50), np.uint16)
    first[1, 2, 7:30] = 3
    second = np.full_like(first, 65535)
    second[0, :, 1:] = 256
    data = b"".join(gzip_member(encode_groups([first, second], 2), b"head"))
    found = decode_groups(data, first.shape, 2, 2, header_bytes=4)
    assert found is not None
    assert [array.dtype for array in found] == [np.uint8, np.uint16]
    assert (found[0] == first).all()
    assert (found[1] == second).all()
    assert decode_groups(data[:-1], first.shape, 2, 2, header_bytes=4) is None


def test_every_gap_and_run_length_decodes(compiled: None) -> None:
    for itemsize, value in ((1, 255), (2, 1), (2, 65535)):
        for length in AWKWARD:
            want = intervals_of_runs(
                np.array([length, 3 * length]), np.array([2 * length, 3 * length + 1]), 5 * length + 1, value, itemsize
            )
            found = decode_runs(b"".join(gzip_member(encode_intervals(want))), want.total, itemsize)
            if found.status is Status.OK:
                assert found.intervals is not None
                assert found.intervals.same_as(want)
            else:
                assert (found.status, length < 32) == (Status.NOT_RUNS, True), "small volumes count as dense"


def test_streams_of_other_coders_are_read_or_handed_on_and_always_verified(engine: str) -> None:
    read = 0
    for case in random_stretches(12, 60, longest=4000):
        want = intervals(case)
        for level, strategy in ((0, 0), (1, 0), (9, 0), (6, zlib.Z_FIXED), (6, zlib.Z_HUFFMAN_ONLY), (6, zlib.Z_RLE)):
            coder = zlib.compressobj(level, zlib.DEFLATED, 31, 9, strategy)
            data = coder.compress(case.content) + coder.flush()
            found = decode_runs(data, case.total, case.itemsize, groups=len(case.groups), header_bytes=len(case.header))
            assert found.status in (Status.OK, Status.NOT_RUNS)
            if found.intervals is not None:
                assert found.header == case.header
                assert found.intervals.same_as(want)
                read += 1
            assert difference(data, want, case.header) is None
    assert read > 50, "stored, literal and run-length streams need no far matches"


def test_every_truncation_is_noticed(engine: str) -> None:
    want = intervals_of_runs(np.array([30, 40_000]), np.array([600, 40_010]), 80_000, 300, 2)
    data = b"".join(gzip_member(encode_intervals(want), b"0123456789" * 4))
    assert decode_runs(data, 80_000, 2, header_bytes=40).status is Status.OK
    for size in range(len(data)):
        assert decode_runs(data[:size], 80_000, 2, header_bytes=40).status is not Status.OK, size
        assert difference(data[:size], want, b"0123456789" * 4) is not None, size


@pytest.mark.parametrize("change", [1, -1])
def test_another_number_of_voxels_than_expected_is_noticed(engine: str, change: int) -> None:
    data = b"".join(gzip_mask(b"", np.array([5]), np.array([600]), 5000, 7, 2))
    expected = Status.TRUNCATED if change > 0 else Status.EXCESS
    assert decode_runs(data, 5000 + change, 2).status is expected


def test_wrong_trailers_and_anything_behind_are_noticed(engine: str) -> None:
    data = b"".join(gzip_mask(b"", np.array([5]), np.array([600]), 5000, 7, 2))
    for at in range(len(data) - 8, len(data)):
        wrong = bytearray(data)
        wrong[at] ^= 1
        assert decode_runs(wrong, 5000, 2).status is Status.CHECKSUM
    assert decode_runs(data + b"\0", 5000, 2).status is Status.NOT_RUNS
    assert decode_runs(data + data, 5000, 2).status is Status.NOT_RUNS
    assert decode_runs(b"PK" + data, 5000, 2).status is not Status.OK
    assert decode_runs(b"", 5000, 2).status is not Status.OK


def test_gzip_headers_with_names_are_left_to_other_readers(compiled: None) -> None:
    data = b"".join(gzip_mask(b"", np.array([5]), np.array([600]), 5000, 7, 2))
    named = data[:3] + b"\x08" + data[4:10] + b"name\0" + data[10:]
    assert decode_runs(named, 5000, 2).status is Status.NOT_RUNS
    assert difference(named, intervals_of_runs(np.array([5]), np.array([600]), 5000, 7, 2)) is None


def test_the_difference_is_said_in_words(engine: str) -> None:
    want = intervals_of_runs(np.array([5]), np.array([600]), 5000, 7, 2)
    data = b"".join(gzip_member(encode_intervals(want), b"head"))
    assert difference(data, want, b"head") is None
    assert difference(data, want, b"Head") == "the header differs"
    assert (
        difference(data, intervals_of_runs(np.array([5]), np.array([601]), 5000, 7, 2), b"head") == "the voxels differ"
    )
    assert difference(data[:-1], want, b"head") == "the stream is wrong: ends early"


def test_memory_and_time_for_hostile_streams_are_bounded(compiled: None) -> None:
    head = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
    hostile = [
        head + zero_block(1) * 100_000,  # code tables for one byte each
        head + b"\x00\x00\x00\xff\xff" * 400_000,  # empty stored blocks
        head + b"\x02\x00" * 500_000,  # empty fixed blocks
        gzip.compress(bytes(1 << 26)),
        gzip.compress(bytes(range(256)) * 4000, 1),
    ]
    decode_runs(hostile[0][:100], 10, 1)  # compiled before the clock starts
    began = time.process_time()
    for data in hostile:
        assert decode_runs(data, 1 << 20, 1).status is not Status.OK
    assert time.process_time() - began < 10


def test_damaged_streams_are_never_accepted_or_read_differently_than_by_zlib(engine: str) -> None:
    chance = random.Random(13)
    pool: list[tuple[bytes, str, Stretches]] = []
    for case in random_stretches(14, 120, longest=5000):
        want = intervals(case)
        pool.append((b"".join(gzip_member(encode_intervals(want), case.header)), "gzip", case))
        pool.append((gzip.compress(case.content, chance.choice((0, 1, 6))), "gzip", case))
        bare = Stretches(case.groups, case.itemsize)
        pool.append((b"".join(zlib_stream(want)), "zlib", bare))
    others = [data for data, _, _ in pool]
    accepted = 0
    for number in range(CASES if engine == "compiled" else CASES // 4):
        original, container, case = chance.choice(pool)
        data = damaged(chance, original, others)
        if chance.random() < 0.6:
            data = with_right_trailer(data, container)
        head, voxel = len(case.header), case.itemsize * len(case.groups)
        judged = judged_by_zlib(data, 31 if container == "gzip" else 15, 1 << 20)
        total = case.total
        if judged is not None and len(judged) >= head and (len(judged) - head) % voxel == 0:
            total = (len(judged) - head) // voxel  # damage that changed the length goes deeper this way
        found = decode_runs(
            data,
            total,
            case.itemsize,
            groups=len(case.groups),
            header_bytes=head,
            container="gzip" if container == "gzip" else "zlib",
        )
        if found.intervals is not None:
            assert judged == content(found.header, found.intervals), number
            accepted += data != original
        elif judged is not None and len(judged) == head + total * voxel:
            assert found.status is Status.NOT_RUNS, number
    assert accepted > CASES // 100, "some damage must decode, or nothing was tested"
