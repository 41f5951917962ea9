"""The panel without a window: rows and filters of 5,000 labels, toggling a folder of 104, switching, the menu.

    python Testing/benchmarks/bench_panel.py [--core]

Prints milliseconds of CPU time of the view's thread (median of some runs) and the budget where there is one.
With ``--core`` the folder is toggled on the real Slicer core too, with a node that shows the document.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2] / "MultiLabelSeg")]

import numpy as np  # noqa: E402

from MultiLabelSegLib.core import Geometry, Group, Label, Segmentation  # noqa: E402
from MultiLabelSegLib.core.naming import lut_color  # noqa: E402
from MultiLabelSegLib.host.base import Host  # noqa: E402
from MultiLabelSegLib.host.headless import HeadlessHost, MemoryPreferences  # noqa: E402
from MultiLabelSegLib.ui.presenter import Presenter  # noqa: E402

#: half of the volume's labels, which lie in one folder
FOLDER = 104


def milliseconds(job: Callable[[], object], times: int = 9) -> float:
    """Median CPU time of some runs, of this thread alone."""
    measured = []
    for _ in range(times):
        began = time.thread_time()
        job()
        measured.append((time.thread_time() - began) * 1e3)
    return statistics.median(measured)


def document(count: int, size: int = 128) -> Segmentation:
    """Labels of one voxel each or more; the first 104 in a folder, every tenth an instance of one class."""
    geometry = Geometry.from_parts((size, size, size), (1.0, 1.0, 1.0))
    array = np.zeros(geometry.full_shape, np.uint16)
    flat = array.reshape(-1)
    flat[: count * (flat.size // count)] = np.repeat(np.arange(1, count + 1, dtype=np.uint16), flat.size // count)
    labels = [
        Label(
            value,
            "Metastasis" if value % 10 == 0 else f"Struktur {value}",
            lut_color(value),
            properties={"display_folder": "Bones/Spine"} if value <= FOLDER else {},
        )
        for value in range(1, count + 1)
    ]
    return Segmentation(geometry, [Group(array, labels)])


def presenter_of(shown: Segmentation, host: Host | None = None) -> Presenter:
    presenter = Presenter(host or HeadlessHost(), journal_folder=Path(tempfile.mkdtemp()))
    presenter.session.add_document(shown, "bench")
    return presenter


def say(what: str, spent: float, budget: float | None = None) -> None:
    print(f"{what:58}{spent:9.2f} ms" + ("" if budget is None else f"   (at most {budget:g})"))


def bench_rows() -> None:
    """The tree of 5,000 labels."""
    shown = document(5000)
    shown.groups[0].present_values()
    presenter = presenter_of(shown)
    labels = presenter.labels

    def anew() -> None:
        labels._cache._groups.clear()
        labels.rows()

    say("5,000 labels: rows built anew", milliseconds(anew), 20)
    say("5,000 labels: rows as they are", milliseconds(labels.rows), 20)
    began = time.thread_time()
    labels.rows("str")
    say("5,000 labels: first filter", (time.thread_time() - began) * 1e3, 20)
    say("5,000 labels: filter by name", milliseconds(lambda: labels.rows("struktur 49")), 20)
    say("5,000 labels: filter by value", milliseconds(lambda: labels.rows("777")), 20)
    say("5,000 labels: filter that finds nothing", milliseconds(lambda: labels.rows("zzz")), 20)
    labels.rows()
    say("5,000 labels: next label", milliseconds(labels.next), 10)
    say("5,000 labels: menu", milliseconds(lambda: labels.menu(["l7"])))

    def lock() -> None:
        labels.set_locked([7], not shown.label(7).locked)
        labels.refreshed([7])

    say("5,000 labels: lock one, and its rows", milliseconds(lock), 10)
    presenter.close()


def bench_folder(host: Host | None = None, where: str = "") -> None:
    """A folder of 104 labels, and what is done most often."""
    shown = document(FOLDER + 10)
    presenter = presenter_of(shown, host)
    labels = presenter.labels
    values = labels.row("f0:Bones/Spine").values
    assert len(values) == FOLDER

    def toggle() -> None:
        labels.set_visible(values, not shown.label(1).visible)
        labels.refreshed(values)

    def lock() -> None:
        labels.set_locked(values, not shown.label(1).locked)
        labels.refreshed(values)

    say(f"folder of {FOLDER} labels: show and hide{where}", milliseconds(toggle), 50)
    say(f"folder of {FOLDER} labels: lock and unlock{where}", milliseconds(lock), 50)
    say(f"{FOLDER} labels: undo of it{where}", milliseconds(presenter.steps.undo, 3), 50)
    say(f"{FOLDER} labels: switch the label{where}", milliseconds(labels.next), 10)
    say(
        f"{FOLDER} labels: new label and undo{where}",
        milliseconds(lambda: (labels.add_label(), presenter.steps.undo())),
    )
    say(f"{FOLDER} labels: menu of a group{where}", milliseconds(lambda: labels.menu(["g0"])))
    presenter.close()


def bench_start() -> None:
    """A presenter of its own, as at start-up."""
    say("a presenter", milliseconds(lambda: Presenter(HeadlessHost())))


def bench_core() -> None:
    """The same folder with a node on the real Slicer core."""
    import slicer

    from MultiLabelSegLib.host.mrml import MrmlHost

    scene = slicer.vtkMRMLScene()
    logic = slicer.vtkSlicerSegmentationsModuleLogic()
    logic.SetMRMLScene(scene)
    bench_folder(MrmlHost(scene, MemoryPreferences(), print), ", Slicer core")


if __name__ == "__main__":
    bench_start()
    bench_rows()
    bench_folder()
    if "--core" in sys.argv[1:]:
        bench_core()
