"""What the autosave journal costs the editing thread, beside the same edits without it.

python Testing/benchmarks/bench_journal.py
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from MultiLabelSegLib import Geometry, Group, Label, Segmentation
from MultiLabelSegLib.core import Box
from MultiLabelSegLib.edit import Command, History, VoxelPatch
from MultiLabelSegLib.edit.journal import Journal
from MultiLabelSegLib.edit.operations import set_locked


def a_document(shape: tuple[int, int, int], labels: int) -> Segmentation:
    """Boxes of 30 voxels a side of up to 104 labels; more labels stay empty."""
    random = np.random.default_rng(0)
    array = np.zeros(shape, np.uint16)
    for value in range(1, min(labels, 104) + 1):
        k, j, i = (random.integers(0, size - 30) for size in shape)
        array[k : k + 30, j : j + 30, i : i + 30] = value
    names = [Label(value, f"Label {value}") for value in range(1, labels + 1)]
    return Segmentation(Geometry.from_parts(shape), [Group(array, names)])


def filled(box: Box, value: int) -> Command:
    return Command("Fill", (VoxelPatch.of_array(0, 0, box, value),))


def dabs(history: History, count: int) -> float:
    """Median seconds of a dab of 3 x 30 x 30 voxels."""
    depth = history.segmentation.geometry.shape[0] - 3
    seconds = []
    for number in range(count):
        k = number % depth
        started = time.perf_counter()
        history.do(filled(Box((k, 20, 20), (k + 3, 50, 50)), 1 + number % 2))
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def measure(title: str, shape: tuple[int, int, int], labels: int) -> None:
    """Prints the longest time that one call held the editing thread, for each kind of edit."""
    history = History(a_document(shape, labels))
    without = dabs(history, 200)
    with tempfile.TemporaryDirectory() as folder:
        running = Journal(history, Path(folder))
        held = {}

        def note(kind: str) -> None:
            running.wait(120)
            held[kind] = running.longest_wait * 1e3
            running.longest_wait = 0.0

        started = time.perf_counter()
        dabs(history, 1)
        note("first edit")
        first = time.perf_counter() - started
        beside = dabs(history, 200)
        note("dab")
        for number in range(4):
            history.do(set_locked(history.segmentation, bool(number % 2)))
        note("all labels")
        for value in (1, 2):
            history.do(filled(Box.whole(shape), value))
            dabs(history, 20)
        note("all voxels")
        running.close()
    waits = ", ".join(f"{kind} {wait:.1f}" for kind, wait in held.items())
    print(f"{title}: held at most (ms): {waits}; median dab {beside * 1e3:.2f} ms, {without * 1e3:.2f} ms without")
    print(f"    the whole document is on disk {first:.2f} s after the first edit")


if __name__ == "__main__":
    measure("512x512x300, 104 labels", (300, 512, 512), 104)
    measure("512x512x512, 104 labels", (512, 512, 512), 104)
    measure("256x256x64, 5000 labels", (64, 256, 256), 5000)
