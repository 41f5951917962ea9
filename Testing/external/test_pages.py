"""What the pages of nnU-Net and TotalSegmentator show, grey out and do, without any window."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from MultiLabelSegLib.core import Image, Segmentation
from MultiLabelSegLib.edit import History
from MultiLabelSegLib.errors import OptionError
from MultiLabelSegLib.external.cache import ResultCache
from MultiLabelSegLib.external.devices import Device, Gpu, device_of, gpus_in
from MultiLabelSegLib.external.environments import NEEDS, Environment
from MultiLabelSegLib.external.nnunet import describe_model, scan_results
from MultiLabelSegLib.host.base import Background
from MultiLabelSegLib.tools.base import Scene
from MultiLabelSegLib.tools.confirm import confirm
from MultiLabelSegLib.ui.programs.pages import EnvironmentPage, NnUNetPage, TotalSegmentatorPage, as_progress
from Testing.external import fake_totalsegmentator
from Testing.external.conftest import GRID, TWO, a_model, a_v1_model
from Testing.external.fake_environment import add_program, an_environment, without_place
from Testing.external.totalsegmentator_files import write_package

GPUS = (Gpu(0, "NVIDIA A100", 40536), Gpu(1, "NVIDIA T4", 15360))


class Memory:
    """Preferences in memory."""

    place = "memory"

    def __init__(self) -> None:
        self.values: dict[str, object] = {}

    def load(self) -> Mapping[str, object]:
        return dict(self.values)

    def save(self, values: Mapping[str, object]) -> None:
        self.values.update(values)


@pytest.fixture(autouse=True)
def a_quiet_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_place(monkeypatch, tmp_path / "home")
    for name in ("nnUNet_results", "RESULTS_FOLDER", "MLSEG_TOTALSEGMENTATOR_LICENSE", "TOTALSEG_HOME_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FAKE_CALLS", str(tmp_path / "calls.jsonl"))


@pytest.fixture
def store() -> Memory:
    return Memory()


@pytest.fixture
def page(store: Memory, nnunet_environment: Environment, results: Path, tmp_path: Path) -> NnUNetPage:
    store.values["nnunet_path"] = str(nnunet_environment.folder)
    store.values["nnunet_results_path"] = str(results)
    return NnUNetPage(store, lambda: GPUS, ResultCache(tmp_path / "cache"))


@pytest.fixture
def total(store: Memory, tmp_path: Path) -> TotalSegmentatorPage:
    folder = an_environment(tmp_path / "total", {"totalsegmentator": "2.18.0"})
    write_package(folder)
    add_program(folder, "TotalSegmentator", Path(fake_totalsegmentator.__file__))
    store.values.update(totalsegmentator_custom_install=True, totalsegmentator_path=str(folder))
    return TotalSegmentatorPage(store, lambda: (), ResultCache(tmp_path / "cache"))


def test_environments_with_the_program_come_first_and_are_remembered(store: Memory, tmp_path: Path) -> None:
    an_environment(tmp_path / "home" / "envs" / "a_plain")
    fits = an_environment(tmp_path / "home" / "envs" / "b_fits", {"nnunetv2": "2.8.1"})
    page = EnvironmentPage("nnunet", store)
    assert [Path(value).name for value, _ in page.choice().options] == ["b_fits", "a_plain"]
    assert "without nnU-Net" in page.choice().options[1][1]
    assert page.choice().value == str(fits)
    other = an_environment(tmp_path / "other", {"nnunetv2": "2.6"})
    told: list[bool] = []
    page.changed.connect(lambda: told.append(True))
    assert page.select(other / "bin")
    assert told
    assert store.values["nnunet_path"] == str(other)
    assert EnvironmentPage("nnunet", store).choice().value == str(other)


def test_what_cannot_be_selected_says_why_and_the_choice_stays(store: Memory, tmp_path: Path) -> None:
    fits = an_environment(tmp_path / "home" / "envs" / "fits", {"nnunetv2": "2.8.1"})
    page = EnvironmentPage("nnunet", store)
    assert not page.select(an_environment(tmp_path / "plain"))
    assert "has no nnU-Net" in page.problem
    assert not page.select(tmp_path)
    assert "base folder of a Python environment" in page.problem
    assert page.choice().value == str(fits)


def test_a_remembered_environment_that_is_gone_is_said(store: Memory, tmp_path: Path) -> None:
    store.values["nnunet_path"] = str(tmp_path / "gone")
    page = EnvironmentPage("nnunet", store)
    assert "the remembered environment is gone" in page.state().reason
    assert page.selected is None


def test_the_button_that_makes_one_is_grey_while_it_is_made_and_afterwards(store: Memory) -> None:
    page = EnvironmentPage("nnunet", store)
    assert page.make_state().enabled
    page.begin_making()
    assert page.make_state().reason == "the environment is being made"
    page.made(None)
    assert page.make_state().enabled
    folder = an_environment(NEEDS["nnunet"].folder, {"nnunetv2": "2.8.1"})
    page.refresh()
    assert page.selected is not None
    page.begin_making()
    page.made(page.selected)
    assert page.make_state().reason == f"made already: {folder}"
    assert store.values["nnunet_path"] == str(folder)


def test_a_missing_python3_venv_is_said_at_the_button(store: Memory, tmp_path: Path) -> None:
    folder = an_environment(tmp_path / "home" / ".venv")
    answer = '{"python": "3.11.2", "packages": {}, "torch": null, "venv": false}'
    (folder / "bin" / "python3").write_text(f"#!/bin/sh\necho 'MLSEG-CHECK {answer}'\n")
    page = EnvironmentPage("totalsegmentator", store)
    page.find_maker()
    page.told()
    assert "apt install python3-venv" in page.make_state().reason


def test_checking_the_selected_environment(page: NnUNetPage) -> None:
    check = page.environment.check()
    assert check is not None
    assert check.python == ".".join(map(str, sys.version_info[:3]))


def test_the_folder_is_that_of_the_variable_before_the_remembered_one(
    store: Memory, results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.values["nnunet_results_path"] = str(results)
    assert NnUNetPage(store, lambda: ()).folder == results
    a_v1_model(tmp_path / "v1", "Task004_Hippocampus")
    monkeypatch.setenv("RESULTS_FOLDER", str(tmp_path / "v1"))
    assert NnUNetPage(store, lambda: ()).choice("dataset").value == "Task004_Hippocampus"


def test_drop_downs_narrow_each_other_and_later_ones_wait(page: NnUNetPage) -> None:
    assert [value for value, _ in page.choice("dataset").options] == ["Dataset901_Two", "Dataset902_Regions"]
    assert page.choice("trainer").state.reason == "choose the dataset first"
    assert page.preview_state().reason == "choose dataset, configuration, trainer and plans"
    page.select("dataset", "Dataset902_Regions")
    assert [page.choice(name).value for name in ("configuration", "trainer", "plans")] == [
        "3d_fullres",
        "nnUNetTrainer",
        "nnUNetPlans",
    ]
    page.select("dataset", "Dataset901_Two")
    assert page.choice("configuration").value is None
    page.select("configuration", "2d")
    assert [value for value, _ in page.choice("configuration").options] == ["2d", "3d_fullres"]
    with pytest.raises(OptionError):
        page.select("configuration", "3d_lowres")


def test_no_fold_chosen_means_all(page: NnUNetPage) -> None:
    page.select("dataset", "Dataset901_Two")
    page.select("configuration", "2d")
    assert page.folds() == (("0", True), ("1", True), ("all", False))
    page.set_folds(["1"])
    assert page.folds() == (("0", False), ("1", True), ("all", False))
    page.set_folds([])
    assert page.folds()[0] == ("0", True)


def test_another_folder_is_remembered_and_a_wrong_one_leaves_all_as_it_was(
    page: NnUNetPage, store: Memory, tmp_path: Path
) -> None:
    page.select("dataset", "Dataset902_Regions")
    page.set_folder(tmp_path / "env")
    assert "no trained model" in page.problem
    assert page.choice("dataset").value == "Dataset902_Regions"
    a_v1_model(tmp_path / "v1", "Task004_Hippocampus")
    page.set_folder(tmp_path / "v1")
    assert page.problem == ""
    assert store.values["nnunet_results_path"] == str(tmp_path / "v1")


def test_refresh_finds_what_was_added_and_keeps_the_choice(page: NnUNetPage, results: Path) -> None:
    page.select("dataset", "Dataset902_Regions")
    a_model(results, "Dataset903_New", TWO)
    page.refresh()
    assert "Dataset903_New" in dict(page.choice("dataset").options)
    assert page.choice("dataset").value == "Dataset902_Regions"


def test_a_row_for_each_channel_the_reference_in_the_first(page: NnUNetPage) -> None:
    page.set_reference("ct")
    page.select("dataset", "Dataset901_Two")
    page.select("configuration", "2d")
    assert [(row.name, row.image_id) for row in page.channels.rows] == [("CT", "ct"), ("PET", "")]
    assert page.preview_state().reason == "choose an image for PET"
    page.set_image(1, "ct")
    assert "chosen for another channel too" in page.preview_state().reason
    page.set_image(1, "pet")
    assert page.preview_state().enabled


def test_names_of_channels_are_edited_and_kept_beside_the_model(page: NnUNetPage, results: Path) -> None:
    page.select("dataset", "Dataset901_Two")
    page.select("configuration", "2d")
    assert page.rename_channel(1, "FDG")
    assert not page.rename_channel(1, "CT")
    assert "differ from each other" in page.channels.problem
    assert [row.name for row in page.channels.rows] == ["CT", "FDG"]
    page.select("configuration", "3d_fullres")
    assert [row.name for row in page.channels.rows] == ["CT", "PET"]
    page.select("configuration", "2d")
    assert [row.name for row in page.channels.rows] == ["CT", "FDG"]
    assert describe_model(scan_results(results)[0]).channels == ("CT", "PET")


def test_a_damaged_model_is_the_reason_why_there_is_no_preview(page: NnUNetPage, results: Path) -> None:
    (scan_results(results)[2].folder / "dataset.json").write_text("{")
    page.select("dataset", "Dataset902_Regions")
    assert "dataset.json: is no JSON" in page.preview_state().reason


def test_options_that_do_not_matter_are_grey_with_the_reason(page: NnUNetPage, results: Path, tmp_path: Path) -> None:
    page.select("dataset", "Dataset902_Regions")
    assert "v2 decides by itself" in page.option_state("mixed_precision").reason
    assert "no post-processing" in page.option_state("postprocessing").reason
    assert page.option_state("mirroring").enabled
    post = scan_results(results)[2].folder / "postprocessing.pkl"
    post.touch()
    assert page.option_state("postprocessing").enabled
    a_v1_model(tmp_path / "v1", "Task004_Hippocampus")
    page.set_folder(tmp_path / "v1")
    assert page.option_state("mixed_precision").enabled
    assert "by itself" in page.option_state("postprocessing").reason


def test_gpus_are_listed_and_a_number_can_be_typed(page: NnUNetPage) -> None:
    shown = [("auto", "Automatic"), ("cpu", "Processor"), ("0", "0: NVIDIA A100"), ("1", "1: NVIDIA T4")]
    assert list(page.devices().options) == shown
    page.set_option("device", "7")
    assert page.devices().options[-1] == ("7", "GPU 7")
    assert page.devices().value == "7"
    with pytest.raises(OptionError, match="device: 'fast'"):
        page.set_option("device", "fast")
    with pytest.raises(OptionError, match="one of the options"):
        page.set_option("mirror", False)


def test_an_ensemble_is_of_one_dataset_and_ends_with_it(page: NnUNetPage) -> None:
    assert page.ensemble_state().reason == "choose the first model"
    page.select("dataset", "Dataset901_Two")
    page.select("configuration", "2d")
    page.add_member()
    assert page.members == 2
    assert page.choice("dataset", 1).value == "Dataset901_Two"
    assert "choose dataset" in page.preview_state().reason
    page.select("configuration", "3d_fullres", 1)
    assert len(page.models) == 2
    assert "no further model" in page.ensemble_state().reason
    page.select("dataset", "Dataset902_Regions")
    assert page.members == 1


def test_preview_runs_in_the_background_and_can_be_confirmed_and_undone(
    page: NnUNetPage, ct: Image, pet: Image
) -> None:
    page.set_reference("ct")
    page.select("dataset", "Dataset901_Two")
    page.select("configuration", "2d")
    page.set_image(1, "pet")
    page.set_option("device", "cpu")
    document = Segmentation(GRID)
    work = page.task(Scene(document, ct), {"ct": ct, "pet": pet}.__getitem__)
    seen: list[float] = []
    preview = work(lambda fraction, text: seen.append(fraction))
    history = History(document)
    history.do(confirm(Scene(document, ct), preview).command)
    assert [label.name for label in document.labels] == ["organ", "lesion"]
    assert seen[0] == 0.0
    history.undo()
    assert document.values == ()
    page.measure_cache()
    assert page.cache_state().enabled
    page.clear_cache()
    assert page.cache_state().reason == "the cache is empty"


@pytest.mark.parametrize("cancel", [False, True])
def test_a_hosts_background_runs_a_preview_and_cancels_it(
    page: NnUNetPage, ct: Image, results: Path, cancel: bool
) -> None:
    page.set_reference("ct")
    page.select("dataset", "Dataset902_Regions")
    page.set_option("device", "cpu")
    if cancel:
        (scan_results(results)[2].folder / "slow").touch()
    work = page.task(Scene(Segmentation(GRID), ct), {"ct": ct}.__getitem__)
    background, found, failed = Background(), [], []
    task = background.run(lambda go_on: work(as_progress(go_on)), found.append, failed.append)
    if cancel:
        task.cancel()
    task.wait(30)
    background.pump()
    assert task.is_done
    assert (len(found), failed) == (0 if cancel else 1, [])


def test_models_can_be_fetched_once_there_is_an_environment_and_a_folder(page: NnUNetPage, store: Memory) -> None:
    assert page.fetch_state().enabled
    assert "gigabytes" in page.fetch_question("https://models.invalid/a.zip")
    page.folder = None
    assert page.fetch_state().reason == "choose a results folder first"
    store.values.clear()
    assert "environment with nnU-Net" in NnUNetPage(store, lambda: ()).fetch_state().reason


def test_tasks_of_the_installed_package_are_offered_and_licensed_ones_are_grey(total: TotalSegmentatorPage) -> None:
    rows = {name: state for name, _, state in total.task_rows()}
    assert list(rows) == ["total", "total_v3", "body", "tissue_types"]
    assert "licence key" in rows["tissue_types"].reason
    total.set_tasks(["tissue_types"])
    assert total.preview_state().reason.startswith("tissue_types needs a licence key")
    total.set_option("license", "aca_12345678901234")
    assert total.preview_state().enabled
    assert "aca_" not in total.license_state()


def test_without_a_gpu_fast_is_the_default(total: TotalSegmentatorPage, store: Memory) -> None:
    assert total.speeds().value == "fast"
    assert TotalSegmentatorPage(store, lambda: GPUS).speeds().value == "normal"


def test_time_limit_and_gpu_are_those_of_the_preferences(total: TotalSegmentatorPage, store: Memory) -> None:
    assert (total.options.device, total.options.limit_s) == ("auto", 0)
    store.values.update(external_timeout_s=90, totalsegmentator_device=1)
    page = TotalSegmentatorPage(store, lambda: GPUS)
    assert (page.devices().value, page.options.limit_s) == ("1", 90)
    assert NnUNetPage(store, lambda: GPUS).options.limit_s == 90


def test_classes_follow_the_tasks_and_the_subset_follows_them(total: TotalSegmentatorPage) -> None:
    total.set_tasks(["total", "body"])
    assert total.classes() == ("spleen", "kidney_right", "kidney_left", "liver", "body_trunc", "body_extremities")
    total.set_option("roi_subset", ["spleen", "body_trunc"])
    total.set_tasks(["total"])
    assert total.options.roi_subset == ("spleen",)
    with pytest.raises(OptionError, match="task: 'lungs'"):
        total.set_tasks(["lungs"])


def test_totalsegmentators_preview(total: TotalSegmentatorPage, ct: Image) -> None:
    assert total.preview_state(has_image=False).reason == "choose an image"
    total.set_option("device", "cpu")
    document = Segmentation(GRID)
    preview = total.task(Scene(document, ct))(None)
    History(document).do(confirm(Scene(document, ct), preview).command)
    assert document.voxels(document["spleen"].value) == 2


def test_without_an_environment_the_page_says_what_to_do(store: Memory) -> None:
    page = TotalSegmentatorPage(store, lambda: ())
    assert page.preview_state().reason == "choose or make an environment with TotalSegmentator"
    assert page.task_rows() == ()
    assert page.classes() == ()


def test_nvidia_smis_answer_is_read_and_nonsense_is_passed_over() -> None:
    text = "0, NVIDIA A100, 40536\nFailed to initialize NVML\n1, NVIDIA T4, [N/A]\n"
    assert gpus_in(text) == (Gpu(0, "NVIDIA A100", 40536), Gpu(1, "NVIDIA T4", 0))


@pytest.mark.parametrize(
    ("text", "device"),
    [
        ("cpu", Device("cpu")),
        (" MPS ", Device("mps")),
        ("3", Device("cuda", 3)),
        ("gpu:1", Device("cuda", 1)),
        ("cuda", Device("cuda", 0)),
    ],
)
def test_devices_are_understood_as_users_write_them(text: str, device: Device) -> None:
    assert device_of(text) == device
    with pytest.raises(OptionError, match="auto, cpu, mps, or the number"):
        device_of(f"{text}x")
