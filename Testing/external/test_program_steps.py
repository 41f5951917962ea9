"""nnU-Net and TotalSegmentator from the command line and in recipes, on the fakes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from MultiLabelSegLib.batch.recipe import recipe_from
from MultiLabelSegLib.batch.running import run_recipe
from MultiLabelSegLib.cli.main import main
from MultiLabelSegLib.core import Image, Segmentation
from MultiLabelSegLib.errors import ToolError
from MultiLabelSegLib.external.environments import Environment
from MultiLabelSegLib.external.nnunet import scan_results
from MultiLabelSegLib.external.nnunet.pretrained import fetch_pretrained, list_pretrained
from MultiLabelSegLib.formats.image_file import save_image
from MultiLabelSegLib.formats.registry import read_segmentation
from Testing.external import fake_totalsegmentator
from Testing.external.conftest import GRID
from Testing.external.fake_environment import add_program, an_environment, without_place
from Testing.external.totalsegmentator_files import write_package

Calls = Callable[[], list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def a_quiet_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the environments nor the settings nor the cache of the machine that runs the tests."""
    without_place(monkeypatch, tmp_path / "home")
    for name in ("MLSEG_CONFIG_DIR", "MLSEG_CACHE_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    for name in ("nnUNet_results", "RESULTS_FOLDER", "MLSEG_TOTALSEGMENTATOR_LICENSE", "TOTALSEG_HOME_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FAKE_CALLS", str(tmp_path / "total_calls.jsonl"))


@pytest.fixture
def files(tmp_path: Path, ct: Image, pet: Image) -> dict[str, Path]:
    return {name: save_image(image, tmp_path / f"{name}.nii.gz") for name, image in (("ct", ct), ("pet", pet))}


@pytest.fixture
def total_environment(tmp_path: Path) -> Path:
    folder = an_environment(tmp_path / "total", {"totalsegmentator": "2.18.0"})
    write_package(folder)
    add_program(folder, "TotalSegmentator", Path(fake_totalsegmentator.__file__))
    return folder


def test_segment_with_nnunet_writes_the_labels_of_the_dataset(
    files: dict[str, Path],
    nnunet_environment: Environment,
    results: Path,
    calls: Calls,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    command = ["segment", "--with", "nnunet", "-i", str(files["ct"]), "--channel", f"PET={files['pet']}"]
    command += ["--dataset", "901", "--configuration", "2d+3d_fullres", "--folds", "0", "--device", "cpu"]
    command += ["--results", str(results), "--environment", str(nnunet_environment.folder)]
    output = tmp_path / "seg.nrrd"
    assert main([*command, "-o", str(output)]) == 0
    found = read_segmentation(output)
    assert [(label.name, found.voxels(label.value)) for label in found.labels] == [("organ", 1), ("lesion", 4)]
    assert found.groups[0].name == "Dataset901_Two"
    assert [call["program"] for call in calls()] == ["nnUNetv2_predict", "nnUNetv2_predict", "nnUNetv2_ensemble"]
    assert "wrote" in capsys.readouterr().out
    assert main([*command, "-o", str(tmp_path / "again.nrrd")]) == 0
    assert "taken from the cache" in capsys.readouterr().out
    assert len(calls()) == 3
    assert main(["environments", "clear"]) == 0
    assert main([*command, "-o", str(tmp_path / "third.nrrd")]) == 0
    assert len(calls()) == 6


def test_segment_with_totalsegmentator_adds_to_a_segmentation(
    files: dict[str, Path], total_environment: Path, tmp_path: Path
) -> None:
    assert main(["environments", "use", "totalsegmentator", str(total_environment)]) == 0
    first, second = tmp_path / "first.nrrd", tmp_path / "second.nrrd"
    command = ["segment", "--with", "totalsegmentator", "-i", str(files["ct"]), "--device", "cpu"]
    assert main([*command, "-o", str(first), "--speed", "fast"]) == 0
    assert main([*command, "-s", str(first), "--task", "body", "-o", str(second)]) == 0
    found = read_segmentation(second)
    assert [group.name for group in found.groups] == ["TotalSegmentator total", "TotalSegmentator body"]
    assert found["spleen"].properties["segmented_property_type.value"] == "78961009"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--with", "nnunet", "--task", "body"], "task"),
        (["--with", "totalsegmentator", "--speed", "fast", "--device", "gpux"], "device"),
        (["--with", "nnunet", "--channel", "PET"], "NAME=FILE"),
        (["--with", "nnunet", "--step-size", "2"], "step_size"),
        (["--with", "nnunet", "--results", "/no/such"], "no such folder"),
        (["--with", "totalsegmentator"], "environments make totalsegmentator"),
    ],
)
def test_a_mistake_is_one_line_and_nothing_is_written(
    files: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert main(["segment", "-i", str(files["ct"]), "-o", str(tmp_path / "seg.nrrd"), *arguments]) in (1, 2)
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not (tmp_path / "seg.nrrd").exists()


def test_an_output_that_is_there_or_an_input_is_refused_before_anything_runs(
    files: dict[str, Path], total_environment: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["segment", "--with", "totalsegmentator", "-i", str(files["ct"]), "--environment", str(total_environment)]
    (tmp_path / "seg.nrrd").touch()
    assert main([*command, "-o", str(tmp_path / "seg.nrrd")]) == 1
    assert main([*command, "-o", str(files["ct"]), "--overwrite"]) == 1
    assert "is an input" in capsys.readouterr().err
    assert not (tmp_path / "total_calls.jsonl").exists()


def test_segment_takes_every_frame_of_a_moving_image_unless_told_otherwise(
    total_environment: Path, tmp_path: Path
) -> None:
    dynamic = GRID.with_time(2)
    array = np.zeros(dynamic.full_shape, np.int16)
    array[:, 0, 0, 0] = (1, 5)
    path = save_image(Image(array, dynamic), tmp_path / "moving.nii.gz")
    command = ["segment", "--with", "totalsegmentator", "-i", str(path), "--environment", str(total_environment)]
    assert main([*command, "--device", "cpu", "-o", str(tmp_path / "all.nrrd")]) == 0
    found = read_segmentation(tmp_path / "all.nrrd")
    assert (found.voxels(1), found.voxels(5)) == (1, 1)
    assert main([*command, "--device", "cpu", "--frames", "current", "-o", str(tmp_path / "first.nrrd")]) == 0
    assert read_segmentation(tmp_path / "first.nrrd").voxels(5) == 0


def test_the_time_limit_of_the_preferences_counts_where_none_is_given(
    files: dict[str, Path], nnunet_environment: Environment, results: Path, tmp_path: Path, capsys: Any
) -> None:
    (tmp_path / "mlseg_config_dir").mkdir()
    (tmp_path / "mlseg_config_dir" / "preferences.toml").write_text("external_timeout_s = 1\n")
    (scan_results(results)[2].folder / "slow").touch()
    command = ["segment", "--with", "nnunet", "-i", str(files["ct"]), "--results", str(results), "--dataset", "902"]
    command += ["--environment", str(nnunet_environment.folder), "-o", str(tmp_path / "seg.nrrd"), "--device", "cpu"]
    assert main(command) == 1
    assert "time limit of" in capsys.readouterr().err


def test_a_recipe_goes_on_with_what_a_program_found(
    files: dict[str, Path], ct: Image, nnunet_environment: Environment, results: Path
) -> None:
    about = {"results": str(results), "environment": str(nnunet_environment.folder), "device": "cpu"}
    steps = [
        {"do": "nnunet", "dataset": "Dataset901_Two", "channels": {"PET": str(files["pet"])}, "folds": [0], **about},
        {"do": "unlock", "label": "lesion"},
        {"do": "dilate", "label": "lesion", "radius": 1},
    ]
    run = run_recipe(recipe_from({"steps": steps}), Segmentation(GRID), ct)
    assert run.results[0].title == "nnU-Net Dataset901_Two"
    assert run.results[0].written == 5
    assert run.segmentation.voxels(run.segmentation["lesion"].value) > 4
    while run.history.can_undo:
        run.history.undo()
    assert run.segmentation.values == ()


def test_a_recipe_takes_environment_models_and_time_limit_from_the_preferences(
    ct: Image, nnunet_environment: Environment, results: Path, tmp_path: Path
) -> None:
    (tmp_path / "mlseg_config_dir").mkdir()
    preferences = tmp_path / "mlseg_config_dir" / "preferences.toml"
    about = f'nnunet_path = "{nnunet_environment.folder}"\nnnunet_results_path = "{results}"\n'
    preferences.write_text(about)
    recipe = recipe_from({"steps": [{"do": "nnunet", "dataset": "902", "device": "cpu", "cache": False}]})
    run = run_recipe(recipe, Segmentation(GRID), ct)
    assert run.results[0].title == "nnU-Net Dataset902_Regions"
    preferences.write_text(about + "external_timeout_s = 1\n")
    (scan_results(results)[2].folder / "slow").touch()
    with pytest.raises(ToolError, match="time limit of 1 s"):
        run_recipe(recipe, Segmentation(GRID), ct)
    preferences.write_text("external_timeout_s = soon\n")
    with pytest.raises(ToolError, match=f"{preferences}.*TOML"):
        run_recipe(recipe, Segmentation(GRID), ct)


def test_a_recipe_may_choose_the_labels_and_the_group(ct: Image, total_environment: Path) -> None:
    step = {"do": "totalsegmentator", "environment": str(total_environment), "device": "cpu", "task": ["total", "body"]}
    recipe = recipe_from({"steps": [{**step, "confirm": {"labels": [1, 5]}}]})
    run = run_recipe(recipe, Segmentation(GRID), ct)
    assert [label.name for label in run.segmentation.labels] == ["spleen", "liver"]
    into = recipe_from({"steps": [{**step, "task": "total", "roi_subset": ["liver"], "confirm": {"into": "new"}}]})
    document = Segmentation(GRID)
    run_recipe(into, document, ct)
    assert [label.name for label in document.groups[0].labels] == ["liver"]


def test_all_frames_of_overlapping_labels_are_confirmed(
    nnunet_environment: Environment, results: Path, calls: Calls
) -> None:
    dynamic = GRID.with_time(2)
    array = np.zeros(dynamic.full_shape, np.int16)
    array[:, 0, 0, 0] = (3, 2)
    about = {"results": str(results), "environment": str(nnunet_environment.folder), "device": "cpu", "cache": False}
    step = {"do": "nnunet", "dataset": "902", "confirm": {"frames": "all"}, **about}
    for frames, runs in (("current", 2), ("all", 1)):
        document = Segmentation(dynamic)
        before = len(calls())
        run_recipe(recipe_from({"steps": [{**step, "frames": frames}]}), document, Image(array, dynamic))
        assert len(calls()) - before == runs
        assert [document.mask("active")[t].any() for t in range(2)] == [True, False]
        assert [document.mask("core")[t].any() for t in range(2)] == [True, True]


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ({"do": "nnunet", "foldes": [1]}, "foldes.*did you mean 'folds'"),
        ({"do": "nnunet", "step_size": 0}, "step_size"),
        ({"do": "totalsegmentator", "speed": "slow"}, "speed: 'slow'"),
        ({"do": "totalsegmentor"}, "did you mean 'totalsegmentator'"),
        ({"do": "nnunet", "other_grid": "guess"}, "other_grid"),
    ],
)
def test_a_mistake_in_a_recipe_is_told_before_anything_runs(step: dict[str, Any], message: str) -> None:
    with pytest.raises(ToolError, match=message):
        recipe_from({"steps": [step]})


def test_environments_lists_and_checks_as_json(
    nnunet_environment: Environment, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(nnunet_environment.folder)
    assert main(["environments", "use", "nnunet", folder]) == 0
    capsys.readouterr()
    assert main(["environments", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["folder"], row["remembered"]) == (folder, ["nnunet"])
    assert row["packages"] == {"nnunetv2": "2.8.1", "nnunet": "1.7.1"}
    assert main(["environments", "check", folder, "--json"]) == 1  # its Python is that of the tests, without nnU-Net
    assert json.loads(capsys.readouterr().out)["packages"] == {}
    assert main(["environments"]) == 0
    assert "remembered for nnunet" in capsys.readouterr().out


def test_environments_says_what_it_passed_over_and_what_is_gone(
    nnunet_environment: Environment, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["environments", "use", "nnunet", str(nnunet_environment.folder)]) == 0
    nnunet_environment.folder.rename(tmp_path / "moved")
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "circle"))
    capsys.readouterr()
    assert main(["environments", "--json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out) == []
    passed, gone = said.err.splitlines()
    assert passed == f"passed over {tmp_path / 'circle'}: Too many levels of symbolic links"
    assert gone.startswith("remembered for nnunet: option environment:")
    assert str(nnunet_environment.folder) in gone


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check"], "base folder of an environment"),
        (["check", "/no/such"], "base folder of a Python environment"),
        (["make", "monai"], "program: 'monai'.*nnunet, totalsegmentator"),
        (["use", "nnunet"], "and the base folder"),
        (["list", "x"], "nothing behind list"),
    ],
)
def test_mistakes_of_environments_are_one_line(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    import re

    assert main(["environments", *arguments]) == 2
    assert re.search(message, capsys.readouterr().err)


def test_use_refuses_an_environment_without_the_program(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["environments", "use", "nnunet", str(an_environment(tmp_path / "e"))]) == 2
    assert "an environment with nnU-Net" in capsys.readouterr().err


def test_fetching_asks_first_and_says_when_it_is_offline(
    nnunet_environment: Environment, results: Path, calls: Calls
) -> None:
    from MultiLabelSegLib.errors import ExternalToolError, OptionError
    from MultiLabelSegLib.formats.report import Cancelled

    asked: list[str] = []
    address = "https://models.invalid/Dataset905.zip"

    def answer(question: str, yes: bool) -> bool:
        asked.append(question)
        return yes

    with pytest.raises(Cancelled):
        fetch_pretrained(nnunet_environment, results, address, lambda text: answer(text, False))
    assert calls() == []
    assert asked[0].startswith(f"Download {address} (often gigabytes)")
    with pytest.raises(ExternalToolError, match="this machine is offline, or the server cannot be reached; nothing"):
        fetch_pretrained(nnunet_environment, results, address, lambda text: answer(text, True))
    with pytest.raises(OptionError, match="an address, a zip file, or a task"):
        fetch_pretrained(nnunet_environment, results, "liver", lambda text: True)


def test_the_list_of_pretrained_models_is_version_1s(nnunet_environment: Environment) -> None:
    from MultiLabelSegLib.errors import OptionError

    with pytest.raises(OptionError, match="v2 has no list of models"):
        list_pretrained(nnunet_environment)
    script = nnunet_environment.folder / "bin" / "nnUNet_print_available_pretrained_models"
    lines = "Please cite\\nTask004_Hippocampus\\nHippocampus Segmentation.\\nMRI\\nTask005_Prostate\\nT2"
    script.write_text(f"#!/bin/sh\nprintf '{lines}\\n'\n")
    script.chmod(0o755)
    found = list_pretrained(nnunet_environment)
    assert [(model.name, model.about) for model in found] == [
        ("Task004_Hippocampus", "Hippocampus Segmentation. MRI"),
        ("Task005_Prostate", "T2"),
    ]
