"""What others do in our node, Slicer's own Segment Editor first of all: picked up, undoable, kept off locked labels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from MultiLabelSegLib.core import Box, Segmentation
from MultiLabelSegLib.edit import History, VoxelPatch
from MultiLabelSegLib.edit import operations as op
from MultiLabelSegLib.errors import HostError, LabelError
from MultiLabelSegLib.host.mrml_foreign import ForeignEdit, ForeignWatch
from MultiLabelSegLib.host.mrml_grid import LABELMAP
from MultiLabelSegLib.host.mrml_scene import add_segmentation_node
from MultiLabelSegLib.host.mrml_view import SegmentationView
from Testing.host.mrml_cases import SegmentEditor, add_segment, described, image_of, new_scene, positions, two_groups
from Testing.properties.documents import snapshot

pytestmark = pytest.mark.slicer_core


class Case(NamedTuple):
    scene: Any
    document: Segmentation
    history: History
    view: SegmentationView
    watch: ForeignWatch
    editor: SegmentEditor


def made(document: Segmentation | None = None) -> Case:
    scene = new_scene()
    document = document or two_groups()
    history = History(document)
    view = SegmentationView(document, add_segmentation_node(scene, "ours"), history=history)
    editor = SegmentEditor(scene, view.node, document.geometry)
    return Case(scene, document, history, view, ForeignWatch(view, history), editor)


@pytest.fixture
def case() -> Case:
    return made()


def check(case: Case) -> None:
    """The node shows the document again, as a node made anew would."""
    fresh = SegmentationView(case.document, add_segmentation_node(new_scene(), "ours"), frame=case.view.frame)
    found, expected = described(case.view.node), described(fresh.node)
    found["attributes"].pop("MultiLabelSeg.Document")
    expected["attributes"].pop("MultiLabelSeg.Document")
    assert found == expected
    assert not case.view.is_touched
    assert case.watch.collect() is None


def test_painting_in_the_segment_editor_is_one_undoable_step(case: Case) -> None:
    before = snapshot(case.document)
    case.editor.paint("Segment_2", (0, 0, 0), (1, 2, 3))
    edit = case.watch.collect()
    assert edit is not None
    assert not edit.needs_answer
    assert (case.document.groups[0].array[0, 0, :2, :3] == 2).all()
    check(case)
    assert len(case.history.undo_titles) == 1
    case.history.undo()
    assert snapshot(case.document) == before
    check(case)
    case.history.redo()
    assert (case.document.groups[0].array[0, 0, :2, :3] == 2).all()
    check(case)


def test_what_the_segment_editor_takes_from_an_unlocked_label_is_taken(case: Case) -> None:
    case.editor.paint("Segment_1", (1, 1, 1), (2, 4, 5))
    edit = case.watch.collect()
    assert edit is not None
    assert not edit.needs_answer
    assert not case.document.mask(2)[0, 1].any()
    assert case.document.mask(1).sum() == 12
    check(case)


def test_a_locked_label_keeps_its_voxels_until_the_edit_is_accepted(case: Case) -> None:
    case.editor.paint("Segment_2", (1, 1, 1), (2, 4, 6))
    edit = case.watch.collect()
    assert edit is not None
    assert edit.needs_answer
    assert edit.protected == {1: 6}
    assert case.document.mask(1).sum() == 6
    assert case.document.mask(2).sum() == 9
    check(case)
    edit.accept()
    assert not edit.needs_answer
    assert not case.document.mask(1).any()
    assert case.document.mask(2).sum() == 15
    check(case)
    case.history.undo()
    assert case.document.mask(1).sum() == 6
    check(case)


def test_restore_leaves_the_locked_label_and_the_rest_of_the_edit(case: Case) -> None:
    case.editor.paint("Segment_2", (1, 1, 1), (2, 4, 6))
    edit = case.watch.collect()
    assert edit is not None
    edit.restore()
    edit.accept()  # nothing is left to accept
    assert case.document.mask(1).sum() == 6
    assert case.document.mask(2).sum() == 9
    assert len(case.history.undo_titles) == 1


def test_erasing_a_locked_label_waits_for_an_answer_and_growing_it_does_not(case: Case) -> None:
    case.editor.paint("Segment_1", (1, 1, 1), (2, 2, 3), erase=True)
    edit = case.watch.collect()
    assert edit is not None
    assert case.document.mask(1).sum() == 6
    assert edit.protected == {1: 2}
    check(case)
    case.editor.paint("Segment_1", (2, 1, 1), (3, 2, 3))
    grown = case.watch.collect()
    assert grown is not None
    assert not grown.needs_answer
    assert case.document.mask(1).sum() == 8
    check(case)


def test_locked_unlabelled_space_is_kept_too(case: Case) -> None:
    case.history.do(op.set_unlabeled_lock(case.document, True))
    case.editor.paint("Segment_2", (0, 0, 0), (1, 1, 2))
    edit = case.watch.collect()
    assert edit is not None
    assert edit.protected == {0: 2}
    assert case.document.mask(2).sum() == 6
    edit.accept()
    assert case.document.mask(2).sum() == 8
    check(case)


def test_an_edit_whose_group_is_gone_cannot_be_accepted(case: Case) -> None:
    case.editor.paint("Segment_1", (1, 1, 1), (2, 2, 3), erase=True)
    edit = case.watch.collect()
    assert edit is not None
    case.history.do(op.remove_group(case.document, 0))
    with pytest.raises(HostError, match="group 'Organs' was removed"):
        edit.accept()


def test_an_accepted_edit_finds_its_group_when_groups_changed_places(case: Case) -> None:
    case.editor.paint("Segment_1", (1, 1, 1), (2, 2, 3), erase=True)
    edit = case.watch.collect()
    assert edit is not None
    case.history.do(op.reorder_groups(case.document, [1, 0]))
    edit.accept()
    assert case.document.mask(1).sum() == 4
    check(case)


def test_painting_over_others_without_overwriting_makes_a_group_of_its_own(case: Case) -> None:
    before = snapshot(case.document)
    case.editor.paint("Segment_2", (1, 1, 1), (2, 4, 3), overwrite=False)
    edit = case.watch.collect()
    assert edit is not None
    assert not edit.needs_answer
    assert "'Spleen'" in edit.notes[0]
    assert case.document.group_index_of(2) == 2
    assert case.document.mask(1).sum() == 6
    assert case.document.mask(2).sum() == 12
    check(case)
    case.history.undo()
    assert snapshot(case.document) == before
    check(case)


def test_a_label_that_moves_apart_takes_its_other_frames_along() -> None:
    case = made(two_groups(time_steps=2))
    before = snapshot(case.document)
    others = case.document.mask(2)[1].copy()
    case.editor.paint("Segment_2", (1, 1, 1), (2, 4, 3), overwrite=False)
    assert case.watch.collect() is not None
    np.testing.assert_array_equal(case.document.mask(2)[1], others)
    assert not (case.document.groups[0].array == 2).any()
    check(case)
    case.history.undo()
    assert snapshot(case.document) == before


def test_a_segment_that_was_added_and_painted_becomes_a_label(case: Case) -> None:
    segment_id = case.view.segmentation.AddEmptySegment("", "Tumour")
    case.editor.paint(segment_id, (0, 0, 0), (1, 1, 3))
    edit = case.watch.collect()
    assert edit is not None
    (label,) = case.document.labels_named("Tumour")
    assert edit.command is not None
    assert edit.command.values == (label.value,)
    assert case.document.mask("Tumour").sum() == 3
    assert label.properties["Slicer.ID"] == segment_id
    check(case)
    case.history.undo()
    assert "Tumour" not in case.document
    check(case)


def test_a_segment_on_its_own_grid_joins_or_makes_a_group(case: Case) -> None:
    cube = np.ones((2, 2, 2), np.uint8)
    add_segment(case.view.node, "free", image_of(cube[:1], case.document.geometry, (0, 0, 0)), 1, "free")
    assert case.watch.collect() is not None
    assert case.document.group_index_of(case.document.label("free").value) == 0
    assert case.document.label("free").value == 301
    add_segment(case.view.node, "over", image_of(cube, case.document.geometry, (1, 1, 1)), 1, "over")
    edit = case.watch.collect()
    assert edit is not None
    assert case.document.group_index_of(case.document.label("over").value) == 2
    assert case.document.mask("over").sum() == 8
    check(case)


def test_voxels_beyond_the_grid_are_said_not_to_be_taken(case: Case) -> None:
    add_segment(case.view.node, "edge", image_of(np.ones((1, 1, 4), np.uint8), case.document.geometry, (0, 0, 4)), 1)
    edit = case.watch.collect()
    assert edit is not None
    assert edit.notes == ("2 voxels of label 301 lie outside of the grid and were not taken",)
    assert case.document.mask("edge").sum() == 2


def test_an_unlocked_segment_that_was_removed_is_removed_and_a_locked_one_waits(case: Case) -> None:
    before = snapshot(case.document)
    case.view.segmentation.RemoveSegment("Segment_2")
    edit = case.watch.collect()
    assert edit is not None
    assert not edit.needs_answer
    assert 2 not in case.document
    check(case)
    case.history.undo()
    assert snapshot(case.document) == before
    case.view.segmentation.RemoveSegment("Segment_1")
    edit = case.watch.collect()
    assert edit is not None
    assert edit.removed == (1,)
    assert snapshot(case.document) == before
    check(case)
    edit.accept()
    assert 1 not in case.document
    assert not (case.document.groups[0].array == 1).any()
    check(case)


CHANGES: dict[str, tuple[Callable[[Any, Any], None], str, object]] = {
    "name": (lambda node, one: one.SetName("renamed"), "name", "renamed"),
    "colour": (lambda node, one: one.SetColor(0.0, 0.25, 1.0), "color", (0.0, 0.25, 1.0)),
    "visible": (lambda node, one: node.GetDisplayNode().SetSegmentVisibility("Segment_1", False), "visible", False),
    "opacity": (lambda node, one: node.GetDisplayNode().SetSegmentOpacity2DFill("Segment_1", 0.75), "opacity", 0.75),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_others_change_about_a_segment_is_undoable_too(case: Case, what: str) -> None:
    change, name, value = CHANGES[what]
    before = snapshot(case.document)
    change(case.view.node, case.view.segmentation.GetSegment("Segment_1"))
    edit = case.watch.collect()
    assert edit is not None
    label = case.document.label(1)
    assert getattr(label, name) == value
    assert label == case.document.label(1).with_(**{name: value})
    check(case)
    case.history.undo()
    assert snapshot(case.document) == before
    check(case)


def test_the_status_flag_and_foreign_tags_are_taken(case: Case) -> None:
    segment = case.view.segmentation.GetSegment("Segment_7")
    segment.SetTag("Segmentation.Status", "flagged")
    segment.SetTag("Own.Tag", "with: colon")
    assert case.watch.collect() is not None
    assert case.document.label(7).properties["Slicer.Tag.Segmentation.Status"] == "flagged"
    assert case.document.label(7).properties["Slicer.Tag.Own.Tag"] == "with: colon"
    check(case)


def test_another_order_within_a_group_is_taken(case: Case) -> None:
    case.view.segmentation.ReorderSegments(["Segment_300", "Segment_2", "Segment_1", "Segment_7", "Segment_8"])
    assert case.watch.collect() is not None
    assert case.document.groups[0].values == (300, 2, 1)
    check(case)


def test_writing_into_the_shared_array_and_telling_so_is_an_edit(case: Case) -> None:
    case.view.layers[case.document.groups[1]].voxels()[0, 0, 0] = 8
    image = case.view.segmentation.GetSegment("Segment_8").GetRepresentation(LABELMAP)
    image.Modified()
    case.view.segmentation.InvokeEvent(case.view.segmentation.SourceRepresentationModified, "Segment_8")
    assert case.watch.collect() is not None
    assert case.document.mask(8).sum() == 1
    check(case)


def test_collapsed_and_separated_layers_are_put_right_without_a_step(case: Case) -> None:
    before = snapshot(case.document)
    case.view.segmentation.SeparateSegmentLabelmap("Segment_1")
    case.view.segmentation.CollapseBinaryLabelmaps(False)
    case.watch.collect()
    assert snapshot(case.document) == before
    assert not case.history.can_undo
    check(case)


def test_nothing_is_found_where_nothing_was_changed(case: Case) -> None:
    case.view.segmentation.GetSegment("Segment_1").Modified()
    assert case.view.is_touched
    assert case.watch.collect() is None
    assert not case.history.can_undo
    assert not case.view.is_touched


def test_our_own_dab_before_the_host_is_idle_does_not_hide_what_others_did(case: Case) -> None:
    case.editor.paint("Segment_2", (0, 0, 0), (1, 1, 3))
    VoxelPatch.of_array(1, 0, Box((2, 0, 0), (3, 1, 1)), 8).apply(case.document)
    assert case.watch.collect() is not None
    assert (case.document.groups[0].array[0, 0, 0, :3] == 2).all()
    assert case.document.mask(8).sum() == 1
    check(case)


def test_edits_are_picked_up_when_the_host_is_idle_and_told() -> None:
    document = two_groups()
    scene = new_scene()
    history = History(document)
    waiting: list[Callable[[], object]] = []
    view = SegmentationView(document, add_segmentation_node(scene, "ours"), history=history, later=waiting.append)
    watch = ForeignWatch(view, history, waiting.append)
    told: list[ForeignEdit] = []
    watch.found.connect(told.append)
    SegmentEditor(scene, view.node, document.geometry).paint("Segment_2", (0, 0, 0), (1, 1, 3))
    assert not told
    for function in waiting:
        function()
    assert len(told) == 1
    assert document.mask(2).sum() == 9


def test_an_edit_that_cannot_be_understood_stays_in_the_node(case: Case) -> None:
    before = snapshot(case.document)
    case.editor.paint("Segment_2", (0, 0, 0), (1, 1, 3))
    segment = case.view.segmentation.GetSegment("Segment_2")
    segment.SetTag("MultiLabelSeg.Locked", "perhaps")
    with pytest.raises(LabelError, match="MultiLabelSeg.Locked.*perhaps"):
        case.watch.collect()
    assert snapshot(case.document) == before
    assert len(positions(segment)) == 9
    segment.SetTag("MultiLabelSeg.Locked", "0")
    assert case.watch.collect() is not None
    assert case.document.mask(2).sum() == 9
    check(case)


BOXES = st.tuples(*(st.integers(0, size - 1) for size in (4, 5, 6)), *(st.integers(1, 3) for _ in range(3)))
SEGMENTS = st.sampled_from(["Segment_1", "Segment_2", "Segment_300", "Segment_7", "Segment_8"])
PAINT = st.tuples(SEGMENTS, BOXES, st.booleans(), st.booleans())


@given(st.lists(PAINT, min_size=1, max_size=4))
def test_locked_labels_never_lose_a_voxel_to_the_segment_editor(strokes: list[Any]) -> None:
    case = made()
    before = snapshot(case.document)
    for segment_id, (k, j, i, dk, dj, di), erase, overwrite in strokes:
        locked = {label.value: case.document.mask(label.value) for label in case.document.labels if label.locked}
        upper = (min(4, k + dk), min(5, j + dj), min(6, i + di))
        case.editor.paint(segment_id, (k, j, i), upper, erase=erase, overwrite=overwrite)
        case.watch.collect()
        for value, mask in locked.items():
            assert case.document.mask(value)[mask].all()
        check(case)
    while case.history.can_undo:
        case.history.undo()
    assert snapshot(case.document) == before
    check(case)
