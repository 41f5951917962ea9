"""``mlseg suggest``: names for what is typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import MultiLabelSegLib as mls


def test_names_come_with_colour_and_code(mlseg) -> None:
    answer = mlseg("suggest", "liv")
    color, name, scheme, code = answer.out.split()
    assert (answer.code, name, scheme, code) == (0, "Liver", "SCT", "10200004")
    assert color.startswith("#")


def test_everything_as_json(mlseg) -> None:
    found = json.loads(mlseg("suggest", "KIDNEY left", "--json").out)
    assert [entry["name"] for entry in found] == ["Left kidney"]
    assert found[0]["properties"]["segmented_property_type.modifier.[0].meaning"] == "Left"
    assert len(found[0]["color"]) == 3


def test_own_names_replace_ours_or_extend_them(mlseg, tmp_path: Path) -> None:
    names = tmp_path / "names.json"
    names.write_text('[{"name": "Liver"}, {"name": "Liver of mine", "color": "red"}]')
    assert mlseg("suggest", "liv", "--suggestions", names).out.splitlines() == [
        "------- Liver",
        "#ff0000 Liver of mine",
    ]
    extended = mlseg("suggest", "liv", "--suggestions", names, "--extend").out.splitlines()
    assert [" ".join(line.split()[1:]) for line in extended] == ["Liver SCT 10200004", "Liver of mine"]
    assert len(mlseg("suggest", "", "--limit", 7).out.splitlines()) == 7


def test_names_that_a_segmentation_has_are_left_out(mlseg, seg_nrrd: Path) -> None:
    answer = mlseg("suggest", "liver", "--used", seg_nrrd)
    assert (answer.code, answer.out) == (0, "none of 363 names fits 'liver'\n")
    assert "Liver" in mlseg("suggest", "liver", "--used", seg_nrrd, "--unlimited").out
    assert mls.read(seg_nrrd).label("Liver").value == 3


@pytest.mark.parametrize(
    ("content", "code", "what"),
    [
        ('[{"name": "a", "color": "blurple"}]', 1, "names.json: entry 1 ('a'): color: found 'blurple'"),
        ("{", 1, "names.json"),
        (None, 1, "names.json: No such file"),
    ],
)
def test_mistakes_in_a_list_are_named(mlseg, tmp_path: Path, content: str | None, code: int, what: str) -> None:
    if content is not None:
        (tmp_path / "names.json").write_text(content)
    answer = mlseg("suggest", "x", "--suggestions", tmp_path / "names.json")
    assert (answer.code, len(answer.err.splitlines())) == (code, 1)
    assert what in answer.err


def test_a_limit_is_at_least_one(mlseg) -> None:
    assert mlseg("suggest", "x", "--limit", 0).code == 2
