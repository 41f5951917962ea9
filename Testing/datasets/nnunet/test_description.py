"""``dataset.json`` as others write it, and what is wrong with it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from MultiLabelSegLib.datasets.nnunet.description import read_description
from MultiLabelSegLib.errors import CorruptFileError

GOOD = {"channel_names": {"0": "CT"}, "labels": {"background": 0, "a": 1}, "numTraining": 1, "file_ending": ".nrrd"}


def written(folder: Path, data: object) -> Path:
    (folder / "dataset.json").write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    return folder / "dataset.json"


def test_regions_with_ignore_label_are_taken_apart(tmp_path: Path) -> None:
    labels = {"background": 0, "whole": [1, 2, 3], "core": [2, 3], "enhancing": 3, "ignore": 4}
    data = {**GOOD, "labels": labels, "regions_class_order": [1, 2, 3]}
    found = read_description(written(tmp_path, data))
    plan = found.plan()
    assert found.has_regions
    assert dict(plan.codes) == {1: ("whole",), 2: ("whole", "core"), 3: ("whole", "core", "enhancing")}
    assert (plan.ignore, plan.ignore_code) == ("ignore", 4)
    names = [[label["name"] for label in group["labels"]] for group in plan.groups if group]
    assert names == [["whole", "ignore"], ["core"], ["enhancing"]]


def test_version_1_and_repeated_channels(tmp_path: Path) -> None:
    data = {"modality": {"0": "MRI", "1": "MRI"}, "labels": {"0": "background", "2": "b", "1": "a"}, "training": []}
    found = read_description(written(tmp_path, data))
    assert (found.version, found.channels, found.file_ending) == (1, ("MRI", "MRI (2)"), ".nii.gz")
    assert dict(found.labels) == {"b": (2,), "a": (1,)}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"labels": []}, "labels: found []"),
        ({"labels": {"a": "one"}}, "labels: a: found 'one', expected a value or a list of values"),
        ({"labels": {"a": 70000}}, "labels: a: found 70000"),
        ({"labels": {"a": True}}, "labels: a: found True"),
        ({"labels": {"a": [1, 2], "b": 2}}, "regions_class_order: found [], expected 2 values"),
        ({"labels": {"a": 1, "ignore": [2, 3]}}, "labels: ignore: found [2, 3]"),
        ({"channel_names": {"1": "CT"}}, "channel_names: found {'1': 'CT'}"),
        ({"file_ending": 3}, "file_ending: found 3"),
        ({"dataset": {"a": {"images": ["x"]}}}, "dataset: expected"),
    ],
)
def test_mistakes_name_file_and_field(tmp_path: Path, change: dict, expected: str) -> None:
    with pytest.raises(CorruptFileError, match="dataset.json") as caught:
        read_description(written(tmp_path, {**GOOD, **change}))
    assert expected in str(caught.value)


@pytest.mark.parametrize("text", ["", "[]", "{", "\xff"])
def test_what_is_no_json_object_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "dataset.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(CorruptFileError, match="dataset.json"):
        read_description(tmp_path / "dataset.json")
