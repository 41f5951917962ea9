"""Add, Subtract, Fill, Erase, Close, region growing by mouse events, in all planes of a flipped, anisotropic grid."""

from __future__ import annotations

import numpy as np
import pytest

from MultiLabelSegLib.tools.contour import Add
from MultiLabelSegLib.tools.region_growing import RegionGrowing
from MultiLabelSegLib.tools.slices import PLANES, Plane, SliceOf
from MultiLabelSegLib.ui.tools.view_events import Button, ViewEvent, ViewEventKind
from MultiLabelSegLib.ui.topics import Topic
from Testing.properties.documents import check_invariants, snapshot
from Testing.ui.tools.cases import CTRL, KIDNEY, LIVER, SHAPE, SPLEEN, Desk, ramp

#: column, row; within every plane
SQUARE = [(2.0, 2.0), (9.0, 2.0), (9.0, 8.0), (2.0, 8.0)]


def whole_slice(plane: Plane, index: int) -> tuple[slice, ...]:
    """To index a frame."""
    where = SliceOf(Desk().document.geometry, plane, index)
    return where.box.slices


def undone(desk: Desk, before: object, steps: int = 1) -> None:
    """Undo brings the document back exactly."""
    check_invariants(desk.document)
    assert len(desk.history.undo_titles) == steps
    for _ in range(steps):
        desk.history.undo()
    assert snapshot(desk.document) == before


@pytest.mark.parametrize("plane", PLANES)
def test_add_fills_the_contour_and_leaves_what_is_locked(plane: Plane) -> None:
    frame = np.zeros(SHAPE, np.uint8)
    frame[4, 4, :], frame[:, 4, 4] = KIDNEY, SPLEEN
    desk = Desk(frame)
    before = snapshot(desk.document)
    desk.tools.toggle("add")
    desk.drag(plane, 4, SQUARE)
    inside = np.zeros(SHAPE, np.bool_)
    SliceOf(desk.document.geometry, plane, 4).take(inside)[2:8, 2:9] = True
    changed = desk.values != frame
    np.testing.assert_array_equal(desk.values[frame == KIDNEY], KIDNEY)
    assert not changed[~_around(inside, plane)].any()
    assert (desk.values[inside & (frame != KIDNEY)] == LIVER).sum() >= 6 * 5
    where = SliceOf(desk.document.geometry, plane, 4)
    contour = tuple(where.point_ijk(*at) for at in SQUARE)
    box, mask = _enclosed(Desk(frame), contour, plane)
    np.testing.assert_array_equal(desk.values[box], np.where(mask & (frame[box] != KIDNEY), LIVER, frame[box]))
    undone(desk, before)


def _enclosed(desk: Desk, contour: tuple[tuple[float, float, float], ...], plane: Plane) -> tuple[object, np.ndarray]:
    where, start, mask = Add(contour_ijk=contour, plane=plane, slice=4).enclosed(desk.presenter.session.scene())
    rows, columns = mask.shape
    return where.box_of(start, (start[0] + rows, start[1] + columns)).slices, where.thick(mask)


def _around(inside: np.ndarray, plane: Plane) -> np.ndarray:
    where = SliceOf(Desk().document.geometry, plane, 4)
    wide = np.zeros_like(inside)
    where.take(wide)[1:10, 1:11] = True
    return wide


@pytest.mark.parametrize("plane", PLANES)
def test_subtract_takes_the_active_label_alone(plane: Plane) -> None:
    frame = np.full(SHAPE, LIVER, np.uint8)
    frame[4, 5, :], frame[:, 5, 5] = KIDNEY, SPLEEN
    desk = Desk(frame)
    before = snapshot(desk.document)
    desk.tools.toggle("subtract")
    desk.drag(plane, 4, SQUARE)
    np.testing.assert_array_equal(desk.values[frame != LIVER], frame[frame != LIVER])
    assert (desk.values == 0).sum() >= 20
    undone(desk, before)


@pytest.mark.parametrize(("tool", "inverted"), [("add", "subtract"), ("subtract", "add")])
def test_ctrl_at_the_release_counts(tool: str, inverted: str) -> None:
    frame = np.zeros(SHAPE, np.uint8)
    frame[4, :, :5] = LIVER
    one, two = Desk(frame), Desk(frame)
    one.tools.toggle(tool)
    one.press("axial", 4, SQUARE[0])
    for at in SQUARE[1:]:
        one.move("axial", 4, at)
    one.release("axial", 4, SQUARE[-1], CTRL)
    two.tools.toggle(inverted)
    two.drag("axial", 4, SQUARE)
    np.testing.assert_array_equal(one.values, two.values)
    assert (one.values != frame).any()
    one.drag("axial", 4, SQUARE)  # the key is not remembered
    assert one.history.undo_titles[0] != one.history.undo_titles[1]


def test_the_contour_is_shown_with_its_closing_line_and_nothing_is_written_before_the_release() -> None:
    desk = Desk()
    desk.tools.toggle("add")
    desk.press("coronal", 4, SQUARE[0])
    desk.told(Topic.FEEDBACK)
    for at in SQUARE[1:]:
        desk.move("coronal", 4, at)
    assert desk.told(Topic.FEEDBACK)
    drawn, closing = desk.tools.feedback("coronal", "coronal", 4).lines
    assert (len(drawn.points_ijk), closing.style) == (4, "dashed")
    np.testing.assert_array_equal(closing.points_ijk, drawn.points_ijk[[-1, 0]])
    assert not desk.tools.feedback("axial", "axial", 4).lines
    assert not desk.values.any()
    assert desk.tools.key("Escape")
    desk.release("coronal", 4, SQUARE[-1])
    assert not desk.values.any()
    assert not desk.tools.feedback("coronal", "coronal", 4).lines


def test_a_click_with_add_writes_nothing_and_says_how() -> None:
    desk = Desk()
    desk.tools.toggle("add")
    desk.click("axial", 4, (5, 5))
    assert not desk.history.can_undo
    assert "draw a contour" in desk.tools.note
    assert not desk.host.messages


def test_a_contour_that_leaves_the_image_is_cut_at_its_border() -> None:
    desk = Desk()
    desk.tools.toggle("add")
    desk.drag("axial", 4, [(-10, -10), (5.2, -10), (5.2, 6.2), (-10, 6.2)])
    expected = np.zeros(SHAPE, np.uint8)
    expected[4, :7, :6] = LIVER
    np.testing.assert_array_equal(desk.values, expected)


@pytest.mark.parametrize("plane", PLANES)
def test_fill_erase_and_close_act_on_the_clicked_region(plane: Plane) -> None:
    frame = np.zeros(SHAPE, np.uint8)
    ring = SliceOf(Desk().document.geometry, plane, 4).take(frame)
    ring[2:8, 2:9] = SPLEEN
    ring[4:6, 4:7] = 0
    ring[8:11, 2:9] = KIDNEY
    for tool, at, expected in (
        ("fill", (4, 5), {SPLEEN: 36, LIVER: 6}),
        ("fill", (2, 2), {SPLEEN: 0, LIVER: 36}),
        ("erase", (2, 2), {SPLEEN: 0, LIVER: 0}),
        ("close", (2, 2), {SPLEEN: 42, LIVER: 0}),
    ):
        desk = Desk(frame)
        before = snapshot(desk.document)
        desk.tools.toggle(tool)
        desk.click(plane, 4, at)
        assert {value: int((desk.values == value).sum()) for value in expected} == expected, tool
        np.testing.assert_array_equal(desk.values == KIDNEY, frame == KIDNEY)
        undone(desk, before)


@pytest.mark.parametrize("tool", ["fill", "erase", "close"])
def test_a_click_on_a_locked_region_is_one_message_and_no_write(tool: str) -> None:
    frame = np.zeros(SHAPE, np.uint8)
    frame[4, 3:9, 3:9] = KIDNEY
    desk = Desk(frame)
    before = snapshot(desk.document)
    desk.tools.toggle(tool)
    desk.click("axial", 4, (5, 5))
    assert [message.text for message in desk.host.messages] == ["the clicked region belongs to Kidney, which is locked"]
    assert snapshot(desk.document) == before
    assert not desk.history.can_undo


def test_escape_between_press_and_release_of_a_click_does_nothing() -> None:
    desk = Desk()
    desk.tools.toggle("fill")
    desk.press("axial", 4, (5, 5))
    assert desk.tools.key("Escape")
    desk.release("axial", 4, (5, 5))
    assert not desk.values.any()


def test_ctrl_makes_fill_erase() -> None:
    frame = np.zeros(SHAPE, np.uint8)
    frame[4, 3:9, 3:9] = SPLEEN
    desk = Desk(frame)
    desk.tools.toggle("fill")
    desk.click("axial", 4, (5, 5), CTRL)
    assert not desk.values.any()


@pytest.mark.parametrize(("tool", "hint"), [("add", "CTRL: subtract"), ("subtract", "CTRL: add"),
    ("paint", "CTRL: wipe"), ("wipe", "CTRL: paint"), ("fill", "CTRL: erase"), ("erase", "CTRL: fill"),
    ("close", "")])  # fmt: skip
def test_the_view_says_what_ctrl_does_with_the_tool_that_is_on(tool: str, hint: str) -> None:
    desk = Desk()
    desk.tools.toggle(tool)
    assert desk.tools.modifiers_text().split(" \u00b7 ")[0] == hint


def test_a_click_that_does_nothing_says_why_and_counts_nothing() -> None:
    desk = Desk()
    desk.tools.toggle("erase")
    desk.click("axial", 4, (5, 5))
    assert desk.tools.note == "the click is on unlabelled background; nothing was erased"


@pytest.mark.parametrize("plane", PLANES)
def test_region_growing_takes_what_the_tool_takes_after_the_drag(plane: Plane) -> None:
    image = ramp()
    desk = Desk(image=image)
    before = snapshot(desk.document)
    desk.tools.toggle("region_growing")
    desk.tools.set_level_window(0, 250)
    desk.press(plane, 7, (8, 7))
    shown = desk.tools.feedback(plane, plane, 7).patches
    assert shown[0].values.any()
    assert not desk.values.any()
    desk.move(plane, 7, (9, 9))
    desk.release(plane, 7, (9, 9))
    geometry = desk.document.geometry
    point = SliceOf(geometry, plane, 7).point_ijk(8, 7)
    way = geometry.lps_from_ijk([SliceOf(geometry, plane, 7).point_ijk(9, 9)])[0] - geometry.lps_from_ijk([point])[0]
    right, up = {"axial": (way[0], -way[1]), "coronal": (way[0], way[2]), "sagittal": (way[1], way[2])}[plane]
    tool = RegionGrowing(
        point_ijk=point, plane=plane, level_lower=0.0, level_upper=250.0, dx=float(right) / 0.5, dy=float(up) / 0.5
    )
    box, mask, _ = tool.region(desk.presenter.session.scene())
    expected = np.zeros(SHAPE, np.uint8)
    expected[box.slices][mask] = LIVER
    np.testing.assert_array_equal(desk.values, expected)
    assert expected.any()
    undone(desk, before)


def test_dragging_up_takes_more_and_down_less_as_wide_as_the_level_window_says() -> None:
    image = (np.indices(SHAPE)[2] * 4).astype(np.int16)
    found = {}
    for window in (100.0, 200.0):
        for up in (-100, 0, 100):
            desk = Desk(image=image)
            desk.tools.toggle("region_growing")
            desk.tools.set_option("smooth", False)
            desk.tools.set_level_window(0, window)
            desk.press("coronal", 4, (12, 4))
            desk.release("coronal", 4, (12, 4 - up * 0.5 / 2.5))  # rows run downwards: 2.5 mm each, .5 mm a pixel
            found[window, up] = int((desk.values == LIVER).sum())
    assert found[100.0, -100] < found[100.0, 0] < found[100.0, 100]
    assert found[200.0, 100] > found[100.0, 100]


def test_where_the_host_says_pixels_they_count_and_not_the_direction_of_the_grid() -> None:
    image = (np.indices(SHAPE)[2] * 4).astype(np.int16)
    found = []
    for up in (0.0, 100.0):
        desk = Desk(image=image)
        desk.tools.toggle("region_growing")
        desk.tools.set_option("smooth", False)
        desk.tools.set_level_window(0, 100)
        for kind, xy in (("press", (5.0, 5.0)), ("move", (5.0, 5.0 + up)), ("release", (5.0, 5.0 + up))):
            event = ViewEvent(
                ViewEventKind(kind), "rotated", "axial", 4, (12, 4, 4), (0, 0, 0), Button.LEFT, pixel_mm=0.5, xy=xy
            )
            assert desk.tools.view_event(event)
        found.append(int((desk.values == LIVER).sum()))
    assert found[0] < found[1]


def test_region_growing_in_the_volume_comes_from_the_background_as_one_step() -> None:
    desk = Desk(image=ramp())
    before = snapshot(desk.document)
    desk.tools.toggle("region_growing")
    desk.tools.set_option("volume", True)
    desk.tools.set_option("smooth", False)
    desk.click("axial", 5, (10, 8))
    assert not desk.history.can_undo
    desk.settle()
    np.testing.assert_array_equal(desk.values == LIVER, ramp() >= 200)
    undone(desk, before)


def test_region_growing_needs_an_image() -> None:
    desk = Desk()
    (entry,) = [each for each in desk.tools.entries("2d") if each.name == "region_growing"]
    assert (entry.enabled, entry.reason) == (False, "this tool needs an image")
