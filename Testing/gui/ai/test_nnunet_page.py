"""nnU-Net's page in the panel, control by control, with a stand-in for its programs."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from MultiLabelSegLib.external.process import program
from Testing.external.conftest import TWO, a_model
from Testing.external.fake_environment import an_environment
from Testing.gui.ai.cases import AiDesk

pytestmark = pytest.mark.qt


def test_the_button_opens_the_page_with_environment_and_models_found(desk: AiDesk) -> None:
    view = desk.open("nnunet")
    assert view.widget.isVisible()
    assert not desk.panel.options.widget.isVisible()
    assert view.environment.box.toolTip() == str(desk.place.nnunet)
    assert view.environment.box.currentText() == "…/envs/nnunet (venv)"
    assert view.folder.text() == str(desk.place.results)
    assert desk.offered(view.members[0].editors["dataset"].widget) == ["Dataset901_Two", "Dataset902_Regions"]
    assert not desk.panel.preview.propose.isEnabled()
    assert desk.panel.preview.propose.toolTip() == "Choose dataset, configuration, trainer and plans."


def test_drop_downs_narrow_each_other(desk: AiDesk) -> None:
    view = desk.open("nnunet")
    editors = view.members[0].editors
    assert not editors["configuration"].widget.isEnabled()
    assert "Choose the dataset first." in editors["configuration"].widget.toolTip()
    desk.pick(editors["dataset"].widget, "Dataset902_Regions")
    assert [editors[name].widget.currentText() for name in ("configuration", "trainer", "plans")] == [
        "3d_fullres",
        "nnUNetTrainer",
        "nnUNetPlans",
    ]
    desk.pick(view.members[0].editors["dataset"].widget, "Dataset901_Two")
    editors = view.members[0].editors
    assert editors["configuration"].widget.currentIndex() == -1
    assert desk.offered(editors["configuration"].widget) == ["2d", "3d_fullres"]


def test_folds_are_all_unless_some_are_chosen(desk: AiDesk) -> None:
    view = desk.open_nnunet(configuration="2d")
    folds = view.members[0].editors["folds"].widget
    assert [folds.item(row).text() for row in range(3)] == ["Fold 0", "Fold 1", "Trained on all cases"]
    desk.check(folds.item(0), False)
    assert desk.presenter.ai.page.folds() == (("0", False), ("1", True), ("all", False))
    desk.preview()
    assert '"-f", "1"' in desk.place.calls()
    folds = view.members[0].editors["folds"].widget
    desk.check(folds.item(1), False)
    assert desk.presenter.ai.page.folds()[0] == ("0", True)


def test_preview_confirm_and_undo_by_their_buttons(desk: AiDesk) -> None:
    desk.open_nnunet()
    desk.preview()
    assert "5 voxels would be written" in desk.panel.preview.counts.text()
    labels = desk.panel.preview.labels
    assert [labels.item(row).text() for row in range(labels.count())] == ["organ   1", "lesion   4"]
    desk.click(desk.panel.preview.confirm)
    assert "lesion" in desk.titles()
    assert desk.presenter.tools.active == ""
    assert not desk.panel.ai.widget.isVisible()
    desk.click(desk.panel.buttons["undo"])
    assert "lesion" not in desk.titles()


def test_cancel_in_the_middle_kills_the_child_and_the_page_is_ready_again(desk: AiDesk) -> None:
    others = set(program._RUNNING)  # of tests before, which may take a moment to end
    (desk.place.two / "slow").touch()
    view = desk.open_nnunet()
    desk.click(desk.panel.preview.propose)
    desk.wait(lambda: "begun" in desk.panel.ai.job.text.text)
    assert desk.panel.ai.job.widget.isVisible()
    assert not desk.panel.busy.widget.isVisible()
    assert not desk.panel.preview.propose.isEnabled()
    assert not view.environment.box.isEnabled()
    (handle,) = set(program._RUNNING) - others
    assert handle._child is not None
    desk.click(desk.panel.preview.cancel)
    desk.wait(lambda: desk.presenter.ai.job is None)
    with pytest.raises(ProcessLookupError):
        os.kill(handle._child.pid, 0)
    assert not desk.panel.ai.job.widget.isVisible()
    assert desk.panel.preview.propose.isEnabled()
    assert len(desk.document.groups) == 1
    desk.click(desk.panel.preview.propose)
    desk.wait(lambda: "begun" in desk.panel.ai.job.text.text)
    desk.click(desk.panel.ai.job.cancel)
    desk.wait(lambda: desk.presenter.ai.job is None)


def test_the_window_answers_while_the_program_runs(desk: AiDesk) -> None:
    (desk.place.two / "slow").touch()
    desk.open_nnunet()
    begun = time.monotonic()
    desk.click(desk.panel.preview.propose)
    assert time.monotonic() - begun < 1
    desk.wait(lambda: "begun" in desk.panel.ai.job.text.text)
    desk.click(desk.panel.tools.buttons["threshold"])
    assert desk.presenter.tools.active == "threshold"
    assert desk.presenter.ai.job is not None
    desk.wait(desk.panel.busy.widget.isVisible)
    desk.click(desk.panel.busy.cancel)
    desk.wait(lambda: desk.presenter.ai.job is None)


def test_an_error_is_one_dialog_with_the_last_lines(desk: AiDesk) -> None:
    (desk.place.two / "out_of_memory").touch()
    desk.open_nnunet()
    desk.click(desk.panel.preview.propose)
    desk.wait(lambda: desk.presenter.ai.job is None)
    desk.work()
    (text,) = desk.told()
    assert text.startswith("nnUNetv2_predict ended with 1:\n")
    assert "CUDA out of memory" in text
    assert desk.panel.preview.propose.isEnabled()


def test_a_base_folder_can_be_selected_and_a_wrong_one_says_why(desk: AiDesk, tmp_path: Path) -> None:
    view = desk.open("nnunet")
    other = an_environment(tmp_path / "other", {"nnunetv2": "2.6"})
    desk.answer(str(other))
    desk.click(view.environment.select)
    assert view.environment.box.toolTip() == str(other)
    assert desk.host.preferences.load()["nnunet_path"] == str(other)
    desk.answer(str(tmp_path / "results"))
    desk.click(view.environment.select)
    assert "base folder of a Python environment" in view.environment.hint.text()
    desk.pick(view.environment.box, "…/envs/nnunet (venv)")
    assert not view.environment.hint.isVisible()
    desk.pick(view.environment.box, "…/envs/total (venv, without nnU-Net)")
    assert "has no nnU-Net" in view.environment.hint.text()
    assert view.environment.box.toolTip() == str(desk.place.nnunet)


def test_check_says_what_the_environment_has(desk: AiDesk) -> None:
    view = desk.open("nnunet")
    desk.click(view.environment.check)
    desk.wait(lambda: desk.presenter.ai.job is None)
    assert view.environment.hint.text().startswith("Python 3.")


def test_an_environment_is_made_once_after_a_question(desk: AiDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    from MultiLabelSegLib.external.environments import environment_at
    from MultiLabelSegLib.ui.programs.pages import EnvironmentPage

    made: list[Path] = []

    def make(page: EnvironmentPage, progress: object = None, python: object = None) -> object:
        progress(0.4, "Installing collected packages: nnunetv2")  # type: ignore[operator]
        made.append(an_environment(page.need.folder, {"nnunetv2": "2.8.1"}))
        return environment_at(made[0])

    monkeypatch.setattr(EnvironmentPage, "make", make)
    view = desk.open("nnunet")
    desk.wait(lambda: not desk.host.is_busy)
    desk.answer("")
    desk.click(view.environment.make)
    assert desk.presenter.ai.job is None
    desk.answer("make")
    desk.click(view.environment.make)
    desk.wait(lambda: desk.presenter.ai.job is None)
    assert view.environment.box.toolTip() == str(made[0])
    assert not view.environment.make.isEnabled()
    assert view.environment.make.toolTip() == f"Made already: {made[0]}."


def test_a_missing_python3_venv_is_said(desk: AiDesk) -> None:
    answer = '{"python": "3.11.2", "packages": {}, "torch": null, "venv": false}'
    for folder in (desk.place.nnunet, desk.place.total):
        (folder / "bin" / "python3").write_text(f"#!/bin/sh\necho 'MLSEG-CHECK {answer}'\n")
    view = desk.open("nnunet")
    desk.wait(lambda: not view.environment.make.isEnabled())
    assert "apt install python3-venv" in view.environment.make.toolTip()


def test_another_results_folder_is_typed_or_chosen_and_refreshed(desk: AiDesk, tmp_path: Path) -> None:
    view = desk.open("nnunet")
    desk.click(view.folder)
    view.folder.selectAll()
    desk.type(view.folder, str(tmp_path / "nothing"))
    desk.key(view.folder, "Return")
    assert str(tmp_path / "nothing") in view.hint.text()
    a_model(tmp_path / "mine", "Dataset910_Mine", TWO)
    desk.answer(str(tmp_path / "mine"))
    desk.click(view.browse)
    assert desk.offered(view.members[0].editors["dataset"].widget) == ["Dataset910_Mine"]
    assert not view.hint.isVisible()
    assert desk.host.preferences.load()["nnunet_results_path"] == str(tmp_path / "mine")
    a_model(tmp_path / "mine", "Dataset911_More", TWO)
    desk.click(view.reload)
    assert "Dataset911_More" in desk.offered(view.members[0].editors["dataset"].widget)


def test_each_channel_has_a_name_and_an_image(desk: AiDesk) -> None:
    view = desk.open_nnunet()
    assert [name.text() for name in view.channels.names] == ["CT", "PET"]
    assert view.channels.images[0].currentText() == "CT"
    desk.pick(view.channels.images[1], "CT")
    assert "chosen for another channel too" in desk.panel.preview.propose.toolTip()
    desk.pick(view.channels.images[1], "PET")
    desk.click(view.channels.names[1])
    view.channels.names[1].selectAll()
    desk.type(view.channels.names[1], "FDG")
    desk.key(view.channels.names[1], "Return")
    assert (desk.place.two / "mlseg_channels.json").is_file()
    desk.click(view.channels.names[1])
    view.channels.names[1].selectAll()
    desk.type(view.channels.names[1], "CT")
    desk.key(view.channels.names[1], "Return")
    assert "differ from each other" in view.channels.hint.text()
    assert view.channels.names[1].text() == "FDG"
    desk.preview()


def test_options_reach_the_program_and_a_device_can_be_typed(desk: AiDesk) -> None:
    view = desk.open_nnunet()
    desk.click(view.options.editors["mirroring"].widget, desk.qt.QPoint(8, 8))
    assert not view.options.editors["postprocessing"].widget.isEnabled()
    device = view.options.editors["device"].widget
    assert desk.offered(device) == ["Automatic", "Processor"]
    desk.click(device.lineEdit())
    device.lineEdit().selectAll()
    desk.type(device.lineEdit(), "5")
    desk.key(device.lineEdit(), "Return")
    assert desk.presenter.ai.page.options.device == "5"
    assert device.currentText() == "GPU 5"
    desk.click(device.lineEdit())
    device.lineEdit().selectAll()
    desk.type(device.lineEdit(), "fast")
    desk.key(device.lineEdit(), "Return")
    assert "the number of a GPU" in desk.told()[0]
    assert device.currentText() == "GPU 5"
    desk.preview()
    assert '"--disable_tta"' in desk.place.calls()
    assert '"gpu": "5"' in desk.place.calls()


def test_every_control_can_be_clicked_without_a_complaint(desk: AiDesk) -> None:
    view = desk.open_nnunet()
    view.options._more.click()
    desk.work()
    boxes = view.widget.findChildren(desk.qt.QCheckBox)
    assert len(boxes) >= 4
    for box in boxes:
        for _ in range(2):
            box.click()
            desk.work()
    for spin in view.widget.findChildren(desk.qt.QDoubleSpinBox):
        spin.setValue(0.7)
        desk.work()
    desk.pick(view.options.editors["other_grid"].widget, "resample")
    assert desk.presenter.ai.other_grid == "resample"
    assert desk.presenter.ai.page.options.step_size == pytest.approx(0.7)
    desk.click(view.environment.reload)
    desk.wait(lambda: not desk.host.is_busy)
    desk.pick(view.options.editors["device"].widget, "Processor")
    assert desk.presenter.ai.page.options.device == "cpu"


def test_an_ensemble_is_added_and_removed(desk: AiDesk) -> None:
    view = desk.open_nnunet(configuration="2d")
    desk.click(view.add)
    assert len(view.members) == 2
    assert "dataset" not in view.members[1].editors
    desk.pick(view.members[1].editors["configuration"].widget, "3d_fullres")
    desk.preview()
    assert "nnUNetv2_ensemble" in desk.place.calls()
    desk.click(view.remove)
    assert len(view.members) == 1
    assert not view.remove.isVisible()


def test_what_was_found_is_kept_and_can_be_cleared(desk: AiDesk) -> None:
    view = desk.open_nnunet()
    assert not view.cache.clear.isEnabled()
    desk.preview()
    desk.click(desk.panel.preview.propose)
    desk.wait(lambda: "taken from the cache" in desk.panel.preview.counts.text())
    assert desk.place.calls().count("nnUNetv2_predict") == 1
    desk.wait(view.cache.clear.isEnabled)
    desk.click(view.cache.clear)
    assert not view.cache.clear.isEnabled()
    desk.click(view.cache.use, desk.qt.QPoint(8, 8))
    assert desk.presenter.ai.page.options.use_cache is False


def test_pretrained_models_are_listed_and_fetching_asks_and_says_when_offline(desk: AiDesk) -> None:
    site = desk.place.nnunet / "lib" / "python3.11" / "site-packages" / "nnunet-1.7.1.dist-info"
    site.mkdir()
    script = desk.place.nnunet / "bin" / "nnUNet_print_available_pretrained_models"
    script.write_text("#!/bin/sh\nprintf 'Please cite\\nTask004_Hippocampus\\nHippocampus Segmentation.\\n'\n")
    script.chmod(0o755)
    view = desk.open("nnunet")
    desk.click(view.more_models)
    dialog = view.dialog
    desk.wait(lambda: dialog.models.count() == 1)
    assert dialog.models.isVisible()
    dialog.models.setCurrentRow(0)
    desk.work()
    assert (dialog.what.text(), dialog.version.currentText()) == ("Task004_Hippocampus", "v1")
    dialog.what.setText("https://example.org/model.zip")
    dialog.version.setCurrentIndex(0)
    desk.answer("")
    dialog.ok.click()
    desk.work()
    assert desk.place.calls() == ""
    view.open_models()
    view.dialog.what.setText("https://example.org/model.zip")
    view.dialog.version.setCurrentIndex(0)
    desk.answer("fetch")
    view.dialog.ok.click()
    desk.wait(lambda: desk.presenter.ai.job is None)
    desk.work()
    (text,) = desk.told()
    assert "nothing was fetched" in text
    view.open_models()
    view.dialog.what.setText("")
    view.dialog.ok.click()
    desk.work()
    assert "name an address" in desk.told()[0].lower()
    view.dialog.widget.close()
