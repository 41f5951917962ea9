"""Maps of names and values: reading them, applying them."""

from __future__ import annotations

from pathlib import Path

import pytest

from MultiLabelSegLib.errors import LabelError, PresetError
from MultiLabelSegLib.presets.value_map import Rule, apply_value_map, read_value_map
from Testing.presets.cases import small


def rules_of(tmp_path: Path, text: str) -> tuple[Rule, ...]:
    (tmp_path / "map.csv").write_text(text, encoding="utf-8")
    return read_value_map(tmp_path / "map.csv")


HEADER = "from_name,from_value,to_name,to_value\n"


@pytest.mark.parametrize(
    "text",
    [
        HEADER + "one,1,Eins,10\n,2,,20\n",
        "one,1,Eins,10\n,2,,20\n",
        "\ufeff# who maps what\n\n From_Name ; FROM VALUE; to_name;to_value\n"
        "\n one ; 1 ;Eins ; 10 ;\n ; 2 ; ; 20\n;;;\n",
        "to_value\tto_name\tfrom_value\tfrom_name\n10\tEins\t1\tone\n20\t\t2\t\n",
        HEADER + '"one","1","Eins","10"\r\n,2.0,,20\r\n',
    ],
)
def test_maps_are_read_however_they_are_written(tmp_path: Path, text: str) -> None:
    found = [(rule.from_name, rule.from_value, rule.to_name, rule.to_value) for rule in rules_of(tmp_path, text)]
    assert found == [("one", 1, "Eins", 10), (None, 2, None, 20)]


def test_a_header_alone_is_a_map_that_changes_nothing(tmp_path: Path) -> None:
    assert rules_of(tmp_path, HEADER) == ()


def test_names_may_hold_separators_and_quotation_marks(tmp_path: Path) -> None:
    (rule,) = rules_of(tmp_path, HEADER + '"a, ""b""",,"c;d",\n')
    assert (rule.from_name, rule.to_name) == ('a, "b"', "c;d")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "the map has no lines; expected from_name,from_value,to_name,to_value"),
        (HEADER + "one,x,Eins,\n", "line 2: from_value: 'x' is not a label value"),
        (HEADER + "one,,Eins,\n\none,1,Eins,70000\n", "line 4: to_value: label value 70000 is not within"),
        (HEADER + "one,,Eins,0\n", "line 2: to_value: 0 stands for unlabelled"),
        (HEADER + ",,Eins,\n", "line 2: from_name and from_value are both empty"),
        (HEADER + "one,1,,\n", "line 2: to_name and to_value are both empty"),
        (HEADER + "one,1,a,2,b\n", "line 2: found 5 fields, expected 4"),
        ("from_name,to_nmae\n", "line 1: the columns are from_name, to_nmae"),
        ("from_name,from_name\n", "expected each of from_name"),
        (HEADER + 'one,"1\n', "line 2: "),
    ],
)
def test_wrong_lines_are_refused_by_line_and_field(tmp_path: Path, text: str, found: str) -> None:
    with pytest.raises(PresetError) as error:
        rules_of(tmp_path, text)
    assert str(tmp_path / "map.csv") in str(error.value)
    assert found in str(error.value)


def test_a_missing_map_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(PresetError, match=r"absent\.csv"):
        read_value_map(tmp_path / "absent.csv")


# ---- applying ---------------------------------------------------------------------------------------------------
def test_names_and_values_change_at_once_and_voxels_follow(tmp_path: Path) -> None:
    mapped = apply_value_map(small(), rules_of(tmp_path, HEADER + "one,,uno,2\n,2,due,1\nthree,3,,300\n"))
    assert [(label.value, label.name) for label in mapped.segmentation.labels] == [
        (2, "uno"),
        (1, "due"),
        (300, "three"),
    ]
    assert [group.array.ravel().tolist() for group in mapped.segmentation.groups] == [
        [2, 2, 1, 0, 0, 7],
        [0, 300, 300, 0, 0, 0],
    ]
    assert mapped.values == {1: 2, 2: 1, 3: 300}
    assert mapped.names == {1: ("one", "uno"), 2: ("two", "due")}
    assert mapped.segmentation[300].properties == {"note": "kept"}


def test_the_source_stays_as_it_is(tmp_path: Path) -> None:
    source = small()
    apply_value_map(source, rules_of(tmp_path, HEADER + "one,,uno,20\n"))
    assert source.labels == small().labels


def test_rules_without_a_label_are_listed_and_labels_without_a_rule_stay(tmp_path: Path) -> None:
    mapped = apply_value_map(small(), rules_of(tmp_path, HEADER + "one,2,x,\nnobody,,y,\ntwo,,two,2\n"))
    assert [str(rule) for rule in mapped.unused] == ["line 2 (2 'one')", "line 3 ('nobody')"]
    assert mapped.segmentation.labels == small().labels
    assert (mapped.values, mapped.names) == ({}, {})


def test_two_rules_for_one_label_are_refused(tmp_path: Path) -> None:
    rules = rules_of(tmp_path, HEADER + "one,,x,\n,1,y,\n")
    with pytest.raises(LabelError, match=r"line 2 \('one'\) and line 3 \(1\) both mean the label 1 'one'"):
        apply_value_map(small(), rules)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("one,,,5\ntwo,,,5\n", "line 2 ('one') and line 3 ('two') would give the value 5 to both 1 'one' and 2 'two'"),
        ("one,,,2\n", "line 2 ('one') would give the value 2 to both 1 'one' and 2 'two'"),
        ("one,,,7\n", "voxels without a label hold the values [7]"),
    ],
)
def test_shared_values_are_refused(tmp_path: Path, text: str, found: str) -> None:
    rules = rules_of(tmp_path, HEADER + text)
    with pytest.raises(LabelError) as error:
        apply_value_map(small(), rules)
    assert found in str(error.value)
