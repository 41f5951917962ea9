"""Codes from tables of names: found by words, never guessed."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pydicom
import pytest

import MultiLabelSegLib as mls
from MultiLabelSegLib.cli.main import main
from MultiLabelSegLib.errors import PresetError
from MultiLabelSegLib.formats.report import Report
from MultiLabelSegLib.presets.codes import CodeTable, add_codes, code_table

ORGANS = Path(__file__).parents[1] / "golden" / "totalsegmentator" / "labels.csv"
LIVER = {"segmented_property_type.value": "10200004", "segmented_property_type.scheme": "SCT"}


def a_segmentation(*labels: mls.Label) -> mls.Segmentation:
    array = np.arange(12, dtype=np.uint8).reshape(1, 3, 4)
    array[array > len(labels)] = 0
    return mls.Segmentation(mls.Geometry.from_parts((1, 3, 4)), [mls.Group(array, labels)])


@pytest.mark.parametrize("name", ["Right kidney", "right kidney", "kidney_right", "Kidney Right", "RIGHT_KIDNEY"])
def test_a_name_is_found_whatever_its_case_underscores_and_order(name: str) -> None:
    codes = code_table().codes(name)
    assert codes is not None
    assert codes["segmented_property_type.meaning"] == "Kidney"
    assert codes["segmented_property_type.modifier.[0].meaning"] == "Right"


@pytest.mark.parametrize("name", ["", "kidney right upper", "Nierchen", "Label 1", "kidney_cyst_right_x"])
def test_what_is_not_listed_has_no_code(name: str) -> None:
    assert code_table().codes(name) is None


def test_a_name_with_two_meanings_has_no_code_and_one_twice_the_same_has_it() -> None:
    other = {**LIVER, "segmented_property_type.value": "1"}
    assert CodeTable([("a", LIVER), ("A", other)]).codes("a") is None
    assert CodeTable([("a", LIVER), ("A", LIVER)]).codes("a") == LIVER


def test_only_labels_without_codes_change_and_the_others_are_named() -> None:
    own = {**LIVER, "segmented_property_type.value": "own", "note": 1}
    incomplete = {"segmented_property_type.scheme": "X", "note": 2}
    segmentation = a_segmentation(
        mls.Label(1, "liver", properties=own),
        mls.Label(2, "Liver", properties=incomplete),
        mls.Label(3, "thing"),
    )
    report = Report()
    add_codes(segmentation, CodeTable([("Liver", {**LIVER, "color": "no code"})]), report)
    assert segmentation.label(1).properties == own
    assert segmentation.label(2).properties == {**LIVER, "note": 2}
    assert segmentation.label(3).properties == {}
    assert [str(note) for note in report.notes] == ["no codes are listed for thing"]


def test_most_of_the_organs_of_totalsegmentator_are_found() -> None:
    table = code_table()
    with ORGANS.open(encoding="utf-8") as file:
        names = [row["name"] for row in csv.DictReader(file)]
    found = [name for name in names if table.codes(name)]
    assert {"spleen", "kidney_left", "gallbladder", "liver", "stomach", "aorta"} <= set(found)
    assert len(found) > 30


def test_codes_of_names_and_of_a_segmentation_come_into_dicom(tmp_path: Path) -> None:
    mls.write(a_segmentation(mls.Label(1, "spleen"), mls.Label(2, "thing")), tmp_path / "in.nrrd")
    command = ["convert", "-i", str(tmp_path / "in.nrrd"), "--synthetic", "-o"]
    assert main([*command, str(tmp_path / "a.dcm"), "--codes", "names"]) == 0
    spleen, thing = pydicom.dcmread(tmp_path / "a.dcm").SegmentSequence
    assert spleen.SegmentedPropertyTypeCodeSequence[0].CodeValue == "78961009"
    assert thing.SegmentedPropertyTypeCodeSequence[0].CodeMeaning == "Tissue"
    own = {**LIVER, "segmented_property_category.value": "1", "segmented_property_category.scheme": "99X"}
    mls.write(a_segmentation(mls.Label(1, "Thing", properties=own)), tmp_path / "codes.nrrd")
    assert main([*command, str(tmp_path / "b.dcm"), "--codes", str(tmp_path / "codes.nrrd")]) == 0
    assert pydicom.dcmread(tmp_path / "b.dcm").SegmentSequence[1].SegmentedPropertyTypeCodeSequence[0].CodeValue == (
        "10200004"
    )


def test_a_file_that_is_no_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PresetError, match="no such file"):
        code_table(tmp_path / "missing.json")
