"""The tree of labels, driven by mouse and keys; what is checked is the document."""

from __future__ import annotations

from typing import Any

import pytest

from Testing.gui.panel.cases import Desk

pytestmark = pytest.mark.qt
NAME, LOCK, COLOR, EYE = range(4)


def test_it_shows_groups_folders_classes_and_labels_in_their_order(desk: Desk) -> None:
    assert desk.titles() == ["Group 1", "Organs", "Spleen", "Liver", "Rib", "Rib [2]", "Rib [3]", "Lesions", "Tumör"]


def test_a_click_selects_and_activates(desk: Desk) -> None:
    desk.click_cell("l4")
    assert desk.presenter.labels.active == 4
    assert desk.presenter.labels.selection == (4,)


def test_ctrl_click_selects_several_and_shift_click_a_range(desk: Desk) -> None:
    desk.click_cell("l1")
    desk.click_cell("l4", modifier="ControlModifier")
    assert set(desk.presenter.labels.selection) == {1, 4}
    desk.click_cell("l2")
    desk.click_cell("l3", modifier="ShiftModifier")
    assert set(desk.presenter.labels.selection) == {2, 3}


def test_the_lock_is_toggled_by_a_click_and_undone(desk: Desk) -> None:
    desk.click_cell("l1", LOCK)
    assert desk.document.label(1).locked is False
    desk.panel.buttons["undo"].click()
    desk.work()
    assert desk.document.label(1).locked is True


def test_a_click_on_one_of_several_selected_eyes_is_for_all_of_them(desk: Desk) -> None:
    desk.click_cell("l1")
    desk.click_cell("l4", modifier="ControlModifier")
    desk.click_cell("l4", EYE)
    assert [desk.document.label(value).visible for value in (1, 4)] == [False, False]
    assert desk.document.label(2).visible is True


def test_the_eye_of_a_class_with_mixed_instances_shows_all_then_hides_all(desk: Desk) -> None:
    key = next(key for key, row in desk.tree.rows.rows.items() if row.kind == "class")
    desk.click_cell(key, EYE)
    assert [desk.document.label(value).visible for value in (2, 3)] == [True, True]
    desk.click_cell(key, EYE)
    assert [desk.document.label(value).visible for value in (2, 3)] == [False, False]


def test_a_folder_is_locked_and_unlocked_as_one(desk: Desk) -> None:
    key = next(key for key, row in desk.tree.rows.rows.items() if row.kind == "folder")
    desk.click_cell(key, LOCK)
    assert desk.document.label(4).locked is False


def test_alt_click_on_an_eye_shows_that_label_alone_and_again_all(desk: Desk) -> None:
    visible = [label.visible for label in desk.document.labels]
    desk.click_cell("l1", EYE, "AltModifier")
    assert [label.value for label in desk.document.labels if label.visible] == [1]
    desk.click_cell("l1", EYE, "AltModifier")
    assert [label.visible for label in desk.document.labels] == visible


def test_the_colour_is_chosen_by_a_click(desk: Desk) -> None:
    from MultiLabelSegLib.ui.qt import asking

    asking.answers.append("#0000ff")
    desk.click_cell("l1", COLOR)
    assert desk.document.label(1).color == (0.0, 0.0, 1.0)


def test_a_double_click_goes_to_the_label(desk: Desk) -> None:
    from MultiLabelSegLib.ui.topics import Topic

    jumps: list[tuple[int, ...]] = []
    desk.presenter.changed.connect(lambda change: jumps.append(change.values) if change.topic is Topic.JUMP else None)
    desk.double_click(desk.tree.view.viewport(), desk.cell("l4"))
    assert len(jumps) == 1
    i, j, k = jumps[0]
    assert desk.document.group(0).array[0, k, j, i] == 4


def test_renaming_in_place_by_f2_and_enter(desk: Desk) -> None:
    desk.click_cell("l1")
    desk.key(desk.tree.view, "F2")
    line = desk.tree.edit.line.widget
    line.selectAll()
    desk.type(line, "Hepar")
    desk.key(line, "Return")
    assert desk.document.label(1).name == "Hepar"
    assert "Hepar" in desk.titles()


def test_escape_leaves_the_name_as_it_was(desk: Desk) -> None:
    desk.click_cell("l1")
    desk.key(desk.tree.view, "F2")
    line = desk.tree.edit.line.widget
    desk.type(line, "Hepar")
    desk.key(line, "Escape")
    assert desk.document.label(1).name == "Liver"
    assert not desk.tree.edit.is_open


def test_typing_a_name_offers_suggestions_and_a_chosen_one_brings_its_colour(desk: Desk) -> None:
    desk.click_cell("l1")
    desk.key(desk.tree.view, "F2")
    line = desk.tree.edit.line
    line.widget.selectAll()
    desk.type(line.widget, "kidn")
    names = [item.name for item in line.items]
    assert any("kidney" in name.casefold() for name in names)
    chosen = next(item for item in line.items if item.color is not None)
    line._picked(chosen.name)
    desk.work()
    assert desk.document.label(1).name == chosen.name
    assert desk.document.label(1).color == pytest.approx(chosen.color, abs=1e-6)


def test_delete_removes_the_selected_labels_as_one_step(desk: Desk) -> None:
    desk.click_cell("l1")
    desk.click_cell("l4", modifier="ControlModifier")
    desk.key(desk.tree.view, "Delete")
    assert set(desk.document.values) == {2, 3, 7}
    desk.presenter.steps.undo()
    assert set(desk.document.values) == {1, 2, 3, 4, 7}


def test_the_search_box_lists_what_fits_and_the_rest_comes_back(desk: Desk) -> None:
    desk.type(desk.tree.search, "tumor")
    assert desk.titles() == ["Lesions", "Tumör"]
    desk.tree.search.clear()
    desk.work()
    assert len(desk.titles()) == 9


def test_a_label_is_dragged_into_another_group_with_its_voxels(desk: Desk) -> None:
    viewport = desk.tree.view.viewport()
    before = desk.document.voxels(4)
    desk.drag(viewport, desk.cell("l4"), desk.cell("g1"))
    assert desk.document.group_index_of(4) == 1
    assert desk.document.voxels(4) == before


def test_several_labels_are_dragged_together(desk: Desk) -> None:
    desk.click_cell("l1")
    desk.click_cell("l4", modifier="ControlModifier")
    desk.drag(desk.tree.view.viewport(), desk.cell("l4"), desk.cell("g1"))
    assert {desk.document.group_index_of(value) for value in (1, 4)} == {1}


def test_groups_are_dragged_into_another_order(desk: Desk) -> None:
    start, end = desk.cell("g1"), desk.cell("g0")
    end.setY(end.y() - 6)
    desk.drag(desk.tree.view.viewport(), start, end)
    assert [group.name for group in desk.document.groups] == ["Lesions", ""]


def test_a_press_and_release_in_place_drags_nothing(desk: Desk) -> None:
    steps = len(desk.presenter.steps.entries())
    desk.click_cell("l4")
    desk.click_cell("l4")
    assert len(desk.presenter.steps.entries()) == steps


def test_what_is_folded_stays_folded_while_labels_change(desk: Desk) -> None:
    view = desk.tree.view
    view.collapse(desk.tree.rows.index_of("g0"))
    desk.presenter.labels.add_label("Heart", 1)
    desk.work()
    assert not view.isExpanded(desk.tree.rows.index_of("g0"))
    assert view.isExpanded(desk.tree.rows.index_of("g1"))


def test_the_header_locks_all_that_is_listed(desk: Desk) -> None:
    desk.tree.view.header().sectionClicked.emit(LOCK)
    desk.work()
    assert all(label.locked for label in desk.document.labels)


def test_new_labels_instances_and_groups_come_by_their_buttons(desk: Desk) -> None:
    desk.click_cell("l1")
    desk.click(desk.tree.buttons["add_label"])
    added = desk.presenter.labels.active
    assert added not in (None, 1)
    desk.click(desk.tree.buttons["add_instance"])
    active = desk.presenter.labels.active
    assert desk.document.label(active or 0).name == desk.document.label(added or 0).name
    desk.click(desk.tree.buttons["add_group"])
    assert len(desk.document.groups) == 3


def test_counts_follow_the_document(desk: Desk) -> None:
    before = desk.tree.rows.rows["l1"].voxels
    desk.presenter.labels.erase([1])
    desk.wait(lambda: desk.tree.rows.rows["l1"].voxels == 0)
    assert before > 0


def test_the_context_menu_runs_what_is_chosen(desk: Desk) -> None:
    desk.click_cell("l1")
    desk.tree.view.customContextMenuRequested.emit(desk.cell("l1"))
    desk.work()
    assert desk.panel.actions.menu_actions["rename"].isEnabled()
    desk.panel.actions.menu_actions["remove"].trigger()
    desk.panel.actions.menu.close()
    desk.work()
    assert 1 not in desk.document.values


def test_a_menu_item_with_fields_asks_in_a_form_first(desk: Desk) -> None:
    items = _leaves(desk.presenter.labels.menu(("l1",)))
    item = next(each for each in items if each.id == "tool:dilate")
    desk.panel.actions.run(item, ("l1",), lambda key: None)
    dialog = desk.panel.actions.dialog
    assert dialog.is_open
    before = desk.document.voxels(1)
    desk.presenter.labels.set_locked((2, 3, 4), False)
    dialog.ok.click()
    desk.wait(lambda: desk.document.voxels(1) > before)


def _leaves(items: Any) -> list[Any]:
    return [leaf for item in items for leaf in (_leaves(item.children) if item.children else [item])]


def test_a_tip_names_value_and_voxels_and_what_a_click_does(desk: Desk) -> None:
    from qtpy.QtCore import QEvent
    from qtpy.QtGui import QHelpEvent
    from qtpy.QtWidgets import QApplication, QToolTip

    viewport = desk.tree.view.viewport()
    for column, text in ((NAME, "value 1"), (LOCK, "Click to unlock"), (EYE, "Alt-click")):
        place = desk.cell("l1", column)
        QApplication.sendEvent(viewport, QHelpEvent(QEvent.ToolTip, place, viewport.mapToGlobal(place)))
        assert text in QToolTip.text()


def test_the_key_of_new_labels_begins_a_segmentation_where_the_image_has_none(empty_desk: Desk) -> None:
    empty_desk.panel.run("new_label")
    empty_desk.work()
    assert [label.name for label in empty_desk.document.labels] == ["Label 1"]
    assert empty_desk.presenter.labels.active == 1
    assert empty_desk.presenter.session.current.name == "CT-labels"
    empty_desk.panel.run("new_label")
    assert [label.name for label in empty_desk.document.labels] == ["Label 1", "Label 2"]


def test_where_names_are_asked_for_it_asks_for_the_first_labels_too(empty_desk: Desk) -> None:
    empty_desk.presenter.preferences.set("default_label_naming", False)
    empty_desk.panel.run("new_label")
    dialog = empty_desk.panel.actions.dialog
    assert empty_desk.document.values == ()
    dialog.name.widget.setText("Liver")
    dialog.ok.click()
    empty_desk.work()
    assert [label.name for label in empty_desk.document.labels] == ["Liver"]


def test_of_an_image_with_frames_it_asks_whether_all_are_alike(application: Any) -> None:
    from MultiLabelSegLib.host.headless import HeadlessHost
    from MultiLabelSegLib.ui.presenter import Presenter
    from MultiLabelSegLib.ui.qt.label_actions import LabelActions
    from Testing.gui.panel.cases import an_image

    presenter = Presenter(HeadlessHost({"Cine": an_image(3)}))
    presenter.data.select_image("Cine")
    actions = LabelActions(presenter, None)
    actions.new_label()
    assert presenter.session.document is None
    actions.dialog.form.editors["time"].widget.setCurrentIndex(1)
    actions.dialog.ok.click()
    assert presenter.session.need().document.geometry.time_steps == 3
    assert presenter.session.need().document.values == (1,)


def test_without_a_document_the_tree_is_empty_and_nothing_fails(empty_desk: Desk) -> None:
    assert empty_desk.titles() == []
    empty_desk.tree.remove_selected()
    empty_desk.tree.view.customContextMenuRequested.emit(empty_desk.qt.QPoint(5, 5))
    empty_desk.work()


def test_every_row_is_found_by_its_key_and_by_its_cells_also_after_a_search(desk: Desk) -> None:
    rows = desk.tree.rows
    for text in ("", "rib", "tum", ""):
        desk.tree.search.setText(text)
        desk.work()
        assert rows.rows
        for key, row in rows.rows.items():
            index = rows.index_of(key)
            for column in range(rows.model.columnCount()):
                assert rows.row_at(index.sibling(index.row(), column)) is row
            assert (key in rows.outer_keys()) == (rows.model.rowCount(index) > 0)
    assert rows.index_of("l99") is None
    assert rows.row_at(desk.qt.QModelIndex()) is None


def test_screen_readers_read_the_titles_of_the_rows_in_sight_and_new_names(desk: Desk) -> None:
    rows = desk.tree.rows
    assert [rows.index_of(key).data() for key in rows.rows] == [row.title for row in rows.rows.values()]
    desk.presenter.labels.rename("l1", "Milz")
    desk.work()
    assert rows.index_of("l1").data() == "Milz"


def test_after_a_stroke_only_the_rows_that_changed_are_drawn_anew(desk: Desk) -> None:
    from qtpy.QtCore import QEvent, QObject
    from qtpy.QtGui import QRegion

    drawn: list[Any] = []

    class Watch(QObject):
        def eventFilter(self, _watched: Any, event: Any) -> bool:  # noqa: N802 - Qt's name
            if event.type() == QEvent.Paint:
                drawn.append(QRegion(event.region()))
            return False

    view, watch = desk.tree.view, Watch()
    view.viewport().installEventFilter(watch)
    desk.presenter.labels.erase([1])
    desk.work()
    view.viewport().removeEventFilter(watch)
    rect_of = {key: view.visualRect(desk.tree.rows.index_of(key)) for key in desk.tree.rows.rows}
    met = {key for key, rect in rect_of.items() if any(part.intersects(rect) for part in drawn)}
    assert {"l1", "g0"} <= met
    assert not met & {"l4", "g1"}
