"""BIDS derivatives: files and names as the standard has them, groups restored, foreign data sets read."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import MultiLabelSegLib as mls
from MultiLabelSegLib.core.compare import compare
from MultiLabelSegLib.datasets.bids.names import group_names, parse_name, subject_of
from MultiLabelSegLib.formats.image_write import write_label_image
from MultiLabelSegLib.formats.staging import Stage
from Testing.datasets.made_cases import a_geometry, folders_of, make_cases

#: beside this Python, or wherever programs are found
VALIDATOR = shutil.which(
    "bids-validator-deno", path=os.pathsep.join([str(Path(sys.executable).parent), *os.get_exec_path()])
)


@pytest.fixture
def derivative(mlseg, tmp_path: Path) -> Path:
    made, out = make_cases(tmp_path / "in", 2), tmp_path / "derivative"
    (made / "seg/p1.nrrd").rename(made / "seg/sub-07_ses-2.nrrd")
    (made / "ct/p1.nii.gz").rename(made / "ct/sub-07_ses-2.nii.gz")
    answer = mlseg("dataset", "export", "--to", "bids", *folders_of(made), "-o", out)
    assert answer.code == 0, answer.err
    return out


def test_files_are_where_the_standard_has_them(derivative: Path) -> None:
    found = sorted(path.relative_to(derivative).as_posix() for path in derivative.glob("sub-*/**/*") if path.is_file())
    stems = ["sub-07/ses-2/anat/sub-07_ses-2_desc-", "sub-p0/anat/sub-p0_desc-"]
    endings = [f"{group}_dseg.{ending}" for group in ("Lesions", "Organs") for ending in ("json", "nii.gz", "tsv")]
    assert found == [stem + ending for stem in stems for ending in endings]
    description = json.loads((derivative / "dataset_description.json").read_text())
    assert (description["DatasetType"], description["GeneratedBy"][0]["Name"]) == ("derivative", "MultiLabelSeg")
    table = (derivative / "sub-p0/anat/sub-p0_desc-Organs_dseg.tsv").read_text().splitlines()
    assert table == ["index\tname\tcolor", "40\tLiver\t#ff0000", "7\tSpleen\t#00ff00", "9\tGallbladder\t#ffff00"]


def test_everything_comes_back(mlseg, tmp_path: Path, derivative: Path) -> None:
    answer = mlseg("dataset", "import", derivative, "-o", tmp_path / "back")
    assert answer.code == 0, answer.err
    for name, source in (("p0", "p0"), ("sub-07_ses-2", "sub-07_ses-2")):
        before, after = mls.read(tmp_path / f"in/seg/{source}.nrrd"), mls.read(tmp_path / f"back/{name}.nrrd")
        assert compare(before, after).identical
        assert [group.name for group in after.groups] == ["Organs", "Lesions"]
        assert after.uid == before.uid
    assert "p0,../in/ct/p0.nii.gz,p0.nrrd,train" in (tmp_path / "back/cases.csv").read_text()


def test_without_our_json_groups_and_names_come_from_files_and_tables(mlseg, tmp_path: Path, derivative: Path) -> None:
    for path in derivative.glob("sub-*/**/*.json"):
        path.unlink()
    assert mlseg("dataset", "import", derivative, "-o", tmp_path / "back").code == 0
    before, after = mls.read(tmp_path / "in/seg/p0.nrrd"), mls.read(tmp_path / "back/sub-p0.nrrd")
    assert [group.name for group in after.groups] == ["Lesions", "Organs"]
    for label in before.labels:
        assert (after[label.value].name, after[label.value].color) == (label.name, label.color)
        assert np.array_equal(after.mask(label.value), before.mask(label.value))


def test_tables_are_inherited_and_probabilities_are_refused_with_the_reason(mlseg, tmp_path: Path) -> None:
    folder = tmp_path / "other/sub-1/anat"
    folder.mkdir(parents=True)
    array = np.zeros(a_geometry().full_shape, np.uint8)
    array[0, 0, 0, :2] = (1, 5)
    with Stage(folder / "x") as stage:
        write_label_image(stage, folder / "sub-1_desc-aseg_dseg.nii.gz", array, a_geometry(), np.uint8)
        stage.commit()
    (folder / "sub-1_label-GM_probseg.nii.gz").write_bytes(b"x")
    (tmp_path / "other/desc-aseg_dseg.tsv").write_text("index\tname\n1\tLeft hippocampus\n2\tnowhere\n")
    (tmp_path / "other/desc-aparc_dseg.tsv").write_text("index\tname\n1\twrong\n")
    (tmp_path / "other/dataset_description.json").write_text("{}")
    answer = mlseg("dataset", "import", tmp_path / "other", "-o", tmp_path / "back", "-v")
    assert answer.code == 3
    assert "sub-1_label-GM_probseg.nii.gz: holds probabilities, not labels" in answer.err
    assert "the value 5 has no row in a table; it is named 'object-5'" in answer.out
    short = mlseg("dataset", "import", tmp_path / "other", "-o", tmp_path / "again").out
    assert "1 notes about 1 of 1 cases (--verbose or --report shows them)" in short
    found = mls.read(tmp_path / "back/sub-1.nrrd")
    assert {label.value: label.name for label in found.labels} == {1: "Left hippocampus", 5: "object-5"}
    assert [group.name for group in found.groups] == ["aseg"]


def test_a_file_that_names_no_group_makes_a_group_without_a_name(mlseg, tmp_path: Path) -> None:
    path = tmp_path / "other/sub-1/anat/sub-1_dseg.nii.gz"
    path.parent.mkdir(parents=True)
    with Stage(path) as stage:
        write_label_image(stage, path, np.ones(a_geometry().full_shape, np.uint8), a_geometry(), np.uint8)
        stage.commit()
    (tmp_path / "other/dataset_description.json").write_text("{}")
    assert mlseg("dataset", "import", tmp_path / "other", "-o", tmp_path / "back").code == 0
    assert [group.name for group in mls.read(tmp_path / "back/sub-1.nrrd").groups] == [""]


def test_names_of_cases_that_would_be_one_subject_are_named(mlseg, tmp_path: Path) -> None:
    made = make_cases(tmp_path / "in", 2)
    for kind, ending in (("ct", ".nii.gz"), ("seg", ".nrrd")):
        (made / kind / f"p0{ending}").rename(made / kind / f"p-1{ending}")
    answer = mlseg("dataset", "export", "--to", "bids", *folders_of(made), "-o", tmp_path / "out")
    assert answer.code == 3
    assert "case 'p1': sub-p1 is 'p-1' already" in answer.err


@pytest.mark.parametrize(
    ("case", "expected"),
    [("sub-01_ses-02", ("01", "02")), ("sub-01", ("01", "")), ("patient 7", ("patient7", "")), ("sub-a_b", ("ab", ""))],
)
def test_subjects_and_sessions_of_cases(case: str, expected: tuple[str, str]) -> None:
    assert subject_of(case) == expected


def test_groups_get_distinct_names_of_letters_and_digits() -> None:
    assert group_names([""]) == [""]
    assert group_names(["Left lung", "left-lung", "", "Ä"]) == ["Leftlung", "leftlung2", "Group3", "Group4"]


def test_names_that_are_none() -> None:
    assert parse_name("sub-01_T1w.nii.gz").suffix == "T1w"  # type: ignore[union-attr]
    assert parse_name("holiday picture.nii.gz") is None
    assert parse_name("sub-_dseg.nii.gz") is None


@pytest.mark.skipif(VALIDATOR is None, reason="the BIDS validator (bids-validator-deno) is not installed")
@pytest.mark.parametrize("entity", ["desc", "seg"])
def test_the_bids_validator_finds_no_error(mlseg, tmp_path: Path, derivative: Path, entity: str) -> None:
    if entity != "desc":
        answer = mlseg(
            "dataset",
            "export",
            "--to",
            "bids",
            "--entity",
            entity,
            *folders_of(tmp_path / "in"),
            "-o",
            derivative,
            "--overwrite",
        )
        assert answer.code == 0, answer.err
    done = subprocess.run(
        [str(VALIDATOR), str(derivative), "--format", "json"], capture_output=True, text=True, timeout=120
    )  # noqa: PLW1510
    issues = json.loads(done.stdout)["issues"]["issues"]
    assert [issue for issue in issues if issue["severity"] == "error"] == []
    assert done.returncode == 0
