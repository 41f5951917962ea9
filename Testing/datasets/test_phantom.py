"""The made-up case: its labels are where its image shows them."""

from __future__ import annotations

import numpy as np

from MultiLabelSegLib.datasets.phantom import phantom


def test_every_label_has_voxels_of_its_own_brightness() -> None:
    image, segmentation = phantom()
    assert image.geometry == segmentation.geometry
    organs, lesions = segmentation.groups
    assert [label.name for label in organs.labels][:3] == ["Right lung", "Left lung", "Heart"]
    for value in organs.values:
        mean = image.array[(organs.array == value) & (lesions.array == 0)].mean()
        assert (mean < -700) == ("lung" in segmentation.label(value).name)


def test_lesions_overlap_organs_of_the_other_group() -> None:
    _, segmentation = phantom()
    organs, lesions = segmentation.groups
    overlapped = {segmentation.label(int(value)).name for value in np.unique(organs.array[lesions.array > 0]) if value}
    assert overlapped == {"Liver", "Left lung"}
    assert {label.name for label in lesions.labels} == {"Lesion"}
