"""Runs of a group and their statistics, against plain numpy; with compiled kernels and without."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from MultiLabelSegLib.core.run_statistics import merge_statistics
from MultiLabelSegLib.core.runs import RunTable, frozen, paint_runs, scan, scan_frames
from MultiLabelSegLib.errors import GroupError


@pytest.fixture(params=["always", "never"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "always":
        pytest.importorskip("numba")
    monkeypatch.setenv("MLSEG_KERNELS", request.param)
    return str(request.param)


def volumes(seed: int, count: int) -> Iterator[np.ndarray]:
    """Odd sizes, single voxels, first and last voxel, empty, full, noise, blocks; frames and groups of frames."""
    rng = np.random.default_rng(seed)
    corners = [(1, 1, 1), (1, 1, 300), (300, 1, 1), (1, 97, 1), (2, 3, 4100), (2, 1, 1, 9), (3, 2, 5, 7)]
    for n in range(count):
        dtype = np.uint8 if n % 2 else np.uint16
        top = int(np.iinfo(dtype).max)
        shape = tuple(int(size) for size in rng.integers(1, 24, 3)) if n % 7 else corners[n // 7 % len(corners)]
        volume = np.zeros(shape, dtype)
        kind = n // 2 % 8
        if kind == 1:
            volume[...] = rng.integers(1, top + 1)
        elif kind == 2:
            volume[...] = rng.integers(0, top + 1, shape)
        elif kind == 3:
            volume[rng.random(shape) < 0.03] = top
        elif kind == 4:
            volume.reshape(-1)[0] = 1
            volume.reshape(-1)[-1] = top
        elif kind == 5:
            volume[...] = rng.integers(0, 3, shape)
        elif kind > 5:
            for _ in range(6):
                low = [int(rng.integers(0, size)) for size in shape]
                volume[tuple(slice(a, a + 7) for a in low)] = rng.integers(0, top + 1)
        yield volume


def check_table(table: RunTable, volume: np.ndarray) -> None:
    assert table.shape == volume.shape
    assert table.size == volume.size
    assert table.values.tolist() == [int(v) for v in np.unique(volume) if v]
    back = np.zeros(volume.size, volume.dtype)
    for row, value in enumerate(table.values):
        start, stop = table.runs(row)
        assert (start < stop).all()
        assert (start[1:] > stop[:-1]).all(), "runs are maximal and sorted"
        paint_runs(back, start, stop, int(value))
    assert (back.reshape(volume.shape) == volume).all()
    for part in (table.values, table.offsets, table.start, table.stop):
        assert part.dtype == np.int64
        assert not part.flags.writeable


def test_a_row_has_the_runs_that_the_eye_sees(engine: str) -> None:
    volume = np.array([[[0, 3, 3, 0], [0, 7, 7, 7]], [[7, 3, 0, 0], [0, 0, 0, 3]]], np.uint8)
    table = scan(volume)
    assert table.values.tolist() == [3, 7]
    assert [part.tolist() for part in table.runs_of(3)] == [[1, 9, 15], [3, 10, 16]]
    assert [part.tolist() for part in table.runs_of(7)] == [[5], [9]], "a run wraps over rows and slices"
    assert [part.tolist() for part in table.runs_of(4)] == [[], []]
    statistics = table.statistics()
    assert statistics.voxels.tolist() == [4, 4]
    assert statistics.lower.tolist() == [[0, 0, 1], [0, 0, 0]]
    assert statistics.upper.tolist() == [[2, 2, 4], [2, 2, 4]]
    assert statistics.sums.tolist() == [[2, 1, 7], [1, 3, 6]]
    assert (statistics.row(7), statistics.row(4)) == (1, -1)


def test_runs_and_statistics_of_random_volumes_agree_with_numpy(engine: str) -> None:
    for volume in volumes(1, 160):
        table = scan(volume)
        check_table(table, volume)
        statistics = table.statistics()
        for row, value in enumerate(table.values[:40]):
            places = np.argwhere(volume == value)[:, -3:]
            assert statistics.voxels[row] == len(places)
            assert statistics.lower[row].tolist() == places.min(0).tolist()
            assert statistics.upper[row].tolist() == (places.max(0) + 1).tolist()
            assert statistics.sums[row].tolist() == places.sum(0).tolist()
            assert np.allclose(statistics.centroids_kji[row], places.mean(0))


def test_both_engines_give_the_same_table(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("numba")
    for volume in volumes(2, 60):
        monkeypatch.setenv("MLSEG_KERNELS", "always")
        compiled = scan(volume)
        monkeypatch.setenv("MLSEG_KERNELS", "never")
        plain = scan(volume)
        for name in ("values", "offsets", "start", "stop"):
            assert np.array_equal(getattr(compiled, name), getattr(plain, name)), name


def test_frames_are_scanned_one_by_one_and_their_statistics_merge_to_those_of_the_group(engine: str) -> None:
    rng = np.random.default_rng(3)
    group = rng.integers(0, 4, (5, 3, 6, 7)).astype(np.uint16)
    group[2] = 0
    group[4][group[4] == 3] = 9
    tables = scan_frames(group)
    for table, frame in zip(tables, group, strict=True):
        check_table(table, frame)
    merged, whole = merge_statistics([table.statistics() for table in tables]), scan(group).statistics()
    for name in ("values", "voxels", "lower", "upper", "sums"):
        assert getattr(merged, name).tolist() == getattr(whole, name).tolist()
    assert len(merge_statistics([]).values) == 0


def test_views_transposed_misaligned_and_read_only_arrays_are_scanned_as_they_look(engine: str) -> None:
    rng = np.random.default_rng(2)
    base = (rng.random((20, 21, 23)) < 0.4).astype(np.uint16) * rng.integers(1, 9, (20, 21, 23)).astype(np.uint16)
    memory = np.zeros(base.nbytes + 3, np.uint8)
    shifted = memory[2:-1].view(np.uint16).reshape(base.shape)
    odd = memory[3:].view(np.uint16).reshape(base.shape)
    for view in (base[::2], base[:, 1:-1, ::-1], base.transpose(2, 1, 0), shifted, odd, np.asfortranarray(base)):
        if view is shifted or view is odd:
            view[...] = base
        check_table(scan(view), view)
        view.flags.writeable = False
        check_table(scan(view), view)


def test_all_65535_values_at_once(engine: str) -> None:
    volume = np.random.default_rng(3).permutation(np.arange(65536, dtype=np.uint16)).reshape(16, 64, 64)
    table = scan(volume)
    assert len(table.values) == 65535
    assert (table.statistics().voxels == 1).all()
    assert (table.index(65535), table.index(0)) == (65534, -1)
    assert (volume.reshape(-1)[table.start] == table.values).all()


def test_kernels_are_compiled_once_for_each_dtype(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("numba")
    from MultiLabelSegLib.core import runs_kernels

    monkeypatch.setenv("MLSEG_KERNELS", "always")
    runs_kernels.warm_up()
    kernels = (runs_kernels.find_boundaries, runs_kernels.group_by_value, runs_kernels.paint, runs_kernels.sum_up)
    before = [len(kernel.signatures) for kernel in kernels]
    for dtype in (np.uint8, np.uint16):
        volume = np.ones((3, 4, 5), dtype)
        scan(volume).statistics()
        volume.flags.writeable = False
        table = scan(volume[:, 1:])
        table.statistics()
        paint_runs(np.zeros(table.size, dtype), *table.runs(0), 9)
    assert before == [2, 2, 2, 1]
    assert [len(kernel.signatures) for kernel in kernels] == before


def test_runs_are_painted_whether_few_or_many(engine: str) -> None:
    for length in (1, 200):
        start = np.arange(3, 3000, 2 * length, dtype=np.int64)
        out = np.full(4000, 9, np.uint16)
        paint_runs(out, start, start + length, 65535)
        want = np.full(4000, 9, np.uint16)
        for low in start:
            want[low : low + length] = 65535
        assert (out == want).all()
    touching = np.zeros(8, np.uint8)
    paint_runs(touching, np.array([1, 3]), np.array([3, 5]), 7)
    assert touching.tolist() == [0, 7, 7, 7, 7, 0, 0, 0], "runs may touch"
    paint_runs(touching, np.zeros(0, np.int64), np.zeros(0, np.int64), 5)
    assert touching.tolist() == [0, 7, 7, 7, 7, 0, 0, 0]


@pytest.mark.parametrize(("shape", "dtype"), [((2, 2, 2), "i2"), ((2, 2, 2), ">u2"), ((2, 2), "u1"), ((2, 2, 2), "f4")])
def test_other_dtypes_and_axes_are_refused_with_both_named(shape: tuple[int, ...], dtype: str) -> None:
    with pytest.raises(GroupError, match=r"uint8 or uint16.*found .*shape"):
        scan(np.zeros(shape, dtype))
    with pytest.raises(GroupError, match="axes"):
        scan_frames(np.zeros((2, 2, 2), np.uint8))


def test_an_empty_array_has_no_runs(engine: str) -> None:
    table = scan(np.zeros((0, 3, 3), np.uint8))
    assert len(table.values) == 0
    assert table.offsets.tolist() == [0]
    assert len(table.statistics().voxels) == 0


def test_frozen_shares_memory_where_it_can() -> None:
    array = np.zeros((2, 8), np.uint16)
    flat = frozen(array)
    assert np.shares_memory(flat, array)
    assert not flat.flags.writeable
    assert array.flags.writeable
