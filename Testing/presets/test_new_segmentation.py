"""New segmentations: MITK's red label, or a preset's."""

from __future__ import annotations

import numpy as np

from MultiLabelSegLib import Geometry, Label
from MultiLabelSegLib.presets.any_preset import read_preset
from MultiLabelSegLib.presets.new_segmentation import default_preset, new_segmentation
from Testing.presets.cases import GOLDEN, preset_of

GEOMETRY = Geometry.from_parts((2, 3, 4), (1, 2, 3), (4, 5, 6), time_steps=2)


def test_without_a_preset_there_is_label_1_in_mitks_red() -> None:
    made = new_segmentation(GEOMETRY)
    (label,) = made.labels
    assert (label.value, label.name, label.color_bytes) == (1, "Label 1", (190, 0, 50))
    assert (label.locked, label.visible, label.opacity) == (True, True, 0.6)
    assert [group.name for group in made.groups] == [""]
    assert made.geometry == GEOMETRY
    assert not made.groups[0].array.any()
    assert made.groups[0].shape == (2, 2, 3, 4)


def test_with_a_preset_there_are_its_groups_and_labels_and_no_voxels() -> None:
    made = new_segmentation(GEOMETRY, read_preset(GOLDEN / "preset.mitklabel.json"))
    assert [(group.name, group.values) for group in made.groups] == [
        ("Organs 2", (1, 77)),
        ("", (9,)),
        ("Third", (100,)),
    ]
    assert made[9] == Label(9, "Tumor!", description="from preset", visible=False)
    assert not any(group.array.any() for group in made.groups)
    assert not np.shares_memory(made.groups[0].array, made.groups[1].array)


def test_the_first_group_is_named_where_the_preset_names_none() -> None:
    assert new_segmentation(GEOMETRY, group_name="G", uid="u").groups[0].name == "G"
    assert new_segmentation(GEOMETRY, uid="u").uid == "u"
    assert new_segmentation(GEOMETRY, preset_of(("P", [])), group_name="G").groups[0].name == "P"


def test_an_empty_preset_gives_one_group_without_labels() -> None:
    made = new_segmentation(GEOMETRY, preset_of())
    assert (len(made.groups), made.labels) == (1, ())
    assert len(default_preset().labels) == 1
