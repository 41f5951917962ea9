"""Applying presets: what the real MITK makes of them, what our safe modes keep, what the account says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from MultiLabelSegLib import Geometry, Group, Label, Segmentation
from MultiLabelSegLib.edit import History
from MultiLabelSegLib.errors import OptionError, PresetError
from MultiLabelSegLib.presets.any_preset import read_preset
from MultiLabelSegLib.presets.apply import Application, Elsewhere, Mode, apply_preset
from MultiLabelSegLib.presets.preset import LabelSetPreset, PresetGroup, PresetLabel, from_segmentation
from Testing.formats.mitk_truth import assert_is_truth
from Testing.presets.cases import GOLDEN, base, preset_of, small
from Testing.properties.documents import snapshot


def applied(segmentation: Segmentation, preset: LabelSetPreset, mode: Mode = "keep") -> tuple[Application, History]:
    history = History(segmentation)
    application = apply_preset(segmentation, preset, mode)
    history.do(application.command)
    return application, history


def voxels(segmentation: Segmentation) -> list[list[int]]:
    return [group.array.ravel().tolist() for group in segmentation.groups]


def partly(label: Label, *stated: str) -> LabelSetPreset:
    """A preset of one label that states some fields only."""
    return LabelSetPreset((PresetGroup((PresetLabel(label, frozenset(stated)),)),))


# ---- MITK's results ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("file", "truth"), [("preset.mitklabel.json", "truth_json"), ("preset.lsetp", "truth_lsetp")])
def test_mode_mitk_gives_mitks_result(file: str, truth: str) -> None:
    segmentation = base()
    applied(segmentation, read_preset(GOLDEN / file), "mitk")
    assert_is_truth(segmentation, GOLDEN, truth)


@pytest.mark.parametrize("file", ["preset.mitklabel.json", "preset.lsetp"])
@pytest.mark.parametrize("mode", ["keep", "refuse"])
def test_the_default_gives_mitks_labels_and_leaves_voxels_and_names_of_groups(file: str, mode: Mode) -> None:
    segmentation, before = base(), base()
    application, history = applied(segmentation, read_preset(GOLDEN / file), mode)
    assert voxels(segmentation)[:2] == voxels(before)
    names = ["Organs 2", "Les", "Third"] if "json" in file else ["Organs", "Les", ""]
    assert [group.name for group in segmentation.groups] == names
    assert segmentation[77] == Label(77, "Added", (0.5, 0.5, 0))
    assert segmentation.group_index_of(100) == 2
    assert segmentation[9].description == "from preset"
    assert (application.updated, application.added, application.new_groups) == ([1, 9], [77, 100], [2])
    assert history.undo_titles == (f"Apply preset {file}",)
    history.undo()
    assert snapshot(segmentation) == snapshot(before)


# ---- labels in other groups -------------------------------------------------------------------------------------
SWAPPED = preset_of(("A", [Label(3, "THREE", (0, 1, 0))]), ("B", [Label(1, "ONE")]))


def test_keep_leaves_a_label_in_its_group_and_reports_it() -> None:
    segmentation = small()
    application, _ = applied(segmentation, SWAPPED)
    assert voxels(segmentation) == voxels(small())
    assert [group.values for group in segmentation.groups] == [(1, 2), (3,)]
    assert (segmentation[3].name, segmentation[3].color) == ("THREE", (0, 1, 0))
    assert segmentation[3].properties == {"note": "kept"}
    assert application.elsewhere == [Elsewhere(3, "THREE", 1, 0), Elsewhere(1, "ONE", 0, 1)]
    assert "label 3 'THREE' stays in group 1; the preset has it in group 0" in list(application.lines())


def test_refuse_names_every_label_and_changes_nothing() -> None:
    segmentation = small()
    with pytest.raises(PresetError, match=r"3 'THREE' \(in group 1, in the preset 0\), 1 'ONE' \(in group 0, in the"):
        apply_preset(segmentation, SWAPPED, "refuse")
    assert snapshot(segmentation) == snapshot(small())


def test_mitk_moves_a_label_and_deletes_its_voxels_and_undo_brings_them_back() -> None:
    segmentation = small()
    application, history = applied(segmentation, SWAPPED, "mitk")
    assert voxels(segmentation) == [[0, 0, 2, 0, 0, 7], [0, 0, 0, 0, 0, 0]]
    assert [group.values for group in segmentation.groups] == [(2, 3), (1,)]
    assert segmentation[3].properties == {}
    assert application.moved == [Elsewhere(3, "three", 1, 0, 2), Elsewhere(1, "one", 0, 1, 2)]
    assert application.command.resolution.written == 4
    history.undo()
    assert snapshot(segmentation) == snapshot(small())
    history.redo()
    assert voxels(segmentation)[0] == [0, 0, 2, 0, 0, 7]


# ---- what a preset states ---------------------------------------------------------------------------------------
def test_only_what_is_stated_is_set_but_mitk_sets_its_defaults_too() -> None:
    preset = partly(Label(1, "new"), "value", "name")
    segmentation = small()
    applied(segmentation, preset)
    assert segmentation[1] == Label(1, "new", (1, 0, 0), description="mine")
    assert segmentation.groups[0].name == "A"
    applied(segmentation, preset, "mitk")
    assert segmentation[1] == Label(1, "new")
    assert segmentation.groups[0].name == ""


def test_under_mitk_tracking_ids_stay_unless_they_are_stated() -> None:
    tracked = Label(1, "old", (1, 0, 0), tracking_id="T", tracking_uid="1.2", description="text")
    segmentation = Segmentation(Geometry.from_parts((1, 1, 1)), [Group(np.ones((1, 1, 1, 1), np.uint8), [tracked])])
    applied(segmentation, partly(Label(1, "new", tracking_id="U"), "value", "name"), "mitk")
    assert segmentation[1] == Label(1, "new", tracking_id="T", tracking_uid="1.2")
    applied(segmentation, partly(Label(1, "new", tracking_id="U"), "value", "name", "tracking_id"), "mitk")
    assert segmentation[1] == Label(1, "new", tracking_id="U", tracking_uid="1.2")


def test_under_mitk_a_label_table_sets_what_it_states_alone(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("value,name\n1,uno\n")
    segmentation = small()
    applied(segmentation, read_preset(tmp_path / "t.csv"), "mitk")
    assert segmentation[1] == Label(1, "uno", (1, 0, 0), description="mine")
    assert segmentation.groups[0].name == "A"


def test_properties_of_label_and_preset_are_united() -> None:
    segmentation = small()
    applied(segmentation, preset_of((None, []), (None, [Label(3, "three", properties={"note": "new", "more": 1})])))
    assert segmentation[3].properties == {"note": "new", "more": 1}
    applied(segmentation, preset_of((None, []), (None, [Label(3, "three", properties={"other": 2})])))
    assert segmentation[3].properties == {"note": "new", "more": 1, "other": 2}


def test_properties_of_groups_are_united_and_new_groups_get_theirs() -> None:
    segmentation = small()
    segmentation.groups[0].properties["a"] = 1
    groups = (PresetGroup((), None, {"b": 2}), PresetGroup(), PresetGroup((), "C", {"c": 3}))
    _, history = applied(segmentation, LabelSetPreset(groups))
    assert [group.properties for group in segmentation.groups] == [{"a": 1, "b": 2}, {}, {"c": 3}]
    history.undo()
    assert [group.properties for group in segmentation.groups] == [{"a": 1}, {}]


# ---- labels without a value -------------------------------------------------------------------------------------
def test_a_label_without_value_is_the_one_of_its_name_or_gets_the_next_free_value() -> None:
    group = PresetGroup(
        tuple(PresetLabel(Label(1, name, (0, 0, 1)), frozenset({"name", "color"})) for name in ("two", "new"))
    )
    segmentation = small()
    application, _ = applied(segmentation, LabelSetPreset((group,)))
    assert segmentation[2].color == (0, 0, 1)
    # 7 has voxels although no label: it is not free
    assert [(label.value, label.name) for label in segmentation.labels] == [
        (1, "one"),
        (2, "two"),
        (8, "new"),
        (3, "three"),
    ]
    assert application.added == [8]
    assert apply_preset(segmentation, LabelSetPreset((group,))).command.changes == []


def test_a_label_without_value_spares_the_values_of_the_preset() -> None:
    entries = (PresetLabel(Label(1, "open"), frozenset({"name"})), PresetLabel.of(Label(8, "eight")))
    segmentation = small()
    applied(segmentation, LabelSetPreset((PresetGroup(entries),)))
    assert (segmentation["open"].value, segmentation["eight"].value) == (9, 8)


# ---- voxels without a label -------------------------------------------------------------------------------------
def test_voxels_without_a_label_get_theirs_where_they_are() -> None:
    segmentation = small()
    application, _ = applied(segmentation, preset_of((None, []), (None, [Label(7, "seven")])))
    assert segmentation.group_index_of(7) == 0
    assert segmentation.voxels(7) == 1
    assert application.adopted == {7: 1}
    assert application.elsewhere == [Elsewhere(7, "seven", 0, 1)]
    assert voxels(segmentation) == voxels(small())


def test_voxels_without_a_label_in_the_presets_own_group_come_first() -> None:
    groups = [Group(np.array([0, 7], np.uint8).reshape(1, 1, 1, 2)) for _ in range(2)]
    segmentation = Segmentation(Geometry.from_parts((1, 1, 2)), groups)
    application, _ = applied(segmentation, preset_of((None, []), (None, [Label(7, "seven")])))
    assert segmentation.group_index_of(7) == 1
    assert application.elsewhere == []


# ---- the account ------------------------------------------------------------------------------------------------
def test_the_account_says_all_that_happens() -> None:
    preset = preset_of(
        ("A2", [Label(1, "ONE"), Label(3, "three", locked=False), Label(50, "fifty")]), (None, []), ("C", [])
    )
    lines = list(apply_preset(small(), preset).lines())
    assert lines == [
        "changed: 1 labels (1)",
        "added empty: 1 labels (50)",
        "added groups: 2",
        "group 0 'A' is named 'A2'",
        "label 3 'three' stays in group 1; the preset has it in group 0",
    ]


def test_a_preset_of_the_segmentation_itself_changes_nothing() -> None:
    application, history = applied(small(), from_segmentation(small()))
    assert list(application.lines()) == ["nothing changes, all of the preset is there already"]
    assert not history.can_undo


@pytest.mark.parametrize("mode", ["", "KEEP", None])
def test_other_modes_are_refused(mode: Any) -> None:
    with pytest.raises(OptionError, match="keep, refuse, mitk"):
        apply_preset(small(), SWAPPED, mode)


def test_all_65535_values_are_applied_and_taken_back() -> None:
    preset = preset_of(("G", [Label(value, f"L{value}") for value in range(1, 65536)]))
    segmentation = small()
    _, history = applied(segmentation, preset)
    assert len(segmentation.labels) == 65535
    history.undo()
    assert snapshot(segmentation) == snapshot(small())
