"""The workbench's slice views on a large case: dab to picture, scrolling, label tables, window and level.

    QT_QPA_PLATFORM=offscreen python Testing/benchmarks/bench_views.py [big|small|tiny]

Milliseconds of CPU time of all threads, medians: the machine may be busy. Axial, coronal and sagittal views of
490 x 390, 114 labels in two groups. "ours" is what the library does in Python and numpy and with Qt's painter;
"picture" is everything until Qt has the finished picture, the cutting by Slicer's slice logic included. Beside it what
Slicer's displayable manager takes for one picture of the same node, off screen.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_API", "pyside6")  # as the workbench chooses
sys.path[:0] = [str(Path(__file__).parents[2] / "MultiLabelSeg"), str(Path(__file__).parent)]

import numpy as np  # noqa: E402
from bench_host import SIZE, document_of  # noqa: E402
from case import load  # noqa: E402
from qtpy import QtCore, QtWidgets  # noqa: E402
from slicer_drawing import SlicerDrawing  # noqa: E402

from MultiLabelSegLib.core import Box, Image, Segmentation  # noqa: E402
from MultiLabelSegLib.edit import Command, History, Proposal, resolve  # noqa: E402
from MultiLabelSegLib.edit import operations as op  # noqa: E402
from MultiLabelSegLib.host.mrml import MrmlHost  # noqa: E402
from MultiLabelSegLib.host.mrml_images import volume_from_image  # noqa: E402
from MultiLabelSegLib.workbench.canvas import Canvas  # noqa: E402
from MultiLabelSegLib.workbench.render_scene import RenderScene  # noqa: E402
from MultiLabelSegLib.workbench.slice_view import SliceView  # noqa: E402


def milliseconds(job: Callable[[], object], times: int = 21, before: Callable[[], object] | None = None) -> float:
    """Median CPU time of some runs after a first one; ``before`` is not counted."""
    measured = []
    for _ in range(times + 1):
        if before is not None:
            before()
        began = time.process_time()
        job()
        measured.append((time.process_time() - began) * 1e3)
    return statistics.median(measured[1:])


def line(what: str, ours: float | None, limit: str, picture: float | None = None, allowed: str = "") -> None:
    """One row."""
    told = "" if ours is None else f"{ours:.2f}"
    shown = "" if picture is None else f"{picture:.1f}"
    print(f"{what:44} {told:>8} {limit:>8} {shown:>10} {allowed:>8}", flush=True)


class Dabs:
    """Dabs of a brush in the middle of the axial slice that is shown, in turn with two labels."""

    def __init__(self, document: Segmentation, history: History, index: int) -> None:
        self._history = history
        middle = [size // 2 for size in document.geometry.shape]
        whole = Box.whole(document.geometry.shape)
        box = Box((index, middle[1], middle[2]), (index + 1, middle[1] + 31, middle[2] + 31)).intersection(whole)
        free = frozenset(document.values)
        round_ = np.hypot(*np.ogrid[-15:16, -15:16]) <= 15.5
        mask = round_[None, : box.shape[1], : box.shape[2]].astype(np.uint8)
        self._patches = [
            resolve(document, Proposal(0, mask, {1: value}, box, unlocked=free)).patches for value in (5, 6)
        ]
        self._number = 0

    def __call__(self) -> None:
        self._number += 1
        self._history.do(Command("dab", self._patches[self._number % 2]))


def measure_dab(view: SliceView, dab: Dabs) -> None:
    """From the change of the document to the picture."""

    def ours() -> None:
        dab()
        view.refresh()

    def picture() -> None:
        dab()
        view.repaint()

    line("dab, document, node and labels", milliseconds(ours), "5", milliseconds(picture), "60")
    view.set_frame(view.frame.zoomed(2.0, 245, 195))
    view.repaint()
    line("the same, enlarged twice", milliseconds(ours), "5", milliseconds(picture), "60")
    view.reset()
    view.repaint()


class Slicers:
    """What Slicer takes within each picture: moving its slice node, and cutting."""

    def __init__(self, view: SliceView) -> None:
        self._picture, self._taken = view.picture, [0.0]
        place, cut = view.picture.place, view.picture.cut

        def timed_place(*arguments: Any) -> None:
            began = time.process_time()
            place(*arguments)
            self._taken.append((time.process_time() - began) * 1e3)

        def timed_cut(producer: Any) -> None:
            began = time.process_time()
            cut(producer)
            self._taken[-1] += (time.process_time() - began) * 1e3

        self._picture.place, self._picture.cut = timed_place, timed_cut  # type: ignore[method-assign]

    @property
    def last(self) -> float:
        """Of the last picture."""
        return self._taken[-1]

    def stop(self) -> float:
        """The median; measures no more."""
        del self._picture.place, self._picture.cut
        return statistics.median(self._taken[2:])


def measure_scrolling(views: tuple[SliceView, ...], settle: Callable[[], None]) -> None:
    """One slice on; what Slicer's logic takes for the grey picture is measured within and taken off each time.

    The strip above the view follows when the picture is there, and is not counted (``bench_workbench.py`` has it).
    """
    for view in views:
        slicers, ours = Slicers(view), []

        def scroll(view: SliceView = view) -> None:
            view.scroll(1)
            view.repaint()

        def measured(job: Callable[[], None], slicers: Slicers, ours: list[float]) -> None:
            began = time.process_time()
            job()
            ours.append((time.process_time() - began) * 1e3 - slicers.last)

        whole = milliseconds(lambda: measured(scroll, slicers, ours), 41, settle)  # noqa: B023 - called at once
        slicer = slicers.stop()
        line(f"scroll, {view.name} (Slicer's cut {slicer:.1f})", statistics.median(ours[1:]), "3", whole, "60")


def measure_labels(canvas: Canvas, document: Segmentation, history: History, settle: Callable[[], None]) -> None:
    """Visibility of a folder, one label's colour, style and opacity: until all three views are drawn."""
    folder = [label.value for label in document.groups[0].labels]
    flags, turn = iter([False, True] * 100), iter(range(10**6))

    def shown(job: Callable[[], object]) -> Callable[[], None]:
        def run() -> None:
            job()
            settle()
            for view in canvas.views:
                view.repaint()

        return run

    line("toggle a folder of 104 labels, all views", None, "", milliseconds(
        shown(lambda: history.do(op.set_visible(document, next(flags), folder)))), "50")  # fmt: skip
    line("one label's colour, all views", None, "", milliseconds(
        shown(lambda: history.do(op.set_color(document, (0.1, 0.2, next(turn) % 9 / 10), 7)))), "50")  # fmt: skip
    line("labels on and off (H), all views", None, "", milliseconds(shown(canvas.toggle_overlay)), "50")
    canvas.set_style("outlined")
    line("opacity of all, outlined, all views", None, "", milliseconds(
        shown(lambda: canvas.set_opacity(next(turn) % 9 / 9))), "50")  # fmt: skip
    canvas.set_style("filled")
    canvas.set_opacity(1.0)
    line("window and level, all views", None, "", milliseconds(
        shown(lambda: canvas.set_window_level(300 + next(turn) % 9, 40))), "")  # fmt: skip


def slicer_picture(place: RenderScene, view: SliceView, dab: Dabs) -> float:
    """A dab until Slicer's displayable manager of segmentations has drawn it, off screen."""
    drawing = SlicerDrawing.of(place.application, SIZE)
    drawing.group.SetMRMLDisplayableNode(view.picture.node)

    def run() -> None:
        dab()
        drawing.window.Render()

    took = milliseconds(run, 5)
    drawing.group.SetMRMLDisplayableNode(None)
    return took


def main() -> None:
    name = sys.argv[1] if len(sys.argv) > 1 else "big"
    application = QtWidgets.QApplication([])
    document = document_of(name)
    for group in document.groups:
        group.counts()  # what the panel shows beside every label
    history = History(document)
    place = RenderScene()
    host = MrmlHost(place.scene, None, print)  # type: ignore[arg-type]  # nothing is stored
    canvas = Canvas(host, None, place)
    volume = volume_from_image(place.scene, Image(load(name, "ct"), document.geometry), "CT")
    canvas.resize(2 * SIZE[0] + 3, 2 * (SIZE[1] + 26) + 3)
    canvas.show()

    def settle() -> None:
        host.pump()
        for _ in range(3):
            application.processEvents()

    began = time.process_time()
    canvas.set_image(volume.GetID())
    canvas.show_document(host.show(document, history, image_id=volume.GetID()))
    canvas.set_window_level(400, 40)
    settle()
    opened = (time.process_time() - began) * 1e3
    view = canvas.view("axial")
    print(f"{name}: {document.geometry}, {len(document.labels)} labels; {view.width()} x {view.height()} points")
    print(f"{'':44} {'ours':>8} {'wanted':>8} {'picture':>10} {'wanted':>8}")
    line("show the document and its image", None, "", opened)
    view.setAttribute(QtCore.Qt.WA_UnderMouse, True)
    dab = Dabs(document, history, view.frame.slice)
    measure_dab(view, dab)
    measure_scrolling(canvas.views, settle)
    measure_labels(canvas, document, history, settle)
    line("the dab by Slicer's displayable manager", None, "", slicer_picture(place, view, dab))
    began = time.process_time()
    canvas.request_surfaces()
    line("surfaces: the view waits", (time.process_time() - began) * 1e3, "50")
    while canvas.is_making_surfaces:
        settle()
        time.sleep(0.01)
    line("surfaces of all labels, in the background", None, "", (time.process_time() - began) * 1e3)
    line("3D picture", None, "", milliseconds(lambda: (canvas.volume.request(), canvas.volume.repaint()), 3))
    canvas.close_canvas()
    host.close()


if __name__ == "__main__":
    main()
