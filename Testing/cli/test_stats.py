"""``mlseg stats``: the table, CSV and JSON, choices, frames and what is refused."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

import MultiLabelSegLib as mls
from Testing.cli.cases import a_segmentation


@pytest.fixture
def image(seg_nrrd: Path) -> Path:
    """An image on the segmentation's grid whose intensities count the voxels."""
    geometry = a_segmentation().geometry
    made = sitk.GetImageFromArray(np.arange(120, dtype=np.int16).reshape(4, 5, 6))
    made.SetSpacing(geometry.spacing)
    made.SetOrigin(geometry.origin)
    made.SetDirection(geometry.direction.ravel().tolist())
    sitk.WriteImage(made, str(seg_nrrd.with_name("image.nii.gz")))
    return seg_nrrd.with_name("image.nii.gz")


def test_the_table_shows_every_label_of_every_group(mlseg, seg_nrrd: Path, image: Path) -> None:
    answer = mlseg("stats", seg_nrrd, "--image", image)
    assert (answer.code, answer.err) == (0, "")
    lines = answer.out.splitlines()
    assert lines[0] == "group 0  Organs"
    assert lines[1].split() == ["value", "name", "voxels", "ml", "mm2", "mean", "sd", "min", "median", "max"]
    liver = next(line for line in lines if "Liver" in line).split()
    inside = np.arange(120).reshape(4, 5, 6)[1:3, 1:4, 1:5]
    assert liver[:4] == ["3", "Liver", "24", "0.018"]
    assert [float(word) for word in liver[5:]] == pytest.approx(
        [inside.mean(), inside.std(ddof=1), inside.min(), np.median(inside), inside.max()], rel=1e-5
    )
    assert next(line for line in lines if "Empty" in line).split() == ["40", "Empty", "0", "0.000"]
    assert "Tumör" in answer.out


def test_csv_and_json_hold_everything(mlseg, seg_nrrd: Path, image: Path) -> None:
    folder = seg_nrrd.parent
    arguments = ("stats", seg_nrrd, "-i", image, "--percentiles", 10, 90)
    assert mlseg(*arguments, "--csv", folder / "a.csv").out == f"wrote {folder / 'a.csv'}: 3 rows\n"
    assert mlseg(*arguments, "--json", folder / "a.json").code == 0
    with (folder / "a.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    told = json.loads((folder / "a.json").read_text("utf-8"))
    assert [row["name"] for row in rows] == ["Liver", "Empty", "Tumör"] == [row["name"] for row in told["labels"]]
    assert told["percentiles"] == [10, 90]
    inside = np.arange(120).reshape(4, 5, 6)[1:3, 1:4, 1:5]
    assert told["labels"][0]["percentile_90"] == pytest.approx(np.percentile(inside, 90))
    assert float(rows[0]["percentile_10"]) == pytest.approx(np.percentile(inside, 10))
    assert rows[1]["mean"] == ""
    assert mlseg(*arguments, "--json", "-").out == (folder / "a.json").read_text("utf-8")


def test_labels_are_chosen_by_value_or_name_and_the_area_left_out(mlseg, seg_nrrd: Path) -> None:
    answer = mlseg("stats", seg_nrrd, "--labels", "Tumör", "3", "--no-surface", "--csv", "-")
    rows = list(csv.DictReader(answer.out.splitlines()))
    assert [row["value"] for row in rows] == ["700", "3"]
    assert "surface_area_mm2" not in rows[0]
    answer = mlseg("stats", seg_nrrd, "--labels", "Kidney")
    assert (answer.code, len(answer.err.splitlines())) == (1, 1)
    assert "Kidney" in answer.err


def test_frames_are_measured_one_by_one(mlseg, tmp_path: Path) -> None:
    array = np.zeros((2, 1, 2, 2), np.uint8)
    array[1, 0, 1] = 5
    geometry = mls.Geometry.from_parts((1, 2, 2), time_steps=2)
    mls.write(mls.Segmentation(geometry, [mls.Group(array, [mls.Label(5, "a")])]), tmp_path / "t.nrrd")
    answer = mlseg("stats", tmp_path / "t.nrrd")
    assert [line for line in answer.out.splitlines() if line.startswith("group")] == (
        ["group 0  Group 1, frame 0", "group 0  Group 1, frame 1"]
    )
    rows = list(csv.DictReader(mlseg("stats", tmp_path / "t.nrrd", "--frame", 1, "--csv", "-").out.splitlines()))
    assert [(row["frame"], row["voxels"]) for row in rows] == [("1", "2")]
    assert "no frame 2" in mlseg("stats", tmp_path / "t.nrrd", "--frame", 2).err


def test_an_output_is_replaced_only_when_that_is_asked_for(mlseg, seg_nrrd: Path) -> None:
    out = seg_nrrd.with_name("out.csv")
    out.write_text("mine", encoding="utf-8")
    answer = mlseg("stats", seg_nrrd, "--csv", out)
    assert answer.code == 1
    assert "--overwrite" in answer.err
    assert out.read_text("utf-8") == "mine"
    assert mlseg("stats", seg_nrrd, "--csv", out, "--overwrite").code == 0
    assert "Liver" in out.read_text("utf-8")


def test_what_is_wrong_is_one_line_that_names_it(mlseg, seg_nrrd: Path, tmp_path: Path) -> None:
    sitk.WriteImage(sitk.Image([6, 5, 4], sitk.sitkInt16), str(tmp_path / "other.nrrd"))
    for arguments, code, told in (
        (("--image", tmp_path / "other.nrrd"), 1, "does not lie on the segmentation's grid"),
        (("--image", tmp_path / "none.nrrd"), 1, "none.nrrd"),
        (("--percentiles", 120), 2, "percentiles"),
        (("--csv", tmp_path / "no folder" / "a.csv"), 1, "does not exist"),
    ):
        answer = mlseg("stats", seg_nrrd, *arguments)
        assert (answer.code, len(answer.err.splitlines())) == (code, 1)
        assert told in answer.err


def test_a_segmentation_without_labels_says_so(mlseg, tmp_path: Path) -> None:
    mls.write(mls.new(mls.Geometry.from_parts((1, 1, 2))), tmp_path / "empty.nrrd")
    assert mlseg("stats", tmp_path / "empty.nrrd").out == "there are no labels\n"


def test_names_cannot_steer_the_terminal(mlseg, tmp_path: Path) -> None:
    array = np.ones((1, 1, 1, 2), np.uint8)
    hostile = mls.Segmentation(mls.Geometry.from_parts((1, 1, 2)), [mls.Group(array, [mls.Label(1, "a\x1b[2J")])])
    mls.write(hostile, tmp_path / "h.nrrd")
    answer = mlseg("stats", tmp_path / "h.nrrd")
    assert "a\\x1b[2J" in answer.out
    assert "\x1b" not in answer.out
