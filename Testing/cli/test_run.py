"""``mlseg run`` and ``mlseg tools``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import MultiLabelSegLib as mls
from MultiLabelSegLib.cli.main import main
from MultiLabelSegLib.core import Geometry, Group, Image, Label, Segmentation
from MultiLabelSegLib.external.catalog import PROGRAM_TOOLS
from MultiLabelSegLib.formats.image_file import save_image
from MultiLabelSegLib.formats.image_io import read_image
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


def _bright_cube(folder: Path) -> tuple[Path, Path, np.ndarray]:
    """An image of 1..n and a segmentation whose label 1 is a part of it."""
    geometry = Geometry.from_parts((3, 4, 5), (1, 1.5, 3), (5, 6, 7))
    numbers = np.arange(1, 61, dtype=np.int16).reshape(1, 3, 4, 5)
    labels = np.zeros((3, 4, 5), np.uint16)
    labels[1:, 1:3, 2:] = 1
    save_image(Image(numbers, geometry), folder / "ct.nii.gz")
    mls.write(Segmentation(geometry, [Group(labels, [Label(1, "x")])]), folder / "seg.nrrd")
    return folder / "ct.nii.gz", folder / "seg.nrrd", np.where(labels == 1, numbers[0], -9)


def test_the_masked_image_is_written_where_it_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ct, seg, expected = _bright_cube(tmp_path)
    recipe = write_recipe(tmp_path, {"do": "mask_image", "label": 1, "value": -9}, {"do": "autocrop"})
    given = ["run", str(recipe), "-i", str(ct), "-s", str(seg)]
    masked = tmp_path / "masked.mha"
    assert main([*given, "-o", str(tmp_path / "a.nrrd"), "--image-output", str(masked)]) == 0
    found = read_image(masked)
    assert (found.array[0] == expected[1:, 1:3, 2:]).all()
    assert found.geometry.is_congruent(mls.read(tmp_path / "a.nrrd").geometry)
    assert "1 Masked by x\n" in capsys.readouterr().out
    assert main([*given, "-o", str(tmp_path / "b.nrrd")]) == 0
    assert "--image-output FILE writes it" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["-i", "ct.nii.gz", "--image-output", "x.png"], "images are written as"),
        (["--image-output", "x.nrrd"], "an image (-i)"),
        (["-i", "ct.nii.gz", "--image-output", "out.nrrd"], "a file of its own"),
        (["--json", "out.nrrd"], "a file of its own"),
        (["--json", "old.json"], "exists already"),
    ],
)
def test_outputs_are_checked_before_the_steps(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, options: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    _bright_cube(tmp_path)
    write_recipe(tmp_path, {"do": "lock", "label": 1})
    Path("old.json").write_text("old")
    assert main(["run", "recipe.json", "-s", "seg.nrrd", "-o", "out.nrrd", *options]) in (1, 2)
    assert said in capsys.readouterr().err
    assert not Path("out.nrrd").exists()
    assert Path("old.json").read_text() == "old"


def test_an_error_of_a_step_names_the_recipe(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, seg, _ = _bright_cube(tmp_path)
    recipe = write_recipe(tmp_path, {"do": "lock", "label": 8})
    assert main(["run", str(recipe), "-s", str(seg), "-o", str(tmp_path / "o.nrrd")]) == 1
    assert f"{recipe}: step 1 (lock): no label has the value 8" in capsys.readouterr().err
