"""Real mouse events of Qt in the views: what tools are told, and what the views do themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from MultiLabelSegLib.core import Box, Segmentation
from MultiLabelSegLib.edit import Command, Proposal, resolve
from MultiLabelSegLib.ui.tools.view_events import Button, Modifier, ViewEvent, ViewEventKind
from Testing.gui.canvas_cases import GRIDS, Window, box_document, gray_image, grid, open_window

pytestmark = [pytest.mark.qt, pytest.mark.slicer_core]
VIEWS = ("axial", "coronal", "sagittal")
Kind = ViewEventKind


@pytest.fixture
def window() -> Iterator[Window]:
    made = open_window()
    yield made
    made.close()


class Recorder:
    """Stands in for the presenter: keeps the events and takes the kinds that it is told to."""

    def __init__(self, *takes: ViewEventKind) -> None:
        self.events: list[ViewEvent] = []
        self._takes = takes

    def view_event(self, event: ViewEvent) -> bool:
        self.events.append(event)
        return event.kind in self._takes

    @property
    def kinds(self) -> list[ViewEventKind]:
        return [event.kind for event in self.events]


class Mouse:
    """Sends what a user's mouse does to one view, by way of Qt's test library."""

    def __init__(self, window: Window, view: Any) -> None:
        from qtpy import QtCore, QtTest

        self._core, self._test = QtCore, QtTest.QTest
        self._window, self.view = window, view

    def point(self, ijk: Any) -> Any:
        x, y = self.view.point_of_ijk(ijk)
        return self._core.QPoint(round(x), round(y))

    def modifiers(self, names: str) -> Any:
        held = self._core.Qt.NoModifier
        for name in names.split():
            held = held | getattr(self._core.Qt, f"{name.capitalize()}Modifier")
        return held

    def button(self, name: str) -> Any:
        return getattr(self._core.Qt, f"{name.capitalize()}Button")

    def press(self, point: Any, button: str = "left", keys: str = "") -> None:
        self._test.mousePress(self.view, self.button(button), self.modifiers(keys), point)

    def release(self, point: Any, button: str = "left", keys: str = "") -> None:
        self._test.mouseRelease(self.view, self.button(button), self.modifiers(keys), point)

    def move(self, point: Any, button: str = "", keys: str = "") -> None:
        from qtpy import QtGui, QtWidgets

        Qt, place = self._core.Qt, self._core.QPointF(point)  # noqa: N806 - Qt's name
        held = self.button(button) if button else Qt.NoButton
        screen = self._core.QPointF(self.view.mapToGlobal(point))
        kind = self._core.QEvent.MouseMove
        event = QtGui.QMouseEvent(kind, place, screen, Qt.NoButton, held, self.modifiers(keys))
        QtWidgets.QApplication.sendEvent(self.view, event)

    def drag(self, start: Any, end: Any, button: str = "left", keys: str = "") -> None:
        self.press(start, button, keys)
        for share in (0.3, 0.6, 1.0):
            x = round(start.x() + share * (end.x() - start.x()))
            y = round(start.y() + share * (end.y() - start.y()))
            self.move(self._core.QPoint(x, y), button, keys)
        self.release(end, button, keys)
        self._window.settle()

    def click(self, point: Any, keys: str = "") -> None:
        self.press(point, "left", keys)
        self.release(point, "left", keys)
        self._window.settle()

    def double(self, point: Any) -> None:
        self._test.mouseDClick(self.view, self.button("left"), self.modifiers(""), point)
        self._window.settle()

    def wheel(self, point: Any, delta: int, keys: str = "") -> None:
        from qtpy import QtGui, QtWidgets

        place, Qt = self._core.QPointF(point), self._core.Qt  # noqa: N806 - Qt's name
        screen, none = self._core.QPointF(self.view.mapToGlobal(point)), self._core.QPoint(0, 0)
        turned = self._core.QPoint(0, delta)
        event = QtGui.QWheelEvent(
            place, screen, none, turned, Qt.NoButton, self.modifiers(keys), Qt.NoScrollPhase, False
        )
        QtWidgets.QApplication.sendEvent(self.view, event)
        self._window.settle()

    def at(self, x: int, y: int) -> Any:
        return self._core.QPoint(x, y)


# ---- what tools are told ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("view_name", VIEWS)
@pytest.mark.parametrize("name", GRIDS)
def test_a_click_tells_the_voxel_its_slice_and_its_place_in_the_world(
    window: Window, name: str, view_name: Any
) -> None:
    geometry = grid(name)
    window.open(Segmentation(geometry), gray_image(geometry))
    told, view = Recorder(Kind.PRESS), window.canvas.view(view_name)
    window.canvas.set_handler(told)
    mouse = Mouse(window, view)
    target = [2, 6, 4]
    target[view.frame.grid.axis] = view.frame.slice
    mouse.click(mouse.point(target))
    event = told.events[0]
    assert event.kind is Kind.PRESS
    assert (event.view, event.button) == (view_name, Button.LEFT)
    assert event.point_ijk == pytest.approx(target, abs=0.1)
    assert np.allclose(geometry.lps_from_ijk(event.point_ijk), event.point_lps)
    axis = {"sagittal": 0, "coronal": 1, "axial": 2}[str(event.plane)]
    assert event.slice == target[axis] == event.point_ijk[axis]
    assert event.pixel_mm == pytest.approx(view.frame.mm)


def test_a_stroke_is_told_in_order_with_its_keys(window: Window) -> None:
    window.open(Segmentation(grid("plain")))
    told, mouse = Recorder(), Mouse(window, window.canvas.view("axial"))
    window.canvas.set_handler(told)
    mouse.move(mouse.at(20, 20), keys="shift")
    mouse.drag(mouse.at(20, 20), mouse.at(80, 60), "right", "control alt")
    mouse.wheel(mouse.at(30, 30), -240, "control shift")
    mouse.double(mouse.at(30, 30))
    kinds = [Kind.HOVER, Kind.PRESS, Kind.MOVE, Kind.MOVE, Kind.MOVE, Kind.RELEASE, Kind.WHEEL]
    assert told.kinds[:7] == kinds
    assert Kind.DOUBLE in told.kinds
    assert told.events[0].modifiers == {Modifier.SHIFT}
    assert told.events[2].modifiers == {Modifier.CTRL, Modifier.ALT}
    assert told.events[2].button is Button.RIGHT
    assert (told.events[6].wheel, told.events[6].modifiers) == (-2, {Modifier.CTRL, Modifier.SHIFT})


def test_leaving_the_view_is_told(window: Window) -> None:
    from qtpy import QtCore, QtWidgets

    window.open(Segmentation(grid("plain")))
    told = Recorder()
    window.canvas.set_handler(told)
    QtWidgets.QApplication.sendEvent(window.canvas.view("axial"), QtCore.QEvent(QtCore.QEvent.Leave))
    assert told.kinds == [Kind.LEAVE]


def test_what_a_tool_takes_the_view_leaves_alone(window: Window) -> None:
    geometry = grid("plain")
    window.open(Segmentation(geometry), gray_image(geometry))
    view = window.canvas.view("axial")
    window.canvas.set_handler(Recorder(Kind.PRESS, Kind.MOVE, Kind.RELEASE, Kind.WHEEL, Kind.DOUBLE))
    mouse, before = Mouse(window, view), (view.frame, window.canvas.window_level(), window.canvas.crosshair)
    mouse.drag(mouse.at(50, 50), mouse.at(150, 90))
    mouse.drag(mouse.at(50, 50), mouse.at(150, 90), "right")
    mouse.wheel(mouse.at(50, 50), 120)
    mouse.double(mouse.at(60, 60))
    assert (view.frame, window.canvas.window_level(), window.canvas.crosshair) == before
    assert window.canvas.maximised is None


def test_a_press_that_was_taken_keeps_its_moves_from_the_view(window: Window) -> None:
    geometry = grid("plain")
    window.open(Segmentation(geometry), gray_image(geometry))
    window.canvas.set_handler(Recorder(Kind.PRESS))
    mouse, before = Mouse(window, window.canvas.view("axial")), window.canvas.window_level()
    mouse.drag(mouse.at(50, 50), mouse.at(150, 90))
    assert window.canvas.window_level() == before
    assert window.canvas.crosshair is None


# ---- what views do themselves ----------------------------------------------------------------------------------------
def test_left_drag_changes_window_and_level(window: Window) -> None:
    window.open(Segmentation(grid("plain")), gray_image(grid("plain")))
    mouse = Mouse(window, window.canvas.view("coronal"))
    mouse.drag(mouse.at(50, 50), mouse.at(150, 50))
    wide, level = window.canvas.window_level()
    assert wide > 300
    assert level == pytest.approx(127.5)
    mouse.drag(mouse.at(50, 50), mouse.at(50, 100))
    assert window.canvas.window_level()[1] > 150
    assert window.canvas.crosshair is None


@pytest.mark.parametrize("name", GRIDS)
def test_a_click_puts_the_crosshair_and_all_views_show_its_slices(window: Window, name: str) -> None:
    geometry = grid(name)
    window.open(Segmentation(geometry))
    mouse = Mouse(window, window.canvas.view("axial"))
    target = [2, 6, 4]
    target[mouse.view.frame.grid.axis] = mouse.view.frame.slice
    mouse.click(mouse.point(target))
    assert np.allclose(geometry.ijk_from_lps(window.canvas.crosshair), target, atol=0.1)
    for view in window.canvas.views:
        assert view.frame.slice == target[view.frame.grid.axis]
    x, y, z = window.canvas.crosshair
    assert np.allclose(window.place.crosshair.GetCrosshairRAS(), (-x, -y, z))


def test_moving_with_shift_leads_the_other_views(window: Window) -> None:
    window.open(Segmentation(grid("plain")))
    mouse = Mouse(window, window.canvas.view("sagittal"))
    mouse.move(mouse.point((5, 7, 1)), keys="shift")
    assert window.canvas.view("axial").frame.slice == 1
    assert window.canvas.view("coronal").frame.slice == 7
    mouse.move(mouse.point((5, 2, 5)))
    assert window.canvas.view("axial").frame.slice == 1


def test_the_crosshair_is_drawn_where_it_is(window: Window) -> None:
    window.open(Segmentation(grid("plain")))
    window.canvas.set_crosshair_visible(True)
    window.canvas.jump_to_ijk((2, 6, 4), center=False)
    window.settle()
    for view in window.canvas.views:
        x, y = view.point_of_ijk((2, 6, 4))
        pixels = view.pixels()[..., :3].astype(int)
        assert pixels[int(y), int(x) + 20].max() > 60
        assert pixels[int(y) + 20, int(x)].max() > 60
        assert pixels[int(y) + 3, int(x) + 3].max() < 20


def test_middle_drag_moves_the_picture_and_right_drag_enlarges(window: Window) -> None:
    window.open(Segmentation(grid("plain")))
    mouse = Mouse(window, window.canvas.view("axial"))
    before = mouse.view.frame
    mouse.drag(mouse.at(50, 50), mouse.at(90, 70), "middle")
    assert np.allclose(mouse.view.frame.lps_of(90, 70), before.lps_of(50, 50))
    zoomed = mouse.view.frame
    mouse.drag(mouse.at(50, 90), mouse.at(50, 40), "right")
    assert mouse.view.frame.mm < zoomed.mm * 0.8
    assert np.allclose(mouse.view.frame.lps_of(50, 90), zoomed.lps_of(50, 90))


def test_the_wheel_scrolls_and_with_ctrl_enlarges_about_the_mouse(window: Window) -> None:
    window.open(Segmentation(grid("flipped")))
    mouse = Mouse(window, window.canvas.view("axial"))
    frame = mouse.view.frame
    mouse.wheel(mouse.at(40, 40), 120)
    # k runs towards the feet in this grid; away from the user is always towards the head
    assert mouse.view.frame.slice == frame.slice - 1
    assert mouse.view.frame.grid.position(frame.slice - 1)[1] != frame.grid.position(frame.slice)[1]
    mouse.wheel(mouse.at(40, 40), 60)
    mouse.wheel(mouse.at(40, 40), 60)
    assert mouse.view.frame.slice == frame.slice - 2
    mouse.wheel(mouse.at(40, 40), 120, "control")
    assert mouse.view.frame.mm < frame.mm
    assert mouse.view.frame.lps_of(40, 40)[:2] == pytest.approx(frame.lps_of(40, 40)[:2])


def test_keys_scroll_and_h_hides_the_labels(window: Window) -> None:
    from qtpy import QtCore, QtTest

    window.open(box_document(grid("plain")))
    view, told = window.canvas.view("axial"), []
    window.canvas.overlay_toggled.connect(told.append)
    for key, expected in (("Up", 4), ("PageDown", 0), ("PageUp", 6), ("Left", 5)):
        QtTest.QTest.keyClick(view, getattr(QtCore.Qt, f"Key_{key}"))
        assert view.frame.slice == expected, key
    view.set_slice(3)
    QtTest.QTest.keyClick(view, QtCore.Qt.Key_H)
    window.settle()
    assert told == [False]
    assert window.color_at(view, (5, 4, 3)) == (8, 9, 11)


def test_a_double_click_shows_the_view_alone_and_brings_the_others_back(window: Window) -> None:
    window.open(Segmentation(grid("plain")))
    mouse = Mouse(window, window.canvas.view("sagittal"))
    mouse.double(mouse.at(50, 50))
    assert window.canvas.maximised == "sagittal"
    assert not window.canvas.view("axial").isVisible()
    mouse.double(mouse.at(50, 50))
    assert window.canvas.maximised is None
    assert window.canvas.view("axial").isVisible()


def test_while_a_tool_is_on_crosshair_window_and_double_click_rest_but_not_pan_and_scroll(window: Window) -> None:
    window.open(Segmentation(grid("plain")), gray_image(grid("plain")))
    canvas = window.canvas
    canvas.set_drawing(True)
    mouse = Mouse(window, canvas.view("axial"))
    before = canvas.window_level()
    mouse.click(mouse.at(60, 60))
    mouse.move(mouse.at(70, 70), keys="shift")
    mouse.drag(mouse.at(50, 50), mouse.at(150, 90))
    mouse.double(mouse.at(60, 60))
    assert (canvas.crosshair, canvas.window_level(), canvas.maximised) == (None, before, None)
    frame = mouse.view.frame
    mouse.wheel(mouse.at(40, 40), 120)
    mouse.drag(mouse.at(50, 50), mouse.at(90, 70), "middle")
    assert mouse.view.frame.slice == frame.slice + 1
    assert mouse.view.frame.center != frame.center


def test_the_mouse_tells_the_labels_below_it_hidden_ones_too(window: Window) -> None:
    window.open(box_document(grid("plain"), visible=False))
    told: list[Any] = []
    window.canvas.hovered.connect(lambda *what: told.append(what))
    mouse = Mouse(window, window.canvas.view("axial"))
    mouse.move(mouse.point((5, 4, 3)))
    name, ijk, labels = told[-1]
    assert name == "axial"
    assert ijk == pytest.approx((5, 4, 3), abs=0.1)
    assert labels == ((1, "Liver"),)
    mouse.move(mouse.point((0, 8, 3)))
    assert told[-1][2] == ()
    mouse.move(mouse.at(1, 1))
    assert told[-1][2] == ()


def test_the_slider_and_the_view_move_together(window: Window) -> None:
    window.open(Segmentation(grid("anisotropic")))
    view = window.canvas.view("axial")
    pane = window.canvas._panes.pane("axial")
    pane.slider.setValue(4)
    assert view.frame.slice == 4
    view.scroll(-3)
    window.settle()
    assert pane.slider.value() == 1
    assert pane.position.text().startswith("S 33.0 mm")
    assert pane.position.text().endswith("1 / 4")


def test_during_a_stroke_the_other_views_wait_for_its_pause(window: Window) -> None:
    from qtpy import QtCore

    document = box_document(grid("plain"))
    window.open(document)
    axial, coronal = window.canvas.view("axial"), window.canvas.view("coronal")
    for view in window.canvas.views:
        view.setAttribute(QtCore.Qt.WA_UnderMouse, view is axial)
    drawn: list[str] = []
    for view in (axial, coronal):
        draw = view.voxels_changed
        view.voxels_changed = lambda event, name=view.name, draw=draw: (drawn.append(name), draw(event))
    box = Box((3, 4, 5), (4, 5, 6))
    patches = resolve(document, Proposal(0, np.ones(box.shape, np.uint8), {1: 2}, box)).patches
    assert window.history is not None
    window.history.do(Command("dab", patches))
    assert drawn == ["axial"]
    window.wait(lambda: len(drawn) == 2)
    assert drawn == ["axial", "coronal"]
    assert window.color_at(coronal, (5, 4, 3)) == (0, 255, 0)
