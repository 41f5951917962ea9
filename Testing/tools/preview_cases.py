"""One way to run a tool with a preview, that checks what must always hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from MultiLabelSegLib.core import Geometry, Group, Image, Label, Segmentation
from MultiLabelSegLib.edit import Command, History
from MultiLabelSegLib.tools.base import Preview, Scene
from MultiLabelSegLib.tools.confirm import ConfirmOptions, confirm
from Testing.properties.documents import check_invariants, snapshot


@dataclass
class Outcome:
    """The preview, the command, what replacing took away, and the active group's array (t, k, j, i) afterwards."""

    preview: Preview
    command: Command
    cleared: dict[int, int]
    array: np.ndarray


def confirmed(scene: Scene, tool: Any, **options: Any) -> Outcome:
    """Previews and confirms as one step; undo and redo are exact, and nothing changes that may not.

    With locks regarded, locked labels other than the active one neither lose nor gain a voxel. Groups other than the
    preview's stay, as do frames other than the current one unless all are asked for.
    """
    segmentation = scene.segmentation
    before, arrays = snapshot(segmentation), [group.array.copy() for group in segmentation.groups]
    preview = tool.propose(scene)
    assert isinstance(preview, Preview)
    made = confirm(scene, preview, ConfirmOptions(**options))
    assert snapshot(segmentation) == before, "proposing or confirming changed something"
    history = History(segmentation)
    command = history.do(made.command)
    check_invariants(segmentation)
    for index, (group, old) in enumerate(zip(segmentation.groups, arrays, strict=True)):
        frames = [t for t in range(len(old)) if options.get("frames") != "all" and t != scene.t]
        for t in range(len(old)) if index != preview.group else frames:
            np.testing.assert_array_equal(group.array[t], old[t])
    old, new = arrays[preview.group], segmentation.groups[preview.group].array.copy()
    if (options.get("locks") or preview.locks) == "regard":
        for label in segmentation.groups[preview.group].labels:
            if label.locked and label.value != scene.label and label.value not in command.values:
                np.testing.assert_array_equal(new == label.value, old == label.value)
    after = snapshot(segmentation)
    if history.can_undo:
        history.undo()
        assert snapshot(segmentation) == before, "undo is not exact"
        assert not history.can_undo
        history.redo()
        assert snapshot(segmentation) == after
    return Outcome(preview, command, dict(made.cleared), new)


def a_scene(
    image: Any, frames: Any = None, label: int | None = 1, locks: tuple[int, ...] = (1, 3), t: int = 0
) -> Scene:
    """An image (t, k, j, i) and labels 1, 2, 3 in a group on its grid; another group holds 9 everywhere.

    ``frames`` are the values of the group; it is empty unless given.
    """
    pixels = np.asarray(image)
    shape = pixels.shape
    geometry = Geometry.from_parts(shape[1:], (1.0, 2.0, 3.0), time_steps=shape[0])
    array = np.zeros(shape, np.uint8) if frames is None else np.asarray(frames, np.uint8).reshape(shape)
    labels = [Label(value, name, locked=value in locks) for value, name in ((1, "A"), (2, "B"), (3, "C"))]
    groups = [Group(array, labels, "First"), Group(np.full(shape, 9, np.uint8), [Label(9, "Other")], "Second")]
    return Scene(Segmentation(geometry, groups), Image(pixels, geometry), label, t)


def row(*values: Any, dtype: Any = np.int16) -> np.ndarray:
    """An image of one frame, slice and row."""
    return np.array(values, dtype).reshape(1, 1, 1, -1)
