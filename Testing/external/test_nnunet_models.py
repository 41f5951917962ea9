"""nnU-Net's trained models: scanned, narrowed, described, their channels named."""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path
from typing import Any

import pytest

from MultiLabelSegLib.errors import DatasetError, OptionError, WriteError
from MultiLabelSegLib.external.environments import Environment
from MultiLabelSegLib.external.nnunet import (
    ModelChoice,
    choose,
    describe_model,
    keep_names,
    results_folder,
    scan_results,
)
from MultiLabelSegLib.external.nnunet.channel_names import with_own_names
from MultiLabelSegLib.external.nnunet.results import postprocessing_of
from Testing.external.conftest import REGIONS, TWO, a_model, a_v1_model


def test_the_folder_comes_from_the_environment_v2_first_then_the_preferences() -> None:
    both = {"nnUNet_results": "/v2", "RESULTS_FOLDER": "/v1"}
    assert results_folder(both) == Path("/v2")
    assert results_folder({"RESULTS_FOLDER": "/v1"}, Path("/mine")) == Path("/v1")
    assert results_folder({}, Path("/mine")) == Path("/mine")
    assert results_folder({}) is None


def test_all_models_of_both_versions_are_found(results: Path) -> None:
    a_v1_model(results, "Task004_Hippocampus")
    (results / "Dataset903_Untrained" / "nnUNetTrainer__nnUNetPlans__2d" / "fold_0").mkdir(parents=True)
    assert [(m.version, m.dataset, m.configuration, m.folds) for m in scan_results(results)] == [
        (2, "Dataset901_Two", "2d", ("0", "1", "all")),
        (2, "Dataset901_Two", "3d_fullres", ("0", "1")),
        (2, "Dataset902_Regions", "3d_fullres", ("all",)),
        (1, "Task004_Hippocampus", "3d_fullres", ("0", "1")),
    ]


@pytest.mark.parametrize("inner", ["", "nnUNet"])
def test_v1s_inner_folder_will_do_too(tmp_path: Path, inner: str) -> None:
    a_v1_model(tmp_path, "Task004_Hippocampus")
    (model,) = scan_results(tmp_path / inner)
    assert model.root == tmp_path


def test_a_single_dataset_folder_will_do_too(results: Path) -> None:
    found = scan_results(results / "Dataset901_Two")
    assert {model.root for model in found} == {results}


def test_only_the_best_checkpoint_is_there_and_is_taken(tmp_path: Path) -> None:
    folder = a_model(tmp_path, "Dataset001_A", TWO, folds=("0",))
    (folder / "fold_0" / "checkpoint_final.pth").rename(folder / "fold_0" / "checkpoint_best.pth")
    assert scan_results(tmp_path)[0].checkpoint == "checkpoint_best.pth"


def test_a_folder_without_models_says_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no trained model; expected DatasetNNN_Name/Trainer__Plans__configuration"):
        scan_results(tmp_path)
    with pytest.raises(DatasetError, match="no such folder"):
        scan_results(tmp_path / "none")


def test_each_choice_narrows_the_ones_behind_it(results: Path) -> None:
    a_model(results, "Dataset901_Two", TWO, "2d", ("0",), trainer="nnUNetTrainerBig")
    choice = ModelChoice(scan_results(results))
    assert choice.options("dataset") == ("Dataset901_Two", "Dataset902_Regions")
    assert choice.model is None
    choice = choice.with_("dataset", "Dataset901_Two")
    assert choice.options("configuration") == ("2d", "3d_fullres")
    choice = choice.with_("configuration", "2d")
    assert choice.options("trainer") == ("nnUNetTrainer", "nnUNetTrainerBig")
    assert choice.value("plans") == "nnUNetPlans"
    choice = choice.with_("trainer", "nnUNetTrainerBig")
    assert choice.model is not None
    changed = choice.with_("configuration", "3d_fullres")
    assert changed.value("trainer") == "nnUNetTrainer"
    assert changed.model is not None
    with pytest.raises(OptionError, match="configuration: '3d_lowres'.*2d, 3d_fullres"):
        choice.with_("configuration", "3d_lowres")


def test_no_fold_chosen_means_all_of_the_cross_validation(results: Path) -> None:
    choice = ModelChoice(scan_results(results)).with_("dataset", "Dataset901_Two").with_("configuration", "2d")
    assert choice.used_folds == ("0", "1")
    assert choice.with_folds(["all"]).used_folds == ("all",)
    assert ModelChoice(scan_results(results)).with_("dataset", "Dataset902_Regions").used_folds == ("all",)
    with pytest.raises(OptionError, match="folds: '4'"):
        choice.with_folds(["4"])


def test_a_dataset_may_be_given_by_its_number_and_the_rest_by_nnunets_defaults(results: Path) -> None:
    model = choose(scan_results(results), {"dataset": "901"}).model
    assert model is not None
    assert (model.dataset, model.configuration) == ("Dataset901_Two", "3d_fullres")
    with pytest.raises(OptionError, match="dataset: None.*one of Dataset901_Two, Dataset902_Regions"):
        choose(scan_results(results), {})


def test_channels_and_labels_come_from_the_dataset(results: Path) -> None:
    description = describe_model(scan_results(results)[0])
    assert description.channels == ("CT", "PET")
    assert [(label.name, label.numbers) for label in description.labels] == [("organ", (1,)), ("lesion", (2,))]


def test_regions_hold_all_numbers_that_they_take_together(results: Path) -> None:
    description = describe_model(scan_results(results)[2])
    assert description.has_regions
    assert [(label.name, label.numbers, label.value) for label in description.labels] == [
        ("whole", (1, 2, 3), 1),
        ("core", (2, 3), 2),
        ("active", (3,), 3),
    ]


def test_ignore_is_no_label_and_channels_of_one_name_are_told_apart(tmp_path: Path) -> None:
    labels = {"background": 0, "a": 1, "ignore": 2}
    a_model(tmp_path, "Dataset001_A", {"channel_names": {"1": "MRI", "0": "MRI"}, "labels": labels})
    description = describe_model(scan_results(tmp_path)[0])
    assert description.channels == ("MRI", "MRI (2)")
    assert [label.name for label in description.labels] == ["a"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"channel_names": {}}, "channel_names: expected names by number"),
        ({"channel_names": {"0": "a", "2": "b"}}, r"channel_names: expected 0\.\.\.1, found 0, 2"),
        ({"channel_names": {"x": "a"}}, "channel_names: expected the numbers 0, 1"),
        ({"labels": None}, "labels: expected names with values"),
        ({"labels": {"a": "x"}}, "labels: a: expected a value"),
        ({"labels": {"a": -1}}, "labels: a: expected values within"),
        ({"file_ending": 3}, "file_ending: expected text"),
        ({"labels": {"a": [1, 2], "b": 2}, "regions_class_order": [1]}, "regions_class_order: expected 2 values"),
        ({"labels": {"a": [1, 2], "b": 2}}, "regions_class_order: expected 2 values, found None"),
    ],
)
def test_a_damaged_dataset_names_file_and_field(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    a_model(tmp_path, "Dataset001_A", {**TWO, **change})
    with pytest.raises(DatasetError, match=f"dataset.json: {message}"):
        describe_model(scan_results(tmp_path)[0])


def test_what_is_no_json_is_named(results: Path) -> None:
    model = scan_results(results)[0]
    (model.folder / "dataset.json").write_text("{")
    with pytest.raises(DatasetError, match="dataset.json: is no JSON"):
        describe_model(model)


def test_a_cascade_knows_the_stage_before_it_also_where_that_is_inherited(tmp_path: Path) -> None:
    plans = {
        "configurations": {
            "3d_cascade_mine": {"inherits_from": "3d_cascade_fullres"},
            "3d_cascade_fullres": {"inherits_from": "3d_fullres", "previous_stage": "3d_lowres"},
            "3d_fullres": {},
        }
    }
    a_model(tmp_path, "Dataset001_A", TWO, "3d_cascade_mine", plans=plans)
    assert describe_model(scan_results(tmp_path)[0]).previous == "3d_lowres"


def test_plans_that_inherit_in_a_circle_end(tmp_path: Path) -> None:
    plans = {"configurations": {"2d": {"inherits_from": "b"}, "b": {"inherits_from": "2d"}}}
    a_model(tmp_path, "Dataset001_A", TWO, "2d", plans=plans)
    assert describe_model(scan_results(tmp_path)[0]).previous == ""


def test_v1s_plans_are_read_by_the_environments_own_python(tmp_path: Path, nnunet_environment: Environment) -> None:
    folder = a_v1_model(tmp_path, "Task004_Hippocampus")
    with (folder / "plans.pkl").open("wb") as file:
        pickle.dump({"modalities": {0: "MRI"}, "all_classes": [1, 2]}, file)
    description = describe_model(scan_results(tmp_path)[0], nnunet_environment)
    assert description.channels == ("MRI",)
    assert [label.name for label in description.labels] == ["Label 1", "Label 2"]
    with pytest.raises(DatasetError, match="choose its environment first"):
        describe_model(scan_results(tmp_path)[0])
    named = {"modality": {"0": "T1"}, "labels": {"0": "background", "1": "Anterior", "2": "Posterior"}}
    (folder / "dataset.json").write_text(json.dumps(named))
    assert [label.name for label in describe_model(scan_results(tmp_path)[0]).labels] == ["Anterior", "Posterior"]


def test_names_of_channels_are_kept_beside_the_model(results: Path) -> None:
    model = scan_results(results)[0]
    assert keep_names(model, ["Low dose", " PET "]).parent == model.folder
    assert with_own_names(model, describe_model(model)).channels == ("Low dose", "PET")
    for wrong in (["a", ""], ["a", "a"]):
        with pytest.raises(OptionError, match="differ from each other"):
            keep_names(model, wrong)
    keep_names(model, ["only one"])
    with pytest.raises(DatasetError, match="expected 2 different names, found only one"):
        with_own_names(model, describe_model(model))


def test_names_of_a_model_that_cannot_be_written_to_are_kept_in_the_callers_folder(
    results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = scan_results(results)[0]
    from MultiLabelSegLib.external.nnunet import channel_names

    real = channel_names._write

    def refuse(path: Path, text: str) -> Path:
        if path.parent == model.folder:
            raise WriteError(path, "read-only file system")
        return real(path, text)

    monkeypatch.setattr(channel_names, "_write", refuse)
    config = tmp_path / "config"
    assert config in keep_names(model, ["a", "b"], config).parents
    assert with_own_names(model, describe_model(model), config).channels == ("a", "b")
    assert with_own_names(model, describe_model(model)).channels == ("CT", "PET")
    with pytest.raises(WriteError, match="read-only"):
        keep_names(model, ["c", "d"])


def test_postprocessing_is_found_where_either_version_puts_it(results: Path) -> None:
    two_d, full, _ = scan_results(results)
    assert postprocessing_of((full,), ("0", "1")) is None
    single = full.folder / "crossval_results_folds_0_1" / "postprocessing.pkl"
    single.parent.mkdir()
    single.touch()
    assert postprocessing_of((full,), ("0", "1")) == single
    assert postprocessing_of((full,), ("0",)) is None
    name = f"ensemble___{two_d.identifier}___{full.identifier}___0_1"
    both = results / "Dataset901_Two" / "ensembles" / name / "postprocessing.pkl"
    both.parent.mkdir(parents=True)
    both.touch()
    assert postprocessing_of((full, two_d), ("0", "1")) == both
    for configuration in ("2d", "3d_fullres"):
        a_v1_model(results, "Task004_Hippocampus", configuration)
    first, second = [model for model in scan_results(results) if model.version == 1]
    parts = "--".join(f"{model.configuration}__{model.trainer}__{model.plans}" for model in (first, second))
    old = results / "nnUNet" / "ensembles" / "Task004_Hippocampus" / f"ensemble_{parts}" / "postprocessing.json"
    old.parent.mkdir(parents=True)
    old.touch()
    assert postprocessing_of((second, first), ("0", "1")) == old
    assert os.fspath(old).endswith("postprocessing.json")


def test_regions_class_order_is_the_value_that_a_region_would_like(tmp_path: Path) -> None:
    a_model(tmp_path, "Dataset001_A", {**REGIONS, "regions_class_order": [3, 1, 2]})
    assert [label.value for label in describe_model(scan_results(tmp_path)[0]).labels] == [3, 1, 2]
