"""The mapping of files to ids: which entries count, which file of an input it is, and what is said about the rest."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from MultiLabelSegLib.datasets.supervisely.tables.mapping import VolumeMapping, find_mapping, mapping_key, read_mapping
from MultiLabelSegLib.errors import CorruptFileError, FormatError

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "supervisely"


def a_mapping(path: Path, data: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(data if isinstance(data, str) else json.dumps(data))
    return path


def found_in(folder: Path) -> tuple[VolumeMapping | None, dict[str, str]]:
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    mapping, remarks = find_mapping(names, lambda name: folder / name)
    return mapping, {remark.path: remark.reason for remark in remarks}


def test_the_golden_mappings_are_found_in_their_inputs() -> None:
    mapping, remarks = found_in(GOLDEN / "ann_dataset_mapping/input/dataset_name")
    assert mapping is not None
    assert mapping.path == "mapping.json"
    assert mapping.ids == {"axl_inference_1.nii": 100, "axl_inference_3.nii": 100, "cor_inference_2.nii": 101}
    assert (mapping.notes, remarks) == ((), {})
    mapping, _ = found_in(GOLDEN / "ann_project_mapping/input/dataset_name")
    assert mapping is not None
    assert len(mapping.ids) == 6
    assert mapping.ids["dataset_name_2/cor_inference_2.nii"] == 111


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("a.nii", "a.nii"),
        ("set/a.nii", "set/a.nii"),
        ("project/set/a.nii", "set/a.nii"),
        ("./set//a.nii", "set/a.nii"),
        ("set\\a.nii", "set/a.nii"),
        (" /", ""),
        ("", ""),
    ],
)
def test_the_last_two_parts_of_a_key_count(key: str, expected: str) -> None:
    assert mapping_key(key) == expected


def test_values_that_are_no_ids_are_noted_one_by_one_and_the_others_count(tmp_path: Path) -> None:
    wrong = {"text.nii": "123", "true.nii": True, "float.nii": 1.5, "null.nii": None, "list.nii": [1], "zero.nii": 0}
    mapping = read_mapping(a_mapping(tmp_path / "m.json", {**wrong, "good.nii": 5, "": 6}))
    assert mapping.ids == {"good.nii": 5}
    reasons = [note.reason for note in mapping.notes]
    assert len(reasons) == len(wrong) + 1
    assert 'key "text.nii": found "123", expected the id of a volume, a whole number above 0' in reasons
    assert 'key "": the name of a file is expected' in reasons
    assert {note.path for note in mapping.notes} == {str(tmp_path / "m.json")}


def test_an_object_in_place_of_an_id_is_shown_as_it_is_written(tmp_path: Path) -> None:
    mapping = read_mapping(a_mapping(tmp_path / "m.json", {"a.nii": {"id": [{"x": 1}]}, "b.nii": [1], "good.nii": 5}))
    found = [note.reason.partition(", expected")[0] for note in mapping.notes]
    assert found == ['key "a.nii": found {"id": [{"x": 1}]}', 'key "b.nii": found [1]']


def test_of_a_key_with_two_ids_neither_counts_and_one_that_is_repeated_does(tmp_path: Path) -> None:
    text = '{"a.nii": 1, "a.nii": 2, "x/s/b.nii": 3, "y/s/b.nii": 4, "c.nii": 5, "c.nii": 5}'
    mapping = read_mapping(a_mapping(tmp_path / "m.json", text), "m.json")
    assert mapping.ids == {"c.nii": 5}
    assert [note.reason for note in mapping.notes] == [
        "a.nii is mapped to 1 and to 2; neither counts",
        "s/b.nii is mapped to 3 and to 4; neither counts",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", r"found \[\], expected an object"),
        ("{}", "no entry of the mapping counts"),
        ('{"a.nii": "5"}', 'no entry .* key "a.nii": found "5"'),
        ("{", "is no JSON"),
    ],
)
def test_a_given_file_without_a_good_entry_is_an_error(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(CorruptFileError, match=said):
        read_mapping(a_mapping(tmp_path / "m.json", text))
    with pytest.raises(FormatError, match="No such file"):
        read_mapping(tmp_path / "nothing.json")


def test_of_several_mappings_the_highest_counts_and_the_others_are_named(tmp_path: Path) -> None:
    a_mapping(tmp_path / "deep" / "mapping.json", {"a.nii": 1})
    a_mapping(tmp_path / "b.json", {"a.nii": 2})
    mapping, remarks = found_in(tmp_path)
    assert mapping is not None
    assert (mapping.path, mapping.ids) == ("b.json", {"a.nii": 2})
    assert remarks == {"deep/mapping.json": "another mapping; b.json counts"}
    a_mapping(tmp_path / "Mapping.json", {"a.nii": 3})
    mapping, remarks = found_in(tmp_path)
    assert mapping is not None
    assert mapping.path == "Mapping.json"
    assert set(remarks) == {"b.json", "deep/mapping.json"}


def test_other_json_files_are_no_mapping_and_are_named_with_the_reason(tmp_path: Path) -> None:
    a_mapping(tmp_path / "class2idx.json", {"Femur": 1, "Tibia": 2})
    a_mapping(tmp_path / "list.json", [1])
    a_mapping(tmp_path / "broken.json", "{")
    a_mapping(tmp_path / "texts.json", {"a.nii": "b.nii"})
    mapping, remarks = found_in(tmp_path)
    assert mapping is None
    assert set(remarks) == {"class2idx.json", "list.json", "broken.json", "texts.json"}
    assert remarks["class2idx.json"] == "no mapping: no key is the name of a .nii, .nii.gz or .csv file"
    assert all(reason.startswith("no mapping: ") for reason in remarks.values())
