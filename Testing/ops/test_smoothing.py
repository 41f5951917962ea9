"""Smoothing against SimpleITK and scipy; joint smoothing by its invariants."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from scipy import ndimage

from MultiLabelSegLib.errors import ToolError
from MultiLabelSegLib.ops.boolean import combined
from MultiLabelSegLib.ops.smoothing import JointSmoothing, blurred, gaussian, median


@pytest.mark.parametrize("radius", [(1, 1, 1), (0, 2, 1), (3, 0, 4)])
def test_the_median_is_that_of_simpleitk(radius: tuple[int, int, int]) -> None:
    mask = np.random.default_rng(5).random((7, 8, 9)) < 0.5
    judged = sitk.BinaryMedian(sitk.GetImageFromArray(mask.astype(np.uint8)), radius[::-1])
    np.testing.assert_array_equal(median(mask, radius), sitk.GetArrayFromImage(judged).astype(bool))


def test_a_gaussian_rounds_a_corner_and_leaves_a_straight_border() -> None:
    mask = np.zeros((1, 20, 20), bool)
    mask[0, :10, :10] = True
    smooth = gaussian(mask, (0.0, 2.0, 2.0))
    assert not smooth[0, 9, 9]
    assert smooth[0, 9, 0]
    assert not smooth[0, 10, 0]
    assert (smooth & ~mask).sum() == 0


def test_borders_between_three_labels_move_without_gaps_and_overlaps() -> None:
    rng = np.random.default_rng(2)
    labels = (ndimage.gaussian_filter(rng.random((3, 12, 30, 30)), (0, 2, 2, 2)).argmax(axis=0) + 1).astype(np.uint16)
    joint = JointSmoothing((12, 30, 30))
    for value in (1, 2, 3):
        joint.add(value, blurred(labels == value, (1.5, 1.5, 1.5)), (slice(None),) * 3)
    result = joint.winners()
    assert (result > 0).all()
    stack = np.stack([blurred(labels == value, (1.5, 1.5, 1.5)) for value in (1, 2, 3)])
    np.testing.assert_array_equal(result, stack.argmax(axis=0) + 1)
    assert (result != labels).any()


def test_a_fixed_label_wins_nothing_but_holds_the_background_off() -> None:
    joint = JointSmoothing((1, 1, 3))
    everywhere = (slice(None),) * 3
    joint.add(0, np.array([[[0.9, 0.6, 0.0]]], np.float32), everywhere, fixed=True)
    joint.add(1, np.array([[[0.1, 0.3, 0.4]]], np.float32), everywhere)
    assert joint.winners()[0, 0].tolist() == [1, 1, 0]


def test_booleans_of_masks() -> None:
    a, b, c = (np.array(bits, bool) for bits in ([1, 1, 0, 0], [1, 0, 1, 0], [0, 0, 1, 0]))
    assert combined("union", [a, b, c]).tolist() == [True, True, True, False]
    assert combined("intersection", [a, b]).tolist() == [True, False, False, False]
    assert combined("difference", [a, b, c]).tolist() == [False, True, False, False]
    assert a.tolist() == [True, True, False, False]
    with pytest.raises(ToolError, match="needs masks"):
        combined("union", [])
