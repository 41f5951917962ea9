"""What lies between a mouse event and the voxels: gestures, previews, suggestions, on 512 x 512 x 300 with 104 labels.

    python Testing/benchmarks/bench_gestures.py

Prints medians in milliseconds of the wall clock, in the view's thread: until the host may draw. The bare tool is
timed beside the same dab by mouse events. Compile the kernels first: ``python -m MultiLabelSegLib.compiled``.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2] / "MultiLabelSeg"), str(Path(__file__).parent)]

import numpy as np  # noqa: E402
from case import ORGANS, SPACINGS, load  # noqa: E402

from MultiLabelSegLib.core import Geometry, Group, Image, Label, Segmentation  # noqa: E402
from MultiLabelSegLib.host.headless import HeadlessHost  # noqa: E402
from MultiLabelSegLib.tools.paint import Paint  # noqa: E402
from MultiLabelSegLib.tools.slices import PLANES, Plane, SliceOf  # noqa: E402
from MultiLabelSegLib.ui.presenter import Presenter  # noqa: E402
from MultiLabelSegLib.ui.tools.view_events import Button, ViewEvent, ViewEventKind  # noqa: E402

GOALS = {"dab by mouse": 5.0, "threshold, three slices": 50.0, "suggestion, asked for": 50.0}


def timed(job: Callable[[], object]) -> float:
    """Milliseconds of one call."""
    began = time.perf_counter_ns()
    job()
    return (time.perf_counter_ns() - began) / 1e6


def show(title: str, found: list[float]) -> float:
    """One line: the median and the worst; the median is returned."""
    middle = statistics.median(found)
    goal = GOALS.get(title)
    note = "" if goal is None else f"; goal {goal:g} ms" + ("" if middle <= goal else "  MISSED")
    print(f"{title:>34}: {middle:9.3f} ms, worst {max(found):9.3f}{note}")
    return middle


def a_presenter() -> Presenter:
    """The big case, its CT, the fifth organ active."""
    organs, ct = load("big", "organs"), load("big", "ct")
    geometry = Geometry.from_parts(organs.shape, SPACINGS["big"])
    labels = [Label(value, f"organ {value}", locked=value % 3 == 0) for value in range(1, ORGANS + 1)]
    presenter = Presenter(HeadlessHost())
    presenter.session.image = Image(ct, geometry)
    document = Segmentation(geometry, [Group(organs.copy(), labels)])
    document.groups[0].present_values()
    presenter.session.add_document(document, "big")
    presenter.session.activate(5)
    return presenter


def event(presenter: Presenter, kind: ViewEventKind, plane: Plane, index: int, at: tuple[float, float]) -> ViewEvent:
    """The left button, or the mouse alone, at a column and row of a slice."""
    document = presenter.session.need().document
    point = SliceOf(document.geometry, plane, index).point_ijk(*at)
    x, y, z = document.geometry.lps_from_ijk([point])[0].tolist()
    button = None if kind is ViewEventKind.HOVER else Button.LEFT
    return ViewEvent(kind, plane, plane, index, point, (x, y, z), button, pixel_mm=0.5)


def bench_dabs(presenter: Presenter) -> None:
    """Moves of strokes in all planes; the same dabs by the bare tool."""
    rng = np.random.default_rng(3)
    tools, session = presenter.tools, presenter.session
    document, history, scene = session.need().document, session.need().history, session.scene()
    tools.toggle("paint")
    moves, ends, bare, drawn = [], [], [], []
    for plane in PLANES:
        rows, columns = SliceOf(document.geometry, plane, 150).shape
        way = np.cumsum(rng.integers(-6, 7, (100, 2)), axis=0) + (columns / 2, rows / 2)
        tools.view_event(event(presenter, ViewEventKind.PRESS, plane, 150, tuple(way[0].tolist())))
        for at in way[1:].tolist():
            made = event(presenter, ViewEventKind.MOVE, plane, 150, (at[0], at[1]))
            moves.append(timed(lambda made=made: tools.view_event(made)))
            drawn.append(timed(lambda plane=plane: tools.feedback(plane, plane, 150)))
        made = event(presenter, ViewEventKind.RELEASE, plane, 150, tuple(way[-1].tolist()))
        ends.append(timed(lambda made=made: tools.view_event(made)))
        where = SliceOf(document.geometry, plane, 150)
        points = [where.point_ijk(x, y) for x, y in way.tolist()]
        for one, other in zip(points, points[1:], strict=False):
            tool = Paint(stroke_ijk=(one, other), plane=plane, slice=150)
            bare.append(timed(lambda tool=tool: history.do(tool.propose(scene).command(document))))
        while history.can_undo:
            history.undo()
    show("dab by the bare tool", bare)
    show("dab by mouse", moves)
    show("what is drawn over the view", drawn)
    show("release of a stroke of 100", ends)
    tools.leave()


def bench_threshold(presenter: Presenter) -> None:
    """A slider that moves: the shown slices at once, the volume in the background."""
    tools, host = presenter.tools, presenter.host
    print(f"{'the image is looked at once':>34}: {timed(lambda: tools.toggle('threshold')):9.3f} ms")
    steps, shown = [], []
    for lower in range(-200, 200, 20):
        steps.append(timed(lambda lower=lower: tools.set_option("lower", float(lower))))
        shown.append(timed(lambda: [tools.feedback(plane, plane, 150) for plane in PLANES]))
    show("threshold, a step of the slider", steps)
    show("threshold, three slices", shown)
    show("threshold, counted in the volume", [timed(lambda: settle(host))])
    show("threshold, confirmed", [timed(tools.confirm)])
    show("undo", [timed(presenter.steps.undo)])


def bench_interpolation(presenter: Presenter) -> None:
    """Suggestions for the slices of three views, after each change of the label."""
    session, box, host = presenter.session, presenter.interpolation, presenter.host
    label = session.need().document.labels[4]
    extent = session.need().document.extent(label.value)
    assert extent is not None
    presenter.tools.toggle("erase")
    middle = [(low + high) // 2 for low, high in zip(*extent.box, strict=True)]
    box.set_mode("2d")
    asked, waited = [], []
    for _ in range(5):
        asked.append(timed(lambda: [box.suggestion(p, at) for p, at in zip(PLANES, middle, strict=True)]))
        waited.append(timed(lambda: settle(host)))
        box.set_all_labels(True)
        settle(host)
        box.set_all_labels(False)
    show("suggestion, asked for", asked)
    show("suggestion, until it is there", waited)
    box.set_mode("off")
    presenter.tools.leave()


def settle(host: HeadlessHost) -> None:
    """Waits for the background."""
    while host.is_busy:
        host.pump()
        time.sleep(0.0005)


def main() -> None:
    """All of it."""
    presenter = a_presenter()
    bench_dabs(presenter)
    bench_threshold(presenter)
    bench_interpolation(presenter)


if __name__ == "__main__":
    main()
