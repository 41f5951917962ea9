"""The catalog of tools against the tools that there are."""

from __future__ import annotations

import ast
from dataclasses import fields
from pathlib import Path

import pytest

import MultiLabelSegLib.tools
from MultiLabelSegLib.errors import OptionError
from MultiLabelSegLib.tools.catalog import described, tool_class, tool_names

#: the tools that every recipe may count on
PROMISED = {
    *("add", "subtract", "lasso", "paint", "wipe", "region_growing", "fill", "erase", "close", "live_wire"),
    *("threshold", "threshold_ul", "otsu", "pick", "grow_cut", "interpolate_2d", "interpolate_3d"),
    *("union", "intersection", "difference", "dilate", "erode", "open", "close_morphology", "fill_holes"),
    *("smooth", "islands", "margin", "mask_image", "autocrop"),
}


def test_the_promised_tools_are_there() -> None:
    assert set() == PROMISED - set(tool_names())


def test_every_tool_on_the_disk_is_in_the_catalog_under_its_own_name() -> None:
    found = set()
    for path in Path(MultiLabelSegLib.tools.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "name" and node.value is not None:
                found.add(ast.literal_eval(node.value))
    assert found == set(tool_names())
    assert [tool_class(name).name for name in tool_names()] == list(tool_names())


@pytest.mark.parametrize("name", tool_names())
def test_what_users_read_of_a_tool_has_no_marks_of_docstrings(name: str) -> None:
    told = described(name)
    assert "``" not in told["help"] + "".join(each["help"] for each in told["parameters"])


@pytest.mark.parametrize("name", tool_names())
def test_every_parameter_has_a_help_text_and_a_default_within_its_range(name: str) -> None:
    told = described(name)
    assert told["scope"] in ("2d", "interpolation", "3d", "post")
    assert told["title"]
    assert told["help"]
    assert {entry["name"] for entry in told["parameters"]} == {each.name for each in fields(tool_class(name))}
    for entry in told["parameters"]:
        low, high, default = entry["minimum"], entry["maximum"], entry["default"]
        if isinstance(default, (int, float)) and not isinstance(default, bool):
            assert low is None or low <= default
            assert high is None or default <= high


def test_an_unknown_tool_names_the_nearest() -> None:
    with pytest.raises(OptionError, match=r"'dilat'.*did you mean 'dilate'"):
        tool_class("dilat")
