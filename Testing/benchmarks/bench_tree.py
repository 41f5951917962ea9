"""The tree of labels with thousands of rows, and what the panel adds to a dab of the brush.

    python Testing/benchmarks/bench_tree.py [LABELS]

Opening may take 100 ms, filtering 30 ms, a dab 5 ms of ours in the panel. Qt draws without a screen. Milliseconds of
CPU time, all threads: the machine may be busy.
"""

from __future__ import annotations

import gc
import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_API", "pyside6")

import numpy as np

from MultiLabelSegLib.core import Geometry, Group, Image, Label, Segmentation
from MultiLabelSegLib.host.headless import HeadlessHost
from MultiLabelSegLib.ui.presenter import Presenter
from MultiLabelSegLib.ui.tools.view_events import Button, ViewEvent, ViewEventKind

ORGANS = ("liver", "spleen", "kidney", "rib", "vertebra", "lung lobe")
REPEATS = 7


def a_document(count: int) -> Segmentation:
    """``count`` labels of different names in folders, one voxel each."""
    where = Geometry.from_parts((20, 128, 128), (1.0, 1.0, 2.0))
    array = np.zeros(where.full_shape, np.uint16)
    array.reshape(-1)[: 40 * count : 40] = np.arange(1, count + 1, dtype=np.uint16)
    labels = [
        Label(value, f"{ORGANS[value % 6]} {value}", properties={"display_folder": f"Region {value % 20}"})
        for value in range(1, count + 1)
    ]
    return Segmentation(where, [Group(array, labels, "Group")])


def best_and_median(function: Callable[[], Any]) -> str:
    times = []
    for _ in range(REPEATS):
        start = time.process_time()
        function()
        times.append(1000 * (time.process_time() - start))
    return f"best {min(times):6.1f} ms, median {statistics.median(times):6.1f} ms"


def main(count: int) -> None:
    from MultiLabelSegLib.ui.qt.binding import BINDING, qt
    from MultiLabelSegLib.ui.qt.panel import Panel

    application = qt.QApplication([])
    document = a_document(count)
    image = Image(np.zeros(document.geometry.full_shape, np.int16), document.geometry)
    host = HeadlessHost({"CT": image})
    presenter = Presenter(host)
    presenter.data.select_image("CT")
    panel = Panel(presenter)
    panel.widget.resize(360, 900)
    panel.widget.show()
    presenter.session.add_document(a_document(5), "small", image_id="CT")  # what is loaded once
    application.processEvents()
    gc.collect()
    gc.freeze()  # as the workbench does when it starts
    start = time.process_time()
    presenter.session.add_document(document, "CT-labels", image_id="CT")
    application.processEvents()
    print(f"{BINDING}, {count} labels")
    print(f"open                  {1000 * (time.process_time() - start):6.1f} ms (100)")

    def filtered(text: str) -> Callable[[], None]:
        def call() -> None:
            panel.tree.search.setText("zzz")
            start = time.process_time()
            panel.tree.search.setText(text)
            times.append(1000 * (time.process_time() - start))

        return call

    print(f"rows built anew       {best_and_median(panel.tree.rebuild)} (100)")
    for text in ("l", "liver", "vertebra 49", ""):
        times: list[float] = []
        for _ in range(REPEATS):
            filtered(text)()
        print(f"filter {text!r:14} best {min(times):6.1f} ms, median {statistics.median(times):6.1f} ms (30)")
    print(
        f"next label            {best_and_median(lambda: (presenter.labels.next(), application.processEvents()))} (10)"
    )
    dabs(presenter, application)


def dabs(presenter: Presenter, application: Any) -> None:
    """A stroke of 100 moves with the panel and, for comparison, without it."""
    presenter.labels.activate(1)
    presenter.labels.set_locked(presenter.session.need().document.values, False)
    presenter.tools.toggle("paint")
    application.processEvents()  # what was asked for before the stroke is no part of it
    for name, connected in (("with the panel", True), ("without it", False)):
        slots = list(presenter.changed._slots)
        if not connected:
            presenter.changed._slots = [slot for slot in slots if ".ui.qt." not in slot.__module__]
        times = []
        for step in range(100):
            kind = ViewEventKind.PRESS if step == 0 else ViewEventKind.RELEASE if step == 99 else ViewEventKind.MOVE
            at = (10.0 + step, 40.0, 5.0)
            start = time.process_time()
            presenter.tools.view_event(ViewEvent(kind, "axial", "axial", 5, at, (at[0], at[1], 10.0), Button.LEFT))
            if connected:
                application.processEvents()
            times.append(1000 * (time.process_time() - start))
        presenter.changed._slots = slots
        print(f"a dab {name:15} median {statistics.median(times):6.2f} ms, worst {max(times):6.1f} ms (5)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5000)
