"""Binary morphology against SimpleITK, distances against scipy and by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from MultiLabelSegLib.errors import ToolError
from MultiLabelSegLib.ops import distance
from MultiLabelSegLib.ops.morphology import Element, closed, dilate, erode, filled, opened, shell
from MultiLabelSegLib.ops.settle import Claim, settle

KERNELS = {"ball": sitk.sitkBall, "cross": sitk.sitkCross}
PAIRS: list[tuple[Callable[..., np.ndarray], Callable[..., sitk.Image]]] = [
    (dilate, sitk.BinaryDilate),
    (erode, sitk.BinaryErode),
    (opened, sitk.BinaryMorphologicalOpening),
    (closed, sitk.BinaryMorphologicalClosing),
]


def a_mask(density: float, shape: tuple[int, ...] = (7, 9, 11), seed: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).random(shape) < density


def by_itk(judge: Callable[..., sitk.Image], mask: np.ndarray, element: Element) -> np.ndarray:
    radius = [int(element.size)] * 3
    if element.flat is not None:
        radius[2 - element.flat] = 0
    image = sitk.GetImageFromArray(mask.astype(np.uint8))
    return sitk.GetArrayFromImage(judge(image, radius, KERNELS[element.shape])).astype(bool)


@pytest.mark.parametrize(("ours", "judge"), PAIRS, ids=[ours.__name__ for ours, _ in PAIRS])
@pytest.mark.parametrize("shape", ["ball", "cross"])
@pytest.mark.parametrize("flat", [None, 0, 1, 2])
def test_sizes_in_voxels_give_what_simpleitk_gives_also_at_the_borders(
    ours: Callable[..., np.ndarray], judge: Callable[..., sitk.Image], shape: str, flat: int | None
) -> None:
    for density in (0.03, 0.5, 0.95):
        for radius in (1, 2, 4):
            element = Element(radius, None, shape, flat)  # type: ignore[arg-type]
            mask = a_mask(density)
            np.testing.assert_array_equal(ours(mask, element), by_itk(judge, mask, element))


def test_a_ball_in_mm_follows_the_spacing_and_holds_its_surface() -> None:
    mask = np.zeros((5, 9, 9), bool)
    mask[2, 4, 4] = True
    grown = dilate(mask, Element(3.0, (10.0, 1.5, 1.0)))
    k, j, i = np.ogrid[:5, :9, :9]
    np.testing.assert_array_equal(grown, ((k - 2) * 10.0) ** 2 + ((j - 4) * 1.5) ** 2 + (i - 4.0) ** 2 <= 9)
    assert grown[2, 6, 4]  # 3.0 mm exactly
    assert grown.sum() == grown[2].sum()


def test_a_cross_in_mm_reaches_whole_voxels_along_each_axis() -> None:
    mask = np.zeros((5, 9, 9), bool)
    mask[2, 4, 4] = True
    grown = dilate(mask, Element(3.0, (3.0, 2.0, 1.0), "cross"))
    assert grown.sum() == 1 + 2 + 2 + 6
    assert grown[1, 4, 4]
    assert grown[2, 5, 4]
    assert grown[2, 4, 7]


def test_holes_are_filled_as_simpleitk_fills_them() -> None:
    for density in (0.4, 0.6, 0.8):
        mask = a_mask(density)
        judged = sitk.BinaryFillhole(sitk.GetImageFromArray(mask.astype(np.uint8)))
        np.testing.assert_array_equal(filled(mask), sitk.GetArrayFromImage(judged).astype(bool))


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_holes_of_slices_are_filled_slice_by_slice(axis: int) -> None:
    mask = a_mask(0.7)
    one_by_one = np.stack([ndimage.binary_fill_holes(part) for part in np.moveaxis(mask, axis, 0)])
    np.testing.assert_array_equal(filled(mask, axis), np.moveaxis(one_by_one, 0, axis))
    assert (filled(mask, axis) & ~filled(mask)).any()


def test_a_shell_lies_inside_outside_or_on_both_sides_of_the_border() -> None:
    mask = np.zeros((1, 9, 9), bool)
    mask[0, 2:7, 2:7] = True
    spacing = (100.0, 1.0, 1.0)
    inside, outside, both = shell(mask, spacing, 1, 0), shell(mask, spacing, 0, 1), shell(mask, spacing, 1, 1)
    assert (inside.sum(), outside.sum(), both.sum()) == (16, 20, 36)
    np.testing.assert_array_equal(both, inside | outside)
    assert not (inside & outside).any()


def test_a_shell_has_no_wall_where_the_array_cuts_the_mask_off() -> None:
    mask = np.zeros((1, 1, 6), bool)
    mask[0, 0, :4] = True
    np.testing.assert_array_equal(shell(mask, (1.0, 1.0, 1.0), 1, 0)[0, 0], [0, 0, 0, 1, 0, 0])


@pytest.mark.parametrize("size", [0, -1, float("nan"), float("inf")])
def test_a_radius_that_is_no_positive_number_is_refused(size: float) -> None:
    with pytest.raises(ToolError, match="positive number"):
        Element(size)


@pytest.mark.parametrize("without_edt", [False, True])
def test_distances_are_exact_with_and_without_the_fast_package(
    monkeypatch: pytest.MonkeyPatch, without_edt: bool
) -> None:
    if without_edt:
        monkeypatch.setattr(distance, "_edt", lambda: None)
    mask, spacing = a_mask(0.02, (9, 12, 15)), (10.0, 3.046876, 0.7)
    places = np.argwhere(mask) * spacing
    everywhere = np.stack(np.meshgrid(*map(np.arange, mask.shape), indexing="ij"), -1) * spacing
    brute = ((everywhere[..., None, :] - places) ** 2).sum(-1).min(-1)
    found = distance.squared_distance(mask, spacing)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, brute, rtol=1e-6)
    assert np.isinf(distance.squared_distance(np.zeros((2, 2, 2), bool), spacing)).all()


@given(st.integers(0, 2**32 - 1), st.floats(0.3, 6), st.sampled_from(["ball", "cross"]))
def test_dilation_and_erosion_are_dual_and_opening_lies_between(seed: int, size: float, shape: str) -> None:
    mask = a_mask(0.5, (4, 6, 7), seed)
    element = Element(size, (2.5, 1.0, 0.8), shape)  # type: ignore[arg-type]
    np.testing.assert_array_equal(erode(mask, element), ~dilate(~mask, element))
    assert not (erode(mask, element) & ~mask).any()
    assert not (opened(mask, element) & ~mask).any()
    assert not (mask & ~closed(mask, element)).any()
    np.testing.assert_array_equal(opened(opened(mask, element), element), opened(mask, element))


def test_a_contested_voxel_goes_to_its_holder_then_to_the_nearest_then_to_the_first() -> None:
    row = np.zeros((1, 1, 7), bool)
    first, second = row.copy(), row.copy()
    first[..., 1], second[..., 5] = True, True
    everything = ~row
    (block,) = settle([Claim((0, 0, 0), everything, first), Claim((0, 0, 0), everything, second)], (1, 1, 1))
    assert block.region[0, 0].tolist() == [1, 1, 1, 1, 2, 2, 2]
    assert block.contested == 7
    (other,) = settle([Claim((0, 0, 0), everything, second), Claim((0, 0, 0), everything, first)], (1, 1, 1))
    assert other.region[0, 0].tolist() == [2, 2, 2, 1, 1, 1, 1]


def test_masks_that_lie_apart_are_settled_apart() -> None:
    one = np.ones((2, 2, 2), bool)
    corners = [(0, 0, 0), (9, 9, 9), (1, 1, 1), (30, 0, 0)]
    blocks = settle([Claim(corner, one, one) for corner in corners], (1, 1, 1))
    assert sorted(block.members for block in blocks) == [(0, 2), (1,), (3,)]
    shared = next(block for block in blocks if block.members == (0, 2))
    assert (shared.region.shape, shared.contested) == ((3, 3, 3), 1)
    assert shared.region[1, 1, 1] == 1  # held by both, so the first has it


def test_a_common_box_that_grows_over_a_third_one_takes_it_in() -> None:
    long, flat = np.ones((1, 1, 10), bool), np.ones((10, 1, 1), bool)
    inner = np.ones((1, 1, 1), bool)
    claims = [Claim((5, 0, 5), inner, inner), Claim((0, 0, 0), long, long), Claim((0, 0, 9), flat, flat)]
    (block,) = settle(claims, (1, 1, 1))
    assert block.members == (0, 1, 2)
    assert block.region[5, 0, 5] == 1


@pytest.mark.parametrize(
    ("spacing", "reach"),
    [((1.5, 0.8, 0.8), 3.0), ((10.0, 3.0, 3.0), 9.0), ((1.0, 1.0, 1.0), 5.0), ((2.0, 1.0, 0.5), 0.4), ((1, 1, 40), 30)],
)
@pytest.mark.parametrize("many", [0, 10**6])
def test_the_rows_of_a_small_ball_and_the_distance_transform_say_the_same(
    monkeypatch: pytest.MonkeyPatch, spacing: tuple[float, float, float], reach: float, many: int
) -> None:
    monkeypatch.setattr(distance, "_MANY_ROWS", many)
    distance._rows.cache_clear()
    mask = a_mask(0.01, (9, 14, 12))
    places = np.argwhere(mask) * spacing
    everywhere = np.stack(np.meshgrid(*map(np.arange, mask.shape), indexing="ij"), -1) * spacing
    brute = ((everywhere[..., None, :] - places) ** 2).sum(-1).min(-1) <= reach**2 * (1 + 1e-9)
    np.testing.assert_array_equal(distance.within(mask, spacing, reach), brute)
    distance._rows.cache_clear()


@given(st.integers(0, 10_000), st.floats(0.2, 0.95))
def test_holes_are_those_of_scipy_in_the_volume_and_in_the_slices_of_each_plane(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    mask = rng.random(tuple(rng.integers(1, 9, 3))) < share
    np.testing.assert_array_equal(filled(mask), ndimage.binary_fill_holes(mask))
    for axis in range(3):
        slices = [ndimage.binary_fill_holes(each) for each in np.moveaxis(mask, axis, 0)]
        np.testing.assert_array_equal(filled(mask, axis), np.moveaxis(np.stack(slices), 0, axis))


@given(st.integers(0, 10_000), st.sampled_from([(1.0, 1.0, 1.0), (3.0, 0.8, 0.8), (0.7, 1.9, 1.3)]), st.booleans())
def test_distances_at_some_voxels_are_those_of_all(seed: int, spacing: tuple[float, ...], sparse: bool) -> None:
    rng = np.random.default_rng(seed)
    mask = rng.random(tuple(rng.integers(1, 24, 3))) < (0.002 if sparse else 0.3)
    places = np.nonzero(rng.random(mask.shape) < 0.2)
    found = distance.squared_distances_at(mask, places, spacing)
    np.testing.assert_allclose(found, distance.squared_distance(mask, spacing)[places], rtol=1e-5)


@given(st.integers(0, 10_000))
def test_every_contested_voxel_goes_to_its_holder_else_to_the_nearest(seed: int) -> None:
    rng = np.random.default_rng(seed)
    claims = []
    owners = rng.integers(0, 5, (4, 6, 7))  # 4 labels; 0 is nobody
    for number in range(1, 5):
        low = rng.integers(0, 2, 3)
        cut = tuple(slice(first, None) for first in low)
        held = owners[cut] == number
        claims.append(Claim(tuple(low.tolist()), (rng.random(held.shape) < 0.6) | held, held))
    spacing = (2.0, 1.0, 1.5)
    (block,) = settle(claims, spacing)
    for place in np.ndindex(4, 6, 7):
        wanting = []
        for index, claim in enumerate(claims):
            at = tuple(np.subtract(place, claim.lower))
            if min(at) >= 0 and claim.wanted[at]:
                away = (np.argwhere(claim.held) - at) * spacing
                wanting.append((float((away**2).sum(axis=1).min(initial=np.inf)), index + 1))
        at = tuple(np.subtract(place, block.lower))
        expected = min(wanting)[1] if wanting and min(at) >= 0 else 0
        assert (block.region[at] if min(at) >= 0 else 0) == expected
