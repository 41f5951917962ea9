"""Schemas: judging, refusing, conforming, and a history that keeps to one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from MultiLabelSegLib import Geometry, Group, Label, Segmentation
from MultiLabelSegLib.edit import History
from MultiLabelSegLib.edit.operations import (
    add_group,
    add_label,
    change_values,
    remove_labels,
    rename_labels,
    set_color,
    set_locked,
)
from MultiLabelSegLib.errors import LabelError, PresetError
from MultiLabelSegLib.presets.any_preset import write_preset
from MultiLabelSegLib.presets.apply import apply_preset
from MultiLabelSegLib.presets.schema import Schema
from MultiLabelSegLib.presets.schema_history import SchemaHistory
from Testing.presets.cases import preset_of, small

TABLE = "value,name,color\n11,Liver,#ff0000\n12,Spleen,#00ff00\n13,Tumour,#0000ff\n"


@pytest.fixture
def schema(tmp_path: Path) -> Schema:
    (tmp_path / "schema.csv").write_text(TABLE)
    return Schema.from_file(tmp_path / "schema.csv")


def document(*labels: Label) -> Segmentation:
    return Segmentation(Geometry.from_parts((1, 1, 2)), [Group(np.zeros((1, 1, 1, 2), np.uint8), labels, "G")])


# ---- judging ----------------------------------------------------------------------------------------------------
def test_what_keeps_to_the_schema_has_no_violations(schema: Schema) -> None:
    assert schema.check(document(Label(11, "Liver", (1, 0, 0)), Label(13, "Tumour", (0, 0, 1)))) == []


def test_every_violation_is_named_with_what_is_expected(schema: Schema) -> None:
    found = schema.check(document(Label(11, "liver", (1, 0, 0)), Label(5, "Spleen", (0.5, 0, 0))), complete=True)
    assert [str(each) for each in found] == [
        "label 11 'liver': the name is 'liver', expected perhaps 'Liver', one of 'Liver', 'Spleen', 'Tumour'",
        "label 5 'Spleen': the value is 5, expected the value 12",
        "label 5 'Spleen': the color is #800000, expected #00ff00",
        "label 'Liver' is missing; expected the value 11",
        "label 'Tumour' is missing; expected the value 13",
    ]
    assert [each.field for each in found] == ["name", "value", "color", "missing", "missing"]


def test_colours_are_compared_in_eight_bits_and_only_where_the_schema_has_one(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("value,name,color\n1,a,#7f0000\n2,b,\n")
    schema = Schema.from_file(tmp_path / "s.csv")
    assert schema.check(document(Label(1, "a", (0.4981, 0, 0)), Label(2, "b", (0.3, 0, 0)))) == []
    assert len(schema.check(document(Label(1, "a", (0.5, 0, 0))))) == 1


@pytest.mark.parametrize("suffix", [".lsetp", ".mitklabel.json"])
def test_presets_are_schemas(tmp_path: Path, suffix: str) -> None:
    write_preset(
        preset_of((None, [Label(3, "a", (1, 0, 0))]), (None, [Label(4, "a"), Label(9, "b")])), tmp_path / f"p{suffix}"
    )
    schema = Schema.from_file(tmp_path / f"p{suffix}")
    assert schema.values == {"a": (3, 4), "b": (9,)}
    assert schema.names == ("a", "b")
    schema.check_label("a", 4, (1, 0, 0))
    with pytest.raises(LabelError, match=r"p\..*label 5 'a': the value is 5, expected the values 3, 4"):
        schema.check_label("a", 5)


def test_a_schema_without_labels_is_none(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text('{"groups": [{"name": "G"}]}')
    with pytest.raises(PresetError, match="it lists no labels"):
        Schema.from_file(tmp_path / "p.json")


def test_new_labels_get_the_value_and_colour_of_the_schema(schema: Schema) -> None:
    assert schema.label_for("Spleen") == Label(12, "Spleen", (0, 1, 0))
    with pytest.raises(LabelError, match="the value 12 for 'Spleen', which is taken"):
        schema.label_for("Spleen", used=[12])
    with pytest.raises(LabelError, match="perhaps 'Spleen'"):
        schema.label_for("Spleeen")


def test_further_instances_take_values_that_the_schema_gives_to_nobody(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text(TABLE)
    schema = Schema.from_file(tmp_path / "s.csv", instances=True)
    assert schema.label_for("Tumour", used=[13]).value == 14
    assert schema.violations_of("Tumour", 40, None) == []
    (found,) = schema.violations_of("Tumour", 12, None)
    assert "expected the value 13 or one that is free" in str(found)


# ---- conforming -------------------------------------------------------------------------------------------------
def test_names_decide_values_swaps_included(schema: Schema) -> None:
    assert schema.conform(document(Label(12, "Liver"), Label(11, "Spleen"), Label(13, "Tumour"))) == {
        12: 11,
        11: 12,
        13: 13,
    }


def test_instances_keep_or_share_out_the_values_of_their_name() -> None:
    schema = Schema({"a": (3, 4, 5)})
    assert schema.conform(document(Label(9, "a"), Label(4, "a"), Label(1, "a"))) == {9: 3, 4: 4, 1: 5}
    with pytest.raises(LabelError, match=r"several labels are named 'a' \(values 9, 4, 1, 2\)"):
        schema.conform(document(Label(9, "a"), Label(4, "a"), Label(1, "a"), Label(2, "a")))


def test_unknown_names_are_refused_all_at_once(schema: Schema) -> None:
    with pytest.raises(LabelError, match=r"does not name the labels 1 'x', 2 'y'; it names 'Liver'"):
        schema.conform(document(Label(1, "x"), Label(2, "y")))


def test_free_values_avoid_those_of_the_schema() -> None:
    schema = Schema({"a": (3,), "b": (4,)}, instances=True)
    assert schema.conform(document(Label(7, "a"), Label(4, "a"), Label(8, "a"))) == {7: 3, 4: 5, 8: 8}
    assert Schema({"a": ()}).conform(document(Label(7, "a"), Label(2, "a"))) == {7: 7, 2: 2}


def test_colours_of_the_schema_are_given_and_nothing_else_changes(schema: Schema) -> None:
    before = document(Label(11, "Liver", (0, 0, 0), description="d"), Label(1, "other"))
    after = schema.recolored(before)
    assert after.labels == (Label(11, "Liver", (1, 0, 0), description="d"), Label(1, "other"))
    assert after.groups[0].name == "G"
    assert before[11].color == (0, 0, 0)


# ---- the history ------------------------------------------------------------------------------------------------
@pytest.fixture
def history(schema: Schema) -> SchemaHistory:
    return SchemaHistory(document(Label(11, "Liver", (1, 0, 0)), Label(5, "old name")), schema)


def test_what_the_schema_allows_is_done(history: SchemaHistory) -> None:
    segmentation = history.segmentation
    assert history.schema is not None
    label = history.schema.label_for("Spleen", segmentation.values)
    history.do(add_label(segmentation, 0, label=label, value=label.value))
    history.do(remove_labels(segmentation, 5))
    assert segmentation.values == (11, 12)


@pytest.mark.parametrize(
    ("refused", "reason"),
    [
        (lambda seg: add_label(seg), "the name is 'Label 1'"),
        (lambda seg: add_label(seg, 0, "Spleen", (0, 1, 0), value=40), "the value is 40"),
        (lambda seg: rename_labels(seg, 11, "Lever"), "perhaps 'Liver'"),
        (lambda seg: set_color(seg, (0, 0, 0), 11), "the color is #000000"),
        (lambda seg: change_values(seg, {11: 12}), "the value is 12"),
        (lambda seg: add_group(seg, labels=[Label(13, "Nothing")]), "the name is 'Nothing'"),
        (lambda seg: apply_preset(seg, preset_of(("", [Label(11, "x")]))).command, "the name is 'x'"),
    ],
)  # fmt: skip
def test_what_breaks_the_schema_is_refused_and_nothing_changes(history: SchemaHistory, refused, reason: str) -> None:
    before = history.segmentation.labels
    with pytest.raises(LabelError, match=reason):
        history.do(refused(history.segmentation))
    assert history.segmentation.labels == before
    assert not history.can_undo


def test_a_label_that_departs_already_may_be_changed_otherwise_and_brought_back(history: SchemaHistory) -> None:
    segmentation = history.segmentation
    history.do(set_locked(segmentation, False, 5))
    assert not segmentation[5].locked
    history.undo()
    history.redo()
    history.do(remove_labels(segmentation, 5))
    history.undo()
    assert segmentation[5].name == "old name"


def test_a_refusal_within_a_group_of_commands_takes_the_group_back(history: SchemaHistory) -> None:
    segmentation = history.segmentation
    wrong = rename_labels(segmentation, 5, "wrong")

    def both() -> None:
        with history.grouped("two"):
            history.do(set_locked(segmentation, False))
            history.do(wrong)

    with pytest.raises(LabelError):
        both()
    assert segmentation[11].locked


def test_without_a_schema_it_is_any_history() -> None:
    history: History = SchemaHistory(small())
    history.do(rename_labels(history.segmentation, 1, "whatever"))
    assert history.segmentation[1].name == "whatever"
