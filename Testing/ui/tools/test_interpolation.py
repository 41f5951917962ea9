"""The interpolation box: suggestions, confirming, contours recorded while drawing, the surface."""

from __future__ import annotations

import numpy as np
import pytest

from MultiLabelSegLib.errors import OptionError, ToolError
from MultiLabelSegLib.tools.contour_store import ContourStore
from MultiLabelSegLib.tools.interpolate_2d import Interpolate2D
from MultiLabelSegLib.tools.slices import PLANES, Plane, SliceOf
from MultiLabelSegLib.ui.topics import Topic
from Testing.properties.documents import snapshot
from Testing.ui.tools.cases import KIDNEY, LIVER, SHAPE, SPLEEN, Desk


def two_squares(plane: Plane, value: int = LIVER, one: int = 3, other: int = 7) -> np.ndarray:
    """A small square in one slice, a larger one in another."""
    frame = np.zeros(SHAPE, np.uint8)
    geometry = Desk().document.geometry
    SliceOf(geometry, plane, one).take(frame)[3:7, 3:7] = value
    SliceOf(geometry, plane, other).take(frame)[2:9, 2:9] = value
    return frame


@pytest.mark.parametrize("plane", PLANES)
def test_a_clear_slice_between_key_slices_gets_a_suggestion_that_is_confirmed_as_shown(plane: Plane) -> None:
    desk = Desk(two_squares(plane))
    before = snapshot(desk.document)
    box = desk.presenter.interpolation
    box.set_mode("2d")
    assert box.key_slices(plane) == (3, 7)
    box.slice_changed("view", plane, 5)
    assert not desk.tools.feedback("view", plane, 5).lines  # worked out in the background
    desk.told(Topic.FEEDBACK)
    desk.settle()
    assert desk.told(Topic.FEEDBACK)
    (line,) = desk.tools.feedback("view", plane, 5).lines
    assert (line.style, line.closed, line.color) == ("suggestion", True, desk.document.label(LIVER).color)
    assert snapshot(desk.document) == before
    written = box.confirm_slice()
    assert written.endswith("voxels written")
    assert [message.text for message in desk.host.messages] == [f"{desk.history.undo_titles[0]}: {written}"]
    got = desk.slice(plane, 5) == LIVER
    rows, columns = np.nonzero(got)
    flat = SliceOf(desk.document.geometry, plane, 5).flattened(line.points_ijk)
    np.testing.assert_allclose(flat.min(axis=0), (columns.min() - 0.5, rows.min() - 0.5))
    np.testing.assert_allclose(flat.max(axis=0), (columns.max() + 0.5, rows.max() + 0.5))
    assert 16 < got.sum() < 49
    assert len(desk.history.undo_titles) == 1
    desk.settle()
    assert not desk.tools.feedback("view", plane, 5).lines
    desk.settle()
    assert box.reason == "it holds the label"
    desk.history.undo()
    assert snapshot(desk.document) == before


def test_all_slices_are_confirmed_as_one_step_locks_hold_and_again_there_is_nothing() -> None:
    frame = two_squares("axial")
    frame[4, 5, :] = KIDNEY
    desk = Desk(frame)
    before = snapshot(desk.document)
    box = desk.presenter.interpolation
    with pytest.raises(ToolError, match="is off"):
        box.confirm_all("axial")
    box.set_mode("2d")
    text = box.confirm_all("axial")
    assert "protected by locks" in text
    assert ((desk.values[4:7] == LIVER).any(axis=(1, 2))).all()
    np.testing.assert_array_equal(desk.values == KIDNEY, frame == KIDNEY)
    np.testing.assert_array_equal(desk.values[[3, 7]], frame[[3, 7]])
    assert len(desk.history.undo_titles) == 1
    with pytest.raises(ToolError, match="no clear axial slice"):
        box.confirm_all("axial")
    desk.history.undo()
    assert snapshot(desk.document) == before


def test_all_labels_at_once() -> None:
    frame = two_squares("axial")
    frame[two_squares("axial", 1, 2, 9) * np.uint8(1) > 0] = LIVER
    frame[3, 12:16, 12:16] = frame[7, 12:16, 12:16] = SPLEEN
    desk = Desk(frame)
    box = desk.presenter.interpolation
    box.set_mode("2d")
    box.set_all_labels(True)
    box.slice_changed("axial", "axial", 5)
    desk.settle()
    found = box.suggestion("axial", 5)
    assert found is not None
    assert set(found.contours) == {LIVER, SPLEEN}
    box.confirm_all("axial")
    assert {LIVER, SPLEEN} <= set(np.unique(desk.values[5]).tolist())


def test_suggestions_are_kept_until_the_label_changes() -> None:
    desk = Desk(two_squares("axial"))
    box = desk.presenter.interpolation
    box.set_mode("2d")
    box.suggestion("axial", 5)
    desk.settle()
    first = box.suggestion("axial", 5)
    desk.presenter.session.activate(SPLEEN)
    desk.presenter.session.activate(LIVER)
    box.suggestion("axial", 5)
    desk.settle()
    again = box.suggestion("axial", 5)
    assert again is not first
    desk.tools.toggle("erase")
    desk.click("axial", 0, (1, 1))  # background: nothing changes
    assert box.suggestion("axial", 5) is again
    desk.tools.toggle("paint")
    desk.click("axial", 3, (5, 5))
    assert box.suggestion("axial", 5) is None
    desk.settle()
    assert box.suggestion("axial", 5) is not None


def test_nothing_is_worked_out_while_a_stroke_is_drawn() -> None:
    desk = Desk(two_squares("axial"))
    box = desk.presenter.interpolation
    box.set_mode("2d")
    desk.tools.toggle("paint")
    desk.press("axial", 3, (5, 5))
    assert box.suggestion("axial", 5) is None
    assert not desk.host.is_busy
    desk.release("axial", 3, (5, 5))
    box.suggestion("axial", 5)
    desk.settle()
    assert box.suggestion("axial", 5) is not None


def test_the_reason_is_said_where_there_is_no_suggestion() -> None:
    desk = Desk(two_squares("axial"))
    box = desk.presenter.interpolation
    box.set_mode("2d")
    for index, reason in ((9, "no slice above it holds the label"), (1, "no slice below it holds the label")):
        desk.event("hover", "axial", index, (5, 5))
        desk.settle()
        assert box.reason == reason
        with pytest.raises(ToolError, match=reason):
            box.confirm_slice()
    with pytest.raises(OptionError):
        box.set_mode("4d")  # type: ignore[arg-type]


def test_the_slice_under_the_mouse_is_the_one_that_is_confirmed() -> None:
    desk = Desk(two_squares("axial"))
    box = desk.presenter.interpolation
    box.set_mode("2d")
    desk.event("hover", "axial", 4, (5, 5))
    box.slice_changed("coronal", "coronal", 8)  # linked views follow
    assert box.plane == "axial"
    box.confirm_slice()
    assert (desk.values[4] == LIVER).any()
    assert not desk.values[5].any()


def circle(radius: float, at: tuple[float, float]) -> list[tuple[float, float]]:
    """A contour to draw."""
    turn = np.linspace(0, 2 * np.pi, 24)
    return [(at[0] + radius * float(np.cos(t)), at[1] + radius * float(np.sin(t))) for t in turn]


def two_drawn_slices() -> Desk:
    """Contours added in two axial slices while the interpolation is off."""
    desk = Desk()
    desk.tools.toggle("add")
    for index in (3, 8):
        desk.drag("axial", index, circle(4, (12, 9)))
    return desk


def test_with_3d_on_every_drawn_contour_is_recorded_with_its_edit_and_undone_with_it() -> None:
    desk = Desk()
    box = desk.presenter.interpolation
    box.set_mode("3d")
    desk.tools.toggle("add")
    states = [snapshot(desk.document)]
    for plane, index, at in (("axial", 5, (12, 9)), ("coronal", 9, (12, 5)), ("sagittal", 12, (9, 5))):
        desk.drag(plane, index, circle(4.2 if plane == "axial" else 3.2, at))
        states.append(snapshot(desk.document))
    assert [item.title for item in box.contours()] == ["axial 5", "coronal 9", "sagittal 12"]
    assert len(desk.history.undo_titles) == 3
    for state in reversed(states[:-1]):
        desk.history.undo()
        assert snapshot(desk.document) == state
    assert box.contours() == []
    for _ in range(3):
        desk.history.redo()
    assert len(box.contours()) == 3


def test_the_surface_comes_from_the_background_and_confirming_writes_it_and_switches_off() -> None:
    desk = Desk()
    box = desk.presenter.interpolation
    box.set_mode("3d")
    desk.tools.toggle("add")
    for plane, index, at in (("axial", 5, (12, 9)), ("coronal", 9, (12, 5)), ("sagittal", 12, (9, 5))):
        desk.drag(plane, index, circle(4.2 if plane == "axial" else 3.2, at))
    desk.settle()
    surface = box.surface()
    assert surface is not None
    assert (surface.name, surface.value) == ("Liver", LIVER)
    low, high = surface.points.min(axis=0), surface.points.max(axis=0)
    middle = desk.document.geometry.lps_from_ijk([[12, 9, 5]])[0]
    assert ((low < middle) & (middle < high)).all()
    before, drawn = snapshot(desk.document), int((desk.values == LIVER).sum())
    assert box.confirm_3d().endswith("voxels written")
    assert desk.host.messages[-1].text.endswith("voxels written")
    assert (desk.values == LIVER).sum() > 1.3 * drawn
    assert (box.mode, box.surface()) == ("off", None)
    desk.history.undo()
    assert snapshot(desk.document) == before


def test_slices_drawn_before_are_recorded_with_the_first_contour() -> None:
    desk = two_drawn_slices()
    box = desk.presenter.interpolation
    assert box.contours() == []  # nothing is stored that nobody asked for
    box.set_mode("3d")
    desk.settle()
    assert box.surface() is not None
    desk.drag("coronal", 9, circle(3, (12, 5)))
    assert sorted(item.title for item in box.contours()) == ["axial 3", "axial 8", "coronal 9"]


def test_a_stored_contour_follows_its_voxels_with_3d_off_too() -> None:
    desk = Desk()
    box = desk.presenter.interpolation
    box.set_mode("3d")
    desk.tools.toggle("add")
    desk.drag("axial", 3, circle(4, (12, 9)))
    box.set_mode("off")
    desk.drag("axial", 7, circle(4, (12, 9)))
    assert [item.title for item in box.contours()] == ["axial 3"]
    desk.tools.toggle("erase")
    desk.click("axial", 3, (12, 9))
    assert box.contours() == []
    assert not ContourStore.of(desk.document).contours


def test_contours_are_listed_shown_jumped_to_and_deleted() -> None:
    desk = Desk()
    box = desk.presenter.interpolation
    box.set_mode("3d")
    desk.tools.toggle("add")
    desk.drag("axial", 3, circle(4, (12, 9)))
    desk.drag("axial", 8, circle(3, (10, 9)))
    (line,) = [each for each in desk.tools.feedback("axial", "axial", 3).lines if each.style == "stored"]
    assert line.color == (0, 0, 0)
    assert len(box.contour_lines()) == 2
    box.set_contours_visible(False)
    assert not desk.tools.feedback("axial", "axial", 3).lines
    assert box.contour_lines() == []
    desk.topics.clear()
    box.jump_to_contour(1)
    assert [each.values for each in desk.topics if each.topic is Topic.JUMP] == [(10, 9, 8)]
    values = desk.values.copy()
    box.delete_contour(0)
    assert [item.title for item in box.contours()] == ["axial 8"]
    np.testing.assert_array_equal(desk.values, values)
    desk.history.undo()
    assert len(box.contours()) == 2
    with pytest.raises(ToolError, match="there is no contour 7; the list has 2"):
        box.jump_to_contour(7)


def test_borders_of_drawn_slices_are_listed_as_long_as_none_is_stored() -> None:
    desk = two_drawn_slices()
    box = desk.presenter.interpolation
    box.set_mode("3d")
    assert box.contours() == []
    desk.settle()
    assert [(item.title, item.is_stored) for item in box.contours()] == [("axial 3", False), ("axial 8", False)]
    assert len(box.contour_lines()) == 2
    assert [each.style for each in desk.tools.feedback("axial", "axial", 3).lines] == ["stored"]
    with pytest.raises(ToolError, match="not a stored contour"):
        box.delete_contour(0)
    desk.drag("coronal", 9, circle(3, (12, 5)))
    assert all(item.is_stored for item in box.contours())
    assert len(box.contours()) == 3
    box.set_mode("off")
    for _ in range(3):
        desk.history.undo()
    assert box.contours() == []


def test_without_contours_confirming_says_why() -> None:
    desk = Desk()
    box = desk.presenter.interpolation
    box.set_mode("3d")
    with pytest.raises(ToolError, match="still being worked out"):
        box.confirm_3d()
    desk.settle()
    assert "Liver has no contours" in box.reason
    with pytest.raises(ToolError, match="Liver has no contours"):
        box.confirm_3d()


def test_what_is_confirmed_is_what_the_tool_gives() -> None:
    one, two = Desk(two_squares("coronal")), Desk(two_squares("coronal"))
    one.presenter.interpolation.set_mode("2d")
    one.presenter.interpolation.confirm_all("coronal")
    scene = two.presenter.session.scene()
    two.history.do(Interpolate2D(plane="coronal").propose(scene).command(two.document))
    np.testing.assert_array_equal(one.values, two.values)
