"""The compiled and the numpy engine find and write the same on volumes with long rows, blobs and noise."""

from __future__ import annotations

import numpy as np
import pytest

from MultiLabelSegLib.compiled import use_kernels
from MultiLabelSegLib.core import Box
from MultiLabelSegLib.edit.patch import VoxelPatch
from MultiLabelSegLib.edit.resolve_numpy import resolve_numpy
from MultiLabelSegLib.edit.rules import Rules, Work, as_counts
from MultiLabelSegLib.edit.values import Stretches, Values, compact_stretches, spread

pytest.importorskip("numba")


@pytest.fixture(autouse=True)
def current_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kernels are imported after this question alone, which clears away what older sources were compiled to."""
    monkeypatch.setenv("MLSEG_KERNELS", "always")
    assert use_kernels(1)


def volume(seed: int, shape: tuple[int, int, int], dtype: type, grain: int) -> np.ndarray:
    """Blocks of one value, ``grain`` voxels long, of which some are 0 and some at the end of the dtype's range."""
    rng = np.random.default_rng(seed)
    values = np.array([0, 0, 0, 1, 2, 3, 200, np.iinfo(dtype).max], dtype)
    coarse = rng.choice(values, (shape[0], shape[1], shape[2] // grain + 2))
    start = int(rng.integers(grain))
    return np.ascontiguousarray(coarse.repeat(grain, axis=2)[:, :, start : start + shape[2]])


def listed(values: Values, many: int) -> list[int]:
    return [values] * many if isinstance(values, int) else spread(values).tolist()


CASES = [
    (shape, box, region_type, frame_type, grain)
    for shape, box in [
        ((3, 5, 129), Box.whole((3, 5, 129))),
        ((3, 5, 129), Box((1, 2, 5), (3, 5, 123))),
        ((2, 3, 64), Box((0, 1, 0), (2, 2, 64))),
        ((2, 2, 9), Box((0, 0, 8), (2, 2, 9))),
        ((2, 3, 300), Box((0, 1, 1), (2, 3, 300))),
        ((2, 2, 192), Box((0, 0, 63), (2, 2, 191))),
    ]
    for region_type in (np.uint8, np.uint16)
    for frame_type in (np.uint8, np.uint16)
    for grain in (1, 3, 8, 21, 70)
]


@pytest.mark.parametrize("case", range(len(CASES)))
@pytest.mark.parametrize("kind", ["swap", "one value", "clear", "blocked", "wide"])
def test_both_engines_agree(case: int, kind: str) -> None:
    from MultiLabelSegLib.edit.resolve_compiled import resolve_compiled, write_compiled

    shape, box, region_type, frame_type, grain = CASES[case]
    region, frame = volume(case, shape, region_type, grain), volume(case + 500, shape, frame_type, max(1, grain - 1))
    mapping = {"swap": {1: 2, 2: 1, 200: 0}, "one value": {3: 200}, "wide": {1: 300, 3: 2}}.get(kind, {1: 2, 2: 3})
    rows = np.iinfo(frame_type).max + 1
    writable, clears = np.ones(rows, np.bool_), np.zeros(rows, np.uint8)
    writable[[0, 3]] = kind in ("one value", "wide"), kind == "swap"
    clears[[2, 3]] = Rules.BLOCKED if kind == "blocked" else Rules.CLEAR
    rules = Rules(mapping, writable, clears if kind in ("clear", "blocked", "wide") else None)
    work = Work(region, box, frame, box)
    plain, quick = resolve_numpy(work, rules), resolve_compiled(work, rules)
    np.testing.assert_array_equal(plain.mask, quick.mask)
    assert listed(plain.values, plain.written) == listed(quick.values, quick.written)
    assert plain.gained == quick.gained
    assert as_counts(plain.lost) == quick.lost
    assert as_counts(plain.protected) == quick.protected
    if not quick.written:
        return
    patch = VoxelPatch(0, 0, box, quick.mask, quick.values, quick.gained)
    mine, other = (frame.astype(np.promote_types(frame_type, np.min_scalar_type(patch.top))) for _ in range(2))
    inverse = patch.write(mine)
    old, lost = write_compiled(other, box, quick.mask, quick.values)
    np.testing.assert_array_equal(mine, other)
    assert inverse.counts == lost == quick.lost
    inverse.write(mine)
    np.testing.assert_array_equal(mine, frame)
    assert listed(old, quick.written) == listed(inverse.values, quick.written)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("grain", [1, 5, 64, 150])
def test_a_frame_relabelled_within_itself_is_read_once_and_right(dtype: type, grain: int) -> None:
    from MultiLabelSegLib.edit.resolve_compiled import resolve_compiled

    frame = volume(grain, (3, 4, 201), dtype, grain)
    shifted = Box((0, 0, 1), (3, 4, 200)), Box((0, 0, 2), (3, 4, 201))
    rules = Rules({1: 2, 2: 1, 3: 0, 200: 3}, np.arange(np.iinfo(dtype).max + 1) != 3, None)
    for region_box, box in ((shifted[0], shifted[0]), shifted):
        work = Work(frame, region_box, frame, box)
        plain, quick = resolve_numpy(work, rules), resolve_compiled(work, rules)
        np.testing.assert_array_equal(plain.mask, quick.mask)
        assert listed(plain.values, plain.written) == listed(quick.values, quick.written)
        assert (plain.gained, as_counts(plain.lost)) == (quick.gained, quick.lost)
        assert as_counts(plain.protected) == quick.protected


@pytest.mark.parametrize("width", [1, 2, 63, 64, 65, 66, 127, 128, 129, 193])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_one_voxel_that_differs_is_found_wherever_it_lies(width: int, dtype: type) -> None:
    from MultiLabelSegLib.edit.resolve_compiled import resolve_compiled, write_compiled

    box = Box.whole((1, 2, width))
    rules = Rules({1: 7}, np.ones(np.iinfo(dtype).max + 1, np.bool_), None)
    for place in range(2 * width):
        region, frame = np.zeros(box.shape, dtype), np.full(box.shape, 5, dtype)
        region.reshape(-1)[place] = 1
        found = resolve_compiled(Work(region, box, frame, box), rules)
        assert (found.gained, found.lost) == ({7: 1}, {5: 1})
        write_compiled(frame, box, found.mask, found.values)
        assert np.flatnonzero(frame == 7).tolist() == [place]
        assert np.count_nonzero(frame == 5) == 2 * width - 1


def test_stretches_are_kept_where_they_are_smaller_than_an_entry_a_voxel() -> None:
    blobs = [Stretches(np.array([1, 300], np.uint16), np.array([50, 20], np.uint32))] * 2
    kept = compact_stretches(blobs, {1: 100, 300: 40})
    assert isinstance(kept, Stretches)
    assert kept.nbytes == 4 * (2 + 4)
    assert spread(kept).tolist() == ([1] * 50 + [300] * 20) * 2
    noise = Stretches(np.array([1, 2, 1], np.uint16), np.array([1, 1, 1], np.uint32))
    dense = compact_stretches([noise], {1: 2, 2: 1})
    assert isinstance(dense, np.ndarray)
    assert dense.dtype == np.uint8
    assert dense.tolist() == [1, 2, 1]
    assert compact_stretches([Stretches(np.array([7], np.uint8), np.array([5], np.uint32))], {7: 5}) == 7


def test_portions_of_rows_join_without_a_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    from MultiLabelSegLib.edit import resolve_compiled as module

    region, frame = volume(1, (4, 6, 70), np.uint8, 21), volume(2, (4, 6, 70), np.uint8, 9)
    rules = Rules({1: 2, 2: 1, 3: 200}, np.ones(256, np.bool_), None)
    box = Box.whole(frame.shape)
    whole = module.resolve_compiled(Work(region, box, frame, box), rules)
    monkeypatch.setattr(module, "_PORTION", 150)
    parts = module.resolve_compiled(Work(region, box, frame, box), rules)
    np.testing.assert_array_equal(whole.mask, parts.mask)
    assert (whole.gained, whole.lost, whole.reach) == (parts.gained, parts.lost, parts.reach)
    assert listed(whole.values, whole.written) == listed(parts.values, parts.written)
    mine, other = frame.copy(), frame.copy()
    old, _ = module.write_compiled(mine, box, whole.mask, whole.values)
    monkeypatch.setattr(module, "_PORTION", 1 << 22)
    same, _ = module.write_compiled(other, box, parts.mask, parts.values)
    np.testing.assert_array_equal(mine, other)
    assert listed(old, whole.written) == listed(same, whole.written)


def test_nothing_beyond_the_box_is_touched() -> None:
    from MultiLabelSegLib.edit.resolve_compiled import write_compiled

    rng = np.random.default_rng(3)
    for width in (1, 7, 8, 9, 63, 64, 65, 130):
        for start in (0, 3, 8):
            frame = rng.integers(1, 250, (2, 2, start + width + 3), np.uint8)
            expected, box = frame.copy(), Box((0, 0, start), (2, 1, start + width))
            mask = np.packbits(np.ones((2, 1, width), np.bool_), axis=2, bitorder="little")
            values = Stretches(np.array([251, 252], np.uint8), np.array([width + 1, width - 1], np.uint32))
            expected[box.slices] = spread(values).reshape(2, 1, width)
            write_compiled(frame, box, mask, values)
            np.testing.assert_array_equal(frame, expected)
