"""``mlseg tasks`` as its users type it."""

from __future__ import annotations

import json
from pathlib import Path

import MultiLabelSegLib as mls
from Testing.datasets.task_list_cases import a_segmentation, three_tasks, write_list


def test_the_table_shows_every_task_with_its_state(mlseg, tmp_path: Path) -> None:
    path = three_tasks(tmp_path)
    (tmp_path / "results").mkdir()
    mls.write(a_segmentation(), tmp_path / "results" / "kidneys.nrrd")
    mls.write(a_segmentation(), tmp_path / "results" / "liver.interim.seg.nrrd")
    answer = mlseg("tasks", path)
    assert answer.code == 0
    assert answer.out.splitlines() == [
        "Abdomen: 1 of 3 tasks done",
        " task  state     name     result",
        "    1  begun     Liver    results/liver.seg.nrrd",
        "    2  done      Kidneys  results/kidneys.nrrd",
        "    3  not done  Task 3   results/spleen.nii.gz",
    ]


def test_json_says_everything(mlseg, tmp_path: Path) -> None:
    answer = mlseg("tasks", three_tasks(tmp_path), "--json")
    told = json.loads(answer.out)
    assert (told["name"], told["version"], told["done"]) == ("Abdomen", 1, 0)
    assert told["tasks"][0]["label_name"] == "My liver"
    assert told["tasks"][2]["segmentation"] == "pre/spleen.nrrd"
    assert [task["image"] for task in told["tasks"]] == ["images/ct.nrrd"] * 3


def test_mistakes_are_one_line_that_names_file_task_and_field(mlseg, tmp_path: Path) -> None:
    data = json.loads(three_tasks(tmp_path).read_text())
    data["Tasks"][1]["Image"] = "gone.nrrd"
    answer = mlseg("tasks", write_list(tmp_path, data))
    assert answer.code == 1
    assert answer.err.count("\n") == 1
    assert "tasks.json: task 2: Image: found 'gone.nrrd'" in answer.err


def test_results_elsewhere_must_be_allowed(mlseg, tmp_path: Path) -> None:
    data = json.loads(three_tasks(tmp_path).read_text())
    data["Tasks"][0]["Result"] = "../liver.nrrd"
    path = write_list(tmp_path, data)
    assert mlseg("tasks", path).code == 1
    assert mlseg("tasks", path, "--allow-outside").code == 0
    assert mlseg("tasks", write_list(tmp_path, data | {"Tasks": []})).code == 1
