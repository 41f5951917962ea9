"""DICOM segmentations of ours in highdicom and dcmqi, and theirs here: the same voxels at the same places in mm."""

from __future__ import annotations

import json
import subprocess
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from MultiLabelSegLib.core import Geometry, Group, Label, Segmentation
from MultiLabelSegLib.formats.registry import read_segmentation
from MultiLabelSegLib.formats.saving import write_segmentation
from Testing.formats.dicom_cases import write_series
from Testing.interop.dicom_readers import (
    dcmqi_points,
    dcmqi_program,
    differences,
    highdicom_points,
    our_points,
)

pytest.importorskip("highdicom")
needs_dcmqi = pytest.mark.skipif(not dcmqi_program("segimage2itkimage").exists(), reason="dcmqi is not installed")
SHAPE = (4, 5, 7)
OBLIQUE = np.array([[0.8, -0.36, 0.48], [0.6, 0.48, -0.64], [0.0, 0.8, 0.6]])
#: all signs of the axes: with it both handednesses, so both orders of slices
SIGNS = list(product((1, -1), repeat=3))
#: names that fit any program
CODES = {
    "segmented_property_category.value": "123037004",
    "segmented_property_category.scheme": "SCT",
    "segmented_property_category.meaning": "Anatomical Structure",
    "segmented_property_type.value": "10200004",
    "segmented_property_type.scheme": "SCT",
    "segmented_property_type.meaning": "Liver",
}


def affine_of(signs: tuple[int, int, int], rotation: np.ndarray) -> np.ndarray:
    """A grid of 0.8 x 0.9 x 2.5 mm with these axes."""
    affine = np.eye(4)
    affine[:3, :3] = rotation @ np.diag(signs) * (0.8, 0.9, 2.5)
    affine[:3, 3] = 10, -20, 5
    return affine


def a_segmentation(affine: np.ndarray, overlapping: bool = False) -> Segmentation:
    """Three lopsided labels; with ``overlapping`` a fourth in a group of its own that covers parts of them."""
    array = np.zeros(SHAPE, np.uint16)
    array[0:3, 1:3, 1:4] = 1
    array[2:, 3:, 4:] = 2
    array[3, 0, 0] = 3
    labels = [Label(1, "Leber ä", (1.0, 0.0, 0.0), properties=CODES), Label(2, "Niere"), Label(3, "Punkt")]
    groups = [Group(array, labels, "organs")]
    if overlapping:
        other = np.zeros(SHAPE, np.uint8)
        other[1:3, 2:4, 2:6] = 4
        groups.append(Group(other, [Label(4, "Tumor")], "lesions"))
    return Segmentation(Geometry(SHAPE, affine), groups)


def written(segmentation: Segmentation, tmp_path: Path, **options) -> Path:
    """Our file of it, for a series on its grid."""
    series = write_series(tmp_path / "series", SHAPE, segmentation.geometry.ijk_to_lps)
    path = tmp_path / "ours.dcm"
    write_segmentation(segmentation, path, options={"source": str(series), **options})
    return path


def test_the_comparison_notices_a_shift_a_name_and_a_missing_voxel() -> None:
    points = our_points(a_segmentation(affine_of((1, 1, 1), np.eye(3))))
    assert differences(points, points) == []
    assert differences(points, {**points, "Niere": points["Niere"] + (0, 0.02, 0)}) == [
        "Niere: a voxel lies 0.020 mm from the nearest of the other side"
    ]
    assert differences(points, {**points, "Niere": points["Niere"][1:]}) == ["Niere: 12 and 11 voxels"]
    assert differences(points, {"Niere": points["Niere"]}) == ["Leber ä: on one side alone", "Punkt: on one side alone"]


@pytest.mark.parametrize("rotation", [np.eye(3), OBLIQUE], ids=["straight", "oblique"])
@pytest.mark.parametrize("signs", SIGNS)
@pytest.mark.parametrize("encoding", ["binary", "labelmap"])
def test_highdicom_finds_our_voxels_where_they_are(tmp_path, signs, rotation, encoding):
    segmentation = a_segmentation(affine_of(signs, rotation))
    path = written(segmentation, tmp_path, encoding=encoding)
    assert differences(our_points(segmentation), highdicom_points(path)) == []


@needs_dcmqi
@pytest.mark.parametrize("rotation", [np.eye(3), OBLIQUE], ids=["straight", "oblique"])
@pytest.mark.parametrize("signs", SIGNS)
def test_dcmqi_finds_our_voxels_where_they_are(tmp_path, signs, rotation):
    segmentation = a_segmentation(affine_of(signs, rotation), overlapping=True)
    path = written(segmentation, tmp_path)
    found = dcmqi_points(path, tmp_path / "out")
    assert (
        differences(our_points(segmentation), {segmentation.label(number).name: at for number, at in found.items()})
        == []
    )


@needs_dcmqi
@pytest.mark.parametrize("signs", [(1, 1, 1), (-1, -1, 1), (1, 1, -1)])
def test_dcmqi_reads_our_label_maps(tmp_path, signs):
    segmentation = a_segmentation(affine_of(signs, OBLIQUE))
    path = written(segmentation, tmp_path, encoding="labelmap")
    found = dcmqi_points(path, tmp_path / "out")
    assert (
        differences(our_points(segmentation), {segmentation.label(number).name: at for number, at in found.items()})
        == []
    )


def test_highdicom_reads_overlapping_groups(tmp_path):
    segmentation = a_segmentation(affine_of((1, 1, 1), np.eye(3)), overlapping=True)
    path = written(segmentation, tmp_path)
    assert differences(our_points(segmentation), highdicom_points(path)) == []


@pytest.mark.parametrize("signs", SIGNS)
@pytest.mark.parametrize("kind", ["BINARY", "LABELMAP", "FRACTIONAL"])
def test_highdicoms_files_have_here_the_voxels_that_highdicom_finds(tmp_path, signs, kind):
    import highdicom as hd
    import pydicom
    from pydicom.sr.codedict import codes

    segmentation = a_segmentation(affine_of(signs, OBLIQUE))
    series = write_series(tmp_path / "series", SHAPE, segmentation.geometry.ijk_to_lps)
    described = [
        hd.seg.SegmentDescription(number, f"S{number}", codes.SCT.Organ, codes.SCT.Liver, "MANUAL")
        for number in (1, 2, 3)
    ]
    array = segmentation.groups[0].array[0]
    pixels = array if kind != "FRACTIONAL" else np.stack([array == n for n in (1, 2, 3)], axis=-1).astype(np.float32)
    hd.seg.Segmentation(
        source_images=[pydicom.dcmread(file) for file in sorted(series.iterdir())],
        pixel_array=pixels,
        segmentation_type=kind,
        segment_descriptions=described,
        series_instance_uid="1.2.3",
        series_number=2,
        sop_instance_uid="1.2.3.4",
        instance_number=1,
        manufacturer="m",
        manufacturer_model_name="m",
        software_versions="1",
        device_serial_number="1",
    ).save_as(tmp_path / "theirs.dcm")
    found = our_points(read_segmentation(tmp_path / "theirs.dcm"))
    names = {"Leber ä": "S1", "Niere": "S2", "Punkt": "S3"}
    assert differences({names[name]: points for name, points in our_points(segmentation).items()}, found) == []


@needs_dcmqi
@pytest.mark.parametrize("signs", SIGNS)
def test_dcmqis_files_have_here_the_voxels_that_it_was_given(tmp_path, signs):
    segmentation = a_segmentation(affine_of(signs, np.eye(3)))
    geometry = segmentation.geometry
    series = write_series(tmp_path / "series", SHAPE, geometry.ijk_to_lps)
    image = sitk.GetImageFromArray(segmentation.groups[0].array[0])
    image.SetSpacing(geometry.spacing)
    image.SetOrigin(geometry.origin)
    image.SetDirection(geometry.direction.ravel().tolist())
    sitk.WriteImage(image, str(tmp_path / "in.nrrd"))
    code = {"CodeValue": "10200004", "CodingSchemeDesignator": "SCT", "CodeMeaning": "Liver"}
    segments = [
        {
            "labelID": label.value,
            "SegmentLabel": f"S{label.value}",
            "SegmentAlgorithmType": "MANUAL",
            "SegmentedPropertyCategoryCodeSequence": code,
            "SegmentedPropertyTypeCodeSequence": code,
            "recommendedDisplayRGBValue": [label.value, 200, 30],
        }
        for label in segmentation.labels
    ]
    meta = {"ContentCreatorName": "a", "SeriesNumber": "3", "InstanceNumber": "1", "SeriesDescription": "s"}
    (tmp_path / "meta.json").write_text(json.dumps({**meta, "segmentAttributes": [segments]}))
    command = [dcmqi_program("itkimage2segimage"), "--inputImageList", "in.nrrd", "--inputDICOMDirectory", series]
    command += ["--inputMetadata", "meta.json", "--outputDICOM", "theirs.dcm", "--skip"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout[-600:]
    found = read_segmentation(tmp_path / "theirs.dcm")
    names = {"Leber ä": "S1", "Niere": "S2", "Punkt": "S3"}
    assert (
        differences({names[name]: points for name, points in our_points(segmentation).items()}, our_points(found)) == []
    )
    assert [label.color_bytes for label in found.labels] == [(1, 200, 30), (2, 200, 30), (3, 200, 30)]


@needs_dcmqi
def test_a_real_file_of_dcmqi_has_here_the_voxels_that_dcmqi_finds(tmp_path):
    path = Path(__file__).parents[1] / "golden" / "dcmqi" / "liver.dcm"
    found = read_segmentation(path)
    (name,) = (label.name for label in found.labels)
    (points,) = dcmqi_points(path, tmp_path / "out").values()
    np.testing.assert_allclose(our_points(found)[name], points, atol=0.01)
    assert found.properties["DICOM.0020.0052"]
    assert found.labels[0].properties["segmented_property_type.meaning"] == "Liver"
