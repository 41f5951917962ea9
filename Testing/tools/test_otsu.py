"""The Otsu tool: regions become new labels; parameters are checked; frames each by themselves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk

from MultiLabelSegLib.errors import OptionError, ToolError
from MultiLabelSegLib.tools.otsu import Otsu
from Testing.tools.preview_cases import a_scene, confirmed, row
from Testing.tools.slice_cases import chest

STEPS = row(0, 1, 50, 51, 100, 101)


def test_every_region_becomes_a_new_label_named_as_mitk_names_them() -> None:
    scene = a_scene(STEPS)
    done = confirmed(scene, Otsu(regions=3, bins=101))
    assert done.array.ravel().tolist() == [10, 10, 11, 11, 12, 12]
    assert [scene.segmentation.label(value).name for value in (10, 11, 12)] == ["Otsu 0", "Otsu 1", "Otsu 2"]
    colors = {scene.segmentation.label(value).color for value in (10, 11, 12)}
    assert len(colors) == 3
    assert done.preview.notes == ("thresholds 1.0001, 51.0051",)


def test_only_the_regions_to_keep_become_labels() -> None:
    scene = a_scene(STEPS)
    preview = Otsu(regions=3, bins=101, keep=(3, 2)).propose(scene)
    assert [(label.value, label.name) for label in preview.labels] == [(2, "Otsu 1"), (3, "Otsu 2")]
    assert preview.frames[0].box.lower == (0, 0, 2)
    assert preview.voxels(0) == {2: 2, 3: 2}
    assert confirmed(scene, Otsu(regions=3, bins=101, keep=(3, 2))).array.ravel().tolist() == [0, 0, 10, 10, 11, 11]


def test_what_locked_labels_hold_stays_theirs() -> None:
    done = confirmed(a_scene(STEPS, row(3, 2, 0, 0, 0, 3)), Otsu(regions=3, bins=101))
    assert done.array.ravel().tolist() == [3, 10, 11, 11, 12, 3]
    assert dict(done.command.resolution.protected) == {3: 2}


def test_one_region_can_become_the_active_label_and_no_active_label_is_needed() -> None:
    done = confirmed(a_scene(STEPS, label=2), Otsu(regions=3, bins=101), labels=(3,), into="active")
    assert done.array.ravel().tolist() == [0, 0, 0, 0, 2, 2]
    assert confirmed(a_scene(STEPS, label=None), Otsu()).array.max() == 11


def test_each_frame_has_its_own_thresholds() -> None:
    image = np.concatenate([STEPS, STEPS[..., ::-1] * 10])
    done = confirmed(a_scene(image), Otsu(regions=3, bins=101, frames="all"), frames="all")
    assert done.array.reshape(2, 6).tolist() == [[10, 10, 11, 11, 12, 12], [12, 12, 11, 11, 10, 10]]
    assert [note.split(":")[0] for note in done.preview.notes] == ["frame 0", "frame 1"]
    assert confirmed(replace(a_scene(image), t=1), Otsu(regions=3, bins=101)).array[1, 0, 0].tolist() == (
        [12, 12, 11, 11, 10, 10]
    )


@pytest.mark.parametrize(
    ("parameters", "complaint"),
    [
        ({"regions": 1}, "regions: 1 is not allowed; expected 2 to 32"),
        ({"regions": 33}, "regions: 33"),
        ({"bins": 1}, "bins: 1"),
        ({"bins": 5000}, "bins: 5000"),
        ({"regions": 20, "bins": 19}, "bins: 19 is not allowed; expected at least as many as regions, 20"),
        ({"regions": 3, "keep": (0,)}, "keep: 0 is not allowed; expected regions from 1, the darkest, to 3"),
        ({"regions": 3, "keep": (4,)}, "keep: 4"),
        ({"regions": 3, "keep": (True,)}, "keep: True"),
    ],
)
def test_impossible_parameters_are_refused(parameters: dict, complaint: str) -> None:
    with pytest.raises(OptionError, match=complaint):
        Otsu(**parameters)


def test_images_that_cannot_be_divided_are_refused() -> None:
    with pytest.raises(ToolError, match="nothing to separate"):
        Otsu().propose(a_scene(row(4, 4, 4)))
    with pytest.raises(ToolError, match="raise the bins"):
        Otsu(regions=3).propose(a_scene(row(4, 5, 5)))
    with pytest.raises(ToolError, match="needs the image"):
        Otsu().propose(replace(a_scene(STEPS), image=None))


def test_masking_limits_every_region() -> None:
    done = confirmed(a_scene(STEPS, row(2, 0, 2, 0, 2, 0)), Otsu(regions=3, bins=101, inside=("B",)))
    assert done.array.ravel().tolist() == [10, 0, 11, 0, 12, 0]


def test_a_real_ct_gives_itks_regions_as_new_labels_where_nothing_is_locked() -> None:
    scene = chest()
    before = scene.values().copy()
    done = confirmed(scene, Otsu(regions=3))
    expected = sitk.GetArrayFromImage(sitk.OtsuMultipleThresholds(sitk.GetImageFromArray(scene.pixels()), 2, 0, 128))
    free = before == 0
    for region, value in enumerate(done.command.values):
        np.testing.assert_array_equal(done.array[0] == value, (expected == region) & free)
