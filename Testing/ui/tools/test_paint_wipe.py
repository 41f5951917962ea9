"""Paint and Wipe by mouse events: voxels, one step, modifiers, what goes wrong in the middle of a stroke."""

from __future__ import annotations

import numpy as np
import pytest

from MultiLabelSegLib.tools.paint import Paint
from MultiLabelSegLib.tools.slices import PLANES, Plane, SliceOf
from MultiLabelSegLib.ui.tools.view_events import Button
from Testing.properties.documents import check_invariants, snapshot
from Testing.ui.tools.cases import CTRL, KIDNEY, LIVER, SHAPE, SHIFT, SPLEEN, Desk, a_document

WAY = [(4.0, 3.0), (9.2, 6.8), (6.0, 8.0)]


def painted_by_tool(
    desk: Desk, plane: Plane, index: int, way: list[tuple[float, float]], **options: object
) -> np.ndarray:
    """What the tool itself covers when it is given the whole stroke."""
    where = SliceOf(desk.document.geometry, plane, index)
    points = tuple(where.point_ijk(*at) for at in way)
    tool = Paint(stroke_ijk=points, plane=plane, slice=index, **options)
    box, mask = tool.covered(desk.presenter.session.scene())
    whole = np.zeros(SHAPE, np.bool_)
    whole[box.slices] = mask
    return whole


@pytest.mark.parametrize("plane", PLANES)
def test_a_stroke_paints_what_the_tool_covers_and_is_one_step(plane: Plane) -> None:
    frame = np.zeros(SHAPE, np.uint8)
    frame[5, :, 10:] = KIDNEY
    frame[:, 6, 10:] = KIDNEY
    frame[..., 12:] = KIDNEY
    frame[:3] = SPLEEN
    desk = Desk(frame)
    before = snapshot(desk.document)
    desk.tools.toggle("paint")
    desk.tools.set_option("diameter", 3)
    desk.drag(plane, 5, WAY)
    covered = painted_by_tool(desk, plane, 5, WAY, diameter=3)
    expected = np.where(covered & (frame != KIDNEY), LIVER, frame)
    np.testing.assert_array_equal(desk.values, expected)
    assert len(desk.history.undo_titles) == 1
    assert desk.history.undo_titles[0] == "Paint Liver"
    kept = int((covered & (frame == KIDNEY)).sum())
    assert desk.tools.note.startswith(f"{int((expected != frame).sum())} voxels written")
    assert (f"{kept} protected by locks (Kidney)" in desk.tools.note) == bool(kept)
    check_invariants(desk.document)
    desk.history.undo()
    assert snapshot(desk.document) == before


def test_a_quick_stroke_has_no_gaps_and_each_move_is_seen_at_once() -> None:
    desk = Desk()
    desk.tools.toggle("paint")
    desk.tools.set_option("diameter", 1)
    desk.press("axial", 4, (2, 2))
    assert desk.values[4, 2, 2] == LIVER
    desk.move("axial", 4, (20, 2))
    assert (desk.values[4, 2, 2:21] == LIVER).all()
    assert not desk.history.can_undo
    desk.release("axial", 4, (20, 2))
    assert desk.history.can_undo


@pytest.mark.parametrize(("tool", "other"), [("paint", "wipe"), ("wipe", "paint")])
def test_ctrl_at_the_press_inverts(tool: str, other: str) -> None:
    frame = np.zeros(SHAPE, np.uint8)
    frame[4, 5:15, 5:15] = LIVER
    one, two = Desk(frame), Desk(frame)
    one.tools.toggle(tool)
    one.drag("axial", 4, WAY, CTRL)
    two.tools.toggle(other)
    two.drag("axial", 4, WAY)
    np.testing.assert_array_equal(one.values, two.values)
    assert (one.values != frame).any()
    assert one.history.undo_titles == two.history.undo_titles


def test_wipe_takes_the_active_label_and_by_option_the_unlocked_ones() -> None:
    frame = np.zeros(SHAPE, np.uint8)
    frame[4, :, :8], frame[4, :, 8:16], frame[4, :, 16:] = LIVER, SPLEEN, KIDNEY
    desk = Desk(frame)
    desk.tools.toggle("wipe")
    desk.drag("axial", 4, [(2, 9), (24, 9)])
    assert (desk.values[4, 9] == [0] * 8 + [SPLEEN] * 8 + [KIDNEY] * 10).all()
    desk.tools.set_option("erase", "unlocked")
    desk.drag("axial", 4, [(2, 9), (24, 9)])
    assert (desk.values[4, 9] == [0] * 16 + [KIDNEY] * 10).all()


def test_a_ball_in_mm_paints_through_slices() -> None:
    desk = Desk()
    desk.tools.toggle("paint")
    desk.tools.set_option("diameter_mm", 8.0)
    desk.tools.set_option("ball", True)
    desk.drag("coronal", 9, [(10, 6), (14, 6)])
    k, j, i = np.nonzero(desk.values)
    assert (k.min(), k.max(), j.min(), j.max(), i.min(), i.max()) == (5, 7, 7, 11, 6, 18)
    assert len(desk.history.undo_titles) == 1


def test_escape_takes_the_stroke_back_and_the_rest_of_the_press_draws_nothing() -> None:
    desk = Desk()
    before = snapshot(desk.document)
    desk.tools.toggle("paint")
    desk.press("axial", 4, (5, 5))
    desk.move("axial", 4, (9, 9))
    assert desk.values.any()
    assert desk.tools.key("Escape")
    assert snapshot(desk.document) == before
    desk.move("axial", 4, (12, 9))
    desk.release("axial", 4, (12, 9))
    assert snapshot(desk.document) == before
    assert not desk.history.can_undo
    assert not desk.tools.key("Escape")
    desk.click("axial", 4, (5, 5))
    assert desk.values.any()


def test_another_label_in_the_middle_of_a_stroke_ends_it_with_the_first_label() -> None:
    desk = Desk()
    desk.tools.toggle("paint")
    desk.press("axial", 4, (5, 5))
    desk.presenter.session.activate(SPLEEN)
    assert not desk.tools.is_drawing
    assert desk.history.undo_titles == ("Paint Liver",)
    desk.move("axial", 4, (15, 5))
    desk.release("axial", 4, (15, 5))
    assert not (desk.values == SPLEEN).any()
    assert len(desk.history.undo_titles) == 1


def test_another_tool_in_the_middle_of_a_stroke_ends_it() -> None:
    desk = Desk()
    desk.tools.toggle("paint")
    desk.press("axial", 4, (5, 5))
    desk.tools.toggle("fill")
    assert desk.history.undo_titles == ("Paint Liver",)
    desk.move("axial", 4, (15, 5))
    desk.release("axial", 4, (15, 5))
    assert len(desk.history.undo_titles) == 1


def test_undo_in_the_middle_of_a_stroke_ends_and_undoes_it() -> None:
    desk = Desk()
    desk.tools.toggle("paint")
    desk.press("axial", 4, (5, 5))
    assert desk.presenter.steps.undo() == "Paint Liver"
    assert not desk.values.any()


def test_another_document_in_the_middle_of_a_stroke_ends_it_in_the_first() -> None:
    desk = Desk()
    first = desk.presenter.session.need()
    desk.tools.toggle("paint")
    desk.press("axial", 4, (5, 5))
    second = desk.presenter.session.add_document(a_document(), "other")
    desk.move("axial", 4, (15, 5))
    desk.release("axial", 4, (15, 5))
    assert first.history.undo_titles == ("Paint Liver",)
    assert second.history.undo_titles == ()
    assert not second.document.groups[0].array.any()
    assert not first.document.groups[0].array[0, 4, 5, 15]
    assert desk.tools.active == "paint"


def test_leaving_the_view_and_coming_back_paints_only_within() -> None:
    desk = Desk()
    desk.tools.toggle("paint")
    desk.tools.set_option("diameter", 2)
    desk.press("axial", 4, (1, 10))
    for point in ((-30, 10), (-30, 18), (1, 18)):
        desk.move("axial", 4, point)
    assert not desk.event("leave", "axial", 4, (1, 18))
    assert desk.release("axial", 4, (-40.0, 18.0))
    assert not desk.host.messages
    assert desk.history.undo_titles == ("Paint Liver",)
    assert set(np.nonzero(desk.values)[1].tolist()) <= {9, 10, 11, 17, 18, 19}


def test_a_stroke_that_begins_outside_comes_in() -> None:
    desk = Desk()
    desk.tools.toggle("paint")
    desk.drag("sagittal", 4, [(-40, -40), (5, 5)])
    assert not desk.host.messages
    assert desk.values.any()


def test_a_second_button_during_a_stroke_means_nothing() -> None:
    one, two = Desk(), Desk()
    for desk in (one, two):
        desk.tools.toggle("paint")
        desk.press("axial", 4, (5, 5))
        desk.move("axial", 4, (8, 5))
        if desk is one:
            assert desk.event("press", "axial", 4, (8, 5), Button.RIGHT)
            assert desk.event("release", "axial", 4, (8, 5), Button.RIGHT)
            assert desk.tools.is_drawing
        desk.move("axial", 4, (14, 9))
        desk.release("axial", 4, (14, 9))
    np.testing.assert_array_equal(one.values, two.values)
    assert not one.event("press", "axial", 4, (8, 5), Button.RIGHT)
    assert not one.event("press", "axial", 4, (8, 5), Button.MIDDLE)


def test_a_release_that_nobody_saw_ends_the_stroke_when_the_mouse_moves_without_a_button() -> None:
    desk = Desk()
    desk.tools.toggle("paint")
    desk.press("axial", 4, (5, 5))
    assert desk.event("hover", "axial", 4, (20, 12))
    assert not desk.tools.is_drawing
    assert desk.values[4, 12, 20] == 0
    assert desk.history.undo_titles == ("Paint Liver",)


def test_a_stroke_goes_on_in_the_slice_that_the_wheel_brings() -> None:
    desk = Desk()
    desk.tools.toggle("paint")
    desk.tools.set_option("diameter", 1)
    desk.press("axial", 4, (5, 5))
    assert not desk.event("wheel", "axial", 4, (5, 5), wheel=1)
    desk.move("axial", 5, (9, 5))
    desk.move("axial", 5, (12, 5))
    desk.release("axial", 5, (12, 5))
    assert (np.argwhere(desk.values)[0] == (4, 5, 5)).all()
    assert desk.values[4].sum() == LIVER
    assert (desk.values[5, 5, 9:13] == LIVER).all()
    assert len(desk.history.undo_titles) == 1


def test_without_an_active_label_one_message_is_told_and_nothing_is_written() -> None:
    desk = Desk()
    desk.tools.toggle("paint")
    desk.presenter.session.activate(None)
    before = snapshot(desk.document)
    desk.drag("axial", 4, WAY)
    assert [message.text for message in desk.host.messages] == ["no label is active; choose the label to work on"]
    assert desk.tools.note == desk.host.messages[0].text
    assert snapshot(desk.document) == before
    assert not desk.history.can_undo


def test_an_oblique_view_is_refused_in_words() -> None:
    desk = Desk()
    desk.tools.toggle("paint")
    for event in (desk.press, desk.move, desk.release):
        assert event(None, 0, (5, 5))
    assert len(desk.host.messages) == 1
    assert "oblique" in desk.host.messages[0].text
    assert not desk.values.any()


def test_a_slice_beside_the_image_is_refused() -> None:
    desk = Desk()
    desk.tools.toggle("paint")
    desk.drag("axial", SHAPE[0], WAY)
    assert len(desk.host.messages) == 1
    assert "outside" in desk.host.messages[0].text


def test_the_wheel_scrolls_and_with_ctrl_and_shift_sizes_the_brush() -> None:
    desk = Desk()
    desk.tools.toggle("paint")
    assert not desk.event("wheel", "axial", 4, (5, 5), wheel=1)
    assert not desk.event("wheel", "axial", 4, (5, 5), modifiers=(CTRL,), wheel=1)
    assert desk.event("wheel", "axial", 4, (5, 5), modifiers=(CTRL, SHIFT), wheel=2)
    assert desk.tools.options.get("paint", "diameter") == 12
    assert desk.tools.options.get("wipe", "diameter") == 12
    desk.tools.brush_size(-20)
    assert desk.tools.options.get("paint", "diameter") == 1
    desk.tools.set_option("diameter_mm", 4.0)
    desk.tools.brush_size(1)
    assert desk.tools.options.get("paint", "diameter_mm") == pytest.approx(4.4)


@pytest.mark.parametrize("diameter", [3, 4, 7])
@pytest.mark.parametrize("plane", PLANES)
def test_the_brush_is_shown_around_the_pixels_that_it_would_paint(plane: Plane, diameter: int) -> None:
    desk = Desk()
    desk.tools.toggle("paint")
    desk.tools.set_option("diameter", diameter)
    assert desk.event("hover", plane, 5, (8.3, 6.4))
    shown = desk.tools.feedback(plane, plane, 5)
    assert not shown.circles  # no plane of this grid has square pixels
    where = SliceOf(desk.document.geometry, plane, 5)
    line = where.flattened(shown.lines[0].points_ijk)
    desk.click(plane, 5, (8.3, 6.4))
    rows, columns = np.nonzero(desk.slice(plane, 5))
    np.testing.assert_allclose(line.min(axis=0), (columns.min() - 0.5, rows.min() - 0.5), atol=0.01)
    np.testing.assert_allclose(line.max(axis=0), (columns.max() + 0.5, rows.max() + 0.5), atol=0.01)
    assert not desk.tools.feedback("another", plane, 5).lines
    assert not desk.tools.feedback(plane, plane, 6).lines
    desk.event("leave", plane, 5, (8, 6))
    assert not desk.tools.feedback(plane, plane, 5).lines


def test_a_brush_in_mm_is_a_circle() -> None:
    desk = Desk()
    desk.tools.toggle("wipe")
    desk.tools.set_option("diameter_mm", 6.5)
    desk.event("hover", "sagittal", 5, (8.3, 6.4))
    (circle,) = desk.tools.feedback("sagittal", "sagittal", 5).circles
    assert circle.diameter_mm == pytest.approx(6.5)
    assert circle.center_ijk == (5.0, 8.0, 6.0)


def test_masking_limits_the_brush_and_is_said_in_the_view() -> None:
    image = np.zeros(SHAPE, np.int16)
    image[:, :, 10:] = 100
    desk = Desk(image=image)
    desk.tools.toggle("paint")
    desk.tools.set_option("intensity_lower", 50.0)
    desk.drag("axial", 4, [(4, 5), (20, 5)])
    assert desk.values[4, 5, 10] == LIVER
    assert not desk.values[..., :10].any()
    assert "masked" in desk.tools.texts()


def test_a_mask_by_intensity_without_an_image_is_one_message_and_nothing_is_written() -> None:
    desk = Desk()
    desk.tools.toggle("paint")
    desk.tools.set_option("intensity_lower", 50.0)
    desk.drag("axial", 4, WAY)
    assert len(desk.host.messages) == 1
    assert "image" in desk.host.messages[0].text
    assert not desk.values.any()
    assert not desk.history.can_undo
