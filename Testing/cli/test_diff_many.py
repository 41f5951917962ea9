"""``mlseg diff`` over two sets of cases."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest

import MultiLabelSegLib as mls
from Testing.cli.cases import a_segmentation


@pytest.fixture
def two_sets(tmp_path: Path) -> tuple[Path, Path]:
    """Cases one (alike), two (a voxel less), in NRRD and NIfTI; `only` is in the first set alone."""
    sets = tmp_path / "truth", tmp_path / "out put"
    for folder in sets:
        folder.mkdir()
    whole = a_segmentation(overlapping=False)
    for name in ("one", "two", "only"):
        mls.write(whole, sets[0] / f"{name}.nrrd")
    mls.write(whole, sets[1] / "one.nii.gz")
    array = whole.groups[0].array.copy()
    array[0, 1, 1, 1] = 0
    less = whole.with_groups([mls.Group(array, whole.groups[0].labels), whole.groups[1]])
    mls.write(less, sets[1] / "two.nii.gz")
    return sets


def test_folders_are_compared_case_by_case_with_reports(mlseg, two_sets, tmp_path: Path) -> None:
    reports = [tmp_path / f"r.{kind}" for kind in ("html", "csv", "json")]
    flags = [word for path in reports for word in ("--report", path)]
    answer = mlseg("diff", *two_sets, "-j", "1", *flags)
    assert answer.code == 4
    assert "FAILED only: is only in the first set" in answer.err
    assert "3 cases: 1 identical, 1 different, 1 failed" in answer.out
    cases = {case["case"]: case for case in json.loads(reports[2].read_text("utf-8"))["cases"]}
    liver = next(row for row in cases["two"]["labels"] if row["key"] == "3")
    assert (liver["voxels_a"], liver["voxels_b"]) == (22, 21)
    assert liver["dice"] == pytest.approx(42 / 43)
    rows = list(csv.DictReader(reports[1].open(encoding="utf-8-sig", newline="")))
    assert len(rows) == 7
    page = reports[0].read_text("utf-8")
    assert "<svg" in page
    assert "is only in the first set" in page


def test_patterns_pair_cases_and_processes_give_the_same(mlseg, two_sets) -> None:
    first, second = two_sets
    patterns = (f"{first}/{{case}}.nrrd", f"{second}/{{case}}.nii.gz")
    answers = [mlseg("diff", *patterns, "--json", "-j", jobs) for jobs in (1, 2)]
    assert answers[0].out == answers[1].out
    assert [case["case"] for case in json.loads(answers[0].out)["cases"]] == ["one", "only", "two"]


def test_figures_of_two_files_and_exit_codes(mlseg, two_sets) -> None:
    first, second = two_sets
    assert mlseg("diff", first / "one.nrrd", second / "one.nii.gz", "--metrics").code == 0
    answer = mlseg("diff", first / "two.nrrd", second / "two.nii.gz", "--metrics", "--match", "name")
    assert answer.code == 1
    assert "Tumör" in answer.out
    assert mlseg("diff", first, second, "--tolerance", "-1").code == 2
    assert mlseg("diff", first, second, "--report", "x.pdf").code == 2


def test_a_broken_file_fails_its_case_alone(mlseg, two_sets) -> None:
    first, second = two_sets
    (second / "two.nii.gz").write_bytes((second / "two.nii.gz").read_bytes()[:60])
    answer = mlseg("diff", first, second, "-j", "2")
    assert answer.code == 4
    assert "FAILED two" in answer.err
    assert "1 identical" in answer.out


def test_figures_are_kept_and_a_case_that_takes_too_long_fails_alone(mlseg, two_sets, tmp_path: Path) -> None:
    words = ("diff", *two_sets, "--json", "--resume", tmp_path / "kept", "-j", "1")
    answers = [mlseg(*words) for _ in range(2)]
    assert answers[0].out == answers[1].out
    assert answers[0].out == mlseg("diff", *two_sets, "--json").out
    journal = (tmp_path / "kept" / "mlseg-batch.jsonl").read_text("utf-8")
    assert len(journal.splitlines()) == 3
    late = mlseg("diff", *two_sets, "--timeout", "0.00001")
    assert (late.code, late.err.count("took longer than 1e-05 s")) == (4, 2)


def test_two_folders_of_masks_can_be_one_segmentation_each(mlseg, tmp_path: Path) -> None:
    grid = mls.Geometry.from_parts((2, 3, 4))
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        for name in ("Liver", "Spleen"):
            array = np.zeros(grid.shape, np.uint8)
            array[0, 0, len(name) - 5] = 1
            mls.write(
                mls.Segmentation(grid, [mls.Group(array, [mls.Label(1, name)])]), tmp_path / folder / f"{name}.nii.gz"
            )
            (tmp_path / folder / f"{name}.txt").unlink(missing_ok=True)
    assert mlseg("diff", tmp_path / "a", tmp_path / "b", "--as-one").code == 0
    assert "2 cases: 2 identical" in mlseg("diff", tmp_path / "a", tmp_path / "b", "-j", "1").out


def test_folders_with_dicom_segmentations_among_others_are_sets(mlseg, two_sets) -> None:
    first, second = two_sets
    (first / "only.nrrd").unlink()
    for name in ("one", "two"):
        mls.write(mls.read(second / f"{name}.nii.gz"), second / f"{name}.dcm", options={"synthetic": "true"})
        (second / f"{name}.nii.gz").unlink()
    assert "2 cases: 1 identical, 1 different, 0 failed" in mlseg("diff", first, second, "-j", "1").out


@pytest.mark.parametrize(
    "words", [("truth", "gone"), ("gone", "truth"), ("gone", "gone"), ("truth/one.nrrd", "gone.nrrd")]
)
def test_a_path_that_is_not_there_is_named(mlseg, two_sets, tmp_path: Path, words: tuple[str, str]) -> None:
    answer = mlseg("diff", *(tmp_path / word for word in words))
    assert answer.code == 4
    assert re.search(r"gone(\.nrrd)?: there is no such file or folder", answer.err)
