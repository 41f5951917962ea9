"""What tools give as images: the masked image, and label maps and masks taken out of a segmentation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from MultiLabelSegLib.core import Geometry, Group, Image, Label, Segmentation
from MultiLabelSegLib.errors import GeometryError, OptionError, ToolError
from MultiLabelSegLib.tools.base import ImageResult, Scene
from MultiLabelSegLib.tools.extract import class_maps, cropped_mask, instance_maps, masks
from MultiLabelSegLib.tools.mask_image import MaskImage, mask_image
from Testing.properties.documents import snapshot
from Testing.tools.post_cases import OTHER, A, a_document


def masked(segmentation: Segmentation, pixels: np.ndarray, t: int = 0, **parameters: Any) -> ImageResult:
    image = Image(pixels, segmentation.geometry.with_time(len(pixels)))
    before = snapshot(segmentation), pixels.copy()
    result = MaskImage(**parameters).propose(Scene(segmentation, image, A, t))
    assert snapshot(segmentation) == before[0]
    np.testing.assert_array_equal(pixels, before[1])
    return result


def test_only_the_label_keeps_its_brightness() -> None:
    pixels = np.array([[[[5, -7, 9]]]], np.int16)
    result = masked(a_document("A.B"), pixels)
    assert (result.name, result.notes) == ("Masked by A", ())
    assert result.image.array.tolist() == [[[[5, 0, 0]]]]
    assert result.image.array.dtype == np.int16
    assert masked(a_document("A.B"), pixels, labels=("A", "B")).image.array.tolist() == [[[[5, 0, 9]]]]
    assert masked(a_document("A.B"), pixels, labels=("B",), keep="outside").image.array.tolist() == [[[[5, -7, 0]]]]
    assert masked(a_document("A.B"), pixels, value="minimum").image.array.tolist() == [[[[5, -7, -7]]]]


def test_a_value_that_the_type_does_not_hold_is_rounded_and_cut_and_said() -> None:
    pixels = np.array([[[[5, 7, 9]]]], np.uint8)
    result = masked(a_document("A.B"), pixels, value=-3.5)
    assert result.image.array.tolist() == [[[[5, 0, 0]]]]
    assert result.notes == ("the value -3.5 became 0, as the image holds uint8 numbers",)
    result = masked(a_document("A.B"), pixels.astype(np.float32), value=-3.5)
    assert (result.image.array.tolist(), result.notes) == ([[[[5, -3.5, -3.5]]]], ())


def test_frames_of_the_image_are_masked_by_their_own_or_by_the_only_one() -> None:
    pixels = np.ones((2, 1, 1, 2), np.uint8)
    assert masked(a_document("A."), pixels).image.array[..., 0].ravel().tolist() == [1, 1]
    segmentation = a_document("A.", frames=2)
    moving = segmentation.group(0).array.copy()
    moving[1] = [[[0, A]]]
    segmentation.replace_grid(segmentation.geometry, [moving, segmentation.group(1).array])
    assert masked(segmentation, pixels).image.array.tolist() == [[[[1, 0]]], [[[0, 1]]]]
    single = masked(segmentation, pixels, t=1, frames="current").image
    assert (single.array.tolist(), single.geometry.time_steps) == ([[[[0, 1]]]], 1)


def test_an_image_that_does_not_fit_is_refused() -> None:
    segmentation = a_document("A.", frames=2)
    with pytest.raises(ToolError, match="2 frames, the image 3"):
        masked(segmentation, np.ones((3, 1, 1, 2), np.uint8))
    with pytest.raises(ToolError, match="needs the image"):
        MaskImage().propose(Scene(segmentation, None, A))
    elsewhere = Image(np.ones((1, 1, 2), np.uint8), Geometry.from_parts((1, 1, 2), (2, 1, 1)))
    with pytest.raises(ToolError, match="does not lie on the segmentation's grid"):
        MaskImage().propose(Scene(segmentation, elsewhere, A))
    with pytest.raises(GeometryError, match="a mask"):
        mask_image(elsewhere, np.ones((1, 1, 1, 3), bool))


@pytest.mark.parametrize("value", ["maximum", float("nan"), True, None])
def test_a_value_that_is_no_number_is_refused(value: Any) -> None:
    with pytest.raises(OptionError, match="value"):
        MaskImage(value=value)


def a_document_of_classes() -> Segmentation:
    """Instances of two classes and an empty one in the first group; one label, unnamed group, in the second."""
    first = np.array([[[[7, 0, 300, 9, 55]]]], np.uint16)
    second = np.array([[[[4, 4, 0, 0, 0]]]], np.uint8)
    labels = [Label(7, "Vessel", (1, 0, 0)), Label(300, "Nodule"), Label(9, "Vessel"), Label(12, "Airway")]
    groups = [Group(first, labels, "Lung"), Group(second, [Label(4, "Heart")])]
    return Segmentation(Geometry.from_parts((1, 1, 5), (2, 3, 4), (5, 6, 7)), groups)


def test_class_maps_number_the_classes_by_their_names() -> None:
    lung, other = class_maps(a_document_of_classes())
    assert (lung.name, other.name) == ("Lung classes", "Group 2 classes")
    assert [(row.value, row.name, row.labels) for row in lung.table] == [
        (1, "Airway", (12,)),
        (2, "Nodule", (300,)),
        (3, "Vessel", (7, 9)),
    ]
    assert lung.image.array.tolist() == [[[[3, 0, 2, 3, 0]]]]
    assert lung.image.array.dtype == np.uint8
    assert lung.table[2].as_json() == {"value": 3, "name": "Vessel", "color": [1.0, 0.0, 0.0], "labels": [7, 9]}
    assert other.image.array.tolist() == [[[[1, 1, 0, 0, 0]]]]


def test_instance_maps_hold_the_labels_values_and_nothing_without_a_label() -> None:
    segmentation = a_document_of_classes()
    lung, other = instance_maps(segmentation)
    assert lung.image.array.tolist() == [[[[7, 0, 300, 9, 0]]]]
    assert [row.value for row in lung.table] == [7, 300, 9, 12]
    assert other.image.geometry == segmentation.geometry
    (part,) = instance_maps(segmentation, ("Vessel",))
    assert part.image.array.tolist() == [[[[7, 0, 0, 9, 0]]]]
    assert not np.shares_memory(part.image.array, segmentation.group(0).array)


def test_masks_hold_the_value_or_one() -> None:
    found = list(masks(a_document_of_classes(), (300, "Heart")))
    assert [(mask.name, mask.image.array.ravel().tolist()) for mask in found] == [
        ("Nodule", [0, 0, 300, 0, 0]),
        ("Heart", [4, 4, 0, 0, 0]),
    ]
    binary = list(masks(a_document_of_classes(), binary=True))
    assert [mask.name for mask in binary] == ["Vessel [7]", "Nodule", "Vessel [9]", "Airway", "Heart"]
    assert {mask.image.array.max() for mask in binary} == {0, 1}
    assert binary[1].table[0].value == 1


def test_a_cropped_mask_keeps_its_place_in_space() -> None:
    segmentation = a_document_of_classes()
    mask = cropped_mask(segmentation, "Nodule", 1)
    assert mask.image.array.tolist() == [[[[0, 300, 0]]]]
    np.testing.assert_allclose(mask.image.geometry.origin, (7, 6, 7))
    wide = cropped_mask(segmentation, 300, 4.0, in_mm=True, binary=True)
    assert wide.image.array.tolist() == [[[[0, 0, 1, 0, 0]]]]
    with pytest.raises(ToolError, match="nothing to crop to"):
        cropped_mask(segmentation, "Airway")
    with pytest.raises(ToolError, match="negative"):
        cropped_mask(segmentation, "Nodule", -1)


def test_names_that_stand_for_no_label_are_refused() -> None:
    with pytest.raises(OptionError, match="labels"):
        class_maps(a_document("A"), (None,))  # type: ignore[arg-type]
    assert class_maps(a_document("A"), (OTHER,))[0].table[0].name == "Other"
