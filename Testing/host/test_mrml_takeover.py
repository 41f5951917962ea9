"""Segmentation nodes that are there already become documents: ours with all they held, and anybody's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from MultiLabelSegLib.core import Box, Geometry, Group, Label, Segmentation
from MultiLabelSegLib.edit import History, Proposal, resolve
from MultiLabelSegLib.edit import operations as op
from MultiLabelSegLib.edit.changes import Command
from MultiLabelSegLib.errors import HostError
from MultiLabelSegLib.host.mrml_record import FRAMES
from MultiLabelSegLib.host.mrml_scene import add_segmentation_node
from MultiLabelSegLib.host.mrml_takeover import Taken, document_from_node
from MultiLabelSegLib.host.mrml_view import SegmentationView
from Testing.host.mrml_cases import (
    SegmentEditor,
    add_segment,
    described,
    foreign_node,
    geometry,
    image_of,
    new_scene,
    two_groups,
)
from Testing.properties.documents import snapshot

pytestmark = pytest.mark.slicer_core


@pytest.fixture
def scene() -> Any:
    return new_scene()


def node_of(scene: Any, document: Segmentation, frame: int = 0) -> Any:
    view = SegmentationView(document, add_segmentation_node(scene, "ours"), frame=frame)
    view.detach()
    return view.node


def shown_again(taken: Taken, node: Any) -> SegmentationView:
    return SegmentationView(taken.document, node, frame=taken.frame, adopted=taken.ids)


def test_a_node_of_ours_gives_the_document_back(scene: Any) -> None:
    document = two_groups()
    taken = document_from_node(node_of(scene, document))
    assert snapshot(taken.document) == snapshot(document)
    assert taken.document.geometry == document.geometry
    assert taken.document.extras == document.extras
    assert taken.notes == ()


def test_empty_groups_and_documents_without_labels_come_back(scene: Any) -> None:
    zeros = np.zeros(geometry().full_shape, np.uint8)
    document = Segmentation(geometry(), [Group(zeros.copy(), (), "A"), Group(zeros.copy(), (), "B")], uid="u")
    taken = document_from_node(node_of(scene, document))
    assert snapshot(taken.document) == snapshot(document)
    assert taken.document.geometry == document.geometry


def test_all_frames_come_back_with_the_shown_one(scene: Any) -> None:
    document = two_groups(time_steps=3)
    document = Segmentation(
        document.geometry.with_time(3, (0.0, 10.0, 20.0, 40.0)), [group.copy() for group in document.groups], uid="u"
    )
    taken = document_from_node(node_of(scene, document, frame=2))
    assert taken.frame == 2
    assert taken.document.geometry == document.geometry
    assert snapshot(taken.document) == snapshot(document)


@pytest.mark.parametrize("text", ["{}", '{"frame":0,"time_steps":2,"time_bounds":[],"groups":[["uint8","AAAA"]]}'])
def test_damaged_frames_are_refused_by_name(scene: Any, text: str) -> None:
    node = node_of(scene, two_groups(time_steps=2))
    node.SetAttribute(FRAMES, text)
    with pytest.raises(HostError, match="the frames that 'ours' keeps are damaged"):
        document_from_node(node)


def test_taking_over_changes_nothing_and_the_view_keeps_ids_and_foreign_tags(scene: Any) -> None:
    node = node_of(scene, two_groups())
    node.GetSegmentation().GetSegment("Segment_7").SetTag("Own.Tag", "x")
    before = described(node)
    taken = document_from_node(node)
    assert described(node) == before
    view = shown_again(taken, node)
    assert view.segmentation.GetSegmentIDs() == tuple(segment[0].id for segment in before["segments"])
    assert described(node)["segments"][3][0].tags["Own.Tag"] == "x"
    again = document_from_node(node)
    assert snapshot(again.document) == snapshot(taken.document)


def test_a_scene_that_was_saved_and_opened_keeps_record_and_frames(scene: Any, tmp_path: Path) -> None:
    document = two_groups(time_steps=2)
    view = SegmentationView(document, add_segmentation_node(scene, "ours"))
    path = tmp_path / "scene.mrml"
    scene.SetURL(str(path))
    scene.SetRootDirectory(str(tmp_path))
    storage = scene.AddNewNodeByClass("vtkMRMLSegmentationStorageNode")
    storage.SetFileName(str(tmp_path / "ours.seg.nrrd"))
    view.node.SetAndObserveStorageNodeID(storage.GetID())
    view.keep_frames()
    assert storage.WriteData(view.node)
    scene.Commit()
    opened = new_scene()
    opened.SetURL(str(path))
    assert opened.Connect()
    taken = document_from_node(opened.GetFirstNodeByClass("vtkMRMLSegmentationNode"))
    assert taken.document.extras == document.extras
    assert snapshot(taken.document) == snapshot(document)
    assert taken.document.geometry.is_congruent(document.geometry)


def test_a_copy_of_the_node_is_taken_over_like_the_node(scene: Any) -> None:
    document = two_groups()
    node = node_of(scene, document)
    copy = foreign_node(scene, "copy")
    copy.Copy(node)
    copied = document_from_node(copy).document
    assert copied.extras == document.extras
    assert copied.properties == document.properties
    # Slicer notes in each copied segment that its name and colour were generated, and gives grey ones another colour
    generated = ("Slicer.NameAutoGenerated", "Slicer.ColorAutoGenerated")
    for mine, theirs in zip(document.groups, copied.groups, strict=True):
        np.testing.assert_array_equal(mine.array, theirs.array)
        assert mine.name == theirs.name
        for label, found in zip(mine.labels, theirs.labels, strict=True):
            kept = {key: value for key, value in found.properties.items() if key not in generated}
            assert found.with_(properties=kept, color=label.color) == label


def test_a_node_of_the_segment_editor_becomes_one_group_a_layer(scene: Any) -> None:
    where = geometry()
    node = foreign_node(scene)
    editor = SegmentEditor(scene, node, where)
    first = node.GetSegmentation().AddEmptySegment("", "first")
    second = node.GetSegmentation().AddEmptySegment("", "second")
    editor.paint(first, (0, 0, 0), (2, 2, 2))
    editor.paint(second, (2, 2, 2), (4, 5, 6))
    third = node.GetSegmentation().AddEmptySegment("", "over both")
    editor.paint(third, (1, 1, 1), (3, 4, 4), overwrite=False)
    node.GetSegmentation().AddEmptySegment("", "empty")
    taken = document_from_node(node)
    document = taken.document
    voxels = {label.name: int(document.mask(label.value).sum()) for label in document.labels}
    assert voxels == {"first": 8, "second": 24, "over both": 18, "empty": 0}
    assert document.group_of(document.label("over both").value) is not document.group_of(document.label("first").value)
    assert document.geometry.is_congruent(where)
    assert all(label.locked for label in document.labels)
    view = shown_again(taken, node)
    assert snapshot(document_from_node(view.node).document)[0] == snapshot(document)[0]


def test_segments_of_own_cropped_images_are_put_on_the_reference_grid(scene: Any) -> None:
    where = geometry()
    node = foreign_node(scene)
    SegmentEditor(scene, node, where)
    volume = scene.GetFirstNodeByName("CT")
    node.SetReferenceImageGeometryParameterFromVolumeNode(volume)
    add_segment(node, "a", image_of(np.ones((1, 2, 3), np.uint8), where, (2, 1, 1)), 1, "a")
    add_segment(node, "b", image_of(np.full((2, 2, 2), 9, np.int16), where, (0, 3, 4)), 9, "b")
    taken = document_from_node(node)
    document = taken.document
    assert document.geometry.is_congruent(where)
    assert np.argwhere(document.mask("a")[0]).min(axis=0).tolist() == [2, 1, 1]
    assert document.mask("a").sum() == 6
    assert np.argwhere(document.mask("b")[0]).min(axis=0).tolist() == [0, 3, 4]
    assert [label.value for label in document.labels] == [1, 9]
    assert len(document.groups) == 2


def test_values_that_are_taken_are_changed_and_said(scene: Any) -> None:
    where = geometry()
    node = foreign_node(scene)
    add_segment(node, "a", image_of(np.ones((1, 2, 3), np.uint8), where), 1, "a")
    add_segment(node, "b", image_of(np.ones((2, 2, 2), np.uint8), where), 1, "b")
    add_segment(node, "c", image_of(np.full((1, 1, 1), 70000, np.int32), where), 70000, "c")
    taken = document_from_node(node)
    assert {label.name: label.value for label in taken.document.labels} == {"a": 1, "b": 2, "c": 3}
    assert taken.notes == (
        "'b' has the value 2; 1 was taken or too high",
        "'c' has the value 3; 70000 was taken or too high",
    )
    assert taken.document.mask("c").sum() == 1
    assert taken.document.mask("b").sum() == 8


def test_voxels_outside_of_the_reference_make_the_grid_larger(scene: Any) -> None:
    where = geometry()
    node = foreign_node(scene)
    SegmentEditor(scene, node, where)
    node.SetReferenceImageGeometryParameterFromVolumeNode(scene.GetFirstNodeByName("CT"))
    add_segment(node, "a", image_of(np.ones((2, 1, 4), np.uint8), where, (-1, 4, 4)), 1, "a")
    document = document_from_node(node).document
    assert document.geometry.shape == (5, 5, 8)
    assert document.mask("a").sum() == 8
    assert where.offset_of(document.geometry) == (-1, 0, 0)


def test_two_segments_of_the_same_voxels_become_two_labels(scene: Any) -> None:
    node = foreign_node(scene)
    image = image_of(np.ones((2, 2, 2), np.uint8), geometry())
    add_segment(node, "a", image, 1, "a")
    add_segment(node, "b", image, 1, "b")
    taken = document_from_node(node)
    assert taken.document.mask("a").sum() == 8
    assert taken.document.mask("b").sum() == 8
    assert any("overlap" in note for note in taken.notes)


def test_a_segment_on_another_lattice_is_resampled(scene: Any) -> None:
    fine = Geometry.from_parts((4, 4, 4), (1.0, 1.0, 1.0))
    coarse = Geometry.from_parts((2, 2, 2), (2.0, 2.0, 2.0), (0.5, 0.5, 0.5))
    node = foreign_node(scene)
    add_segment(node, "fine", image_of(np.ones((4, 4, 4), np.uint8), fine), 1, "fine")
    add_segment(node, "coarse", image_of(np.full((2, 2, 2), 2, np.uint8), coarse), 2, "coarse")
    document = document_from_node(node).document
    assert document.geometry == fine
    assert document.mask("coarse").sum() == 64


def test_surfaces_get_voxels_and_an_unknown_grid_is_refused(scene: Any) -> None:
    with pytest.raises(HostError, match="'Foreign' has neither voxels nor a reference image"):
        document_from_node(foreign_node(scene))
    import vtk

    sphere = vtk.vtkSphereSource()
    sphere.SetRadius(10.0)
    sphere.Update()
    node = add_segmentation_node(scene, "surface")
    node.SetSourceRepresentationToClosedSurface()
    node.AddSegmentFromClosedSurfaceRepresentation(sphere.GetOutput(), "ball", (1.0, 0.0, 0.0), "ball")
    taken = document_from_node(node)
    volume = taken.document.mask("ball").sum() * taken.document.geometry.voxel_volume_mm3
    assert volume == pytest.approx(4 / 3 * np.pi * 1000, rel=0.15)
    assert "were surfaces" in taken.notes[0]


def test_segments_copied_from_another_document_are_labels_like_any_other(scene: Any) -> None:
    other = two_groups()
    node = node_of(scene, Segmentation(geometry(), [Group(np.ones(geometry().full_shape, np.uint8), [Label(1, "mine"),
        Label(2, "b"), Label(3, "c"), Label(4, "d")])], uid="mine"))  # fmt: skip
    other.uid = "other"
    source = node_of(scene, other)
    assert node.GetSegmentation().CopySegmentFromSegmentation(source.GetSegmentation(), "Segment_7", False)
    document = document_from_node(node).document
    assert document.uid == "mine"
    assert document.mask("Lesion").sum() == other.mask(7).sum()
    assert document.mask("mine").all()


def test_a_document_taken_over_can_be_edited_and_undone_in_its_node(scene: Any) -> None:
    node = node_of(scene, two_groups())
    taken = document_from_node(node)
    history = History(taken.document)
    view = SegmentationView(taken.document, node, history=history, adopted=taken.ids)
    before = described(node)
    region = np.ones((1, 2, 2), np.uint8)
    proposal = Proposal(1, region, {1: 8}, Box((0, 0, 0), (1, 2, 2)))
    history.do(Command("dab", resolve(taken.document, proposal).patches))
    history.do(op.rename_labels(taken.document, 7, "other"))
    assert described(node) != before
    history.undo()
    history.undo()
    assert described(node) == before
    assert not view.is_touched
