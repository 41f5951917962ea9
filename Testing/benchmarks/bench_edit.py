"""Edits beside their peers: a brush dab, and transfer, merge, relabel and clear over the whole volume.

    python Testing/benchmarks/bench_edit.py [big|small|tiny]

Prints CPU seconds (all threads) and ratios from one run. MITK works in a process of its own, on the same arrays. Ours
include the decision about locks, the record for undo, the index of the labels and telling listeners; the peers have no
undo. Compile the kernels first: ``python -m MultiLabelSegLib.compiled``.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2] / "MultiLabelSeg"), str(Path(__file__).parent)]

import numpy as np  # noqa: E402
from case import ORGANS, SPACINGS, load  # noqa: E402

#: what is measured by everyone: a name, and the pairs of a transfer
TRANSFERS = {
    "transfer of 1 label": {5: 5},
    "transfer of 4 labels": {5: 4, 6: 4, 7: 4, 8: 4},
    "transfer of 104 labels": {value: value for value in range(1, ORGANS + 1)},
}
SOURCES = [5, 6, 7, 8]
SWAP = {value: ORGANS + 1 - value for value in range(1, ORGANS + 1)}


def cpu_seconds(job: Callable[[], object], times: int = 3, after: Callable[[], object] | None = None) -> float:
    """Median CPU seconds of some runs; ``after`` runs in between and does not count."""
    measured = []
    for _ in range(times):
        began = time.process_time()
        job()
        measured.append(time.process_time() - began)
        if after is not None:
            after()
    return statistics.median(measured)


def measure_mitk(name: str) -> dict[str, float]:
    """MITK's CPU seconds; runs in the child process."""
    import mitk

    organs = load(name, "organs").astype(np.uint16)

    def document(array: np.ndarray) -> mitk.MultiLabelSegmentation:
        made = mitk.MultiLabelSegmentation(mitk.Image(np.zeros_like(organs), spacing=SPACINGS[name]))
        for value in range(1, ORGANS + 1):
            made.add_label(mitk.Label(value, f"organ {value}"), 0)
        made.set_group_image(0, array)
        return made

    source, target, found = document(organs), document(np.zeros_like(organs)), {}
    for title, pairs in TRANSFERS.items():
        times = 1 if len(pairs) > 4 else 2
        listed = list(pairs.items())
        found[title] = cpu_seconds(lambda p=listed: mitk.transfer_labels(source, target, p), times)
    found["relabel 104 labels"] = cpu_seconds(lambda: source.relabel_to(list(SWAP.items())), 1)
    found["merge of 4 labels"] = cpu_seconds(lambda: source.merge_labels(4, SOURCES), 1)
    found["clear 1 label"] = cpu_seconds(lambda: source.erase_label(20), 1)
    found["remove 1 label"] = cpu_seconds(lambda: source.remove_label(21), 1)
    return found


def ask_mitk(name: str) -> dict[str, float]:
    """MITK's figures from a child process; nothing where it is not installed."""
    if find_spec("mitk") is None:
        print("MITK is not installed")
        return {}
    found = subprocess.run([sys.executable, __file__, name, "--mitk"], capture_output=True, text=True, check=False)
    lines = [line for line in found.stdout.splitlines() if line.startswith("{")]
    if not lines:
        print(f"MITK ended with {found.returncode}: {found.stderr[-300:]}")
        return {}
    return dict(json.loads(lines[-1]))


def measure_brush(organs: np.ndarray) -> None:
    """Disc of radius 10 with locks, undo and index, at 1,000 places; then all undone."""
    from MultiLabelSegLib.core import Box
    from MultiLabelSegLib.edit import Command, History, MergeStyle, Proposal, resolve

    segmentation = our_document(organs.copy())
    history = History(segmentation)
    j, i = np.ogrid[-10:11, -10:11]
    disc = (j * j + i * i <= 100)[np.newaxis]
    depth, height, width = organs.shape
    places = np.random.default_rng(0).integers((0, 10, 10), (depth, height - 11, width - 11), (1000, 3)).tolist()

    def dab(k: int, j: int, i: int) -> None:
        box = Box((k, j - 10, i - 10), (k + 1, j + 11, i + 11))
        resolution = resolve(segmentation, Proposal(0, disc, {1: 5}, box, merge=MergeStyle.MERGE))
        history.do(Command("Paint", resolution.patches, resolution))

    doing, undoing = [], []
    for _ in range(3):
        for place in places:
            began = time.perf_counter()
            dab(*place)
            doing.append(time.perf_counter() - began)
        while history.can_undo:
            began = time.perf_counter()
            history.undo()
            undoing.append(time.perf_counter() - began)
    assert np.array_equal(segmentation.groups[0].array[0], organs)
    for title, times in (("brush dab", doing), ("undo of a dab", undoing)):
        quick = statistics.quantiles(times, n=10)
        print(f"{title}: median {statistics.median(times) * 1e6:.0f} us, nine of ten within {quick[8] * 1e6:.0f} us")


def our_document(array: np.ndarray) -> object:
    """The organs as our document, every third label unlocked, the index at hand as after loading."""
    from MultiLabelSegLib.core import Geometry, Group, Label, Segmentation

    labels = [Label(value, f"organ {value}", locked=value % 3 != 0) for value in range(1, ORGANS + 1)]
    made = Segmentation(Geometry.from_parts(array.shape), [Group(array, labels)])
    made.groups[0].present_values()
    return made


def measure_ours(organs: np.ndarray) -> dict[str, float]:
    """Ours, undo record included; the undos are measured too."""
    from MultiLabelSegLib.edit import History
    from MultiLabelSegLib.edit import operations as ops

    source, target = our_document(organs.copy()), our_document(np.zeros_like(organs))
    found = {}
    jobs = {
        title: (target, lambda p=pairs: ops.transfer_labels(source, target, p)) for title, pairs in TRANSFERS.items()
    } | {
        "relabel 104 labels": (source, lambda: ops.relabel(source, SWAP, keep_untouched=False)),
        "merge of 4 labels": (source, lambda: ops.merge_labels(source, 4, SOURCES)),
        "clear 1 label": (source, lambda: ops.clear_labels(source, 20)),
        "remove 1 label": (source, lambda: ops.remove_labels(source, 21)),
    }
    for title, (document, make) in jobs.items():
        history = History(document)
        found[title] = cpu_seconds(lambda h=history, m=make: h.do(m()), after=history.undo)
        found[f"undo: {title}"] = undo_seconds(history)
    assert np.array_equal(source.groups[0].array[0], organs)
    assert not target.groups[0].array.any()
    return found


def undo_seconds(history: object) -> float:
    """Undo alone: the step is redone before each run, which does not count."""
    history.redo()
    seconds = cpu_seconds(history.undo, after=history.redo)
    history.undo()
    return seconds


def measure_arrays(organs: np.ndarray) -> dict[str, float]:
    """Programs that change values of bare arrays: no locks, no undo, no index."""
    merge = dict.fromkeys(SOURCES, 4)
    table = np.arange(256, dtype=np.uint8)
    table[SOURCES] = 4
    found = {"numpy table[array]": cpu_seconds(lambda: table[organs])}
    if find_spec("fastremap"):
        import fastremap

        copy = organs.copy()
        found["fastremap in place"] = cpu_seconds(
            lambda: fastremap.remap(copy, merge, preserve_missing_labels=True, in_place=True)
        )
    import SimpleITK as sitk

    image = sitk.GetImageFromArray(organs)
    found["SimpleITK ChangeLabel"] = cpu_seconds(lambda: sitk.ChangeLabel(image, merge))
    return found


def main() -> None:
    """All of it for the case that the command line names."""
    name = sys.argv[1] if len(sys.argv) > 1 else "big"
    if "--mitk" in sys.argv:
        answer = os.dup(1)
        os.dup2(2, 1)
        found = measure_mitk(name)
        os.write(answer, f"\n{json.dumps(found)}\n".encode())
        os._exit(0)
    from MultiLabelSegLib.compiled import use_kernels

    organs = load(name, "organs")
    print(f"case {name} {organs.shape}, compiled kernels: {use_kernels(organs.size)}")
    measure_brush(organs)
    ours, mitks = measure_ours(organs), ask_mitk(name)
    for title in [title for title in ours if not title.startswith("undo")]:
        line = f"{title}: {ours[title] * 1e3:.1f} ms, undo {ours[f'undo: {title}'] * 1e3:.1f} ms"
        if title in mitks:
            line += f"; MITK {mitks[title]:.3f} s = {mitks[title] / ours[title]:.0f} x ours"
        print(line)
    for title, seconds in measure_arrays(organs).items():
        merge = ours["merge of 4 labels"]
        print(f"    merge of 4 labels, {title}: {seconds * 1e3:.0f} ms = {seconds / merge:.1f} x ours")


if __name__ == "__main__":
    main()
