"""Images of any numbers: written, judged by SimpleITK, read back; nothing half written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from MultiLabelSegLib.core import Geometry, Image
from MultiLabelSegLib.errors import FormatError, UnsupportedFormatError, WriteError
from MultiLabelSegLib.formats import image_file
from MultiLabelSegLib.formats.image_file import save_image
from MultiLabelSegLib.formats.image_io import read_image
from MultiLabelSegLib.formats.report import Report

TURN = np.array([[0.8, -0.6, 0], [0.6, 0.8, 0], [0, 0, 1]])
GEOMETRY = Geometry.from_parts((3, 4, 5), (0.5, 0.75, 2), (-10, 20.5, 30), TURN)


def some_numbers(dtype: str, shape: tuple[int, ...] = (1, 3, 4, 5)) -> np.ndarray:
    rng = np.random.default_rng(1)
    if np.dtype(dtype).kind == "f":
        return rng.normal(0, 1000, shape).astype(dtype)
    limits = np.iinfo(dtype)
    return rng.integers(limits.min, limits.max, shape, dtype, endpoint=True)


@pytest.mark.parametrize("suffix", image_file.SUFFIXES)
@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16", "uint16", "int32", "float32", "float64"])
def test_simpleitk_reads_the_same_numbers_at_the_same_place(tmp_path: Path, suffix: str, dtype: str) -> None:
    pixels = some_numbers(dtype)
    path = save_image(Image(pixels, GEOMETRY), tmp_path / f"image{suffix}")
    judged = sitk.ReadImage(str(path))
    np.testing.assert_array_equal(sitk.GetArrayFromImage(judged), pixels[0])
    assert sitk.GetArrayFromImage(judged).dtype == np.dtype(dtype)
    np.testing.assert_allclose(judged.GetOrigin(), GEOMETRY.origin, atol=1e-4)
    np.testing.assert_allclose(np.reshape(judged.GetDirection(), (3, 3)), GEOMETRY.direction, atol=1e-6)
    np.testing.assert_array_equal(read_image(path).array, pixels)


@pytest.mark.parametrize("suffix", image_file.SUFFIXES)
def test_frames_come_back(tmp_path: Path, suffix: str) -> None:
    pixels = some_numbers("int16", (2, 3, 4, 5))
    path = save_image(Image(pixels, GEOMETRY.with_time(2)), tmp_path / f"image{suffix}")
    np.testing.assert_array_equal(read_image(path).array, pixels)


def test_nrrd_keeps_the_keys_and_lost_times_are_told(tmp_path: Path) -> None:
    timed = Geometry(GEOMETRY.shape, GEOMETRY.ijk_to_lps, 2, (0.0, 5.0, 25.0))
    report = Report()
    image = Image(some_numbers("uint8", (2, 3, 4, 5)), timed, {"Modality": "CT", "note": "zwei\nZeilen"})
    path = save_image(image, tmp_path / "a.nrrd", report=report)
    found = read_image(path).metadata
    assert {key: found[key] for key in image.metadata} == image.metadata
    assert "times of the frames" in str(report.notes[0])


def test_what_cannot_be_written_is_refused(tmp_path: Path) -> None:
    image = Image(some_numbers("int16"), GEOMETRY)
    with pytest.raises(UnsupportedFormatError, match="images are written as"):
        save_image(image, tmp_path / "a.png")
    for suffix in image_file.SUFFIXES:
        with pytest.raises(UnsupportedFormatError):
            save_image(Image(image.array.astype(np.float16), GEOMETRY), tmp_path / f"half{suffix}")
        sheared = np.array(GEOMETRY.ijk_to_lps)
        sheared[0, 1] += 0.2
        if suffix != ".nrrd":
            with pytest.raises(UnsupportedFormatError, match="right angles"):
                save_image(Image(image.array, Geometry((3, 4, 5), sheared)), tmp_path / f"sheared{suffix}")
    with pytest.raises(WriteError, match="does not exist"):
        save_image(image, tmp_path / "nowhere" / "a.nrrd")
    assert list(tmp_path.iterdir()) == []


def test_an_old_file_survives_what_does_not_read_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = Image(some_numbers("int16"), GEOMETRY)
    path = save_image(image, tmp_path / "a.nrrd")
    before = path.read_bytes()
    with pytest.raises(FormatError, match="exists already"):
        save_image(image, path)
    monkeypatch.setattr(image_file, "_gzipped", lambda made: iter((b"",)))
    with pytest.raises(WriteError, match="verification failed"):
        save_image(image, path, overwrite=True)
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == ["a.nrrd"]
