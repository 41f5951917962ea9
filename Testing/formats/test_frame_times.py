"""The times of frames in the headers of images, as ITK writes them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from MultiLabelSegLib.core import Geometry, Group, Image, Label, Segmentation
from MultiLabelSegLib.formats.image_file import save_image
from MultiLabelSegLib.formats.image_io import describe_image, read_image
from MultiLabelSegLib.formats.registry import read_segmentation
from MultiLabelSegLib.formats.report import Report
from MultiLabelSegLib.formats.saving import write_segmentation
from MultiLabelSegLib.formats.sidecar import sidecar_path

FRAMES = np.zeros((3, 2, 2, 2), np.uint8)
FRAMES[1, 0, 1, 1] = 4


def itk_image(path: Path, step: float, start: float) -> Path:
    image = sitk.GetImageFromArray(FRAMES, isVector=False)
    image.SetSpacing((1, 2, 3, step))
    image.SetOrigin((5, 6, 7, start))
    sitk.WriteImage(image, str(path))
    return path


@pytest.mark.parametrize("suffix", [".nrrd", ".mha", ".mhd", ".nhdr"])
def test_the_step_of_time_that_itk_writes_is_read_as_milliseconds_and_said(tmp_path: Path, suffix: str) -> None:
    report = Report()
    found = describe_image(itk_image(tmp_path / f"a{suffix}", 40.5, 10), report).geometry
    assert found.time_bounds == (10.0, 50.5, 91.0, 131.5)
    assert [note.reason for note in report.notes] == ["the time axis has no unit; its step 40.5 is taken as ms"]


@pytest.mark.parametrize("suffix", [".nrrd", ".mha", ".mhd"])
def test_plain_frames_have_no_times(tmp_path: Path, suffix: str) -> None:
    report = Report()
    assert describe_image(itk_image(tmp_path / f"a{suffix}", 1, 0), report).geometry.time_bounds is None
    assert report.notes == []


@pytest.mark.parametrize("suffix", [".nrrd", ".mha", ".mhd"])
def test_the_step_of_time_lives_through_reading_and_writing_without_a_sidecar(tmp_path: Path, suffix: str) -> None:
    document = read_segmentation(itk_image(tmp_path / f"a{suffix}", 40.5, 10))
    written = tmp_path / f"b{suffix}"
    write_segmentation(document, written, format_id="labelmap")
    sidecar_path(written).unlink()
    back = sitk.ReadImage(str(written))
    assert (back.GetSpacing(), back.GetOrigin()) == ((1, 2, 3, 40.5), (5, 6, 7, 10))
    assert np.array_equal(sitk.GetArrayFromImage(back), FRAMES)
    assert read_segmentation(written).geometry == document.geometry


@pytest.mark.parametrize("suffix", [".nrrd", ".mha", ".nii.gz"])
def test_images_keep_the_step_of_time(tmp_path: Path, suffix: str) -> None:
    geometry = Geometry.from_parts((2, 2, 2), time_steps=3, time_bounds=(8, 10.5, 13, 15.5))
    report = Report()
    save_image(Image(FRAMES.astype(np.int16), geometry), tmp_path / f"a{suffix}", report=report)
    assert report.notes == []
    assert read_image(tmp_path / f"a{suffix}").geometry.time_bounds == (8.0, 10.5, 13.0, 15.5)


def test_a_unit_in_the_header_of_a_nrrd_file_counts(tmp_path: Path) -> None:
    path = itk_image(tmp_path / "a.nrrd", 2, 1)
    for unit, bounds in (("s", (1000.0, 3000.0, 5000.0, 7000.0)), ("ms", (1.0, 3.0, 5.0, 7.0))):
        other, report = tmp_path / f"{unit}.nrrd", Report()
        said = f'space units: "mm" "mm" "mm" "{unit}"\nkinds:'.encode()
        other.write_bytes(path.read_bytes().replace(b"kinds:", said, 1))
        assert describe_image(other, report).geometry.time_bounds == bounds
        assert report.notes == []


def test_a_step_of_time_that_no_frames_can_have_is_said(tmp_path: Path) -> None:
    path, report = itk_image(tmp_path / "a.nrrd", 2, 1), Report()
    path.write_bytes(path.read_bytes().replace(b"(0,0,0,2)", b"(0,0,0,0)", 1))
    assert describe_image(path, report).geometry.time_bounds is None
    assert [note.reason for note in report.notes] == ["frames from 1 by 0 follow no time; they are plainly numbered"]


def test_mitk_numbers_frames_plainly_whatever_the_axis_says_and_so_do_we_with_a_note(tmp_path: Path) -> None:
    geometry = Geometry.from_parts((2, 2, 2), time_steps=3)
    document = Segmentation(geometry, [Group(FRAMES, [Label(4, "x")])])
    write_segmentation(document, tmp_path / "a.nrrd", format_id="mitk-nrrd")
    data = (tmp_path / "a.nrrd").read_bytes()
    assert b"(0,0,0,1)" in data
    (tmp_path / "a.nrrd").write_bytes(data.replace(b"(0,0,0,1)", b"(0,0,0,4)", 1))
    report = Report()
    assert read_segmentation(tmp_path / "a.nrrd", report=report).geometry.time_bounds is None
    assert any("frames from 0 by 4 are plainly numbered, as MITK" in note.reason for note in report.notes)
