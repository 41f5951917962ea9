"""Tools on the volume: preview in the background, counts before confirming, the patch in slices, confirm, cancel."""

from __future__ import annotations

import numpy as np
import pytest

from MultiLabelSegLib.errors import OptionError, ToolError
from MultiLabelSegLib.tools.slices import PLANES, Plane, SliceOf
from MultiLabelSegLib.ui.topics import Topic
from Testing.properties.documents import check_invariants, snapshot
from Testing.ui.tools.cases import KIDNEY, LIVER, SHAPE, SPLEEN, Desk, ramp


def patch_of(desk: Desk, plane: Plane, index: int) -> np.ndarray:
    """The preview of a slice as an array of the whole frame's shape."""
    whole = np.zeros(SHAPE, np.uint8)
    for patch in desk.tools.feedback(plane, plane, index).patches:
        assert 0 not in patch.colors
        whole[patch.box.slices] = patch.values
    return whole


def in_slice(mask: np.ndarray, plane: Plane, index: int) -> np.ndarray:
    """A frame with all but a slice empty."""
    whole = np.zeros_like(mask)
    where = SliceOf(Desk().document.geometry, plane, index)
    where.take(whole)[...] = where.take(mask)
    return whole


@pytest.mark.parametrize("plane", PLANES)
@pytest.mark.parametrize("tool", ["threshold", "threshold_ul"])
def test_a_threshold_is_seen_in_the_slice_at_once_and_counted_in_the_background(tool: str, plane: Plane) -> None:
    image = ramp()
    frame = np.zeros(SHAPE, np.uint8)
    frame[4, 6:9, 7:9], frame[5, 7, 8:12], frame[0, 0, :3] = KIDNEY, SPLEEN, LIVER
    desk = Desk(frame, image)
    before = snapshot(desk.document)
    desk.tools.toggle(tool)
    desk.tools.set_option("lower", 150.0)
    if tool == "threshold_ul":
        desk.tools.set_option("upper", 250.0)
    bright = image >= 150
    assert not desk.tools.preview.is_ready
    np.testing.assert_array_equal(patch_of(desk, plane, 7), in_slice(bright, plane, 7))
    desk.settle()
    state = desk.tools.preview
    assert state.is_ready
    np.testing.assert_array_equal(patch_of(desk, plane, 7), in_slice(bright, plane, 7))
    kept = int((bright & (frame == KIDNEY)).sum())
    assert state.written == bright.sum() - kept
    assert (dict(state.protected), state.lost) == ({KIDNEY: kept}, 0)
    assert [(item.name, item.voxels) for item in state.labels] == [("Liver", bright.sum())]
    assert snapshot(desk.document) == before
    desk.tools.confirm()
    expected = np.where(bright & (frame != KIDNEY), LIVER, frame)
    np.testing.assert_array_equal(desk.values, expected)
    assert desk.tools.active == ""
    assert desk.tools.preview is None
    assert desk.tools.note == f"{state.written:,} voxels written, {kept} protected by locks (Kidney)"
    check_invariants(desk.document)
    assert len(desk.history.undo_titles) == 1
    desk.history.undo()
    assert snapshot(desk.document) == before


@pytest.mark.parametrize("plane", PLANES)
def test_what_a_slice_shows_at_once_is_what_the_volume_gives_also_within_limits(plane: Plane) -> None:
    rng = np.random.default_rng(5)
    image = rng.integers(0, 100, SHAPE).astype(np.int16)
    frame = rng.integers(0, 4, SHAPE).astype(np.uint8)
    desk = Desk(frame, image)
    desk.tools.toggle("threshold_ul")
    desk.tools.set_option("inside", (SPLEEN, KIDNEY))
    desk.tools.set_option("intensity_upper", 60.0)
    desk.tools.set_option("lower", 30.0)
    desk.tools.set_option("upper", 90.0)
    quick = [patch_of(desk, plane, index) for index in range(5)]
    desk.settle()
    whole = desk.tools._previews._found.preview.frames[0]
    expected = np.zeros(SHAPE, np.uint8)
    expected[whole.box.slices] = whole.region
    assert expected.any()
    for index in range(5):
        np.testing.assert_array_equal(quick[index], in_slice(expected, plane, index))


def test_what_replacing_would_delete_is_said_before() -> None:
    frame = np.zeros(SHAPE, np.uint8)
    frame[0, 0, :5] = LIVER
    desk = Desk(frame, ramp())
    desk.tools.toggle("threshold")
    desk.tools.set_confirm("merge", "replace")
    desk.settle()
    state = desk.tools.preview
    assert dict(state.removed) == {LIVER: 5}
    assert "5 removed" in state.text
    desk.tools.confirm()
    assert not desk.values[0].any()


def test_confirming_before_the_counts_are_there_writes_the_same() -> None:
    one, two = Desk(image=ramp()), Desk(image=ramp())
    for desk in (one, two):
        desk.tools.toggle("threshold")
    two.settle()
    one.tools.confirm()
    two.tools.confirm()
    assert (one.values == LIVER).sum() == 6 * 10 * 14
    np.testing.assert_array_equal(one.values, two.values)


def test_of_many_moves_of_a_slider_only_the_last_is_counted() -> None:
    desk = Desk(image=ramp())
    desk.tools.toggle("threshold")
    for lower in range(20, 210, 10):
        desk.tools.set_option("lower", float(lower))
    desk.settle()
    assert desk.tools.preview.written == 0 or desk.tools.preview.written == int((ramp() >= 200).sum())
    assert desk.tools.preview.title.startswith("Threshold 200 to")


def test_bounds_that_hold_nothing_are_said_and_cannot_be_confirmed() -> None:
    desk = Desk(image=ramp())
    desk.tools.toggle("threshold_ul")
    desk.tools.set_option("lower", 150.0)
    desk.tools.set_option("upper", 100.0)
    assert "lower 150 is above upper 100" in desk.tools.preview.reason
    assert not desk.tools.feedback("axial", "axial", 5).patches
    with pytest.raises(ToolError, match="lower 150 is above"):
        desk.tools.confirm()
    assert desk.tools.active == "threshold_ul"


def test_cancel_drops_the_preview_and_nothing_is_written() -> None:
    desk = Desk(image=ramp())
    before = snapshot(desk.document)
    desk.tools.toggle("otsu")
    desk.tools.propose()
    desk.tools.cancel()
    desk.settle()
    assert desk.tools.preview is None
    desk.tools.propose()
    desk.settle()
    assert desk.tools.preview.is_ready
    desk.tools.leave()
    assert desk.tools.preview is None
    assert snapshot(desk.document) == before


def test_escape_drops_a_preview_and_leaves_a_threshold() -> None:
    desk = Desk(image=ramp())
    desk.tools.toggle("otsu")
    assert not desk.tools.key("Escape")
    desk.tools.propose()
    desk.settle()
    assert desk.tools.key("Escape")
    assert (desk.tools.preview, desk.tools.active) == (None, "otsu")
    desk.tools.toggle("threshold")
    assert desk.tools.key("Escape")
    assert (desk.tools.preview, desk.tools.active) == (None, "")
    desk.settle()
    assert desk.tools.preview is None


def test_otsu_makes_new_labels_of_the_chosen_regions() -> None:
    desk = Desk(image=ramp())
    before = snapshot(desk.document)
    desk.tools.toggle("otsu")
    with pytest.raises(ToolError, match="no preview to confirm"):
        desk.tools.confirm()
    desk.told(Topic.PREVIEW)
    desk.tools.propose()
    with pytest.raises(ToolError, match="still being worked out"):
        desk.tools.confirm()
    desk.settle()
    assert desk.told(Topic.PREVIEW)
    assert [item.name for item in desk.tools.preview.labels] == ["Otsu 0", "Otsu 1"]
    desk.tools.set_confirm("labels", [2])
    assert desk.tools.preview.outdated
    desk.settle()
    state = desk.tools.preview
    assert [item.chosen for item in state.labels] == [False, True]
    np.testing.assert_array_equal(patch_of(desk, "axial", 5) == 2, in_slice(ramp() >= 200, "axial", 5))
    colors = desk.tools.feedback("axial", "axial", 5).patches[0].colors
    assert set(colors) == {2}
    desk.tools.confirm()
    made = desk.document.labels_named("Otsu 1")
    assert len(made) == 1
    np.testing.assert_array_equal(desk.values == made[0].value, ramp() >= 200)
    desk.history.undo()
    assert snapshot(desk.document) == before


def seeds() -> np.ndarray:
    """A seed in the bright block, one in the dark."""
    frame = np.zeros(SHAPE, np.uint8)
    frame[6, 9:11, 12:14] = LIVER
    frame[1, 2:4, 2:4] = SPLEEN
    return frame


def test_grow_cut_grows_the_labels_and_after_a_stroke_goes_on_from_the_run_before() -> None:
    desk = Desk(seeds(), ramp())
    desk.tools.toggle("grow_cut")
    desk.tools.propose()
    desk.settle()
    np.testing.assert_array_equal(patch_of(desk, "axial", 6) == LIVER, in_slice(ramp() >= 200, "axial", 6))
    desk.tools.toggle("paint")
    desk.tools.set_option("diameter", 2)
    desk.click("axial", 6, (22, 16))
    desk.tools.toggle("grow_cut")
    desk.tools.propose()
    desk.settle()
    grown = desk.tools._previews._grown
    assert grown is not None
    assert grown[2].incremental
    desk.tools.confirm()
    assert (desk.values == LIVER).sum() > 10 * 14 * 6
    assert (desk.values > 0).all()


def test_grow_cut_says_what_it_lacks() -> None:
    desk = Desk(image=ramp())
    desk.tools.toggle("grow_cut")
    desk.tools.propose()
    desk.settle()
    assert "GrowCut needs two labels" in desk.tools.preview.reason
    assert len(desk.host.messages) == 1
    with pytest.raises(ToolError):
        desk.tools.confirm()


@pytest.mark.parametrize("plane", PLANES)
def test_picks_mark_islands_and_keep_them_or_give_them_to_the_active_label(plane: Plane) -> None:
    frame = np.zeros(SHAPE, np.uint8)
    frame[4:6, 4:6, 4:6] = frame[8:10, 12:15, 12:15] = LIVER
    frame[1:3, 2:4, 15:18] = KIDNEY
    desk = Desk(frame)
    before = snapshot(desk.document)
    desk.tools.toggle("pick")
    where = SliceOf(desk.document.geometry, plane, 4)
    desk.click(plane, 4, where.point_of((4, 4, 4)))
    assert len(desk.tools.feedback(plane, plane, 4).handles) == 1
    assert not desk.tools.feedback(plane, plane, 5).handles
    desk.settle()
    assert desk.tools.preview.lost == 18
    np.testing.assert_array_equal(patch_of(desk, plane, 4), in_slice((frame == LIVER).astype(np.uint8), plane, 4))
    assert desk.tools.key("Enter")
    np.testing.assert_array_equal(np.argwhere(desk.values == LIVER).max(axis=0), (5, 5, 5))
    assert (desk.values == KIDNEY).sum() == 12
    desk.history.undo()
    assert snapshot(desk.document) == before
    desk.tools.toggle("pick")
    desk.tools.set_option("mode", "relabel")
    other = SliceOf(desk.document.geometry, plane, {"axial": 1, "coronal": 2, "sagittal": 16}[plane])
    desk.click(plane, other.index, other.point_of((16, 2, 1)))
    desk.settle()
    desk.tools.confirm()
    assert (desk.values == KIDNEY).sum() == 0
    assert (desk.values == LIVER).sum() == 8 + 18 + 12


def test_delete_takes_the_last_pick_back_and_escape_all() -> None:
    frame = np.zeros(SHAPE, np.uint8)
    frame[4, 4:6, 4:6] = frame[4, 12:15, 12:15] = LIVER
    desk = Desk(frame)
    desk.tools.toggle("pick")
    desk.click("axial", 4, (4, 4))
    desk.click("axial", 4, (13, 13))
    desk.click("axial", 4, (0, 0))
    assert "nothing to pick" in desk.tools.note
    assert len(desk.tools.feedback("axial", "axial", 4).handles) == 2
    assert desk.tools.key("Delete")
    desk.settle()
    assert desk.tools.preview.lost == 9
    assert desk.tools.key("Escape")
    assert desk.tools.preview is None
    assert not desk.tools.key("Escape")
    assert not desk.tools.key("Delete")


def test_an_undo_while_a_preview_is_shown_brings_its_counts_up_to_date() -> None:
    frame = np.zeros(SHAPE, np.uint8)
    desk = Desk(frame, ramp())
    desk.tools.toggle("paint")
    desk.click("axial", 5, (12, 9))
    painted = int((desk.values == LIVER).sum())
    desk.tools.toggle("threshold")
    desk.settle()
    assert desk.tools.preview.written == 840 - painted
    desk.presenter.steps.undo()
    desk.settle()
    assert desk.tools.preview.written == 840


def test_closing_the_document_or_taking_another_ends_tool_and_preview() -> None:
    desk = Desk(image=ramp())
    desk.tools.toggle("otsu")
    desk.tools.propose()
    desk.settle()
    desk.presenter.session.forget(desk.presenter.session.current)
    assert desk.tools.preview is None
    assert desk.tools.active == ""
    desk.settle()


def test_2d_tools_have_no_preview() -> None:
    desk = Desk()
    with pytest.raises(ToolError, match="no preview"):
        desk.tools.propose()
    desk.tools.toggle("paint")
    with pytest.raises(ToolError, match="no preview"):
        desk.tools.propose()
    with pytest.raises(OptionError):
        desk.tools.set_confirm("colour", 1)


def test_a_tool_on_the_volume_leaves_the_gestures_of_the_view_alone_but_picking_takes_the_left_button() -> None:
    desk = Desk(image=ramp())
    for tool, taken in (("threshold", False), ("otsu", False), ("pick", True)):
        desk.tools.toggle(tool)
        assert desk.press("axial", 4, (4, 4)) is taken
        assert desk.release("axial", 4, (4, 4)) is taken
        assert desk.event("hover", "axial", 4, (4, 4)) is taken
        assert not desk.event("wheel", "axial", 4, (4, 4), wheel=1)


def test_a_click_that_picks_nothing_says_whose_label_lies_there() -> None:
    desk = Desk()
    desk.tools.toggle("pick")
    desk.click("axial", 3, (5, 3))
    assert desk.tools.note.endswith("in the group of the active label; Tumour is in another one")
    desk.click("axial", 8, (5, 3))
    assert desk.tools.note == "there is nothing to pick: unlabelled background"
