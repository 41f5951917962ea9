"""NIfTI lies where nibabel and SimpleITK say: every axis order and flip, oblique, left-handed, every header form."""

from __future__ import annotations

import itertools
import struct
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st

from MultiLabelSegLib.core import Geometry
from MultiLabelSegLib.core.geometry import ras_from_lps
from MultiLabelSegLib.errors import CorruptFileError, GeometryError, UnsupportedFormatError
from MultiLabelSegLib.formats.image_io import read_label_array
from MultiLabelSegLib.formats.nifti import encode_header, parse_header, read_geometry
from MultiLabelSegLib.formats.nifti.geometry import geometry_of
from MultiLabelSegLib.formats.report import Report
from Testing.formats.nifti_cases import ORIGIN, SFORM, SHAPE, SPACING, phantom, write_labels


def axis_matrices() -> list[np.ndarray]:
    """All 48 directions whose axes are world axes: 6 orders, 8 sign combinations; half of them are left-handed."""
    matrices = []
    for order, signs in itertools.product(itertools.permutations(range(3)), itertools.product((1.0, -1.0), repeat=3)):
        matrix = np.zeros((3, 3))
        matrix[list(order), range(3)] = signs
        matrices.append(matrix)
    return matrices


def oblique_matrices(count: int = 8) -> list[np.ndarray]:
    """Rotations without any zero, every second one left-handed."""
    random = np.random.default_rng(5)
    matrices = []
    for number in range(count):
        matrix, _ = np.linalg.qr(random.normal(size=(3, 3)))
        if (np.linalg.det(matrix) < 0) != bool(number % 2):
            matrix[:, 0] *= -1
        matrices.append(matrix)
    return matrices


DIRECTIONS = axis_matrices() + oblique_matrices()


def centroids_lps(array: np.ndarray, ijk_to_lps: np.ndarray) -> dict[int, np.ndarray]:
    """Mean position in LPS mm of every value of an array (k, j, i)."""
    found = {}
    for value in np.unique(array[array > 0]):
        mean = np.argwhere(array == value).mean(axis=0)[::-1]
        found[int(value)] = ijk_to_lps[:3, :3] @ mean + ijk_to_lps[:3, 3]
    return found


def assert_same_places(mine: dict[int, np.ndarray], theirs: dict[int, np.ndarray], tolerance_mm: float = 1e-4) -> None:
    assert mine.keys() == theirs.keys()
    for value, place in mine.items():
        assert np.abs(place - theirs[value]).max() < tolerance_mm, value


def sitk_affine(image: sitk.Image) -> np.ndarray:
    affine = np.eye(4)
    affine[:3, :3] = np.reshape(image.GetDirection(), (3, 3)) * image.GetSpacing()
    affine[:3, 3] = image.GetOrigin()
    return affine


@pytest.mark.parametrize("number", range(len(DIRECTIONS)))
def test_what_we_write_lies_for_nibabel_and_simpleitk_where_we_meant_it(tmp_path: Path, number: int) -> None:
    geometry = Geometry.from_parts(SHAPE, SPACING, ORIGIN, DIRECTIONS[number])
    path = tmp_path / "a.nii.gz"
    write_labels(path, phantom(), geometry)
    meant = centroids_lps(phantom(), geometry.ijk_to_lps)

    by_nibabel = nib.load(path)
    assert by_nibabel.get_data_dtype() == np.uint16
    array = np.asarray(by_nibabel.dataobj).T
    assert_same_places(meant, centroids_lps(array, ras_from_lps(by_nibabel.affine)))
    # the rotation of the qform has the precision of a quaternion in single precision
    assert np.abs(by_nibabel.get_qform() - by_nibabel.get_sform()).max() < 3e-3
    assert by_nibabel.header["qform_code"] == by_nibabel.header["sform_code"] == 1
    assert (by_nibabel.dataobj.slope, by_nibabel.dataobj.inter) == (1.0, 0.0)

    by_itk = sitk.ReadImage(str(path))
    assert_same_places(meant, centroids_lps(sitk.GetArrayFromImage(by_itk), sitk_affine(by_itk)))

    values, found = read_label_array(path)
    assert_same_places(meant, centroids_lps(values[0], found.ijk_to_lps))


@pytest.mark.parametrize("number", range(len(DIRECTIONS)))
def test_what_nibabel_and_simpleitk_write_lies_for_us_where_they_meant_it(tmp_path: Path, number: int) -> None:
    geometry = Geometry.from_parts(SHAPE, SPACING, ORIGIN, DIRECTIONS[number])
    meant = centroids_lps(phantom(), geometry.ijk_to_lps)
    nib.save(nib.Nifti1Image(phantom().T, geometry.ijk_to_ras), tmp_path / "nibabel.nii")
    image = sitk.GetImageFromArray(phantom())
    image.SetSpacing(SPACING)
    image.SetOrigin(ORIGIN)
    image.SetDirection(DIRECTIONS[number].ravel().tolist())
    sitk.WriteImage(image, str(tmp_path / "itk.nii.gz"))
    for name in ("nibabel.nii", "itk.nii.gz"):
        report = Report()
        values, found = read_label_array(tmp_path / name, report)
        assert_same_places(meant, centroids_lps(values[0], found.ijk_to_lps))
        assert np.abs(np.subtract(found.spacing, SPACING)).max() < 1e-6
        assert report.notes == []


@given(seed=st.integers(0, 10**6), spacing=st.tuples(*[st.floats(0.05, 9)] * 3), far=st.floats(-900, 900))
def test_any_right_angled_grid_comes_back_within_single_precision(
    seed: int, spacing: tuple[float, float, float], far: float
) -> None:
    direction, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    geometry = Geometry.from_parts((30, 40, 50), spacing, (far, -far, far / 3), direction)
    found = geometry_of(parse_header(encode_header(geometry, np.uint16)))
    corners = np.array([[a, b, c] for a in (0, 50) for b in (0, 40) for c in (0, 30)], float)
    moved = found.ijk_from_lps(geometry.lps_from_ijk(corners)) - corners
    assert np.abs(moved).max() < 2e-3
    assert found.shape == geometry.shape


def test_decimal_spacings_and_origins_come_back_exactly_although_the_header_is_single_precision() -> None:
    geometry = Geometry.from_parts(SHAPE, (0.8, 0.7, 1.1), (1.1, -20.3, 33.7))
    assert geometry_of(parse_header(encode_header(geometry, np.uint8))) == geometry


# ---- what the header prefers ------------------------------------------------------------------------------------
def nibabel_file(path: Path, sform: np.ndarray | None, qform: np.ndarray | None, codes: tuple[int, int]) -> Path:
    """A file with both forms and any codes; nibabel alone would make its forms agree when it saves."""
    header = nib.Nifti1Image(phantom().T, np.eye(4)).header
    header.set_sform(sform, codes[1])
    header.set_qform(qform, codes[0])
    header["sform_code"], header["qform_code"] = codes[1], codes[0]
    header["vox_offset"] = 352
    path.write_bytes(header.binaryblock + bytes(4) + phantom().tobytes())
    return path


QFORM = np.array([[0.0, 3, 0, -5], [-2, 0, 0, 6], [0, 0, 4, -1], [0, 0, 0, 1]])


def test_the_sform_is_used_while_its_code_is_set_and_a_contradicting_qform_noted(tmp_path: Path) -> None:
    path = nibabel_file(tmp_path / "both.nii", SFORM, QFORM, (1, 2))
    report = Report()
    found = read_geometry(path, report)
    assert np.allclose(found.ijk_to_ras, nib.load(path).affine)
    assert np.allclose(found.ijk_to_ras, SFORM)
    assert ["sform (code 2) and qform (code 1)" in note.reason for note in report.notes] == [True]
    assert report.notes[0].path == path


def test_the_qform_is_used_when_the_sform_code_is_0(tmp_path: Path) -> None:
    path = nibabel_file(tmp_path / "q.nii", SFORM, QFORM, (1, 0))
    report = Report()
    found = read_geometry(path, report)
    assert np.allclose(found.ijk_to_ras, QFORM, atol=1e-6)
    assert np.allclose(found.ijk_to_ras, nib.load(path).affine, atol=1e-6)
    assert np.allclose(found.ijk_to_lps, sitk_affine(sitk.ReadImage(str(path))), atol=1e-6)
    assert report.notes == []


def test_the_sform_alone_is_enough(tmp_path: Path) -> None:
    path = nibabel_file(tmp_path / "s.nii", SFORM, QFORM, (0, 1))
    report = Report()
    assert np.allclose(read_geometry(path, report).ijk_to_ras, SFORM)
    assert report.notes == []


@pytest.mark.parametrize("number", [1, 9, 30, 47, 50, 51])
def test_a_left_handed_or_turned_qform_alone_is_read_as_nibabel_reads_it(tmp_path: Path, number: int) -> None:
    affine = Geometry.from_parts(SHAPE, SPACING, ORIGIN, DIRECTIONS[number]).ijk_to_ras
    path = nibabel_file(tmp_path / "q.nii", None, affine, (1, 0))
    assert np.abs(read_geometry(path).ijk_to_ras - nib.load(path).affine).max() < 1e-5
    assert np.abs(read_geometry(path).ijk_to_ras - affine).max() < 1e-2


def test_without_any_orientation_the_spacing_is_kept_as_itk_does_and_noted(tmp_path: Path) -> None:
    path = nibabel_file(tmp_path / "none.nii", SFORM, SFORM, (0, 0))
    report = Report()
    found = read_geometry(path, report)
    assert np.allclose(found.ijk_to_lps, sitk_affine(sitk.ReadImage(str(path))))
    assert found.spacing == (2.0, 3.0, 4.0)
    assert "no orientation" in report.notes[0].reason


# ---- forms of the file ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("klass", [nib.Nifti1Image, nib.Nifti2Image])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_both_versions_and_both_byte_orders_read_alike(tmp_path: Path, klass: type, order: str, suffix: str) -> None:
    affine = Geometry.from_parts(SHAPE, SPACING, ORIGIN, DIRECTIONS[50]).ijk_to_ras
    header = klass.header_class(endianness=order)
    header.set_data_dtype(np.uint16)
    path = tmp_path / f"a{suffix}"
    nib.save(klass(phantom().T, affine, header), path)
    values, found = read_label_array(path)
    assert np.array_equal(values[0], phantom())
    assert np.abs(found.ijk_to_ras - affine).max() < 1e-5


def test_a_2d_image_is_one_slice(tmp_path: Path) -> None:
    nib.save(nib.Nifti1Image(phantom()[0].T, SFORM), tmp_path / "a.nii")
    values, found = read_label_array(tmp_path / "a.nii")
    assert np.array_equal(values, phantom()[np.newaxis, :1])
    assert found.shape == (1, 5, 6)
    image = sitk.GetImageFromArray(phantom()[0])
    image.SetSpacing((0.5, 2.0))
    image.SetOrigin((7.0, -3.0))
    sitk.WriteImage(image, str(tmp_path / "b.nii.gz"))
    values, found = read_label_array(tmp_path / "b.nii.gz")
    assert np.array_equal(values[0, 0], phantom()[0])
    assert found.spacing[:2] == (0.5, 2.0)
    assert np.allclose(found.origin, (7.0, -3.0, 0.0))
    assert np.allclose(found.direction, np.eye(3))


def test_a_2d_sform_without_a_third_axis_gets_the_normal_of_the_slice(tmp_path: Path) -> None:
    path = nibabel_file(tmp_path / "a.nii", SFORM, SFORM, (0, 1))
    raw = bytearray(path.read_bytes())
    struct.pack_into("<8h", raw, 40, 2, 6, 5, 1, 1, 1, 1, 1)
    for row in range(3):
        struct.pack_into("<f", raw, 280 + 16 * row + 8, 0.0)
    path.write_bytes(raw[: 352 + 2 * 30])
    assert np.allclose(read_geometry(path).ijk_to_ras, SFORM)


def test_frames_are_the_fourth_axis_and_times_are_milliseconds(tmp_path: Path) -> None:
    frames = np.stack([phantom(), np.roll(phantom(), 1, axis=2), phantom() * 0])
    image = nib.Nifti1Image(frames.T, SFORM)
    image.header["pixdim"][4] = 2.5
    image.header.set_xyzt_units("mm", "sec")
    nib.save(image, tmp_path / "a.nii.gz")
    values, found = read_label_array(tmp_path / "a.nii.gz")
    assert np.array_equal(values, frames)
    assert found.time_bounds == (0.0, 2500.0, 5000.0, 7500.0)


@pytest.mark.parametrize("bounds", [None, (0.0, 40.0, 80.0, 120.0), (10.0, 10.5, 11.0, 11.5)])
def test_frames_and_their_times_make_the_round_trip(tmp_path: Path, bounds: tuple[float, ...] | None) -> None:
    frames = np.stack([phantom(), np.roll(phantom(), 1, axis=2), phantom() * 0])
    geometry = Geometry.from_parts(SHAPE, SPACING, ORIGIN, time_steps=3, time_bounds=bounds)
    write_labels(tmp_path / "a.nii.gz", frames, geometry)
    values, found = read_label_array(tmp_path / "a.nii.gz")
    assert np.array_equal(values, frames)
    assert found.time_bounds == bounds
    assert np.array_equal(sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / "a.nii.gz"))), frames)
    assert nib.load(tmp_path / "a.nii.gz").shape == (6, 5, 4, 3)


def test_one_frame_of_four_axes_and_further_axes_of_size_1_are_read(tmp_path: Path) -> None:
    nib.save(nib.Nifti1Image(phantom().T[..., None, None, None], SFORM), tmp_path / "a.nii")
    assert np.array_equal(read_label_array(tmp_path / "a.nii")[0][0], phantom())


@pytest.mark.parametrize(("unit", "factor"), [("meter", 1000.0), ("micron", 0.001)])
def test_metres_and_micrometres_become_millimetres_as_in_itk(tmp_path: Path, unit: str, factor: float) -> None:
    image = nib.Nifti1Image(phantom().T, SFORM)
    image.header.set_xyzt_units(unit)
    nib.save(image, tmp_path / "a.nii")
    report = Report()
    found = read_geometry(tmp_path / "a.nii", report)
    assert np.allclose(found.ijk_to_lps, sitk_affine(sitk.ReadImage(str(tmp_path / "a.nii"))), atol=1e-6)
    assert np.allclose(found.spacing, np.array([2, 3, 4]) * factor)
    assert "turned into mm" in report.notes[0].reason


@pytest.mark.parametrize("gz", ["", ".gz"])
def test_a_pair_of_hdr_and_img_is_read_by_either_name(tmp_path: Path, gz: str) -> None:
    nib.save(nib.Nifti1Pair(phantom().T, SFORM), tmp_path / f"a.img{gz}")
    for name in (f"a.img{gz}", f"a.hdr{gz}"):
        values, found = read_label_array(tmp_path / name)
        assert np.array_equal(values[0], phantom())
        assert np.allclose(found.ijk_to_ras, SFORM)


def test_long_axes_and_far_grids_are_written_as_nifti_2(tmp_path: Path) -> None:
    far = Geometry.from_parts((1, 1, 40000), (0.01, 1, 1), (1e6, 0.0, 0.0))
    values = np.zeros((1, 1, 40000), np.uint16)
    values[0, 0, 39999] = 9
    write_labels(tmp_path / "a.nii.gz", values, far)
    assert isinstance(nib.load(tmp_path / "a.nii.gz"), nib.Nifti2Image)
    found, geometry = read_label_array(tmp_path / "a.nii.gz")
    assert np.array_equal(found[0], values)
    assert geometry.is_congruent(far)


# ---- refusals ---------------------------------------------------------------------------------------------------
def test_a_sheared_grid_is_read_with_a_note_and_not_written(tmp_path: Path) -> None:
    sheared = SFORM.copy()
    sheared[0, 1] = 0.5
    path = nibabel_file(tmp_path / "a.nii", sheared, None, (0, 1))
    report = Report()
    geometry = read_geometry(path, report)
    assert np.allclose(geometry.ijk_to_ras, sheared)
    assert "right angles" in report.notes[0].reason
    with pytest.raises(GeometryError, match="right angles"):
        encode_header(geometry, np.uint16)


def patched(offset: int, form: str, *values: float) -> bytes:
    raw = bytearray(encode_header(Geometry.from_parts(SHAPE, SPACING), np.uint16))
    struct.pack_into(form, raw, offset, *values)
    return bytes(raw)


@pytest.mark.parametrize(
    ("raw", "error", "reason"),
    [
        (b"", CorruptFileError, "begins with nothing"),
        (b"\0" * 400, CorruptFileError, "expected a header size"),
        (patched(344, "<4s", b"abc\0"), CorruptFileError, "magic"),
        (patched(344, "<4s", b"\0\0\0\0"), UnsupportedFormatError, "Analyze"),
        (patched(40, "<h", 9), CorruptFileError, "9 axes"),
        (patched(42, "<h", -6), CorruptFileError, r"dim\[1\] is -6"),
        (patched(40, "<6h", 5, 6, 5, 4, 1, 3), UnsupportedFormatError, "vectors"),
        (patched(70, "<hh", 128, 24), UnsupportedFormatError, "colours"),
        (patched(70, "<hh", 32, 64), UnsupportedFormatError, "complex"),
        (patched(72, "<h", 8), CorruptFileError, "bitpix"),
        (patched(108, "<f", 17.0), CorruptFileError, "vox_offset"),
        (patched(108, "<f", float("nan")), CorruptFileError, "vox_offset"),
        (patched(112, "<ff", 2.0, float("inf")), CorruptFileError, "scl_inter"),
        (patched(280, "<f", float("nan")), CorruptFileError, "no grid"),
        (patched(280, "<4f", 0, 0, 0, 0), CorruptFileError, "no grid"),
    ],
)
def test_a_header_that_contradicts_itself_is_refused_by_a_typed_error(raw: bytes, error: type, reason: str) -> None:
    with pytest.raises(error, match=reason):
        geometry_of(parse_header(raw))


@given(damage=st.lists(st.tuples(st.integers(0, 351), st.integers(0, 255)), min_size=1, max_size=6))
def test_damaged_headers_give_a_geometry_or_a_typed_error(damage: list[tuple[int, int]]) -> None:
    raw = bytearray(encode_header(Geometry.from_parts(SHAPE, SPACING, ORIGIN), np.uint16))
    for position, value in damage:
        raw[position] = value
    try:
        geometry = geometry_of(parse_header(bytes(raw)), Report())
    except (CorruptFileError, UnsupportedFormatError):
        pass
    else:
        assert np.isfinite(geometry.ijk_to_lps).all()
        assert min(geometry.full_shape) >= 1
