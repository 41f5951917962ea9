"""A document in an MRML scene beside Slicer's own ways: showing, painting, undo, visibility, taking a node over.

    python Testing/benchmarks/bench_host.py [big|small|tiny] [--no-slicer]

Prints milliseconds of CPU time, all threads (median of some runs), and ratios from one run.
Three slice views listen as in a window, but nothing is rendered: what a picture costs is the same for everybody.
Slicer's import of a label map takes longer than everything else together; ``--no-slicer`` leaves it out.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[2] / "MultiLabelSeg"), str(Path(__file__).parent)]

import numpy as np  # noqa: E402
from case import LESION_LABELS, ORGANS, SPACINGS, load  # noqa: E402
from slicer_drawing import SlicerDrawing  # noqa: E402

from MultiLabelSegLib.core import Box, Geometry, Group, Label, Segmentation  # noqa: E402
from MultiLabelSegLib.core.naming import lut_color  # noqa: E402
from MultiLabelSegLib.edit import Command, History, OverwriteStyle, Proposal, resolve  # noqa: E402
from MultiLabelSegLib.edit import operations as op  # noqa: E402
from MultiLabelSegLib.host.mrml_foreign import ForeignWatch  # noqa: E402
from MultiLabelSegLib.host.mrml_grid import labelmap_image, matrix_from_affine, scalars_from  # noqa: E402
from MultiLabelSegLib.host.mrml_scene import add_segmentation_node  # noqa: E402
from MultiLabelSegLib.host.mrml_takeover import document_from_node  # noqa: E402
from MultiLabelSegLib.host.mrml_view import SegmentationView  # noqa: E402

#: pixels of a slice view
SIZE = (490, 390)


def milliseconds(job: Callable[[], object], times: int = 9) -> float:
    """Median CPU time of some runs."""
    measured = []
    for _ in range(times):
        began = time.process_time()
        job()
        measured.append((time.process_time() - began) * 1e3)
    return statistics.median(measured)


class Scene:
    """A scene with three slice views whose managers of segmentations listen, and no window."""

    def __init__(self) -> None:
        import slicer
        import vtk

        self.mrml = slicer.vtkMRMLScene()
        crosshair = slicer.vtkMRMLCrosshairNode()
        crosshair.SetCrosshairName("default")
        self.mrml.AddNode(crosshair)
        self.application = slicer.vtkSlicerApplicationLogic()
        self.application.SetMRMLScene(self.mrml)
        self.application.GetColorLogic().SetMRMLScene(self.mrml)
        self.slices, self.views = vtk.vtkCollection(), vtk.vtkCollection()
        self.application.SetSliceLogics(self.slices)
        self.application.SetViewLogics(self.views)
        self.segmentations = slicer.vtkSlicerSegmentationsModuleLogic()
        self.segmentations.SetMRMLScene(self.mrml)
        slicer.vtkMRMLSliceNode.AddDefaultSliceOrientationPresets(self.mrml, True)
        self.kept = [self._slice_view(name) for name in ("Red", "Yellow", "Green")]

    def _slice_view(self, name: str) -> tuple[Any, ...]:
        import slicer

        drawing = SlicerDrawing.of(self.application, SIZE)
        logic = slicer.vtkMRMLSliceLogic()
        logic.SetMRMLApplicationLogic(self.application)
        self.slices.AddItem(logic)
        logic.SetMRMLScene(self.mrml)
        node = logic.AddSliceNode(name)
        node.SetMappedInLayout(1)
        drawing.group.SetMRMLDisplayableNode(node)
        logic.ResizeSliceNode(*SIZE)
        return drawing, logic, node


def document_of(name: str) -> Segmentation:
    """104 organs, and lesions in a second group."""
    organs, lesions = load(name, "organs"), load(name, "lesions")
    where = Geometry.from_parts(organs.shape, SPACINGS[name])
    first = [Label(value, f"organ {value}", lut_color(value)) for value in range(1, ORGANS + 1)]
    last = ORGANS + LESION_LABELS
    second = [Label(value, f"lesion {value}", lut_color(value)) for value in range(ORGANS + 1, last + 1)]
    lesions = np.where(lesions > 0, lesions + np.uint8(ORGANS), np.uint8(0))
    return Segmentation(where, [Group(organs, first, "organs"), Group(lesions, second, "lesions")])


def line(what: str, ours: float, limit: str = "", theirs: float | None = None) -> None:
    """One row: ours, what was asked for, Slicer's and how many times longer that is."""
    ratio = "" if theirs is None else f"{theirs:12.1f} {theirs / ours:9.0f} x"
    print(f"{what:44} {ours:10.2f} {limit:>10} {ratio}", flush=True)


def slicer_import(scene: Scene, document: Segmentation) -> float:
    """Slicer's own import of the organs as a label map node; once, in milliseconds."""
    import vtk

    volume = scene.mrml.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode", "organs")
    data = vtk.vtkImageData()
    data.SetDimensions(*document.geometry.size)
    data.GetPointData().SetScalars(scalars_from(document.groups[0].array[0].copy()))
    volume.SetAndObserveImageData(data)
    volume.SetIJKToRASMatrix(matrix_from_affine(document.geometry.ijk_to_ras))
    node = add_segmentation_node(scene.mrml, "slicer")
    took = milliseconds(lambda: scene.segmentations.ImportLabelmapToSegmentationNode(volume, node), 1)
    assert node.GetSegmentation().GetNumberOfSegments() == len(document.groups[0].present_values())
    for segment_id in node.GetSegmentation().GetSegmentIDs():  # else Slicer takes a minute to let the node go
        node.GetSegmentation().GetSegment(segment_id).RemoveAllRepresentations()
    scene.mrml.RemoveNode(node)
    scene.mrml.RemoveNode(volume)
    return took


def slicer_dab(scene: Scene, view: SegmentationView, box: Box) -> float:
    """The same dab by the logic of Slicer's Segment Editor, in milliseconds."""
    import slicer

    editor = slicer.vtkSlicerSegmentEditorLogic()
    editor.SetMRMLScene(scene.mrml)
    parameters = scene.mrml.AddNewNodeByClass("vtkMRMLSegmentEditorNode")
    editor.SetSegmentEditorNode(parameters)
    editor.SetSegmentationNode(view.node)
    editor.UpdateReferenceGeometryImage()
    part = view.document.geometry.cropped(box.lower, box.shape)
    modifier = labelmap_image(np.ones(box.shape, np.uint8), part)
    (k, j, i), shape = box.lower, box.shape
    extent = (i, i + shape[2] - 1, j, j + shape[1] - 1, k, k + shape[0] - 1)
    modifier.SetExtent(*extent)
    modifier.SetGeometryFromImageToWorldMatrix(matrix_from_affine(view.document.geometry.ijk_to_ras))
    add = editor.ModificationModeAdd
    return milliseconds(
        lambda: editor.ModifySegmentByLabelmap(view.node, "Segment_5", modifier, add, extent, False, False), 3
    )


def main() -> None:
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    name = words[0] if words else "big"
    with_slicer = "--no-slicer" not in sys.argv
    scene, document = Scene(), document_of(name)
    history = History(document)
    print(f"{name}: {document.geometry}, {len(document.labels)} labels; CPU milliseconds")
    print(f"{'':44} {'ours':>10} {'wanted':>10} {'Slicer':>12}")

    def show() -> SegmentationView:
        return SegmentationView(document, add_segmentation_node(scene.mrml, "ours"), history=history)

    def show_and_forget() -> None:
        view = show()
        scene.mrml.RemoveNode(view.node)

    theirs = slicer_import(scene, document) if with_slicer else None
    line("show all labels in a node", milliseconds(show_and_forget, 3), "1% of it", theirs)
    view = show()
    watch = ForeignWatch(view, history)
    middle = [size // 2 for size in document.geometry.shape]
    box = Box((middle[0], middle[1], middle[2]), (middle[0] + 1, middle[1] + 31, middle[2] + 31))
    box = box.intersection(Box.whole(document.geometry.shape))
    patches = [
        resolve(
            document, Proposal(0, np.ones(box.shape, np.uint8), {1: value}, box, unlocked=frozenset(document.values))
        )
        for value in (5, 6)
    ]
    turn = iter(range(10**6))
    line("dab of the brush, document and node", milliseconds(
        lambda: history.do(Command("dab", patches[next(turn) % 2].patches)), 31), "5")  # fmt: skip
    line("undo of a dab", milliseconds(history.undo, 15), "50")
    history.do(op.merge_labels(document, 6, [5], OverwriteStyle.IGNORE_LOCKS))
    big = milliseconds(lambda: (history.undo(), history.redo()), 3) / 2
    line("undo of a whole organ given to another", big, "50")
    flags = iter([False, True] * 100)
    folder = [label.value for label in document.groups[0].labels]
    line("toggle a folder of 104 labels", milliseconds(
        lambda: history.do(op.set_visible(document, next(flags), folder)), 10), "50")  # fmt: skip
    line("one label's colour", milliseconds(
        lambda: history.do(op.set_color(document, (0.1, 0.2, next(turn) % 9 / 10), 7)), 10), "10")  # fmt: skip
    line("show another frame or refresh all", milliseconds(lambda: view.set_frame(0), 5))
    line("add a group (all layers are copied)", milliseconds(lambda: history.do(op.add_group(document, "new")), 3))
    line("take a node over as a document", milliseconds(lambda: document_from_node(view.node), 3))
    if with_slicer:
        took = slicer_dab(scene, view, box)
        line("pick up a dab of Slicer's Segment Editor", milliseconds(watch.collect, 1), "", took)
    scene.mrml.RemoveNode(view.node)


if __name__ == "__main__":
    main()
