"""The real Slicer core in a process of its own: loads segmentations, edits them as a user would, and saves them.

Slicer prints much and may end a process its own way, so the tests never import it; they talk to this program.
A request is a line of JSON, ``{"op": "load", "path": ..., "arrays": FILE.npz}``, an answer ``{"ok": ...}`` or
``{"error": ...}``. Positions of voxels are left in the .npz file that the request names. What VTK prints goes to the
standard error, and the answers go where the standard output was.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import numpy as np

_answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)

import slicer  # noqa: E402
import vtk  # noqa: E402
from vtk.util.numpy_support import vtk_to_numpy  # noqa: E402

_LABELMAP = "Binary labelmap"
Request = dict[str, Any]


def load(path: str) -> tuple[Any, Any, Any]:
    """(scene, segmentation node, storage node) of a file."""
    scene = slicer.vtkMRMLScene()
    logic = slicer.vtkSlicerSegmentationsModuleLogic()
    logic.SetMRMLScene(scene)  # makes the kinds of representations known, as in the application
    node = slicer.vtkMRMLSegmentationNode()
    scene.AddNode(node)
    storage = slicer.vtkMRMLSegmentationStorageNode()
    scene.AddNode(storage)
    storage.SetFileName(path)
    if not storage.ReadData(node):
        raise RuntimeError(f"Slicer does not load this: {storage.GetUserMessages().GetAllMessagesAsString()}")
    return scene, node, storage


def save(node: Any, storage: Any, path: str, crop: bool) -> None:
    """Saves as the user's Save does; ``crop`` is the option to store the smallest box only."""
    storage.SetFileName(path)
    storage.SetUseCompression(1)
    storage.SetCropToMinimumExtent(crop)
    if not storage.WriteData(node):
        raise RuntimeError(f"Slicer does not save this: {storage.GetUserMessages().GetAllMessagesAsString()}")


def positions_lps(segment: Any) -> np.ndarray:
    """Centres of a segment's voxels in LPS mm, (n, 3)."""
    image = segment.GetRepresentation(_LABELMAP)
    i0, i1, j0, j1, k0, k1 = image.GetExtent()
    if i1 < i0 or j1 < j0 or k1 < k0:
        return np.zeros((0, 3))
    array = vtk_to_numpy(image.GetPointData().GetScalars()).reshape(k1 - k0 + 1, j1 - j0 + 1, i1 - i0 + 1)
    found = np.argwhere(array == segment.GetLabelValue())[:, ::-1] + (i0, j0, k0)
    matrix = vtk.vtkMatrix4x4()
    image.GetImageToWorldMatrix(matrix)
    to_ras = np.array([[matrix.GetElement(row, column) for column in range(4)] for row in range(4)])
    return (found @ to_ras[:3, :3].T + to_ras[:3, 3]) * (-1, -1, 1)


def tag(segment: Any, key: str) -> str | None:
    value = vtk.reference("")
    return str(value) if segment.GetTag(key, value) else None


def describe(node: Any, request: Request) -> dict[str, Any]:
    """All segments as JSON; the positions of their voxels go to ``arrays``. ``tags`` names the tags to report."""
    segmentation = node.GetSegmentation()
    segments = []
    arrays = {}
    for number in range(segmentation.GetNumberOfSegments()):
        segment = segmentation.GetNthSegment(number)
        segment_id = segmentation.GetNthSegmentID(number)
        segments.append(
            {
                "id": segment_id,
                "name": segment.GetName(),
                "color": list(segment.GetColor()),
                "value": segment.GetLabelValue(),
                "layer": segmentation.GetLayerIndex(segment_id),
                "tags": {key: tag(segment, key) for key in request.get("tags", [])},
            }
        )
        arrays[f"segment_{number}"] = positions_lps(segment)
    np.savez(request["arrays"], **arrays)
    return {"segments": segments, "layers": segmentation.GetNumberOfLayers()}


def add_segment(segmentation: Any, like: str, segment_id: str, box: list[int]) -> None:
    """A new segment in a layer of its own: a box of voxels, i0 i1 j0 j1 k0 k1, on the grid of segment ``like``."""
    matrix = vtk.vtkMatrix4x4()
    segmentation.GetSegment(like).GetRepresentation(_LABELMAP).GetImageToWorldMatrix(matrix)
    image = slicer.vtkOrientedImageData()
    image.SetExtent(*box)
    image.AllocateScalars(vtk.VTK_UNSIGNED_CHAR, 1)
    image.GetPointData().GetScalars().Fill(1)
    image.SetGeometryFromImageToWorldMatrix(matrix)
    segment = slicer.vtkSegment()
    segment.SetName(segment_id)
    segment.SetColor(1.0, 0.5, 0.25)
    segment.AddRepresentation(_LABELMAP, image)
    segment.SetLabelValue(1)
    segmentation.AddSegment(segment, segment_id)


def edit(node: Any, step: list[Any]) -> None:
    """One step of a user: [what, segment ID, ...]."""
    segmentation = node.GetSegmentation()
    what, segment_id, *rest = step
    if what == "add":
        add_segment(segmentation, rest[0], segment_id, rest[1])
    elif what == "copy":
        scene, other, _storage = load(rest[0])  # the node lives as long as its scene
        if not segmentation.CopySegmentFromSegmentation(other.GetSegmentation(), segment_id, False):
            raise RuntimeError(f"segment {segment_id} was not copied")
        del scene
    elif what == "remove":
        segmentation.RemoveSegment(segment_id)
    elif what == "rename":
        segmentation.GetSegment(segment_id).SetName(rest[0])
    elif what == "color":
        segmentation.GetSegment(segment_id).SetColor(*rest[0])
    elif what == "tag":
        segmentation.GetSegment(segment_id).SetTag(*rest)
    elif what == "collapse":
        segmentation.CollapseBinaryLabelmaps(False)
    else:
        raise ValueError(f"no such step: {what}")


def answer(request: Request) -> dict[str, Any]:
    _, node, storage = load(request["path"])
    for step in request.get("steps", []):
        edit(node, step)
    found = describe(node, request)
    if request.get("save"):
        save(node, storage, request["save"], bool(request.get("crop")))
    return found


def main() -> None:
    vtk.vtkObject.GlobalWarningDisplayOff()
    for line in sys.stdin:
        try:
            result = {"ok": answer(json.loads(line))}
        except Exception as error:
            result = {"error": f"{type(error).__name__}: {error}"}
        _answers.write(json.dumps(result) + "\n")
        _answers.flush()
    _answers.flush()
    os._exit(0)  # nothing is left to save, and the end of Slicer's libraries is not what is tested


if __name__ == "__main__":
    main()
