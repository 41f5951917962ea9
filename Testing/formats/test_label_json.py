"""Labels and groups to JSON and back: exact for ours, harmless for MITK, strict and tolerant where MITK is."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from MultiLabelSegLib.core import Label
from MultiLabelSegLib.errors import CorruptFileError, UnsupportedFormatError
from MultiLabelSegLib.formats.json_text import compact_json, parse_json, pretty_json
from MultiLabelSegLib.formats.label_json import (
    GroupEntry,
    JsonRules,
    group_to_json,
    groups_from_json,
    label_from_json,
    label_to_json,
    needs_version_4,
)
from MultiLabelSegLib.formats.mitk_properties import (
    decode_properties,
    encode_properties,
    is_native,
    properties_by_class,
    properties_from_classes,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
KEYS = TEXT | st.sampled_from(["value", "name", "mlseg.x", "mlseg.", "_file", "center.index", "", "labels", "color"])
PROPERTIES = st.dictionaries(KEYS, JSON, max_size=5)
LABELS = st.builds(
    Label,
    value=st.integers(1, 65535),
    name=TEXT,
    color=st.tuples(*[st.floats(0, 1, width=32)] * 3),
    opacity=st.floats(0, 1, width=32),
    visible=st.booleans(),
    locked=st.booleans(),
    tracking_id=TEXT,
    tracking_uid=TEXT,
    description=TEXT,
    properties=PROPERTIES,
)


def mitk_could_read(entry: dict[str, Any]) -> bool:
    """MITK's rule for free keys: a scalar it can hold, or one of its classes."""
    return all(is_native(value) and key for key, value in entry.items() if key not in ("color", "labels"))


@given(LABELS, st.booleans())
@settings(max_examples=300, deadline=None)
def test_a_label_comes_back_exactly_and_mitk_could_read_it(label: Label, keep_meta: bool) -> None:
    entry = label_to_json(label, keep_meta=keep_meta)
    read = label_from_json(parse_json(compact_json(entry), None, "label"), "label", JsonRules(keep_meta=keep_meta))
    assert read == label
    assert mitk_could_read(entry)


@given(st.builds(GroupEntry, labels=st.tuples(LABELS), name=TEXT, properties=PROPERTIES))
@settings(max_examples=100, deadline=None)
def test_a_group_comes_back_exactly_and_holds_scalars_only(group: GroupEntry) -> None:
    entry = group_to_json(group)
    (read,) = groups_from_json(parse_json(compact_json([entry]), None, "groups"), "groups")
    assert (read.name, read.labels, read.properties) == (group.name, group.labels, group.properties)
    rest = {key: value for key, value in (entry or {}).items() if key not in ("labels", "name")}
    assert all(isinstance(value, (str, bool, int, float)) for value in rest.values())


@given(PROPERTIES)
@settings(max_examples=100, deadline=None)
def test_properties_by_class_come_back_exactly(properties: dict[str, Any]) -> None:
    classes = json.loads(pretty_json(properties_by_class(properties)))
    typed = {"DoubleProperty", "StringProperty"}  # a bare and a typed text are the same in this form
    if not any(isinstance(value, dict) and value.get("type") in typed for value in properties.values()):
        assert properties_from_classes(classes, pytest.fail) == properties


def test_values_that_mitk_would_choke_on_become_text() -> None:
    properties = {"list": [1, 2], "none": None, "big": 2**40, "nan": float("inf"), "huge": 1e300, "": "empty key"}
    written = encode_properties(properties)
    assert written == {
        "mlseg.list": "[1, 2]",
        "mlseg.none": "null",
        "mlseg.big": "1099511627776",
        "mlseg.nan": "Infinity",
        "mlseg.huge": "1e+300",
        "mlseg.": '{"": "empty key"}',
    }
    assert decode_properties(written) == properties


def test_values_that_mitk_takes_stay_as_they_are() -> None:
    properties = {
        "text": 'a "b" \\ ü',
        "flag": True,
        "int": -(2**31),
        "float": 0.75,
        "double": {"type": "DoubleProperty", "value": 1e300},
        "color": {"type": "ColorProperty", "value": [0.5, 0.25, 0.125]},
        "slices": {"type": "TemporoSpatialStringProperty", "value": {"values": [{"t": 0, "z": 1, "value": "x"}]}},
    }
    assert encode_properties(properties) == properties


@pytest.mark.parametrize(
    "value",
    [
        {"type": "LongProperty", "value": 4},
        {"type": "IntProperty", "value": "3"},
        {"type": "IntProperty", "value": 3, "more": 1},
        {"type": "ColorProperty", "value": [1.0, 0.5]},
        {"type": "FloatProperty", "value": 1e300},
        {"type": "TemporoSpatialStringProperty", "value": {"values": [{"t": [0], "z": 0, "value": "x"}]}},
        {"type": ["IntProperty"], "value": 3},
        {"value": 3},
    ],
)
def test_typed_values_that_mitk_refuses_are_not_written_as_such(value: dict[str, Any]) -> None:
    assert list(encode_properties({"key": value})) == ["mlseg.key"]


def test_text_of_others_under_the_reserved_prefix_survives() -> None:
    properties = {"mlseg.note": "not JSON", "mlseg.": "neither"}
    assert decode_properties(properties) == properties
    assert decode_properties(encode_properties(properties)) == properties


def test_a_property_that_is_no_json_is_refused_by_name() -> None:
    with pytest.raises(UnsupportedFormatError, match="'odd'"):
        encode_properties({"odd": {1, 2}})


def test_missing_keys_mean_mitks_defaults() -> None:
    label = label_from_json({"value": 7})
    assert label == Label(7, "Unknown label name", (1.0, 1.0, 1.0), 0.6, True, True)


def test_a_label_is_written_with_floats_and_without_empty_texts() -> None:
    assert label_to_json(Label(3, "Liver", (1, 0, 0), 1)) == {
        "value": 3,
        "name": "Liver",
        "color": [1.0, 0.0, 0.0],
        "opacity": 1.0,
        "locked": True,
        "visible": True,
    }
    assert compact_json(label_to_json(Label(3, "L", (1, 0, 0), 1))).startswith('{"color":[1.0,0.0,0.0],')


def test_groups_without_name_and_labels_are_null() -> None:
    assert group_to_json(GroupEntry()) is None
    assert group_to_json(GroupEntry(name="named")) == {"name": "named"}
    assert groups_from_json([None, {}, {"labels": None}]) == [GroupEntry()] * 3


@dataclass
class Heard:
    notes: list[str] = field(default_factory=list)

    def rules(self, version: int = 4) -> JsonRules:
        return JsonRules(version=version, note=self.notes.append)


@pytest.mark.parametrize(
    ("color", "version", "expected", "noted"),
    [
        ([1.0, 0.5, 0.0], 4, (1.0, 0.5, 0.0), False),
        ([0.5, 1, 0], 4, (0.5, 1.0, 0.0), False),
        ([255, 51, 0], 4, (1.0, 0.2, 0.0), False),
        ([51, 0, 0, 9], 4, (0.2, 0.0, 0.0), False),
        ([1, 0.5, 0], 4, (1 / 255, 0.0, 0.0), True),
        ([1, 0, 0], 3, (1.0, 0.0, 0.0), False),
        ([255, 51, 0], 3, (1.0, 0.2, 0.0), False),
        ({"type": "ColorProperty", "value": [0.1, 0.2, 0.3]}, 1, (0.1, 0.2, 0.3), False),
        ({"type": "ColorProperty", "value": [1, 0, 0]}, 4, (1.0, 0.0, 0.0), False),
        ([1.5, 0.5, -0.5], 4, (1.0, 0.5, 0.0), True),
    ],
)
def test_colors_of_every_kind(color: Any, version: int, expected: tuple[float, ...], noted: bool) -> None:
    heard = Heard()
    label = label_from_json({"value": 1, "color": color}, "label", heard.rules(version))
    assert label.color == pytest.approx(expected, abs=1e-6)
    assert bool(heard.notes) == noted


@pytest.mark.parametrize(
    ("key", "found"),
    [
        ("value", 70000),
        ("value", -1),
        ("value", 0),
        ("value", "3"),
        ("value", 1.5),
        ("value", True),
        ("value", None),
        ("value", 1e400),
        ("name", 5),
        ("name", None),
        ("locked", 1),
        ("visible", "true"),
        ("opacity", "0.5"),
        ("opacity", True),
        ("opacity", 10**400),
        ("color", "red"),
        ("color", [1.0, 0.5]),
        ("color", [1.0, "x", 0.0]),
        ("color", {"type": "FloatProperty", "value": 1}),
        ("tracking_id", 4),
        ("tracking_uid", None),
        ("description", []),
    ],
)
def test_a_wrong_field_is_named_with_its_place(key: str, found: Any) -> None:
    labels = [{"value": 5}, {"value": 6, key: found}]
    with pytest.raises(CorruptFileError) as error:
        groups_from_json([None, {"labels": labels}])
    assert f"labelgroups[1].labels[1].{key}: found {repr(found)[:60]}" in str(error.value)


@pytest.mark.parametrize("entries", [{}, None, "x", [3], [{"labels": {}}], [{"labels": [7]}], [{"name": 3}]])
def test_a_wrong_structure_is_refused(entries: Any) -> None:
    with pytest.raises(CorruptFileError, match="expected"):
        groups_from_json(entries)


def test_a_value_that_occurs_twice_is_refused_with_both_places() -> None:
    entries = [{"labels": [{"value": 5}]}, None, {"labels": [{"value": 5}]}]
    with pytest.raises(CorruptFileError, match=r"value 5 occurs twice, in labelgroups\[0\] and labelgroups\[2\]"):
        groups_from_json(entries)


def test_integral_floats_are_values() -> None:
    assert label_from_json({"value": 3.0}).value == 3


def test_a_default_value_stands_in_for_missing_and_zero() -> None:
    assert label_from_json({}, default_value=9).value == 9
    assert label_from_json({"value": 0}, default_value=9).value == 9
    assert label_from_json({"value": 4}, default_value=9).value == 4


def test_meta_keys_are_properties_or_apart() -> None:
    entries = [{"_file": "g.nrrd", "labels": [{"value": 1, "_file": "a.nrrd", "_file_value": 7, "more": 1}]}]
    (kept,) = groups_from_json(entries)
    assert kept.labels[0].properties == {"_file": "a.nrrd", "_file_value": 7, "more": 1}
    assert kept.properties == {"_file": "g.nrrd"}
    (apart,) = groups_from_json(entries, rules=JsonRules(keep_meta=False))
    assert apart.labels[0].properties == {"more": 1}
    assert apart.label_meta == ({"_file": "a.nrrd", "_file_value": 7},)
    assert (apart.meta, apart.properties) == ({"_file": "g.nrrd"}, {})


def test_codes_of_anatomy_without_an_index_are_the_first() -> None:
    label = label_from_json({"value": 1, "anatomic_region.value": "x", "anatomic_region.modifier.value": "y"})
    assert label.properties == {"anatomic_region.[0].value": "x", "anatomic_region.modifier.value": "y"}
    assert needs_version_4([label])
    assert not needs_version_4([Label(1, "x", properties={"custom": 1})])


def test_what_mitk_derives_from_voxels_is_neither_believed_nor_written() -> None:
    point = {"type": "Point3dProperty", "value": [1.0, 2.0, 3.0]}
    assert label_from_json({"value": 1, "center.coordinates": point}).properties == {}
    written = label_to_json(Label(1, "x", properties={"center.coordinates": point}))
    assert "center.coordinates" not in written
    assert label_from_json(written).properties == {"center.coordinates": point}


@pytest.mark.parametrize("text", ["", "{", "[1,]", "NaN", '{"a":Infinity}', "[" * 100000, '"\\ud800"', "9" * 5000])
def test_text_that_is_no_json_is_a_typed_error(text: str) -> None:
    with pytest.raises(CorruptFileError, match="labelgroups"):
        parse_json(text, None, "labelgroups")


@pytest.mark.parametrize("data", ["\ud800", float("nan"), {1, 2}])
def test_data_that_is_no_json_is_not_written(data: Any) -> None:
    with pytest.raises(UnsupportedFormatError):
        compact_json(data)
