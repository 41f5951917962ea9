"""Documents, random edits and a process that dies, for the tests of the journal."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import numpy as np

from MultiLabelSegLib import Geometry, Group, Label, Segmentation
from MultiLabelSegLib.core import Box
from MultiLabelSegLib.edit import Command, GeometryChange, GroupChange, History, LabelChange, OrderChange, VoxelPatch
from MultiLabelSegLib.edit.changes import Change, PropertyChange
from MultiLabelSegLib.edit.journal import Journal


def a_document() -> Segmentation:
    """Two groups of 4x5x6 voxels in two frames, with labels, odd names and properties."""
    organs = np.zeros((2, 4, 5, 6), np.uint8)
    organs[0, 1:3, 1:4, 1:5] = 3
    labels = [Label(3, "Liver", (0, 0.5, 0), properties={"notes": 'ä "quoted"\n', "n": 2**70}), Label(40, "Empty")]
    turn = np.array([[0.8, -0.6, 0], [0.6, 0.8, 0], [0, 0, 1]])
    geometry = Geometry.from_parts((4, 5, 6), (0.1, 0.75, 2), (-10, 20.5, 1 / 3), turn, 2, (0, 10.5, 30))
    groups = [Group(organs, labels, "Organs", {"x": [1, None]}), Group(np.zeros((2, 4, 5, 6), np.uint8))]
    return Segmentation(geometry, groups, properties={"patient": "p"}, extras={"contours": {"a": [1.5]}})


def fingerprint(document: Segmentation) -> str:
    """Everything of a document in one text; equal documents only have the same."""
    fields = ("value", "name", "color", "opacity", "visible", "locked", "tracking_id", "description", "properties")
    parts = [document.uid, document.unlabeled_locked, document.properties, document.extras]
    parts += [document.geometry.full_shape, document.geometry.ijk_to_lps.tolist(), document.geometry.time_bounds]
    for group in document.groups:
        voxels = hashlib.sha256(group.array.astype(np.uint16).tobytes()).hexdigest()
        labels = [[getattr(label, field) for field in fields] for label in group.labels]
        parts += [group.name, group.properties, labels, voxels]
    return json.dumps(parts)


class Editor:
    """Edits a document in every way, at random but always the same for a seed."""

    def __init__(self, document: Segmentation, seed: int) -> None:
        self.history = History(document)
        self._random = np.random.default_rng(seed)

    def step(self) -> None:
        """One edit: a command of one to four changes, undo, redo, or a group of commands."""
        chance = self._random.random()
        if chance < 0.15 and self.history.can_undo:
            self.history.undo()
        elif chance < 0.25 and self.history.can_redo:
            self.history.redo()
        elif chance < 0.35:
            with self.history.grouped("several"):
                self._command()
                self._command()
        else:
            self._command()

    def _command(self) -> None:
        # each change is made for the document as the former ones leave it
        with self.history.grouped("edit"):
            for _ in range(self._random.integers(1, 5)):
                self.history.do(Command("edit", (self._change(),)))

    def _change(self) -> Change:
        document, random = self.history.segmentation, self._random
        makers = (self._paint, self._paint, self._paint, self._label, self._label, self._group, self._field)
        if random.random() < 0.03:
            shape = tuple(int(size) for size in random.integers(2, 7, 3))
            geometry = Geometry.from_parts(shape, random.random(3) + 0.1, time_steps=int(random.integers(1, 3)))
            return GeometryChange(
                geometry, [random.integers(0, 300, geometry.full_shape).astype(np.uint16) for _ in document.groups]
            )
        return makers[random.integers(len(makers))]()

    def _paint(self) -> VoxelPatch:
        document, random = self.history.segmentation, self._random
        group = int(random.integers(len(document.groups)))
        lower = [int(random.integers(size)) for size in document.geometry.shape]
        upper = [int(random.integers(low, size)) + 1 for low, size in zip(lower, document.geometry.shape, strict=True)]
        box = Box(tuple(lower), tuple(upper))  # type: ignore[arg-type]
        t = int(random.integers(document.geometry.time_steps))
        if random.random() < 0.5:
            return VoxelPatch.of_array(group, t, box, int(random.integers(0, 700)))
        return VoxelPatch.of_array(group, t, box, random.integers(0, 65536, box.shape).astype(np.uint16))

    def _label(self) -> Change:
        document, random = self.history.segmentation, self._random
        chance = random.random()
        group = int(random.integers(len(document.groups)))
        here = document.groups[group]
        if here.values and chance < 0.25:
            return LabelChange(group, int(random.choice(here.values)), None)
        if here.values and chance < 0.5:
            value = int(random.choice(here.values))
            color = tuple(float(channel) for channel in random.random(3))
            return LabelChange(
                group, value, here.label(value).with_(color=color, properties={"r": float(random.random())})
            )
        if here.values and chance < 0.65:
            return OrderChange(group, tuple(int(value) for value in random.permutation(here.values)))
        value = document.free_value()
        return LabelChange(group, value, Label(value, f"läbel {value}"), int(random.integers(len(here.values) + 1)))

    def _group(self) -> Change:
        document, random = self.history.segmentation, self._random
        count = len(document.groups)
        chance = random.random()
        if count > 1 and chance < 0.35:
            return GroupChange(int(random.integers(count)), None)
        if count > 1 and chance < 0.6:
            return OrderChange(None, tuple(int(index) for index in random.permutation(count)))
        array = random.integers(0, 4, document.geometry.full_shape).astype(np.uint8)
        return GroupChange(int(random.integers(count + 1)), Group(array, name=f"group {random.integers(99)}"))

    def _field(self) -> PropertyChange:
        random = self._random
        number = int(random.integers(1000))
        group = int(random.integers(len(self.history.segmentation.groups)))
        choices: list[PropertyChange] = [
            PropertyChange(group, "name", f"name {number}"),
            PropertyChange(group, "properties", {"p": number}),
            PropertyChange(None, "unlabeled_locked", bool(number % 2)),
            PropertyChange(None, "properties", {"q": [number]}),
            PropertyChange(None, "extras", {"e": {"deep": number}}),
        ]
        return choices[random.integers(len(choices))]


def edit_until_killed(root: Path, seed: int) -> None:
    """What the child process does: edits without end, and prints the number of each edit that is on disk."""
    document = a_document()
    document.uid = "fixed"
    editor = Editor(document, seed)
    journal = Journal(editor.history, root, {"image": "ct.nrrd"}, growth_bytes=20_000)
    pause = np.random.default_rng(seed + 1)
    for number in range(1, 1_000_000):
        editor.step()
        if pause.random() < 0.3 and journal.wait():
            print(number, flush=True)


if __name__ == "__main__":
    edit_until_killed(Path(sys.argv[1]), int(sys.argv[2]))
