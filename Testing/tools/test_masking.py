"""Masking: an intensity range, inside and outside of labels, for every tool the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from MultiLabelSegLib.core import Box, Geometry, Image
from MultiLabelSegLib.errors import LabelError, OptionError, ToolError, UnknownLabelError
from MultiLabelSegLib.tools.base import Scene
from MultiLabelSegLib.tools.masking import Masked
from Testing.tools.slice_cases import KIDNEY, LIVER, SHAPE, SPLEEN, TUMOUR, a_document, a_scene, empty

WHOLE = Box((0, 0, 0), SHAPE)
ALL = np.ones(SHAPE, np.bool_)


def halves() -> np.ndarray:
    frame = empty()
    frame[:, :, 5:10], frame[:, :, 10:15], frame[:, :, 15:] = LIVER, SPLEEN, KIDNEY
    return frame


def test_without_limits_the_mask_comes_back_as_it_is() -> None:
    mask = np.zeros(SHAPE, np.uint8)
    assert Masked().masked(a_scene(), WHOLE, mask) is mask


def test_both_ends_of_an_intensity_range_are_in_it() -> None:
    image = np.broadcast_to(np.arange(20.0), SHAPE)
    scene = a_scene(image=image)
    for limits, expected in (
        ({"intensity_lower": 5}, image >= 5),
        ({"intensity_upper": 7}, image <= 7),
        ({"intensity_lower": 5, "intensity_upper": 7}, (image >= 5) & (image <= 7)),
    ):
        np.testing.assert_array_equal(Masked(**limits).masked(scene, WHOLE, ALL), expected)


def test_what_is_no_number_is_in_no_range() -> None:
    image = np.full(SHAPE, np.nan, np.float32)
    image[0] = 3
    np.testing.assert_array_equal(Masked(intensity_upper=9).masked(a_scene(image=image), WHOLE, ALL), ~np.isnan(image))


def test_inside_and_outside_of_labels_of_any_group_by_value_or_name() -> None:
    frame = halves()
    scene = a_scene(frame)
    tumour = scene.segmentation.mask(TUMOUR)[0]
    for fields, expected in (
        ({"inside": (SPLEEN,)}, frame == SPLEEN),
        ({"inside": ("Spleen", "Kidney")}, np.isin(frame, [SPLEEN, KIDNEY])),
        ({"inside": ("Tumour",)}, tumour),
        ({"inside": (LIVER, TUMOUR)}, (frame == LIVER) | tumour),
        ({"outside": (LIVER,)}, frame != LIVER),
        ({"inside": (LIVER,), "outside": ("Tumour",)}, (frame == LIVER) & ~tumour),
    ):
        np.testing.assert_array_equal(Masked(**fields).masked(scene, WHOLE, ALL), expected)


def test_a_name_means_all_labels_of_that_name() -> None:
    segmentation = a_document(halves())
    segmentation.set_label(0, replace(segmentation.label(SPLEEN), name="Kidney"))
    found = Masked(inside=("Kidney",)).masked(Scene(segmentation, label=LIVER), WHOLE, ALL)
    np.testing.assert_array_equal(found, np.isin(halves(), [SPLEEN, KIDNEY]))


def test_limits_act_within_the_box_and_keep_the_masks_values() -> None:
    box = Box((1, 2, 3), (3, 8, 13))
    mask = np.full(box.shape, 7, np.uint8)
    found = Masked(inside=(LIVER,)).masked(a_scene(halves()), box, mask)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, np.where(halves()[box.slices] == LIVER, 7, 0))


def test_labels_and_image_are_those_of_the_frame() -> None:
    segmentation = a_document(halves())
    image = Image(np.stack([np.zeros(SHAPE), np.ones(SHAPE)]), segmentation.geometry)
    later = Scene(segmentation, image, LIVER, t=1)
    np.testing.assert_array_equal(
        Masked(inside=(KIDNEY,)).masked(later, WHOLE, ALL), segmentation.group(0).array[1] == KIDNEY
    )
    assert Masked(intensity_lower=1).masked(later, WHOLE, ALL).all()


def test_limits_that_cannot_be_are_refused() -> None:
    image = np.zeros(SHAPE)
    with pytest.raises(ToolError, match="lower 5 is above upper 4"):
        Masked(intensity_lower=5, intensity_upper=4).masked(a_scene(image=image), WHOLE, ALL)
    with pytest.raises(ToolError, match="needs the image"):
        Masked(intensity_lower=5).masked(a_scene(), WHOLE, ALL)
    with pytest.raises(UnknownLabelError, match="Bone"):
        Masked(inside=("Bone",)).masked(a_scene(), WHOLE, ALL)
    with pytest.raises(LabelError):
        Masked(outside=(77,)).masked(a_scene(), WHOLE, ALL)
    with pytest.raises(OptionError, match="intensity_lower"):
        Masked(intensity_lower="bright")


def test_an_image_of_another_grid_is_refused_with_what_differs() -> None:
    scene = a_scene()
    other = Image(np.zeros(SHAPE), Geometry.from_parts(SHAPE, (0.5, 1.0, 2.5)))
    with pytest.raises(ToolError, match="spacing"):
        Masked(intensity_lower=5).masked(Scene(scene.segmentation, other, LIVER), WHOLE, ALL)
