"""DICOM segmentations as other programs write them, read."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pydicom
import pydicom.data
import pytest
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RLELossless,
)

from MultiLabelSegLib.errors import CorruptFileError, FormatError, OptionError, UnsupportedFormatError
from MultiLabelSegLib.formats.registry import read_segmentation
from MultiLabelSegLib.formats.report import Report
from Testing.formats.dicom_cases import SegFile, code, item, segment, write_series
from Testing.formats.dicom_small import COLUMNS, EXPECTED, ROWS, mask, two_slices

GOLDEN = Path(__file__).parents[1] / "golden" / "mitk" / "dicom_seg_one_group"


@pytest.mark.parametrize(
    "syntax",
    [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian],
)
@pytest.mark.parametrize("open_lengths", [False, True])
def test_every_uncompressed_encoding_gives_the_same_voxels(tmp_path, syntax, open_lengths):
    path = two_slices(syntax=syntax, open_lengths=open_lengths).write(tmp_path / "a.dcm")
    found = read_segmentation(path)
    np.testing.assert_array_equal(found.groups[0].array[0], EXPECTED)
    assert found.geometry.spacing == (1.0, 2.0, 3.0)
    assert [label.name for label in found.labels] == ["S1", "S2"]


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ExplicitVRBigEndian, RLELossless])
@pytest.mark.parametrize("bits", [8, 16])
def test_label_maps_of_8_and_16_bits_compressed_or_not(tmp_path, syntax, bits):
    frames = [(0, (0, 0, 3 * k), EXPECTED[k]) for k in (1, 0)]
    segments = [segment(0, SegmentLabel="Background"), segment(1), segment(2)]
    path = SegFile(frames, "LABELMAP", segments, syntax=syntax, bits=bits).write(tmp_path / "a.dcm")
    found = read_segmentation(path)
    np.testing.assert_array_equal(found.groups[0].array[0], EXPECTED)
    assert found.values == (1, 2)


def test_a_label_map_value_without_a_segment_is_kept_named_and_said(tmp_path):
    path = SegFile([(0, (0, 0, 0), EXPECTED[1])], "LABELMAP", [segment(1)]).write(tmp_path / "a.dcm")
    report = Report()
    found = read_segmentation(path, report=report)
    assert found.label(2).name == "Segment 2"
    assert found.groups[0].voxels(2) == 2
    assert any("segment 2 has voxels but is not described" in str(note) for note in report.notes)


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, RLELossless])
@pytest.mark.parametrize(("threshold", "voxels"), [(0.5, 2), (0.25, 3), (1.0, 1)])
def test_fractions_are_cut_at_the_threshold_and_said(tmp_path, threshold, voxels, syntax):
    pixels = np.zeros((ROWS, COLUMNS), np.uint8)
    pixels[0, :4] = 200, 100, 50, 49
    header = {"MaximumFractionalValue": 200, "SegmentationFractionalType": "PROBABILITY"}
    path = SegFile([(1, (0, 0, 0), pixels)], "FRACTIONAL", header=header, syntax=syntax).write(tmp_path / "a.dcm")
    report = Report()
    found = read_segmentation(path, options={"threshold": threshold}, report=report)
    assert found.groups[0].voxels(1) == voxels
    assert any("3 voxels lie between 0 and 1" in str(note) for note in report.notes)


def test_an_impossible_threshold_is_refused(tmp_path):
    path = two_slices().write(tmp_path / "a.dcm")
    with pytest.raises(OptionError, match="threshold"):
        read_segmentation(path, options={"threshold": 0})


def test_overlapping_segments_take_as_few_groups_as_they_need(tmp_path):
    a, b, c = mask((0, 0), (0, 1)), mask((0, 1), (0, 2)), mask((0, 2))
    frames = [(1, (0, 0, 0), a), (2, (0, 0, 0), b), (3, (0, 0, 0), c)]
    found = read_segmentation(SegFile(frames).write(tmp_path / "a.dcm"))
    assert [group.values for group in found.groups] == [(1, 3), (2,)]
    assert [found.group_of(value).voxels(value) for value in (1, 2, 3)] == [2, 2, 1]


def test_segments_said_not_to_overlap_but_that_do_lose_nothing(tmp_path):
    frames = [(1, (0, 0, 0), mask((0, 0))), (2, (0, 0, 0), mask((0, 0)))]
    found = read_segmentation(SegFile(frames, header={"SegmentsOverlap": "NO"}).write(tmp_path / "a.dcm"))
    assert len(found.groups) == 2


def test_missing_slices_are_empty_and_the_order_of_frames_does_not_matter(tmp_path):
    frames = [(1, (0, 0, z), mask((0, int(z) % 5))) for z in (12.0, 3.0, 6.0)]
    report = Report()
    found = read_segmentation(SegFile(frames).write(tmp_path / "a.dcm"), report=report)
    assert found.geometry.shape == (4, ROWS, COLUMNS)
    assert found.geometry.origin == (0.0, 0.0, 3.0)
    assert [int(slice_.sum()) for slice_ in found.groups[0].array[0]] == [1, 1, 0, 1]
    assert any("1 slices between" in str(note) for note in report.notes)


def test_every_second_slice_is_missing_and_the_file_says_the_distance(tmp_path):
    frames = [(1, (0, 0, z), mask((0, 0))) for z in (0, 4, 8)]
    path = SegFile(frames, measures={"SpacingBetweenSlices": 2.0}).write(tmp_path / "a.dcm")
    assert read_segmentation(path).geometry.shape[0] == 5


def test_two_gaps_of_4_and_6_mm_mean_slices_of_2_mm(tmp_path):
    frames = [(1, (0, 0, z), mask((0, 0))) for z in (0, 4, 10)]
    found = read_segmentation(SegFile(frames).write(tmp_path / "a.dcm"))
    assert found.geometry.spacing[2] == pytest.approx(2.0)
    assert found.geometry.shape[0] == 6


def test_the_thickness_of_slices_is_never_their_distance(tmp_path):
    report = Report()
    path = SegFile([(1, (0, 0, 0), mask((0, 0)))]).write(tmp_path / "a.dcm")
    assert read_segmentation(path, report=report).geometry.spacing[2] == 1.0
    assert any("1 mm is assumed" in str(note) for note in report.notes)


def test_a_single_slice_takes_its_distance_and_place_from_the_reference_series(tmp_path):
    affine = np.diag([1.0, 2.0, 4.5, 1.0])
    series = write_series(tmp_path / "ct", (6, ROWS, COLUMNS), affine)
    path = SegFile([(1, (0, 0, 9), mask((0, 0)))]).write(tmp_path / "a.dcm")
    found = read_segmentation(path, reference=series)
    assert found.geometry.spacing == (1.0, 2.0, 4.5)
    assert found.groups[0].extent(1).box.lower == (2, 0, 0)


ROTATED = np.array([[0.8, -0.36, 0.48], [0.6, 0.48, -0.64], [0.0, 0.8, 0.6]])


@pytest.mark.parametrize("signs", [(a, b, c) for a in (1, -1) for b in (1, -1) for c in (1, -1)])
@pytest.mark.parametrize("rotation", [np.eye(3), ROTATED], ids=["straight", "oblique"])
def test_voxels_lie_in_the_world_where_the_frames_say_for_all_axis_signs(tmp_path, signs, rotation):
    axes = rotation @ np.diag(signs).astype(float)
    frames, corner = [], []
    for k in range(3):
        position = axes @ [0, 0, 3.0 * k] + [10, 20, 30]
        pixels = mask((1, k + 1), (2, 4))
        frames.append((1, position, pixels))
        corner += [position + axes @ [j_i[1] * 1.0, j_i[0] * 2.0, 0] for j_i in np.argwhere(pixels)]
    orientation = (*axes[:, 0], *axes[:, 1])
    found = read_segmentation(SegFile(frames, orientation=orientation).write(tmp_path / "a.dcm"))
    indices = np.argwhere(found.groups[0].array[0] == 1)[:, ::-1]
    world = found.geometry.lps_from_ijk(indices)
    np.testing.assert_allclose(sorted(world.tolist()), sorted(np.array(corner).tolist()), atol=1e-6)


def test_cosines_of_few_digits_do_not_change_the_spacing(tmp_path):
    orientation = (0.707, 0.707, 0.0, -0.707, 0.707, 0.0)
    frames = [(1, (0, 0, z), mask((0, 0))) for z in (0, 3)]
    found = read_segmentation(SegFile(frames, orientation=orientation).write(tmp_path / "a.dcm"))
    assert found.geometry.spacing == pytest.approx((1.0, 2.0, 3.0), abs=1e-12)


def test_what_segments_say_becomes_labels(tmp_path):
    described = segment(
        7,
        SegmentLabel="Große Leber 肝臓",
        SegmentDescription="by hand",
        SegmentAlgorithmType="AUTOMATIC",
        SegmentAlgorithmName="net",
        RecommendedDisplayCIELabValue=[41661, 41167, 40792],
        TrackingID="T",
        TrackingUID="1.2.3.9",
        AnatomicRegionSequence=[code("818981001", "Abdomen")],
    )
    described.SegmentedPropertyTypeCodeSequence[0].SegmentedPropertyTypeModifierCodeSequence = [code("7771000", "Left")]
    found = read_segmentation(SegFile([(7, (0, 0, 0), mask((0, 0)))], segments=[described]).write(tmp_path / "a.dcm"))
    label = found.label(7)
    assert (label.name, label.description) == ("Große Leber 肝臓", "by hand")
    assert (label.tracking_id, label.tracking_uid, label.color_bytes) == ("T", "1.2.3.9", (221, 130, 101))
    assert label.properties["algorithm_type"] == "AUTOMATIC"
    assert label.properties["segmented_property_type.modifier.[0].meaning"] == "Left"
    assert label.properties["anatomic_region.[0].value"] == "818981001"
    assert found.properties["DICOM.0010.0020"]["value"]["values"][0]["value"] == "P1"


@pytest.mark.parametrize("open_lengths", [False, True])
def test_frames_whose_values_have_other_lengths_are_not_taken_for_each_other(tmp_path, open_lengths):
    heights = [0.5, 1.0, 1.5, 9.5, 10.0, 10.5, 100.0, 100.5, 1000.0]
    frames = [(1 + n % 3, (0, 0, z), mask((n % 3, n % 5))) for n, z in enumerate(heights)]
    path = SegFile(frames, measures={"SpacingBetweenSlices": 0.5}, open_lengths=open_lengths).write(tmp_path / "a.dcm")
    found = read_segmentation(path)
    voxels = np.argwhere(found.groups[0].array[0])
    assert [found.geometry.lps_from_ijk(voxel[::-1])[2] for voxel in voxels] == heights
    assert [found.groups[0].array[0][tuple(voxel)] for voxel in voxels] == [frame[0] for frame in frames]
    assert [(int(j), int(i)) for _k, j, i in voxels] == [(n % 3, n % 5) for n in range(len(heights))]


def test_segments_without_voxels_stay_as_labels(tmp_path):
    segments = [segment(1), segment(2)]
    found = read_segmentation(SegFile([(1, (0, 0, 0), mask((0, 0)))], segments=segments).write(tmp_path / "a.dcm"))
    assert found.values == (1, 2)
    assert found.groups[0].voxels(2) == 0


def test_mitks_own_file_has_mitks_voxels_and_names():
    truth = json.loads((GOLDEN / "truth.json").read_text(encoding="utf-8"))
    found = read_segmentation(GOLDEN / "seg.dcm")
    assert found.geometry.spacing == tuple(truth["spacing"])
    np.testing.assert_allclose(found.geometry.origin, truth["origin"])
    with np.load(GOLDEN / "truth.npz") as voxels:
        expected = voxels[next(iter(voxels))]
    np.testing.assert_array_equal(found.groups[0].array[0], expected.reshape(found.geometry.shape))


def test_pydicoms_liver_is_the_same_in_both_byte_orders():
    paths = [pydicom.data.get_testdata_file(f"liver{kind}_1frame.dcm", download=False) for kind in ("", "_expb")]
    little, big = (read_segmentation(Path(path)) for path in paths)
    assert little.groups[0].voxels(1) == 36233
    np.testing.assert_array_equal(little.groups[0].array, big.groups[0].array)
    expected = pydicom.dcmread(paths[0]).pixel_array
    np.testing.assert_array_equal(little.groups[0].array[0, 0], expected.reshape(512, 512))


def test_a_folder_with_one_segmentation_beside_images_is_read(tmp_path):
    write_series(tmp_path, (2, ROWS, COLUMNS), np.eye(4))
    two_slices().write(tmp_path / "seg.dcm")
    assert read_segmentation(tmp_path).values == (1, 2)


def test_a_folder_of_images_alone_and_one_of_two_segmentations_are_refused(tmp_path):
    write_series(tmp_path, (2, ROWS, COLUMNS), np.eye(4))
    with pytest.raises(UnsupportedFormatError, match="2 DICOM files, none of which is a segmentation"):
        read_segmentation(tmp_path)
    for name in ("a.dcm", "b.dcm"):
        two_slices().write(tmp_path / name)
    with pytest.raises(FormatError, match=r"2 DICOM segmentations \(a.dcm, b.dcm\)"):
        read_segmentation(tmp_path)


def test_an_image_is_refused_by_its_kind(tmp_path):
    write_series(tmp_path, (1, ROWS, COLUMNS), np.eye(4))
    with pytest.raises(UnsupportedFormatError, match="holds CT Image Storage"):
        read_segmentation(tmp_path / "000.dcm")


def test_tiles_of_slides_are_refused_with_the_reason(tmp_path):
    file = two_slices(header={"DimensionOrganizationType": "TILED_FULL"})
    with pytest.raises(UnsupportedFormatError, match="tiles of a whole slide image"):
        read_segmentation(file.write(tmp_path / "a.dcm"))


def test_frames_of_two_directions_and_of_irregular_distances_are_refused(tmp_path):
    data_set = two_slices()
    path = data_set.write(tmp_path / "a.dcm")
    changed = pydicom.dcmread(path)
    turned = item(ImageOrientationPatient=[0.0, 1.0, 0.0, 1.0, 0.0, 0.0])
    changed.PerFrameFunctionalGroupsSequence[1].PlaneOrientationSequence = [turned]
    changed.save_as(tmp_path / "b.dcm")
    with pytest.raises(UnsupportedFormatError, match="frame 2 has the orientation"):
        read_segmentation(tmp_path / "b.dcm")
    frames = [(1, (0, 0, z), mask((0, 0))) for z in (0, 1, 2.37)]
    with pytest.raises(UnsupportedFormatError, match="irregular distances"):
        read_segmentation(SegFile(frames).write(tmp_path / "c.dcm"))


def test_two_frames_of_one_segment_in_one_place_are_refused(tmp_path):
    frames = [(1, (0, 0, 0), mask((0, 0))), (1, (0, 0, 0), mask((0, 1)))]
    with pytest.raises(UnsupportedFormatError, match="time series"):
        read_segmentation(SegFile(frames).write(tmp_path / "a.dcm"))


@pytest.mark.parametrize(
    ("keyword", "value", "message"),
    [
        ("SegmentationType", "SOFT", "SegmentationType: found 'SOFT'"),
        ("Rows", 0, "Rows: found 0"),
        ("Rows", 4000, "bytes of pixels, expected"),
        ("NumberOfFrames", 4, "3 frames are described, NumberOfFrames says 4"),
        ("NumberOfFrames", 10**9, "more than the file has bytes"),
        ("SharedFunctionalGroupsSequence", [], "has no ImageOrientationPatient"),
        ("SegmentSequence", [segment(1), segment(1)], "SegmentNumber 1 is given to two segments"),
    ],
)
def test_damaged_headers_are_named(tmp_path, keyword, value, message):
    path = two_slices(header={keyword: value}).write(tmp_path / "a.dcm")
    with pytest.raises(CorruptFileError, match=message):
        read_segmentation(path)


def test_files_cut_anywhere_are_refused(tmp_path):
    whole = two_slices().write(tmp_path / "a.dcm").read_bytes()
    path = tmp_path / "cut.dcm"
    for length in range(1, len(whole) - 1, 7):
        path.write_bytes(whole[:length])
        with pytest.raises(FormatError):
            read_segmentation(path)


def test_flipped_bytes_give_a_segmentation_or_a_typed_error(tmp_path):
    whole = bytearray(two_slices().write(tmp_path / "a.dcm").read_bytes())
    random = np.random.default_rng(5)
    path = tmp_path / "b.dcm"
    read = 0
    for _ in range(400):
        changed = bytearray(whole)
        for place in random.integers(132, len(whole), 2):
            changed[place] = random.integers(0, 256)
        path.write_bytes(changed)
        try:
            read += bool(read_segmentation(path).groups)
        except FormatError:
            continue
    assert 50 < read < 400
