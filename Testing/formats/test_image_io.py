"""Label images in every suffix of ITK's world: SimpleITK reads what we write and we read what SimpleITK writes."""

from __future__ import annotations

import gzip
import itertools
import struct
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from MultiLabelSegLib.core import Geometry
from MultiLabelSegLib.errors import (
    CorruptFileError,
    FormatError,
    GeometryError,
    MultiLabelSegError,
    UnsupportedFormatError,
)
from MultiLabelSegLib.formats.image_io import (
    WRITTEN_SUFFIXES,
    image_suffix,
    labels_from,
    read_geometry,
    read_image,
    read_label_array,
    write_label_image,
)
from MultiLabelSegLib.formats.report import Report
from MultiLabelSegLib.formats.staging import Stage

SHAPE = (4, 5, 6)
OBLIQUE = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))[0]
STRAIGHT = Geometry.from_parts(SHAPE, (0.8, 1.5, 2.25), (-12.5, 33.0, 70.25))
TURNED = Geometry.from_parts(SHAPE, (0.8, 1.5, 2.25), (-12.5, 33.0, 70.25), OBLIQUE)
GIPL = (".gipl", ".gipl.gz")


def phantom() -> np.ndarray:
    array = np.zeros(SHAPE, np.uint16)
    array[0:3, 0, 0], array[0, 0:4, 0], array[0, 0, 1:6] = 1, 2, 65535
    return array


def written(folder: Path, name: str, array: np.ndarray, geometry: Geometry, **options: object) -> Path:
    with Stage(folder / name) as stage:
        paths = write_label_image(stage, folder / name, array, geometry, **options)  # type: ignore[arg-type]
        assert stage.commit() == paths
    return folder / name


def itk_file(path: Path, array: np.ndarray, geometry: Geometry = STRAIGHT, compress: bool = True) -> Path:
    image = sitk.GetImageFromArray(array, isVector=False)
    if array.ndim == 3:
        image.SetSpacing(geometry.spacing)
        image.SetOrigin(geometry.origin)
        image.SetDirection(geometry.direction.ravel().tolist())
    sitk.WriteImage(image, str(path), compress)
    return path


def assert_itk_agrees(path: Path, array: np.ndarray, geometry: Geometry) -> None:
    image = sitk.ReadImage(str(path))
    assert np.array_equal(sitk.GetArrayFromImage(image), array)
    assert np.abs(np.subtract(image.GetSpacing()[:3], geometry.spacing)).max() < 1e-6
    assert np.abs(np.subtract(image.GetOrigin()[:3], geometry.origin)).max() < 1e-5
    axes = image.GetDimension()
    direction = np.reshape(image.GetDirection(), (axes, axes))[:3, :3]
    assert np.abs(direction - geometry.direction).max() < 1e-6


CASES = [(suffix, STRAIGHT) for suffix in WRITTEN_SUFFIXES]
CASES += [(suffix, TURNED) for suffix in WRITTEN_SUFFIXES if suffix not in GIPL]


@pytest.mark.parametrize(("suffix", "geometry"), CASES)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_simpleitk_and_we_read_what_we_write(tmp_path: Path, suffix: str, geometry: Geometry, dtype: type) -> None:
    array = (phantom() % 256).astype(dtype) if dtype == np.uint8 else phantom()
    path = written(tmp_path, f"Läsion a.b{suffix}", array, geometry, dtype=dtype)
    assert_itk_agrees(path, array, geometry)
    values, found = read_label_array(path)
    assert np.array_equal(values[0], array)
    assert values.dtype == dtype
    assert found.is_congruent(geometry)
    assert read_geometry(path) == found


@pytest.mark.parametrize("suffix", [*WRITTEN_SUFFIXES, ".nhdr"])
@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.float32, np.float64])
def test_we_read_what_simpleitk_writes(tmp_path: Path, suffix: str, compress: bool, dtype: type) -> None:
    array = (phantom() % 251).astype(dtype)
    geometry = STRAIGHT if suffix in GIPL else TURNED
    path = itk_file(tmp_path / f"a{suffix}", array, geometry, compress)
    values, found = read_label_array(path)
    assert np.array_equal(values[0], array)
    assert found.is_congruent(geometry)
    image = read_image(path)
    assert image.array.dtype == dtype
    assert np.array_equal(image.array[0], array)


@pytest.mark.parametrize("suffix", [".mha", ".mhd", ".nrrd"])
def test_every_axis_order_and_flip_agrees_with_simpleitk(tmp_path: Path, suffix: str) -> None:
    for order, signs in itertools.product(itertools.permutations(range(3)), itertools.product((1.0, -1.0), repeat=3)):
        direction = np.zeros((3, 3))
        direction[list(order), range(3)] = signs
        geometry = Geometry.from_parts(SHAPE, (0.8, 1.5, 2.25), (1, 2, 3), direction)
        theirs = itk_file(tmp_path / f"theirs{suffix}", phantom(), geometry)
        assert read_geometry(theirs).is_congruent(geometry)
        ours = written(tmp_path, f"ours{suffix}", phantom(), geometry)
        assert_itk_agrees(ours, phantom(), geometry)


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".nrrd", ".mha", ".mhd"])
def test_frames_become_a_fourth_axis(tmp_path: Path, suffix: str) -> None:
    frames = np.stack([phantom(), np.roll(phantom(), 1, axis=2), phantom() * 0])
    geometry = TURNED.with_time(3)
    path = written(tmp_path, f"a{suffix}", frames, geometry)
    assert_itk_agrees(path, frames, geometry)
    values, found = read_label_array(path)
    assert np.array_equal(values, frames)
    assert found.is_congruent(geometry)


@pytest.mark.parametrize("suffix", [".nii.gz", ".nrrd", ".mha", ".mhd", ".gipl"])
def test_2d_images_become_one_slice_and_4d_ones_frames(tmp_path: Path, suffix: str) -> None:
    flat = itk_file(tmp_path / f"flat{suffix}", phantom()[0])
    assert np.array_equal(read_label_array(flat)[0], phantom()[np.newaxis, :1])
    frames = np.stack([phantom(), phantom()[::-1]])
    timed = itk_file(tmp_path / f"timed{suffix}", frames)
    values, geometry = read_label_array(timed)
    assert np.array_equal(values, frames)
    assert geometry.time_steps == 2


def test_mhd_writes_both_files_through_the_stage_and_leaves_nothing_when_it_is_not_committed(tmp_path: Path) -> None:
    target = tmp_path / "a.mhd"
    with Stage(target) as stage:
        assert write_label_image(stage, target, phantom(), STRAIGHT) == (target, tmp_path / "a.zraw")
        assert stage.staged(tmp_path / "a.zraw").exists()
        assert not target.exists()
    assert list(tmp_path.iterdir()) == []


# ---- what a format cannot hold ----------------------------------------------------------------------------------
@pytest.mark.parametrize("suffix", GIPL)
@pytest.mark.parametrize(
    ("geometry", "reason"),
    [
        (TURNED, "no directions"),
        (STRAIGHT.with_time(2), "one volume"),
        (Geometry.from_parts(SHAPE, direction=np.diag([-1.0, -1.0, 1.0])), "no directions"),
        (Geometry.from_parts((1, 1, 70000)), "65535 voxels an axis"),
    ],
)
def test_gipl_refuses_what_it_cannot_hold(tmp_path: Path, suffix: str, geometry: Geometry, reason: str) -> None:
    with pytest.raises(UnsupportedFormatError, match=reason):
        written(tmp_path, f"a{suffix}", np.zeros(geometry.full_shape, np.uint16), geometry)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", WRITTEN_SUFFIXES)
def test_a_sheared_grid_is_refused_by_every_target(tmp_path: Path, suffix: str) -> None:
    affine = np.eye(4)
    affine[0, 1] = 0.3
    with pytest.raises(UnsupportedFormatError, match="right angles"):
        written(tmp_path, f"a{suffix}", phantom(), Geometry(SHAPE, affine))


def test_an_unknown_suffix_a_wrong_shape_and_a_value_too_large_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedFormatError, match="written as"):
        written(tmp_path, "a.png", phantom(), STRAIGHT)
    with pytest.raises(GeometryError, match="shape"):
        written(tmp_path, "a.nii", phantom()[1:], STRAIGHT)
    with pytest.raises(FormatError, match="65535 does not fit uint8"):
        written(tmp_path, "a.nii", phantom(), STRAIGHT, dtype=np.uint8)


def test_times_that_an_image_cannot_say_are_noted(tmp_path: Path) -> None:
    uneven = STRAIGHT.with_time(2, (0.0, 1.0, 5.0))
    frames = np.stack([phantom(), phantom()])
    for name, reason in (("a.nii.gz", "even length"), ("a.mha", "even length")):
        report = Report()
        written(tmp_path, name, frames, uneven, report=report)
        assert [reason in note.reason for note in report.notes] == [True]


# ---- what is no label map ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("suffix", [".nii.gz", ".nrrd", ".mha"])
def test_colour_and_vector_images_are_refused(tmp_path: Path, suffix: str) -> None:
    image = sitk.GetImageFromArray(np.zeros((*SHAPE, 3), np.uint8), isVector=True)
    sitk.WriteImage(image, str(tmp_path / f"a{suffix}"))
    with pytest.raises(UnsupportedFormatError, match=r"colour|vector"):
        read_label_array(tmp_path / f"a{suffix}")


@pytest.mark.parametrize("suffix", WRITTEN_SUFFIXES)
@pytest.mark.parametrize(
    ("value", "dtype", "reason"),
    [(0.5, np.float32, "probabilities"), (3.5, np.float32, "not integral"), (-2, np.int16, "1 voxels are negative")],
)
def test_fractions_and_negative_values_are_refused(
    tmp_path: Path, suffix: str, value: float, dtype: type, reason: str
) -> None:
    array = np.zeros(SHAPE, dtype)
    array[1, 1, 1] = value
    with pytest.raises(FormatError, match=reason) as caught:
        read_label_array(itk_file(tmp_path / f"a{suffix}", array))
    assert caught.value.path is not None
    assert caught.value.path.endswith(suffix)


def test_floats_that_are_labels_are_rounded_with_a_note(tmp_path: Path) -> None:
    array = phantom().astype(np.float64)
    array[0, 0, 0] = 7.0004
    report = Report()
    values, _ = read_label_array(itk_file(tmp_path / "a.mha", array), report)
    assert values[0, 0, 0, 0] == 7
    assert "rounded" in report.notes[0].reason


def test_complex_numbers_and_booleans_are_no_labels() -> None:
    with pytest.raises(CorruptFileError, match="complex"):
        labels_from(np.zeros(3, complex))
    assert labels_from(np.array([1, 300], np.int64)).dtype == np.uint16
    assert labels_from(np.array([1, 3], np.int64)).dtype == np.uint8


@pytest.mark.parametrize("name", ["a.nii.gz", "A.B.NII.GZ", "x.nrrd", "x.MHD", "x.gipl", "x.hdr"])
def test_suffixes_are_found_in_any_case(name: str) -> None:
    assert image_suffix(Path(name)) == "." + name.split(".", 1 if "B" not in name else 2)[-1].lower()
    assert image_suffix(Path("x.png")) is None


# ---- damage -----------------------------------------------------------------------------------------------------
def voxel_file(path: Path) -> Path:
    return path.with_suffix(".zraw") if path.suffix == ".mhd" else path


@pytest.mark.parametrize("suffix", WRITTEN_SUFFIXES)
@pytest.mark.parametrize("part", [0, 1, 5, 100, 0.5, 0.98])
def test_a_truncated_file_is_a_typed_error(tmp_path: Path, suffix: str, part: float) -> None:
    noise = np.random.default_rng(0).integers(0, 60000, (10, 20, 30)).astype(np.uint16)
    geometry = Geometry.from_parts(noise.shape)
    path = voxel_file(written(tmp_path, f"a{suffix}", noise, geometry))
    whole = path.read_bytes()
    path.write_bytes(whole[: part if isinstance(part, int) else int(len(whole) * part)])
    with pytest.raises(FormatError):
        read_label_array(tmp_path / f"a{suffix}")


@pytest.mark.parametrize("suffix", [".nii.gz", ".nrrd", ".mha", ".mhd", ".gipl.gz"])
def test_a_flipped_bit_in_compressed_voxels_never_passes(tmp_path: Path, suffix: str) -> None:
    noise = np.random.default_rng(0).integers(0, 60000, (10, 20, 30)).astype(np.uint16)
    path = voxel_file(written(tmp_path, f"a{suffix}", noise, Geometry.from_parts(noise.shape)))
    whole = path.read_bytes()
    for position in range(len(whole) - 1500, len(whole), 61):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 16]) + whole[position + 1 :])
        with pytest.raises(FormatError):
            read_label_array(tmp_path / f"a{suffix}")


HUGE_META = b"NDims = 3\nDimSize = 99999 99999 99999\nElementType = MET_USHORT\nElementDataFile = LOCAL\n"
HUGE_GIPL = struct.pack(">5H4f", 60000, 60000, 60000, 1, 16, 1, 1, 1, 1).ljust(252, b"\0") + struct.pack(
    ">I", 4026526128
)
HUGE_NRRD = b"NRRD0004\ntype: unsigned short\ndimension: 3\nsizes: 99999 99999 99999\nendian: little\n"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.mha", HUGE_META + bytes(50)),
        ("a.gipl", HUGE_GIPL + bytes(9)),
        ("a.nrrd", HUGE_NRRD + b"encoding: gzip\n\n" + gzip.compress(bytes(10))),
    ],
)
def test_a_header_that_promises_terabytes_is_refused_before_anything_is_allocated(
    tmp_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CorruptFileError, match=r"announces|promises"):
        read_image(tmp_path / name)
    with pytest.raises(CorruptFileError, match=r"announces|promises"):
        read_label_array(tmp_path / name)


META = b"NDims = 3\nDimSize = 2 1 1\nElementType = MET_USHORT\n"


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (b"hello world\n", "not a MetaImage"),
        (META, "no ElementDataFile"),
        (META + b"ElementDataFile = LIST\n", "list of files"),
        (META + b"ElementDataFile = slice%03d.raw\n", "list of files"),
        (META + b"ElementDataFile = missing.raw\n", "does not exist"),
        (META.replace(b"USHORT", b"STRING") + b"ElementDataFile = LOCAL\n", "MET_STRING"),
        (META.replace(b"2 1 1", b"2 1") + b"ElementDataFile = LOCAL\n", "expected 3 finite numbers"),
        (META.replace(b"2 1 1", b"2 -1 1") + b"ElementDataFile = LOCAL\n", "whole numbers of at least 1"),
        (META.replace(b"2 1 1", b"2 nan 1") + b"ElementDataFile = LOCAL\n", "finite"),
        (META.replace(b"NDims = 3", b"NDims = 7") + b"ElementDataFile = LOCAL\n", "7 axes"),
        (META + b"ElementSpacing = 0 0 0\nElementDataFile = LOCAL\n", "no grid"),
        (META + b"ElementNumberOfChannels = 3\nElementDataFile = LOCAL\n", "vector or colour"),
        (META + b"HeaderSize = -7\nElementDataFile = LOCAL\n", "HeaderSize"),
        (META + b"HeaderSize = x\nElementDataFile = LOCAL\n", "HeaderSize"),
    ],
)
def test_a_metaimage_header_that_is_wrong_names_the_field(tmp_path: Path, header: bytes, reason: str) -> None:
    (tmp_path / "a.mha").write_bytes(header + bytes(4))
    with pytest.raises(FormatError, match=reason) as caught:
        read_label_array(tmp_path / "a.mha")
    assert caught.value.path == str(tmp_path / "a.mha")


def test_metaimages_of_text_of_big_endian_and_with_a_header_to_skip_are_read(tmp_path: Path) -> None:
    (tmp_path / "t.mha").write_bytes(META + b"BinaryData = False\nElementDataFile = LOCAL\n7 300\n")
    (tmp_path / "b.mha").write_bytes(META + b"BinaryDataByteOrderMSB = True\nElementDataFile = LOCAL\n\0\x07\x01\x2c")
    (tmp_path / "s.mhd").write_bytes(META + b"HeaderSize = -1\nElementDataFile = s.raw\n")
    (tmp_path / "s.raw").write_bytes(b"skipped" + struct.pack("<2H", 7, 300))
    for name in ("t.mha", "b.mha", "s.mhd"):
        assert read_label_array(tmp_path / name)[0].ravel().tolist() == [7, 300]


def test_a_header_may_not_name_voxels_outside_of_its_folder_unless_that_is_allowed(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "secret.raw").write_bytes(struct.pack("<2H", 7, 300))
    (inner / "link.raw").symlink_to(tmp_path / "secret.raw")
    for name in ("../secret.raw", str(tmp_path / "secret.raw"), "link.raw"):
        (inner / "a.mhd").write_bytes(META + f"ElementDataFile = {name}\n".encode())
        with pytest.raises(FormatError, match="outside of its folder"):
            read_label_array(inner / "a.mhd")
        values, _ = read_label_array(inner / "a.mhd", allow_outside=True)
        assert values.ravel().tolist() == [7, 300]


@pytest.mark.parametrize(
    ("patch", "reason"), [((252, b"\0\0\0\1"), "magic"), ((8, b"\0\1"), "one-bit"), ((10, b"\x7f\xc0\0\0"), "no grid")]
)
def test_a_gipl_header_that_is_wrong_is_refused(tmp_path: Path, patch: tuple[int, bytes], reason: str) -> None:
    path = written(tmp_path, "a.gipl", phantom(), STRAIGHT)
    raw = bytearray(path.read_bytes())
    raw[patch[0] : patch[0] + len(patch[1])] = patch[1]
    path.write_bytes(raw)
    with pytest.raises(FormatError, match=reason):
        read_label_array(path)


def test_a_missing_file_a_folder_and_an_empty_file_are_named(tmp_path: Path) -> None:
    (tmp_path / "empty.nii").write_bytes(b"")
    for path, reason in (
        (tmp_path / "no.nii", "no such file"),
        (tmp_path, "is a folder"),
        (tmp_path / "empty.nii", "is empty"),
    ):
        with pytest.raises(FormatError, match=reason):
            read_label_array(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    suffix=st.sampled_from(WRITTEN_SUFFIXES),
    damage=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=4),
)
def test_any_damage_gives_labels_of_the_promised_shape_or_a_typed_error(
    tmp_path: Path, suffix: str, damage: list[tuple[float, int]]
) -> None:
    path = voxel_file(written(tmp_path, f"a{suffix}", phantom(), STRAIGHT))
    raw = bytearray(path.read_bytes())
    for place, value in damage:
        raw[min(int(place * len(raw)), len(raw) - 1)] = value
    path.write_bytes(raw)
    try:
        values, geometry = read_label_array(tmp_path / f"a{suffix}")
    except MultiLabelSegError:
        pass
    else:
        assert values.shape == geometry.full_shape
