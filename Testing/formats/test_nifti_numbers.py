"""The numbers in NIfTI files, their scaling, and the extensions of their headers."""

from __future__ import annotations

import struct
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk

from MultiLabelSegLib.core import Geometry
from MultiLabelSegLib.errors import CorruptFileError, UnsupportedFormatError
from MultiLabelSegLib.formats.image_io import read_label_array
from MultiLabelSegLib.formats.nifti import read_extensions
from MultiLabelSegLib.formats.report import Report
from Testing.formats.nifti_cases import ORIGIN, SFORM, SHAPE, SPACING, phantom, write_labels

# ---- extensions -------------------------------------------------------------------------------------------------
XML = b'<?xml version="1.0"?><CaretExtension><Label Key="1">aorta</Label></CaretExtension>'


def test_extensions_are_read_as_nibabel_wrote_them_and_by_nibabel_as_we_wrote_them(tmp_path: Path) -> None:
    image = nib.Nifti1Image(phantom().T, SFORM)
    image.header.extensions.append(nib.nifti1.Nifti1Extension(0, XML))
    image.header.extensions.append(nib.nifti1.Nifti1Extension(6, b"a comment"))
    nib.save(image, tmp_path / "theirs.nii.gz")
    found = read_extensions(tmp_path / "theirs.nii.gz")
    assert [(code, content.rstrip(b"\0")) for code, content in found] == [(0, XML), (6, b"a comment")]
    assert np.array_equal(read_label_array(tmp_path / "theirs.nii.gz")[0][0], phantom())

    geometry = Geometry.from_parts(SHAPE, SPACING, ORIGIN)
    for name in ("ours.nii", "ours.nii.gz"):
        write_labels(tmp_path / name, phantom(), geometry, [(0, XML), (6, b"a comment")])
        read = nib.load(tmp_path / name)
        contents = [bytes(extension.content).rstrip(b"\0") for extension in read.header.extensions]
        assert [extension.get_code() for extension in read.header.extensions] == [0, 6]
        assert contents == [XML, b"a comment"]
        assert np.array_equal(np.asarray(read.dataobj).T, phantom())
        assert np.array_equal(sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / name))), phantom())
        ours = read_extensions(tmp_path / name)
        assert [content.rstrip(b"\0") for _, content in ours] == contents


def test_a_file_without_extensions_has_none(tmp_path: Path) -> None:
    write_labels(tmp_path / "a.nii", phantom(), Geometry.from_parts(SHAPE))
    assert read_extensions(tmp_path / "a.nii") == []


def test_an_extension_that_reaches_into_the_voxels_is_refused(tmp_path: Path) -> None:
    geometry = Geometry.from_parts(SHAPE)
    write_labels(tmp_path / "a.nii", phantom(), geometry, [(0, XML)])
    raw = bytearray((tmp_path / "a.nii").read_bytes())
    struct.pack_into("<i", raw, 352, 1 << 20)
    (tmp_path / "a.nii").write_bytes(raw)
    with pytest.raises(CorruptFileError, match="extension 1 states 1048576 bytes"):
        read_extensions(tmp_path / "a.nii")


# ---- numbers ----------------------------------------------------------------------------------------------------
def scaled_file(path: Path, array: np.ndarray, slope: float, inter: float = 0.0) -> Path:
    nib.save(nib.Nifti1Image(array.T, SFORM), path)
    raw = bytearray(path.read_bytes())
    struct.pack_into("<ff", raw, 112, slope, inter)
    path.write_bytes(raw)
    return path


@pytest.mark.parametrize("slope", [0.0, float("nan"), float("inf"), 1.0])
def test_a_slope_that_means_nothing_leaves_the_labels_alone(tmp_path: Path, slope: float) -> None:
    report = Report()
    values, _ = read_label_array(scaled_file(tmp_path / "a.nii", phantom(), slope), report)
    assert np.array_equal(values[0], phantom())
    assert report.notes == []


def test_a_slope_that_gives_whole_numbers_is_applied_and_noted(tmp_path: Path) -> None:
    stored = (phantom() // 2).astype(np.int16)
    report = Report()
    values, _ = read_label_array(scaled_file(tmp_path / "a.nii", stored, 2.0), report)
    assert np.array_equal(values[0], stored * 2)
    assert "scaled: 2 x stored" in report.notes[0].reason


def test_a_slope_that_gives_fractions_is_refused_with_value_and_count(tmp_path: Path) -> None:
    path = scaled_file(tmp_path / "a.nii", phantom().astype(np.int16) * 256, 0.0039)
    with pytest.raises(CorruptFileError, match=r"\d+ voxels are not integral \(first: 1.99"):
        read_label_array(path)


def test_7014_9999_is_7015_and_noted(tmp_path: Path) -> None:
    array = np.zeros(SHAPE, np.float64)
    array[1, 1, 1] = 7014.9999
    nib.save(nib.Nifti1Image(array.T, SFORM), tmp_path / "a.nii.gz")
    report = Report()
    values, _ = read_label_array(tmp_path / "a.nii.gz", report)
    assert values.max() == 7015
    assert values.dtype == np.uint16
    assert "rounded" in report.notes[0].reason


@pytest.mark.parametrize(
    ("value", "dtype", "reason"),
    [
        (0.25, np.float32, "probabilities"),
        (2.25, np.float32, r"1 voxels are not integral \(first: 2.25\)"),
        (-1, np.int16, r"1 voxels are negative \(first: -1\)"),
        (70000, np.int32, r"1 voxels are above 65535 \(first: 70000\)"),
        (float("nan"), np.float32, "not finite"),
    ],
)
def test_voxels_that_are_no_labels_are_refused_with_value_and_count(
    tmp_path: Path, value: float, dtype: type, reason: str
) -> None:
    array = np.zeros(SHAPE, dtype)
    array[1, 2, 3] = value
    nib.save(nib.Nifti1Image(array.T, SFORM), tmp_path / "a.nii.gz")
    with pytest.raises((CorruptFileError, UnsupportedFormatError), match=reason) as caught:
        read_label_array(tmp_path / "a.nii.gz")
    assert caught.value.path == str(tmp_path / "a.nii.gz")


def test_a_4d_map_of_probabilities_is_refused_as_such(tmp_path: Path) -> None:
    array = np.random.default_rng(0).random((2, *SHAPE)).astype(np.float32)
    nib.save(nib.Nifti1Image(array.T, SFORM), tmp_path / "a.nii.gz")
    with pytest.raises(UnsupportedFormatError, match="probabilities"):
        read_label_array(tmp_path / "a.nii.gz")
