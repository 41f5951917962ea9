"""MITK's .nrrd: golden files with exactly their truth, lossless round trips, our files in other readers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nrrd as pynrrd
import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import HealthCheck, given, settings

from MultiLabelSegLib.core import Geometry, Group, Label, Segmentation
from MultiLabelSegLib.errors import OptionError, UnsupportedFormatError
from MultiLabelSegLib.formats.base import ReadRequest, WriteRequest
from MultiLabelSegLib.formats.mitk_nrrd import FORMAT, MitkWriteOptions
from MultiLabelSegLib.formats.nrrd import read_header
from MultiLabelSegLib.formats.options import make_options
from MultiLabelSegLib.formats.report import Report
from MultiLabelSegLib.formats.staging import Stage
from Testing.formats.mitk_truth import GOLDEN, NRRD_CASES, assert_is_truth, truth_of
from Testing.formats.segmentations import PROPERTIES, segmentations

MODALITY = "org.mitk.multilabel.segmentation"


def read(path: Path, report: Report | None = None, **options: Any) -> Segmentation:
    assert FORMAT.reader is not None
    return FORMAT.reader(ReadRequest(path, make_options(FORMAT.read_options, options), report or Report()))


def write(segmentation: Segmentation, path: Path, **options: Any) -> Path:
    assert FORMAT.writer is not None
    with Stage(path) as stage:
        made = make_options(FORMAT.write_options, options)
        assert FORMAT.writer(WriteRequest(segmentation, path, stage, made)) == path
        stage.commit()
    return path


def assert_same(a: Segmentation, b: Segmentation) -> None:
    """Everything is the same, to the last bit."""
    assert a.geometry == b.geometry
    assert (a.uid, a.unlabeled_locked, a.properties) == (b.uid, b.unlabeled_locked, b.properties)
    assert [(group.name, group.properties) for group in a.groups] == [(g.name, g.properties) for g in b.groups]
    assert [group.labels for group in a.groups] == [group.labels for group in b.groups]
    for mine, theirs in zip(a.groups, b.groups, strict=True):
        assert np.array_equal(mine.array, theirs.array)


# ---- the golden files -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("case", NRRD_CASES)
def test_a_file_of_mitk_holds_exactly_its_truth(case: str) -> None:
    path = GOLDEN / case
    assert FORMAT.matches(path, path.read_bytes()[:4096])
    report = Report()
    found = read(path, report)
    assert_is_truth(found, path.parent)
    assert report.notes == []
    header = read_header(path)
    assert found.uid == header.keyvalues.get("org_mitk_uid", found.uid)
    truth, _ = truth_of(path.parent)
    kept = ("DICOM_", "MITK_Relations")  # the others describe the file; what is not in it, MITK minted when it loaded
    names = {key.replace("_", ".") for key in header.keyvalues if key.startswith(kept)}
    assert found.properties == {name: value for name, value in truth["properties"].items() if name in names}
    assert not found.unlabeled_locked


@pytest.mark.parametrize("case", ["src", "dst"])
def test_the_files_of_the_operations_hold_their_truth(case: str) -> None:
    assert_is_truth(read(GOLDEN / "operations" / f"{case}.nrrd"), GOLDEN / "operations", f"truth_{case}")


@pytest.mark.parametrize("case", NRRD_CASES)
@pytest.mark.parametrize("version", ["auto", 3, 4])
def test_a_file_of_mitk_written_by_us_is_the_same_again(case: str, version: Any, tmp_path: Path) -> None:
    before = read(GOLDEN / case)
    after = read(write(before, tmp_path / "again.nrrd", version=version))
    assert_same(after, before)


@pytest.mark.parametrize(
    "case", ["overlap_groups/overlap.nrrd", "all_empty/allempty.nrrd", "unicode_names/unicode.nrrd"]
)
def test_the_header_has_mitks_fields_and_keys_in_mitks_order(case: str, tmp_path: Path) -> None:
    write(read(GOLDEN / case), tmp_path / "a.nrrd", version=4)
    mine, theirs = ((folder / name) for folder, name in ((tmp_path, "a.nrrd"), (GOLDEN, case)))
    head = [path.read_bytes().split(b"\n\n")[0].decode() for path in (mine, theirs)]
    a, b = ([line for line in text.split("\n") if not line.startswith("#")] for text in head)
    names = [[line.split(":")[0] for line in lines] for lines in (a, b)]
    assert names[0] == names[1]
    exact = ("type", "dimension", "space:", "sizes", "kinds", "endian", "encoding", "DICOM", "modality", "org_mitk")
    for ours, golden in zip(a, b, strict=True):
        if ours.startswith(exact):
            assert ours == golden


# ---- layout and versions --------------------------------------------------------------------------------------------
def simple(*labels: Label, **more: Any) -> Segmentation:
    array = np.zeros((2, 3, 4), np.uint16)
    array[1, 2, 3] = 1
    group = Group(array, labels or [Label(1, "one")], "G")
    return Segmentation(Geometry.from_parts((2, 3, 4)), [group], **more)


def keys_of(path: Path) -> dict[str, str]:
    return {key.removeprefix(MODALITY + "."): text for key, text in read_header(path).keyvalues.items()}


def test_the_lowest_version_that_holds_the_content_is_written(tmp_path: Path) -> None:
    plain = simple()
    coded = simple(Label(1, "one", properties={"segmented_property_type.value": "1234"}))
    assert keys_of(write(plain, tmp_path / "a.nrrd"))["version"] == "3"
    assert keys_of(write(coded, tmp_path / "a.nrrd"))["version"] == "4"
    assert keys_of(write(plain, tmp_path / "a.nrrd", Version="4"))["version"] == "4"
    assert keys_of(write(coded, tmp_path / "a.nrrd", version=3))["version"] == "3"
    with pytest.raises(OptionError):
        make_options(MitkWriteOptions, {"version": 5})


def test_the_bytes_of_the_header_are_as_mitk_writes_them(tmp_path: Path) -> None:
    segmentation = simple(uid="u", unlabeled_locked=True)
    head = write(segmentation, tmp_path / "a.nrrd").read_bytes().split(b"\n\n")[0].decode()
    assert head.splitlines() == [
        "NRRD0004",
        "type: unsigned short",
        "dimension: 3",
        "space: left-posterior-superior",
        "sizes: 4 3 2",
        "space directions: (1,0,0) (0,1,0) (0,0,1)",
        "kinds: domain domain domain",
        "endian: little",
        "encoding: gzip",
        "space origin: (0,0,0)",
        "modality:=org.mitk.multilabel.segmentation",
        'org.mitk.multilabel.segmentation.labelgroups:=[{"labels":[{"color":[1.0,1.0,1.0],"locked":true,"name":"one",'
        '"opacity":0.6,"value":1,"visible":true}],"name":"G"}]',
        "org.mitk.multilabel.segmentation.unlabeledlabellock:=1",
        "org.mitk.multilabel.segmentation.version:=3",
        "org_mitk_uid:=u",
    ]


def test_empty_groups_are_null_and_come_back(tmp_path: Path) -> None:
    zeros = np.zeros((2, 3, 4), np.uint8)
    segmentation = Segmentation(Geometry.from_parts((2, 3, 4)), [Group(zeros.copy()), Group(zeros.copy(), name="n")])
    path = write(segmentation, tmp_path / "a.nrrd")
    assert keys_of(path)["labelgroups"] == '[null,{"name":"n"}]'
    assert_same(read(path), segmentation)


def test_properties_of_groups_survive_and_hold_scalars_in_the_file(tmp_path: Path) -> None:
    properties = {"number": 3, "text": "ü", "list": [1, None], "nested": {"a": 1.5}}
    group = Group(np.zeros((2, 3, 4), np.uint8), properties=properties)
    segmentation = Segmentation(Geometry.from_parts((2, 3, 4)), [group])
    path = write(segmentation, tmp_path / "a.nrrd")
    assert '"mlseg.list":"[1, null]"' in keys_of(path)["labelgroups"]
    assert read(path).groups[0].properties == properties


def test_times_are_written_as_an_arbitrary_time_geometry(tmp_path: Path) -> None:
    geometry = Geometry.from_parts((2, 3, 4), time_steps=3, time_bounds=(0, 1.5, 4, 10.25))
    segmentation = Segmentation(geometry)
    path = write(segmentation, tmp_path / "a.nrrd")
    assert keys_of(path)["org_mitk_timegeometry_timepoints"] == "0.0 1.5 4.0 10.25"
    assert_same(read(path), segmentation)


@pytest.mark.parametrize("points", ["0 1 2", "0 1 x 3", "0 2 1 3", "0 1 nan 3", ""])
def test_unfit_times_are_noted_and_ignored(tmp_path: Path, points: str) -> None:
    path = write(Segmentation(Geometry.from_parts((2, 3, 4), time_steps=3)), tmp_path / "a.nrrd")
    keys = f"org.mitk.timegeometry.type:=ArbitraryTimeGeometry\norg.mitk.timegeometry.timepoints:={points}\n\n"
    path.write_bytes(path.read_bytes().replace(b"\n\n", b"\n" + keys.encode(), 1))
    report = Report()
    assert read(path, report).geometry.time_bounds is None
    assert len(report.notes) == 1


def test_plain_images_and_others_are_not_this_format(tmp_path: Path) -> None:
    path = GOLDEN / "stack_group_nrrd" / "GrpN_group_0.nrrd"
    assert not FORMAT.matches(path, path.read_bytes()[:4096])
    with pytest.raises(UnsupportedFormatError, match="key 'modality': found 'nothing'"):
        read(path)
    (tmp_path / "a.nrrd").write_bytes(b"\x1f\x8b")
    assert not FORMAT.matches(tmp_path / "a.nrrd", b"\x1f\x8b")


def test_the_modality_is_found_behind_a_long_header(tmp_path: Path) -> None:
    segmentation = simple(properties={f"MITK.Relations.{number}.source": "x" * 100 for number in range(200)})
    path = write(segmentation, tmp_path / "a.nrrd")
    head = path.read_bytes()[:4096]
    assert b"modality" not in head
    assert FORMAT.matches(path, head)


# ---- properties of the data set -------------------------------------------------------------------------------------
DICOM_SEG = {"type": "TemporoSpatialStringProperty", "value": {"values": [{"t": 0, "value": "SEG", "z": 0}]}}


def test_names_become_keys_as_mitk_writes_them(tmp_path: Path) -> None:
    properties = {"DICOM.0008.0060": DICOM_SEG, "DICOM.0008.2112.[0].0008.1155": DICOM_SEG, "my.prop": "ü\n\\"}
    keys = keys_of(write(simple(properties=properties), tmp_path / "a.nrrd"))
    assert keys["DICOM_0008_0060"] == '{"values":[{"t":0,"value":"SEG","z":0}]}'
    assert keys["DICOM_0008_2112_[0]_0008_1155"] == keys["DICOM_0008_0060"]
    assert keys["my_prop"] == "ü\n\\"
    assert "mlseg_properties" not in keys


def test_what_names_and_texts_cannot_hold_is_told_again_exactly(tmp_path: Path) -> None:
    properties = {
        "my_prop.a": "under",
        "my.prop.a": "dots",
        "number": 3,
        "DICOM.0010.0010": "plain text",
        "DICOM.0010.000e": "lower case",
        "org.mitk.uid": "not the uid",
        "modality": "CT",
        "a\rb": "\r",
        "": None,
    }
    path = write(simple(uid="u", properties=properties), tmp_path / "a.nrrd")
    keys = keys_of(path)
    assert (keys["number"], keys["org_mitk_uid"], keys["modality"]) == ("3", "u", MODALITY)
    assert keys["DICOM_0010_0010"] == '{"values":[{"t":0,"value":"plain text","z":0}]}'
    assert read(path).properties == properties


def test_a_change_made_in_mitk_wins_over_what_we_told_again(tmp_path: Path) -> None:
    path = write(simple(properties={"my_prop": "old", "number": 3}), tmp_path / "a.nrrd")
    content = path.read_bytes()
    assert content.count(b"my_prop:=old\n") == 1
    path.write_bytes(content.replace(b"my_prop:=old\n", b"my_prop:=new\n"))
    assert read(path).properties == {"my.prop": "new", "number": 3}


@given(PROPERTIES)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_properties_of_the_data_set_come_back_exactly(tmp_path: Path, properties: dict[str, Any]) -> None:
    assert read(write(simple(properties=properties), tmp_path / "a.nrrd")).properties == properties


def test_a_damaged_dicom_value_is_kept_as_text_and_noted(tmp_path: Path) -> None:
    path = write(simple(), tmp_path / "a.nrrd")
    keys = b'\nDICOM_0010_0010:=Doe\nDICOM_0010_0020:={"values":[{"value":"P"}]}\nmlseg_properties:={"a":1}\n\n'
    path.write_bytes(path.read_bytes().replace(b"\n\n", keys, 1))
    report = Report()
    found = read(path, report).properties
    assert found["DICOM.0010.0010"] == "Doe"
    assert found["DICOM.0010.0020"] == {**DICOM_SEG, "value": {"values": [{"t": 0, "value": "P", "z": 0}]}}
    assert len(report.notes) == 2


# ---- anything that a segmentation can hold --------------------------------------------------------------------------
@given(segmentations())
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_any_segmentation_comes_back_exactly(tmp_path: Path, segmentation: Segmentation) -> None:
    assert_same(read(write(segmentation, tmp_path / "a b ü.nrrd")), segmentation)


@given(segmentations())
@settings(
    deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_pynrrd_finds_our_voxels_and_simpleitk_our_geometry(tmp_path: Path, segmentation: Segmentation) -> None:
    segmentation.properties.clear()  # pynrrd drops what is not ASCII, after which keys may be the same
    path = write(segmentation, tmp_path / "a.nrrd")
    data, _ = pynrrd.read(str(path), index_order="C")
    expected = np.stack([group.array for group in segmentation.groups], axis=-1)
    shape = expected.shape if segmentation.geometry.time_steps > 1 else expected.shape[1:]
    assert np.array_equal(data.reshape(shape), expected.reshape(shape))
    assert data.ndim == len(shape) - (len(segmentation.groups) == 1)
    image = sitk.ReadImage(str(path))
    geometry = segmentation.geometry
    assert image.GetNumberOfComponentsPerPixel() == len(segmentation.groups)
    assert np.allclose(image.GetSpacing()[:3], geometry.spacing)
    assert np.allclose(image.GetOrigin()[:3], geometry.origin)
    size = image.GetDimension()
    direction = np.reshape(image.GetDirection(), (size, size))[:3, :3]
    assert np.allclose(direction, geometry.direction, atol=1e-6)
