"""Labels reach an array alike whichever way their files are read: as runs, around their zeros, or the ordinary way."""

from __future__ import annotations

import gzip
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from MultiLabelSegLib.core import Geometry
from MultiLabelSegLib.errors import CorruptFileError
from MultiLabelSegLib.formats.image_io import describe_image, write_label_image
from MultiLabelSegLib.formats.label_scatter import LabelScatter
from MultiLabelSegLib.formats.report import Report
from MultiLabelSegLib.formats.staging import Stage

SHAPE = (6, 11, 13)
KERNELS = ("never", "always")


def blobs(seed: int = 0, values: tuple[int, ...] = (0, 0, 1, 2, 9)) -> np.ndarray:
    """Boxes of values with a little noise, (k, j, i): runs, and matches that reach further back."""
    random = np.random.default_rng(seed)
    array = np.kron(random.choice(values, (2, 3, 3)), np.ones((3, 4, 5))).astype(np.uint16)[:6, :11, :13]
    array[random.random(array.shape) < 0.02] = values[-1]
    return array


def by_us(path: Path, array: np.ndarray) -> Path:
    with Stage(path) as stage:
        write_label_image(stage, path, array, Geometry.from_parts(array.shape), array.dtype)
        stage.commit()
    return path


def by_simpleitk(path: Path, array: np.ndarray) -> Path:
    sitk.WriteImage(sitk.GetImageFromArray(array), str(path), True)
    return path


def by_nibabel(path: Path, array: np.ndarray) -> Path:
    nib.save(nib.Nifti1Image(array.T, np.eye(4)), path)
    return path


WRITERS = [
    (writer, suffix)
    for writer, suffixes in (
        (by_us, (".nii.gz", ".nii", ".nrrd", ".mha", ".mhd", ".gipl.gz")),
        (by_simpleitk, (".nii.gz", ".nii", ".nrrd", ".mha", ".mhd", ".gipl.gz")),
        (by_nibabel, (".nii.gz",)),
    )
    for suffix in suffixes
]


def expected(array: np.ndarray, target: np.ndarray, values: dict[int, int]) -> np.ndarray:
    result = target.copy()
    for value, label in values.items():
        result[0][array == value] = label
    return result


@pytest.mark.parametrize(("writer", "suffix"), WRITERS)
@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16])
@pytest.mark.parametrize("kernels", KERNELS)
@pytest.mark.parametrize("values", [{1: 5}, {1: 200, 2: 1, 9: 7}, {0: 3, 2: 4}, {3: 8}, {}])
def test_all_ways_give_the_same_voxels_and_counts(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    writer: object,
    suffix: str,
    dtype: type,
    kernels: str,
    values: dict[int, int],
) -> None:
    monkeypatch.setenv("MLSEG_KERNELS", kernels)
    array = blobs().astype(np.uint16 if writer is by_us and dtype is np.int16 else dtype)
    path = writer(tmp_path / f"a{suffix}", array)  # type: ignore[operator]
    target = np.full((1, *SHAPE), 77, np.uint8)
    wanted = expected(array, target, values)
    counts = LabelScatter().place(describe_image(path, Report()), target, values, Report())
    assert np.array_equal(target, wanted)
    assert counts == {value: int((array == value).sum()) for value in (1, 2, 9)}


@pytest.mark.parametrize("kernels", KERNELS)
def test_one_scatter_serves_many_files_of_different_sizes_and_windows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kernels: str
) -> None:
    monkeypatch.setenv("MLSEG_KERNELS", kernels)
    scatter = LabelScatter()
    target = np.zeros((1, *SHAPE), np.uint16)
    wanted = target.copy()
    for number, shape in enumerate([SHAPE, (3, 4, 5), SHAPE, (1, 11, 13), (2, 2, 2)]):
        array = blobs(number)[: shape[0], : shape[1], : shape[2]]
        path = by_nibabel(tmp_path / f"{number}.nii.gz", np.ascontiguousarray(array))
        window = (slice(None), *(slice(0, size) for size in shape))
        wanted[window] = expected(array, wanted[window], {1: 300 + number, 9: 40 + number})
        scatter.place(describe_image(path, Report()), target[window], {1: 300 + number, 9: 40 + number}, Report())
        assert np.array_equal(target, wanted)


@pytest.mark.parametrize("kernels", KERNELS)
@pytest.mark.parametrize("writer", [by_us, by_nibabel])
def test_damaged_files_change_nothing_and_are_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kernels: str, writer: object
) -> None:
    monkeypatch.setenv("MLSEG_KERNELS", kernels)
    path = writer(tmp_path / "a.nii.gz", blobs())  # type: ignore[operator]
    whole, scatter = path.read_bytes(), LabelScatter()
    for damaged in (
        whole[:-3],
        whole[:-8] + bytes([whole[-8] ^ 1]) + whole[-7:],
        whole + b"x",
        whole[:-40] + whole[-39:],
    ):
        path.write_bytes(damaged)
        target = np.full((1, *SHAPE), 7, np.uint16)
        with pytest.raises(CorruptFileError) as caught:
            scatter.place(describe_image(path, Report()), target, {1: 5, 2: 6, 9: 8}, Report())
        assert caught.value.path == str(path)
        assert (target == 7).all()
    path.write_bytes(whole)
    target = np.zeros((1, *SHAPE), np.uint16)
    scatter.place(describe_image(path, Report()), target, {1: 5}, Report())
    assert np.array_equal(target[0] == 5, blobs() == 1)


@pytest.mark.parametrize("kernels", KERNELS)
def test_negative_voxels_are_refused_even_where_no_label_asks_for_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kernels: str
) -> None:
    monkeypatch.setenv("MLSEG_KERNELS", kernels)
    array = blobs().astype(np.int16)
    array[3, 4, 5] = -7
    for path in (by_nibabel(tmp_path / "a.nii.gz", array), by_simpleitk(tmp_path / "a.nrrd", array)):
        target = np.zeros((1, *SHAPE), np.uint16)
        with pytest.raises(CorruptFileError, match="1 voxels are negative"):
            LabelScatter().place(describe_image(path, Report()), target, {1: 5, 65529: 6}, Report())
        assert not target.any()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6), level=st.integers(0, 9), members=st.integers(1, 3), top=st.sampled_from([3, 65535]))
def test_any_gzip_file_is_read_alike_with_and_without_kernels(
    tmp_path: Path, seed: int, level: int, members: int, top: int
) -> None:
    array = blobs(seed, (0, 0, 0, 1, top))
    path = by_us(tmp_path / "a.nii", array)
    raw = path.read_bytes()
    cuts = sorted(np.random.default_rng(seed).integers(0, len(raw), members - 1).tolist())
    pieces = [raw[low:high] for low, high in zip([0, *cuts], [*cuts, len(raw)], strict=True)]
    (tmp_path / "a.nii.gz").write_bytes(b"".join(gzip.compress(piece, level) for piece in pieces) + bytes(seed % 5))
    found = []
    with pytest.MonkeyPatch.context() as patch:
        for kernels in KERNELS:
            patch.setenv("MLSEG_KERNELS", kernels)
            target = np.zeros((1, *SHAPE), np.uint16)
            image = describe_image(tmp_path / "a.nii.gz", Report())
            counts = LabelScatter().place(image, target, {1: 2, top: 1}, Report())
            found.append((target.tobytes(), counts))
    assert found[0] == found[1]
    assert np.array_equal(np.frombuffer(found[0][0], np.uint16).reshape(SHAPE) == 2, array == 1)
