"""A segmentation node's place in its scene: made, named, put below its image in the subject hierarchy."""

from __future__ import annotations

from typing import Any

from ..errors import HostError


def add_segmentation_node(scene: Any, name: str) -> Any:
    """A new ``vtkMRMLSegmentationNode`` with a name that no other node has."""
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", scene.GenerateUniqueName(name or "Segmentation"))
    if node is None:
        raise HostError("the scene cannot hold segmentations; Slicer's Segmentations module is not loaded")
    return node


def put_below_image(node: Any, volume: Any) -> None:
    """Makes the node a child of its image, and the image its reference. An image of another scene is not possible."""
    import slicer

    node.SetNodeReferenceID(node.GetReferenceImageGeometryReferenceRole(), volume.GetID())
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(node.GetScene())
    if hierarchy is None:
        return
    parent, child = (_item(hierarchy, wanted) for wanted in (volume, node))
    if hierarchy.GetItemParent(child) != parent:
        hierarchy.SetItemParent(child, parent)


def remove_from_scene(node: Any) -> None:
    """Takes a node out of its scene, and its line out of the subject hierarchy.

    Slicer's application does the latter by itself; without it the hierarchy would keep a line for a node that is gone
    and complain about that later.
    """
    import slicer

    scene = node.GetScene()
    if scene is None:
        return
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    item = 0 if hierarchy is None else hierarchy.GetItemByDataNode(node)
    if item:
        hierarchy.RemoveItem(item, False, False)
    scene.RemoveNode(node)


def image_of(node: Any) -> Any | None:
    """The volume that a segmentation node names as its reference; None when it names none."""
    return node.GetNodeReference(node.GetReferenceImageGeometryReferenceRole())


def parent_of(node: Any) -> Any | None:
    """The node above in the subject hierarchy; None when there is none."""
    import slicer

    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(node.GetScene())
    item = 0 if hierarchy is None else hierarchy.GetItemByDataNode(node)
    return hierarchy.GetItemDataNode(hierarchy.GetItemParent(item)) if item else None


def _item(hierarchy: Any, node: Any) -> int:
    """The item of a node; Slicer makes one by itself, a scene outside of the application does not."""
    found = int(hierarchy.GetItemByDataNode(node))
    return found or int(hierarchy.CreateItem(hierarchy.GetSceneItemID(), node))
