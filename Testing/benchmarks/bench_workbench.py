"""The workbench as a user meets it: real mouse events in the real window on a large case, until the picture is there.

    QT_QPA_PLATFORM=offscreen python Testing/benchmarks/bench_workbench.py [big|small|tiny]

Milliseconds, medians, by the clock and of CPU time (all threads; the machine may be busy), beside the goal. The axial
view is 490 x 390; 114 labels in two groups. "ours" is what is left without cutting the slice and without Qt's repaint.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_API", "pyside6")  # as the workbench chooses
ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "MultiLabelSeg"), str(Path(__file__).parent)]

from bench_host import Scene, document_of, slicer_import  # noqa: E402
from bench_views import SIZE, Slicers  # noqa: E402
from case import load  # noqa: E402
from qtpy import QtCore, QtWidgets  # noqa: E402

from MultiLabelSegLib import write  # noqa: E402
from MultiLabelSegLib.core import Image, Segmentation  # noqa: E402
from MultiLabelSegLib.host.headless import MemoryPreferences  # noqa: E402
from MultiLabelSegLib.workbench.main_window import MainWindow  # noqa: E402
from MultiLabelSegLib.workbench.window_input import ViewInput  # noqa: E402

Job = Callable[[], object]


def measured(job: Job, times: int = 15, before: Job | None = None) -> tuple[float, float]:
    """Median milliseconds by the clock and of the processor, after a first run (``times`` 0: of the only one)."""
    clock, processor = [], []
    for _ in range(times + 1):
        if before is not None:
            before()
        began, worked = time.perf_counter(), time.process_time()
        job()
        clock.append((time.perf_counter() - began) * 1e3)
        processor.append((time.process_time() - worked) * 1e3)
    warm = 1 if times else 0
    return statistics.median(clock[warm:]), statistics.median(processor[warm:])


def line(what: str, took: tuple[float, float], goal: str = "") -> None:
    """One row."""
    print(f"{what:58} {took[0]:9.2f} {took[1]:9.2f} {goal:>9}", flush=True)


class Desk:
    """The window with the case in it, its axial view at the size of the goals."""

    def __init__(self, name: str) -> None:
        self.application = QtWidgets.QApplication.instance() or QtWidgets.QApplication([])
        self.window = MainWindow(MemoryPreferences())
        self.window.show()
        self.document: Segmentation = document_of(name)
        self.window.resize(1440, 900)
        self.window.settle()
        image = Image(load(name, "ct")[None], self.document.geometry)
        self.image_id = self.window.host.add_image(image, "CT")
        self.window.presenter.data.select_image(self.image_id)
        self.views = ViewInput(self.window.canvas)
        self.view = self.window.canvas.view("axial")

    def show_case(self) -> None:
        """The document in the window, drawn."""
        self.window.presenter.session.add_document(self.document, "CT-labels", image_id=self.image_id)
        self.settle()
        for _ in range(3):
            size = self.window.size()
            self.window.resize(
                size.width() + 2 * (SIZE[0] - self.view.width()), size.height() + 2 * (SIZE[1] - self.view.height())
            )
            self.settle()
        print(f"axial view {self.view.width()} x {self.view.height()}\n")

    def settle(self) -> None:
        """Everything that waits is done, every view drawn."""
        self.window.settle()
        self.draw()

    def draw(self) -> None:
        """What events asked for, and the pictures of all views."""
        self.application.processEvents()
        for view in self.window.canvas.views:
            view.repaint()


class Stroke:
    """Moves of a mouse with the button held, one after the other along a circle around the middle."""

    def __init__(self, desk: Desk) -> None:
        shape = desk.document.geometry.shape
        self._desk, self._k = desk, shape[0] // 2
        self._middle, self._radius, self._number = (shape[2] / 2, shape[1] / 2), shape[1] / 6, 0

    @property
    def point(self) -> tuple[float, float, float]:
        """Where the mouse is."""
        import math

        angle = self._number / 12
        return (
            self._middle[0] + self._radius * math.cos(angle),
            self._middle[1] + self._radius * math.sin(angle),
            float(self._k),
        )

    def send(self, kind: Any, button: str | None = "left") -> None:
        """Sends an event at the next point."""
        self._number += 1
        self._desk.views._send(self._desk.view, kind, self.point, button, ())


def drawing(desk: Desk) -> None:
    """Dabs in a stroke, and undo of the stroke."""
    presenter, event = desk.window.presenter, QtCore.QEvent
    presenter.labels.set_locked(desk.document.values, False)
    presenter.labels.activate(5)
    presenter.tools.toggle("paint")
    presenter.tools.set_option("diameter", 21)
    desk.view.set_slice(desk.document.geometry.shape[0] // 2)
    desk.settle()
    stroke = Stroke(desk)
    stroke.send(event.MouseButtonPress)
    desk.view.repaint()

    def ours() -> None:
        stroke.send(event.MouseMove)
        desk.view.refresh()

    def picture() -> None:
        stroke.send(event.MouseMove)
        desk.view.repaint()

    line("dab of a stroke: event, tool, document, node, labels", measured(ours, 31), "ours 5")
    line("the same until the view has its picture", measured(picture, 31), "60")
    stroke.send(event.MouseButtonRelease)
    desk.settle()

    def undo() -> None:
        presenter.steps.undo()
        desk.draw()

    def again() -> None:
        presenter.steps.redo()
        desk.settle()

    undo()
    line("undo of the stroke, all views drawn", measured(undo, 9, again), "50")
    desk.settle()
    presenter.tools.leave()


def looking(desk: Desk) -> None:
    """Scrolling, switching labels, a folder on and off."""
    presenter, view = desk.window.presenter, desk.view
    k = view.frame.slice
    for title, before in (("no tool", lambda: None), ("Paint on", lambda: presenter.tools.toggle("paint"))):
        before()
        desk.settle()
        slicers = Slicers(view)

        def scroll() -> None:
            desk.views.wheel("axial", (10, 10, view.frame.slice), 1 if view.frame.slice <= k else -1)
            view.repaint()

        # the strip above a view tells the slice after the picture is there
        clock, processor = measured(scroll, before=desk.application.processEvents)
        cut = slicers.stop()
        line(f"scroll by the wheel until the picture, {title}", (clock, processor), "60")
        line(f"   of that beside Slicer's cut of {cut:.1f}", (clock - cut, processor - cut), "3")
        line("   and the strip above it, afterwards", measured(desk.application.processEvents, before=scroll))
    presenter.tools.leave()
    values = list(desk.document.group(0).values)
    turn = iter(values * 10)

    def switch() -> None:
        presenter.labels.activate(next(turn))
        desk.application.processEvents()

    line("switch label", measured(switch), "10")
    line("next label by its key (Tab)", measured(lambda: desk.views.key("Tab")), "10")
    flags = iter([False, True] * 20)

    def toggle() -> None:
        presenter.labels.set_visible(values, next(flags))
        desk.draw()

    line(f"toggle a folder of {len(values)} labels, tree and views drawn", measured(toggle, 9), "50")
    desk.settle()


def volume_tools(desk: Desk, name: str) -> None:
    """A threshold of millions of voxels: how long the view is blocked."""
    presenter = desk.window.presenter
    presenter.labels.activate(5)
    presenter.tools.toggle("threshold")
    presenter.tools.set_option("lower", 200.0)
    desk.settle()
    state = presenter.tools.preview
    assert state is not None
    line(f"confirm a threshold of {state.written / 1e6:.2f} million voxels", measured(presenter.tools.confirm, 0), "")
    desk.settle()
    line("   undo of that, all views drawn", measured(lambda: (presenter.steps.undo(), desk.draw()), 0), "")
    desk.settle()
    del name


def opening(desk: Desk, name: str, folder: Path) -> None:
    """A file of 114 labels until it is shown; the same into a node, and Slicer's own import."""
    path = folder / "case_seg.nrrd"
    write(desk.document, path)
    window = desk.window

    def close() -> None:
        for opened in tuple(window.presenter.session.documents):
            window.presenter.session.forget(opened, discard=True)
        desk.settle()

    def open_it() -> None:
        window.open_paths([path])
        desk.draw()

    line(f"open a file of {len(desk.document.labels)} labels and show it", measured(open_it, 3, close), "3000")
    close()
    document = document_of(name)
    from MultiLabelSegLib.edit import History

    shown: list[Any] = []

    def show() -> None:
        shown.append(window.host.show(document, History(document), image_id=desk.image_id))

    def hide() -> None:
        while shown:
            window.host.release(shown.pop(), True)

    ours = measured(show, 3, hide)
    theirs = slicer_import(Scene(), document)
    line(f"into a node; Slicer's own import: {theirs:.0f}, {theirs / ours[0]:.0f} x", ours, "100 x")
    hide()


def starting(folder: Path) -> None:
    """The process until its first picture is written."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "MultiLabelSeg")}
    command = [sys.executable, "-m", "MultiLabelSegLib", "workbench", "--screenshot", str(folder / "first.png")]
    took = measured(lambda: subprocess.run(command, env=environment, check=True, capture_output=True), 2)
    line("start of the program with the demo case, to a picture file", took, "6000")


def main() -> None:
    name = sys.argv[1] if len(sys.argv) > 1 else "big"
    print(f"{'milliseconds':58} {'clock':>9} {'processor':>9} {'goal':>9}")
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        starting(folder)
        desk = Desk(name)
        desk.show_case()
        drawing(desk)
        looking(desk)
        volume_tools(desk, name)
        opening(desk, name, folder)
        for opened in tuple(desk.window.presenter.session.documents):
            desk.window.presenter.session.forget(opened, discard=True)
        desk.window.close()


if __name__ == "__main__":
    main()
