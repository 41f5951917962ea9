"""The presenter on the real Slicer core: nodes made, taken over, closed, and changed by others."""

from __future__ import annotations

from typing import Any

import pytest

from MultiLabelSegLib.errors import ToolError
from MultiLabelSegLib.host.base import Message
from MultiLabelSegLib.host.headless import MemoryPreferences
from MultiLabelSegLib.host.mrml import MrmlHost
from MultiLabelSegLib.host.mrml_images import volume_from_image
from MultiLabelSegLib.ui.presenter import Presenter
from MultiLabelSegLib.ui.topics import Topic
from Testing.host.mrml_cases import SegmentEditor, new_scene, two_groups
from Testing.ui.panel_cases import Told, a_document, an_image

pytestmark = pytest.mark.slicer_core


class Case:
    """A scene with the image CT, and a presenter on it."""

    def __init__(self) -> None:
        self.scene = new_scene()
        self.said: list[Message] = []
        self.image_id = volume_from_image(self.scene, an_image(), "CT").GetID()
        self.host = MrmlHost(self.scene, MemoryPreferences(), self.said.append)
        self.presenter = Presenter(self.host)

    def nodes(self) -> list[Any]:
        kind = "vtkMRMLSegmentationNode"
        return [self.scene.GetNthNodeByClass(n, kind) for n in range(self.scene.GetNumberOfNodesByClass(kind))]


@pytest.fixture
def case() -> Case:
    return Case()


def test_a_new_segmentation_is_a_node_that_follows_and_goes_when_it_is_closed(case: Case) -> None:
    case.presenter.data.select_image(case.image_id)
    case.presenter.data.new_segmentation()
    case.presenter.labels.rename("l1", "Liver")
    case.host.pump()

    (node,) = case.nodes()
    assert (node.GetName(), node.GetSegmentation().GetNthSegment(0).GetName()) == ("CT-labels", "Liver")
    case.presenter.data.rename("mine")
    assert node.GetName() == "mine"
    case.presenter.data.close(discard=True)
    assert (case.nodes(), case.host.opened, case.presenter.session.current) == ([], (), None)


def test_a_node_that_is_removed_from_the_scene_is_no_document_any_more(case: Case) -> None:
    case.presenter.session.add_document(a_document(), "a")
    told = Told(case.presenter)

    case.scene.RemoveNode(case.nodes()[0])

    assert case.presenter.session.current is None
    assert Topic.DOCUMENT in told.topics


def test_a_node_of_the_scene_is_offered_and_taken_over(case: Case) -> None:
    first = Presenter(case.host)
    first.session.add_document(two_groups(), "theirs")
    first.close()
    assert len(case.nodes()) == 1

    (item,) = case.presenter.data.segmentations()
    case.presenter.data.select_segmentation(item.id)

    assert (item.title, case.presenter.session.need().name) == ("theirs", "theirs")
    assert case.presenter.session.need().document.values == (1, 2, 300, 7, 8)


def a_node_of_others(case: Case, image_id: str = "", name: str = "theirs") -> str:
    """A segmentation node on the grid of CT that nobody follows; its ID."""
    other = Presenter(case.host)
    view = other.session.add_document(a_document(), name, image_id=image_id).view
    other.close()
    return str(view.node.GetID())  # type: ignore[attr-defined]


def test_a_node_that_is_taken_over_chooses_its_reference_image(case: Case) -> None:
    second = volume_from_image(case.scene, an_image(), "T2").GetID()
    node_id = a_node_of_others(case, second)
    case.presenter.data.select_segmentation(node_id)
    assert case.presenter.data.image_id == second
    assert case.presenter.session.need().image_id == second
    assert case.presenter.data.segmentation_id == case.presenter.session.documents[0].id


def test_the_image_of_a_node_comes_before_another_that_was_chosen(case: Case) -> None:
    second = volume_from_image(case.scene, an_image(), "T2").GetID()
    node_id = a_node_of_others(case, second)
    case.presenter.data.select_image(case.image_id)
    case.presenter.data.select_segmentation(node_id)
    assert case.presenter.data.image_id == second


def test_a_node_below_an_image_without_a_reference_chooses_that_image(case: Case) -> None:
    second = volume_from_image(case.scene, an_image(), "T2").GetID()
    node_id = a_node_of_others(case, second)
    node = case.scene.GetNodeByID(node_id)
    node.SetNodeReferenceID(node.GetReferenceImageGeometryReferenceRole(), None)
    case.presenter.data.select_segmentation(node_id)
    assert case.presenter.data.image_id == second


def test_a_node_that_names_no_image_keeps_the_present_one_or_gets_one_that_it_fits(case: Case) -> None:
    second = volume_from_image(case.scene, an_image(), "T2").GetID()
    first_node, second_node = a_node_of_others(case), a_node_of_others(case)
    case.presenter.data.select_segmentation(first_node)
    assert case.presenter.data.image_id == case.image_id

    case.presenter.data.select_image(second)
    case.presenter.data.select_segmentation(second_node)
    assert case.presenter.data.image_id == second


def test_an_image_on_another_grid_is_not_chosen_but_said_to_be_the_nodes(case: Case) -> None:
    other = Presenter(case.host)
    view = other.session.add_document(two_groups(), "oblique", image_id=case.image_id).view
    other.close()
    case.presenter.data.select_segmentation(str(view.node.GetID()))  # type: ignore[attr-defined]
    assert case.presenter.session.need().name == "oblique"
    assert (case.presenter.data.image_id, case.presenter.session.need().image_id) == ("", "")
    assert any("oblique belongs to CT, which lies on another grid" in message.text for message in case.said)

    case.presenter.data.select_image(case.image_id)
    assert case.presenter.data.offer() is not None


def test_only_segmentations_on_the_images_grid_are_congruent(case: Case) -> None:
    other = Presenter(case.host)
    other.session.add_document(two_groups(), "oblique")
    other.close()
    case.presenter.data.select_image(case.image_id)

    (item,) = case.presenter.data.segmentations()

    assert (item.congruent, "size" in item.reason) == (False, True)


def test_the_preferences_change_how_nodes_are_drawn(case: Case) -> None:
    case.presenter.session.add_document(a_document(), "a")
    case.presenter.session.add_document(a_document(), "b")
    first, second = (node.GetDisplayNode() for node in case.nodes())

    case.presenter.preferences.set("outline", False)
    case.presenter.preferences.set("opacity", 0.5)
    assert (second.GetVisibility2DFill(), second.GetOpacity()) == (1, 0.5)
    case.presenter.preferences.set("selection_mode", True)
    assert (first.GetVisibility(), second.GetVisibility()) == (0, 1)
    case.presenter.data.select_segmentation(case.presenter.session.documents[0].id)
    assert (first.GetVisibility(), second.GetVisibility()) == (1, 0)
    case.presenter.preferences.set("selection_mode", False)
    assert (first.GetVisibility(), second.GetVisibility()) == (1, 1)
    case.presenter.labels.toggle_overlay()
    assert (first.GetVisibility(), second.GetVisibility()) == (0, 0)


def test_showing_and_hiding_104_labels_reaches_the_node_as_one_step(case: Case) -> None:
    case.presenter.session.add_document(a_document(), "a")
    values = case.presenter.labels.row("g0").values

    case.presenter.labels.set_visible(values, False)

    display, segmentation = case.nodes()[0].GetDisplayNode(), case.nodes()[0].GetSegmentation()
    shown = [bool(display.GetSegmentVisibility(found)) for found in segmentation.GetSegmentIDs()]
    assert shown == [False] * 4 + [True]
    case.presenter.steps.undo()
    assert len(case.presenter.steps.entries()) == 1


def test_an_edit_of_a_locked_label_by_others_is_shown_and_restored_or_accepted(case: Case) -> None:
    document = two_groups()
    case.presenter.session.add_document(document, "a")
    told = Told(case.presenter)
    editor = SegmentEditor(case.scene, case.nodes()[0], document.geometry)

    editor.paint("Segment_2", (1, 1, 1), (2, 4, 6))
    case.host.collect()

    question = case.presenter.foreign.question()
    assert question is not None
    assert (question.document, "Liver | right: ü (6 voxels)" in question.text) == ("a", True)
    assert Topic.FOREIGN in told.topics
    case.presenter.foreign.restore()
    assert (document.voxels(1), case.presenter.foreign.question()) == (6, None)
    editor.paint("Segment_2", (1, 1, 1), (2, 4, 6))
    case.host.collect()
    case.presenter.foreign.accept()
    assert document.voxels(1) == 0
    assert [title for title in case.presenter.steps.entries()][-1] == "Edit made in the scene, locked labels"


def test_what_others_did_is_picked_up_before_a_change_of_ours(case: Case) -> None:
    document = two_groups()
    case.presenter.session.add_document(document, "a")
    editor = SegmentEditor(case.scene, case.nodes()[0], document.geometry)

    editor.paint("Segment_2", (0, 0, 0), (1, 2, 3))
    case.presenter.labels.set_locked([2], True)

    assert case.presenter.steps.entries() == ["Edit made in the scene", "Lock Spleen"]


def test_without_a_foreign_edit_nothing_waits_for_an_answer(case: Case) -> None:
    assert case.presenter.foreign.question() is None
    with pytest.raises(ToolError, match="no edit waits"):
        case.presenter.foreign.accept()


def test_a_colour_volume_of_the_scene_offers_its_channels(case: Case) -> None:
    import vtk

    data = vtk.vtkImageData()
    data.SetDimensions(5, 4, 3)
    data.AllocateScalars(vtk.VTK_UNSIGNED_CHAR, 3)
    data.GetPointData().GetScalars().FillComponent(1, 9)
    volume = case.scene.AddNewNodeByClass("vtkMRMLVectorVolumeNode", "photo")
    volume.SetAndObserveImageData(data)

    case.presenter.data.select_image(volume.GetID())
    offer = case.presenter.data.offer()
    assert offer is not None
    assert [choice.title for choice in offer.choices] == ["Red", "Green", "Blue"]
    case.presenter.data.take("1")

    image = case.presenter.session.image
    assert image is not None
    assert (image.array.shape, int(image.array[0, 0, 0, 0]), case.presenter.data.channel) == ((1, 3, 4, 5), 9, 1)


def test_frames_of_image_and_document_are_shown_together(case: Case) -> None:
    image_id = case.host.add_image(an_image(2), "4D")
    case.presenter.data.select_image(image_id)
    opened = case.presenter.data.new_segmentation(time="dynamic")

    case.presenter.data.set_frame(1)

    assert (opened.view.frame, case.presenter.session.scene().t, case.presenter.session.scene().image_t) == (1, 1, 1)
    volume = case.scene.GetNodeByID(image_id)
    assert volume.GetImageData().GetScalarComponentAsDouble(0, 0, 0, 0) == 60
