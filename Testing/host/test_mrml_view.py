"""Documents as nodes of the real Slicer core: after every change the node is what a new one would be."""

from __future__ import annotations

import contextlib
import gc
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from MultiLabelSegLib.core import Box, Group, Label, Segmentation
from MultiLabelSegLib.edit import Command, GeometryChange, History, PropertyChange, Proposal, VoxelPatch, resolve
from MultiLabelSegLib.edit import operations as op
from MultiLabelSegLib.errors import HostError, MultiLabelSegError
from MultiLabelSegLib.host.mrml_scene import add_segmentation_node
from MultiLabelSegLib.host.mrml_view import SegmentationView
from Testing.host.mrml_cases import described, geometry, new_scene, positions, two_groups

pytestmark = pytest.mark.slicer_core


@pytest.fixture
def scene() -> Any:
    return new_scene()


def shown(scene: Any, document: Segmentation, history: History | None = None, frame: int = 0) -> SegmentationView:
    return SegmentationView(document, add_segmentation_node(scene, "ours"), history=history, frame=frame)


def check(view: SegmentationView) -> None:
    """The node is what a node made anew for the document is."""
    fresh = shown(new_scene(), view.document, frame=view.frame)
    assert described(view.node) == described(fresh.node)
    fresh.detach()


def dab(document: Segmentation, group: int, target: int, box: Box, t: int = 0) -> Command:
    region = np.ones(box.shape, np.uint8)
    return Command("dab", resolve(document, Proposal(group, region, {1: target}, box, t)).patches)


def test_each_label_is_a_segment_and_each_group_a_layer(scene: Any) -> None:
    document = two_groups()
    view = shown(scene, document)
    segmentation = view.segmentation
    assert segmentation.GetSegmentIDs() == ("Segment_1", "Segment_2", "Segment_300", "Segment_7", "Segment_8")
    assert [segmentation.GetLayerIndex(one) for one in segmentation.GetSegmentIDs()] == [0, 0, 0, 1, 1]
    for label in document.labels:
        segment = segmentation.GetSegment(f"Segment_{label.value}")
        assert segment.GetColor() == label.color
        assert segment.GetLabelValue() == label.value
        display = view.node.GetDisplayNode()
        assert bool(display.GetSegmentVisibility(f"Segment_{label.value}")) == label.visible
        assert display.GetSegmentOpacity2DFill(f"Segment_{label.value}") == pytest.approx(label.opacity)
        where = np.argwhere(document.mask(label.value)[0])[:, ::-1]
        expected_lps = document.geometry.lps_from_ijk(where)
        np.testing.assert_allclose(positions(segment), expected_lps * (-1, -1, 1), atol=1e-5)


def test_a_dab_copies_its_box_and_nothing_else(scene: Any) -> None:
    document = two_groups()
    history = History(document)
    view = shown(scene, document, history)
    layer = view.layers[document.groups[0]]
    layer.voxels()[0, 0, 0] = 9  # a mark that a copy of the whole frame would take away
    history.do(dab(document, 0, 2, Box((2, 1, 1), (3, 4, 5))))
    assert layer.voxels()[0, 0, 0] == 9
    layer.voxels()[0, 0, 0] = 0
    check(view)


def test_views_are_told_once_a_dab_and_of_many_labels_at_once(scene: Any) -> None:
    import slicer

    document = two_groups()
    history = History(document)
    view = shown(scene, document, history)
    told: list[str] = []
    view.node.AddObserver(slicer.vtkSegmentation.RepresentationModified, lambda *_: told.append("voxels"))
    view.node.GetDisplayNode().AddObserver("ModifiedEvent", lambda *_: told.append("look"))
    history.do(dab(document, 0, 2, Box((2, 1, 1), (3, 4, 5))))
    assert told == ["voxels"]
    told.clear()
    history.do(op.set_visible(document, False))
    assert told == ["look"]
    assert not view.is_touched


STEPS: dict[str, Callable[[Segmentation], Command]] = {
    "dab": lambda d: dab(d, 0, 2, Box((0, 0, 0), (2, 3, 3))),
    "erase": lambda d: dab(d, 1, 0, Box((1, 0, 0), (2, 4, 6))),
    "wider values": lambda d: op.add_label(d, 1, "Far", value=40000),
    "add": lambda d: op.add_label(d, 1, "New", (0.5, 0.5, 0.5)),
    "add in front": lambda d: op.add_label(d, 0, "First", position=0),
    "remove": lambda d: op.remove_labels(d, [1]),
    "remove all of a group": lambda d: op.remove_labels(d, [7, 8]),
    "rename": lambda d: op.rename_labels(d, 1, "Leber\t|"),
    "colour": lambda d: op.set_color(d, (0.5, 0.5, 0.5), 7),
    "opacity": lambda d: op.set_opacity(d, 0.9, 7),
    "hide": lambda d: op.set_visible(d, False),
    "lock": lambda d: op.set_locked(d, True),
    "status": lambda d: op.set_review(d, 1, "completed"),
    "terminology": lambda d: op.set_label_properties(d, 1, {"Slicer.Tag.own": "x"}),
    "new value": lambda d: op.change_values(d, {7: 70}),
    "order": lambda d: op.reorder_labels(d, 0, [300, 2, 1]),
    "add a group": lambda d: op.add_group(d, "More"),
    "remove a group": lambda d: op.remove_group(d, 0),
    "rename a group": lambda d: op.rename_group(d, 0, "Organe"),
    "order of groups": lambda d: op.reorder_groups(d, [1, 0]),
    "move to another group": lambda d: op.move_label_to_group(d, 2, 1),
    "unlabelled lock": lambda d: op.set_unlabeled_lock(d, True),
    "extras": lambda d: Command("", [PropertyChange(None, "extras", {"contours": [1, 2]})]),
    "uid": lambda d: Command("", [PropertyChange(None, "uid", "another")]),
    "crop": lambda d: cropped(d),
}


def cropped(document: Segmentation) -> Command:
    where = document.geometry.cropped((1, 1, 0), (2, 3, 5))
    arrays = [group.array[:, 1:3, 1:4, 0:5].copy() for group in document.groups]
    return Command("Crop", [GeometryChange(where, arrays)])


@pytest.mark.parametrize("step", STEPS)
def test_every_kind_of_change_and_its_undo_leaves_the_node_as_a_new_one(scene: Any, step: str) -> None:
    document = two_groups()
    history = History(document)
    view = shown(scene, document, history)
    before = described(view.node)
    history.do(STEPS[step](document))
    assert described(view.node) != before
    check(view)
    history.undo()
    assert described(view.node) == before
    history.redo()
    check(view)
    assert not view.is_touched


@given(st.lists(st.one_of(st.sampled_from(sorted(STEPS)), st.sampled_from(["undo", "redo", "frame"])), max_size=9))
def test_random_changes_leave_the_node_as_a_new_one(steps: list[str]) -> None:
    document = two_groups(time_steps=2)
    history = History(document)
    view = shown(new_scene(), document, history)
    for step in steps:
        # a step that does not fit the document any more changes nothing
        with contextlib.suppress(MultiLabelSegError):
            if step == "undo" and history.can_undo:
                history.undo()
            elif step == "redo" and history.can_redo:
                history.redo()
            elif step == "frame":
                view.set_frame(1 - view.frame)
            elif step in STEPS:
                history.do(STEPS[step](document))
        check(view)
        assert not view.is_touched
    view.detach()


def test_a_group_of_commands_that_fails_leaves_the_node_as_it_was_once_the_host_is_idle(scene: Any) -> None:
    document = two_groups()
    history = History(document)
    waiting: list[Callable[[], object]] = []
    node = add_segmentation_node(scene, "ours")
    view = SegmentationView(document, node, history=history, later=waiting.append)
    with contextlib.suppress(ZeroDivisionError), history.grouped("both"):
        history.do(op.rename_labels(document, 1, "half done"))
        raise ZeroDivisionError
    assert document.label(1).name == "Liver | right: ü"
    for function in waiting:
        function()
    check(view)


def test_a_stroke_within_a_group_of_commands_is_seen_at_once(scene: Any) -> None:
    document = two_groups()
    history = History(document)
    view = shown(scene, document, history)
    with history.grouped("stroke"):
        value = history.do(op.add_label(document, 1, "New")).values[0]
        history.do(dab(document, 1, value, Box((0, 0, 0), (1, 1, 2))))
        assert len(positions(view.segmentation.GetSegment(f"Segment_{value}"))) == 2


def test_labels_and_voxels_of_one_step_may_take_turns(scene: Any) -> None:
    """Redo tells of all changes when all are done: at a change of voxels labels are there that were not told of yet."""
    document = two_groups()
    history = History(document)
    view = shown(scene, document, history)
    values = []
    with history.grouped("two labels"):
        for place in (2, 3):
            values += history.do(op.add_label(document, 0, "New")).values
            history.do(dab(document, 0, values[-1], Box((2, 1, place), (3, 4, place + 1))))
    history.undo()
    check(view)
    history.redo()
    check(view)
    with history.grouped("gone"):
        for value in values:
            history.do(op.clear_labels(document, (value,)))
            history.do(op.remove_labels(document, (value,)))
    check(view)
    history.undo()
    check(view)


def test_changes_without_a_history_are_shown_too(scene: Any) -> None:
    document = two_groups()
    view = shown(scene, document)
    document.set_label(0, document.label(1).with_(name="Hepar"))
    assert view.segmentation.GetSegment("Segment_1").GetName() == "Hepar"
    VoxelPatch.of_array(0, 0, Box((0, 0, 0), (1, 1, 1)), 1).apply(document)
    check(view)


def test_the_shown_frame_is_chosen_and_other_frames_do_not_touch_the_node(scene: Any) -> None:
    document = two_groups(time_steps=3)
    history = History(document)
    view = shown(scene, document, history, frame=1)
    check(view)
    layer = view.layers[document.groups[0]]
    history.do(dab(document, 0, 2, Box((0, 0, 0), (1, 2, 2)), t=0))
    np.testing.assert_array_equal(layer.voxels(), document.groups[0].array[1])
    view.set_frame(0)
    check(view)
    with pytest.raises(HostError, match="no frame 3.*there are 3"):
        view.set_frame(3)


def test_a_surface_of_a_changed_label_goes_and_others_stay(scene: Any) -> None:
    import vtk

    document = two_groups()
    history = History(document)
    view = shown(scene, document, history)
    for one in ("Segment_2", "Segment_7"):
        view.segmentation.GetSegment(one).AddRepresentation("Closed surface", vtk.vtkPolyData())
    history.do(dab(document, 0, 2, Box((0, 0, 0), (1, 2, 2))))
    assert view.segmentation.GetSegment("Segment_2").GetRepresentation("Closed surface") is None
    assert view.segmentation.GetSegment("Segment_7").GetRepresentation("Closed surface") is not None


def test_ids_that_others_use_already_are_not_taken(scene: Any) -> None:
    document = Segmentation(
        geometry(),
        [
            Group(
                np.zeros(geometry().full_shape, np.uint8),
                [Label(1, "a", properties={"Slicer.ID": "Segment_2"}), Label(2, "b")],
            )
        ],  # noqa: E501
    )
    view = shown(scene, document)
    assert view.segmentation.GetSegmentIDs() == ("Segment_2", "Segment_2_2")


@pytest.mark.parametrize("how", ["clear", "remove"])
def test_a_node_that_leaves_the_scene_is_let_go(scene: Any, how: str) -> None:
    document = two_groups()
    history = History(document)
    view = shown(scene, document, history)
    closed: list[bool] = []
    view.closed.connect(lambda: closed.append(True))
    node = view.node
    if how == "clear":
        scene.Clear(True)
    else:
        scene.RemoveNode(node)
    assert closed == [True]
    assert not view.is_attached
    history.do(op.rename_labels(document, 1, "nobody sees it"))
    assert node.GetSegmentation().GetSegment("Segment_1").GetName() != "nobody sees it"


def test_a_removed_other_node_does_not_matter(scene: Any) -> None:
    view = shown(scene, two_groups())
    other = add_segmentation_node(scene, "other")
    scene.RemoveNode(other)
    assert view.is_attached


def test_neither_the_view_nor_the_images_leak(scene: Any) -> None:
    document = two_groups()
    history = History(document)
    view = shown(scene, document, history)
    node = view.node
    image = weakref.ref(view.layers[document.groups[0]].image)
    references = node.GetReferenceCount()
    view.detach()
    gone = weakref.ref(view)
    del view
    gc.collect()
    assert gone() is None
    assert node.GetReferenceCount() <= references
    scene.RemoveNode(node)
    del node
    gc.collect()
    assert image() is None
