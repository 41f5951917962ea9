"""The hosts: on a scene of the real Slicer core, and without any window; work in the background of both."""

from __future__ import annotations

import gc
import threading
import weakref
from typing import Any

import numpy as np
import pytest

from MultiLabelSegLib.core import Box, Image
from MultiLabelSegLib.edit import History, VoxelPatch
from MultiLabelSegLib.edit import operations as op
from MultiLabelSegLib.errors import HostError, OptionError
from MultiLabelSegLib.host.base import Host, Level, Message
from MultiLabelSegLib.host.headless import HeadlessHost, MemoryPreferences
from MultiLabelSegLib.host.mrml import MrmlHost
from MultiLabelSegLib.host.mrml_foreign import ForeignEdit
from MultiLabelSegLib.host.mrml_images import volume_from_image
from MultiLabelSegLib.host.mrml_scene import image_of, parent_of
from Testing.host.mrml_cases import SegmentEditor, new_scene, two_groups

slicer_core = pytest.mark.slicer_core


@pytest.fixture
def host() -> MrmlHost:
    messages: list[Message] = []
    return MrmlHost(new_scene(), MemoryPreferences(), messages.append)


def ct(host: MrmlHost) -> Any:
    where = two_groups().geometry
    return volume_from_image(host.scene, Image(np.zeros(where.full_shape, np.int16), where), "CT")


def test_both_hosts_are_hosts() -> None:
    def ask(host: Host) -> tuple[int, str]:
        host.preferences.save({"a": 1})
        return len(host.images()), host.preferences.place

    assert ask(HeadlessHost()) == (0, "the memory of this program")


@slicer_core
def test_images_are_the_volumes_with_voxels_that_are_no_label_maps(host: MrmlHost) -> None:
    volume = ct(host)
    host.scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "empty")
    labels = host.scene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode", "labels")
    labels.SetAndObserveImageData(volume.GetImageData())
    (choice,) = host.images()
    assert (choice.id, choice.title, choice.channels) == (volume.GetID(), "CT", 1)
    assert choice.geometry.is_congruent(two_groups().geometry)
    assert host.image(choice.id).array.dtype == np.int16
    with pytest.raises(HostError, match="no vtkMRMLScalarVolumeNode 'nothing'"):
        host.image("nothing")


@slicer_core
def test_a_document_is_shown_below_its_image(host: MrmlHost) -> None:
    volume = ct(host)
    document = two_groups()
    view = host.show(document, History(document), name="CT-labels", image_id=volume.GetID())
    assert view.node.GetName() == "CT-labels"
    assert parent_of(view.node) is volume
    assert image_of(view.node) is volume
    with pytest.raises(HostError, match="another document"):
        host.show(document, History(two_groups()))


@slicer_core
def test_a_node_is_taken_over_once_and_followed(host: MrmlHost) -> None:
    document = two_groups()
    view = host.show(document, History(document), name="a")
    node_id = view.node.GetID()
    assert host.take_over(node_id).view is view
    host.close()
    assert host.candidates() == [(node_id, "a")]
    opened = host.take_over(node_id)
    assert host.candidates() == []
    opened.history.do(op.rename_labels(opened.view.document, 1, "new"))
    assert opened.view.segmentation.GetSegment("Segment_1").GetName() == "new"
    with pytest.raises(HostError, match="vtkMRMLSegmentationNode 'x'"):
        host.take_over("x")


@slicer_core
def test_foreign_edits_of_all_documents_are_told_when_the_host_is_idle(host: MrmlHost) -> None:
    found: list[ForeignEdit] = []
    host.foreign.connect(found.append)
    document = two_groups()
    view = host.show(document, History(document))
    editor = SegmentEditor(host.scene, view.node, document.geometry)
    editor.paint("Segment_2", (0, 0, 0), (1, 1, 2))
    assert found == []
    host.pump()
    assert len(found) == 1
    assert document.mask(2).sum() == 8


@slicer_core
def test_a_closed_scene_lets_documents_go_and_keeps_them_alive_for_nobody(host: MrmlHost) -> None:
    removed: list[object] = []
    host.removed.connect(removed.append)
    document = two_groups()
    host.show(document, History(document))
    host.scene.Clear(True)
    assert len(removed) == 1
    assert host.opened == ()
    gone = weakref.ref(removed.pop())
    host.pump()
    gc.collect()
    assert gone() is None
    VoxelPatch.of_array(0, 0, Box((0, 0, 0), (1, 1, 1)), 1).apply(document)


def test_the_headless_host_shows_to_nobody_and_remembers() -> None:
    document = two_groups(time_steps=2)
    image = Image(np.zeros(document.geometry.full_shape), document.geometry)
    host = HeadlessHost({"CT": image})
    assert [choice.title for choice in host.images()] == ["CT"]
    assert host.image("CT") is image
    with pytest.raises(HostError, match="no image 'MR'; there are 'CT'"):
        host.image("MR")
    with pytest.raises(OptionError, match="channel"):
        host.image("CT", 1)
    history = History(document)
    view = host.show(document, history, name="a", image_id="CT")
    history.do(op.set_visible(document, False, 1))
    view.set_frame(1)
    assert [event.kind for event in view.events] == ["labels"]
    with pytest.raises(HostError, match="no frame 2"):
        view.set_frame(2)
    view.detach()
    history.undo()
    assert len(view.events) == 1
    with pytest.raises(HostError, match="another document"):
        host.show(document, History(two_groups()))
    host.tell(Message(Level.WARNING, "text"))
    assert host.messages == [Message(Level.WARNING, "text")]


def test_work_in_the_background_answers_in_the_thread_that_pumps() -> None:
    host = HeadlessHost()
    threads: list[object] = []
    told: list[object] = []

    def work(progress: Any) -> int:
        threads.append(threading.current_thread())
        assert progress(0.5)
        return 42

    task = host.run(work, lambda result: told.append((result, threading.current_thread())), told.append, told.append)
    task.wait(10)
    assert told == []
    assert host.is_busy
    assert not task.is_done
    host.pump()
    assert told == [0.5, (42, threading.current_thread())]
    assert threads[0] is not threading.current_thread()
    assert task.is_done
    assert not host.is_busy


def test_failures_in_the_background_are_told_and_cancelled_work_tells_nothing() -> None:
    host = HeadlessHost()
    told: list[object] = []

    def fails(_progress: Any) -> None:
        raise HostError("no")

    host.run(fails, told.append, told.append).wait(10)
    host.pump()
    assert [str(error) for error in told] == ["no"]
    begun, go_on = threading.Event(), threading.Event()
    heard: list[bool] = []

    def long(progress: Any) -> None:
        begun.set()
        go_on.wait(10)
        heard.append(progress(0.1))

    task = host.run(long, told.append, told.append, told.append)
    begun.wait(10)
    task.cancel()
    go_on.set()
    task.wait(10)
    host.pump()
    assert heard == [False]
    assert len(told) == 1
    assert task.is_done


@slicer_core
def test_an_image_with_frames_is_known_as_a_whole_and_shown_one_by_one(host: MrmlHost) -> None:
    where = two_groups(3).geometry
    voxels = np.arange(3, dtype=np.int16).reshape(3, 1, 1, 1) * np.ones(where.full_shape, np.int16)
    image_id = host.add_image(Image(voxels, where), "beating")
    (choice,) = host.images()
    assert (choice.title, choice.geometry.time_steps) == ("beating", 3)
    assert host.image(image_id).array.shape == where.full_shape
    node = host.scene.GetNodeByID(image_id)
    assert node.GetImageData().GetScalarRange() == (0, 0)
    host.show_frame(image_id, 2)
    assert node.GetImageData().GetScalarRange() == (2, 2)


@slicer_core
def test_the_look_and_the_name_of_a_document_are_its_nodes(host: MrmlHost) -> None:
    document = two_groups()
    view = host.show(document, History(document), name="seg")
    view.show_as(outline=True, opacity=0.5, visible=True)
    display = view.node.GetDisplayNode()
    assert (bool(display.GetVisibility2DFill()), display.GetOpacity(), bool(display.GetVisibility())) == (
        False,
        0.5,
        True,
    )
    view.show_as(outline=False, opacity=1.0, visible=False)
    assert (bool(display.GetVisibility2DFill()), bool(display.GetVisibility())) == (True, False)
    view.rename("other")
    assert view.node.GetName() == "other"
    assert not view.is_touched


@slicer_core
def test_the_grid_of_a_node_that_is_not_taken_over_is_known(host: MrmlHost) -> None:
    document = two_groups()
    view = host.show(document, History(document), name="seg")
    grid = host.grid_of(view.node.GetID())
    assert grid is not None
    assert grid.is_congruent(document.geometry)
