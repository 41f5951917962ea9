"""Lasso and live wire by mouse events and keys."""

from __future__ import annotations

import numpy as np
import pytest

from MultiLabelSegLib.errors import ToolError
from MultiLabelSegLib.tools.slices import PLANES, Plane, SliceOf
from Testing.properties.documents import snapshot
from Testing.ui.tools.cases import CTRL, KIDNEY, LIVER, SHAPE, Desk, a_document, ramp

CORNERS = [(2.3, 2.3), (9.3, 2.3), (9.3, 8.3), (2.3, 8.3)]
TOOLS = ["lasso", "live_wire"]


def lasso(desk: Desk, plane: Plane, index: int, corners: list[tuple[float, float]] = CORNERS) -> None:
    """A polygon: double click, clicks, double click."""
    desk.double(plane, index, corners[0])
    for at in corners[1:-1]:
        desk.click(plane, index, at)
    desk.double(plane, index, corners[-1])


def filled(plane: Plane, index: int) -> np.ndarray:
    """What the corners enclose."""
    expected = np.zeros(SHAPE, np.bool_)
    SliceOf(Desk().document.geometry, plane, index).take(expected)[3:9, 3:10] = True
    return expected


@pytest.mark.parametrize("plane", PLANES)
def test_a_polygon_is_written_at_its_end_as_one_step_and_locks_hold(plane: Plane) -> None:
    frame = np.zeros(SHAPE, np.uint8)
    frame[5, 5, :], frame[:, 5, 5] = KIDNEY, KIDNEY
    desk = Desk(frame)
    before = snapshot(desk.document)
    desk.tools.toggle("lasso")
    lasso(desk, plane, 5)
    inside = filled(plane, 5)
    np.testing.assert_array_equal(desk.values, np.where(inside & (frame == 0), LIVER, frame))
    assert len(desk.history.undo_titles) == 1
    desk.history.undo()
    assert snapshot(desk.document) == before


@pytest.mark.parametrize("plane", PLANES)
def test_a_live_wire_follows_the_edge_of_the_bright_block(plane: Plane) -> None:
    image = ramp()
    desk = Desk(image=image)
    before = snapshot(desk.document)
    desk.tools.toggle("live_wire")
    bright = SliceOf(desk.document.geometry, plane, 7).take(image) >= 200
    rows, columns = np.nonzero(bright)
    low_x, high_x, low_y, high_y = columns.min(), columns.max(), rows.min(), rows.max()
    corners = [(low_x, low_y), (high_x, low_y), (high_x, high_y), (low_x, high_y)]
    lasso(desk, plane, 7, [(float(x), float(y)) for x, y in corners])
    got = desk.slice(plane, 7) == LIVER
    dice = 2 * (got & bright).sum() / (got.sum() + bright.sum())
    assert dice > 0.8
    assert (desk.values == LIVER).sum() == got.sum()
    desk.history.undo()
    assert snapshot(desk.document) == before


def test_a_press_and_drag_draws_freehand() -> None:
    desk = Desk()
    desk.tools.toggle("lasso")
    desk.double("axial", 5, CORNERS[0])
    desk.drag("axial", 5, [CORNERS[0], (5.0, 2.3), CORNERS[1]])
    desk.drag("axial", 5, [CORNERS[1], (9.3, 5.0), CORNERS[2]])
    desk.double("axial", 5, CORNERS[3])
    np.testing.assert_array_equal(desk.values == LIVER, filled("axial", 5))


@pytest.mark.parametrize("tool", TOOLS)
def test_undo_and_redo_go_to_the_contour_while_there_is_one(tool: str) -> None:
    desk = Desk(image=ramp())
    desk.tools.toggle(tool)
    desk.double("axial", 5, CORNERS[0])
    desk.click("axial", 5, CORNERS[1])
    desk.click("axial", 5, CORNERS[2])
    handles = desk.tools.feedback("axial", "axial", 5).handles
    assert len(handles) == 3
    assert desk.tools.key("Ctrl+Z")
    assert len(desk.tools.feedback("axial", "axial", 5).handles) == 2
    assert desk.tools.key("Ctrl+Y")
    assert len(desk.tools.feedback("axial", "axial", 5).handles) == 3
    assert desk.tools.key("Escape")
    assert not desk.tools.is_drawing
    assert desk.tools.key("Ctrl+Z")  # Escape by mistake
    assert desk.tools.is_drawing
    assert not desk.history.can_undo


@pytest.mark.parametrize("tool", TOOLS)
def test_the_mouse_is_joined_to_both_ends_while_drawing(tool: str) -> None:
    desk = Desk(image=ramp())
    desk.tools.toggle(tool)
    desk.double("coronal", 5, CORNERS[0])
    desk.click("coronal", 5, CORNERS[1])
    desk.event("hover", "coronal", 5, (9.0, 8.0))
    lines = desk.tools.feedback("coronal", "coronal", 5).lines
    assert [line.style for line in lines] == ["solid", "dashed", "dashed"]
    np.testing.assert_allclose(lines[1].points_ijk[-1], (9, 5, 8))
    np.testing.assert_allclose(lines[2].points_ijk[0], (9, 5, 8))


@pytest.mark.parametrize("tool", TOOLS)
def test_enter_ends_a_contour_at_its_last_anchor(tool: str) -> None:
    desk = Desk(image=ramp())
    desk.tools.toggle(tool)
    desk.double("axial", 5, CORNERS[0])
    for at in CORNERS[1:]:
        desk.click("axial", 5, at)
    assert desk.tools.key("Enter")
    assert (desk.values == LIVER).any()
    assert not desk.tools.is_drawing


def test_too_few_points_are_refused_and_the_contour_goes_on() -> None:
    desk = Desk()
    desk.tools.toggle("lasso")
    desk.double("axial", 5, CORNERS[0])
    desk.double("axial", 5, CORNERS[1])
    assert [message.text for message in desk.host.messages][0].startswith("a contour needs at least three points")
    assert desk.tools.is_drawing
    with pytest.raises(ToolError, match="at least three points"):
        desk.tools.key("Enter")
    desk.click("axial", 5, CORNERS[2])
    desk.double("axial", 5, CORNERS[3])
    np.testing.assert_array_equal(desk.values == LIVER, filled("axial", 5))


def test_without_confirming_at_once_anchors_move_are_inserted_and_deleted() -> None:
    desk = Desk()
    desk.tools.toggle("lasso")
    desk.tools.set_option("auto_confirm", False)
    assert desk.tools.modifiers_text().startswith("Double click: begin and end")
    lasso(desk, "axial", 5)
    assert not desk.values.any()
    assert "Enter writes it" in desk.tools.note
    assert "CTRL+click: another one" in desk.tools.modifiers_text()
    assert desk.tools.feedback("axial", "axial", 5).lines[0].closed
    desk.drag("axial", 5, [CORNERS[2], (14.3, 12.3)])
    assert [each.selected for each in desk.tools.feedback("axial", "axial", 5).handles] == [False, False, True, False]
    desk.click("axial", 5, (5.5, 2.3), CTRL)
    assert len(desk.tools.feedback("axial", "axial", 5).handles) == 5
    assert desk.tools.key("Delete")
    assert len(desk.tools.feedback("axial", "axial", 5).handles) == 4
    assert desk.tools.key("Return")
    assert desk.values[5, 11, 13] == LIVER
    assert desk.history.undo_titles == ("Add to Liver",)
    assert not desk.tools.key("Delete")
    assert desk.tools.modifiers_text().startswith("Double click: begin and end")


def test_switching_confirming_on_writes_what_waits_and_the_mode_of_that_moment_counts() -> None:
    desk = Desk(np.full(SHAPE, LIVER, np.uint8))
    desk.tools.toggle("lasso")
    desk.tools.set_option("auto_confirm", False)
    lasso(desk, "axial", 5)
    desk.tools.set_option("mode", "subtract")
    desk.tools.set_option("auto_confirm", True)
    np.testing.assert_array_equal(desk.values == 0, filled("axial", 5))


def test_a_contour_that_waits_is_written_when_the_tool_is_left() -> None:
    desk = Desk()
    desk.tools.toggle("lasso")
    desk.tools.set_option("auto_confirm", False)
    lasso(desk, "axial", 5)
    desk.presenter.session.before_change[-1]()  # something else is about to change: that confirms nothing
    assert not desk.values.any()
    desk.tools.toggle("paint")
    np.testing.assert_array_equal(desk.values == LIVER, filled("axial", 5))


@pytest.mark.parametrize("auto", [True, False])
def test_another_document_drops_the_contour_of_the_first(auto: bool) -> None:
    desk = Desk()
    desk.tools.toggle("lasso")
    desk.tools.set_option("auto_confirm", auto)
    if auto:
        desk.double("axial", 5, CORNERS[0])
    else:
        lasso(desk, "axial", 5)
    assert desk.tools.is_drawing
    second = desk.presenter.session.add_document(a_document(), "other")
    assert not desk.tools.is_drawing
    assert not desk.tools.key("Ctrl+Z")
    desk.tools.leave()
    assert not second.history.can_undo
    assert not desk.history.can_undo


def test_clicks_in_another_slice_leave_the_contour_alone_and_say_where_it_is() -> None:
    desk = Desk()
    desk.tools.toggle("lasso")
    desk.double("axial", 5, CORNERS[0])
    desk.click("axial", 6, CORNERS[1])
    assert desk.tools.note == "the contour is in axial slice 5; Escape drops it"
    desk.double("coronal", 5, CORNERS[1])
    assert len(desk.tools.feedback("axial", "axial", 5).handles) == 1
    assert not desk.tools.feedback("axial", "axial", 6).handles


def test_masking_limits_what_a_lasso_writes() -> None:
    frame = np.zeros(SHAPE, np.uint8)
    frame[5, :, :6] = KIDNEY
    desk = Desk(frame)
    desk.tools.toggle("lasso")
    desk.tools.set_option("outside", (KIDNEY,))
    lasso(desk, "axial", 5)
    np.testing.assert_array_equal(desk.values == LIVER, filled("axial", 5) & (frame == 0))
    desk.tools.set_option("inside", ("Kidney",))
    lasso(desk, "axial", 5)
    assert desk.tools.note.startswith("0 voxels written")


def test_without_an_active_label_no_contour_begins() -> None:
    desk = Desk()
    desk.tools.toggle("lasso")
    desk.presenter.session.activate(None)
    desk.double("axial", 5, CORNERS[0])
    assert len(desk.host.messages) == 1
    assert not desk.tools.is_drawing


def test_costs_of_the_slice_under_the_mouse_are_made_ahead() -> None:
    desk = Desk(image=ramp())
    desk.tools.toggle("live_wire")
    desk.event("hover", "axial", 5, (3, 3))
    assert desk.host.is_busy
    desk.settle()
    gesture = desk.tools._driver.gesture
    assert gesture._ahead[1] is not None
    desk.double("axial", 5, CORNERS[0])
    assert not gesture._maps._maps
