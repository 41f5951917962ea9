"""The editing state of the lasso: anchors, freehand parts, changes, confirming, undo, and events from elsewhere."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from MultiLabelSegLib.core import Geometry
from MultiLabelSegLib.errors import ToolError
from MultiLabelSegLib.tools.contour_trace import Part, Straight, Trace
from MultiLabelSegLib.tools.lasso_editor import LassoEditor
from MultiLabelSegLib.tools.slices import SliceOf
from Testing.tools.slice_cases import LIVER, SPACING, a_scene, run

GEOMETRY = Geometry.from_parts((6, 40, 60), SPACING)


def an_editor(**fields: object) -> LassoEditor:
    return LassoEditor(SliceOf(GEOMETRY, "axial", 2), **fields)


def at(x: float, y: float, k: float = 2) -> tuple[tuple[float, float, float], str]:
    return (x, y, k), "axial"


def click(editor: LassoEditor, x: float, y: float, modifier: bool = False) -> None:
    editor.press(*at(x, y), modifier)
    editor.release()


def a_square(**fields: object) -> LassoEditor:
    """A finished square from (10, 10) to (30, 30) that waits to be confirmed."""
    editor = an_editor(auto_confirm=False, **fields)
    editor.double_click(*at(10, 10))
    click(editor, 30, 10)
    click(editor, 30, 30)
    assert editor.double_click(*at(10, 30)) is None
    return editor


def test_clicks_set_anchors_and_a_double_click_gives_the_contour_out() -> None:
    editor = an_editor()
    assert editor.double_click(*at(10, 10)) is None
    click(editor, 30, 10)
    click(editor, 30, 30)
    made = editor.double_click(*at(10, 30))
    assert made is not None
    assert made.contour_ijk == ((10, 10, 2), (30, 10, 2), (30, 30, 2), (10, 30, 2))
    assert (made.plane, made.slice, made.mode) == ("axial", 2, "add")
    assert not editor.is_drawing
    assert not editor.is_pending
    assert not editor.can_undo


def test_the_press_that_comes_before_a_double_click_sets_no_second_anchor() -> None:
    editor = an_editor(auto_confirm=False)
    editor.double_click(*at(10, 10))
    click(editor, 30, 10)
    click(editor, 20, 30)
    editor.double_click(*at(20, 30.4))
    assert editor.trace.anchors == ((10, 10), (30, 10), (20, 30))


def test_before_the_first_double_click_presses_do_nothing() -> None:
    editor = an_editor()
    assert not editor.press(*at(5, 5))
    assert not editor.move(*at(9, 9))
    editor.release()
    assert editor.trace == Trace()
    assert not editor.can_undo


def test_moving_while_pressed_draws_freehand_and_its_ends_are_restricted() -> None:
    editor = an_editor(auto_confirm=False)
    editor.double_click(*at(10, 10))
    click(editor, 20, 10)
    assert editor.press(*at(25, 10))
    assert not editor.move(*at(26, 10)), "a pixel is no freehand drawing yet"
    for x, y in ((27, 11), (29, 13), (30, 16), (30.5, 16.5), (31, 20)):
        editor.move(*at(x, y))
    assert editor.points()[-2:] == ((30, 16), (31, 20))
    editor.release()
    assert editor.trace.anchors == ((10, 10), (20, 10), (25, 10), (31, 20))
    assert editor.trace.parts[2] == Part((25, 10), ((27, 11), (29, 13), (30, 16)), freehand=True)
    assert [editor.trace.is_restricted(number) for number in range(4)] == [False, False, True, True]
    editor.double_click(*at(10, 30))
    assert editor.trace.nearest_anchor((25, 10), 2, (0.5, 1.0)) is None
    assert editor.trace.nearest_anchor((20, 10), 1, (0.5, 1.0)) == 1
    assert editor.trace.nearest_part((29, 13), 1.0, (0.5, 1.0)) is None
    assert not editor.press(*at(29, 13), modifier=True)


def test_an_anchor_within_the_pick_radius_in_mm_is_moved() -> None:
    editor = a_square()
    # 5 columns of .5 mm are 2.5 mm, 5 rows of 1 mm are too far
    assert not editor.press(*at(30, 25))
    assert editor.press(*at(25, 30))
    assert editor.selected == 2
    assert editor.move(*at(40, 35))
    assert editor.move(*at(45, 38))
    editor.release()
    assert editor.trace.anchors == ((10, 10), (30, 10), (45, 38), (10, 30))
    editor.undo()
    assert editor.trace.anchors[2] == (30, 30), "a drag is one step"


def test_the_modifier_inserts_an_anchor_into_the_nearest_segment_also_the_closing_one() -> None:
    editor = a_square()
    click(editor, 20, 11, modifier=True)
    assert editor.trace.anchors == ((10, 10), (20, 11), (30, 10), (30, 30), (10, 30))
    assert editor.selected == 1
    click(editor, 9, 20, modifier=True)
    assert editor.trace.anchors[-1] == (9, 20)
    assert not editor.press(*at(50, 20), modifier=True)
    assert editor.trace.closed


def test_the_delete_key_deletes_the_selected_anchor_and_too_few_are_none() -> None:
    editor = a_square()
    assert not editor.delete_selected(), "nothing is selected"
    click(editor, 30, 30)
    assert editor.delete_selected()
    assert editor.trace.anchors == ((10, 10), (30, 10), (10, 30))
    click(editor, 10, 10)
    assert editor.delete_selected()
    assert editor.trace == Trace()
    editor.undo()
    assert editor.trace.anchors == ((10, 10), (30, 10), (10, 30))


def test_while_drawing_the_delete_key_does_nothing() -> None:
    editor = an_editor()
    editor.double_click(*at(10, 10))
    click(editor, 30, 10)
    assert not editor.delete_selected()
    assert len(editor.trace.parts) == 2


def test_confirming_gives_the_changed_contour_with_the_mode_of_then() -> None:
    editor = a_square()
    editor.mode = "subtract"
    made = editor.confirm()
    assert (made.mode, len(made.contour_ijk)) == ("subtract", 4)
    assert not editor.is_pending
    with pytest.raises(ToolError, match="no finished contour"):
        editor.confirm()


def test_a_contour_that_waits_is_given_out_whatever_comes_next() -> None:
    editor = a_square()
    made = editor.set_auto_confirm(True)
    assert made is not None
    assert len(made.contour_ijk) == 4
    editor = a_square()
    made = editor.double_click(*at(5, 5))
    assert made is not None
    assert len(made.contour_ijk) == 4
    assert (editor.is_drawing, editor.trace.anchors) == (True, ((5, 5),))
    editor = a_square()
    made = editor.leave()
    assert made is not None
    assert len(made.contour_ijk) == 4


def test_a_contour_that_is_being_drawn_stays_when_another_tool_is_chosen() -> None:
    editor = an_editor()
    editor.double_click(*at(10, 10))
    editor.press(*at(30, 10))
    editor.move(*at(34, 12))
    assert editor.leave() is None
    assert editor.is_drawing
    assert editor.trace.anchors == ((10, 10), (30, 10), (34, 12))


def test_clearing_is_the_one_way_to_drop_a_contour_and_can_be_undone() -> None:
    editor = a_square()
    editor.clear()
    assert (editor.trace, editor.is_pending) == (Trace(), False)
    editor.undo()
    assert editor.is_pending
    editor.redo()
    assert not editor.is_pending


def test_every_step_of_drawing_and_editing_is_undone_and_redone() -> None:
    editor = a_square()
    click(editor, 20, 10, modifier=True)
    states = [editor.trace]
    while editor.can_undo:
        editor.undo()
        states.append(editor.trace)
    assert [len(state.parts) for state in states] == [5, 4, 3, 2, 1, 0]
    for state in states[-2::-1]:
        editor.redo()
        assert editor.trace == state
    with pytest.raises(ToolError, match="no step of the contour to redo"):
        editor.redo()
    editor.undo()
    click(editor, 30, 20, modifier=True)
    assert not editor.can_redo


def test_fewer_than_three_points_are_not_finished_and_go_on() -> None:
    editor = an_editor()
    editor.double_click(*at(10, 10))
    with pytest.raises(ToolError, match="at least three points, found 2"):
        editor.double_click(*at(30, 10))
    assert editor.is_drawing
    assert editor.trace.anchors == ((10, 10),)


@pytest.mark.parametrize(
    ("point", "plane"), [((12, 10, 3), "axial"), ((12, 10, 2.1), "axial"), ((12, 10, 2), "sagittal")]
)
def test_events_in_another_slice_or_plane_are_ignored(point: tuple[float, float, float], plane: str) -> None:
    editor = an_editor()
    editor.double_click(*at(10, 10))
    before = editor.trace
    assert not editor.press(point, plane)
    assert not editor.move(point, plane)
    editor.release()
    assert editor.double_click(point, plane) is None
    assert editor.line_to(point, plane) == editor.closing_line(point, plane) == ()
    assert editor.trace == before


@pytest.mark.parametrize("point", [(-0.6, 5, 2), (59.5, 5, 2), (5, 40, 2)])
def test_events_outside_of_the_image_are_ignored(point: tuple[float, float, float]) -> None:
    editor = an_editor()
    editor.double_click(point, "axial")
    assert editor.trace == Trace()


def test_lines_to_the_pointer_and_to_the_first_anchor_are_shown_while_drawing() -> None:
    editor = an_editor(auto_confirm=False)
    assert editor.line_to(*at(5, 5)) == ()
    editor.double_click(*at(10, 10))
    click(editor, 30, 10)
    assert editor.line_to(*at(20, 25)) == ((30, 10), (20, 25))
    assert editor.closing_line(*at(20, 25)) == ((20, 25), (10, 10))
    editor.double_click(*at(20, 25))
    assert editor.closing_line(*at(20, 26)) == ()


@pytest.mark.parametrize("plane", ["axial", "coronal", "sagittal"])
def test_what_is_given_out_lies_in_the_slice_that_was_drawn_in(plane: str) -> None:
    scene = a_scene()
    editor = LassoEditor(SliceOf(scene.geometry, plane, 3))
    across = ("axial", "coronal", "sagittal").index(plane)

    def where(x: float, y: float) -> tuple[tuple[float, float, float], str]:
        kji = [y, x]
        kji.insert(across, 3.0)
        return tuple(kji[::-1]), plane

    editor.double_click(*where(1, 1))
    for x, y in ((4, 1), (4, 4)):
        editor.press(*where(x, y))
        editor.release()
    made = editor.double_click(*where(1, 4))
    assert made is not None
    _, new = run(scene, made)
    found = np.argwhere(new == LIVER)
    assert set(found[:, across].tolist()) == {3}
    assert len(found) == 16


class Editing(RuleBasedStateMachine):
    """Any order of events: the contour stays sound, and undo and redo lead back to the same states."""

    def __init__(self) -> None:
        super().__init__()
        self.editor = an_editor(auto_confirm=False)

    points = st.tuples(st.integers(0, 59), st.integers(0, 39), st.sampled_from([2, 2, 2, 3]))

    @rule(point=points)
    def double_click(self, point: tuple[int, int, int]) -> None:
        waiting = self.editor.trace if self.editor.is_pending else None
        try:
            made = self.editor.double_click(point, "axial")
        except ToolError:
            assert self.editor.is_drawing
            return
        assert (made is not None) == (waiting is not None and point[2] == 2), "a contour that waits is given out"

    @rule(points=st.lists(points, min_size=1, max_size=4), modifier=st.booleans())
    def drag(self, points: list[tuple[int, int, int]], modifier: bool) -> None:
        before = self.editor.trace
        self.editor.press(points[0], "axial", modifier)
        for point in points[1:]:
            self.editor.move(point, "axial")
        self.editor.release()
        if self.editor.trace != before:
            after = self.editor.trace
            self.editor.undo()
            assert self.editor.trace == before
            self.editor.redo()
            assert self.editor.trace == after

    @rule()
    def delete(self) -> None:
        before = len(self.editor.trace.parts)
        if self.editor.delete_selected():
            assert len(self.editor.trace.parts) in (before - 1, 0)

    @rule()
    def clear(self) -> None:
        self.editor.clear()

    @rule()
    def undo_all_and_redo_all(self) -> None:
        now, steps = self.editor.trace, 0
        while self.editor.can_undo:
            self.editor.undo()
            steps += 1
        assert not self.editor.is_pending
        for _ in range(steps):
            self.editor.redo()
        assert self.editor.trace == now

    @invariant()
    def sound(self) -> None:
        trace = self.editor.trace
        assert not (trace.closed and len(trace.points()) < 3)
        assert trace.closed or not trace.parts or not trace.parts[-1].between
        assert self.editor.selected is None or self.editor.selected < len(trace.parts)
        assert self.editor.points() == trace.points(), "no freehand points are left over"


Editing.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
test_any_order_of_events_leaves_a_sound_contour = Editing.TestCase


def test_a_trace_is_joined_anew_only_where_it_changed() -> None:
    asked = []

    class Watched(Straight):
        def between(self, one: object, other: object, drawn: object, /) -> tuple[tuple[float, float], ...]:
            asked.append((one, other))
            return ()

    square = Trace(tuple(Part(anchor) for anchor in ((0, 0), (9, 0), (9, 9), (0, 9))), closed=True)
    square.moved(1, (12, 0), Watched())
    assert asked == [((0, 0), (12, 0)), ((12, 0), (9, 9))]
    asked.clear()
    square.without(0, Watched())
    assert asked == [((0, 9), (9, 0))]
    asked.clear()
    square.inserted(3, (0, 4), Watched())
    assert asked == [((0, 9), (0, 4)), ((0, 4), (0, 0))]
