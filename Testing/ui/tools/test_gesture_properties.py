"""Whatever mouse and keys do in whatever order: locked labels stay, and undo brings everything back."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from MultiLabelSegLib.errors import MultiLabelSegError
from MultiLabelSegLib.tools.slices import PLANES
from MultiLabelSegLib.ui.tools.entries import TABS
from MultiLabelSegLib.ui.tools.view_events import Button, Modifier
from Testing.properties.documents import check_invariants, snapshot
from Testing.ui.tools.cases import KIDNEY, LIVER, SHAPE, SPLEEN, TUMOUR, Desk, ramp

DRAWN = TABS["2d"]

places = st.tuples(st.floats(-4, 28, width=32), st.floats(-4, 24, width=32))
slices = st.integers(0, 13)
planes = st.sampled_from([*PLANES, None])
modifiers = st.sets(st.sampled_from(list(Modifier))).map(tuple)
kinds = st.sampled_from(["press", "move", "move", "release", "double", "hover", "wheel", "leave"])
buttons = st.sampled_from([Button.LEFT, Button.LEFT, Button.LEFT, Button.RIGHT, None])
mouse = st.tuples(st.just("mouse"), kinds, planes, slices, places, buttons, modifiers)
strokes = st.tuples(
    st.just("drag"), st.sampled_from(PLANES), slices, st.lists(places, min_size=1, max_size=5), modifiers
)
keys = st.tuples(st.just("key"), st.sampled_from(["Escape", "Enter", "Delete", "Ctrl+Z", "Ctrl+Y"]))
tools = st.tuples(st.just("tool"), st.sampled_from(DRAWN))
others = st.sampled_from(
    [("undo",), ("redo",), ("label", LIVER), ("label", SPLEEN), ("label", None), ("3d",), ("off",)]
)
options = st.sampled_from(
    [
        ("option", "ball", True),
        ("option", "diameter", 3),
        ("option", "diameter_mm", 5.0),
        ("option", "erase", "unlocked"),
        ("option", "auto_confirm", False),
        ("option", "background", True),
        ("option", "inside", (SPLEEN,)),
        ("option", "inside", ()),
        ("option", "intensity_lower", 100.0),
        ("option", "intensity_lower", None),
    ]
)
actions = st.lists(st.one_of(strokes, strokes, mouse, tools, keys, others, options), max_size=25)


def a_frame() -> np.ndarray:
    """Something of every label."""
    frame = np.zeros(SHAPE, np.uint8)
    frame[2:8, 4:10, 4:12] = KIDNEY
    frame[3:9, 8:16, 10:20] = SPLEEN
    frame[5:11, 2:6, 14:22] = LIVER
    return frame


def act(desk: Desk, action: tuple[Any, ...]) -> None:
    """One action of the user; what is refused is shown in a dialog."""
    what, *given_ = action
    try:
        if what == "mouse":
            kind, plane, index, at, button, held = given_
            desk.event(kind, plane, index, at, button, held, wheel=1 if kind == "wheel" else 0)
        elif what == "drag":
            plane, index, way, held = given_
            desk.drag(plane, index, way, *held)
        elif what == "key":
            desk.tools.key(*given_)
        elif what == "tool":
            desk.tools.toggle(*given_)
        elif what == "label":
            desk.presenter.session.activate(*given_)
        elif what == "option":
            desk.tools.set_option(*given_)
        elif what in ("3d", "off"):
            desk.presenter.interpolation.set_mode(what)
        else:
            getattr(desk.presenter.steps, what)()
    except (MultiLabelSegError, AssertionError) as error:
        if isinstance(error, AssertionError) and desk.tools.active:  # without a tool the view takes its events itself
            raise


@settings(max_examples=120, deadline=None)
@given(actions)
def test_locked_labels_other_groups_and_indexes_stay_right_under_any_events(taken: list[tuple[Any, ...]]) -> None:
    frame = a_frame()
    desk = Desk(frame, ramp())
    locked, other = desk.values == KIDNEY, desk.document.groups[1].array.copy()
    desk.tools.toggle("paint")
    for action in taken:
        liver, active = desk.values == LIVER, desk.presenter.session.active
        act(desk, action)
        np.testing.assert_array_equal(desk.values == KIDNEY, locked)
        if active == SPLEEN and action[0] in ("mouse", "drag", "key"):  # the liver is locked while it is not active
            np.testing.assert_array_equal(desk.values == LIVER, liver)
    np.testing.assert_array_equal(desk.document.groups[1].array, other)
    assert TUMOUR in desk.document
    desk.tools.leave()
    check_invariants(desk.document)


@settings(max_examples=120, deadline=None)
@given(actions)
def test_undo_after_any_events_restores_exactly_and_redo_too(taken: list[tuple[Any, ...]]) -> None:
    desk = Desk(a_frame(), ramp())
    before, contours = snapshot(desk.document), dict(desk.document.extras)
    desk.tools.toggle("paint")
    for action in taken:
        act(desk, action)
    desk.tools.leave()
    after, steps = snapshot(desk.document), desk.presenter.steps
    done = steps.index
    while steps.can_undo:
        steps.undo()
    assert snapshot(desk.document) == before
    assert desk.document.extras == contours
    for _ in range(done):
        steps.redo()
    assert snapshot(desk.document) == after


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["paint", "wipe", "add", "subtract", "region_growing", "fill", "erase", "close"]), strokes)
def test_escape_before_the_release_leaves_nothing_changed(tool: str, stroke: tuple[Any, ...]) -> None:
    desk = Desk(a_frame(), ramp())
    before = snapshot(desk.document)
    desk.tools.toggle(tool)
    _, plane, index, way, held = stroke
    desk.press(plane, index, way[0], *held)
    for at in way[1:]:
        desk.move(plane, index, at, *held)
    desk.tools.key("Escape")
    desk.release(plane, index, way[-1], *held)
    assert snapshot(desk.document) == before
    assert not desk.history.can_undo
