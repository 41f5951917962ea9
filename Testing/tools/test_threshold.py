"""Threshold and upper/lower threshold: ranges, defaults, bounds, frames, confirming; SimpleITK as judge."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st

from MultiLabelSegLib.core import Geometry, Image
from MultiLabelSegLib.errors import OptionError, ToolError
from MultiLabelSegLib.ops.threshold import extent_of, intensity_range, within
from MultiLabelSegLib.tools.base import Scene
from MultiLabelSegLib.tools.threshold import Threshold, UpperLowerThreshold, image_range
from Testing.properties.documents import segmentations
from Testing.tools.preview_cases import a_scene, confirmed, row
from Testing.tools.slice_cases import chest


def test_the_defaults_are_mitks_upper_half_and_middle_third_rounded_for_whole_numbers() -> None:
    scene = a_scene(row(0, 3, 4, 5, 6, 7, 9, 10))
    assert Threshold().propose(scene).title == "Threshold 5 to 10: A"
    assert confirmed(scene, Threshold()).array.ravel().tolist() == [0, 0, 0, 1, 1, 1, 1, 1]
    scene = a_scene(row(0, 3, 4, 5, 6, 7, 9, 10))
    assert UpperLowerThreshold().bounds(scene)[:2] == (3.0, 7.0)
    assert confirmed(scene, UpperLowerThreshold()).array.ravel().tolist() == [0, 1, 1, 1, 1, 1, 0, 0]
    scene = a_scene(row(0.0, 1.0, dtype=np.float32))
    assert Threshold().bounds(scene)[:2] == (0.5, 1.0)
    assert UpperLowerThreshold().bounds(scene)[:2] == pytest.approx((1 / 3, 2 / 3))


def test_the_range_is_that_of_all_frames_and_not_of_the_first() -> None:
    image = np.array([[0, 1, 2, 3], [10, 11, 12, 20]], np.int16).reshape(2, 1, 1, 4)
    scene = a_scene(image)
    found = image_range(scene)
    assert (found.lower, found.upper, found.step, found.whole) == (0, 20, 1, True)
    assert Threshold().bounds(scene)[:2] == (10, 20)
    assert confirmed(replace(scene, t=1), Threshold()).array.ravel().tolist() == [0, 0, 0, 0, 1, 1, 1, 1]


@pytest.mark.parametrize(("top", "step"), [(1.0, 0.001), (4000.0, 1.0), (0.02, 1e-5), (999.0, 0.1)])
def test_the_step_of_a_float_image_divides_its_range_into_at_least_a_thousand_parts(top: float, step: float) -> None:
    assert intensity_range(np.array([0, top])).step == pytest.approx(step)


def test_voxels_that_are_no_numbers_are_left_out_and_said() -> None:
    scene = a_scene(row(np.nan, 1.0, 2.0, np.inf, 3.0, -np.inf, dtype=np.float32))
    assert (image_range(scene).lower, image_range(scene).upper, image_range(scene).skipped) == (1, 3, 3)
    done = confirmed(scene, Threshold(lower=1, upper=3))
    assert done.array.ravel().tolist() == [0, 1, 1, 0, 1, 0]
    assert "3 voxels of the image hold no finite number and are left out" in done.preview.notes
    with pytest.raises(ToolError, match="no finite number"):
        image_range(a_scene(row(np.nan, dtype=np.float64)))


def test_bounds_are_included() -> None:
    assert confirmed(a_scene(row(1, 2, 3, 4, 5)), Threshold(lower=2, upper=4)).array.ravel().tolist() == [0, 1, 1, 1, 0]
    tenth = row(0.1, 0.2, 0.3, dtype=np.float32)
    assert confirmed(a_scene(tenth), Threshold(lower=0.1, upper=0.2)).array.ravel().tolist() == [1, 1, 0]


def test_bounds_beyond_the_image_are_drawn_in_with_a_note_and_empty_ranges_refused() -> None:
    scene = a_scene(row(-5, 0, 5))
    done = confirmed(scene, Threshold(lower=-5000, upper=70000))
    assert done.array.ravel().tolist() == [1, 1, 1]
    assert done.preview.notes == (
        "values from -5 to 5",
        "lower -5000 was drawn in to -5; the image has -5 to 5",
        "upper 70000 was drawn in to 5; the image has -5 to 5",
    )
    with pytest.raises(ToolError, match="lower 3 is above upper 2; the image has -5 to 5"):
        Threshold(lower=3, upper=2).propose(scene)
    with pytest.raises(ToolError, match="no voxel lies between 6 and 9; the image has -5 to 5"):
        Threshold(lower=6, upper=9).propose(scene)
    with pytest.raises(OptionError, match="lower"):
        Threshold(lower=float("nan"))


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.float32, np.float64, np.bool_])
def test_the_mask_is_that_of_simpleitk_for_every_type(dtype: type) -> None:
    rng = np.random.default_rng(0)
    pixels = (rng.random((3, 5, 7)) * 120).astype(dtype)
    for lower, upper in ((10.5, 80.2), (-300, 400), (7, 7), (119.5, 1e9), (1, 1)):
        expected = sitk.BinaryThreshold(sitk.GetImageFromArray(pixels.astype(np.float64)), lower, upper)
        np.testing.assert_array_equal(within(pixels, lower, upper), sitk.GetArrayFromImage(expected) == 1)


def test_confirming_merges_unless_replacing_is_asked_for_and_says_what_that_takes_away() -> None:
    held = row(1, 1, 0, 2, 3, 0)
    done = confirmed(a_scene(row(0, 9, 9, 9, 9, 0), held), Threshold(lower=9))
    assert done.array.ravel().tolist() == [1, 1, 1, 1, 3, 0]
    assert (done.cleared, dict(done.command.resolution.protected)) == ({}, {3: 1})
    done = confirmed(a_scene(row(0, 9, 9, 9, 9, 0), held), Threshold(lower=9), merge="replace", locks="ignore")
    assert done.array.ravel().tolist() == [0, 1, 1, 1, 1, 0]
    assert done.cleared == {1: 1}


def test_without_an_active_label_it_can_become_a_new_one_only() -> None:
    scene = a_scene(row(0, 9, 9), label=None)
    preview = Threshold(lower=9).propose(scene)
    assert [(label.name, label.target) for label in preview.labels] == [("Threshold", None)]
    with pytest.raises(ToolError, match="no label is active"):
        confirmed(scene, Threshold(lower=9))
    done = confirmed(scene, Threshold(lower=9), into="new")
    assert done.array.ravel().tolist() == [0, 10, 10]
    assert scene.segmentation.label(10).name == "Threshold"
    with pytest.raises(ToolError, match="active label 77 is no label"):
        Threshold().propose(replace(scene, label=77))


def test_all_frames_each_with_its_own_image() -> None:
    image = np.array([[0, 9], [9, 0], [9, 9]], np.int16).reshape(3, 1, 1, 2)
    done = confirmed(a_scene(image), Threshold(lower=5, frames="all"), frames="all")
    assert done.array.reshape(3, 2).tolist() == [[0, 1], [1, 0], [1, 1]]


def test_a_static_segmentation_of_a_dynamic_image_takes_the_frame_that_is_shown() -> None:
    scene = a_scene(row(0, 0, 0))
    moving = np.array([[0, 0, 0], [9, 0, 9]], np.int16).reshape(2, 1, 1, 3)
    scene = replace(scene, image=Image(moving, scene.geometry.with_time(2)), image_t=1)
    assert confirmed(scene, Threshold(lower=5)).array.ravel().tolist() == [1, 0, 1]


def test_an_image_that_is_missing_elsewhere_or_coloured_is_refused() -> None:
    scene = a_scene(row(0, 1))
    with pytest.raises(ToolError, match="needs the image"):
        Threshold().propose(replace(scene, image=None))
    elsewhere = Image(row(0, 1), Geometry.from_parts((1, 1, 2), (5, 5, 5)))
    with pytest.raises(ToolError, match="does not lie on the segmentation's grid"):
        Threshold().propose(replace(scene, image=elsewhere))
    with pytest.raises(ToolError, match="single numbers"):
        Threshold().propose(a_scene(row(0, 1j, dtype=np.complex64)))


def test_masking_limits_the_preview() -> None:
    scene = a_scene(row(0, 9, 9, 9), row(0, 0, 2, 0))
    assert confirmed(scene, Threshold(lower=5, outside=("B",))).array.ravel().tolist() == [0, 1, 2, 1]


def test_the_preview_covers_only_the_box_of_what_was_found() -> None:
    image = np.zeros((1, 4, 5, 6), np.int16)
    image[0, 1:3, 2, 3:5] = 9
    frame = Threshold(lower=5).propose(a_scene(image)).frames[0]
    assert (frame.box.lower, frame.box.upper) == ((1, 2, 3), (3, 3, 5))
    assert extent_of(np.zeros((2, 2, 2), np.bool_)) == ((0, 0, 0), (0, 0, 0))


def test_bones_of_a_real_ct_are_those_of_simpleitk() -> None:
    scene = chest("ribs")
    before = scene.values().copy()
    expected = sitk.GetArrayFromImage(sitk.BinaryThreshold(sitk.GetImageFromArray(scene.pixels()), 300, 1500)) == 1
    done = confirmed(scene, Threshold(lower=300, upper=1500))
    assert done.preview.voxels(0) == {1: int(expected.sum())}
    taken = expected & ((before == 0) | (before == scene.label))
    np.testing.assert_array_equal(done.array[0] == scene.label, taken | (before == scene.label))


@given(segmentations(), st.integers(0, 30), st.integers(0, 30), st.sampled_from(["merge", "replace"]), st.data())
def test_no_other_locked_label_changes_and_undo_is_exact(segmentation, low: int, high: int, merge: str, data) -> None:
    values = segmentation.values
    shape = segmentation.geometry.full_shape
    rng = np.random.default_rng(low)
    image = Image(rng.integers(0, 31, shape).astype(np.int16), segmentation.geometry)
    scene = Scene(segmentation, image, data.draw(st.sampled_from(values)), data.draw(st.integers(0, shape[0] - 1)))
    tool = Threshold(lower=min(low, high), upper=max(low, high), frames=data.draw(st.sampled_from(["current", "all"])))
    found = image_range(scene)
    if tool.upper < found.lower or tool.lower > found.upper:
        with pytest.raises(ToolError):
            tool.propose(scene)
        return
    confirmed(scene, tool, merge=merge, frames=tool.frames)
