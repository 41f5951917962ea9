"""mlseg crop: the segmentation and its image cut alike, in place in space."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import MultiLabelSegLib as mls
from MultiLabelSegLib.core import Image
from MultiLabelSegLib.formats.image_file import save_image
from MultiLabelSegLib.formats.image_io import read_image


@pytest.fixture
def ct(seg_nrrd: Path) -> Path:
    """An image on the segmentation's grid."""
    geometry = mls.read(seg_nrrd).geometry
    pixels = np.arange(-60, 60, dtype=np.int16).reshape(geometry.full_shape)
    return save_image(Image(pixels, geometry), seg_nrrd.parent / "ct.nii.gz")


def test_it_crops_to_all_labels_and_keeps_their_place(
    mlseg: Callable[..., Any], seg_nrrd: Path, tmp_path: Path
) -> None:
    answer = mlseg("crop", seg_nrrd, "-o", tmp_path / "small.nrrd")
    assert (answer.code, answer.err) == (0, "")
    assert "voxels i 1...4, j 1...3, k 1...2" in answer.out
    small, whole = mls.read(tmp_path / "small.nrrd"), mls.read(seg_nrrd)
    assert small.geometry.shape == (2, 3, 4)
    assert [(label.name, small.voxels(label.value)) for label in small.labels] == [
        (label.name, whole.voxels(label.value)) for label in whole.labels
    ]
    np.testing.assert_allclose(small.centroid_lps(3), whole.centroid_lps(3), atol=1e-6)


def test_the_image_is_cropped_alike(mlseg: Callable[..., Any], seg_nrrd: Path, ct: Path, tmp_path: Path) -> None:
    for name in ("ct.nii.gz", "ct.nrrd", "ct.mha"):
        answer = mlseg(
            "crop", seg_nrrd, "-o", tmp_path / "s.nrrd", "--overwrite", "--margin", 1,
            "--image", ct, "--image-output", tmp_path / name,
        )  # fmt: skip
        assert (answer.code, answer.err) == (0, "")
        image = read_image(tmp_path / name)
        assert image.geometry.is_congruent(mls.read(tmp_path / "s.nrrd").geometry, 1e-4, 1e-5)
        np.testing.assert_array_equal(image.array, read_image(ct).array[:, 0:4, 0:5, 0:6])


def test_labels_that_are_not_named_are_cut_off_and_that_is_said(
    mlseg: Callable[..., Any], seg_nrrd: Path, tmp_path: Path
) -> None:
    answer = mlseg("crop", seg_nrrd, "-o", tmp_path / "tumour.nrrd", "--labels", "Tumör", "--margin-mm", "0.5")
    assert answer.code == 3
    assert "left out: Liver: " in answer.err
    small = mls.read(tmp_path / "tumour.nrrd")
    assert small.geometry.shape == (3, 3, 4)
    assert small.voxels(700) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--margin", "-1"], "margin"),
        (["--margin-mm", "nan"], "margin-mm"),
        (["--image-output", "x.nrrd"], "--image and --image-output together"),
        (["--labels", "Heart"], "no label is named 'Heart'"),
        (["--labels", "Empty"], "nothing to crop to"),
    ],
)
def test_mistakes_write_nothing(
    mlseg: Callable[..., Any], seg_nrrd: Path, tmp_path: Path, arguments: list[str], message: str
) -> None:
    answer = mlseg("crop", seg_nrrd, "-o", tmp_path / "out.nrrd", *arguments)
    assert answer.code in (1, 2)
    assert message in answer.err
    assert not (tmp_path / "out.nrrd").exists()


def test_an_input_and_an_existing_file_are_not_overwritten(
    mlseg: Callable[..., Any], seg_nrrd: Path, ct: Path, tmp_path: Path
) -> None:
    before = seg_nrrd.read_bytes()
    assert "is an input" in mlseg("crop", seg_nrrd, "-o", seg_nrrd, "--overwrite").err
    assert seg_nrrd.read_bytes() == before
    (tmp_path / "there.nrrd").write_text("old")
    assert "exists already" in mlseg("crop", seg_nrrd, "-o", tmp_path / "there.nrrd").err
    assert (tmp_path / "there.nrrd").read_text() == "old"
    answer = mlseg("crop", seg_nrrd, "-o", tmp_path / "a.nrrd", "--image", ct, "--image-output", tmp_path / "a.png")
    assert (answer.code, "images are written as" in answer.err) == (1, True)
    assert not (tmp_path / "a.nrrd").exists()


def test_an_image_elsewhere_is_refused(mlseg: Callable[..., Any], seg_nrrd: Path, tmp_path: Path) -> None:
    geometry = mls.Geometry.from_parts((4, 5, 6), (0.5, 0.75, 2), (0, 0, 0))
    save_image(Image(np.zeros((4, 5, 6), np.uint8), geometry), tmp_path / "elsewhere.nrrd")
    answer = mlseg(
        "crop", seg_nrrd, "-o", tmp_path / "a.nrrd", "--image", tmp_path / "elsewhere.nrrd",
        "--image-output", tmp_path / "b.nrrd",
    )  # fmt: skip
    assert (answer.code, "does not lie on the segmentation's grid" in answer.err) == (1, True)
    assert not (tmp_path / "a.nrrd").exists()
