"""TotalSegmentator's page in the panel, control by control, with a stand-in for its program."""

from __future__ import annotations

from pathlib import Path

import pytest

from Testing.gui.ai.cases import AiDesk
from Testing.ui.ai_cases import KEY

pytestmark = pytest.mark.qt


def row_of(check_list: object, text: str) -> object:
    rows = check_list.list  # type: ignore[attr-defined]
    return next(rows.item(place) for place in range(rows.count()) if rows.item(place).text().startswith(text))


def test_tasks_are_those_of_the_installed_package(desk: AiDesk) -> None:
    view = desk.open("totalsegmentator")
    texts = [view.tasks.list.item(place).text() for place in range(view.tasks.list.count())]
    assert [text.split(" ")[0] for text in texts] == ["total", "total_v3", "body", "tissue_types"]
    assert desk.presenter.ai.page.tasks == ("total",)
    assert "needs a licence key" in row_of(view.tasks, "tissue_types").toolTip()  # type: ignore[attr-defined]
    assert view.environment.box.toolTip() == str(desk.place.total)
    assert desk.panel.preview.propose.isEnabled()


def test_two_tasks_are_previewed_confirmed_into_groups_and_undone(desk: AiDesk) -> None:
    view = desk.open("totalsegmentator")
    desk.check(row_of(view.tasks, "body"))
    assert desk.presenter.ai.page.tasks == ("total", "body")
    desk.preview()
    assert desk.panel.preview.labels.count() == 6
    desk.click(desk.panel.preview.confirm)
    assert len(desk.document.groups) == 3
    assert "spleen" in desk.titles()
    desk.click(desk.panel.buttons["undo"])
    assert len(desk.document.groups) == 1


def test_the_last_task_keeps_its_mark(desk: AiDesk) -> None:
    view = desk.open("totalsegmentator")
    row = row_of(view.tasks, "total")
    desk.check(row, False)
    assert desk.presenter.ai.page.tasks == ("total",)
    assert row.checkState() == desk.qt.Qt.Checked  # type: ignore[attr-defined]


def test_only_some_classes_are_asked_for(desk: AiDesk) -> None:
    view = desk.open("totalsegmentator")
    assert not view.classes.widget.isVisible()
    desk.click(view.some, desk.qt.QPoint(8, 8))
    assert view.classes.widget.isVisible()
    desk.check(row_of(view.classes, "liver"))
    desk.check(row_of(view.classes, "kidney left"))
    assert desk.presenter.ai.page.options.roi_subset == ("kidney_left", "liver")
    desk.preview()
    assert "kidney_left" in desk.place.calls()
    assert "kidney_right" not in desk.place.calls()
    desk.click(view.some, desk.qt.QPoint(8, 8))
    assert desk.presenter.ai.page.options.roi_subset == ()


def test_a_licence_key_opens_tasks_and_is_seen_nowhere(desk: AiDesk) -> None:
    view = desk.open("totalsegmentator")
    desk.type(view.key, KEY)
    assert view.key.displayText() != KEY
    desk.click(view.use_key)
    assert view.key.text() == ""
    assert view.key_state.text() == "A licence key is given for this session."
    desk.check(row_of(view.tasks, "tissue_types"))
    desk.check(row_of(view.tasks, "total ("), False)
    desk.preview()
    assert f'"licence": "{KEY}"' in desk.place.calls()
    assert not [text for text in desk.texts() if KEY in text]
    desk.type(view.key, KEY + "7")
    desk.key(view.key, "Return")
    (text,) = desk.told()
    assert KEY not in text
    assert "19 characters" in text


def test_a_machine_without_a_network_is_told_in_one_dialog(desk: AiDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_OFFLINE", "1")
    desk.open("totalsegmentator")
    desk.click(desk.panel.preview.propose)
    desk.wait(lambda: desk.presenter.ai.job is None)
    desk.work()
    (text,) = desk.told()
    assert "this machine is offline" in text
    assert "Temporary failure in name resolution" in text


def test_every_control_can_be_clicked_without_a_complaint(desk: AiDesk) -> None:
    view = desk.open("totalsegmentator")
    view.options._more.click()
    desk.work()
    for box in view.widget.findChildren(desk.qt.QCheckBox):
        for _ in range(2):
            box.click()
            desk.work()
    assert desk.offered(view.options.editors["speed"].widget)[1] == "Fast (3 mm)"
    desk.pick(view.options.editors["speed"].widget, "Fastest (6 mm)")
    desk.pick(view.options.editors["device"].widget, "Processor")
    view.options.editors["limit_s"].spin.setValue(60)
    desk.work()
    options = desk.presenter.ai.page.options
    assert (options.speed, options.device, options.limit_s) == ("fastest", "cpu", 60)
    desk.preview()
    assert '"--fastest"' in desk.place.calls() or '"-ff"' in desk.place.calls()
    desk.click(view.cache.clear)
    assert not view.cache.clear.isEnabled()


def test_gpus_are_those_that_nvidia_smi_lists(desk: AiDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    smi = tmp_path / "bin" / "nvidia-smi"
    smi.write_text("#!/bin/sh\necho '0, NVIDIA A100, 40536'\necho '1, NVIDIA T4, 15360'\n")
    smi.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    view = desk.open("totalsegmentator")
    device = view.options.editors["device"].widget
    assert desk.offered(device) == ["Automatic", "Processor", "0: NVIDIA A100", "1: NVIDIA T4"]
    desk.pick(device, "1: NVIDIA T4")
    desk.preview()
    assert '"gpu": "1"' in desk.place.calls()


def test_without_an_environment_the_page_says_what_to_do(desk: AiDesk, tmp_path: Path) -> None:
    (tmp_path / "home" / "envs" / "total").rename(tmp_path / "away")
    view = desk.open("totalsegmentator")
    assert not view.tasks.widget.isVisible()
    assert "Choose or make an environment with TotalSegmentator" in view.environment.hint.text()
    assert not desk.panel.preview.propose.isEnabled()
    desk.answer(str(tmp_path / "away"))
    desk.click(view.environment.select)
    assert view.tasks.widget.isVisible()
    assert desk.panel.preview.propose.isEnabled()


def test_each_program_has_its_page_and_they_do_not_mix(desk: AiDesk) -> None:
    first = desk.open("nnunet")
    second = desk.open("totalsegmentator")
    assert (first.widget.isVisible(), second.widget.isVisible()) == (False, True)
    desk.open("nnunet")
    assert (first.widget.isVisible(), second.widget.isVisible()) == (True, False)
