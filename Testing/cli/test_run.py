"""``mlseg run`` and ``mlseg tools``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import MultiLabelSegLib as mls
from MultiLabelSegLib.cli.main import main
from MultiLabelSegLib.core import Geometry, Segmentation
from MultiLabelSegLib.external.catalog import PROGRAM_TOOLS
from MultiLabelSegLib.tools.catalog import tool_names


def write_recipe(folder: Path, *steps: dict[str, object]) -> Path:
    path = folder / "recipe.json"
    path.write_text(json.dumps({"steps": steps}))
    return path


def test_a_recipe_changes_a_copy_and_tells_what_each_step_did(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mls.write(Segmentation(Geometry.from_parts((4, 8, 8))), tmp_path / "in.nrrd")
    before = (tmp_path / "in.nrrd").read_bytes()
    steps = {"do": "add_label", "name": "x"}, {"do": "paint", "stroke_ijk": [[4, 4, 1]], "diameter": 4}
    recipe, out, told = write_recipe(tmp_path, *steps), tmp_path / "out.nrrd", tmp_path / "told.json"
    assert main(["run", str(recipe), "-s", str(tmp_path / "in.nrrd"), "-o", str(out), "--json", str(told)]) == 0
    assert mls.read(out).voxels(1) == 12
    assert (tmp_path / "in.nrrd").read_bytes() == before
    assert "2 Paint x: 12 voxels" in capsys.readouterr().out
    assert [step["written"] for step in json.loads(told.read_text())["steps"]] == [0, 12]


def test_a_failing_step_writes_nothing_and_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mls.write(Segmentation(Geometry.from_parts((4, 8, 8))), tmp_path / "in.nrrd")
    recipe = write_recipe(tmp_path, {"do": "clear", "label": 3})
    assert main(["run", str(recipe), "-s", str(tmp_path / "in.nrrd"), "-o", str(tmp_path / "out.nrrd")]) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "out.nrrd").exists()


@pytest.mark.parametrize("arguments", [[], ["-s", "in.nrrd", "-o", "in.nrrd"]])
def test_an_input_is_needed_and_never_the_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    mls.write(Segmentation(Geometry.from_parts((4, 8, 8))), "in.nrrd")
    write_recipe(tmp_path)
    assert main(["run", "recipe.json", *(arguments or ["-o", "o.nrrd"])]) in (1, 2)


def test_tools_are_listed_with_ranges_units_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tools", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [tool["name"] for tool in listed] == [*tool_names(), *PROGRAM_TOOLS]
    for tool in listed:
        assert {"name", "title", "scope", "parameters"} <= set(tool)
        for entry in tool["parameters"]:
            assert {"name", "type", "default", "minimum", "maximum", "unit", "help"} <= set(entry)
            assert entry["help"]
    paint = next(tool for tool in listed if tool["name"] == "paint")
    diameter = next(entry for entry in paint["parameters"] if entry["name"] == "diameter")
    assert (diameter["type"], diameter["default"], diameter["minimum"], diameter["unit"]) == (
        "integer",
        10,
        1,
        "pixels",
    )
    assert main(["tools", "paint"]) == 0
    assert "1..1000 pixels = 10" in capsys.readouterr().out
    assert main(["tools", "pant"]) == 2
    assert "did you mean 'paint'" in capsys.readouterr().err
