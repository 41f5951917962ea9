"""Image series of DICOM as images and as the place of segmentations: files, folders, frames, compressed, flipped."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pydicom
import pydicom.data
import pytest
import SimpleITK as sitk
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian, RLELossless

from MultiLabelSegLib.core import Geometry, Group, Label, Segmentation
from MultiLabelSegLib.errors import CorruptFileError, FormatError, UnsupportedFormatError
from MultiLabelSegLib.formats.dicom.series import read_series
from MultiLabelSegLib.formats.image_io import read_geometry, read_image
from MultiLabelSegLib.formats.registry import read_segmentation
from MultiLabelSegLib.formats.report import Report
from MultiLabelSegLib.formats.saving import write_segmentation
from Testing.formats.dicom_cases import write_enhanced, write_series

REAL = Path(__file__).parents[1] / "golden" / "totalsegmentator"
SHAPE = (4, 3, 5)
AFFINE = np.array([[0.8, 0, 0, 10], [0, 0.9, 0, -20], [0, 0, 2.5, 5], [0, 0, 0, 1.0]])
ROTATED = np.array([[0.8, -0.36, 0.48], [0.6, 0.48, -0.64], [0.0, 0.8, 0.6]])


def filled(series: Path, voxels: np.ndarray, syntax: str | None = None, **changes) -> Path:
    """A series whose slices hold these voxels, stored as voxel + 1000, optionally in another encoding."""
    for path in sorted(series.iterdir()):
        image = pydicom.dcmread(path)
        k = int(image.InstanceNumber) - 1
        image.PixelData = (voxels[k].astype(np.int16) + 1000).tobytes()
        image.RescaleIntercept = -1000
        for keyword, value in changes.items():
            setattr(image, keyword, value)
        if syntax == RLELossless:
            image.compress(RLELossless, generate_instance_uid=False)
        elif syntax is not None:
            image.file_meta.TransferSyntaxUID = syntax
            if syntax == ExplicitVRBigEndian:
                image.PixelData = np.frombuffer(image.PixelData, "<i2").astype(">i2").tobytes()
                image = with_no_encoding_yet(image)
        image.save_as(path, enforce_file_format=True)
    return series


def with_no_encoding_yet(image: pydicom.Dataset) -> pydicom.Dataset:
    """The same data set as if it had never been in a file: pydicom does not change the byte order of others."""
    found = pydicom.Dataset()
    for element in image:
        found.add(element)
    found.file_meta = image.file_meta
    return found


def some_voxels() -> np.ndarray:
    return np.arange(np.prod(SHAPE)).reshape(SHAPE) * 7 - 50


@pytest.mark.parametrize(
    "syntax", [None, ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian, RLELossless]
)
def test_a_series_is_an_image_in_every_encoding(tmp_path, syntax):
    series = filled(write_series(tmp_path / "ct", SHAPE, AFFINE), some_voxels(), syntax)
    image = read_image(series)
    np.testing.assert_array_equal(image.array[0], some_voxels())
    assert image.array.dtype == np.int16
    np.testing.assert_allclose(image.geometry.ijk_to_lps, AFFINE)
    assert read_geometry(series) == image.geometry


@pytest.mark.parametrize("signs", list(product((1, -1), repeat=3)))
@pytest.mark.parametrize("kind", ["files", "multi-frame"])
def test_voxels_lie_where_their_image_says_for_all_axis_signs(tmp_path, signs, kind):
    affine = np.eye(4)
    affine[:3, :3] = ROTATED @ np.diag(signs) * (0.8, 0.9, 2.5)
    affine[:3, 3] = 10, -20, 5
    if kind == "files":
        image = read_image(filled(write_series(tmp_path / "ct", SHAPE, affine), some_voxels()))
    else:
        image = read_image(write_enhanced(tmp_path / "ct", SHAPE, affine, some_voxels()))
    for value in (some_voxels()[0, 0, 0], some_voxels()[1, 2, 3], some_voxels()[3, 2, 4]):
        k, j, i = np.argwhere(some_voxels() == value)[0]
        found = np.argwhere(image.array[0] == value)[0][::-1]
        np.testing.assert_allclose(image.geometry.lps_from_ijk(found), affine[:3] @ [i, j, k, 1], atol=1e-5)


def test_one_file_stands_for_its_series_and_not_for_others_beside_it(tmp_path):
    series = filled(write_series(tmp_path / "ct", SHAPE, AFFINE), some_voxels())
    other = write_series(tmp_path / "other", (2, 4, 4), np.eye(4))
    for path in other.iterdir():
        path.rename(series / f"other{path.name}")
    with pytest.raises(FormatError, match="2 image series.*name one of its files in place of the folder"):
        read_image(series)
    np.testing.assert_array_equal(read_image(series / "002.dcm").array[0], some_voxels())
    assert read_geometry(series / "other000.dcm").shape == (2, 4, 4)


def test_fractions_by_rescaling_become_floating_point_numbers(tmp_path):
    series = filled(write_series(tmp_path / "ct", SHAPE, AFFINE), some_voxels(), RescaleSlope=0.5)
    image = read_image(series)
    assert image.array.dtype == np.float32
    np.testing.assert_allclose(image.array[0], (some_voxels() + 1000) * 0.5 - 1000)


def test_bits_above_the_stored_ones_are_no_intensities(tmp_path):
    series = write_series(tmp_path / "ct", SHAPE, AFFINE)
    for path in series.iterdir():
        image = pydicom.dcmread(path)
        image.BitsStored, image.HighBit = 12, 11
        image.PixelData = np.full(SHAPE[1:], 0x7FFF, np.int16).tobytes()
        image.save_as(path)
    assert (read_image(series).array == -1).all()


def test_colours_and_reports_are_no_images_and_said(tmp_path):
    series = write_series(tmp_path / "ct", (1, 3, 5), np.eye(4))
    image = pydicom.dcmread(series / "000.dcm")
    image.SamplesPerPixel, image.PhotometricInterpretation, image.PlanarConfiguration = 3, "RGB", 0
    image.BitsAllocated = image.BitsStored = 8
    image.HighBit, image.PixelRepresentation, image.PixelData = 7, 0, bytes(46)
    image.save_as(series / "000.dcm")
    with pytest.raises(UnsupportedFormatError, match="3 colours a pixel"):
        read_image(series)
    del image.Rows
    image.save_as(series / "000.dcm")
    with pytest.raises(FormatError, match="0 image series"):
        read_image(series)
    with pytest.raises(FormatError, match="is no DICOM image"):
        read_image(series / "000.dcm")


def test_a_series_with_a_gap_and_two_images_in_one_place_are_refused(tmp_path):
    series = write_series(tmp_path / "ct", (6, 3, 5), AFFINE)
    (series / "002.dcm").unlink()
    with pytest.raises(CorruptFileError, match="5 images, 6 slices: the series has gaps"):
        read_image(series)
    image = pydicom.dcmread(series / "003.dcm")
    image.SOPInstanceUID = "1.2.3.4.5"
    image.save_as(series / "again.dcm")
    with pytest.raises(UnsupportedFormatError, match="in the same place"):
        read_image(series)


def test_several_frames_without_a_place_are_refused(tmp_path):
    path = write_enhanced(tmp_path / "ct", SHAPE, AFFINE) / "enhanced.dcm"
    image = pydicom.dcmread(path)
    del image.PerFrameFunctionalGroupsSequence, image.SharedFunctionalGroupsSequence
    image.save_as(path)
    with pytest.raises(UnsupportedFormatError, match="does not say where they lie"):
        read_image(path)


def test_images_cut_anywhere_are_refused(tmp_path):
    series = write_series(tmp_path / "ct", (1, 3, 5), np.eye(4))
    whole = (series / "000.dcm").read_bytes()
    for length in range(0, len(whole) - 1, 11):
        (series / "000.dcm").write_bytes(whole[:length])
        with pytest.raises(FormatError):
            read_image(series / "000.dcm")


# ---- the real CT ------------------------------------------------------------------------------------------------
def test_a_real_jpeg_2000_series_has_the_voxels_that_itk_finds():
    image = read_image(REAL / "ct_dicom")
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(REAL / "ct_dicom")))
    theirs = reader.Execute()
    np.testing.assert_array_equal(image.array[0], sitk.GetArrayFromImage(theirs))
    assert image.geometry.spacing == theirs.GetSpacing() == (0.9765625, 0.9765625, 2.0)
    assert image.geometry.origin == theirs.GetOrigin()


def test_without_a_decoder_of_pydicoms_gdcm_decodes(monkeypatch):
    expected = read_image(REAL / "ct_dicom").array
    monkeypatch.setattr("MultiLabelSegLib.formats.dicom.image.decoded_frames", lambda image, path: None)
    np.testing.assert_array_equal(read_image(REAL / "ct_dicom").array, expected)


@pytest.mark.parametrize("encoding", ["binary", "labelmap"])
def test_a_real_flipped_result_is_written_for_its_real_series_and_read_back_onto_it(tmp_path, encoding):
    organs = read_segmentation(REAL / "ct_dicom_organs.nii.gz")
    options = {"source": str(REAL / "ct_dicom"), "encoding": encoding, "synthetic": True}
    report = Report()
    write_segmentation(organs, tmp_path / "seg.dcm", options=options, report=report)
    assert any("lack StudyInstanceUID" in str(note) for note in report.notes)
    found = read_segmentation(tmp_path / "seg.dcm", reference=REAL / "ct_dicom", report=report)
    assert found.geometry == read_geometry(REAL / "ct_dicom")
    assert any("flipped or swapped" in str(note) for note in report.notes)
    for value in organs.values:
        assert found.voxels(value) == organs.voxels(value)
        if organs.voxels(value):
            np.testing.assert_allclose(found.centroid_lps(value), organs.centroid_lps(value), atol=1e-5)


# ---- as the reference and the source of segmentations -----------------------------------------------------------
def a_segmentation(affine: np.ndarray = AFFINE) -> Segmentation:
    array = np.zeros(SHAPE, np.uint8)
    array[1, 0, 1:4], array[2, 2, 4] = 1, 2
    return Segmentation(Geometry(SHAPE, affine), [Group(array, [Label(1, "a"), Label(2, "b")])])


@pytest.mark.parametrize("signs", list(product((1, -1), repeat=3)))
def test_a_segmentation_comes_onto_a_reference_that_is_flipped_against_it(tmp_path, signs):
    affine = AFFINE @ np.diag([*signs, 1.0])
    affine[:3, 3] += sum((AFFINE[:3, n] * (SHAPE[2 - n] - 1) for n in range(3) if signs[n] < 0), np.zeros(3))
    series = write_series(tmp_path / "ct", SHAPE, AFFINE)
    write_segmentation(a_segmentation(affine), tmp_path / "a.dcm", options={"source": str(series)})
    found = read_segmentation(tmp_path / "a.dcm", reference=series)
    np.testing.assert_allclose(found.geometry.ijk_to_lps, AFFINE)
    for value in (1, 2):
        assert found.centroid_lps(value) == pytest.approx(a_segmentation(affine).centroid_lps(value))


def test_of_several_series_the_reference_is_the_one_that_the_segmentation_refers_to(tmp_path):
    series = write_series(tmp_path / "ct", SHAPE, AFFINE)
    write_segmentation(a_segmentation(), tmp_path / "a.dcm", options={"source": str(series)})
    for path in write_series(tmp_path / "other", (2, 4, 4), np.eye(4)).iterdir():
        path.rename(series / f"other{path.name}")
    assert read_segmentation(tmp_path / "a.dcm", reference=series).geometry.shape == SHAPE


def test_a_multi_frame_image_is_a_source_whose_frames_are_referred_to(tmp_path):
    series = write_enhanced(tmp_path / "ct", SHAPE, AFFINE)
    write_segmentation(a_segmentation(), tmp_path / "a.dcm", options={"source": str(series), "encoding": "binary"})
    written, image = pydicom.dcmread(tmp_path / "a.dcm"), pydicom.dcmread(series / "enhanced.dcm")
    (instance,) = written.ReferencedSeriesSequence[0].ReferencedInstanceSequence
    assert instance.ReferencedSOPInstanceUID == image.SOPInstanceUID
    for frame in written.PerFrameFunctionalGroupsSequence:
        source = frame.DerivationImageSequence[0].SourceImageSequence[0]
        assert source.ReferencedSOPClassUID == pydicom.uid.EnhancedCTImageStorage
        theirs = image.PerFrameFunctionalGroupsSequence[int(source.ReferencedFrameNumber) - 1]
        assert theirs.PlanePositionSequence == frame.PlanePositionSequence
    assert read_segmentation(tmp_path / "a.dcm", reference=series / "enhanced.dcm").geometry.shape == SHAPE


@pytest.mark.parametrize("syntax", [DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, RLELossless])
def test_a_source_may_be_encoded_in_any_way(tmp_path, syntax):
    series = filled(write_series(tmp_path / "ct", SHAPE, AFFINE), some_voxels(), syntax)
    write_segmentation(a_segmentation(), tmp_path / "a.dcm", options={"source": str(series)})
    assert len(read_series(series).slices) == SHAPE[0]
    assert str(pydicom.dcmread(tmp_path / "a.dcm").PatientName) == "Müller^Anna"


def test_pydicoms_own_single_images_are_read(tmp_path):
    path = Path(pydicom.data.get_testdata_file("CT_small.dcm", download=False))
    image = read_image(Path(path))
    expected = pydicom.dcmread(path)
    slope, intercept = int(expected.RescaleSlope), int(expected.RescaleIntercept)
    np.testing.assert_array_equal(image.array[0, 0], expected.pixel_array.astype(int) * slope + intercept)
