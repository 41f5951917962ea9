"""Interpolation by shape: MITK's facts, moving and branching shapes, several labels, both engines."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from MultiLabelSegLib.ops.interpolation import interpolate, signed_distance
from MultiLabelSegLib.ops.shape_parts import Shape, matches


def disc(shape: tuple[int, int], row: float, column: float, radius: float) -> np.ndarray:
    y, x = np.ogrid[: shape[0], : shape[1]]
    return (y - row) ** 2 + (x - column) ** 2 <= radius**2


def stack_of(first: np.ndarray, last: np.ndarray, between: int) -> np.ndarray:
    empty = np.zeros((between, *first.shape), np.uint8)
    return np.concatenate([first[None].astype(np.uint8), empty, last[None].astype(np.uint8)])


def test_square_and_pixel_beside_its_middle_give_exactly_the_two_by_two_block_as_in_mitk() -> None:
    stack = np.zeros((3, 7, 7), np.uint8)
    stack[0, 2:5, 2:5] = 1
    stack[2, 4, 4] = 1
    expected = np.zeros((7, 7), np.uint8)
    expected[3:5, 3:5] = 1
    assert np.array_equal(interpolate(stack, [1])[1], expected)


def test_plain_blend_of_overlapping_shapes_equals_the_formula_of_scipy_distances() -> None:
    from scipy.ndimage import distance_transform_edt as edt

    first, last = disc((40, 40), 18, 18, 12), disc((40, 40), 22, 20, 8)
    found = interpolate(stack_of(first, last, 4), [1])
    below, above = (edt(mask) - edt(~mask) for mask in (first, last))
    for k in range(1, 5):
        assert np.array_equal(found[k] == 1, (1 - k / 5) * below + k / 5 * above >= -1e-6)


def test_discs_that_do_not_overlap_move_linearly_and_keep_their_size() -> None:
    first, last = disc((50, 50), 10, 10, 5), disc((50, 50), 40, 30, 5)
    found = interpolate(stack_of(first, last, 9), [1])
    for k in range(1, 10):
        assert np.count_nonzero(found[k]) == np.count_nonzero(first)
        assert np.abs(np.argwhere(found[k]).mean(axis=0) - (10 + 3 * k, 10 + 2 * k)).max() <= 0.5


def test_one_shape_becomes_two_and_no_slice_between_is_empty() -> None:
    first = disc((60, 60), 30, 30, 14)
    last = disc((60, 60), 30, 18, 7) | disc((60, 60), 30, 42, 7)
    found = interpolate(stack_of(first, last, 7), [1])
    counts = [Shape.of(slice_ > 0, (0, 0)).count for slice_ in found[1:-1]]
    assert counts[0] == 1
    assert counts[-1] == 2
    assert counts == sorted(counts)


def test_part_without_a_partner_shrinks_away_instead_of_joining_something_far() -> None:
    first = disc((80, 80), 15, 15, 8) | disc((80, 80), 70, 70, 6)
    last = disc((80, 80), 17, 16, 8)
    found = interpolate(stack_of(first, last, 5), [1])
    lone = [np.count_nonzero(slice_[55:, 55:]) for slice_ in found[1:-1]]
    assert lone == sorted(lone, reverse=True)
    assert 0 < lone[0] < np.count_nonzero(first[55:, 55:])
    assert not found[1:-1, 30:55].any()


def test_ring_and_dot_in_its_hole_leave_no_slice_empty() -> None:
    first = disc((40, 40), 20, 20, 15) & ~disc((40, 40), 20, 20, 9)
    last = disc((40, 40), 20, 20, 2)
    found = interpolate(stack_of(first, last, 5), [1])
    assert all(slice_.any() for slice_ in found[1:-1])


def test_shape_that_touches_the_border_stays_at_the_border() -> None:
    first, last = np.zeros((12, 12), bool), np.zeros((12, 12), bool)
    first[:, :6] = True
    last[:, :2] = True
    middle = interpolate(stack_of(first, last, 1), [1])[1]
    assert np.array_equal(middle.any(axis=0).nonzero()[0], np.arange(4))
    assert middle[:, :4].all()


def test_slice_filled_by_a_label_wholly_is_interpolated() -> None:
    full = np.ones((6, 6), bool)
    assert interpolate(stack_of(full, full, 2), [1])[1:-1].all()


def test_labels_meet_without_overlap_and_the_deeper_one_wins() -> None:
    first, last = np.zeros((20, 30), np.uint8), np.zeros((20, 30), np.uint8)
    first[5:15, 2:14], first[5:15, 14:28] = 1, 2
    last[5:15, 2:18], last[5:15, 18:28] = 1, 2
    middle = interpolate(stack_of(first, last, 1), [1, 2])[1]
    assert np.array_equal(middle[10, 2:28], [1] * 14 + [2] * 12)


def test_only_asked_slices_are_filled_and_what_is_not_between_keys_stays_empty() -> None:
    shape = disc((20, 20), 10, 10, 5)
    stack = np.zeros((10, 20, 20), np.uint8)
    stack[2], stack[7] = shape, shape
    found = interpolate(stack, [1], wanted=[0, 2, 4, 9])
    assert found.any(axis=(1, 2)).nonzero()[0].tolist() == [4]


def test_spacing_changes_which_pixels_a_blend_takes() -> None:
    first = np.zeros((31, 31), bool)
    first[15, 15] = True
    last = np.zeros((31, 31), bool)
    last[10:21, 5:26] = True
    stack = stack_of(first, last, 3)
    plain, stretched = interpolate(stack, [1]), interpolate(stack, [1], spacing=(1.0, 5.0))
    assert not np.array_equal(plain, stretched)
    assert stretched[2].any()


def test_label_hemmed_in_by_what_cannot_be_written_gets_its_slice_looked_at_again() -> None:
    stack = np.zeros((5, 12, 30), np.uint8)
    stack[0, 4:8, 2:6] = 1
    stack[4, 4:8, 22:26] = 1
    wall = np.ones((12, 30), bool)
    free = [wall, wall, ~wall, wall, wall]
    found = interpolate(stack, [1], allowed=lambda index: free[index])
    written = np.where([found[k] * free[k] > 0 for k in range(5)], 1, stack)
    again = interpolate(written.astype(np.uint8), [1], allowed=lambda index: free[index])
    assert not any((again[k] * free[k]).any() for k in range(5))


small_stacks = arrays(np.uint8, (6, 7, 8), elements=st.sampled_from([0, 0, 0, 1, 2, 3]), fill=st.just(0))


@given(small_stacks)
def test_any_stack_keeps_its_voxels_and_a_second_run_adds_nothing(stack: np.ndarray) -> None:
    found = interpolate(stack, [1, 2, 3])
    assert not found[stack > 0].any()
    assert not interpolate(np.where(stack > 0, stack, found), [1, 2, 3]).any()


@given(small_stacks)
def test_every_clear_slice_between_keys_of_a_single_label_gets_a_suggestion(stack: np.ndarray) -> None:
    mask = (stack == 1).astype(np.uint8)
    keys = mask.any(axis=(1, 2)).nonzero()[0]
    filled = (interpolate(mask, [1]) + mask).any(axis=(1, 2))
    if len(keys):
        assert filled[keys[0] : keys[-1] + 1].all()


@given(small_stacks, st.sampled_from([(1.0, 1.0), (0.7, 2.5)]))
def test_parts_are_matched_each_once(stack: np.ndarray, spacing: tuple[float, float]) -> None:
    low, high = (Shape.of(stack[k] > 0, (3, 4)) for k in (0, 5))
    if not low.count or not high.count:
        return
    found = matches(low, high)
    for side, shape in (("lower", low), ("upper", high)):
        pixels = [getattr(match, side) for match in found if getattr(match, side) is not None]
        total = sum(np.count_nonzero(part.parts) for part in pixels)
        assert total == np.count_nonzero(shape.parts)


def test_both_engines_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("numba")
    rng = np.random.default_rng(3)
    for dtype, values in ((np.uint8, [1, 2, 3]), (np.uint16, [700, 2, 65535])):
        stack = np.zeros((9, 60, 50), dtype)
        for k in (0, 3, 8):
            for value in values:
                row, column = rng.integers(5, 45, 2)
                stack[k][disc((60, 50), row, column, rng.integers(1, 14))] = value
        for spacing in ((1.0, 1.0), (0.8, 3.0)):
            results = []
            for engine in ("never", "always"):
                monkeypatch.setenv("MLSEG_KERNELS", engine)
                results.append(interpolate(stack, values, spacing=spacing))
            assert results[0].any()
            assert np.array_equal(*results)


@pytest.mark.parametrize("engine", ["never", "always"])
def test_signed_distance_is_that_of_pixel_centres(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLSEG_KERNELS", engine)
    mask = np.zeros((3, 5), bool)
    mask[1, 1:4] = True
    expected = [[-(2**0.5), -1, -1, -1, -(2**0.5)], [-1, 1, 1, 1, -1], [-(2**0.5), -1, -1, -1, -(2**0.5)]]
    assert signed_distance(mask, (1.0, 1.0)) == pytest.approx(np.array(expected))
    assert signed_distance(mask, (3.0, 1.0))[1].tolist() == [-1, 1, 2, 1, -1]
    assert (signed_distance(np.ones((2, 2), bool), (1.0, 1.0)) > 1e5).all()
