"""Region growing: seeds, windows of values as MITK's and without its overflow, drags, votes, holes, volumes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from MultiLabelSegLib.errors import ToolError
from MultiLabelSegLib.ops.region_growing import dragged, first_window, grow, seed_value, value_range

BYTE = (0.0, 255.0)


def placed(start: tuple[int, ...], block: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    whole = np.zeros(shape, np.bool_)
    whole[tuple(slice(first, first + size) for first, size in zip(start, block.shape, strict=True))] = block
    return whole


def test_the_seeds_mean_does_not_overflow_in_images_of_bytes() -> None:
    assert seed_value(np.full((5, 5), 250, np.uint8), (2, 2)) == 250
    pixels = np.arange(25, dtype=np.uint8).reshape(5, 5)
    assert seed_value(pixels, (0, 0)) == np.mean([0, 1, 5, 6])
    assert seed_value(pixels, (2, 4)) == np.mean([8, 9, 13, 14, 18, 19])


def test_what_is_no_number_does_not_count() -> None:
    pixels = np.array([[1.0, np.nan], [3.0, np.inf]])
    assert seed_value(pixels, (0, 0)) == 2
    with pytest.raises(ToolError, match="no number"):
        seed_value(np.full((3, 3), np.nan), (1, 1))


@pytest.mark.parametrize(
    ("seed", "expected"),
    [
        (120, (115, 125)),  # a tenth of the level window around the seed
        (100, (100, 110)),  # never below its lower end
        (102, (100, 110)),
        (199, (190, 200)),
        (50, (0, 100)),  # a seed outside of it takes everything on its side
        (230, (200, 255)),
    ],
)
def test_the_first_window_is_mitks(seed: float, expected: tuple[float, float]) -> None:
    assert first_window(seed, (100, 200), BYTE) == pytest.approx(expected)


def test_dragging_up_widens_down_narrows_to_the_seed_sideways_shifts() -> None:
    window, level = (115.0, 125.0), (0.0, 400.0)  # at this width a pixel is half a grey value, as MITK's
    assert dragged(window, 120, (0, 10), level, BYTE) == (110, 130)
    assert dragged(window, 120, (0, -4), level, BYTE) == (117, 123)
    assert dragged(window, 120, (0, -100), level, BYTE) == (120, 120)
    assert dragged(window, 120, (6, 0), level, BYTE) == (118, 128)
    assert dragged(window, 120, (-6, 0), level, BYTE) == (112, 122)
    assert dragged(window, 120, (0, 1000), level, BYTE) == BYTE


def test_drags_do_the_same_to_an_image_of_fractions_as_to_one_of_whole_numbers() -> None:
    wide = dragged((115.0, 125.0), 120.0, (3, 17), (0.0, 400.0), (-np.inf, np.inf))
    small = dragged((0.2875, 0.3125), 0.3, (3, 17), (0.0, 1.0), (-np.inf, np.inf))
    assert np.multiply(small, 400) == pytest.approx(wide)


def test_the_limits_are_those_of_the_type() -> None:
    assert value_range(np.zeros(1, np.int16)) == (-32768, 32767)
    assert value_range(np.zeros(1, np.float32)) == (-np.inf, np.inf)


def test_a_region_is_joined_by_faces_and_its_holes_are_filled_or_kept() -> None:
    pixels = np.array([[9, 9, 9, 0, 9], [9, 0, 9, 0, 9], [9, 9, 9, 9, 0], [0, 0, 0, 0, 9]])
    start, block, stayed = grow(pixels, (0, 0), (5, 20), smooth=False, fill_holes=False)
    expected = ndimage.label(pixels == 9)[0] == 1
    assert stayed
    np.testing.assert_array_equal(placed(start, block, pixels.shape), expected)
    start, block, _ = grow(pixels, (0, 0), (5, 20), smooth=False)
    expected[1, 1] = True
    np.testing.assert_array_equal(placed(start, block, pixels.shape), expected)


def test_both_ends_of_the_window_are_taken() -> None:
    pixels = np.array([[4, 5, 6, 7, 8]])
    start, block, _ = grow(pixels, (0, 2), (5, 7), smooth=False)
    assert (start, block.tolist()) == ((0, 1), [[True, True, True]])


@pytest.mark.parametrize("seed", range(4))
def test_smoothing_is_the_vote_of_25_with_repeated_borders(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pixels = ndimage.gaussian_filter(rng.normal(size=(40, 45)), 1.2)
    inside = pixels > -0.05
    at = tuple(np.argwhere(ndimage.uniform_filter(inside.astype(float), 7) > 0.9)[0].tolist())
    region = ndimage.label(inside)[0] == ndimage.label(inside)[0][at]
    votes = ndimage.convolve(region.astype(int), np.ones((5, 5), int), mode="nearest") > 12
    expected = ndimage.label(votes)[0] == ndimage.label(votes)[0][at]
    start, block, stayed = grow(pixels, at, (-0.05, np.inf), fill_holes=False)
    assert stayed
    np.testing.assert_array_equal(placed(start, block, pixels.shape), expected)


def test_a_seed_that_would_lose_the_vote_leaves_the_region_as_it_grew() -> None:
    pixels = np.zeros((9, 9))
    pixels[4] = 1
    start, block, stayed = grow(pixels, (4, 4), (0.5, 2))
    assert not stayed
    assert (start, block.shape, block.all()) == ((4, 0), (1, 9), True)


def test_a_seed_outside_of_the_window_grows_nothing() -> None:
    start, block, stayed = grow(np.zeros((4, 4)), (1, 2), (5, 6))
    assert (start, block.size, stayed) == ((1, 2), 0, False)


def test_a_ball_grows_in_the_volume_with_its_cavity_filled() -> None:
    k, j, i = np.ogrid[:30, :30, :30]
    away = np.sqrt((k - 15) ** 2 + (j - 15) ** 2 + (i - 15) ** 2)
    pixels = np.where((away < 11) & (away > 4), 100, 0)
    start, block, _ = grow(pixels, (15, 15, 8), (50, 150), smooth=False)
    np.testing.assert_array_equal(placed(start, block, pixels.shape), away < 11)
    start, block, _ = grow(pixels, (15, 15, 8), (50, 150), smooth=True)
    votes = ndimage.convolve((pixels > 0).astype(int), np.ones((5, 5, 5), int), mode="nearest") > 62
    np.testing.assert_array_equal(placed(start, block, pixels.shape), ndimage.binary_fill_holes(votes))
    start, block, _ = grow(pixels, (15, 15, 8), (50, 150), smooth=False, fill_holes=False)
    np.testing.assert_array_equal(placed(start, block, pixels.shape), pixels > 0)
