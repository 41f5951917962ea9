"""Tool box, options, preview, interpolation, history and notes, by hand."""

from __future__ import annotations

from typing import Any

import pytest

from MultiLabelSegLib.ui.tools.view_events import Button, ViewEvent, ViewEventKind
from Testing.gui.panel.cases import Desk

pytestmark = pytest.mark.qt


def dab(desk: Desk, i: float, j: float, k: int) -> None:
    """One click with the left button in the axial view."""
    for kind in (ViewEventKind.PRESS, ViewEventKind.RELEASE):
        event = ViewEvent(kind, "axial", "axial", k, (i, j, float(k)), (i, j, 2.0 * k), Button.LEFT)
        desk.presenter.tools.view_event(event)
    desk.work()


def test_a_click_switches_a_tool_on_and_another_click_off(desk: Desk) -> None:
    paint = desk.panel.tools.buttons["paint"]
    desk.click(paint)
    assert desk.presenter.tools.active == "paint"
    assert paint.isChecked()
    desk.click(paint)
    assert desk.presenter.tools.active == ""
    assert not paint.isChecked()


def test_tools_exclude_each_other(desk: Desk) -> None:
    buttons = desk.panel.tools.buttons
    desk.click(buttons["paint"])
    desk.click(buttons["wipe"])
    assert desk.presenter.tools.active == "wipe"
    assert [name for name, button in buttons.items() if button.isChecked()] == ["wipe"]


def test_without_a_document_no_tool_can_be_used_and_its_tip_says_why(empty_desk: Desk) -> None:
    button = empty_desk.panel.tools.buttons["paint"]
    assert not button.isEnabled()
    assert "No segmentation is open" in button.toolTip()


def test_tips_name_the_key_and_follow_a_new_one(desk: Desk) -> None:
    assert desk.panel.tools.buttons["paint"].toolTip() == "Paint (P)"
    desk.presenter.keys.rebind("tool:paint", "B")
    assert desk.panel.tools.buttons["paint"].toolTip() == "Paint (B)"


def test_a_tool_without_key_and_icon_of_its_own_still_has_a_button(desk: Desk) -> None:
    from dataclasses import replace

    known = desk.presenter.tools.entries
    extra = replace(known("3d")[0], name="new_tool", title="New tool", icon="new_tool", key_action="tool:new_tool")
    desk.presenter.tools.entries = lambda tab: (*known(tab), *([extra] if tab == "3d" else []))  # type: ignore[method-assign]
    desk.panel.tools.refresh()
    button = desk.panel.tools.buttons["new_tool"]
    assert not button.icon().isNull()
    assert button.toolTip() == "New tool"


def test_the_3d_tab_comes_to_the_front_with_its_tool(desk: Desk) -> None:
    desk.presenter.tools.toggle("threshold")
    assert desk.panel.tools.tabs.currentIndex() == 1
    assert desk.panel.tools.buttons["threshold"].isVisible()
    assert not desk.panel.tools.buttons["paint"].isVisible()


def test_compact_view_has_six_buttons_a_row_without_names(desk: Desk) -> None:
    desk.presenter.preferences.set("compact_view", True)
    desk.work()
    buttons = [desk.panel.tools.buttons[entry.name] for entry in desk.presenter.tools.entries("2d")]
    assert len({button.y() for button in buttons[:6]}) == 1
    assert buttons[6].y() > buttons[0].y()
    assert all(not button.text() for button in buttons)
    assert all(button.accessibleName() for button in buttons)


def test_the_size_of_the_brush_is_an_option_that_the_stroke_has(desk: Desk) -> None:
    desk.click_cell("l7")
    desk.click(desk.panel.tools.buttons["paint"])
    desk.panel.options.form.editors["diameter"].spin.setValue(1)
    before = desk.document.voxels(7)
    dab(desk, 4, 3, 2)
    assert desk.document.group(1).array[0, 2, 3, 4] == 7
    assert desk.document.voxels(7) == before + 1


def test_every_tool_shows_its_options_without_a_complaint(desk: Desk) -> None:
    for tab in ("2d", "3d"):
        for entry in desk.presenter.tools.entries(tab):
            desk.presenter.tools.toggle(entry.name)
            desk.work()
            if desk.presenter.tools.is_program:
                assert desk.panel.ai.widget.isVisible()
                assert not desk.panel.options.widget.isVisible()
                continue
            assert set(desk.panel.options.form.editors) == {field.name for field in desk.presenter.tools.fields()}
            desk.panel.options.where.click()
            assert desk.panel.options.masking.widget.isVisible()
            desk.panel.options.where.click()
            desk.presenter.tools.leave()


def test_the_note_says_what_locks_kept(desk: Desk) -> None:
    desk.presenter.labels.set_locked([1], True)
    desk.presenter.labels.activate(4)
    desk.click(desk.panel.tools.buttons["paint"])
    desk.panel.options.form.editors["diameter"].spin.setValue(1)
    dab(desk, 0, 0, 0)
    assert desk.document.group(0).array[0, 0, 0, 0] == 1
    assert "1 protected by" in desk.panel.note.widget.text()


def test_a_threshold_is_previewed_counted_and_confirmed(desk: Desk) -> None:
    desk.click_cell("l7")
    desk.panel.tools.show_tab("3d")
    desk.click(desk.panel.tools.buttons["threshold"])
    desk.panel.options.form.editors["lower"].spin.setValue(30)
    desk.click(desk.panel.preview.propose)
    desk.wait(lambda: desk.panel.preview.confirm.isEnabled())
    assert "would be written" in desk.panel.preview.counts.text()
    assert 7 in desk.document.values
    before = desk.document.voxels(7)
    desk.click(desk.panel.preview.confirm)
    assert desk.document.voxels(7) > before
    assert desk.presenter.tools.active == ""
    assert not desk.panel.preview.widget.isVisible()
    desk.click(desk.panel.buttons["undo"])
    assert desk.document.voxels(7) == before


def test_a_preview_is_cancelled_and_nothing_was_written(desk: Desk) -> None:
    desk.presenter.tools.toggle("threshold")
    desk.click(desk.panel.preview.propose)
    desk.wait(lambda: desk.panel.preview.confirm.isEnabled())
    before = {value: desk.document.voxels(value) for value in desk.document.values}
    desk.click(desk.panel.preview.cancel)
    assert {value: desk.document.voxels(value) for value in desk.document.values} == before


def test_only_marked_labels_of_a_preview_are_written(desk: Desk) -> None:
    from qtpy.QtCore import Qt

    desk.presenter.tools.toggle("otsu")
    desk.click(desk.panel.preview.propose)
    desk.wait(lambda: desk.panel.preview.confirm.isEnabled())
    state = desk.presenter.tools.preview
    assert state is not None
    assert desk.panel.preview.labels.count() == len(state.labels) > 1
    desk.panel.preview.labels.item(0).setCheckState(Qt.Unchecked)

    def chosen() -> list[bool]:
        now = desk.presenter.tools.preview
        return [] if now is None else [item.chosen for item in now.labels]

    desk.wait(lambda: chosen() == [False, *[True] * (len(state.labels) - 1)])
    desk.wait(lambda: desk.panel.preview.confirm.isEnabled())
    known = set(desk.document.values)
    desk.click(desk.panel.preview.confirm)
    assert len(set(desk.document.values) - known) == len(state.labels) - 1


def test_interpolation_modes_exclude_each_other_and_show_what_they_need(desk: Desk) -> None:
    box = desk.panel.interpolation
    desk.panel.sections["interpolation"].set_open(True)
    desk.click(box.modes["2d"])
    assert desk.presenter.interpolation.mode == "2d"
    assert box.confirm_slice.isVisible()
    assert not box.contours.isVisible()
    desk.click(box.modes["3d"])
    assert desk.presenter.interpolation.mode == "3d"
    assert box.confirm.isVisible()
    assert not box.confirm_slice.isVisible()
    assert not box.contours.isVisible()  # there are none yet
    desk.click(box.modes["off"])
    assert desk.presenter.interpolation.mode == "off"


def test_what_lies_between_two_slices_is_confirmed_for_all(desk: Desk) -> None:
    labels = desk.presenter.labels
    labels.set_locked(desk.document.values, False)
    desk.click_cell("l7")
    desk.click(desk.panel.tools.buttons["paint"])
    desk.panel.options.form.editors["diameter"].spin.setValue(3)
    dab(desk, 2, 2, 2)
    labels.jump_to(7)
    desk.panel.sections["interpolation"].set_open(True)
    desk.click(desk.panel.interpolation.modes["2d"])
    desk.presenter.interpolation.slice_changed("axial", "axial", 1)
    before = desk.document.voxels(7)
    desk.click(desk.panel.interpolation.confirm_all)
    assert desk.document.voxels(7) > before


def test_the_history_goes_back_to_a_step_that_is_clicked(desk: Desk) -> None:
    desk.panel.sections["history"].set_open(True)
    labels = desk.presenter.labels
    labels.set_locked([1], False)
    labels.rename("l1", "Hepar")
    desk.work()
    history = desk.panel.history.widget
    assert history.count() == 3
    desk.panel.history._clicked(history.item(1))
    assert desk.document.label(1).name == "Liver"
    assert desk.document.label(1).locked is False
    desk.panel.history._clicked(history.item(0))
    assert desk.document.label(1).locked is True
    desk.panel.history._clicked(history.item(2))
    assert desk.document.label(1).name == "Hepar"


def test_an_error_of_a_click_is_told_once_and_the_button_shows_the_truth(desk: Desk) -> None:
    from MultiLabelSegLib.errors import ToolError
    from MultiLabelSegLib.ui.qt.errors import desk as errors

    def refuse(_name: str) -> Any:
        raise ToolError("this tool needs an image")

    desk.panel.tools.presenter.tools.toggle = refuse  # type: ignore[method-assign]
    desk.click(desk.panel.tools.buttons["paint"])
    assert errors.told == ["This tool needs an image"]
    assert not desk.panel.tools.buttons["paint"].isChecked()
    errors.forget()


def test_at_280_pixels_nothing_is_wider_than_the_panel(application: Any) -> None:
    from Testing.gui.panel.cases import a_document

    desk = Desk(a_document(), width=280)
    try:
        for tool in ("paint", "region_growing", "otsu"):
            desk.presenter.tools.toggle(tool)
            desk.work()
            assert desk.panel.widget.width() == 280, tool
    finally:
        desk.close()


def test_nothing_overlaps_where_there_is_too_little_room(application: Any) -> None:
    """A scroll area gives the panel what it needs, wrapped texts and offers included."""
    from qtpy.QtWidgets import QScrollArea

    from Testing.gui.panel.cases import a_document

    desk = Desk(a_document(), width=300, height=300)
    area = QScrollArea()
    try:
        area.setWidgetResizable(True)
        area.setWidget(desk.panel.widget)
        area.resize(300, 300)
        area.show()
        desk.presenter.tools.toggle("paint")
        desk.panel.note.show("A long note that is wrapped into several lines because the panel is narrow. " * 4)
        for _ in range(3):
            desk.work()
        rows = sorted({button.geometry().top() for button in desk.panel.tools.buttons.values() if button.isVisible()})
        heights = desk.panel.tools.buttons["paint"].height()
        assert all(low - high >= heights for high, low in zip(rows[:2], rows[1:3], strict=True))
        assert desk.tree.view.height() >= 100
    finally:
        area.takeWidget()
        desk.close()
        area.deleteLater()


def test_tab_goes_through_the_panel_as_one_reads_it(desk: Desk) -> None:
    desk.presenter.tools.toggle("paint")
    desk.work()
    panel, order = desk.panel, []
    widget = panel.widget.nextInFocusChain()
    while widget is not panel.widget:
        order.append(widget)
        widget = widget.nextInFocusChain()
    form = panel.options.form
    wanted = [
        panel.buttons["open"],
        panel.data.image.widget,
        panel.data.open_image,
        panel.data.segmentation.widget,
        panel.data.new,
        panel.tree.search,
        panel.tree.view,
        panel.tools.tabs,
        panel.tools.buttons["add"],
        panel.tools.last_button(),
        form.editors["diameter"].slider,
        form.editors["diameter"].spin,
        form.editors["ball"].widget,
        panel.options.where,
        panel.sections["interpolation"].header,
        panel.sections["history"].header,
    ]
    places = [order.index(each) for each in wanted]
    assert places == sorted(places)
