"""The sparse inflater against zlib: equal where zlib accepts, an error where zlib refuses, nothing written elsewhere."""

from __future__ import annotations

import gzip
import struct
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
from MultiLabelSegLib.formats.codec.sparse_inflate import Inflater, scatter_items

CAPACITY, CANARY = 200_000, 0xA5


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
    inflater.check()
    assert content == expected
    return expected is not None


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


def test_a_bomb_stops_at_the_capacity() -> None:
    inflater = Guarded()
    with pytest.raises(ExcessError):
        inflater.inflate(gzip.compress(bytes(50_000_000)), CAPACITY)
    inflater.check()


@pytest.mark.parametrize("item", [np.uint8, np.uint16])
@pytest.mark.parametrize("label", [np.uint8, np.uint16])
def test_items_become_labels_through_the_table(item: type, label: type) -> None:
    frame = np.array([0, 1, 1, 0, 9, 3, 3, 0], item)
    content = Inflater().inflate(gzip.compress(b"head" + frame.tobytes()), 4 + frame.nbytes)
    target = np.full(8, 5, label)
    counts = scatter_items(content, 4, np.dtype(item), target, {1: 200, 3: 7})
    assert target.tolist() == [5, 200, 200, 5, 5, 7, 7, 5]
    assert counts == {1: 2, 3: 2, 9: 1}
