"""Every 2D tool drawn with the mouse in a view: the voxels, what locks keep, and undo by key."""

from __future__ import annotations

import numpy as np
import pytest

from MultiLabelSegLib.ui.qt.errors import desk
from Testing.gui.workbench.cases import BALL_KJI, SQUARE, Bench, at, ball, filled

pytestmark = [pytest.mark.qt, pytest.mark.slicer_core]

VIEWS = pytest.mark.parametrize("view", ["axial", "coronal", "sagittal"])
TWO = pytest.mark.parametrize("view", ["axial", "sagittal"])
#: a slice of each view that shows background in the square
SLICES = {"axial": 6, "coronal": 20, "sagittal": 24}


# ---- contours --------------------------------------------------------------------------------------------------------


@VIEWS
def test_add_fills_the_contour_and_undo_takes_it_back(bench: Bench, view: str) -> None:
    index = SLICES[view]
    bench.show(view, index)
    bench.key("A")
    bench.draw(view, SQUARE, index)
    np.testing.assert_array_equal(bench.plane_of(bench.changed(), view, index), filled(view))
    assert bench.document.voxels(4) == filled(view).sum()
    bench.check_undone()


@TWO
def test_subtract_takes_the_active_label_out_of_the_contour(bench: Bench, view: str) -> None:
    index = SLICES[view]
    bench.show(view, index)
    bench.key("A")
    bench.draw(view, SQUARE, index)
    bench.key("S")
    bench.draw(view, [(15.5, 3.5), (20.5, 3.5), (20.5, 7.5), (15.5, 7.5)], index)
    left = filled(view)
    left[:, :21] = False
    np.testing.assert_array_equal(bench.plane_of(bench.document.group(0).array[0] == 4, view, index), left)
    bench.key("Ctrl+Z")
    assert bench.document.voxels(4) == filled(view).sum()


def test_ctrl_makes_add_subtract(bench: Bench) -> None:
    bench.show("axial", 6)
    bench.key("A")
    bench.draw("axial", SQUARE, 6)
    bench.draw("axial", SQUARE, 6, "ctrl")
    assert bench.document.voxels(4) == 0


def test_add_leaves_locked_labels_alone_and_overwrites_unlocked_ones(bench: Bench) -> None:
    bench.show("axial", 6)
    bench.key("A")
    bench.draw("axial", [(0.5, 3.5), (46.5, 3.5), (46.5, 5.5), (0.5, 5.5)], 6)
    line = bench.document.group(0).array[0, 6, 4]
    assert set(line[2:8]) == {1}
    assert set(line[8:46]) == {4}
    assert "12 protected" in bench.presenter.tools.note
    np.testing.assert_array_equal(bench.document.group(1).array, bench.before[1])
    bench.check_undone()


def test_what_lies_in_another_group_is_drawn_over_without_a_change(bench: Bench) -> None:
    bench.presenter.labels.activate(7)
    bench.show("axial", 6)
    bench.key("A")
    bench.draw("axial", [(0.5, 1.5), (8.5, 1.5), (8.5, 8.5), (0.5, 8.5)], 6)
    assert bench.document.group(1).array[0, 6, 2:9, 1:9].all()
    assert not bench.changed(0).any()


# ---- lasso and live wire ---------------------------------------------------------------------------------------------

CORNERS = SQUARE[:4]


def lasso(bench: Bench, view: str, index: int) -> None:
    """A double click, clicks for anchors, and a double click at the last corner."""
    bench.views.double_click(view, at(view, *CORNERS[0], index))
    for corner in CORNERS[1:-1]:
        bench.views.click(view, at(view, *corner, index))
    bench.views.double_click(view, at(view, *CORNERS[-1], index))
    bench.work()


@VIEWS
def test_lasso_writes_its_polygon_at_the_second_double_click(bench: Bench, view: str) -> None:
    index = SLICES[view]
    bench.show(view, index)
    bench.key("L")
    lasso(bench, view, index)
    np.testing.assert_array_equal(bench.plane_of(bench.changed(), view, index), filled(view))
    bench.check_undone()


def test_lasso_waits_lets_anchors_be_moved_and_enter_writes(bench: Bench) -> None:
    bench.show("axial", 6)
    bench.tool("lasso", auto_confirm=False)
    lasso(bench, "axial", 6)
    assert not bench.changed().any()
    for corner in (CORNERS[1], CORNERS[2]):
        bench.draw("axial", [corner, (corner[0] + 5, corner[1])], 6)
    assert not bench.changed().any()
    bench.key("Return")
    wide = filled("axial")
    wide[4:8, 16:30] = True
    np.testing.assert_array_equal(bench.plane_of(bench.changed(), "axial", 6), wide)
    bench.check_undone()


def test_delete_takes_an_anchor_of_a_waiting_lasso_out_and_escape_drops_it(bench: Bench) -> None:
    bench.show("axial", 6)
    bench.tool("lasso", auto_confirm=False)
    lasso(bench, "axial", 6)
    bench.draw("axial", [CORNERS[2]], 6)
    bench.key("Delete")
    handles = bench.presenter.tools.feedback("axial", "axial", 6).handles
    assert len(handles) == 3
    bench.key("Escape")
    assert bench.presenter.tools.feedback("axial", "axial", 6).handles == ()
    bench.key("Return")
    assert not bench.changed().any()


def test_ctrl_z_takes_back_the_last_anchor_of_a_lasso_before_any_step(bench: Bench) -> None:
    bench.show("axial", 6)
    bench.key("A")
    bench.draw("axial", SQUARE, 6)
    bench.key("L")
    bench.views.double_click("axial", at("axial", 10, 20, 6))
    bench.views.click("axial", at("axial", 15, 20, 6))
    assert len(bench.presenter.tools.feedback("axial", "axial", 6).handles) == 2
    bench.key("Ctrl+Z")
    assert len(bench.presenter.tools.feedback("axial", "axial", 6).handles) == 1
    assert bench.document.voxels(4) == filled("axial").sum()


def test_lasso_drawn_freehand_keeps_to_locks(bench: Bench) -> None:
    bench.show("axial", 6)
    bench.key("L")
    bench.views.double_click("axial", at("axial", 0.5, 0.5, 6))
    bench.draw("axial", [(0.5, 0.5), (9.5, 0.5), (9.5, 9.5), (0.5, 9.5)], 6)
    bench.views.double_click("axial", at("axial", 0.5, 9.5, 6))
    values = bench.document.group(0).array[0, 6, 1:10, 1:10]
    assert (values == 1).sum() == 36
    assert (values == 4).sum() == 45
    assert "36 protected" in bench.presenter.tools.note


@TWO
def test_live_wire_follows_the_edge_of_the_ball(bench: Bench, view: str) -> None:
    index = SLICES[view]
    bench.show(view, index)
    bench.key("V")
    middle = {"axial": (24, 20), "sagittal": (20, 6)}[view]
    steps = (12, 12) if view == "axial" else (12, 4.8)
    around = [(middle[0] + steps[0] * x, middle[1] + steps[1] * y) for x, y in ((1, 0), (0, 1), (-1, 0), (0, -1))]
    bench.views.double_click(view, at(view, *around[0], index))
    for point in around[1:-1]:
        bench.views.click(view, at(view, *point, index))
    bench.views.double_click(view, at(view, *around[-1], index))
    bench.work()
    axis = {"axial": 0, "sagittal": 2}[view]
    written, wanted = bench.plane_of(bench.changed(), view, index), ball().take(index, axis)
    overlap = 2 * (written & wanted).sum() / (written.sum() + wanted.sum())
    assert overlap > 0.85
    bench.check_undone()


# ---- brushes ---------------------------------------------------------------------------------------------------------


@VIEWS
def test_paint_draws_a_line_as_wide_as_the_brush_in_one_step(bench: Bench, view: str) -> None:
    index = SLICES[view]
    bench.show(view, index)
    bench.tool("paint", diameter=1)
    bench.draw(view, [(12, 6), (20, 6), (28, 6)], index)
    wanted = np.zeros(filled(view).shape, np.bool_)
    wanted[6, 12:29] = True
    np.testing.assert_array_equal(bench.plane_of(bench.changed(), view, index), wanted)
    bench.check_undone()


@TWO
def test_wipe_takes_the_active_label_away_and_nothing_locked(bench: Bench, view: str) -> None:
    index = {"axial": 6, "sagittal": 4}[view]
    bench.show(view, index)
    bench.presenter.labels.activate(1)
    bench.tool("wipe", diameter=3)
    bench.draw(view, [(4, 4)], index)
    gone = bench.plane_of(bench.changed(), view, index)
    assert gone[4, 4]
    assert gone.sum() in (5, 9)
    bench.check_undone()
    bench.presenter.labels.activate(4)
    bench.draw(view, [(4, 4)], index)
    assert not bench.changed().any()


def test_ctrl_makes_paint_wipe(bench: Bench) -> None:
    bench.show("axial", 6)
    bench.tool("paint", diameter=3)
    bench.draw("axial", [(20, 12), (30, 12)], 6)
    assert bench.changed().any()
    bench.draw("axial", [(20, 12), (30, 12)], 6, "ctrl")
    assert not bench.changed().any()


@TWO
def test_the_ball_brush_paints_a_ball_in_millimetres(bench: Bench, view: str) -> None:
    bench.show(view, SLICES[view])
    bench.tool("paint", diameter=11, ball=True)
    i, j, k = 24, 20, 6
    bench.views.click(view, (i, j, k))
    written = np.argwhere(bench.changed())
    assert set(written[:, 0]) == {4, 5, 6, 7, 8}  # 5 mm to both sides: two slices of 2.5 mm
    assert (written[:, 1].min(), written[:, 1].max()) == (15, 25)
    assert (written[:, 2].min(), written[:, 2].max()) == (19, 29)
    bench.check_undone()


def test_a_stroke_goes_on_in_the_slice_that_the_wheel_brings(bench: Bench) -> None:
    from qtpy.QtCore import QEvent

    bench.show("axial", 6)
    bench.tool("paint", diameter=1)
    view = bench.canvas.view("axial")
    bench.views._send(view, QEvent.MouseMove, (12, 12, 6), None, ())
    bench.views._send(view, QEvent.MouseButtonPress, (12, 12, 6), "left", ())
    bench.views.wheel("axial", (12, 12, 6), 1)
    index = view.frame.slice
    bench.views._send(view, QEvent.MouseMove, (14, 12, index), "left", ())
    bench.views._send(view, QEvent.MouseButtonRelease, (14, 12, index), "left", ())
    bench.work()
    assert index != 6
    assert sorted({int(k) for k, _, _ in np.argwhere(bench.changed())}) == sorted({6, index})
    bench.check_undone()


# ---- regions ---------------------------------------------------------------------------------------------------------


@VIEWS
def test_region_growing_takes_the_bright_ball_in_the_slice(bench: Bench, view: str) -> None:
    index = SLICES[view]
    bench.show(view, index)
    bench.tool("region_growing", smooth=False)
    axis = {"axial": 0, "coronal": 1, "sagittal": 2}[view]
    k, j, i = BALL_KJI
    bench.views.click(view, (i, j, k))
    bench.work()
    np.testing.assert_array_equal(bench.plane_of(bench.changed(), view, index), ball().take(index, axis))
    bench.check_undone()


@TWO
def test_region_growing_widens_with_the_pixels_of_the_screen_that_it_is_dragged_up(bench: Bench, view: str) -> None:
    """However far the view is zoomed in, the same way of the mouse means the same; far enough up takes everything."""
    index = SLICES[view]
    bench.show(view, index)
    bench.tool("region_growing", smooth=False)
    k, j, i = BALL_KJI
    notes = []
    for factor in (1.0, 2.0):
        bench.views.zoom(view, factor)
        notes.append(dragged_up(bench, view, (i, j, k), 40))
        bench.key("Ctrl+Z")
    assert notes == ["values from 325 to 425"] * 2
    assert dragged_up(bench, view, (i, j, k), 0) == "values from 350 to 400"
    bench.key("Ctrl+Z")
    dragged_up(bench, view, (i, j, k), 3000)
    assert bench.changed().take(index, {"axial": 0, "sagittal": 2}[view])[0, 24]  # background


def dragged_up(bench: Bench, view: str, point_ijk: tuple[float, float, float], pixels: float) -> str:
    """Presses, moves up on the screen and releases; what was said before the release."""
    from qtpy.QtCore import QEvent, QPointF, Qt
    from qtpy.QtGui import QMouseEvent
    from qtpy.QtWidgets import QApplication

    shown, left, none = bench.canvas.view(view), Qt.LeftButton, Qt.NoButton
    start = QPointF(*shown.point_of_ijk(point_ijk))
    end = QPointF(start.x(), start.y() - pixels)
    said = ""
    for kind, place, which, held in (
        (QEvent.MouseButtonPress, start, left, left),
        (QEvent.MouseMove, end, none, left),
        (QEvent.MouseButtonRelease, end, left, none),
    ):
        if which == left and held == none:
            said = bench.presenter.tools.note
        QApplication.sendEvent(shown, QMouseEvent(kind, place, shown.mapToGlobal(place), which, held, Qt.NoModifier))
    bench.work()
    return said


@TWO
def test_fill_gives_the_clicked_region_to_the_active_label(bench: Bench, view: str) -> None:
    index = {"axial": 6, "sagittal": 42}[view]
    bench.show(view, index)
    bench.key("F")
    bench.views.click(view, (42, 4, 6))
    wanted = (bench.before[0][0] == 2).take(index, {"axial": 0, "sagittal": 2}[view])
    np.testing.assert_array_equal(bench.plane_of(bench.changed(), view, index), wanted)
    assert bench.document.voxels(4) == wanted.sum()
    bench.check_undone()


@TWO
def test_erase_takes_the_clicked_region_away(bench: Bench, view: str) -> None:
    index = {"axial": 6, "sagittal": 42}[view]
    bench.show(view, index)
    bench.key("E")
    bench.views.click(view, (42, 4, 6))
    wanted = (bench.before[0][0] == 2).take(index, {"axial": 0, "sagittal": 2}[view])
    np.testing.assert_array_equal(bench.plane_of(bench.changed(), view, index), wanted)
    bench.check_undone()


def test_close_fills_the_holes_of_the_clicked_region(bench: Bench) -> None:
    bench.presenter.labels.activate(3)
    bench.show("axial", 6)
    bench.key("C")
    bench.views.click("axial", (5, 31, 6))
    assert (bench.document.group(0).array[0, 6, 33:35, 7:9] == 3).all()
    assert bench.plane_of(bench.changed(), "axial", 6).sum() == 4
    bench.check_undone()


@pytest.mark.parametrize("key", ["F", "E", "C"])
def test_a_click_on_a_locked_region_changes_nothing_and_says_why(bench: Bench, key: str) -> None:
    bench.show("axial", 6)
    bench.key(key)
    bench.views.click("axial", (4, 4, 6))
    bench.work()
    assert not bench.changed().any()
    assert "locked" in bench.presenter.tools.note
    assert desk.told == []


def test_masking_by_intensity_keeps_a_stroke_within_the_ball(bench: Bench) -> None:
    bench.show("axial", 6)
    bench.tool("paint", diameter=5, intensity_lower=300.0)
    bench.draw("axial", [(5, 20), (43, 20)], 6)
    written = bench.changed()[6]
    assert written.any()
    assert not (written & ~ball()[6]).any()


def test_the_cursor_shows_the_brush_and_leaves_with_the_mouse(bench: Bench) -> None:
    from qtpy.QtCore import QEvent
    from qtpy.QtWidgets import QApplication

    bench.show("axial", 6)
    bench.tool("paint", diameter=9)
    bench.views.move("axial", (24, 20, 6))
    assert [circle.diameter_mm for circle in bench.canvas.view("axial").feedback.circles] == [9.0]
    QApplication.sendEvent(bench.canvas.view("axial"), QEvent(QEvent.Leave))
    assert bench.canvas.view("axial").feedback.circles == ()


def test_moving_the_brush_draws_its_own_view_anew_and_no_other(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.show("axial", 6)
    bench.tool("paint", diameter=9)
    bench.views.move("axial", (24, 20, 6))
    drawn: list[str] = []
    for view in bench.canvas.views:
        monkeypatch.setattr(view, "set_feedback", lambda _feedback, name=view.name: drawn.append(name))
    bench.views.move("axial", (25, 20, 6))
    assert set(drawn) == {"axial"}
    drawn.clear()
    bench.views.move("coronal", (25, 20, 6))  # the circle has to go from the one that the mouse left
    assert {"axial", "coronal"} <= set(drawn)
