"""DICOM segmentations of ours: exact round trips, true statements, and refusals that say what is missing."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from MultiLabelSegLib.core import Geometry, Group, Label, Segmentation
from MultiLabelSegLib.core.compare import compare
from MultiLabelSegLib.errors import FormatError, LossError, UnsupportedFormatError
from MultiLabelSegLib.formats.dicom.bits import joined_frames, split_frames
from MultiLabelSegLib.formats.dicom.color import cielab_from_rgb, rgb_from_cielab
from MultiLabelSegLib.formats.registry import read_segmentation
from MultiLabelSegLib.formats.report import Report
from MultiLabelSegLib.formats.saving import write_segmentation
from Testing.formats.segmentations import segmentations

SHAPE = (4, 3, 5)
AFFINE = np.array([[0.8, 0, 0, 10], [0, 0.9, 0, -20], [0, 0, 2.5, 5], [0, 0, 0, 1.0]])
SYNTHETIC = {"synthetic": True}
_COUNTER = itertools.count()


def a_segmentation(overlap: bool = True) -> Segmentation:
    """Two groups with locks, opacities, odd names, an empty label and values with gaps."""
    first, second = np.zeros((2, *SHAPE), np.uint16)
    first[1, 0:2, 0:3], first[2, 2, 4] = 3, 700
    second[(1 if overlap else 3), 1:, 2:] = 9
    return Segmentation(
        Geometry(SHAPE, AFFINE),
        [
            Group(first, [Label(700, "Grün 肝", locked=False, opacity=0.3), Label(3, "a\\b\n", visible=False)], "g"),
            Group(
                second, [Label(9, "", (0.1, 0.2, 0.3), properties={"x": [1, None]}), Label(2, "empty")], "", {"p": "q"}
            ),
        ],
        unlabeled_locked=True,
        extras={"note": "kept"},
    )


def expect_equal(mine: Segmentation, theirs: Segmentation) -> None:
    """Everything, to the last bit."""
    assert theirs.geometry == mine.geometry
    assert theirs.labels == mine.labels
    assert [group.name for group in theirs.groups] == [group.name for group in mine.groups]
    assert [group.properties for group in theirs.groups] == [group.properties for group in mine.groups]
    assert (theirs.uid, theirs.unlabeled_locked) == (mine.uid, mine.unlabeled_locked)
    assert (theirs.properties, theirs.extras) == (mine.properties, mine.extras)
    for one, other in zip(mine.groups, theirs.groups, strict=True):
        np.testing.assert_array_equal(one.array, other.array)


@pytest.mark.parametrize(
    "options",
    [SYNTHETIC, {**SYNTHETIC, "encoding": "binary"}, {**SYNTHETIC, "per_group": True}],
    ids=["auto", "binary", "per-group"],
)
@pytest.mark.parametrize("overlap", [True, False])
def test_our_own_round_trip_is_exact(tmp_path, options, overlap):
    segmentation = a_segmentation(overlap)
    result = write_segmentation(segmentation, tmp_path / "a.dcm", options=options)
    assert len(result.paths) == (2 if "per_group" in options else 1)
    expect_equal(segmentation, read_segmentation(tmp_path / "a.dcm"))


def writable(segmentation: Segmentation) -> Segmentation:
    """What DICOM can hold of it: the first frame, a label for every voxel, at least one label."""
    geometry = Geometry(segmentation.geometry.shape, segmentation.geometry.ijk_to_lps)
    taken = set(segmentation.values)
    groups = []
    for group in segmentation.groups:
        array = group.array[:1].copy()
        array[np.isin(array, list(taken - set(group.values)))] = 0
        missing = [int(value) for value in np.unique(array) if value and value not in taken]
        taken.update(missing)
        labels = [*group.labels, *(Label(value, "found") for value in missing)]
        groups.append(Group(array, labels, group.name, group.properties))
    if not taken:
        groups[0].set_label(Label(5, "only"))
    return Segmentation(
        geometry,
        groups,
        uid=segmentation.uid,
        unlabeled_locked=segmentation.unlabeled_locked,
        properties=segmentation.properties,
    )


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(segmentations(), st.sampled_from(["auto", "binary"]), st.booleans())
def test_any_segmentation_comes_back_exactly(tmp_path, segmentation, encoding, per_group):
    path = tmp_path / f"{next(_COUNTER)}.dcm"
    segmentation = writable(segmentation)
    per_group = per_group and all(group.labels for group in segmentation.groups)
    write_segmentation(segmentation, path, options={**SYNTHETIC, "encoding": encoding, "per_group": per_group})
    expect_equal(segmentation, read_segmentation(path))


def test_frames_of_time_and_a_document_without_labels_are_refused(tmp_path):
    moving = Segmentation(Geometry(SHAPE, AFFINE, 2), [Group(np.zeros((2, *SHAPE), np.uint8), [Label(1, "a")])])
    with pytest.raises(LossError, match="1 of 2 time steps"):
        write_segmentation(moving, tmp_path / "a.dcm", options=SYNTHETIC)
    with pytest.raises(FormatError, match="needs at least one"):
        write_segmentation(Segmentation(Geometry(SHAPE, AFFINE)), tmp_path / "a.dcm", options=SYNTHETIC)


@pytest.mark.parametrize(("overlap", "kind", "said"), [(True, "BINARY", "YES"), (False, "LABELMAP", "NO")])
def test_overlap_decides_the_encoding_and_is_said(tmp_path, overlap, kind, said):
    write_segmentation(a_segmentation(overlap), tmp_path / "a.dcm", options=SYNTHETIC)
    header = pydicom.dcmread(tmp_path / "a.dcm")
    assert (header.SegmentationType, header.SegmentsOverlap) == (kind, said)


def test_a_label_map_of_overlapping_labels_is_refused_naming_them(tmp_path):
    with pytest.raises(LossError, match=r"the overlap of 3 .* and 9"):
        write_segmentation(a_segmentation(), tmp_path / "a.dcm", options={**SYNTHETIC, "encoding": "labelmap"})
    assert list(tmp_path.iterdir()) == []


def test_segments_are_numbered_by_value_where_the_standard_allows_it(tmp_path):
    array = np.zeros(SHAPE, np.uint8)
    array[0, 0, :3] = 1, 2, 3
    labels = [Label(3, "c"), Label(1, "a"), Label(2, "b")]
    write_segmentation(
        Segmentation(Geometry(SHAPE, AFFINE), [Group(array, labels)]),
        tmp_path / "a.dcm",
        options={**SYNTHETIC, "encoding": "binary"},
    )
    items = pydicom.dcmread(tmp_path / "a.dcm").SegmentSequence
    assert [(item.SegmentNumber, item.SegmentLabel) for item in items] == [(1, "a"), (2, "b"), (3, "c")]
    assert read_segmentation(tmp_path / "a.dcm").labels == tuple(labels)


def test_without_our_private_record_names_and_voxels_stay(tmp_path):
    segmentation = a_segmentation()
    write_segmentation(segmentation, tmp_path / "a.dcm", options=SYNTHETIC)
    stripped = pydicom.dcmread(tmp_path / "a.dcm")
    stripped.remove_private_tags()
    stripped.save_as(tmp_path / "b.dcm")
    found = read_segmentation(tmp_path / "b.dcm")
    assert [label.name for label in found.labels] == ["Grün 肝", "a b", "empty", "Label 9"]
    assert [found.group_of(value).voxels(value) for value in (1, 2, 3)] == [1, 6, 6]
    assert len(found.groups) == 2


def test_what_another_program_changed_wins_over_our_record(tmp_path):
    write_segmentation(a_segmentation(), tmp_path / "a.dcm", options=SYNTHETIC)
    changed = pydicom.dcmread(tmp_path / "a.dcm")
    changed.SegmentSequence[0].SegmentLabel = "Renamed"
    changed.save_as(tmp_path / "b.dcm")
    report = Report()
    found = read_segmentation(tmp_path / "b.dcm", report=report)
    assert found.label(700).name == "Renamed"
    assert not found.label(700).locked
    assert any("changed by another program: name" in str(note) for note in report.notes)


def test_moved_frames_make_our_recorded_grid_void(tmp_path):
    write_segmentation(a_segmentation(), tmp_path / "a.dcm", options=SYNTHETIC)
    moved = pydicom.dcmread(tmp_path / "a.dcm")
    for frame in moved.PerFrameFunctionalGroupsSequence:
        x, y, z = frame.PlanePositionSequence[0].ImagePositionPatient
        frame.PlanePositionSequence[0].ImagePositionPatient = [x + 7, y, z]
    moved.save_as(tmp_path / "b.dcm")
    report = Report()
    found = read_segmentation(tmp_path / "b.dcm", report=report)
    assert found.geometry.origin[0] == pytest.approx(17.0)
    assert any("do not lie on the recorded grid" in str(note) for note in report.notes)


def test_a_missing_group_of_several_files_is_said(tmp_path):
    write_segmentation(a_segmentation(), tmp_path / "a.dcm", options={**SYNTHETIC, "per_group": True})
    (tmp_path / "a_1.dcm").unlink()
    report = Report()
    assert len(read_segmentation(tmp_path / "a.dcm", report=report).groups) == 1
    assert any("group 2 of 2 is not there" in str(note) for note in report.left_out)


def test_a_folder_with_the_files_of_one_segmentation_is_read_and_one_with_others_is_not(tmp_path):
    (tmp_path / "f").mkdir()
    write_segmentation(a_segmentation(), tmp_path / "f" / "a.dcm", options={**SYNTHETIC, "per_group": True})
    assert compare(read_segmentation(tmp_path / "f"), a_segmentation()).identical
    (tmp_path / "f" / "a_1.dcm").rename(tmp_path / "f" / "b.dcm")
    with pytest.raises(FormatError, match="holds 2 DICOM segmentations"):
        read_segmentation(tmp_path / "f")
    write_segmentation(a_segmentation(), tmp_path / "f" / "a_1.dcm", options=SYNTHETIC)
    write_segmentation(a_segmentation(), tmp_path / "f" / "a.dcm", options=SYNTHETIC, overwrite=True)
    (tmp_path / "f" / "b.dcm").unlink()
    with pytest.raises(FormatError, match="holds 2 DICOM segmentations"):
        read_segmentation(tmp_path / "f")


def test_codes_are_written_from_properties_and_generic_ones_are_said(tmp_path):
    codes = {"segmented_property_category.value": "91723000", "segmented_property_category.scheme": "SCT"}
    codes |= {"segmented_property_type.value": "10200004", "segmented_property_type.scheme": "SCT"}
    codes |= {"segmented_property_type.modifier.[0].value": "7771000"}
    codes |= {"segmented_property_type.modifier.[0].scheme": "SCT", "anatomic_region.[0].value": "1" * 30}
    codes |= {"anatomic_region.[0].scheme": "SCT", "algorithm_type": "AUTOMATIC", "algorithm_name": "net"}
    array = np.zeros(SHAPE, np.uint8)
    array[0, 0, :2] = 1, 2
    labels = [Label(1, "coded", properties=codes), Label(2, "plain")]
    report = Report()
    path = tmp_path / "a.dcm"
    segmentation = Segmentation(Geometry(SHAPE, AFFINE), [Group(array, labels)])
    write_segmentation(segmentation, path, options=SYNTHETIC, report=report)
    coded, plain = pydicom.dcmread(path).SegmentSequence
    kind = coded.SegmentedPropertyTypeCodeSequence[0]
    assert (kind.CodeValue, kind.SegmentedPropertyTypeModifierCodeSequence[0].CodeValue) == ("10200004", "7771000")
    assert coded.AnatomicRegionSequence[0].LongCodeValue == "1" * 30
    assert (coded.SegmentAlgorithmType, coded.SegmentAlgorithmName) == ("AUTOMATIC", "net")
    assert plain.SegmentedPropertyTypeCodeSequence[0].CodeMeaning == "Tissue"
    assert [note for note in report.notes if "Tissue" in str(note)][0].reason.endswith(": plain")


def test_a_grid_with_slanted_rows_is_refused(tmp_path):
    affine = AFFINE.copy()
    affine[0, 1] = 0.3
    segmentation = Segmentation(Geometry(SHAPE, affine), a_segmentation().groups)
    with pytest.raises(FormatError, match="not 90"):
        write_segmentation(segmentation, tmp_path / "a.dcm", options=SYNTHETIC)


def test_a_tilted_stack_keeps_its_tilt(tmp_path):
    affine = AFFINE.copy()
    affine[1, 2] = 0.7
    segmentation = Segmentation(Geometry(SHAPE, affine), a_segmentation().groups)
    write_segmentation(segmentation, tmp_path / "a.dcm", options={**SYNTHETIC, "encoding": "binary"})
    expect_equal(segmentation, read_segmentation(tmp_path / "a.dcm"))
    stripped = pydicom.dcmread(tmp_path / "a.dcm")
    stripped.remove_private_tags()
    stripped.save_as(tmp_path / "b.dcm")
    np.testing.assert_allclose(
        read_segmentation(tmp_path / "b.dcm").geometry.ijk_to_lps[:3, :3], affine[:3, :3], atol=1e-6
    )


def test_label_values_up_to_65535_come_back(tmp_path):
    array = np.zeros(SHAPE, np.uint16)
    array[0, 0, 0] = 65535
    segmentation = Segmentation(Geometry(SHAPE, AFFINE), [Group(array, [Label(65535, "top")])])
    write_segmentation(segmentation, tmp_path / "a.dcm", options=SYNTHETIC)
    expect_equal(segmentation, read_segmentation(tmp_path / "a.dcm"))


@pytest.mark.parametrize("pixels", [1, 7, 8, 15, 16])
def test_frames_of_any_size_are_packed_without_gaps(pixels):
    random = np.random.default_rng(3)
    frames = random.integers(0, 2, (5, pixels), np.uint8)
    rows = np.packbits(frames, axis=1, bitorder="little")
    data = joined_frames(rows, pixels)
    assert len(data) % 2 == 0
    expected = np.packbits(frames.ravel(), bitorder="little").tobytes()
    assert data[: len(expected)] == expected
    np.testing.assert_array_equal(split_frames(np.frombuffer(data, np.uint8), pixels, 5), rows)


def test_every_8_bit_colour_of_a_grid_survives_cielab():
    for color in itertools.product((0, 1, 60, 128, 200, 255), repeat=3):
        found = rgb_from_cielab(*cielab_from_rgb([channel / 255 for channel in color]))
        assert tuple(round(channel * 255) for channel in found) == color


def test_without_pydicom_the_error_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pydicom", None)
    with pytest.raises(UnsupportedFormatError, match=r"multilabelseg\[dicom\]"):
        write_segmentation(a_segmentation(), tmp_path / "a.dcm", options=SYNTHETIC)


def test_an_existing_file_stays_when_writing_fails(tmp_path):
    path = Path(tmp_path / "a.dcm")
    write_segmentation(a_segmentation(), path, options=SYNTHETIC)
    before = path.read_bytes()
    with pytest.raises(FormatError, match="there is|is no folder"):
        write_segmentation(a_segmentation(), path, options={"source": str(tmp_path / "no")}, overwrite=True)
    assert path.read_bytes() == before


def test_instances_folders_reviews_and_nested_properties_come_back(tmp_path):
    array = np.zeros(SHAPE, np.uint16)
    array[0, 0, :4] = 65535, 1, 300, 2
    labels = [
        Label(65535, "Lesion", tracking_id="lesion 1", tracking_uid="2.25.1", description="first\nsecond line"),
        Label(1, "Lesion", tracking_id="lesion 2", properties={"MLSEG.instance": {"of": 65535, "n": [1, 2.5, None]}}),
        Label(300, "骨 / Wirbel \\ L1" + "x" * 80, properties={"folder": "Bones/Spine", "reviewed": True}),
        Label(2, "Ärger 😀", (0.123456789, 0.2, 0.3), opacity=0.123456789, visible=False, locked=False),
        Label(7, "empty instance"),
    ]
    segmentation = Segmentation(
        Geometry(SHAPE, AFFINE),
        [Group(array, labels, "Gruppe é", {"kind": {"a": [1]}}), Group(np.zeros(SHAPE, np.uint8), [], "empty")],
        properties={"name": "Fall 7", "nested": {"b": [None, False, "ü"]}},
        extras={"x": {"y": [1]}},
    )
    for number, encoding in enumerate(("labelmap", "binary")):
        path = tmp_path / f"{number}.dcm"
        write_segmentation(segmentation, path, options={**SYNTHETIC, "encoding": encoding})
        expect_equal(segmentation, read_segmentation(path))
    plain = {str(item.SegmentLabel) for item in pydicom.dcmread(tmp_path / "1.dcm").SegmentSequence}
    assert {"Lesion", "Ärger 😀", "empty instance"} <= plain
    assert max(map(len, plain)) <= 64


def test_several_frames_of_time_are_refused_by_the_command_line_on_one_line(tmp_path, capsys):
    from MultiLabelSegLib.cli.main import main

    geometry = Geometry(SHAPE, AFFINE, 3)
    moving = Segmentation(geometry, [Group(np.zeros((3, *SHAPE), np.uint8), [Label(1, "a")])])
    write_segmentation(moving, tmp_path / "a.nrrd")
    assert main(["convert", "-i", str(tmp_path / "a.nrrd"), "-o", str(tmp_path / "a.dcm"), "--synthetic"]) == 1
    printed = capsys.readouterr().err
    assert printed.count("\n") == 1
    assert "time steps" in printed
    assert not (tmp_path / "a.dcm").exists()
