"""Volumes in the order R, A, S, read as nibabel reads them and written so that other readers agree."""

from __future__ import annotations

import gzip
from pathlib import Path

import nibabel as nib
import nrrd
import numpy as np
import pytest

from MultiLabelSegLib.core import Geometry, Image
from MultiLabelSegLib.core.geometry import lps_from_ras
from MultiLabelSegLib.datasets.supervisely.masks import volume_files as volume_write
from MultiLabelSegLib.datasets.supervisely.masks.volumes import (
    read_volume,
    read_volume_geometry,
    stage_volume_nrrd,
    write_volume_nrrd,
)
from MultiLabelSegLib.errors import CorruptFileError, FormatError, GeometryError, UnsupportedFormatError, WriteError
from MultiLabelSegLib.formats.staging import Stage
from MultiLabelSegLib.formats.voxel_file import VoxelFile
from Testing.datasets.supervisely.test_alignment import tilted

AFFINE = np.array([[-0.75, 0, 0, 31.4159], [0, 0, 1.5, -20.25], [0, -2.0, 0, 7.0625], [0, 0, 0, 1.0]])
NUMBERS = np.arange(24, dtype=np.int16).reshape(2, 3, 4)


def oblique() -> np.ndarray:
    affine = np.eye(4)
    affine[:3, :3] = tilted(0, 20.0) * (0.7, 0.8, 2.5)
    affine[:3, 3] = (-12.375, 3.0625, 100.5)
    return affine


def save(path: Path, array: np.ndarray, affine: np.ndarray | None = None) -> Path:
    nib.save(nib.Nifti1Image(array, AFFINE if affine is None else affine), path)
    return path


def geometry(affine: np.ndarray, size: tuple[int, ...]) -> Geometry:
    return Geometry((size[2], size[1], size[0]), lps_from_ras(affine))


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".nrrd"])
@pytest.mark.parametrize("affine", [AFFINE, oblique()], ids=["permuted", "oblique"])
def test_a_volume_is_read_as_nibabels_closest_canonical(tmp_path: Path, suffix: str, affine: np.ndarray) -> None:
    image = nib.Nifti1Image(NUMBERS, affine)
    path = tmp_path / f"volume{suffix}"
    if suffix == ".nrrd":
        header = {
            "space": "right-anterior-superior",
            "space directions": affine[:3, :3].T,
            "space origin": affine[:3, 3],
        }
        nrrd.write(str(path), NUMBERS, header)
    else:
        nib.save(image, path)
    expected = nib.as_closest_canonical(image)
    found = read_volume(path)
    assert found.array.dtype == np.int16
    assert np.array_equal(found.array[0].T, np.asarray(expected.dataobj))
    assert np.allclose(found.geometry.ijk_to_ras, expected.affine, rtol=0, atol=1e-5)
    assert read_volume_geometry(path) == found.geometry


def test_origin_and_spacing_are_exact(tmp_path: Path) -> None:
    found = read_volume_geometry(save(tmp_path / "v.nii", NUMBERS)).ijk_to_ras
    # i runs toward L in the file, so the first voxel toward R lies at the other end
    assert found[:3, 3].tolist() == [31.4159 - 0.75, -20.25, 7.0625 - 4.0]
    assert np.diag(found)[:3].tolist() == [0.75, 1.5, 2.0]


@pytest.mark.parametrize(
    ("stored", "expected"),
    [(np.int16, np.float32), (np.uint8, np.float32), (np.float32, np.float32), (np.int32, np.float64)],
)
def test_scaled_voxels_become_floats(tmp_path: Path, stored: type, expected: type) -> None:
    image = nib.Nifti1Image(NUMBERS.astype(stored), np.eye(4))
    image.header.set_slope_inter(2.5, -1024.0)
    nib.save(image, tmp_path / "v.nii.gz")
    raw = bytearray(gzip.decompress((tmp_path / "v.nii.gz").read_bytes()))
    raw[112:120] = np.array([2.5, -1024.0], "<f4").tobytes()  # nibabel scales the voxels itself and leaves NaN there
    raw[352:] = NUMBERS.astype(stored).tobytes(order="F")
    (tmp_path / "v.nii.gz").write_bytes(gzip.compress(bytes(raw)))
    found = read_volume(tmp_path / "v.nii.gz")
    assert found.array.dtype == expected
    assert np.array_equal(found.array[0].T, NUMBERS * 2.5 - 1024.0)


def test_a_fourth_axis_of_one_frame_is_dropped_and_more_are_refused(tmp_path: Path) -> None:
    one = read_volume(save(tmp_path / "one.nii", NUMBERS[..., np.newaxis]))
    assert one.array.shape == (1, *one.geometry.shape)
    with pytest.raises(UnsupportedFormatError, match="4D: 2 x 3 x 4 voxels in 2 frames"):
        read_volume(save(tmp_path / "two.nii", np.stack([NUMBERS, NUMBERS], -1)))


def test_a_2d_image_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "flat.nii", NUMBERS[..., 0])
    raw = bytearray(path.read_bytes())
    raw[40:42] = (2).to_bytes(2, "little")
    path.write_bytes(raw)
    with pytest.raises(UnsupportedFormatError, match="2 axes"):
        read_volume_geometry(path)
    nrrd.write(str(tmp_path / "flat.nrrd"), NUMBERS[..., 0], {"space": "RAS", "space origin": [0, 0, 0]})
    with pytest.raises(FormatError):
        read_volume_geometry(tmp_path / "flat.nrrd")


def test_no_orientation_at_all_is_refused_with_both_codes(tmp_path: Path) -> None:
    image = nib.Nifti1Image(NUMBERS, None)
    image.set_sform(None, 0)
    image.set_qform(None, 0)
    nib.save(image, tmp_path / "v.nii.gz")
    with pytest.raises(UnsupportedFormatError, match=r"sform code 0, qform code 0"):
        read_volume(tmp_path / "v.nii.gz")
    nrrd.write(str(tmp_path / "v.nrrd"), NUMBERS)
    with pytest.raises(UnsupportedFormatError, match="does not say where"):
        read_volume(tmp_path / "v.nrrd")


def test_a_qform_alone_is_enough(tmp_path: Path) -> None:
    image = nib.Nifti1Image(NUMBERS, AFFINE)
    image.set_sform(None, 0)
    image.set_qform(AFFINE, 1)
    nib.save(image, tmp_path / "v.nii")
    expected = nib.as_closest_canonical(nib.load(tmp_path / "v.nii"))
    assert np.allclose(read_volume_geometry(tmp_path / "v.nii").ijk_to_ras, expected.affine, rtol=0, atol=1e-5)


def test_sheared_axes_are_refused_with_their_angle(tmp_path: Path) -> None:
    affine = np.eye(4)
    affine[0, 1] = 0.3
    image = nib.Nifti1Image(NUMBERS, None)
    image.set_sform(affine, 1)
    nib.save(image, tmp_path / "v.nii")
    with pytest.raises(UnsupportedFormatError, match=r"sheared: .*73\.301 degrees"):
        read_volume_geometry(tmp_path / "v.nii")


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_a_truncated_file_is_refused(tmp_path: Path, suffix: str) -> None:
    noise = np.random.default_rng(0).integers(0, 999, (30, 20, 10)).astype(np.int16)
    path = save(tmp_path / f"v{suffix}", noise)
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(CorruptFileError, match="v.nii"):
        read_volume(path)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(CorruptFileError, match="v.nii"):
        read_volume_geometry(path)


def test_a_truncated_plain_file_is_seen_by_its_header_alone(tmp_path: Path) -> None:
    path = save(tmp_path / "v.nii", np.zeros((20, 30, 10), np.int16))
    path.write_bytes(path.read_bytes()[:-5000])
    with pytest.raises(CorruptFileError, match="announces 12000 bytes"):
        read_volume_geometry(path)


def test_what_is_no_nifti_inside_is_refused_whatever_its_name(tmp_path: Path) -> None:
    nib.save(nib.MGHImage(NUMBERS, AFFINE), tmp_path / "v.mgz")
    (tmp_path / "v.mgz").rename(tmp_path / "mgh.nii.gz")
    nib.save(nib.AnalyzeImage(NUMBERS, None), tmp_path / "analyze.hdr")
    (tmp_path / "empty.nii").touch()
    (tmp_path / "text.nii").write_text("this is no image at all, only some text")
    (tmp_path / "folder.nii").mkdir()
    for name in ("mgh.nii.gz", "analyze.hdr", "empty.nii", "text.nii", "folder.nii", "missing.nii"):
        with pytest.raises(FormatError, match=name):
            read_volume_geometry(tmp_path / name)


def test_a_volume_counts_by_its_content_not_its_name(tmp_path: Path) -> None:
    path = save(tmp_path / "v.nii.gz", NUMBERS).rename(tmp_path / "V.NII")
    assert np.array_equal(np.sort(read_volume(path).array.ravel()), NUMBERS.ravel())


@pytest.mark.parametrize("name", ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8", ">i2", ">f4", "f2", "?"])
def test_a_written_volume_is_read_alike_by_pynrrd_and_by_us(tmp_path: Path, name: str) -> None:
    array = (NUMBERS.T[np.newaxis] * 5 % 120).astype(name)
    image = Image(array, geometry(oblique(), NUMBERS.shape))
    write_volume_nrrd(tmp_path / "v.nrrd", image)
    data, header = nrrd.read(str(tmp_path / "v.nrrd"))
    stored = np.dtype({"?": "u1", "f2": "f4"}.get(name, name)).newbyteorder("=")
    assert data.dtype.newbyteorder("=") == stored
    assert np.array_equal(data, array[0].T)
    assert header["space"] == "right-anterior-superior"
    assert np.array_equal(header["space directions"], image.geometry.ijk_to_ras[:3, :3].T)
    assert np.array_equal(header["space origin"], image.geometry.ijk_to_ras[:3, 3])
    again = read_volume(tmp_path / "v.nrrd")
    assert again.geometry == image.geometry
    assert np.array_equal(again.array, array)


def test_a_volume_in_any_order_is_written_in_ras_through_sitk(tmp_path: Path) -> None:
    sitk = pytest.importorskip("SimpleITK")
    source = save(tmp_path / "v.nii.gz", NUMBERS)
    write_volume_nrrd(tmp_path / "v.nrrd", Image(NUMBERS.T, geometry(AFFINE, NUMBERS.shape)))
    found = sitk.ReadImage(str(tmp_path / "v.nrrd"))
    ours = read_volume(source)
    assert np.array_equal(sitk.GetArrayFromImage(found), ours.array[0])
    assert np.allclose(found.GetOrigin(), ours.geometry.origin, rtol=0, atol=1e-5)
    assert np.allclose(np.reshape(found.GetDirection(), (3, 3)), np.diag([-1, -1, 1]))


def test_large_volumes_are_written_piece_by_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(volume_write, "_STEP_BYTES", 30)
    write_volume_nrrd(tmp_path / "v.nrrd", Image(NUMBERS.T, geometry(np.eye(4), NUMBERS.shape)))
    assert np.array_equal(nrrd.read(str(tmp_path / "v.nrrd"))[0], NUMBERS)


def test_nan_and_infinity_survive(tmp_path: Path) -> None:
    array = np.full((1, 2, 2, 2), np.nan, np.float32)
    array[0, 0, 0] = (np.inf, -np.inf)
    write_volume_nrrd(tmp_path / "v.nrrd", Image(array, geometry(np.eye(4), (2, 2, 2))))
    assert np.array_equal(read_volume(tmp_path / "v.nrrd").array, array, equal_nan=True)


def test_a_volume_that_cannot_be_written_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "v.nrrd"
    path.write_text("old")
    grid = geometry(np.eye(4), NUMBERS.shape)
    with pytest.raises(UnsupportedFormatError, match="complex64"):
        write_volume_nrrd(path, Image(NUMBERS.T.astype(np.complex64), grid))
    with pytest.raises(UnsupportedFormatError, match="2 frames"):
        write_volume_nrrd(path, Image(np.zeros((2, *grid.shape)), grid.with_time(2)))
    sheared = np.array(grid.ijk_to_lps)
    sheared[0, 1] = 0.5
    with pytest.raises(GeometryError, match="degrees"):
        write_volume_nrrd(path, Image(NUMBERS.T, Geometry(grid.shape, sheared)))
    with pytest.raises(WriteError, match="does not exist"):
        write_volume_nrrd(tmp_path / "none" / "v.nrrd", Image(NUMBERS.T, grid))
    monkeypatch.setattr(volume_write, "take", lambda source, size: bytes(size))
    with pytest.raises(WriteError, match="verification failed"):
        write_volume_nrrd(path, Image(NUMBERS.T, grid))
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["v.nrrd"]


def test_several_volumes_are_put_in_place_together(tmp_path: Path) -> None:
    image = Image(NUMBERS.T, geometry(np.eye(4), NUMBERS.shape))
    with Stage(tmp_path / "a.nrrd") as stage:
        for name in ("a.nrrd", "b.nrrd"):
            stage_volume_nrrd(stage, tmp_path / name, image)
        assert not (tmp_path / "a.nrrd").exists()
        stage.commit()
    assert (tmp_path / "a.nrrd").read_bytes() == (tmp_path / "b.nrrd").read_bytes()


def test_reading_a_geometry_reads_no_voxels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(tmp_path / "v.nii.gz", NUMBERS)
    monkeypatch.setattr(VoxelFile, "read_array", lambda self: pytest.fail("voxels were read"))
    assert read_volume_geometry(path).size == (2, 4, 3)
