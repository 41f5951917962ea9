"""Batches of cases to and from MITK's task lists."""

from __future__ import annotations

import json
from pathlib import Path

import MultiLabelSegLib as mls
from MultiLabelSegLib.core.compare import compare
from MultiLabelSegLib.datasets.task_list_json import read_task_list
from Testing.datasets.made_cases import a_segmentation, folders_of, make_cases


def test_a_task_a_case_that_mitk_accepts(mlseg, tmp_path: Path) -> None:
    made, out = make_cases(tmp_path / "in", 2), tmp_path / "out"
    preset = tmp_path / "organs.lsetp"
    preset.write_text("{}")
    options = ("--preset", preset, "--name", "Round 1", "--result-suffix", ".seg.nrrd")
    answer = mlseg("dataset", "export", "--to", "tasklist", *folders_of(made), "-o", out, *options)
    assert answer.code == 0, answer.err
    data = json.loads((out / "tasks.json").read_text())
    assert (data["FileFormat"], data["Name"], data["Defaults"]) == (
        "MITK Segmentation Task List", "Round 1", {"Preset": "../organs.lsetp"},
    )  # fmt: skip
    assert data["Tasks"][1] == {
        "Name": "p1",
        "Image": "../in/ct/p1.nii.gz",
        "Segmentation": "../in/seg/p1.nrrd",
        "Result": "results/p1.seg.nrrd",
    }
    assert len(read_task_list(out / "tasks.json").tasks) == 2


def test_results_come_before_what_the_work_began_with(mlseg, tmp_path: Path) -> None:
    made, out = make_cases(tmp_path / "in", 3), tmp_path / "out"
    assert mlseg("dataset", "export", "--to", "tasklist", *folders_of(made), "-o", out).code == 0
    mls.write(a_segmentation(0, overlapping=False), out / "results/p0.nrrd")
    (made / "seg/p2.nrrd").unlink()
    answer = mlseg("dataset", "import", out / "tasks.json", "-o", tmp_path / "back")
    assert answer.code == 3
    assert "task 3 'p2': nothing is segmented yet" in answer.err
    assert "task 2 'p1': its result is not there; what it began with is taken" in answer.out
    assert compare(mls.read(tmp_path / "back/p0.nrrd"), a_segmentation(0, overlapping=False)).identical
    assert compare(mls.read(tmp_path / "back/p1.nrrd"), a_segmentation(1)).identical
    assert "p2,../in/ct/p2.nii.gz,,train" in (tmp_path / "back/cases.csv").read_text()
