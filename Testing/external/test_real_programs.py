"""The real nnU-Net and TotalSegmentator, where an interpreter that has them is named. Heavy: minutes on a processor.

MLSEG_NNUNET_PYTHON   a Python with nnunetv2 and TotalSegmentator (a venv's bin/python)
MLSEG_NNUNET_MODELS   a folder that make_tiny_nnunet.py has made; it is made anew (three minutes) unless given
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from MultiLabelSegLib.cli.main import main
from MultiLabelSegLib.core import Image, Segmentation
from MultiLabelSegLib.edit import History
from MultiLabelSegLib.errors import ExternalToolError
from MultiLabelSegLib.external.cache import ResultCache
from MultiLabelSegLib.external.environments import Environment, check_environment, environment_at
from MultiLabelSegLib.external.nnunet import PredictOptions, predictor_of, scan_results
from MultiLabelSegLib.external.proposals import propose_with, request_of
from MultiLabelSegLib.external.totalsegmentator import TotalOptions, read_package
from MultiLabelSegLib.external.totalsegmentator import predictor_of as total_predictor_of
from MultiLabelSegLib.formats.image_io import read_image, read_label_array
from MultiLabelSegLib.formats.registry import read_segmentation
from MultiLabelSegLib.formats.report import Cancelled
from MultiLabelSegLib.tools.base import Preview, Scene
from MultiLabelSegLib.tools.confirm import confirm
from Testing.external import fake_nnunet, fake_totalsegmentator
from Testing.external.help_text import options_of

PYTHON = os.environ.get("MLSEG_NNUNET_PYTHON", "")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not PYTHON,
        reason="MLSEG_NNUNET_PYTHON names no Python with nnunetv2 and TotalSegmentator (gigabytes, see docs)",
    ),
]
QUIET = PredictOptions(device="cpu", use_cache=False)


@pytest.fixture(scope="module")
def environment() -> Environment:
    return environment_at(Path(PYTHON))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Raw images and models trained by nnU-Net's own code."""
    given = os.environ.get("MLSEG_NNUNET_MODELS")
    if given:
        return Path(given)
    folder = tmp_path_factory.mktemp("tiny")
    script = Path(__file__).with_name("make_tiny_nnunet.py")
    subprocess.run([PYTHON, str(script), str(folder)], check=True, capture_output=True, timeout=1800)
    return folder


def case(tiny: Path, dataset: str, channel: int) -> Image:
    return read_image(tiny / "raw" / dataset / "imagesTs" / f"case_5_{channel:04d}.nii.gz")


def by_hand(environment: Environment, tiny: Path, dataset: str, target: Path, *more: str) -> np.ndarray:
    """What nnU-Net gives on its own, called as its documentation says."""
    command = [str(environment.script("nnUNetv2_predict")), "-i", str(tiny / "raw" / dataset / "imagesTs")]
    command += ["-o", str(target), "-d", dataset, "-device", "cpu", *more]
    variables = {**os.environ, "nnUNet_results": str(tiny / "results"), "CUDA_VISIBLE_DEVICES": "-1"}
    subprocess.run(command, check=True, capture_output=True, env=variables, timeout=900)
    return read_label_array(target / "case_5.nii.gz")[0]


def ours(
    environment: Environment, tiny: Path, wanted: list[tuple[str, str]], others: dict[str, Image], **about: Any
) -> Segmentation:
    """The same through our request, preview and confirmation."""
    found = scan_results(tiny / "results")
    models = [next(m for m in found if (m.dataset, m.configuration) == each) for each in wanted]
    dataset = models[0].dataset
    document = Segmentation(case(tiny, dataset, 0).geometry)
    scene = Scene(document, case(tiny, dataset, 0))
    predictor = predictor_of(
        environment, [(model, ()) for model in models], PredictOptions(**{"device": "cpu", **about})
    )
    begun = time.monotonic()
    preview = propose_with(predictor, scene, request_of(scene, predictor.channels, others))
    print(f"{[each[1] for each in wanted]}: {time.monotonic() - begun:.1f} s, {preview.notes}")
    History(document).do(confirm(scene, preview).command)
    return document


@pytest.mark.parametrize(
    "program", ["nnUNetv2_predict", "nnUNetv2_ensemble", "nnUNetv2_apply_postprocessing", "TotalSegmentator"]
)
def test_the_options_that_we_use_are_those_of_the_installed_program(environment: Environment, program: str) -> None:
    command = [str(environment.script(program)), "--help"]
    said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300).stdout
    fakes = {**fake_nnunet.PARSERS, "TotalSegmentator": fake_totalsegmentator.parser}
    assert options_of(fakes[program]().format_help()) == options_of(said)


def test_the_environment_is_checked_by_its_own_python(environment: Environment) -> None:
    check = check_environment(environment, ["nnunetv2", "TotalSegmentator"])
    assert set(check.packages) == {"nnunetv2", "TotalSegmentator"}
    assert check.torch
    assert not check.problem


def test_two_channels_and_two_folds_give_what_nnunet_gives(
    environment: Environment, tiny: Path, tmp_path: Path
) -> None:
    name = "Dataset901_TinyTwo"
    document = ours(environment, tiny, [(name, "3d_fullres")], {"PET": case(tiny, name, 1)}, use_cache=False)
    expected = by_hand(environment, tiny, name, tmp_path / "out", "-c", "3d_fullres", "-f", "0", "1")
    assert np.array_equal(document.groups[0].array, expected)
    assert expected.any()
    assert [label.name for label in document.labels] == ["organ", "lesion"]


def test_regions_give_overlapping_labels_that_add_up_to_nnunets_map(
    environment: Environment, tiny: Path, tmp_path: Path
) -> None:
    name = "Dataset902_TinyRegions"
    document = ours(environment, tiny, [(name, "3d_fullres")], {}, use_cache=False)
    expected = by_hand(environment, tiny, name, tmp_path / "out", "-c", "3d_fullres", "-f", "0")
    assert expected.any()
    for label, numbers in {"whole": (1, 2, 3), "core": (2, 3), "active": (3,)}.items():
        assert np.array_equal(document.mask(label), np.isin(expected, numbers))


def test_an_ensemble_of_two_configurations_is_merged_by_nnunet(
    environment: Environment, tiny: Path, tmp_path: Path
) -> None:
    name = "Dataset901_TinyTwo"
    wanted = [(name, "2d"), (name, "3d_fullres")]
    document = ours(environment, tiny, wanted, {"PET": case(tiny, name, 1)}, use_cache=False, mirroring=False)
    for configuration in ("2d", "3d_fullres"):
        more = ("-c", configuration, "-f", "0", "1", "--disable_tta", "--save_probabilities")
        by_hand(environment, tiny, name, tmp_path / configuration, *more)
    command = [str(environment.script("nnUNetv2_ensemble")), "-i", str(tmp_path / "2d"), str(tmp_path / "3d_fullres")]
    subprocess.run([*command, "-o", str(tmp_path / "both"), "-np", "1"], check=True, capture_output=True, timeout=600)
    expected, _ = read_label_array(tmp_path / "both" / "case_5.nii.gz")
    assert np.array_equal(document.groups[0].array, expected)


def test_postprocessing_is_done_by_nnunet_and_can_be_switched_off(environment: Environment, tiny: Path) -> None:
    name = "Dataset901_TinyTwo"
    model = next(m for m in scan_results(tiny / "results") if (m.dataset, m.configuration) == (name, "3d_fullres"))
    path = model.folder / "postprocessing.pkl"
    code = (
        "import pickle, sys; from nnunetv2.postprocessing.remove_connected_components import "
        "remove_all_but_largest_component_from_segmentation as f; "
        "pickle.dump(([f], [{'labels_or_regions': [1, 2]}]), open(sys.argv[1], 'wb'))"
    )
    subprocess.run([PYTHON, "-c", code, str(path)], check=True, capture_output=True, timeout=300)
    others = {"PET": case(tiny, name, 1)}
    try:
        about = {"use_cache": False, "mirroring": False}
        done = ours(environment, tiny, [(name, "3d_fullres")], others, **about)
        left = ours(environment, tiny, [(name, "3d_fullres")], others, postprocessing=False, **about)
    finally:
        path.unlink()
    from scipy import ndimage

    parts, count = ndimage.label(left.groups[0].array[0] > 0, np.ones((3, 3, 3)))
    largest = parts == 1 + int(np.argmax(np.bincount(parts.reshape(-1))[1:]))
    assert count >= 1
    assert np.array_equal(done.groups[0].array[0], np.where(largest, left.groups[0].array[0], 0))


def test_the_command_line_predicts_with_the_real_program(
    environment: Environment, tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLSEG_CACHE_DIR", str(tmp_path))
    images = tiny / "raw" / "Dataset902_TinyRegions" / "imagesTs"
    command = ["segment", "--with", "nnunet", "-i", str(images / "case_5_0000.nii.gz"), "--device", "cpu"]
    command += ["--results", str(tiny / "results"), "--dataset", "902", "--environment", PYTHON]
    assert main([*command, "--no-mirroring", "-o", str(tmp_path / "seg.nrrd")]) == 0
    found = read_segmentation(tmp_path / "seg.nrrd")
    assert [label.name for label in found.labels] == ["whole", "core", "active"]
    assert len(found.groups) == 3


def test_the_second_time_it_comes_from_the_cache_at_once(environment: Environment, tiny: Path, tmp_path: Path) -> None:
    model = next(model for model in scan_results(tiny / "results") if model.dataset.startswith("Dataset902"))
    cache = ResultCache(tmp_path / "cache")
    image = case(tiny, model.dataset, 0)
    scene = Scene(Segmentation(image.geometry), image)
    predictor = predictor_of(environment, [(model, ())], PredictOptions(device="cpu"), cache)
    first = propose_with(predictor, scene, request_of(scene, predictor.channels))
    begun = time.monotonic()
    second = propose_with(predictor, scene, request_of(scene, predictor.channels))
    assert time.monotonic() - begun < 2
    assert "taken from the cache" in second.notes[0]
    assert np.array_equal(first.frames[0].region, second.frames[0].region)


def test_cancelling_leaves_no_process_behind(environment: Environment, tiny: Path) -> None:
    model = next(model for model in scan_results(tiny / "results") if model.dataset.startswith("Dataset902"))
    image = case(tiny, model.dataset, 0)
    scene = Scene(Segmentation(image.geometry), image)
    predictor = predictor_of(environment, [(model, ())], QUIET)
    begun = time.monotonic()
    with pytest.raises(Cancelled):  # nnU-Net has started its helpers by then
        propose_with(
            predictor, scene, request_of(scene, predictor.channels), lambda part, line: time.monotonic() - begun > 6
        )
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert f"{environment.folder}/bin" not in "\n".join(line for line in listed.splitlines() if "pytest" not in line)


def test_what_we_read_of_totalsegmentators_package_is_what_it_says_itself(environment: Environment) -> None:
    code = "import json; from totalsegmentator.registry import task_registry; print(json.dumps(task_registry()))"
    said = json.loads(subprocess.run([PYTHON, "-c", code], check=True, capture_output=True, text=True).stdout)
    package = read_package(environment)
    assert package.version == said["totalsegmentator_version"]
    assert set(said["tasks"]) - set(package.tasks) <= {"test", "total_highres_test"}
    for name, task in package.tasks.items():
        about = said["tasks"][name]
        assert {str(value): text for value, text in task.classes.items()} == about["classes"]
        assert (task.licensed, task.modality) == (about["license_required"], about["modality"])
    missing = [name for name in package.task("total").classes.values() if name not in package.looks]
    assert missing == []


def test_totalsegmentator_without_its_weights_and_a_network_says_so(
    environment: Environment, tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOTALSEG_HOME_DIR", str(tmp_path / "home"))
    image = case(tiny, "Dataset902_TinyRegions", 0)
    scene = Scene(Segmentation(image.geometry), image)
    options = TotalOptions(device="cpu", speed="fastest", use_cache=False, limit_s=300)
    predictor = total_predictor_of(environment, ("total",), options)
    outcome = tried(lambda: propose_with(predictor, scene, request_of(scene)))
    print(outcome)
    if isinstance(outcome, ExternalToolError):
        assert outcome.command == "TotalSegmentator"
        assert outcome.last_lines[0].startswith("this machine is offline, or the server cannot be reached")
    else:
        assert len(outcome.labels) == len(predictor.tasks[0].classes)


def tried(work: Callable[[], Preview]) -> Preview | ExternalToolError:
    """What the work gives, or how the program failed."""
    try:
        return work()
    except ExternalToolError as error:
        return error
