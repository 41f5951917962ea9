"""``mlseg new`` as its users type it."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest

import MultiLabelSegLib as mls
from Testing.presets.cases import GOLDEN


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """A float image of 4x5x6 voxels."""
    affine = np.diag([-1.0, -2.0, 3.0, 1.0])
    nibabel.save(
        nibabel.Nifti1Image(np.linspace(-1, 1, 120, dtype=np.float32).reshape(4, 5, 6), affine), tmp_path / "i.nii"
    )
    return tmp_path / "i.nii"


def test_a_new_segmentation_has_the_images_grid_and_one_red_label(mlseg, image: Path, tmp_path: Path) -> None:
    answer = mlseg("new", "--image", image, "-o", tmp_path / "seg.nrrd")
    assert answer.code == 0
    assert f"wrote {tmp_path / 'seg.nrrd'}: 1 groups, 1 labels" in answer.out
    made = mls.read(tmp_path / "seg.nrrd")
    assert [(label.value, label.name, label.color_bytes) for label in made.labels] == [(1, "Label 1", (190, 0, 50))]
    assert made.geometry.shape == (6, 5, 4)
    assert made.geometry.spacing == (1, 2, 3)
    assert not made.groups[0].array.any()


@pytest.mark.parametrize("name", ["preset.mitklabel.json", "preset.lsetp", "base.nrrd"])
def test_a_preset_gives_its_labels(mlseg, image: Path, tmp_path: Path, name: str) -> None:
    assert mlseg("new", "--image", image, "--preset", GOLDEN / name, "-o", tmp_path / "seg.nrrd").code == 0
    made = mls.read(tmp_path / "seg.nrrd")
    assert made.values == ((1, 5, 9, 4) if name == "base.nrrd" else (1, 77, 9, 100))
    assert not any(group.array.any() for group in made.groups)


def test_a_segmentation_gives_its_grid_too(mlseg, seg_nrrd: Path) -> None:
    assert mlseg("new", "--image", seg_nrrd, "-o", seg_nrrd.with_name("n.nrrd")).code == 0
    assert mls.read(seg_nrrd.with_name("n.nrrd")).geometry.is_congruent(mls.read(seg_nrrd).geometry)


def test_files_are_replaced_on_request_only(mlseg, image: Path, tmp_path: Path) -> None:
    out = tmp_path / "seg.nrrd"
    out.write_text("mine")
    answer = mlseg("new", "--image", image, "-o", out)
    assert (answer.code, out.read_text()) == (1, "mine")
    assert mlseg("new", "--image", image, "-o", out, "--overwrite").code == 0
    assert mls.read(out).values == (1,)


def test_lines_of_a_table_that_are_left_out_are_named(mlseg, image: Path, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("value,name\n1,a\nx,b\n")
    answer = mlseg("new", "--image", image, "--preset", tmp_path / "t.csv", "-o", tmp_path / "seg.nrrd")
    assert answer.code == 3
    assert "t.csv, line 3" in answer.err
    assert mls.read(tmp_path / "seg.nrrd").values == (1,)


def test_what_is_no_image_is_refused_by_name(mlseg, tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("no image")
    answer = mlseg("new", "--image", tmp_path / "x.txt", "-o", tmp_path / "seg.nrrd")
    assert answer.code == 1
    assert "x.txt" in answer.err
