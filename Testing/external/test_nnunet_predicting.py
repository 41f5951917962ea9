"""nnU-Net's command lines on a fake that takes the real options: channels, folds, ensembles, regions, cache, errors."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from MultiLabelSegLib.core import Image, Segmentation
from MultiLabelSegLib.edit import History
from MultiLabelSegLib.errors import ExternalToolError, ToolError
from MultiLabelSegLib.external.cache import ResultCache
from MultiLabelSegLib.external.environments import Environment
from MultiLabelSegLib.external.nnunet import Model, NnUNetPredictor, PredictOptions, predictor_of, scan_results
from MultiLabelSegLib.external.proposals import propose_with, request_of
from MultiLabelSegLib.formats.report import Cancelled
from MultiLabelSegLib.tools.base import Preview, Scene
from MultiLabelSegLib.tools.confirm import confirm
from Testing.external import fake_nnunet
from Testing.external.conftest import GRID, TWO, a_model, a_v1_model
from Testing.external.help_text import golden_options, options_of

Calls = Callable[[], list[dict[str, Any]]]
QUIET = PredictOptions(device="cpu", use_cache=False)


@pytest.mark.parametrize("program", fake_nnunet.PARSERS)
def test_the_fake_takes_the_options_of_the_real_program(program: str) -> None:
    assert options_of(fake_nnunet.PARSERS[program]().format_help()) == golden_options(program)


@pytest.fixture
def cache(tmp_path: Path) -> ResultCache:
    return ResultCache(tmp_path / "cache")


def predict(predictor: NnUNetPredictor, scene: Scene, others: dict[str, Image] | None = None, **about: Any) -> Preview:
    return propose_with(predictor, scene, request_of(scene, predictor.channels, others, **about))


def option(call: dict[str, Any], name: str) -> str:
    arguments = call["arguments"]
    return str(arguments[arguments.index(name) + 1])


def test_two_channels_all_folds_and_names_of_the_dataset(
    nnunet_environment: Environment, results: Path, calls: Calls, cache: ResultCache, ct: Image, pet: Image
) -> None:
    model = scan_results(results)[1]
    document = Segmentation(GRID)
    scene = Scene(document, ct)
    preview = predict(predictor_of(nnunet_environment, [(model, ())], QUIET, cache), scene, {"PET": pet})
    History(document).do(confirm(scene, preview).command)
    assert [label.name for label in document.labels] == ["organ", "lesion"]
    # 1 where the CT is 1 and the PET is dark; the PET raises the first column
    assert document.groups[0].array[0, :, 0, :3].tolist() == [[2, 2, 0], [2, 2, 0], [1, 0, 0]]
    assert "value 3 (2 voxels) is no label of the model" in preview.notes
    (call,) = calls()
    assert call["program"] == "nnUNetv2_predict"
    assert option(call, "-d") == "Dataset901_Two"
    assert call["arguments"][call["arguments"].index("-f") + 1 :][:2] == ["0", "1"]
    assert (option(call, "-device"), call["gpu"]) == ("cpu", "-1")


def test_options_arrive_at_the_command_line(
    nnunet_environment: Environment, results: Path, calls: Calls, cache: ResultCache, ct: Image, pet: Image
) -> None:
    model = scan_results(results)[0]
    options = PredictOptions(device="3", mirroring=False, step_size=0.75, use_cache=False)
    predictor = predictor_of(nnunet_environment, [(model, ("all",))], options, cache)
    preview = predict(predictor, Scene(Segmentation(GRID), ct), {"PET": pet})
    (call,) = calls()
    assert (option(call, "-device"), call["gpu"]) == ("cuda", "3")
    assert (option(call, "-c"), option(call, "-f"), option(call, "-step_size")) == ("2d", "all", "0.75")
    assert "--disable_tta" in call["arguments"]
    assert preview.frames[0].region[0, 0, :3].tolist() == [1, 1, 2]


def test_regions_become_overlapping_labels(
    nnunet_environment: Environment, results: Path, cache: ResultCache, ct: Image
) -> None:
    document = Segmentation(GRID)
    scene = Scene(document, ct)
    predictor = predictor_of(nnunet_environment, [(scan_results(results)[2], ())], QUIET, cache)
    History(document).do(confirm(scene, predict(predictor, scene)).command)
    assert {label.name: document.voxels(label.value) for label in document.labels} == {
        "whole": 6,
        "core": 4,
        "active": 2,
    }
    assert len(document.groups) == 3


def test_an_ensemble_is_predicted_with_probabilities_merged_and_postprocessed(
    nnunet_environment: Environment, results: Path, calls: Calls, cache: ResultCache, ct: Image, pet: Image
) -> None:
    two_d, full, _ = scan_results(results)
    name = f"ensemble___{two_d.identifier}___{full.identifier}___0_1"
    post = results / "Dataset901_Two" / "ensembles" / name / "postprocessing.pkl"
    post.parent.mkdir(parents=True)
    post.touch()
    members = [(two_d, ("0", "1")), (full, ("0", "1"))]
    scene = Scene(Segmentation(GRID), ct)
    preview = predict(predictor_of(nnunet_environment, members, QUIET, cache), scene, {"PET": pet})
    assert [call["program"] for call in calls()] == [
        "nnUNetv2_predict",
        "nnUNetv2_predict",
        "nnUNetv2_ensemble",
        "nnUNetv2_apply_postprocessing",
    ]
    assert all("--save_probabilities" in call["arguments"] for call in calls()[:2])
    assert option(calls()[3], "-pp_pkl_file") == str(post)
    assert not preview.frames[0].region[0].any()  # the fake's post-processing takes the first slice away
    without = PredictOptions(device="cpu", use_cache=False, postprocessing=False)
    predict(predictor_of(nnunet_environment, members, without, cache), scene, {"PET": pet})
    assert [call["program"] for call in calls()[4:]] == ["nnUNetv2_predict", "nnUNetv2_predict", "nnUNetv2_ensemble"]


def test_models_that_do_not_fit_are_no_ensemble(
    nnunet_environment: Environment, results: Path, cache: ResultCache, ct: Image, pet: Image
) -> None:
    first, second, other = scan_results(results)
    scene = Scene(Segmentation(GRID), ct)
    for members, message in (((first, other), "differ in dataset"), ((second, second), "named twice")):
        predictor = predictor_of(nnunet_environment, [(model, ()) for model in members], QUIET, cache)
        with pytest.raises(ToolError, match=message):
            predict(predictor, scene, {"PET": pet})


def test_a_cascade_is_fed_with_the_stage_before_it(
    nnunet_environment: Environment, results: Path, calls: Calls, cache: ResultCache, ct: Image, pet: Image
) -> None:
    plans = {"configurations": {"3d_cascade_fullres": {"previous_stage": "3d_lowres"}}}
    for configuration in ("3d_lowres", "3d_cascade_fullres"):
        a_model(results, "Dataset903_Cascade", TWO, configuration, plans=plans)
    model = next(model for model in scan_results(results) if model.configuration == "3d_cascade_fullres")
    predict(predictor_of(nnunet_environment, [(model, ())], QUIET, cache), Scene(Segmentation(GRID), ct), {"PET": pet})
    before, cascade = calls()
    assert option(before, "-c") == "3d_lowres"
    assert option(cascade, "-prev_stage_predictions") == option(before, "-o")


def test_version_1_has_its_own_command_line(
    nnunet_environment: Environment, results: Path, calls: Calls, cache: ResultCache, ct: Image
) -> None:
    folder = a_v1_model(results, "Task004_Hippocampus")
    (folder / "dataset.json").write_text('{"modality": {"0": "MRI"}, "labels": {"0": "background", "1": "Anterior"}}')
    model = next(model for model in scan_results(results) if model.version == 1)
    options = PredictOptions(device="0", mixed_precision=False, use_cache=False)
    preview = predict(predictor_of(nnunet_environment, [(model, ())], options, cache), Scene(Segmentation(GRID), ct))
    (call,) = calls()
    assert (call["program"], call["gpu"]) == ("nnUNet_predict", "0")
    assert (option(call, "-t"), option(call, "-m")) == ("Task004_Hippocampus", "3d_fullres")
    assert "--disable_mixed_precision" in call["arguments"]
    assert [label.name for label in preview.labels] == ["Anterior"]


def test_an_ensemble_of_version_1(
    nnunet_environment: Environment, results: Path, calls: Calls, cache: ResultCache, ct: Image
) -> None:
    for configuration in ("2d", "3d_fullres"):
        folder = a_v1_model(results, "Task004_Hippocampus", configuration)
        (folder / "dataset.json").write_text('{"modality": {"0": "MRI"}, "labels": {"1": "Anterior"}}')
    members = [(model, ()) for model in scan_results(results) if model.version == 1]
    predict(predictor_of(nnunet_environment, members, QUIET, cache), Scene(Segmentation(GRID), ct))
    assert [call["program"] for call in calls()] == ["nnUNet_predict", "nnUNet_predict", "nnUNet_ensemble"]
    assert all("--save_npz" in call["arguments"] for call in calls()[:2])


def test_all_frames_are_cases_of_one_run(
    nnunet_environment: Environment, results: Path, calls: Calls, cache: ResultCache
) -> None:
    dynamic = GRID.with_time(3)
    array = np.zeros(dynamic.full_shape, np.int16)
    array[:, 0, 0, 0] = (1, 2, 3)
    predictor = predictor_of(nnunet_environment, [(scan_results(results)[2], ())], QUIET, cache)
    scene = Scene(Segmentation(dynamic), Image(array, dynamic))
    preview = predict(predictor, scene, frames="all")
    assert [int(preview.frames[t].region[0, 0, 0]) for t in range(3)] == [1, 1, 1]
    assert [[int(layer.frames[t].region.any()) for t in range(3)] for layer in preview.layers] == [
        [1, 1, 1],
        [0, 1, 1],
        [0, 0, 1],
    ]
    assert len(calls()) == 1


def test_the_same_question_is_answered_from_the_cache_and_another_one_is_not(
    nnunet_environment: Environment, results: Path, calls: Calls, cache: ResultCache, ct: Image
) -> None:
    model = scan_results(results)[2]
    scene = Scene(Segmentation(GRID), ct)

    def ask(scene: Scene = scene, **about: Any) -> Preview:
        options = PredictOptions(device="cpu", **about)
        return predict(predictor_of(nnunet_environment, [(model, ())], options, cache), scene)

    first, second = ask(), ask()
    assert len(calls()) == 1
    assert np.array_equal(first.frames[0].region, second.frames[0].region)
    assert "taken from the cache" in second.notes[0]
    ask(step_size=0.25)
    changed = ct.array.copy()
    changed[0, 2, 3, 4] = 1
    ask(Scene(Segmentation(GRID), Image(changed, GRID)))
    ask(use_cache=False)
    weights = model.folder / "fold_all" / "checkpoint_final.pth"
    weights.write_bytes(b"trained further")
    ask()
    assert len(calls()) == 5
    assert cache.size() > 0
    assert cache.clear() > 0
    assert cache.size() == 0
    ask()
    assert len(calls()) == 6


def test_a_damaged_entry_of_the_cache_is_computed_anew(
    nnunet_environment: Environment, results: Path, calls: Calls, cache: ResultCache, ct: Image
) -> None:
    predictor = predictor_of(nnunet_environment, [(scan_results(results)[2], ())], PredictOptions(device="cpu"), cache)
    scene = Scene(Segmentation(GRID), ct)
    predict(predictor, scene)
    (path,) = cache.folder.glob("*/frame_0.nrrd")
    path.write_bytes(path.read_bytes()[:-9])
    predict(predictor, scene)
    assert len(calls()) == 2


def test_the_limit_of_the_cache_drops_what_was_not_used_for_longest(cache: ResultCache, tmp_path: Path) -> None:
    from MultiLabelSegLib.external.proposals import LabelMap

    random = np.random.default_rng(0).integers(0, 255, (8, 16, 16)).astype(np.uint8)
    grid = GRID.cropped((0, 0, 0), random.shape)
    small = ResultCache(tmp_path / "small", 6000)
    for letter in "abc":
        assert small.put(letter * 64, {0: LabelMap(random, grid)})
        time.sleep(0.02)
        if letter == "b":
            assert small.get("a" * 64) is not None
            time.sleep(0.02)
    assert small.get("b" * 64) is None
    assert small.get("a" * 64) is not None
    assert small.size() <= 6000


def test_a_failure_has_the_programs_last_lines_and_changes_nothing(
    nnunet_environment: Environment, results: Path, cache: ResultCache, ct: Image
) -> None:
    model = scan_results(results)[2]
    (model.folder / "out_of_memory").touch()
    with pytest.raises(ExternalToolError, match="nnUNetv2_predict ended with 1: .*CUDA out of memory"):
        predict(predictor_of(nnunet_environment, [(model, ())], QUIET, cache), Scene(Segmentation(GRID), ct))
    assert cache.size() == 0


def test_it_can_be_cancelled_and_limited(
    nnunet_environment: Environment, results: Path, cache: ResultCache, ct: Image
) -> None:
    model = scan_results(results)[2]
    (model.folder / "slow").touch()
    scene = Scene(Segmentation(GRID), ct)
    predictor = predictor_of(nnunet_environment, [(model, ())], QUIET, cache)
    with pytest.raises(Cancelled):
        propose_with(predictor, scene, request_of(scene, predictor.channels), lambda part, line: "begun" in line)
    limited = PredictOptions(device="cpu", use_cache=False, limit_s=1.5)
    with pytest.raises(ExternalToolError, match="time limit"):
        predict(predictor_of(nnunet_environment, [(model, ())], limited, cache), scene)


def test_a_program_that_is_not_installed_says_where_it_was_looked_for(
    nnunet_environment: Environment, results: Path, cache: ResultCache, ct: Image
) -> None:
    nnunet_environment.script("nnUNetv2_predict").unlink()
    with pytest.raises(
        ExternalToolError, match=f"not installed in {nnunet_environment.folder}.*environments make nnunet"
    ):
        predict(
            predictor_of(nnunet_environment, [(scan_results(results)[2], ())], QUIET, cache),
            Scene(Segmentation(GRID), ct),
        )


@pytest.mark.parametrize("ending", [".nrrd", ".mha", ".nii"])
def test_images_are_written_as_the_model_wants_them(
    nnunet_environment: Environment, results: Path, cache: ResultCache, ct: Image, ending: str
) -> None:
    about = {"channel_names": {"0": "CT"}, "labels": {"background": 0, "a": 1}, "file_ending": ending}
    a_model(results, "Dataset904_Ending", about)
    model: Model = next(model for model in scan_results(results) if model.dataset == "Dataset904_Ending")
    preview = predict(predictor_of(nnunet_environment, [(model, ())], QUIET, cache), Scene(Segmentation(GRID), ct))
    assert preview.voxels(0) == {1: 2}


def test_a_model_of_photographs_is_refused_with_the_reason(
    nnunet_environment: Environment, results: Path, cache: ResultCache, ct: Image
) -> None:
    about = {"channel_names": {"0": "R"}, "labels": {"background": 0, "a": 1}, "file_ending": ".png"}
    a_model(results, "Dataset904_Photos", about)
    model = next(model for model in scan_results(results) if model.dataset == "Dataset904_Photos")
    with pytest.raises(ToolError, match=r"takes images as \.png files; they are written as \.nrrd"):
        predict(predictor_of(nnunet_environment, [(model, ())], QUIET, cache), Scene(Segmentation(GRID), ct))
