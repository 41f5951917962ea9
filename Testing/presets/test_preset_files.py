"""Preset files: MITK's two forms, every other file that knows labels, and what is wrong with a file."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import MultiLabelSegLib as mls
from MultiLabelSegLib.core.label import Label
from MultiLabelSegLib.errors import OptionError, PresetError, WriteError
from MultiLabelSegLib.formats.label_tables import DIALECTS, LabelTable, write_table
from MultiLabelSegLib.formats.report import Report
from MultiLabelSegLib.presets.any_preset import read_preset, write_preset
from MultiLabelSegLib.presets.lsetp import lsetp_text
from MultiLabelSegLib.presets.new_segmentation import new_segmentation
from MultiLabelSegLib.presets.preset import LabelSetPreset, PresetGroup, PresetLabel, from_segmentation
from MultiLabelSegLib.presets.preset_json import preset_text
from Testing.presets.cases import GOLDEN, base, preset_of, rich, small


def names(preset: LabelSetPreset) -> list[tuple[str | None, list[tuple[int | None, str]]]]:
    return [(group.name, [(entry.value, entry.label.name) for entry in group.labels]) for group in preset.groups]


# ---- MITK's files -----------------------------------------------------------------------------------------------
def test_golden_json_says_what_mitk_wrote() -> None:
    preset = read_preset(GOLDEN / "preset.mitklabel.json")
    assert names(preset) == [
        ("Organs 2", [(1, "LIVER new"), (77, "Added")]),
        ("", [(9, "Tumor!")]),
        ("Third", [(100, 'T "100" <&>')]),
    ]
    assert preset.labels[0] == Label(1, "LIVER new", (0, 0, 1), 0.25, True, False)
    assert preset.labels[2].description == "from preset"
    assert preset.source == GOLDEN / "preset.mitklabel.json"


def test_golden_xml_says_the_same_without_names_of_groups() -> None:
    xml, other = read_preset(GOLDEN / "preset.lsetp"), read_preset(GOLDEN / "preset.mitklabel.json")
    assert xml.labels == other.labels
    assert [group.name for group in xml.groups] == [None, None, None]


def test_our_xml_is_mitks_byte_for_byte() -> None:
    golden = GOLDEN / "preset.lsetp"
    assert lsetp_text(read_preset(golden)) == golden.read_text(encoding="utf-8")
    assert lsetp_text(read_preset(GOLDEN / "preset.mitklabel.json")) == golden.read_text(encoding="utf-8")


def test_our_json_is_mitks_but_for_digits_of_single_precision() -> None:
    golden = GOLDEN / "preset.mitklabel.json"
    text = golden.read_text(encoding="utf-8")
    assert preset_text(read_preset(golden)) == text.replace("0.6000000238418579", "0.6")


# ---- round trips ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("suffix", [".mitklabel.json", ".json", ".lsetp", ".LSETP"])
def test_every_field_and_kind_of_property_survives(tmp_path: Path, suffix: str) -> None:
    report = Report()
    write_preset(rich(), tmp_path / f"p{suffix}", report=report)
    again = read_preset(tmp_path / f"p{suffix}")
    assert again.labels == rich().labels
    assert [len(group.labels) for group in again.groups] == [2, 0, 1]
    if suffix.lower() == ".lsetp":
        assert "names of groups ('Organs', 'Ziel')" in str(report.left_out)
    else:
        assert [group.name for group in again.groups] == ["Organs", "", "Ziel"]
        assert report.left_out == []


def test_properties_of_groups_survive_in_json(tmp_path: Path) -> None:
    preset = LabelSetPreset((PresetGroup((), "G", {"note": "n", "list": [1]}),))
    write_preset(preset, tmp_path / "p.mitklabel.json")
    assert read_preset(tmp_path / "p.mitklabel.json").groups == preset.groups


def test_a_segmentation_is_saved_with_names_and_properties_of_its_groups_and_no_voxels() -> None:
    segmentation = small()
    segmentation.groups[1].properties["note"] = "n"
    preset = from_segmentation(segmentation)
    assert names(preset) == [("A", [(1, "one"), (2, "two")]), ("B", [(3, "three")])]
    assert preset.groups[1].properties == {"note": "n"}
    assert preset.labels == segmentation.labels


def test_what_a_json_preset_leaves_open_is_not_stated(tmp_path: Path) -> None:
    path = tmp_path / "p.mitklabel.json"
    path.write_text('{"groups": [null, {"labels": [{"name": "n"}, {"name": "z", "value": 0, "locked": false}]}]}')
    entries = read_preset(path).groups[1].labels
    assert [(entry.value, sorted(entry.stated)) for entry in entries] == [(None, ["name"]), (None, ["locked", "name"])]
    write_preset(read_preset(path), tmp_path / "again.json")
    assert json.loads((tmp_path / "again.json").read_text())["groups"] == [
        None,
        {"labels": [{"name": "n"}, {"locked": False, "name": "z"}]},
    ]


@pytest.mark.parametrize("suffix", [".mitklabel.json", ".lsetp"])
def test_labels_of_a_real_segmentation_with_codes_and_tags_go_through_a_preset(tmp_path: Path, suffix: str) -> None:
    real = mls.read(GOLDEN.parents[1] / "slicer" / "SegmentationOverlapping.seg.nrrd")
    write_preset(from_segmentation(real), tmp_path / f"p{suffix}")
    made = new_segmentation(real.geometry, read_preset(tmp_path / f"p{suffix}"))
    assert len(made.labels) == 8
    assert [group.labels for group in made.groups] == [group.labels for group in real.groups]


# ---- other files ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["seg.nrrd", "seg.seg.nrrd"])
def test_any_segmentation_is_a_preset(tmp_path: Path, name: str) -> None:
    mls.write(small(), tmp_path / name)
    preset = read_preset(tmp_path / name)
    assert names(preset) == [("A", [(1, "one"), (2, "two")]), ("B", [(3, "three")])]
    assert preset.labels == small().labels


def test_the_json_of_a_stack_is_a_preset_without_its_images(tmp_path: Path) -> None:
    mls.write(base(), tmp_path / "s.mitklabel.json")
    for image in tmp_path.glob("*.nii.gz"):
        image.unlink()
    assert read_preset(tmp_path / "s.mitklabel.json").labels == base().labels


@pytest.mark.parametrize("dialect", DIALECTS)
def test_any_label_table_is_a_preset_that_states_what_it_has(tmp_path: Path, dialect: str) -> None:
    path = tmp_path / f"table{DIALECTS[dialect].suffix}"
    write_table(LabelTable.of([Label(3, "Liver", (1, 0, 0)), Label(5, "Spleen", (0, 1, 0))]), path, dialect)
    preset = read_preset(path)
    assert names(preset) == [(None, [(3, "Liver"), (5, "Spleen")])]
    stated = preset.groups[0].labels[0].stated
    assert {"value", "name"} <= stated
    assert not stated & {"locked", "tracking_id", "tracking_uid", "description"}


def test_nnunets_names_are_a_preset_of_names_and_values_alone(tmp_path: Path) -> None:
    (tmp_path / "dataset.json").write_text('{"labels": {"background": 0, "liver": 1}}')
    (entry,) = read_preset(tmp_path / "dataset.json").groups[0].labels
    assert (entry.value, entry.label.name, entry.stated) == (1, "liver", {"value", "name"})


# ---- wrong files ------------------------------------------------------------------------------------------------
def label_with(**fields: Any) -> dict[str, Any]:
    return {"groups": [{"labels": [{"name": "n", "value": 1, **fields}]}]}


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (label_with(value=70000), "groups[0].labels[0].value: found 70000"),
        (label_with(value="3"), "groups[0].labels[0].value: found '3'"),
        (label_with(name=5), "groups[0].labels[0].name: found 5"),
        (label_with(color=[1, 2]), "groups[0].labels[0].color"),
        (label_with(locked=1), "groups[0].labels[0].locked: found 1, expected true or false"),
        ({"groups": [{"labels": {}}]}, "groups[0].labels: found {}"),
        ({"groups": [{"name": 3}]}, "groups[0].name: found 3"),
        ({"groups": [7]}, "groups[0]: found 7"),
        ({"groups": [], "version": 5}, "version 5 is newer than 4"),
        ({"groups": [], "version": "4"}, "version is '4'"),
        (
            {"groups": [{"labels": [{"value": 2, "name": "a"}]}, {"labels": [{"value": 2, "name": "b"}]}]},
            "value 2 occurs twice, in groups[0].labels[0] ('a') and groups[1].labels[0] ('b')",
        ),
    ],
)
def test_wrong_json_is_refused_by_file_and_entry(tmp_path: Path, data: Any, found: str) -> None:
    path = tmp_path / "wrong.mitklabel.json"
    path.write_text(json.dumps(data))
    with pytest.raises(PresetError) as error:
        read_preset(path)
    assert str(path) in str(error.value)
    assert found in str(error.value)


VALUE = '<property key="value" type="UShortProperty"><unsigned value="5"/></property>'


def xml_of(label: str, root: str = "LabelSetImagePreset") -> str:
    return f'<?xml version="1.0"?><{root} layers="1"><Layer index="0" labels="1">{label}</Layer></{root}>'


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (xml_of(f"<Label>{VALUE}</Label>", "Other"), "found the element 'Other'"),
        (xml_of(f"<Label>{VALUE}</Label>" * 2), "value 5 occurs twice"),
        (xml_of("<Thing/>"), "layer 0, label 0: found the element 'Thing'"),
        (xml_of(f"<Label>{VALUE.replace('UShort', 'Int')}</Label>"), "of type 'IntProperty'"),
        (xml_of(f"<Label>{VALUE.replace('5', 'x')}</Label>"), "no valid UShortProperty"),
        (xml_of(f"<Label>{VALUE.replace('5', '70000')}</Label>"), "found 70000"),
        (xml_of(f"<Label>{VALUE}</Label>")[:-20], "is no XML"),
        ("<", "is no XML"),
    ],
)
def test_wrong_xml_is_refused_by_file_and_entry(tmp_path: Path, text: str, found: str) -> None:
    path = tmp_path / "wrong.lsetp"
    path.write_text(text)
    with pytest.raises(PresetError) as error:
        read_preset(path)
    assert str(path) in str(error.value)
    assert found in str(error.value)


BOMB = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "x" * 1000}">' for n in range(9))


@pytest.mark.parametrize(
    "start",
    [
        f'<?xml version="1.0"?><!DOCTYPE a [{BOMB}]>',
        f"<!DOCTYPE a [{BOMB}]>",
        '<!DOCTYPE a SYSTEM "file:///etc/passwd">',
        '<?xml version="1.0" encoding="cp037"?><!DOCTYPE a [<!ENTITY e "x">]>',
    ],
)
def test_entity_bombs_and_document_types_are_refused(tmp_path: Path, start: str) -> None:
    body = xml_of(f"<Label>{VALUE}</Label>").partition("?>")[2].replace('value="5"', 'value="&e8;"')
    (tmp_path / "bomb.lsetp").write_text(start + body)
    with pytest.raises(PresetError, match="document type is refused"):
        read_preset(tmp_path / "bomb.lsetp")


def test_xml_of_mitks_older_versions_is_read_tolerantly(tmp_path: Path) -> None:
    path, report = tmp_path / "old.lsetp", Report()
    zero = VALUE.replace('"5"', '"0"')
    path.write_bytes(b"\xef\xbb\xbf\n" + xml_of(f"<Label>{zero}</Label><Label>{VALUE}</Label>").encode())
    (entry,) = read_preset(path, report).groups[0].labels
    assert (entry.value, entry.stated) == (5, {"value"})
    assert "says that it has '1' labels, it has 2; all are read" in str(report.notes[0])


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "empty"),
        (b"{", "is no JSON"),
        (b'{"groups": [\xff]}', "is no UTF-8 text (byte 12)"),
        (b'{"groups": [NaN]}', "NaN is not allowed"),
        (b"[" * 100_000, "is no JSON"),
        (struct.pack("<200d", *np.linspace(0, 1, 200)), "is no UTF-8 text"),
    ],
)
def test_damaged_files_are_refused_by_name(tmp_path: Path, content: bytes, found: str) -> None:
    (tmp_path / "p.mitklabel.json").write_bytes(content)
    with pytest.raises(PresetError) as error:
        read_preset(tmp_path / "p.mitklabel.json")
    assert str(tmp_path / "p.mitklabel.json") in str(error.value)
    assert found in str(error.value)


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(PresetError, match="there is no such file"):
        read_preset(tmp_path / "absent.lsetp")


def test_what_xml_cannot_hold_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(PresetError, match=r"label 1 'bell.*cannot hold.*choose .mitklabel.json"):
        write_preset(preset_of(("", [Label(1, "bell \x07")])), tmp_path / "p.lsetp")
    open_value = LabelSetPreset((PresetGroup((PresetLabel(Label(1, "n"), frozenset({"name"})),)),))
    with pytest.raises(PresetError, match="no value of its own"):
        write_preset(open_value, tmp_path / "p.lsetp")
    assert list(tmp_path.iterdir()) == []


def test_an_existing_file_is_replaced_on_request_only(tmp_path: Path) -> None:
    path = tmp_path / "p.mitklabel.json"
    write_preset(preset_of(("first", [])), path)
    with pytest.raises(WriteError, match="exists already"):
        write_preset(preset_of(("second", [])), path)
    assert read_preset(path).groups[0].name == "first"
    write_preset(preset_of(("second", [])), path, overwrite=True)
    assert read_preset(path).groups[0].name == "second"
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_other_suffixes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="mitklabel.json"):
        write_preset(rich(), tmp_path / "p.csv")
