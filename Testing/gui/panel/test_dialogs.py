"""Preferences, keys, presets, statistics, task list, recovery, edits of others; and the keys of the panel."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from MultiLabelSegLib.ui.qt import asking
from MultiLabelSegLib.ui.qt.errors import desk as errors
from Testing.gui.panel.cases import Desk, a_document

pytestmark = pytest.mark.qt


def test_a_preference_holds_at_once_and_is_stored(desk: Desk) -> None:
    desk.panel.run("preferences")
    dialog: Any = desk.panel.dialogs.open_ones["preferences"]
    assert dialog.is_open
    dialog.forms["Look"].editors["compact_view"].widget.click()
    assert desk.presenter.session.preferences.compact_view is True
    assert desk.host.preferences.load()["compact_view"] is True


def test_every_preference_has_its_place_in_the_dialog(desk: Desk) -> None:
    from MultiLabelSegLib.presets.preferences import known_keys

    desk.panel.dialogs.preferences()
    dialog: Any = desk.panel.dialogs.open_ones["preferences"]
    shown = {name for form in dialog.forms.values() for name in form.editors}
    assert shown == set(known_keys())


def test_each_page_comes_to_the_front_when_it_is_chosen(desk: Desk) -> None:
    desk.panel.dialogs.preferences()
    dialog: Any = desk.panel.dialogs.open_ones["preferences"]
    dialog.show_page("Keys")
    assert dialog.keys.widget.isVisible()
    dialog.pages.setCurrentRow(0)
    assert dialog.forms["Look"].widget.isVisible()


def test_a_preference_that_is_refused_is_not_shown_as_set(desk: Desk, tmp_path: Path) -> None:
    desk.panel.dialogs.preferences()
    dialog: Any = desk.panel.dialogs.open_ones["preferences"]
    editor = dialog.forms["New labels"].editors["label_set_preset"]
    editor.line.setText(str(tmp_path / "missing.lsetp"))
    editor._finished()
    assert "missing.lsetp" in errors.told[0]
    assert editor.line.text() == ""
    errors.forget()


def test_the_columns_of_details_come_by_preference(desk: Desk) -> None:
    assert desk.tree.view.isColumnHidden(7)
    desk.presenter.preferences.set("show_details", True)
    assert not desk.tree.view.isColumnHidden(7)


def test_a_key_is_bound_anew_and_a_taken_one_is_refused_by_name(desk: Desk) -> None:
    desk.panel.dialogs.preferences()
    dialog: Any = desk.panel.dialogs.open_ones["preferences"]
    edit = dialog.keys.edits["tool:paint"]
    edit.setText("B")
    edit.editingFinished.emit()
    assert desk.presenter.keys.keys_of("tool:paint") == "B"
    edit.setText("W")
    edit.editingFinished.emit()
    assert "Wipe" in errors.told[0]
    assert edit.text() == "B"
    errors.forget()


def test_a_preset_is_saved_loaded_and_made_the_default(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "mine.lsetp"
    desk.panel.dialogs.presets()
    dialog: Any = desk.panel.dialogs.open_ones["presets"]
    asking.answers.append(str(path))
    dialog.presets["save"].click()
    assert path.is_file()
    desk.presenter.labels.rename("l1", "Hepar")
    asking.answers.append(str(path))
    dialog.presets["load"].click()
    assert desk.document.label(1).name == "Liver"
    asking.answers.append(str(path))
    dialog.presets["default"].click()
    assert desk.presenter.session.preferences.label_set_preset == str(path)
    dialog.presets["no_default"].click()
    assert desk.presenter.session.preferences.label_set_preset == ""


def test_own_suggestions_are_offered_after_they_were_loaded(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "names.json"
    path.write_text(json.dumps([{"name": "Zebra fish", "color": "#112233"}]), encoding="utf-8")
    desk.panel.dialogs.presets()
    dialog: Any = desk.panel.dialogs.open_ones["presets"]
    asking.answers.append(str(path))
    dialog.suggestions["load"].click()
    assert [item.name for item in desk.presenter.labels.suggestions("zeb")] == ["Zebra fish"]


def test_a_new_label_is_asked_for_by_name_where_the_preference_says_so(desk: Desk) -> None:
    desk.presenter.preferences.set("default_label_naming", False)
    desk.panel.run("new_label")
    dialog: Any = desk.panel.actions.dialog
    assert dialog.is_open
    dialog.name.widget.selectAll()
    desk.type(dialog.name.widget, "Heart")
    dialog.name.completer.popup().hide()
    asking.answers.append("#123456")
    dialog.color.widget.click()
    dialog.ok.click()
    active = desk.presenter.labels.active
    assert active is not None
    assert desk.document.label(active).name == "Heart"
    assert desk.document.label(active).hex_color == "#123456"


def test_the_table_of_statistics_counts_sorts_and_is_saved(desk: Desk, tmp_path: Path) -> None:
    desk.click(desk.panel.buttons["statistics"])
    dialog: Any = desk.panel.dialogs.open_ones["statistics"]
    desk.wait(lambda: dialog.model.rowCount() == len(desk.document.values))
    titles = [dialog.model.horizontalHeaderItem(column).text() for column in range(dialog.model.columnCount())]
    voxels = titles.index("Voxels")
    dialog.table.sortByColumn(voxels, desk.qt.Qt.DescendingOrder)
    counts = [int(dialog.model.item(row, voxels).text().replace(",", "")) for row in range(dialog.model.rowCount())]
    assert counts == sorted((desk.document.voxels(value) for value in desk.document.values), reverse=True)
    asking.answers.append(str(tmp_path / "table.csv"))
    dialog.save.click()
    assert "Liver" in (tmp_path / "table.csv").read_text(encoding="utf-8")
    desk.presenter.labels.erase([1])
    desk.work()
    assert dialog.hint.isVisible()


def a_task_list(folder: Path) -> Path:
    from Testing.ui.panel_cases import geometry, write_image

    for number in (1, 2):
        write_image(folder / f"image{number}.nrrd", number, geometry())
    tasks = [
        {"Name": name, "Image": f"image{n}.nrrd", "Result": f"results/{n}.nrrd", "LabelName": "Liver"}
        for n, name in enumerate(("First", "Second"), 1)
    ]
    path = folder / "list.json"
    told = {"FileFormat": "MITK Segmentation Task List", "Version": 1, "Name": "Livers", "Tasks": tasks}
    path.write_text(json.dumps(told), encoding="utf-8")
    return path


def test_tasks_are_loaded_opened_and_accepted_one_after_the_other(empty_desk: Desk, tmp_path: Path) -> None:
    desk = empty_desk
    desk.click(desk.panel.buttons["tasks"])
    dialog: Any = desk.panel.dialogs.open_ones["tasks"]
    asking.answers.append(str(a_task_list(tmp_path)))
    dialog.load.click()
    assert dialog.title.text() == "Livers"
    assert dialog.list.count() == 2
    dialog.open_task.click()
    desk.wait(lambda: desk.presenter.session.document is not None)
    desk.work()
    assert "Liver" in desk.titles()
    dialog.accept_task.click()
    desk.wait(lambda: (tmp_path / "results" / "1.nrrd").exists())
    desk.wait(lambda: dialog.progress.text() == "1 of 2 tasks done")
    assert [item.is_active for item in desk.presenter.tasks.items()] == [False, True]
    dialog.search.setText("sec")
    assert dialog.list.count() == 1


def test_a_question_of_the_task_list_is_asked_above_the_panel(desk: Desk) -> None:
    from MultiLabelSegLib.ui.tasks.tasks import TaskQuestion
    from MultiLabelSegLib.ui.topics import Topic

    answered: list[str] = []
    desk.presenter.tasks.question = lambda: TaskQuestion("one has unsaved changes", ("save", "cancel"))  # type: ignore[method-assign]
    desk.presenter.tasks.answer = answered.append  # type: ignore[method-assign,assignment]
    desk.presenter.session.emit(Topic.TASKS)
    strip = desk.panel.strips.task
    assert strip.widget.isVisible()
    desk.click(strip.buttons["save"])
    assert answered == ["save"]


def test_an_edit_of_others_in_locked_labels_is_accepted_or_restored_by_a_button(desk: Desk) -> None:
    from MultiLabelSegLib.ui.foreign import ForeignQuestion
    from MultiLabelSegLib.ui.topics import Topic

    waiting = [ForeignQuestion("CT-labels", "an edit outside changed Liver")]
    part: Any = desk.presenter.foreign
    part.question = lambda: waiting[0] if waiting else None
    part.accept = lambda: (waiting.clear(), desk.presenter.session.emit(Topic.FOREIGN))
    desk.presenter.session.emit(Topic.FOREIGN)
    strip = desk.panel.strips.foreign
    assert strip.widget.isVisible()
    assert "Liver" in strip.text.text()
    desk.click(strip.buttons["accept"])
    assert waiting == []
    assert not strip.widget.isVisible()


def test_what_a_crash_left_is_offered_and_comes_back(application: Any, tmp_path: Path) -> None:
    from MultiLabelSegLib.edit import History
    from MultiLabelSegLib.edit.journal import Journal
    from MultiLabelSegLib.edit.operations import rename_group
    from MultiLabelSegLib.host.headless import HeadlessHost
    from MultiLabelSegLib.ui.presenter import Presenter
    from MultiLabelSegLib.ui.qt.panel import Panel

    document = a_document()
    history = History(document)
    journal = Journal(history, tmp_path, {"name": "Case 7"})
    history.do(rename_group(document, 0, "After the crash"))
    assert journal.wait(20.0)
    journal.close(keep=True)
    host = HeadlessHost()
    presenter = Presenter(host, journal_folder=tmp_path)
    panel = Panel(presenter)
    panel.widget.show()
    assert panel.strips.recovery.is_shown
    assert "Case 7" in panel.strips.recovery.text.text()
    panel.strips.recovery.buttons["restore"].click()
    for _ in range(2000):
        host.pump()
        if presenter.session.document is not None:
            break
        import time

        time.sleep(0.005)
    assert presenter.session.document is not None
    assert presenter.session.document.group(0).name == "After the crash"
    panel.close()
    panel.widget.close()
    presenter.close()


# ---- keys ------------------------------------------------------------------------------------------------------------


def test_letters_switch_tools_while_the_panel_is_entered_and_no_more_after(desk: Desk) -> None:
    desk.window.setFocus()
    desk.key(desk.window, "P")
    assert desk.presenter.tools.active == "paint"
    desk.key(desk.window, "W")
    assert desk.presenter.tools.active == "wipe"
    desk.panel.exit()
    desk.key(desk.window, "A")
    assert desk.presenter.tools.active == "wipe"
    desk.panel.enter()
    desk.key(desk.window, "A")
    assert desk.presenter.tools.active == "add"


def test_escape_and_delete_are_the_gestures_only_while_a_tool_is_on(desk: Desk) -> None:
    asked: list[str] = []
    desk.presenter.tools.key = lambda name: bool(asked.append(name))  # type: ignore[method-assign,func-returns-value]
    desk.panel.shortcuts._gesture_key = desk.presenter.tools.key
    desk.window.setFocus()
    desk.key(desk.window, "Escape")
    assert asked == []
    desk.presenter.tools.toggle("lasso")
    desk.key(desk.window, "Delete")
    desk.key(desk.window, "Escape")
    assert asked == ["Delete", "Escape"]


def test_letters_typed_into_a_text_field_are_text(desk: Desk) -> None:
    desk.tree.search.setFocus()
    desk.work()
    desk.type(desk.tree.search, "pw")
    assert desk.tree.search.text() == "pw"
    assert desk.presenter.tools.active == ""


def test_ctrl_z_and_ctrl_y_undo_and_redo(desk: Desk) -> None:
    desk.presenter.labels.rename("l1", "Hepar")
    desk.window.setFocus()
    desk.key(desk.window, "Z", "ControlModifier")
    assert desk.document.label(1).name == "Liver"
    desk.key(desk.window, "Y", "ControlModifier")
    assert desk.document.label(1).name == "Hepar"


def test_tab_goes_to_the_next_label_from_the_views_and_from_field_to_field_in_the_panel(desk: Desk) -> None:
    desk.presenter.labels.activate(1)
    desk.window.setFocusPolicy(desk.qt.Qt.StrongFocus)
    desk.window.setFocus()
    desk.work()
    desk.key(desk.window, "Tab")
    assert desk.presenter.labels.active != 1
    active = desk.presenter.labels.active
    desk.tree.search.setFocus()
    desk.work()
    desk.key(desk.tree.search, "Tab")
    assert desk.presenter.labels.active == active


def test_a_key_that_is_bound_anew_works_at_once(desk: Desk) -> None:
    desk.presenter.keys.rebind("tool:paint", "B")
    desk.window.setFocus()
    desk.key(desk.window, "B")
    assert desk.presenter.tools.active == "paint"


def test_every_button_of_the_panel_has_an_accessible_name(desk: Desk) -> None:
    from qtpy.QtWidgets import QAbstractButton

    nameless = [
        button
        for button in desk.panel.widget.findChildren(QAbstractButton)
        if button.isVisible() and not button.text() and not button.accessibleName()
    ]
    assert nameless == []


@pytest.mark.parametrize("name", ["statistics", "preferences", "tasks"])
def test_a_dialog_that_is_closed_follows_nobody_any_more(desk: Desk, name: str) -> None:
    before = len(desk.presenter.changed._slots)
    getattr(desk.panel.dialogs, name)()
    dialog: Any = desk.panel.dialogs.open_ones[name]
    assert len(desk.presenter.changed._slots) > before
    dialog.widget.reject()
    desk.work()
    assert len(desk.presenter.changed._slots) == before
