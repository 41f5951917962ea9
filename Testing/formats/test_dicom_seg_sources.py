"""Whose image a DICOM segmentation of ours belongs to: a series, an earlier segmentation, or a made-up identity."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest

from MultiLabelSegLib.core import Geometry, Group, Segmentation
from MultiLabelSegLib.errors import FormatError
from MultiLabelSegLib.formats.registry import read_segmentation
from MultiLabelSegLib.formats.report import Report
from MultiLabelSegLib.formats.saving import write_segmentation
from Testing.formats.dicom_cases import write_series
from Testing.formats.test_dicom_seg_writing import AFFINE, SHAPE, SYNTHETIC, a_segmentation, expect_equal


def test_without_an_image_the_error_says_what_is_missing_and_what_to_do(tmp_path):
    with pytest.raises(FormatError, match=r"FrameOfReferenceUID \(0020,0052\).*option source.*option synthetic"):
        write_segmentation(a_segmentation(), tmp_path / "a.dcm")


def test_patient_study_and_images_come_from_the_series(tmp_path):
    series = write_series(tmp_path / "ct", SHAPE, AFFINE, descending=True)
    write_segmentation(a_segmentation(), tmp_path / "a.dcm", options={"source": str(series)})
    written, first = pydicom.dcmread(tmp_path / "a.dcm"), pydicom.dcmread(series / "004.dcm")
    assert str(written.PatientName) == "Müller^Anna"
    assert written.StudyInstanceUID == first.StudyInstanceUID
    assert written.FrameOfReferenceUID == first.FrameOfReferenceUID
    assert written.SeriesInstanceUID != first.SeriesInstanceUID
    assert len(written.ReferencedSeriesSequence[0].ReferencedInstanceSequence) == 4
    by_uid = {image.SOPInstanceUID: image for image in map(pydicom.dcmread, series.iterdir())}
    for frame in written.PerFrameFunctionalGroupsSequence:
        image = by_uid[frame.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID]
        assert image.ImagePositionPatient == frame.PlanePositionSequence[0].ImagePositionPatient


@pytest.mark.parametrize("flip", [(-1, 1, 1), (1, -1, 1), (1, 1, -1)])
def test_a_grid_that_is_flipped_against_the_series_stays_in_its_place(tmp_path, flip):
    affine = AFFINE @ np.diag([*flip, 1.0])
    affine[:3, 3] += sum((AFFINE[:3, n] * (SHAPE[2 - n] - 1) for n in range(3) if flip[n] < 0), np.zeros(3))
    series = write_series(tmp_path / "ct", SHAPE, AFFINE)
    segmentation = Segmentation(Geometry(SHAPE, affine), a_segmentation().groups)
    write_segmentation(segmentation, tmp_path / "a.dcm", options={"source": str(series)})
    expect_equal(segmentation, read_segmentation(tmp_path / "a.dcm"))
    for frame in pydicom.dcmread(tmp_path / "a.dcm").PerFrameFunctionalGroupsSequence:
        assert "DerivationImageSequence" in frame


def test_another_series_is_refused(tmp_path):
    moved = AFFINE.copy()
    moved[0, 3] += 30
    series = write_series(tmp_path / "ct", SHAPE, moved)
    with pytest.raises(FormatError, match=r"37.5 voxels outside of the images along i"):
        write_segmentation(a_segmentation(), tmp_path / "a.dcm", options={"source": str(series)})


def test_what_the_series_lacks_is_named(tmp_path):
    series = write_series(tmp_path / "ct", SHAPE, AFFINE, FrameOfReferenceUID="")
    with pytest.raises(FormatError, match="lacks FrameOfReferenceUID"):
        write_segmentation(a_segmentation(), tmp_path / "a.dcm", options={"source": str(series)})


def test_what_anonymised_images_lack_is_made_up_on_request(tmp_path):
    series = write_series(tmp_path / "ct", SHAPE, AFFINE, StudyInstanceUID="", SOPInstanceUID="")
    report = Report()
    options = {"source": str(series), "synthetic": True}
    write_segmentation(a_segmentation(), tmp_path / "a.dcm", options=options, report=report)
    written = pydicom.dcmread(tmp_path / "a.dcm")
    assert written.StudyInstanceUID.startswith("2.25.")
    assert written.FrameOfReferenceUID == pydicom.dcmread(series / "000.dcm").FrameOfReferenceUID
    assert "ReferencedSeriesSequence" not in written
    assert any("lack StudyInstanceUID, SOPInstanceUID" in str(note) for note in report.notes)


def test_one_of_two_series_in_a_folder_must_be_chosen(tmp_path):
    write_series(tmp_path / "ct", SHAPE, AFFINE)
    other = write_series(tmp_path / "other", SHAPE, AFFINE)
    for path in other.iterdir():
        path.rename(tmp_path / "ct" / f"b{path.name}")
    uid = str(pydicom.dcmread(tmp_path / "ct" / "b000.dcm").SeriesInstanceUID)
    with pytest.raises(FormatError, match=f"2 image series: .*{uid}"):
        write_segmentation(a_segmentation(), tmp_path / "a.dcm", options={"source": str(tmp_path / "ct")})
    write_segmentation(a_segmentation(), tmp_path / "a.dcm", options={"source": str(tmp_path / "ct"), "series": uid})
    assert pydicom.dcmread(tmp_path / "a.dcm").ReferencedSeriesSequence[0].SeriesInstanceUID == uid


def test_a_file_that_was_read_is_written_again_for_the_same_study(tmp_path):
    series = write_series(tmp_path / "ct", SHAPE, AFFINE)
    write_segmentation(a_segmentation(), tmp_path / "a.dcm", options={"source": str(series)})
    foreign = pydicom.dcmread(tmp_path / "a.dcm")
    foreign.remove_private_tags()
    foreign.save_as(tmp_path / "b.dcm")
    report = Report()
    write_segmentation(read_segmentation(tmp_path / "b.dcm"), tmp_path / "c.dcm", report=report)
    assert pydicom.dcmread(tmp_path / "c.dcm").StudyInstanceUID == foreign.StudyInstanceUID
    assert any("its images are not referenced" in str(note) for note in report.notes)


@pytest.mark.parametrize("encoding", ["binary", "labelmap"])
def test_an_earlier_segmentation_gives_patient_study_and_images(tmp_path, encoding):
    series = write_series(tmp_path / "ct", SHAPE, AFFINE)
    segmentation = a_segmentation(overlap=False)
    options = {"source": str(series), "encoding": encoding}
    write_segmentation(segmentation, tmp_path / "a.dcm", options=options)
    changed = read_segmentation(tmp_path / "a.dcm")
    write_segmentation(changed, tmp_path / "b.dcm", options={**options, "source": str(tmp_path / "a.dcm")})
    expect_equal(segmentation, read_segmentation(tmp_path / "b.dcm"))
    first, second = (pydicom.dcmread(tmp_path / name) for name in ("a.dcm", "b.dcm"))
    assert second.ReferencedSeriesSequence == first.ReferencedSeriesSequence
    for keyword in ("PatientName", "PatientID", "StudyInstanceUID", "FrameOfReferenceUID", "StudyDate"):
        assert second[keyword].value == first[keyword].value
    for one, other in zip(first.PerFrameFunctionalGroupsSequence, second.PerFrameFunctionalGroupsSequence, strict=True):
        assert one.DerivationImageSequence == other.DerivationImageSequence
    assert first.SeriesInstanceUID != second.SeriesInstanceUID


def test_a_folder_with_one_segmentation_alone_is_such_a_source_too(tmp_path):
    (tmp_path / "seg").mkdir()
    write_segmentation(a_segmentation(), tmp_path / "seg" / "a.dcm", options=SYNTHETIC)
    write_segmentation(a_segmentation(), tmp_path / "b.dcm", options={"source": str(tmp_path / "seg")})
    first, second = pydicom.dcmread(tmp_path / "seg" / "a.dcm"), pydicom.dcmread(tmp_path / "b.dcm")
    assert second.StudyInstanceUID == first.StudyInstanceUID
    assert "ReferencedSeriesSequence" not in second


def test_an_earlier_segmentation_without_a_study_is_named_and_completed_on_request(tmp_path):
    write_segmentation(a_segmentation(), tmp_path / "a.dcm", options=SYNTHETIC)
    anonymous = pydicom.dcmread(tmp_path / "a.dcm")
    anonymous.StudyInstanceUID = ""
    anonymous.save_as(tmp_path / "a.dcm")
    options = {"source": str(tmp_path / "a.dcm")}
    with pytest.raises(FormatError, match="lacks StudyInstanceUID.*--synthetic"):
        write_segmentation(a_segmentation(), tmp_path / "b.dcm", options=options)
    write_segmentation(a_segmentation(), tmp_path / "b.dcm", options={**options, **SYNTHETIC})
    written = pydicom.dcmread(tmp_path / "b.dcm")
    assert written.StudyInstanceUID.startswith("2.25.")
    assert written.FrameOfReferenceUID == anonymous.FrameOfReferenceUID


def test_a_part_of_the_grid_keeps_the_images_of_its_slices(tmp_path):
    series = write_series(tmp_path / "ct", SHAPE, AFFINE)
    write_segmentation(a_segmentation(), tmp_path / "a.dcm", options={"source": str(series)})
    whole = read_segmentation(tmp_path / "a.dcm")
    part = whole.geometry.cropped((1, 0, 1), (2, 3, 4))
    groups = [Group(group.array[:, 1:3, :, 1:].copy(), group.labels) for group in whole.groups]
    options = {"source": str(tmp_path / "a.dcm"), "encoding": "binary"}
    write_segmentation(Segmentation(part, groups), tmp_path / "b.dcm", options=options)
    images = {path.SOPInstanceUID: path for path in map(pydicom.dcmread, sorted(series.iterdir()))}
    for frame in pydicom.dcmread(tmp_path / "b.dcm").PerFrameFunctionalGroupsSequence:
        image = images[frame.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID]
        assert image.ImagePositionPatient[2] == frame.PlanePositionSequence[0].ImagePositionPatient[2]


@pytest.mark.filterwarnings("ignore:Invalid value for VR UI:UserWarning")
def test_what_is_no_uid_in_a_source_counts_as_missing(tmp_path):
    series = write_series(tmp_path / "ct", SHAPE, AFFINE, StudyInstanceUID="study 7")
    options = {"source": str(series), "encoding": "binary"}
    with pytest.raises(FormatError, match="lacks StudyInstanceUID"):
        write_segmentation(a_segmentation(), tmp_path / "a.dcm", options=options)
    write_segmentation(a_segmentation(), tmp_path / "a.dcm", options={**options, **SYNTHETIC})
    damaged = pydicom.dcmread(tmp_path / "a.dcm")
    instances = damaged.ReferencedSeriesSequence[0].ReferencedInstanceSequence
    former = instances[2].ReferencedSOPInstanceUID
    instances[2].ReferencedSOPInstanceUID = "1.2.x"
    damaged.save_as(tmp_path / "a.dcm")
    write_segmentation(a_segmentation(), tmp_path / "b.dcm", options={"source": str(tmp_path / "a.dcm")})
    written = pydicom.dcmread(tmp_path / "b.dcm")
    assert len(written.ReferencedSeriesSequence[0].ReferencedInstanceSequence) == 3
    named = [
        frame.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID
        for frame in written.PerFrameFunctionalGroupsSequence
        if "DerivationImageSequence" in frame
    ]
    assert named
    assert former not in named


def test_flipped_bytes_in_a_source_give_a_file_or_a_typed_error(tmp_path):
    series = write_series(tmp_path / "ct", SHAPE, AFFINE)
    write_segmentation(a_segmentation(), tmp_path / "a.dcm", options={"source": str(series)})
    whole = (tmp_path / "a.dcm").read_bytes()
    random = np.random.default_rng(8)
    written = 0
    for _ in range(120):
        changed = bytearray(whole)
        for place in random.integers(132, len(whole), 3):
            changed[place] = random.integers(0, 256)
        (tmp_path / "b.dcm").write_bytes(changed)
        options = {"source": str(tmp_path / "b.dcm"), "synthetic": True}
        try:
            write_segmentation(a_segmentation(), tmp_path / "c.dcm", options=options, overwrite=True)
        except FormatError:
            continue
        written += 1
    assert 20 < written < 120
