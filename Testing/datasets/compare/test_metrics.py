"""Overlap and border distances of two masks, against other programs and by hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st

from MultiLabelSegLib.errors import OptionError
from MultiLabelSegLib.ops.mask_metrics import border, border_distances, dice
from Testing.datasets.compare.shapes import SHAPES

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "metrics" / "values.json").read_text("utf-8"))["cases"]


def an_image(mask: np.ndarray, spacing: tuple[float, float, float]) -> sitk.Image:
    image = sitk.GetImageFromArray(mask.astype(np.uint8))
    image.SetSpacing(spacing[::-1])
    return image


@pytest.mark.parametrize("name", SHAPES)
def test_border_distances_are_those_of_monai(name: str) -> None:
    first, second, spacing = SHAPES[name]
    found, expected = border_distances(first, second, spacing), GOLDEN[name]["monai"]
    assert found.percentile(95) == pytest.approx(expected["hd95"], abs=1e-5)
    assert found.percentile(100) == pytest.approx(expected["hd"], abs=1e-5)
    assert found.mean() == pytest.approx(expected["assd"], abs=1e-5)
    for tolerance, share in expected["surface_dice"].items():
        assert found.share_within(float(tolerance)) == pytest.approx(share, abs=1e-6)


@pytest.mark.parametrize("name", SHAPES)
def test_mean_distances_of_each_way_and_the_pooled_percentile_are_those_of_medpy(name: str) -> None:
    first, second, spacing = SHAPES[name]
    found, expected = border_distances(first, second, spacing), GOLDEN[name]["medpy"]
    assert found.forth.mean() == pytest.approx(expected["asd_forth"], abs=1e-5)
    assert found.back.mean() == pytest.approx(expected["asd_back"], abs=1e-5)
    both = np.concatenate((found.forth, found.back))
    assert np.percentile(both, 95) == pytest.approx(expected["hd95_pooled"], abs=1e-5)


@pytest.mark.parametrize("name", SHAPES)
def test_dice_and_the_largest_distance_are_those_of_itk(name: str) -> None:
    first, second, spacing = SHAPES[name]
    overlap = sitk.LabelOverlapMeasuresImageFilter()
    overlap.Execute(an_image(first, spacing), an_image(second, spacing))
    common = int(np.count_nonzero(first & second))
    assert dice(common, int(first.sum()), int(second.sum())) == pytest.approx(overlap.GetDiceCoefficient(), abs=1e-12)
    hausdorff = sitk.HausdorffDistanceImageFilter()
    hausdorff.Execute(an_image(first, spacing), an_image(second, spacing))
    expected = hausdorff.GetHausdorffDistance()
    assert border_distances(first, second, spacing).percentile(100) == pytest.approx(expected, abs=1e-4)


def test_a_shift_along_thick_slices_counts_in_millimetres() -> None:
    first, second = np.zeros((2, 9, 9, 9), bool)
    first[2:5, 2:5, 2:5] = second[4:7, 2:5, 2:5] = True
    assert border_distances(first, second, (4.0, 1.0, 1.0)).percentile(100) == 8.0
    assert border_distances(first, second, (0.5, 1.0, 1.0)).percentile(100) == 1.0


def test_masks_without_voxels_have_no_distances() -> None:
    none, some = np.zeros((4, 4, 4), bool), np.zeros((4, 4, 4), bool)
    some[1:3, 1:3, 1:3] = True
    empty, lonely = border_distances(none, none, (1, 1, 1)), border_distances(some, none, (1, 1, 1))
    assert (empty.percentile(), empty.mean(), empty.share_within(1.0)) == (None, None, 1.0)
    assert (lonely.percentile(), lonely.mean(), lonely.share_within(1e9)) == (None, None, 0.0)
    assert (dice(0, 0, 0), dice(0, 5, 0)) == (1.0, 0.0)


def test_masks_of_other_shapes_are_refused() -> None:
    with pytest.raises(OptionError, match="second"):
        border_distances(np.ones((2, 2, 2), bool), np.ones((2, 2, 3), bool), (1, 1, 1))


@given(st.integers(0, 2**32 - 1))
def test_figures_do_not_depend_on_the_order_nor_on_what_lies_around(seed: int) -> None:
    rng = np.random.default_rng(seed)
    first, second = rng.random((2, 5, 6, 7)) < 0.3
    spacing = tuple(rng.uniform(0.3, 4, 3))
    plain, turned = border_distances(first, second, spacing), border_distances(second, first, spacing)
    wide = border_distances(np.pad(first, 3), np.pad(second, 3), spacing)
    for other in (turned, wide):
        assert other.percentile() == pytest.approx(plain.percentile())
        assert other.mean() == pytest.approx(plain.mean())
        assert other.share_within(1.0) == plain.share_within(1.0)
    assert border_distances(first, first, spacing).percentile(100) == 0.0


@given(st.integers(0, 2**32 - 1))
def test_a_border_is_what_one_erosion_takes_away(seed: int) -> None:
    from scipy import ndimage

    mask = np.random.default_rng(seed).random((4, 5, 6)) < 0.7
    np.testing.assert_array_equal(border(mask), mask & ~ndimage.binary_erosion(mask))
