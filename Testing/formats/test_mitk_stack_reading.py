"""Every rule by which MITK puts a stack together, and what a stack may not do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from MultiLabelSegLib.core import Geometry
from MultiLabelSegLib.errors import CorruptFileError, FormatError, MultiLabelSegError, UnsupportedFormatError
from MultiLabelSegLib.formats.report import Report
from Testing.formats.stack_cases import GEOMETRY, SHAPE, first_array, read_stack, save_image, second_array, write_json


def label(value: int, file: str | None = None, file_value: Any = None, **more: Any) -> dict[str, Any]:
    entry = {"value": value, "name": f"n{value}", **more}
    if file is not None:
        entry["_file"] = file
    if file_value is not None:
        entry["_file_value"] = file_value
    return entry


def row(*numbers: int, dtype: type = np.uint16) -> np.ndarray:
    """One line of voxels as an image (1, 1, i)."""
    return np.array([[numbers]], dtype)


LINE = Geometry.from_parts((1, 1, 6), (1, 2, 3), (4, 5, 6))


def read_line(folder: Path, groups: list[Any], report: Report | None = None) -> list[list[int]]:
    return [group.array.ravel().tolist() for group in read_stack(write_json(folder, groups), report).groups]


# ---- whose voxels -----------------------------------------------------------------------------------------------
def test_a_group_image_gives_its_labels_their_voxels_and_file_values_rename_them(tmp_path: Path) -> None:
    save_image(tmp_path / "g.nrrd", row(0, 1, 2, 3, 1, 9), LINE)
    group = {"_file": "g.nrrd", "labels": [label(2), label(10, file_value=1), label(3)]}
    report = Report()
    assert read_line(tmp_path, [group], report) == [[0, 10, 2, 3, 10, 0]]
    assert "9 (1 voxels)" in report.notes[0].reason


def test_file_values_may_swap_labels_and_a_later_label_wins(tmp_path: Path) -> None:
    save_image(tmp_path / "g.nii.gz", row(0, 1, 2, 1, 2, 0), LINE)
    swap = {"_file": "g.nii.gz", "labels": [label(1, file_value=2), label(2, file_value=1)]}
    assert read_line(tmp_path, [swap]) == [[0, 2, 1, 2, 1, 0]]
    both = {"_file": "g.nii.gz", "labels": [label(7, file_value=1), label(8, file_value=1)]}
    assert read_line(tmp_path, [both]) == [[0, 8, 0, 8, 0, 0]]


def test_images_of_labels_override_that_of_the_group_and_later_ones_earlier_ones(tmp_path: Path) -> None:
    save_image(tmp_path / "g.mha", row(1, 1, 2, 2, 1, 0), LINE)
    save_image(tmp_path / "a.nii.gz", row(0, 1, 1, 0, 0, 0), LINE)
    save_image(tmp_path / "b.nii", row(0, 0, 5, 5, 0, 0), LINE)
    labels = [label(2), label(3, "a.nii.gz", 1), label(1), label(5, "b.nii")]
    assert read_line(tmp_path, [{"_file": "g.mha", "labels": labels}]) == [[1, 3, 5, 5, 1, 0]]
    labels = [label(5, "b.nii"), label(3, "a.nii.gz", 1)]
    assert read_line(tmp_path, [{"_file": "g.mha", "labels": labels}]) == [[0, 3, 3, 5, 0, 0]]


def test_labels_that_share_an_image_are_told_apart_by_their_file_values(tmp_path: Path) -> None:
    save_image(tmp_path / "all.nrrd", row(1, 2, 3, 0, 1, 2), LINE)
    save_image(tmp_path / "one.nrrd", row(0, 0, 0, 1, 1, 0), LINE)
    labels = [label(11, "all.nrrd", 1), label(12, "all.nrrd", 2), label(1, "one.nrrd"), label(13, "all.nrrd", 3)]
    report = Report()
    assert read_line(tmp_path, [{"labels": labels}], report) == [[11, 12, 13, 1, 1, 12]]
    assert report.notes == []


def test_a_mask_of_the_background_takes_the_voxels_of_value_0(tmp_path: Path) -> None:
    save_image(tmp_path / "a.nii.gz", row(0, 1, 1, 0, 0, 1), LINE)
    assert read_line(tmp_path, [{"labels": [label(4, "a.nii.gz", 0)]}]) == [[4, 0, 0, 4, 4, 0]]


def test_a_label_whose_image_holds_another_value_is_empty_and_named(tmp_path: Path) -> None:
    save_image(tmp_path / "a.nii.gz", row(0, 1, 1, 0, 0, 0), LINE)
    report = Report()
    assert read_line(tmp_path, [{"labels": [label(5, "a.nii.gz")]}], report) == [[0] * 6]
    assert any(
        "label 5 'n5' is empty: its image holds no voxel of value 5 (it holds 1)" in n.reason for n in report.notes
    )


def test_groups_are_apart_and_labels_without_any_image_are_empty(tmp_path: Path) -> None:
    save_image(tmp_path / "a.nii.gz", row(1, 1, 1, 0, 0, 0), LINE)
    save_image(tmp_path / "b.nii.gz", row(0, 2, 2, 2, 0, 0), LINE)
    groups = [{"labels": [label(1, "a.nii.gz"), label(3)]}, None, {"labels": [label(2, "b.nii.gz")], "name": "two"}]
    assert read_line(tmp_path, groups) == [[1, 1, 1, 0, 0, 0], [0] * 6, [0, 2, 2, 2, 0, 0]]
    found = read_stack(tmp_path / "s.mitklabel.json")
    assert [group.name for group in found.groups] == ["", "", "two"]
    assert found.groups[0].values == (1, 3)


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int16, np.uint16, np.int32, np.float32, np.float64])
@pytest.mark.parametrize("suffix", [".nii.gz", ".nrrd", ".mha"])
def test_every_type_that_holds_whole_numbers_is_read(tmp_path: Path, dtype: type, suffix: str) -> None:
    array = (first_array() % 120).astype(dtype)
    save_image(tmp_path / f"a{suffix}", array)
    groups = [{"_file": f"a{suffix}", "labels": [label(1), label(60), label(40)]}]
    found = read_stack(write_json(tmp_path, groups))
    assert np.array_equal(found.groups[0].array[0], array)


# ---- where the voxels are ---------------------------------------------------------------------------------------
def test_the_first_image_decides_the_geometry_and_rounded_headers_agree_with_it(tmp_path: Path) -> None:
    turned = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0]
    geometry = Geometry.from_parts((40, 50, 60), (0.7, 0.7, 1.1), (-123.4567, 87.654321, -1234.56789), turned)
    array = np.zeros(geometry.shape, np.uint16)
    array[3, 4, 5] = 1
    save_image(tmp_path / "exact.nrrd", array, geometry)
    save_image(tmp_path / "rounded.nii.gz", array * 2, geometry)
    groups = [{"labels": [label(2, "rounded.nii.gz")]}, {"_file": "exact.nrrd", "labels": [label(1)]}]
    found = read_stack(write_json(tmp_path, groups))
    assert [group.voxels(group.values[0]) for group in found.groups] == [1, 1]
    exact = read_stack(write_json(tmp_path, groups[::-1])).geometry
    assert exact == Geometry.from_parts(geometry.shape, exact.spacing, geometry.origin, exact.direction)
    assert exact.origin == geometry.origin


def test_a_smaller_image_of_the_same_lattice_is_put_in_its_place(tmp_path: Path) -> None:
    part = GEOMETRY.cropped((1, 2, 3), (2, 3, 3))
    save_image(tmp_path / "whole.nrrd", first_array())
    save_image(tmp_path / "part.nii.gz", np.full((2, 3, 3), 9, np.uint16), part)
    groups = [{"_file": "whole.nrrd", "labels": [label(1), label(300), label(40), label(9, "part.nii.gz")]}]
    found = read_stack(write_json(tmp_path, groups))
    expected = first_array()
    expected[1:3, 2:5, 3:6] = 9
    assert np.array_equal(found.groups[0].array[0], expected)


@pytest.mark.parametrize(
    ("geometry", "reason"),
    [
        (Geometry.from_parts(SHAPE, (0.8, 1.5, 2.0), GEOMETRY.origin), "spacing"),
        (Geometry.from_parts(SHAPE, GEOMETRY.spacing, (0, 0, 0)), "origin"),
        (Geometry.from_parts(SHAPE, GEOMETRY.spacing, (-12.1, 33.0, 70.25)), "origin"),
        (Geometry.from_parts(SHAPE, GEOMETRY.spacing, GEOMETRY.origin, np.diag([1.0, -1, -1])), "direction"),
        (Geometry.from_parts((9, 9, 9), GEOMETRY.spacing, GEOMETRY.origin), "size"),
        (GEOMETRY.cropped((3, 0, 0), (2, 5, 6)), "size"),
    ],
)
def test_an_image_that_lies_elsewhere_is_refused_and_says_where(
    tmp_path: Path, geometry: Geometry, reason: str
) -> None:
    save_image(tmp_path / "a.nrrd", first_array())
    save_image(tmp_path / "b.nrrd", np.ones(geometry.shape, np.uint16), geometry)
    groups = [{"labels": [label(1, "a.nrrd"), label(2, "b.nrrd", 1)]}]
    with pytest.raises(CorruptFileError, match=f"label 2 'n2': does not lie on the grid .*{reason}") as caught:
        read_stack(write_json(tmp_path, groups))
    assert caught.value.path == str(tmp_path / "b.nrrd")


def test_images_of_different_numbers_of_frames_are_refused(tmp_path: Path) -> None:
    save_image(tmp_path / "a.nrrd", first_array(), Geometry.from_parts(SHAPE))
    save_image(tmp_path / "b.nrrd", np.stack([first_array()] * 2))
    with pytest.raises(CorruptFileError, match="2 frames where the first image has 1"):
        read_stack(write_json(tmp_path, [{"labels": [label(1, "a.nrrd"), label(2, "b.nrrd")]}]))


# ---- which files ------------------------------------------------------------------------------------------------
def test_relative_paths_of_all_forms_and_absolute_ones_inside_of_the_folder_are_found(tmp_path: Path) -> None:
    save_image(tmp_path / "sub" / "ä b" / "a.nrrd", row(1, 0, 0, 0, 0, 0), LINE)
    for name in ("sub/ä b/a.nrrd", "./sub/ä b/a.nrrd", "sub/../sub/ä b/a.nrrd", "sub\\ä b\\a.nrrd"):
        assert read_line(tmp_path, [{"labels": [label(1, name)]}]) == [[1, 0, 0, 0, 0, 0]]
    absolute = str(tmp_path / "sub" / "ä b" / "a.nrrd")
    assert read_line(tmp_path, [{"labels": [label(1, absolute)]}]) == [[1, 0, 0, 0, 0, 0]]


def test_relative_paths_do_not_depend_on_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_image(tmp_path / "in" / "a.nrrd", row(1, 0, 0, 0, 0, 0), LINE)
    write_json(tmp_path / "in", [{"labels": [label(1, "a.nrrd")]}])
    monkeypatch.chdir(tmp_path / "in")
    assert read_stack(Path("s.mitklabel.json")).voxels(1) == 1
    monkeypatch.chdir(tmp_path)
    assert read_stack(Path("in/s.mitklabel.json")).voxels(1) == 1


@pytest.mark.parametrize("name", ["../secret.nrrd", "x/../../secret.nrrd", "{absolute}", "link.nrrd"])
def test_files_outside_of_the_folder_are_refused_unless_that_is_allowed(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "in"
    (folder / "x").mkdir(parents=True)
    secret = save_image(tmp_path / "secret.nrrd", row(1, 0, 0, 0, 0, 0), LINE)
    (folder / "link.nrrd").symlink_to(secret)
    path = write_json(folder, [{"labels": [label(1, name.format(absolute=secret))]}])
    with pytest.raises(FormatError, match="outside of its folder") as caught:
        read_stack(path)
    assert caught.value.path == str(path)
    assert read_stack(path, allow_outside=True).voxels(1) == 1


def test_a_first_image_that_promises_terabytes_is_refused_before_anything_is_allocated(tmp_path: Path) -> None:
    header = b"NDims = 3\nDimSize = 60000 60000 60000\nElementType = MET_UCHAR\nElementDataFile = LOCAL\n"
    (tmp_path / "a.mha").write_bytes(header + bytes(99))
    with pytest.raises(CorruptFileError, match="announces 216000000000000 bytes") as caught:
        read_stack(write_json(tmp_path, [{"labels": [label(1, "a.mha")]}]))
    assert caught.value.path == str(tmp_path / "a.mha")


def test_a_missing_image_names_label_and_file(tmp_path: Path) -> None:
    save_image(tmp_path / "a.nrrd", row(1, 0, 0, 0, 0, 0), LINE)
    path = write_json(tmp_path, [{"labels": [label(1, "a.nrrd"), label(2, "gone.nii.gz")]}])
    with pytest.raises(FormatError, match=r"label 2 'n2' names the file 'gone.nii.gz', which does not exist") as caught:
        read_stack(path)
    assert caught.value.path == str(path)


def test_an_image_that_is_no_label_map_or_no_image_is_refused_by_name(tmp_path: Path) -> None:
    save_image(tmp_path / "a.nrrd", first_array())
    save_image(tmp_path / "soft.nii.gz", second_array().astype(np.float32) / 70000)
    (tmp_path / "b.png").write_bytes(b"\x89PNG")
    for name, reason in (("soft.nii.gz", "probabilities"), ("b.png", "images are read from")):
        with pytest.raises(UnsupportedFormatError, match=reason) as caught:
            read_stack(write_json(tmp_path, [{"labels": [label(1, "a.nrrd"), label(2, name)]}]))
        assert caught.value.path == str(tmp_path / name)


# ---- the JSON ---------------------------------------------------------------------------------------------------
GOOD = [{"labels": [label(1, "a.nrrd")]}]
PRESET = "org.mitk.multilabel.segmentation.preset"


@pytest.mark.parametrize(
    ("groups", "top", "error", "reason"),
    [
        (GOOD, {"type": None}, UnsupportedFormatError, "states no type"),
        (GOOD, {"type": PRESET}, UnsupportedFormatError, "a preset of labels"),
        (GOOD, {"type": "org.mitk.multilabel.segmentation.suggestions"}, UnsupportedFormatError, "suggestions"),
        (GOOD, {"type": 3}, UnsupportedFormatError, "type is 3"),
        (GOOD, {"version": 5}, UnsupportedFormatError, "version 5 of the format is newer than 4"),
        (GOOD, {"version": "4"}, CorruptFileError, "version is '4'"),
        (GOOD, {"version": True}, CorruptFileError, "version is True"),
        (GOOD, {"uid": 7}, CorruptFileError, "uid is 7"),
        (GOOD, {"properties": [1]}, CorruptFileError, "properties are list"),
        (None, {}, CorruptFileError, "no groups"),
        ([], {}, CorruptFileError, "no groups"),
        ({}, {}, CorruptFileError, "an array of groups"),
        ([3], {}, CorruptFileError, r"groups\[0\]"),
        ([None], {}, CorruptFileError, "names an image"),
        ([{"labels": [label(1)]}], {}, CorruptFileError, "names an image"),
        ([{"labels": 3, "_file": "a.nrrd"}], {}, CorruptFileError, r"groups\[0\].labels"),
        ([{"labels": [label(0, "a.nrrd")]}], {}, CorruptFileError, r"labels\[0\].value"),
        ([{"labels": [label(70000, "a.nrrd")]}], {}, CorruptFileError, "70000"),
        ([{"labels": [label(-1, "a.nrrd")]}], {}, CorruptFileError, "-1"),
        ([{"labels": [label(1, "a.nrrd", locked=1)]}], {}, CorruptFileError, "locked"),
        ([{"labels": [label(1, "a.nrrd"), label(1)]}], {}, CorruptFileError, "value 1 occurs twice"),
        ([*GOOD, {"labels": [label(1)]}], {}, CorruptFileError, "value 1 occurs twice"),
        ([{"_file": 3, "labels": []}], {}, CorruptFileError, r"groups\[0\]._file: found 3"),
        ([{"_file": " "}], {}, CorruptFileError, "name of an image file"),
        ([{"_file": "a\0b"}], {}, FormatError, "no file can be called"),
        ([{"labels": [{**label(1), "_file": None}]}], {}, CorruptFileError, r"labels\[0\]._file"),
        ([{"labels": [label(1, "a.nrrd", "1")]}], {}, CorruptFileError, r"labels\[0\]._file_value: found '1'"),
        ([{"labels": [label(1, "a.nrrd", 1.5)]}], {}, CorruptFileError, "_file_value"),
        ([{"labels": [label(1, "a.nrrd", 70000)]}], {}, CorruptFileError, "_file_value"),
        ([{"labels": [label(1, "a.nrrd", True)]}], {}, CorruptFileError, "_file_value"),
    ],
)
def test_json_that_is_wrong_is_refused_with_the_place_and_what_was_found(
    tmp_path: Path, groups: Any, top: dict[str, Any], error: type[FormatError], reason: str
) -> None:
    save_image(tmp_path / "a.nrrd", first_array())
    path = write_json(tmp_path, groups, **top)
    with pytest.raises(error, match=reason) as caught:
        read_stack(path)
    assert caught.value.path == str(path)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"3", b"null", b'"text"', b"\xff\xfe\x00", b'{"type": NaN}', b"[" * 100000, b'{"a":' * 50000,
     b'{"version": ' + b"9" * 5000 + b"}", b'{"type": "\\ud800"}'],
)  # fmt: skip
def test_what_is_no_stack_at_all_is_a_typed_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "s.mitklabel.json"
    path.write_bytes(content)
    with pytest.raises(FormatError) as caught:
        read_stack(path)
    assert caught.value.path == str(path)


@pytest.mark.parametrize("version", [1, 2, 3, 4, 4.0, None])
def test_every_version_and_none_are_read(tmp_path: Path, version: float | None) -> None:
    save_image(tmp_path / "a.nrrd", first_array())
    found = read_stack(write_json(tmp_path, GOOD, version=version, uid=""))
    assert found.voxels(1) == 12
    assert found.uid


def test_a_byte_order_mark_and_our_own_keys_that_are_damaged_cost_nothing_else(tmp_path: Path) -> None:
    save_image(tmp_path / "a.nrrd", first_array())
    path = write_json(tmp_path, GOOD, unlabeled_locked="yes", time_bounds=[0, "x"], other_properties=3)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    report = Report()
    found = read_stack(path, report)
    assert found.voxels(1) == 12
    assert not found.unlabeled_locked
    assert [note.reason.split()[0] for note in report.left_out] == [
        "other_properties",
        "unlabeled_locked",
        "time_bounds",
    ]
    report = Report()
    read_stack(write_json(tmp_path, GOOD, time_bounds=[0, 1, 2]), report)
    assert "times of the frames" in report.left_out[0].reason


def test_properties_of_unknown_or_malformed_classes_are_kept_or_noted(tmp_path: Path) -> None:
    save_image(tmp_path / "a.nrrd", first_array())
    classes = {"StringProperty": {"a": "x"}, "NewProperty": {"b": [1]}, "BoolProperty": 3}
    report = Report()
    found = read_stack(write_json(tmp_path, GOOD, properties=classes), report)
    assert found.properties == {"a": "x", "b": {"type": "NewProperty", "value": [1]}}
    assert "BoolProperty" in report.notes[0].reason


numbers = st.integers(-70000, 70000) | st.floats(allow_nan=False, allow_infinity=False)
leaves = st.none() | st.booleans() | numbers | st.text(max_size=4) | st.sampled_from(["a.nrrd", "b.nrrd"])
keys = st.sampled_from(["labels", "name", "value", "_file", "_file_value", "color", "x"])
junk = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4), max_leaves=12
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(groups=st.lists(junk, max_size=3), top=st.dictionaries(st.sampled_from(["version", "uid", "properties"]), junk))
def test_any_json_is_a_segmentation_or_a_typed_error(tmp_path: Path, groups: list[Any], top: dict[str, Any]) -> None:
    if not (tmp_path / "a.nrrd").exists():
        save_image(tmp_path / "a.nrrd", first_array())
    path = tmp_path / "s.mitklabel.json"
    data = {"type": "org.mitk.multilabel.segmentation.stack", "groups": groups, **top}
    path.write_text(json.dumps(data), encoding="utf-8")
    try:
        found = read_stack(path)
    except MultiLabelSegError:
        pass
    else:
        assert found.geometry.shape == SHAPE
        assert len(found.groups) == len(groups)
