"""Brushes: MITK's pixel masks, balls in mm, strokes without gaps, cut at the borders."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from MultiLabelSegLib.ops.brush import ball_mm, disk_pixels, stroke

COUNTS = {1: 1, 2: 4, 3: 9, 4: 12, 5: 21, 6: 32, 7: 37, 8: 52, 9: 69, 10: 80, 11: 97, 12: 112, 20: 316, 50: 1976}


def covered(points: list[tuple[int, int]], size: int, shape: tuple[int, int]) -> np.ndarray:
    mask, centre = disk_pixels(size)
    start, block = stroke(points, mask, (centre, centre), shape, size / 2, (1.0, 1.0))
    whole = np.zeros(shape, np.bool_)
    whole[start[0] : start[0] + block.shape[0], start[1] : start[1] + block.shape[1]] = block
    return whole


@pytest.mark.parametrize(("size", "count"), COUNTS.items())
def test_a_brush_has_as_many_pixels_as_mitks(size: int, count: int) -> None:
    assert disk_pixels(size)[0].sum() == count


@pytest.mark.parametrize("size", COUNTS)
def test_an_even_brush_reaches_one_pixel_further_to_the_right_and_down(size: int) -> None:
    mask, centre = disk_pixels(size)
    below = centre
    above = mask.shape[0] - 1 - centre
    assert (below, above) == ((size - 1) // 2, (size - 1) // 2) if size % 2 else (size // 2 - 1, size // 2)
    assert mask.any(axis=0).all()
    assert mask.any(axis=1).all()


def test_a_ball_is_round_in_mm_on_an_anisotropic_grid() -> None:
    mask, centre = ball_mm(12.0, (3.0, 1.0, 2.0))
    assert (mask.shape, centre) == ((5, 13, 7), (2, 6, 3))
    for index in np.ndindex(mask.shape):
        away = sum(((at - middle) * step) ** 2 for at, middle, step in zip(index, centre, (3.0, 1.0, 2.0), strict=True))
        assert mask[index] == (away <= 36 + 1e-9)


def test_a_ball_smaller_than_a_voxel_is_its_voxel() -> None:
    mask, centre = ball_mm(0.01, (3.0, 1.0))
    assert mask.tolist() == [[True]]
    assert centre == (0, 0)


def test_masks_that_are_kept_cannot_be_written_to() -> None:
    for mask in (disk_pixels(5)[0], ball_mm(5.0, (1.0, 1.0))[0]):
        with pytest.raises(ValueError, match="read-only"):
            mask[0, 0] = True


def test_between_distant_samples_the_rectangle_of_half_the_width_is_filled() -> None:
    found = covered([(5, 3), (5, 25)], 4, (12, 30))
    ends = covered([(5, 3)], 4, (12, 30)) | covered([(5, 25)], 4, (12, 30))
    rows, columns = np.ogrid[:12, :30]
    band = (np.abs(rows - 5.5) <= 2) & (columns >= 3.5) & (columns <= 25.5)  # between the brush's true middles
    np.testing.assert_array_equal(found, ends | band)
    odd = covered([(5, 3), (11, 25)], 5, (20, 30))
    along = np.array([6.0, 22.0]) / np.hypot(6, 22)
    rows, columns = np.mgrid[:20, :30]
    ahead = (rows - 5) * along[0] + (columns - 3) * along[1]
    beside = np.abs((rows - 5) * along[1] - (columns - 3) * along[0])
    band = (ahead >= 0) & (ahead <= np.hypot(6, 22)) & (beside <= 2.5)
    ends = covered([(5, 3)], 5, (20, 30)) | covered([(11, 25)], 5, (20, 30))
    np.testing.assert_array_equal(odd, ends | band)


def test_samples_within_half_the_width_are_dabs_alone() -> None:
    found = covered([(5, 5), (5, 7)], 4, (12, 14))
    np.testing.assert_array_equal(found, covered([(5, 5)], 4, (12, 14)) | covered([(5, 7)], 4, (12, 14)))


@given(
    st.lists(st.tuples(st.integers(-12, 30), st.integers(-12, 30)), min_size=1, max_size=5),
    st.integers(1, 12),
)
def test_a_stroke_is_what_a_larger_image_shows_of_it(points: list[tuple[int, int]], size: int) -> None:
    small = covered(points, size, (17, 19))
    moved = [(row + 40, column + 40) for row, column in points]
    np.testing.assert_array_equal(small, covered(moved, size, (110, 110))[40:57, 40:59])


@given(st.tuples(st.integers(2, 40), st.integers(2, 40)), st.tuples(st.integers(2, 40), st.integers(2, 40)))
def test_a_stroke_has_no_gaps_however_quick_it_was(one: tuple[int, int], other: tuple[int, int]) -> None:
    from scipy import ndimage

    found = covered([one, other], 3, (44, 44))
    assert ndimage.label(found)[1] == 1
    assert found[one]
    assert found[other]


def test_a_stroke_wholly_outside_covers_nothing() -> None:
    assert not covered([(50, 50)], 5, (10, 10)).any()
    assert not covered([(50, 50), (60, 50)], 5, (10, 10)).any()
    assert not covered([(-50, 2)], 5, (10, 10)).any()


def test_a_ball_along_a_stroke_is_round_in_the_volume() -> None:
    spacing = (2.0, 1.0, 1.0)
    mask, centre = ball_mm(6.0, spacing)
    start, block = stroke([(5, 10, 5), (5, 10, 25)], mask, centre, (11, 20, 30), 3.0, spacing)
    k, j, i = np.ogrid[: block.shape[0], : block.shape[1], : block.shape[2]]
    k, j, i = k + start[0], j + start[1], i + start[2]
    along = np.clip(i, 5, 25)
    away = ((k - 5) * 2.0) ** 2 + (j - 10) ** 2 + (i - along) ** 2
    np.testing.assert_array_equal(block, away <= 9)
