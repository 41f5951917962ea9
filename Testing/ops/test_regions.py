"""Connected regions and their holes, small ones and ones that outgrow the window."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from MultiLabelSegLib.ops.regions import holes_of, joined, joined_at, region_at


def test_a_region_is_joined_by_edges_not_by_corners() -> None:
    pixels = np.array([[1, 1, 0], [0, 0, 1], [2, 0, 1]])
    assert region_at(pixels, 0, 0)[0] == (0, 1, 0, 2)
    rectangle, mask = region_at(pixels, 1, 2)
    assert rectangle == (1, 3, 2, 3)
    assert mask.tolist() == [[True], [True]]
    assert region_at(pixels, 2, 1)[1].tolist() == [[True, True], [False, True]]


@pytest.mark.parametrize("seed", range(6))
def test_a_region_is_scipys_component_whatever_its_size(seed: int) -> None:
    rng = np.random.default_rng(seed)
    mask = ndimage.gaussian_filter(rng.normal(size=(300, 260)), seed + 0.5) > -0.002 * seed
    row, column = np.argwhere(mask)[rng.integers(mask.sum())]
    labelled = ndimage.label(mask)[0]
    (top, bottom, left, right), region = joined(mask, int(row), int(column))
    whole = np.zeros_like(mask)
    whole[top:bottom, left:right] = region
    np.testing.assert_array_equal(whole, labelled == labelled[row, column])


def test_a_snake_that_leaves_the_window_and_comes_back_is_one_region() -> None:
    mask = np.zeros((400, 400), np.bool_)
    mask[10::20] = True
    mask[10:-10:40, -1] = True
    for turn, row in enumerate(range(10, 380, 20)):
        mask[row : row + 20, 399 if turn % 2 else 0] = True
    mask[10:-10:40, -1] = True
    labelled = ndimage.label(mask)[0]
    (top, bottom, left, right), region = joined(mask, 10, 200)
    np.testing.assert_array_equal(region, labelled[top:bottom, left:right] == labelled[10, 200])
    assert region.sum() == np.count_nonzero(labelled == labelled[10, 200])


def test_regions_of_a_volume_are_scipys_components() -> None:
    rng = np.random.default_rng(3)
    mask = ndimage.gaussian_filter(rng.normal(size=(20, 90, 110)), 1.5) > 0
    labelled = ndimage.label(mask)[0]
    for seed in np.argwhere(mask)[rng.integers(mask.sum(), size=5)].tolist():
        start, region = joined_at(mask, tuple(seed))
        whole = np.zeros_like(mask)
        whole[tuple(slice(first, first + size) for first, size in zip(start, region.shape, strict=True))] = region
        np.testing.assert_array_equal(whole, labelled == labelled[tuple(seed)])


def test_holes_are_what_is_not_joined_to_the_border_by_edges() -> None:
    region = np.array([[c == "#" for c in row] for row in ("#####", "#.#.#", "##.##", "#.###", "#.#.#")])
    # three holes touch at corners only; at the bottom the border is reached
    assert holes_of(region).tolist() == [
        [False] * 5,
        [False, True, False, True, False],
        [False, False, True, False, False],
        [False] * 5,
        [False] * 5,
    ]


def test_a_region_without_holes_has_none() -> None:
    assert not holes_of(np.ones((3, 4), np.bool_)).any()
    assert not holes_of(np.eye(4, dtype=np.bool_)).any()
