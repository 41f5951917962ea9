"""Groups written chunk by chunk: gzip, zlib and our own reader find exactly the voxels, whatever the engine."""

from __future__ import annotations

import gzip
import io
import tracemalloc
import zlib

import numpy as np
import pytest

from MultiLabelSegLib.errors import LossError
from MultiLabelSegLib.formats.codec import byte_source, gzip_write
from MultiLabelSegLib.formats.codec.gzip_stream import open_source, read_groups
from MultiLabelSegLib.formats.codec.gzip_write import Written, interleave, write_groups

SHAPE = (2, 3, 5, 7)


@pytest.fixture(params=["zlib", "isal"])
def deflate_engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Runs the test with both DEFLATE engines."""
    if request.param == "zlib":
        for module in (byte_source, gzip_write):
            monkeypatch.setattr(module, "fast_zlib", lambda: zlib)
    else:
        pytest.importorskip("isal")
    gzip_write._zeros.cache_clear()
    return str(request.param)


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of a few voxels, so that a small array has many and an odd last one."""
    monkeypatch.setattr(gzip_write, "CHUNK_BYTES", 50)


def some_groups(count: int, top: int) -> list[np.ndarray]:
    """Groups with empty stretches; those of odd number are uint16."""
    rng = np.random.default_rng(count * 1000 + top)
    groups = [
        rng.integers(0, top + 1, SHAPE).astype(np.uint8 if top < 256 and n % 2 == 0 else np.uint16)
        for n in range(count)
    ]
    for group in groups:
        group[1, 1:] = 0
    return groups


def written(groups: list[np.ndarray], **options: object) -> tuple[bytes, Written]:
    file = io.BytesIO()
    result = write_groups(file, groups, **options)  # type: ignore[arg-type]
    return file.getvalue(), result


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("byteorder", ["little", "big"])
@pytest.mark.parametrize("itemsize", [1, 2])
@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_gzip_finds_the_groups_interleaved(count: int, itemsize: int, byteorder: str, deflate_engine: str) -> None:
    groups = some_groups(count, 255 if itemsize == 1 else 65535)
    order = "<" if byteorder == "little" else ">"
    want = b"NIfTI head" + np.stack(groups, -1).astype(f"{order}u{itemsize}").tobytes()
    data, result = written(groups, itemsize=itemsize, byteorder=byteorder, head=b"NIfTI head")
    assert gzip.decompress(data) == want
    assert result == Written(zlib.crc32(want), len(want), len(data))


@pytest.mark.usefixtures("small_chunks", "deflate_engine")
@pytest.mark.parametrize("count", [1, 2, 3])
def test_our_reader_finds_what_was_written(count: int) -> None:
    groups = some_groups(count, 300)
    data, _ = written(groups)
    found = read_groups(open_source(io.BytesIO(data), "gzip"), SHAPE, count)
    assert all(np.array_equal(a, b) for a, b in zip(found, groups, strict=True))


@pytest.mark.usefixtures("small_chunks", "deflate_engine")
def test_the_number_of_threads_changes_no_byte() -> None:
    groups = some_groups(2, 200)
    assert written(groups, threads=1) == written(groups, threads=3)


@pytest.mark.usefixtures("small_chunks")
def test_raw_data_are_the_plain_bytes() -> None:
    groups = some_groups(2, 200)
    want = b"head" + np.stack(groups, -1).astype("<u2").tobytes()
    assert written(groups, encoding="raw", head=b"head") == (want, Written(zlib.crc32(want), len(want), len(want)))


@pytest.mark.usefixtures("deflate_engine")
def test_arrays_in_any_memory_order_are_written_in_c_order() -> None:
    group = np.arange(24, dtype=np.uint16).reshape(1, 2, 3, 4)
    for view in (np.asfortranarray(group), group[:, ::-1], group.transpose(0, 1, 3, 2)):
        assert gzip.decompress(written([view])[0]) == view.astype("<u2").tobytes()


@pytest.mark.usefixtures("deflate_engine")
@pytest.mark.parametrize("level", [0, 1, 3, 9])
def test_every_level_holds_the_same_voxels(level: int) -> None:
    groups = some_groups(2, 9)
    assert gzip.decompress(written(groups, level=level)[0]) == np.stack(groups, -1).astype("<u2").tobytes()


@pytest.mark.usefixtures("deflate_engine")
def test_an_empty_volume_is_an_empty_member() -> None:
    data, result = written([np.zeros((1, 0, 4, 4), np.uint8)])
    assert gzip.decompress(data) == b""
    assert result.bytes == 0


def test_a_value_that_needs_two_bytes_is_not_cut_to_one() -> None:
    with pytest.raises(LossError, match="label value 256"):
        written([np.full((1, 1, 1, 3), 256, np.uint16)], itemsize=1)


@pytest.mark.usefixtures("small_chunks")
def test_a_failing_disk_and_a_cancelled_job_end_the_writing_with_threads_too() -> None:
    class Full(io.BytesIO):
        def write(self, data: object) -> int:
            if self.tell() > 100:
                raise OSError(28, "No space left on device")
            return super().write(data)  # type: ignore[arg-type]

    for threads in (1, 2):
        with pytest.raises(OSError, match="No space"):
            write_groups(Full(), some_groups(2, 9), threads=threads)
        with pytest.raises(KeyboardInterrupt):
            write_groups(io.BytesIO(), some_groups(2, 9), threads=threads, progress=_cancel)


def _cancel(fraction: float) -> None:
    if fraction > 0.5:
        raise KeyboardInterrupt


@pytest.mark.usefixtures("small_chunks")
def test_progress_rises_from_nothing_to_one() -> None:
    seen: list[float] = []
    written(some_groups(2, 9), progress=seen.append)
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (0.0, 1.0)
    assert len(seen) > 10


@pytest.mark.parametrize("count", [1, 2, 3, 4, 8])
@pytest.mark.parametrize("item", ["<u1", "<u2", ">u2"])
def test_rows_are_put_together_alike_by_shifts_and_by_strides(count: int, item: str) -> None:
    groups = [group.reshape(-1) for group in some_groups(count, 255)]
    rows = interleave(groups, np.dtype(item))
    assert rows.dtype == np.dtype(item)
    assert np.array_equal(rows.reshape(-1, count), np.stack(groups, -1))


def test_memory_stays_at_a_few_chunks() -> None:
    groups = [np.ones((1, 64, 256, 256), np.uint8) for _ in range(2)]
    tracemalloc.start()
    with io.BytesIO() as file:
        write_groups(file, groups)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * gzip_write.CHUNK_BYTES
