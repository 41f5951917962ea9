"""``mlseg info``, ``diff``, ``preview``, ``formats``, ``demo`` and the entry itself."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pil

import MultiLabelSegLib as mls
from MultiLabelSegLib.edit import History
from Testing.cli.cases import a_segmentation


def test_info_as_json_says_everything(mlseg, seg_nrrd: Path) -> None:
    found = json.loads(mlseg("info", seg_nrrd, "--json").out)
    assert (found["path"], found["format"], found["unlabeled_locked"]) == (str(seg_nrrd), "mitk-nrrd", False)
    geometry = found["geometry"]
    assert (geometry["size"], geometry["time_steps"]) == ([6, 5, 4], 1)
    assert geometry["spacing"] == pytest.approx([0.5, 0.75, 2])
    assert geometry["direction"][0] == pytest.approx([0.8, -0.6, 0])
    liver, empty = found["groups"][0]["labels"]
    assert (liver["value"], liver["name"], liver["voxels"], liver["locked"]) == (3, "Liver", 24, False)
    assert liver["bounding_box_ijk"] == [[1, 4], [1, 3], [1, 2]]
    assert liver["volume_mm3"] == pytest.approx(24 * 0.75)
    assert liver["centroid_lps"] == pytest.approx(a_segmentation().geometry.lps_from_ijk([2.5, 2, 1.5]).tolist())
    assert (empty["voxels"], empty["bounding_box_ijk"], empty["centroid_lps"]) == (0, None, None)
    assert found["groups"][1]["labels"][0]["description"] == 'say "ah"'


def test_info_of_several_frames_has_them_all(mlseg, tmp_path: Path) -> None:
    array = np.zeros((2, 1, 2, 2), np.uint8)
    array[1, 0, 1, 1] = 5
    geometry = mls.Geometry.from_parts((1, 2, 2), time_steps=2, time_bounds=(0, 1.5, 4))
    mls.write(mls.Segmentation(geometry, [mls.Group(array, [mls.Label(5, "a")])]), tmp_path / "t.nrrd")
    label = json.loads(mlseg("info", tmp_path / "t.nrrd", "--json").out)["groups"][0]["labels"][0]
    assert [frame["voxels"] for frame in label["per_frame"]] == [0, 1]
    assert label["voxels"] == 1


def test_info_as_a_table_names_groups_and_labels(mlseg, seg_nrrd: Path) -> None:
    answer = mlseg("info", seg_nrrd)
    assert answer.code == 0
    for text in ("6 x 5 x 4", "Organs", "Liver", "Tumör", "locked"):
        assert text in answer.out


def test_diff_says_same_different_and_not_comparable(mlseg, seg_nrrd: Path, apart_nrrd: Path, tmp_path: Path) -> None:
    assert mlseg("diff", seg_nrrd, seg_nrrd).code == 0
    answer = mlseg("diff", seg_nrrd, apart_nrrd, "--json")
    assert answer.code == 1
    rows = {row["value"]: row for row in json.loads(answer.out)["labels"]}
    assert rows["3"]["voxels_b"] == 22
    assert rows["3"]["dice"] == pytest.approx(2 * 22 / 46)
    assert rows["3"]["centroid_shift_mm"] > 0
    assert rows["700"]["identical"]
    mls.write(mls.new(mls.Geometry.from_parts((1, 1, 1))), tmp_path / "other.nrrd")
    assert mlseg("diff", seg_nrrd, tmp_path / "other.nrrd").code == 4
    assert mlseg("diff", seg_nrrd, tmp_path / "missing.nrrd").code == 4


def test_diff_by_name_finds_renumbered_labels(mlseg, seg_nrrd: Path) -> None:
    out = seg_nrrd.with_name("c.nrrd")
    mlseg("convert", "-i", seg_nrrd, "-o", out, "--values", "consecutive")
    assert mlseg("diff", seg_nrrd, out, "--match", "name", "--voxels-only").code == 0
    assert mlseg("diff", seg_nrrd, out).code == 1


def test_a_preview_is_a_picture_that_shows_the_labels_colours(mlseg, seg_nrrd: Path) -> None:
    out = seg_nrrd.with_name("p.png")
    assert mlseg("preview", seg_nrrd, "-o", out).code == 0
    pixels = np.asarray(Pil.open(out).convert("RGB")).reshape(-1, 3)
    colors = {tuple(color) for color in np.unique(pixels, axis=0).tolist()}
    assert (0, 128, 0) in colors
    assert (255, 0, 0) in colors


def test_a_preview_page_holds_the_picture_and_the_names(mlseg, seg_nrrd: Path) -> None:
    out = seg_nrrd.with_name("p.html")
    assert mlseg("preview", seg_nrrd, "-o", out).code == 0
    text = out.read_text(encoding="utf-8")
    assert "data:image/png;base64," in text
    assert "Tumör" in text
    assert mlseg("preview", seg_nrrd, "-o", out).code == 1
    assert mlseg("preview", seg_nrrd, "-o", seg_nrrd.with_name("p.jpg")).code == 2


@pytest.mark.parametrize("slices", ["-3", "1000000"])
def test_an_impossible_number_of_slices_is_wrong_usage(mlseg, seg_nrrd: Path, slices: str) -> None:
    answer = mlseg("preview", seg_nrrd, "-o", seg_nrrd.with_name("p.png"), "--slices", slices)
    assert (answer.code, len(answer.err.splitlines())) == (2, 1)


def test_names_in_a_file_cannot_steer_the_terminal(mlseg, tmp_path: Path) -> None:
    array = np.ones((1, 1, 1, 2), np.uint8)
    labels = [mls.Label(1, "a\x1b[2Jb\nc\u202e")]
    hostile = mls.Segmentation(mls.Geometry.from_parts((1, 1, 2)), [mls.Group(array, labels, "g\x07")])
    mls.write(hostile, tmp_path / "h.nrrd")
    mls.write(hostile.with_groups([mls.Group(array * 0, labels, "g\x1b")]), tmp_path / "i.nrrd")
    for arguments in (
        ["info", tmp_path / "h.nrrd"],
        ["diff", tmp_path / "h.nrrd", tmp_path / "i.nrrd", "--match", "name"],
    ):
        answer = mlseg(*arguments)
        assert answer.code in (0, 1)
        assert "a\\x1b[2Jb\\nc\\u202e" in answer.out
        assert all(mark.isprintable() or mark == "\n" for mark in answer.out)


def test_formats_lists_every_format_with_what_it_holds(mlseg) -> None:
    rows = {row["id"]: row for row in json.loads(mlseg("formats", "--json").out)}
    assert {"mitk-nrrd", "mitk-stack", "slicer-seg-nrrd", "labelmap", "label-folder"} <= set(rows)
    assert rows["mitk-nrrd"]["holds"]["overlap"]
    assert not rows["labelmap"]["holds"]["overlap"]
    assert "label" in mlseg("formats").out


def test_the_demo_comes_back_identical_and_shows_it(mlseg, tmp_path: Path) -> None:
    answer = mlseg("demo", "-o", tmp_path / "demo folder")
    assert answer.code == 0
    assert answer.out.count("identical") == 10
    page = (tmp_path / "demo folder" / "report.html").read_text(encoding="utf-8")
    assert page.count("data:image/png;base64,") == 2
    assert "left lung" in page


def test_the_entry_names_versions_commands_and_unknown_ones(mlseg) -> None:
    assert mlseg("--version").out == f"mlseg {mls.__version__}\n"
    assert "convert" in mlseg("--help").out
    assert mlseg("nonsense").code == 2
    assert mlseg("convert", "--nonsense").code == 2


def test_the_history_is_part_of_the_python_face() -> None:
    history = History(a_segmentation())
    assert not history.can_undo


def test_the_working_folder_and_the_one_above_are_folders_of_masks_like_others(
    mlseg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, apart_nrrd: Path
) -> None:
    assert mlseg("extract", apart_nrrd, "-o", tmp_path / "masks", "--binary").code == 0
    (tmp_path / "masks" / "labels.json").unlink()
    (tmp_path / "masks" / "below").mkdir()
    named = mlseg("info", tmp_path / "masks", "--json").out
    monkeypatch.chdir(tmp_path / "masks")
    shown = [mlseg("info", ".", "--json"), mlseg("info", "..//masks", "--json")]
    monkeypatch.chdir(tmp_path / "masks" / "below")
    shown.append(mlseg("info", "..", "--json"))
    for answer in shown:
        assert answer.code in (0, 3)
        assert [label["name"] for label in json.loads(answer.out)["groups"][0]["labels"]] == [
            label["name"] for label in json.loads(named)["groups"][0]["labels"]
        ]


@pytest.mark.parametrize(
    "words",
    [
        ["info", ""],
        ["convert", "-i", "", "-o", "out.nrrd"],
        ["convert", "-i", "seg.nrrd", "-o", ""],
        ["convert", "-i", "seg.nrrd", "-o", "a\0b.nrrd"],
        ["stats", "seg.nrrd", "--csv", ""],
        ["preset", "show", ""],
        ["labels", "seg.nrrd", "-o", "", "add", "x"],
        ["labels", "seg.nrrd", "remove", "3", "-o", ""],
    ],
)
def test_an_empty_path_is_refused_and_never_the_working_folder(
    mlseg, seg_nrrd: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.chdir(seg_nrrd.parent)
    before = sorted(seg_nrrd.parent.iterdir())
    answer = mlseg(*words)
    assert answer.code == 2
    assert "is no path" in answer.err
    assert sorted(seg_nrrd.parent.iterdir()) == before
