"""The data sets with known truth: sources, masks, modes, class numbers and planes are what the truth says."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from MultiLabelSegLib.datasets.supervisely.discovery.cases import Cases
from MultiLabelSegLib.datasets.supervisely.discovery.data_sets import discover, discover_names, survey

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "supervisely"
NAMES = sorted(path.parent.name for path in GOLDEN.glob("*/truth.json"))
WITH_VOLUMES = [name for name in NAMES if not name.startswith("ann_")]


def truth_of(name: str) -> dict[str, Any]:
    truth: dict[str, Any] = json.loads((GOLDEN / name / "truth.json").read_text("utf-8"))
    return truth


def cases_of(name: str) -> Cases:
    path = GOLDEN / name / truth_of(name)["input"]
    if path.is_dir():
        return discover(path)
    with zipfile.ZipFile(path) as archive:
        return discover_names(member.removeprefix("study/") for member in archive.namelist())


def test_there_are_ten_data_sets_with_volumes() -> None:
    assert len(WITH_VOLUMES) == 10
    assert len(NAMES) == 14


@pytest.mark.parametrize("name", WITH_VOLUMES)
def test_cases_are_those_of_the_truth(name: str) -> None:
    truth, cases = truth_of(name), cases_of(name)
    expected = {}
    for volume in truth["volumes"]:
        masks = set()
        for entry in volume["objects"]:
            mode = entry.get("mode") or "named"
            class_id = entry["class_id"] if mode == "instance" else 0
            masks.add((entry["source"], mode, entry["class"] if mode == "named" else "", class_id))
        expected[volume["source"]] = (truth["layout"].replace("_", "-"), volume.get("plane") or "", masks)
    found = {
        case.source: (
            case.layout,
            case.plane,
            {(mask.path, mask.mode, mask.class_name, mask.class_id) for mask in case.masks},
        )
        for case in cases.cases
    }
    assert found == expected
    assert [case.stem for case in cases.cases] == [Path(case.source).name.split(".nii")[0] for case in cases.cases]
    assert not cases.left_out


@pytest.mark.parametrize("name", WITH_VOLUMES)
def test_volumes_whose_objects_have_scores_have_a_table(name: str) -> None:
    cases = {case.source: case for case in cases_of(name).cases}
    for volume in truth_of(name)["volumes"]:
        if any(entry.get("scores") for entry in volume["objects"]):
            assert len(cases[volume["source"]].scores) == 1


@pytest.mark.parametrize("name", sorted(set(NAMES) - set(WITH_VOLUMES)))
def test_annotations_of_existing_volumes_are_all_handed_over(name: str) -> None:
    truth = truth_of(name)
    found = survey(GOLDEN / name / truth["input"])
    assert not found.cases.cases
    assert not found.cases.left_out
    wanted = {entry["source"] for volume in truth["volumes"] for entry in volume["objects"]}
    assert {remark.path for remark in found.unmatched if not remark.path.endswith(".csv")} == wanted
    assert found.mappings == (("mapping.json",) if name.endswith("mapping") else ())
