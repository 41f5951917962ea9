"""Scenes of the real Slicer core, documents to show in them, and what a node tells about itself."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from MultiLabelSegLib.core import Geometry, Group, Label, Segmentation
from MultiLabelSegLib.core.geometry import ras_from_lps
from MultiLabelSegLib.host.mrml_grid import (
    LABELMAP,
    geometry_of,
    labelmap_image,
    matrix_from_affine,
    reference_grid,
    voxels_of,
)
from MultiLabelSegLib.host.mrml_scene import add_segmentation_node
from MultiLabelSegLib.host.mrml_segments import read_look, read_segment

OBLIQUE = ((0.8, -0.6, 0.0), (0.6, 0.8, 0.0), (0.0, 0.0, 1.0))


def new_scene() -> Any:
    """A scene that knows segmentations, as the application's does."""
    import slicer

    scene = slicer.vtkMRMLScene()
    logic = slicer.vtkSlicerSegmentationsModuleLogic()
    logic.SetMRMLScene(scene)
    scene.our_logic = logic  # lives as long as the scene
    return scene


def geometry(shape: tuple[int, int, int] = (4, 5, 6), time_steps: int = 1) -> Geometry:
    return Geometry.from_parts(shape, (0.5, 1.0, 2.5), (10.0, -20.0, 30.0), OBLIQUE, time_steps)


def two_groups(time_steps: int = 1) -> Segmentation:
    """Organs 1, 2 and 300 (locked), lesions 7 and 8 that overlap them; 8 is empty, 2 and 7 are unlocked."""
    where = geometry(time_steps=time_steps)
    organs = np.zeros(where.full_shape, np.uint16)
    organs[:, 1, 1:4, 1:3] = 1
    organs[:, 1, 1:4, 3:5] = 2
    organs[:, 3] = 300
    lesions = np.zeros(where.full_shape, np.uint8)
    lesions[:, 1, 2:4, 2:4] = 7
    if time_steps > 1:
        organs[1:, 0, 0, 0] = 2
    return Segmentation(
        where,
        [
            Group(
                organs,
                [
                    Label(1, "Liver | right: ü", (1.0, 0.0, 0.0), 0.25, tracking_id="t", properties={"a": [1, None]}),
                    Label(2, "Spleen", (0.5, 0.5, 0.5), locked=False, visible=False),
                    Label(300, "Table\nwith break", (0.1, 0.2, 0.3), description="100 %"),
                ],
                "Organs",
                {"order": 1},
            ),
            Group(lesions, [Label(7, "Lesion", locked=False), Label(8, "Cyst")], "Lesions"),
        ],
        uid="our-document",
        properties={"modality": "CT"},
        extras={"contours": [[1.5, 2.5]], "text": "a|b:c%"},
    )


def positions(segment: Any) -> NDArray[np.float64]:
    """The centres of a segment's voxels in RAS mm, (n, 3), in the order of the voxels."""
    image = segment.GetRepresentation(LABELMAP)
    where = geometry_of(image)
    voxels = voxels_of(image)
    if where is None or voxels is None:
        return np.zeros((0, 3))
    affine = ras_from_lps(where.ijk_to_lps)
    found = np.argwhere(voxels == segment.GetLabelValue())[:, ::-1]
    return np.round(found @ affine[:3, :3].T + affine[:3, 3], 6)


def described(node: Any) -> dict[str, Any]:
    """All that a node tells: attributes, grid, and of each segment in its order names, tags, look, layer, voxels."""
    segmentation, display = node.GetSegmentation(), node.GetDisplayNode()
    segments = []
    for segment_id in segmentation.GetSegmentIDs():
        segment = segmentation.GetSegment(segment_id)
        look = read_look(display, segment_id)
        layer = segmentation.GetLayerIndex(segment_id)
        where = positions(segment).tolist()
        segments.append((read_segment(segment, segment_id), look.visible, round(look.opacity, 5), layer, where))
    attributes = {name: node.GetAttribute(name) for name in sorted(node.GetAttributeNames())}
    return {"segments": segments, "attributes": attributes, "grid": str(reference_grid(node))}


def values_in(node: Any, segment_ids: list[str]) -> list[int]:
    """Voxels of some segments."""
    return [len(positions(node.GetSegmentation().GetSegment(segment_id))) for segment_id in segment_ids]


def foreign_node(scene: Any, name: str = "Foreign") -> Any:
    """A node as Slicer's own modules make it, with a display node and no segments."""
    node = add_segmentation_node(scene, name)
    node.CreateDefaultDisplayNodes()
    node.GetSegmentation().SetSourceRepresentationName(LABELMAP)
    return node


def add_segment(node: Any, segment_id: str, image: Any, value: int, name: str = "") -> Any:
    """A segment on an image, without any tag of ours."""
    import slicer

    segment = slicer.vtkSegment()
    segment.SetName(name or segment_id)
    segment.SetColor(0.25, 0.5, 0.75)
    segment.AddRepresentation(LABELMAP, image)
    segment.SetLabelValue(value)
    node.GetSegmentation().AddSegment(segment, segment_id)
    return segment


def image_of(array: NDArray[Any], where: Geometry, start_kji: tuple[int, int, int] = (0, 0, 0)) -> Any:
    """A label map whose first voxel is ``start_kji`` of a grid; it keeps its array alive."""
    k, j, i = start_kji
    image = labelmap_image(np.ascontiguousarray(array), Geometry(array.shape, where.ijk_to_lps))
    size_k, size_j, size_i = array.shape
    image.SetExtent(i, i + size_i - 1, j, j + size_j - 1, k, k + size_k - 1)
    return image


class SegmentEditor:
    """Slicer's own Segment Editor on a node, driven as its effects drive it."""

    def __init__(self, scene: Any, node: Any, where: Geometry) -> None:
        import slicer
        import vtk

        self.node, self._where = node, where
        volume = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "CT")
        data = vtk.vtkImageData()
        data.SetDimensions(*where.size)
        data.AllocateScalars(vtk.VTK_SHORT, 1)
        volume.SetAndObserveImageData(data)
        volume.SetIJKToRASMatrix(matrix_from_affine(where.ijk_to_ras))
        self.parameters = scene.AddNewNodeByClass("vtkMRMLSegmentEditorNode")
        self.logic = slicer.vtkSlicerSegmentEditorLogic()
        self.logic.SetMRMLScene(scene)
        self.logic.SetSegmentEditorNode(self.parameters)
        self.logic.SetSegmentationNode(node)
        self.logic.SetSourceVolumeNode(volume)
        self.logic.UpdateReferenceGeometryImage()

    def paint(self, segment_id: str, lower: tuple[int, int, int], upper: tuple[int, int, int], *, erase: bool = False,
              overwrite: bool = True) -> None:  # fmt: skip
        """Paints or erases a box of voxels, ``lower`` to ``upper`` (exclusive), both (k, j, i)."""
        import slicer
        import vtk

        mode = self.parameters.OverwriteAllSegments if overwrite else self.parameters.OverwriteNone
        self.parameters.SetOverwriteMode(mode)
        self.parameters.SetSelectedSegmentID(segment_id)
        (k0, j0, i0), (k1, j1, i1) = lower, upper
        extent = (i0, i1 - 1, j0, j1 - 1, k0, k1 - 1)
        modifier = slicer.vtkOrientedImageData()
        modifier.SetExtent(*extent)
        modifier.SetGeometryFromImageToWorldMatrix(matrix_from_affine(self._where.ijk_to_ras))
        modifier.AllocateScalars(vtk.VTK_UNSIGNED_CHAR, 1)
        modifier.GetPointData().GetScalars().Fill(1)
        action = self.logic.ModificationModeRemove if erase else self.logic.ModificationModeAdd
        self.logic.ModifySegmentByLabelmap(self.node, segment_id, modifier, action, extent, False, False)
