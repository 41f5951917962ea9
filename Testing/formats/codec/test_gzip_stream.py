"""Reading voxels chunk by chunk: every encoding, layout, type and byte order, and all that can be wrong."""

from __future__ import annotations

import bz2
import gzip
import io
import random
import tracemalloc
import zlib

import numpy as np
import pytest

from MultiLabelSegLib.errors import CorruptFileError, UnsupportedFormatError
from MultiLabelSegLib.formats.codec import byte_source, gzip_stream
from MultiLabelSegLib.formats.codec.codec_errors import (
    ChecksumError,
    DamagedError,
    ExcessError,
    StreamError,
    StreamHeaderError,
    TruncatedError,
    VoxelValueError,
)
from MultiLabelSegLib.formats.codec.gzip_stream import errors_name, open_source, read_groups, read_into
from MultiLabelSegLib.formats.codec.label_values import ITEM_TYPES

ENGINES = ["zlib", "isal"]


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Runs the test with both DEFLATE engines; they must not differ."""
    if request.param == "zlib":
        monkeypatch.setattr(byte_source, "fast_zlib", lambda: zlib)
    else:
        pytest.importorskip("isal")
    return str(request.param)


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks and reads of a few odd bytes, so that every boundary falls within something."""
    monkeypatch.setattr(gzip_stream, "CHUNK_BYTES", 61)
    monkeypatch.setattr(byte_source, "INPUT_BYTES", 7)


def encode(content: bytes, encoding: str) -> bytes:
    if encoding == "gzip":
        return gzip.compress(content, 1)
    if encoding == "zlib":
        return zlib.compress(content)
    return bz2.compress(content) if encoding == "bzip2" else content


def read(data: bytes, encoding: str, *args: object, **options: object) -> list[np.ndarray]:
    return read_groups(open_source(io.BytesIO(data), encoding), *args, **options)  # type: ignore[arg-type]


def some_groups(groups: int, top: int, shape: tuple[int, int, int, int] = (2, 3, 4, 5)) -> list[np.ndarray]:
    rng = np.random.default_rng(groups * 1000 + top)
    return [rng.integers(0, top + 1, shape) for _ in range(groups)]


def file_items(groups: list[np.ndarray], dtype: str, layout: str) -> bytes:
    return np.stack(groups, -1 if layout == "interleaved" else 0).astype(dtype).tobytes()


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("encoding", ["raw", "gzip", "zlib", "bzip2"])
@pytest.mark.parametrize("byteorder", ["little", "big"])
@pytest.mark.parametrize("groups", [1, 2, 3, 4])
@pytest.mark.parametrize("item", ITEM_TYPES)
def test_every_type_order_and_encoding_gives_the_same_groups(
    item: str, groups: int, byteorder: str, encoding: str, engine: str
) -> None:
    dtype = ("<" if byteorder == "little" else ">") + item
    top = {"u1": 255, "i1": 127, "i2": 32767}.get(item, 65535)
    for layout in ("interleaved", "planar"):
        for highest in {min(top, 255), top}:
            want = some_groups(groups, highest)
            data = encode(file_items(want, dtype, layout), encoding)
            found = read(data, encoding, (2, 3, 4, 5), groups, item, byteorder, layout)
            assert [g.shape for g in found] == [(2, 3, 4, 5)] * groups
            for g, w in zip(found, want, strict=True):
                assert np.array_equal(g, w)
                assert g.dtype == (np.uint8 if w.max() <= 255 else np.uint16)
                assert g.flags.c_contiguous
                assert g.flags.writeable


@pytest.mark.usefixtures("small_chunks")
def test_only_the_group_that_needs_it_becomes_uint16() -> None:
    groups = some_groups(2, 9)
    groups[1][1, 2, 3, 4] = 300  # the very last voxel: everything before must be carried over
    found = read(file_items(groups, "<u2", "interleaved"), "raw", (2, 3, 4, 5), 2)
    assert [g.dtype for g in found] == [np.uint8, np.uint16]
    assert np.array_equal(found[1], groups[1])
    assert np.array_equal(found[0], groups[0])


def test_interleaved_values_checked_by_eye() -> None:
    content = np.array([[1, 9], [0, 300], [2, 0]], "<u2").tobytes()
    first, second = read(content, "raw", (1, 1, 1, 3), 2)
    assert first.tolist() == [[[[1, 0, 2]]]]
    assert second.tolist() == [[[[9, 300, 0]]]]


@pytest.mark.parametrize("text", [b"1 0 300\n2,0,\t5", b"\n 1.0 0e3 300 2 0.0004 5\r\n", b"1\n0\n300\n2\n0\n5.0009\n"])
def test_text_data_give_the_numbers_whatever_separates_them(text: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    for size in (1, 2, 3, 1000):
        monkeypatch.setattr(byte_source, "INPUT_BYTES", size)
        (group,) = read(text, "ascii", (1, 1, 2, 3), 1, "u1")
        assert group.reshape(-1).tolist() == [1, 0, 300, 2, 0, 5]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (b"1 2 x", DamagedError),
        (b"1 2", TruncatedError),
        (b"1 2 3 4", ExcessError),
        (b"1 2 -3", VoxelValueError),
        (b"1 2 1e400", VoxelValueError),
        (b"1 2 nan", VoxelValueError),
        (b"1 2 " + b"3" * 5000, StreamError),
        (b"1 2 0x10", DamagedError),
        (b"\xff\xfe1 2 3", DamagedError),
    ],
)
def test_text_that_is_not_the_announced_numbers_is_refused(text: bytes, kind: type[StreamError]) -> None:
    with pytest.raises(kind):
        read(text, "ascii", (1, 1, 1, 3), 1, "u1")


@pytest.mark.parametrize(
    ("values", "item", "message"),
    [
        ([5, -1, -7], "i1", r"2 voxels are negative \(first: -1\)"),
        ([5, -300, 7], "i2", r"1 voxels are negative \(first: -300\)"),
        ([70000, 65536, 7], "u4", r"2 voxels are above 65535 \(first: 70000\)"),
        (
            [-1, 70000, 7],
            "i4",
            r"1 voxels are negative \(first: -1\) and 1 voxels are above 65535 \(first: 70000\)",
        ),
        ([1 << 62, 7, 7], "u8", r"1 voxels are above 65535 \(first: 4611686018427387904\)"),
        ([0.5, 1.25, 7], "f4", r"2 voxels are not integral \(first: 0.5\)"),
        ([7, -2.0, 65537], "f8", r"1 voxels are negative \(first: -2.0\) and 1 voxels are above"),
        ([float("nan"), float("inf"), 1], "f4", r"2 voxels are not finite \(first: nan\)"),
        ([1.0011, 1, 1], "f8", r"1 voxels are not integral \(first: 1.0011\)"),
    ],
)
def test_values_that_are_no_labels_are_named_and_counted(values: list[float], item: str, message: str) -> None:
    with pytest.raises(VoxelValueError, match=message):
        read(np.array(values, "<" + item).tobytes(), "raw", (1, 1, 1, 3), 1, item)


def test_faulty_voxels_are_counted_over_all_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gzip_stream, "CHUNK_BYTES", 8)
    with pytest.raises(VoxelValueError, match="100 voxels are negative"):
        read(np.full(100, -3, "<i2").tobytes(), "raw", (1, 1, 10, 10), 1, "i2")


def test_rounding_within_a_thousandth_is_accepted() -> None:
    (group,) = read(np.array([-0.0005, 2.9995, 65535.0], "<f4").tobytes(), "raw", (1, 1, 1, 3), 1, "f4")
    assert group.reshape(-1).tolist() == [0, 3, 65535]


@pytest.mark.parametrize("item", ["c8", "f2", "S2", "b1", "M8[s]"])
def test_types_that_cannot_be_labels_are_refused(item: str) -> None:
    with pytest.raises(VoxelValueError, match="cannot be labels"):
        read(bytes(64), "raw", (1, 1, 1, 2), 1, item)


CONTENT = np.arange(30, dtype="<u2").tobytes()
SHAPE = (1, 2, 3, 5)


@pytest.mark.parametrize("encoding", ["raw", "gzip", "zlib", "bzip2"])
def test_every_truncation_is_noticed(encoding: str, engine: str) -> None:
    data = encode(CONTENT, encoding)
    assert np.array_equal(read(data, encoding, SHAPE)[0].reshape(-1), np.arange(30))
    for size in range(len(data)):
        with pytest.raises(StreamError) as caught:
            read(data[:size], encoding, SHAPE)
        assert isinstance(caught.value, TruncatedError), (size, caught.value)


@pytest.mark.parametrize("encoding", ["raw", "gzip", "zlib", "bzip2"])
def test_too_many_data_are_refused(encoding: str, engine: str) -> None:
    with pytest.raises(ExcessError, match="more data than the 58 bytes"):
        read(encode(CONTENT, encoding), encoding, (1, 1, 1, 29))


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("encoding", ["gzip", "bzip2"])
def test_members_and_padding_are_read_on_and_garbage_is_refused(encoding: str, engine: str) -> None:
    a, b = encode(CONTENT[:13], encoding), encode(CONTENT[13:], encoding)
    empty = encode(b"", encoding)
    for data in (a + b, a + bytes(9) + b, empty + a + b + empty, a + b + bytes(1000)):
        assert np.array_equal(read(data, encoding, SHAPE)[0].reshape(-1), np.arange(30))
    for tail in (b"x", b"\0\0garbage", b"\x1f", b"BZ"):
        with pytest.raises(StreamHeaderError):
            read(a + b + tail, encoding, SHAPE)


def test_damaged_checksums_and_lengths_are_refused(engine: str) -> None:
    data = encode(CONTENT, "gzip")
    for place in range(1, 9):
        broken = bytearray(data)
        broken[-place] ^= 1
        with pytest.raises(ChecksumError):
            read(bytes(broken), "gzip", SHAPE)
    broken = bytearray(encode(CONTENT, "zlib"))
    broken[-1] ^= 1
    with pytest.raises(ChecksumError):
        read(bytes(broken), "zlib", SHAPE)


@pytest.mark.parametrize("encoding", ["gzip", "zlib", "bzip2"])
def test_damage_is_an_error_or_harmless_but_never_wrong_voxels(encoding: str, engine: str) -> None:
    content = some_groups(1, 65535, (1, 5, 7, 9))[0].astype("<u2")
    content[0, 1:4] = 0
    data, chance, refused = encode(content.tobytes(), encoding), random.Random(3), 0
    for _ in range(300):
        broken = bytearray(data)
        for _ in range(chance.choice((1, 1, 3))):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        try:
            (found,) = read(bytes(broken), encoding, content.shape)
        except StreamError:
            refused += 1
        else:
            assert np.array_equal(found, content)
    assert refused > 200


@pytest.mark.parametrize("encoding", ["gzip", "bzip2"])
@pytest.mark.parametrize("data", [b"", b"\x1f", b"NRRD0004", b"\0" * 20, b"PK\3\4 and so on"])
def test_something_else_than_the_announced_encoding_is_refused(encoding: str, data: bytes) -> None:
    with pytest.raises(StreamError):
        read(data, encoding, SHAPE)


def test_unknown_encodings_are_refused_with_the_known_ones() -> None:
    with pytest.raises(UnsupportedFormatError, match="hex.*raw, gzip"):
        open_source(io.BytesIO(), "hex")


@pytest.mark.parametrize("encoding", ["raw", "gzip", "ascii"])
def test_a_header_that_promises_terabytes_is_refused_before_anything_is_allocated(encoding: str) -> None:
    tracemalloc.start()
    with pytest.raises(TruncatedError, match=r"announces \d{13} bytes"):
        read(bytes(100), encoding, (1, 10**4, 10**4, 10**4))
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()


def test_a_bzip2_header_that_promises_more_than_memory_is_refused() -> None:
    with pytest.raises(StreamError):
        read(bz2.compress(b"\0"), "bzip2", (10**4, 10**5, 10**5, 10**5))


def test_reading_starts_where_the_file_is_positioned(engine: str) -> None:
    file = io.BytesIO(b"NRRD header\n\n" + encode(CONTENT, "gzip"))
    file.seek(13)
    assert read_groups(open_source(file, "gzip"), SHAPE)[0].reshape(-1).tolist() == list(range(30))


def test_errors_get_the_path_of_the_file() -> None:
    with (
        pytest.raises(CorruptFileError, match="^liver.nrrd: .*end early") as caught,
        errors_name("liver.nrrd"),
    ):
        read(encode(CONTENT, "gzip")[:20], "gzip", SHAPE)
    assert caught.value.path == "liver.nrrd"
    assert isinstance(caught.value, TruncatedError)


def test_read_into_hands_over_whole_units_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gzip_stream, "CHUNK_BYTES", 16)
    pieces: list[tuple[int, bytes]] = []
    read_into(open_source(io.BytesIO(gzip.compress(CONTENT)), "gz"), 60, lambda *piece: pieces.append(piece), 6)
    assert [(at, len(piece)) for at, piece in pieces] == [(n, 12) for n in range(0, 60, 12)]
    assert b"".join(piece for _, piece in pieces) == CONTENT


def test_progress_rises_to_one_and_can_end_the_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gzip_stream, "CHUNK_BYTES", 10)
    for layout in ("interleaved", "planar"):
        seen: list[float] = []
        read(CONTENT, "raw", (1, 1, 3, 5), 2, layout=layout, progress=seen.append)
        assert seen == sorted(seen)
        assert seen[-1] == 1.0
        assert len(seen) > 5

    def cancel(_: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read(CONTENT, "raw", SHAPE, progress=cancel)


def test_memory_stays_below_three_times_the_uint16_groups() -> None:
    shape, groups = (1, 64, 128, 128), 2
    source = np.zeros((*shape, groups), "<u2")
    source[:, 10:40, 30:90, 30:90] = 1000
    data = gzip.compress(source.tobytes(), 1)
    expected = source[..., 0].nbytes * groups
    del source
    tracemalloc.start()
    found = read(data, "gzip", shape, groups)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found[0].dtype == np.uint16
    assert peak < 3 * expected
