"""Keys that stand twice in one object of JSON: refused, or as the program takes it that owns the format."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from MultiLabelSegLib.core import Geometry, Group, Label, Segmentation
from MultiLabelSegLib.datasets.task_list_json import parse_task_list
from MultiLabelSegLib.errors import CorruptFileError, FormatError
from MultiLabelSegLib.formats.json_text import parse_json
from MultiLabelSegLib.formats.label_tables import read_table
from MultiLabelSegLib.formats.registry import read_segmentation
from MultiLabelSegLib.formats.report import Report
from MultiLabelSegLib.formats.saving import write_segmentation
from MultiLabelSegLib.presets.preset_json import parse_preset
from MultiLabelSegLib.presets.suggestion_json import parse_suggestions

PATH = Path("some.json")
TWICE = "the key 'name' is there 2 times in one object"


def a_file(folder: Path, name: str, format_id: str) -> Path:
    group = Group(np.array([[[[0, 3]]]], np.uint8), [Label(3, "first")])
    path = folder / name
    write_segmentation(Segmentation(Geometry.from_parts((1, 1, 2)), [group]), path, format_id=format_id)
    return path


def test_a_key_that_is_there_twice_is_refused_and_named_at_any_depth() -> None:
    assert parse_json('[{"a": 1}, {"a": 2}]', PATH, "it") == [{"a": 1}, {"a": 2}]
    with pytest.raises(CorruptFileError, match=r"some\.json: it: the key 'a' is there 3 times in one object"):
        parse_json('{"b": [{"a": 1, "c": 0, "a": 1, "a": 2}]}', PATH, "it")


def test_who_asks_hears_of_it_and_gets_the_last() -> None:
    heard: list[str] = []
    assert parse_json('{"name": 1, "name": 2}', PATH, "it", heard.append) == {"name": 2}
    assert heard == [TWICE]


@pytest.mark.parametrize("text", ['{"labels": [{"value": 1, "name": "a", "name": "b"}]}', '{"name": 1, "name": 2}'])
def test_a_table_of_labels_with_a_key_twice_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "labels.json").write_text(text)
    with pytest.raises(FormatError, match=rf"labels\.json.*{TWICE}"):
        read_table(tmp_path / "labels.json", Report())


def test_a_preset_takes_the_last_as_mitk_does_and_says_so() -> None:
    report = Report()
    text = '{"type": "t", "version": 3, "groups": [{"labels": [{"name": "first", "name": "last", "value": 1}]}]}'
    preset = parse_preset(text, PATH, report)
    assert [entry.label.name for group in preset.groups for entry in group.labels] == ["last"]
    assert [note.reason for note in report.notes] == [f"{TWICE}; the last counts"]


def test_suggestions_and_task_lists_take_the_last_as_mitk_does() -> None:
    assert [each.name for each in parse_suggestions('[{"name": "first", "name": "last"}]', PATH)] == ["last"]
    tasks = '[{"Name": "first", "Name": "last", "Image": "i.nrrd", "Result": "r.nrrd"}]'
    text = f'{{"FileFormat": "MITK Segmentation Task List", "Version": 1, "Tasks": {tasks}}}'
    assert [task.name for task in parse_task_list(text, PATH).tasks] == ["last"]


def test_the_header_of_a_segmentation_takes_the_last_as_mitk_does_and_says_so(tmp_path: Path) -> None:
    path = a_file(tmp_path, "a.nrrd", "mitk-nrrd")
    data = path.read_bytes()
    assert data.count(b'"name":"first"') == 1
    path.write_bytes(data.replace(b'"name":"first"', b'"name":"first","name":"last"'))
    report = Report()
    assert [label.name for label in read_segmentation(path, report=report).labels] == ["last"]
    assert f"{TWICE}; the last counts" in [note.reason for note in report.notes]


def test_a_stack_takes_the_last_as_mitk_does_and_says_so(tmp_path: Path) -> None:
    path = a_file(tmp_path, "a.mitklabel.json", "mitk-stack")
    path.write_text(path.read_text().replace('"name": "first"', '"name": "first", "name": "last"'))
    report = Report()
    assert [label.name for label in read_segmentation(path, report=report).labels] == ["last"]
    assert f"{TWICE}; the last counts" in [note.reason for note in report.notes]
