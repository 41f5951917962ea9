"""The sparse inflater against zlib: equal where zlib accepts, an error where it refuses, nothing written elsewhere."""

from __future__ import annotations

import gzip
import struct
import time
import zlib
from collections.abc import Callable

import numpy as np
import pytest

from MultiLabelSegLib.formats.codec.codec_errors import (
    ChecksumError,
    ExcessError,
    StreamError,
    StreamHeaderError,
    TruncatedError,
)

pytest.importorskip("numba", reason="the sparse inflater needs the compiled kernels")
from MultiLabelSegLib.formats.codec.crc_algebra import combine
from MultiLabelSegLib.formats.codec.gzip_write import deflate
from MultiLabelSegLib.formats.codec.sparse_inflate import Inflater, scatter_items

CAPACITY, CANARY = 200_000, 0xA5
PLAIN_HEAD = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"


class Guarded(Inflater):
    """An inflater whose buffer goes on with canaries behind the capacity."""

    def __init__(self) -> None:
        super().__init__()
        self._buffer = np.zeros(CAPACITY + 4096, np.uint8)
        self._buffer[CAPACITY:] = CANARY

    def check(self) -> None:
        assert (self._buffer[CAPACITY:] == CANARY).all(), "written behind the capacity"
        self.clear()
        assert not self._buffer[:CAPACITY].any(), "the stretches do not cover what was written"


def by_zlib(data: bytes) -> bytes | None:
    """What zlib makes of a file, by gzip's rules for members and padding; None where it refuses."""
    out, first = b"", True
    while first or data:
        first = False
        engine = zlib.decompressobj(31)
        try:
            out += engine.decompress(data, CAPACITY + 1 - len(out))
        except zlib.error:
            return None
        if not engine.eof or len(out) > CAPACITY:
            return None
        data = engine.unused_data.lstrip(b"\0")
    return out


def contents(rng: np.random.Generator) -> list[bytes]:
    """Masks, noise, periods and long zeros."""
    found = [b"", b"\0", b"a", bytes(70_000), b"\1" * 1000, rng.bytes(3000), b"abc" * 500 + bytes(200) + b"abc" * 9]
    found.append(bytes(40_000) + b"x" + bytes(32_768) + b"x")
    for itemsize in (1, 2):
        for _ in range(6):
            mask = np.zeros(int(rng.integers(1, 12_000)), f"<u{itemsize}")
            for _ in range(int(rng.integers(0, 8))):
                low = int(rng.integers(0, mask.size))
                mask[low : low + int(rng.integers(1, 400))] = rng.integers(1, 256**itemsize)
            found.append(b"header" * 20 + mask.tobytes())
    return found


def members(content: bytes) -> list[bytes]:
    """One content as gzip files of every level and strategy, and with every optional part of the header."""
    found = []
    for level, strategy in (
        (0, 0),
        (1, 0),
        (6, 0),
        (9, 0),
        (6, zlib.Z_FIXED),
        (6, zlib.Z_HUFFMAN_ONLY),
        (6, zlib.Z_RLE),
    ):
        engine = zlib.compressobj(level, zlib.DEFLATED, 31, 9, strategy)
        found.append(engine.compress(content) + engine.flush())
    engine = zlib.compressobj(6, zlib.DEFLATED, -15)
    half = len(content) // 2
    body = engine.compress(content[:half]) + engine.flush(zlib.Z_SYNC_FLUSH) + engine.compress(content[half:])
    body += engine.flush(zlib.Z_FULL_FLUSH) + engine.flush()
    tail = struct.pack("<II", zlib.crc32(content), len(content))
    found.append(b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + body + tail)
    head = b"\x1f\x8b\x08" + bytes([2 | 4 | 8 | 16]) + b"\0\0\0\0\0\xff" + b"\x06\0ML\x02\0ab" + b"name.nii\0comment\0"
    found.append(head + struct.pack("<H", zlib.crc32(head) & 0xFFFF) + body + tail)
    return found


def damaged(data: bytes, rng: np.random.Generator) -> bytes:
    """A few bits flipped, cut off, or a stretch replaced; the checksum repaired in half of the cases."""
    changed = bytearray(data)
    for _ in range(int(rng.integers(1, 4))):
        changed[int(rng.integers(0, len(changed)))] ^= 1 << int(rng.integers(0, 8))
    if rng.random() < 0.2:
        changed = changed[: int(rng.integers(0, len(changed) + 1))]
    if rng.random() < 0.5 and len(changed) > 18:
        engine = zlib.decompressobj(-15)
        try:
            content = engine.decompress(bytes(changed[10:]), CAPACITY)
            changed[-8:] = struct.pack("<II", zlib.crc32(content), len(content))
        except zlib.error:
            pass
    return bytes(changed)


def compare(inflater: Guarded, data: bytes) -> bool:
    """Whether both accept the same content; asserts that they agree."""
    expected = by_zlib(data)
    try:
        found = inflater.inflate(data, CAPACITY)
        content = found.buffer[: found.size].tobytes()
    except StreamError:
        content = None
    else:
        check_stretches(found.stretches, found.size)
    inflater.check()
    assert content == expected
    return expected is not None


def check_stretches(stretches: np.ndarray, size: int) -> None:
    """They rise, do not touch and lie within the content."""
    assert stretches.size % 2 == 0
    begins, stops = stretches[::2], stretches[1::2]
    assert (begins < stops).all()
    assert (begins[1:] >= stops[:-1]).all()
    assert stretches.size == 0 or (begins[0] >= 0 and stops[-1] <= size)


def noise(rng: np.random.Generator) -> bytes:
    """Random bytes, as they are, as a gzip member, or as a member whose first block is of a chosen kind."""
    body = rng.bytes(int(rng.choice([0, 1, 3, 20, 200, 2000])))
    kind = rng.integers(4)
    if kind == 0:
        return body
    first = bytes([(int(rng.integers(256)) & 0xF8) | int(rng.choice([1, 2, 3, 4, 5]))])
    head = PLAIN_HEAD if kind > 1 else PLAIN_HEAD[:3] + rng.bytes(1) + PLAIN_HEAD[4:]
    return head + first + body


def test_whole_files_of_every_kind_are_read_alike() -> None:
    inflater = Guarded()
    for content in contents(np.random.default_rng(1)):
        for data in members(content):
            assert compare(inflater, data)
            assert compare(inflater, data + bytes(7))
            assert compare(inflater, data + data)
            assert not compare(inflater, data + b"x")


def test_damage_is_never_taken_for_content() -> None:
    rng = np.random.default_rng(2)
    inflater = Guarded()
    files = [data for content in contents(rng) for data in members(content)]
    accepted = sum(compare(inflater, damaged(files[int(rng.integers(len(files)))], rng)) for _ in range(2500))
    assert accepted > 20  # some damage is repaired and decodable, so that equality is tested too


def test_noise_is_taken_for_content_only_where_zlib_does() -> None:
    rng = np.random.default_rng(4)
    inflater = Guarded()
    for _ in range(1500):
        compare(inflater, noise(rng))


@pytest.mark.parametrize("tail", [b"", bytes(8), bytes(300)])
@pytest.mark.parametrize(
    "body",
    [
        b"\x07",
        b"\x01\x05\x00\xfa\xfe12345",
        b"\x01\x05\x00\xfa\xff1234",
        b"\x05",
        b"\x05\x00",
        b"\x05" + bytes(40),
        b"\x05" + b"\xff" * 40,
        b"\x03\x02\x00",
        b"\x63\x00\x03\x00",
        b"\x4b\x04\x82\x00",
        b"\x1b\x03\x00",
    ],
)
def test_blocks_that_are_wrong_by_a_bit_are_judged_as_by_zlib(body: bytes, tail: bytes) -> None:
    compare(Guarded(), PLAIN_HEAD + body + tail)


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\x1f",
        b"\x1e\x8b\x08",
        b"\x1f\x8b\x07\0",
        b"\x1f\x8b\x08\x20" + bytes(30),
        b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\xff\xff",
        b"\x1f\x8b\x08\x08\0\0\0\0\0\xffabc",
        b"\x1f\x8b\x08\x02" + bytes(30),
    ],
)
def test_headers_that_no_gzip_file_has_are_refused(head: bytes) -> None:
    assert not compare(Guarded(), head)


def test_a_file_cut_anywhere_is_truncated() -> None:
    inflater = Guarded()
    data = gzip.compress(bytes(5000) + b"\3" * 700 + bytes(9000))
    for length in range(1, len(data)):
        with pytest.raises((TruncatedError, StreamHeaderError)):
            inflater.inflate(data[:length], CAPACITY)
    inflater.check()


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda data: data[:-8] + b"\0\0\0\0" + data[-4:], ChecksumError),
        (lambda data: data[:-4] + b"\1\0\0\0", ChecksumError),
        (lambda data: b"PK" + data[2:], StreamHeaderError),
    ],
)
def test_errors_say_what_is_wrong(change: Callable[[bytes], bytes], error: type[StreamError]) -> None:
    with pytest.raises(error):
        Guarded().inflate(change(gzip.compress(bytes(100) + b"\7" * 100)), CAPACITY)


def test_bombs_stop_at_the_capacity_and_cost_little_time() -> None:
    inflater = Guarded()
    compare(inflater, gzip.compress(b"compiles the kernels"))
    coder = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = coder.compress(bytes(600) + b"ab" * 300 + bytes(range(200))) + coder.flush(zlib.Z_FULL_FLUSH)
    began = time.process_time()
    with pytest.raises(ExcessError):
        inflater.inflate(gzip.compress(bytes(50_000_000)), CAPACITY)
    for data in (
        PLAIN_HEAD + b"\x00\x00\x00\xff\xff" * 400_000,  # stored blocks of nothing
        PLAIN_HEAD + b"\x02\x00" * 500_000,
        PLAIN_HEAD + block * 20_000,  # a new code for every few symbols
        gzip.compress(b"\1") * 20_000 + b"x",  # members of one byte
        gzip.compress(b"\1") + bytes(20_000_000) + b"x",  # padding
    ):
        with pytest.raises(StreamError):
            inflater.inflate(data, CAPACITY)
        inflater.check()
    assert time.process_time() - began < 10


def test_nothing_is_allocated_for_what_a_small_file_cannot_hold() -> None:
    inflater = Inflater()
    found = inflater.inflate(gzip.compress(b"small"), 1 << 34)
    assert found.size == 5
    assert found.buffer.size < 1 << 16


def test_positions_beyond_two_gigabytes_are_exact() -> None:
    """2.4 GB of content, of which only the touched pages exist; put together from blocks, never compressed whole."""
    total, places = 2_400_000_000, (5, 2_147_483_640, 2_399_999_998)
    step, pieces, at, checksum = 1 << 24, [PLAIN_HEAD], 0, 0
    zeros, zeros_crc = deflate(bytes(step), 1), zlib.crc32(bytes(step))
    for place in places:
        whole, rest = divmod(place - at, step)
        last = bytes(rest) + b"\7\7"
        pieces += [zeros] * whole + [deflate(last, 1)]
        for crc, size in [(zeros_crc, step)] * whole + [(zlib.crc32(last), len(last))]:
            checksum = combine(checksum, crc, size)
        at = place + 2
    pieces.append(b"\3\0" + struct.pack("<II", checksum, total))
    found = Inflater().inflate(b"".join(pieces), total)
    assert found.size == total
    assert found.stretches.tolist() == [edge for place in places for edge in (place, place + 2)]
    assert all(found.buffer[place] == found.buffer[place + 1] == 7 for place in places)


@pytest.mark.parametrize("item", [np.uint8, np.uint16])
@pytest.mark.parametrize("label", [np.uint8, np.uint16])
def test_items_become_labels_through_the_table(item: type, label: type) -> None:
    frame = np.array([0, 1, 1, 0, 9, 3, 3, 0], item)
    content = Inflater().inflate(gzip.compress(b"head" + frame.tobytes()), 4 + frame.nbytes)
    target = np.full(8, 5, label)
    counts = scatter_items(content, 4, np.dtype(item), target, {1: 200, 3: 7})
    assert target.tolist() == [5, 200, 200, 5, 5, 7, 7, 5]
    assert counts == {1: 2, 3: 2, 9: 1}


def test_items_of_any_file_become_labels_alike() -> None:
    """Against numpy: any offset, items that lie on both sides of a member's end, noise, single voxels, full volumes."""
    rng = np.random.default_rng(6)
    inflater = Inflater()
    for round_ in range(150):
        item = np.dtype((np.uint8, np.uint16)[round_ % 2])
        frame = np.zeros(int(rng.integers(1, 5000)), item)
        for _ in range(int(rng.integers(0, 6))):
            low = int(rng.integers(0, frame.size))
            frame[low : low + int(rng.integers(1, 300))] = rng.choice([1, 3, 200, 255])
        if round_ % 5 == 0:
            frame[rng.random(frame.size) < 0.3] = 3
        offset = item.itemsize * int(rng.integers(0, 200))
        data = rng.bytes(offset) + frame.tobytes()
        cut = int(rng.integers(0, len(data) + 1))
        file = gzip.compress(data[:cut], 1) + gzip.compress(data[cut:], 6)
        before = rng.integers(0, 3, frame.size).astype((np.uint8, np.uint16)[round_ // 2 % 2])
        labels = {1: 9, 200: 77}
        target = before.copy()
        counts = scatter_items(inflater.inflate(file, len(data)), offset, item, target, labels)
        expected = np.where(frame == 1, 9, np.where(frame == 200, 77, before))
        assert np.array_equal(target, expected)
        values, numbers = np.unique(frame[frame > 0], return_counts=True)
        assert counts == dict(zip(values.tolist(), numbers.tolist(), strict=True))
