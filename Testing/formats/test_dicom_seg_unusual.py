"""DICOM segmentations that are unusual but real: character sets, gaps, missing values, compressions."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest
from pydicom.uid import ExplicitVRBigEndian, ImplicitVRLittleEndian, RLELossless

from MultiLabelSegLib.errors import UnsupportedFormatError
from MultiLabelSegLib.formats.registry import read_segmentation
from Testing.formats.dicom_cases import SegFile, code, item, segment
from Testing.formats.dicom_small import COLUMNS, EXPECTED, ROWS, mask, two_slices


def test_without_pydicom_plain_files_are_read_and_for_others_the_error_names_the_extra(tmp_path, monkeypatch):
    plain = two_slices().write(tmp_path / "a.dcm")
    japanese = two_slices(header={"SpecificCharacterSet": ["", "ISO 2022 IR 87"]}).write(tmp_path / "b.dcm")
    fractions = np.zeros((ROWS, COLUMNS), np.uint8)
    compressed = SegFile(
        [(1, (0, 0, 0), fractions)], "FRACTIONAL", header={"MaximumFractionalValue": 200}, syntax=RLELossless
    ).write(tmp_path / "c.dcm")
    monkeypatch.setitem(__import__("sys").modules, "pydicom", None)
    np.testing.assert_array_equal(read_segmentation(plain).groups[0].array[0], EXPECTED)
    for path in (japanese, compressed):
        with pytest.raises(UnsupportedFormatError, match=r"multilabelseg\[dicom\]"):
            read_segmentation(path)


@pytest.mark.parametrize(
    ("character_set", "name"),
    [
        ("ISO_IR 100", "Großhirn"),
        ("ISO_IR 192", "肝臓 🙂"),
        ("ISO_IR 101", "Żołądek"),
        ("ISO_IR 144", "печень"),
        ("ISO_IR 148", "böbrek ğ"),
        ("ISO_IR 126", "ήπαρ"),
        ("ISO_IR 138", "כבד"),
        ("ISO_IR 166", "ตับ"),
        ("GB18030", "肝脏"),
        (["", "ISO 2022 IR 87"], "肝臓"),
        (["", "ISO 2022 IR 149"], "간"),
    ],
)
def test_names_in_any_character_set(tmp_path, character_set, name):
    described = segment(1, SegmentLabel=name, SegmentDescription=f"= {name}")
    file = SegFile(
        [(1, (0, 0, 0), mask((0, 0)))],
        segments=[described],
        header={"SpecificCharacterSet": character_set, "PatientName": name.split()[0]},
    )
    found = read_segmentation(file.write(tmp_path / "a.dcm"))
    assert (found.label(1).name, found.label(1).description) == (name, f"= {name}")
    assert found.properties["DICOM.0010.0010"]["value"]["values"][0]["value"] == name.split()[0]


def test_what_pydicom_reads_of_a_header_and_what_is_read_here_are_the_same(tmp_path, monkeypatch):
    described = segment(
        7,
        SegmentLabel="Leber ä",
        RecommendedDisplayCIELabValue=[41661, 41167, 40792],
        AnatomicRegionSequence=[code("818981001", "Abdomen"), code("1", "other", "99X")],
        TrackingID="T",
        TrackingUID="1.2.3.9",
    )
    for number, options in enumerate(
        [{}, {"open_lengths": True}, {"syntax": ImplicitVRLittleEndian}, {"syntax": ExplicitVRBigEndian}]
    ):
        file = SegFile([(7, (0, 0, 0), mask((0, 0)))], segments=[described], **options)
        path = file.write(tmp_path / f"{number}.dcm")
        here = read_segmentation(path)
        with monkeypatch.context() as patch:
            patch.setattr("MultiLabelSegLib.formats.dicom.parse.light_header", lambda stream, elements: None)
            theirs = read_segmentation(path)
        assert here.labels == theirs.labels
        assert here.properties == theirs.properties


# ---- unusual, but real ------------------------------------------------------------------------------------------
def test_segment_numbers_with_gaps_stay_the_values(tmp_path):
    frames = [(5, (0, 0, 0), mask((0, 0))), (900, (0, 0, 0), mask((0, 1))), (65535, (0, 0, 0), mask((0, 2)))]
    found = read_segmentation(SegFile(frames).write(tmp_path / "a.dcm"))
    assert found.values == (5, 900, 65535)
    assert [found.voxels(value) for value in found.values] == [1, 1, 1]


def test_two_segments_of_one_name_stay_two_labels(tmp_path):
    segments = [segment(1, SegmentLabel="Lesion"), segment(2, SegmentLabel="Lesion")]
    frames = [(1, (0, 0, 0), mask((0, 0))), (2, (0, 0, 0), mask((0, 1)))]
    found = read_segmentation(SegFile(frames, segments=segments).write(tmp_path / "a.dcm"))
    assert [(label.value, label.name) for label in found.labels] == [(1, "Lesion"), (2, "Lesion")]


def test_a_segment_without_name_and_colour_gets_one_of_each(tmp_path):
    bare = item(SegmentNumber=4)
    found = read_segmentation(SegFile([(4, (0, 0, 0), mask((0, 0)))], segments=[bare]).write(tmp_path / "a.dcm"))
    assert found.label(4).name == "Segment 4"
    assert found.label(4).properties == {}
    empty = segment(4, SegmentLabel="", RecommendedDisplayCIELabValue=None)
    found = read_segmentation(SegFile([(4, (0, 0, 0), mask((0, 0)))], segments=[empty]).write(tmp_path / "b.dcm"))
    assert found.label(4).name == "Segment 4"


def test_a_file_of_one_frame_may_be_described_by_the_shared_groups_alone(tmp_path):
    data_set = SegFile([(1, (1, 2, 3), mask((0, 0)))])
    path = data_set.write(tmp_path / "a.dcm")
    changed = pydicom.dcmread(path)
    shared = changed.SharedFunctionalGroupsSequence[0]
    for element in changed.PerFrameFunctionalGroupsSequence[0]:
        shared.add(element)
    del changed.PerFrameFunctionalGroupsSequence
    changed.save_as(tmp_path / "b.dcm")
    found = read_segmentation(tmp_path / "b.dcm")
    assert found.geometry.origin == (1.0, 2.0, 3.0)
    assert found.voxels(1) == 1


def test_frames_may_say_everything_themselves(tmp_path):
    path = two_slices().write(tmp_path / "a.dcm")
    changed = pydicom.dcmread(path)
    shared = changed.SharedFunctionalGroupsSequence[0]
    for frame in changed.PerFrameFunctionalGroupsSequence:
        for element in shared:
            frame.add(element)
    changed.SharedFunctionalGroupsSequence = [pydicom.Dataset()]
    changed.save_as(tmp_path / "b.dcm")
    np.testing.assert_array_equal(read_segmentation(tmp_path / "b.dcm").groups[0].array[0], EXPECTED)


def test_the_largest_tiles_are_refused_by_their_place_on_the_slide(tmp_path):
    path = two_slices().write(tmp_path / "a.dcm")
    changed = pydicom.dcmread(path)
    for frame in changed.PerFrameFunctionalGroupsSequence:
        frame.PlanePositionSlideSequence = [item(RowPositionInTotalImagePixelMatrix=1)]
    changed.save_as(tmp_path / "b.dcm")
    with pytest.raises(UnsupportedFormatError, match="tiles of a whole slide image"):
        read_segmentation(tmp_path / "b.dcm")


@pytest.mark.parametrize("name", ["JPEG2000Lossless", "JPEGLSLossless", "RLELossless"])
@pytest.mark.parametrize("bits", [8, 16])
def test_compressed_label_maps_are_read_as_far_as_there_are_decoders(tmp_path, name, bits):
    syntax = getattr(pydicom.uid, name)
    frames = [(0, (0, 0, 3 * k), np.tile(EXPECTED[k], (4, 4))) for k in range(2)]
    path = SegFile(frames, "LABELMAP", [segment(1), segment(2)], bits=bits).write(tmp_path / "a.dcm")
    changed = pydicom.dcmread(path)
    try:
        encapsulated = [_compressed(frame[2], bits, syntax) for frame in frames]
    except (ImportError, RuntimeError) as error:
        pytest.skip(f"no encoder: {error}")
    changed.PixelData = pydicom.encaps.encapsulate(encapsulated)
    changed["PixelData"].VR, changed["PixelData"].is_undefined_length = "OB", True
    changed.file_meta.TransferSyntaxUID = syntax
    changed.save_as(tmp_path / "b.dcm")
    if not pydicom.pixels.get_decoder(syntax).is_available:
        with pytest.raises(UnsupportedFormatError, match="no decoder"):
            read_segmentation(tmp_path / "b.dcm")
        return
    found = read_segmentation(tmp_path / "b.dcm")
    np.testing.assert_array_equal(found.groups[0].array[0], np.stack([frame[2] for frame in frames]))


def _compressed(frame: np.ndarray, bits: int, syntax: str) -> bytes:
    """One frame by the encoders of pydicom and of Pillow (JPEG 2000)."""
    array = np.ascontiguousarray(frame.astype(f"u{bits // 8}"))
    if syntax == pydicom.uid.JPEG2000Lossless:
        from io import BytesIO

        from PIL import Image, features

        if not features.check("jpg_2000"):
            raise RuntimeError("Pillow without JPEG 2000")
        stream = BytesIO()
        Image.fromarray(array).save(stream, "JPEG2000", irreversible=False, no_jp2=True, num_resolutions=1)
        return stream.getvalue()
    encoder = pydicom.pixels.get_encoder(syntax)
    return encoder.encode(
        array.tobytes(), rows=array.shape[0], columns=array.shape[1], samples_per_pixel=1, bits_allocated=bits,
        bits_stored=bits, pixel_representation=0, photometric_interpretation="MONOCHROME2", number_of_frames=1,
    )  # fmt: skip
