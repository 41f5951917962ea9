"""A scene that was saved and loaded: the document, its contours and what can be undone are there again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from MultiLabelSegLib.core import Box
from MultiLabelSegLib.edit import Command, History, PropertyChange, VoxelPatch
from MultiLabelSegLib.edit import operations as op
from MultiLabelSegLib.host.base import Message
from MultiLabelSegLib.host.headless import MemoryPreferences
from MultiLabelSegLib.host.mrml import MrmlHost, Opened
from Testing.datasets.supervisely.project_cases import assert_same
from Testing.host.mrml_cases import new_scene, two_groups

pytestmark = pytest.mark.slicer_core


def a_host() -> MrmlHost:
    told: list[Message] = []
    return MrmlHost(new_scene(), MemoryPreferences(), told.append)


def saved_and_loaded(host: MrmlHost, folder: Path) -> MrmlHost:
    """Another program with the scene of this one, as Slicer's .mrml and .seg.nrrd files bring it."""
    host.keep()
    node = host.opened[0].view.node
    if node.GetStorageNode() is None:
        node.AddDefaultStorageNode()
    storage = node.GetStorageNode()
    storage.SetFileName(str(folder / "seg.seg.nrrd"))
    assert storage.WriteData(node)
    host.scene.SetURL(str(folder / "scene.mrml"))
    host.scene.SetRootDirectory(str(folder))
    assert host.scene.Commit()
    other = a_host()
    for kind in ("vtkMRMLSegmentationNode", "vtkMRMLSegmentationDisplayNode", "vtkMRMLSegmentationStorageNode"):
        import slicer

        other.scene.RegisterNodeClass(getattr(slicer, kind)())
    other.scene.SetURL(str(folder / "scene.mrml"))
    other.scene.SetRootDirectory(str(folder))
    assert other.scene.Connect()
    return other


def taken_over(host: MrmlHost) -> Opened:
    ((node_id, _),) = host.candidates()
    return host.take_over(node_id)


def edited(host: MrmlHost) -> History:
    document = two_groups()
    history = History(document)
    host.show(document, history, name="seg")
    history.do(Command("Paint", [VoxelPatch.of_array(0, 0, Box((0, 0, 0), (1, 2, 3)), 1)]))
    history.do(op.rename_labels(document, [2], "Milz"))
    history.do(Command("Contour", [PropertyChange(None, "extras", {"contours": [[1, 2.5, "ü"]]})]))
    host.pump()
    return history


def test_steps_and_extras_survive_in_the_scene(tmp_path: Path) -> None:
    host = a_host()
    history = edited(host)
    opened = taken_over(saved_and_loaded(host, tmp_path))
    assert_same(opened.view.document, history.segmentation)
    assert opened.history.undo_titles == history.undo_titles
    for _ in range(3):
        opened.history.undo()
        history.undo()
    assert_same(opened.view.document, history.segmentation)
    assert_same(opened.view.document, two_groups_of(history))
    opened.history.redo()
    assert np.all(opened.view.document.group(0).array[0, 0, :2, :3] == 1)


def two_groups_of(history: History) -> Any:
    """The beginning, with the identity that documents are given when they are made."""
    start = two_groups()
    start.uid = history.segmentation.uid
    return start


def test_steps_of_a_node_that_others_changed_are_not_taken(tmp_path: Path) -> None:
    host = a_host()
    edited(host)
    other = saved_and_loaded(host, tmp_path)
    first = taken_over(other)
    first.history.do(Command("More", [VoxelPatch.of_array(0, 0, Box((2, 2, 2), (3, 3, 3)), 2)]))
    other.pump()
    other.close()  # the node shows the new voxel, and keeps the steps from before it
    again = taken_over(other)
    assert (again.history.can_undo, again.notes) == (False, ())


def test_damaged_steps_are_told_and_nothing_else_is_lost(tmp_path: Path) -> None:
    host = a_host()
    history = edited(host)
    other = saved_and_loaded(host, tmp_path)
    ((node_id, _),) = other.candidates()
    other.scene.GetNodeByID(node_id).SetAttribute("MultiLabelSeg.Steps", "no steps at all")
    opened = other.take_over(node_id)
    assert "nothing can be undone" in opened.notes[0]
    assert_same(opened.view.document, history.segmentation)
