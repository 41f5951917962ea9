"""Documents for the tests of 2D tools, and one way to run a tool that checks what must always hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import MultiLabelSegLib as mls
from MultiLabelSegLib.core import Geometry, Group, Image, Label, Segmentation
from MultiLabelSegLib.datasets.demo import sample_image
from MultiLabelSegLib.edit import Command, History
from MultiLabelSegLib.errors import ToolError
from MultiLabelSegLib.formats.image_io import read_image
from MultiLabelSegLib.tools.base import Draft, Scene
from Testing.properties.documents import check_invariants, snapshot

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "slicer"
#: values of the labels: the active one (locked), one that is unlocked, one that is locked; the last in a second group
LIVER, SPLEEN, KIDNEY, TUMOUR = 1, 2, 3, 9
SHAPE, SPACING = (6, 16, 20), (0.5, 1.0, 2.0)


def a_document(
    frame: np.ndarray | None = None, shape: tuple[int, int, int] = SHAPE, time_steps: int = 2, **fields: Any
) -> Segmentation:
    """Two groups on an anisotropic grid; ``frame`` (k, j, i) holds the first group's values at time 0."""
    array = np.zeros((time_steps, *shape), np.uint8)
    if frame is not None:
        array[0] = frame
    if time_steps > 1:
        array[1, ::2] = KIDNEY
    labels = [Label(LIVER, "Liver"), Label(SPLEEN, "Spleen", locked=False), Label(KIDNEY, "Kidney")]
    other = np.zeros_like(array)
    other[:, 1:3, 1:4] = TUMOUR
    groups = [Group(array, labels, "Organs"), Group(other, [Label(TUMOUR, "Tumour", locked=False)], "Lesions")]
    return Segmentation(Geometry.from_parts(shape, SPACING, time_steps=time_steps), groups, **fields)


def a_scene(frame: np.ndarray | None = None, image: np.ndarray | None = None, **fields: Any) -> Scene:
    """A scene whose active label is the liver; ``image`` (k, j, i) lies on the same grid."""
    shape = fields.pop("shape", SHAPE if frame is None else frame.shape)
    label = fields.pop("label", LIVER)
    segmentation = a_document(frame, shape, **fields)
    made = None if image is None else Image(image, segmentation.geometry.with_time(1))
    return Scene(segmentation, made, label)


def empty(shape: tuple[int, int, int] = SHAPE) -> np.ndarray:
    """A frame without labels."""
    return np.zeros(shape, np.uint8)


def run(scene: Scene, tool: Any) -> tuple[Command, np.ndarray]:
    """Runs a tool as one step; the command, and the frame (k, j, i) of the active label's group afterwards.

    Checks what no tool may break: other groups and frames stay, locked labels but the active one neither lose nor gain
    a voxel, counts are right, one undo brings everything back and redo the same result.
    """
    segmentation = scene.segmentation
    before, group = snapshot(segmentation), scene.active_group()
    arrays = [each.array.copy() for each in segmentation.groups]
    draft = tool.propose(scene)
    assert isinstance(draft, Draft)
    assert snapshot(segmentation) == before, "proposing changed something"
    history = History(segmentation)
    command = history.do(draft.command(segmentation))
    for index, (each, old) in enumerate(zip(segmentation.groups, arrays, strict=True)):
        for t in range(len(old)):
            if (index, t) != (group, scene.t):
                np.testing.assert_array_equal(each.array[t], old[t])
    old, new = arrays[group][scene.t], segmentation.groups[group].array[scene.t].copy()
    for label in segmentation.groups[group].labels:
        if label.locked and label.value != scene.label:
            np.testing.assert_array_equal(new == label.value, old == label.value)
    assert command.resolution.written == np.count_nonzero(new != old)
    assert history.can_undo == bool((new != old).any())
    check_invariants(segmentation)
    if history.can_undo:
        after = snapshot(segmentation)
        history.undo()
        assert snapshot(segmentation) == before, "undo is not exact"
        assert not history.can_undo
        history.redo()
        assert snapshot(segmentation) == after
    return command, new


def lies_outside(scene: Scene, tool: Any) -> bool:
    """Whether the tool refuses because what it is given is outside of the image; other errors are passed on."""
    try:
        tool.propose(scene)
    except ToolError as error:
        if "outside" in str(error):
            return True
        raise
    return False


def drawn(rows: list[str]) -> np.ndarray:
    """A slice written by hand: digits are values, dots are unlabelled."""
    return np.array([[0 if sign == "." else int(sign) for sign in row] for row in rows], np.uint8)


def as_text(pixels: np.ndarray) -> list[str]:
    """The inverse of ``drawn``."""
    return ["".join("." if value == 0 else str(int(value)) for value in row) for row in pixels]


def chest(label: str = "tissue") -> Scene:
    """The chest CT (34 x 128 x 128 voxels of 3.05 x 3.05 x 10 mm) with its segmentation; one label is active."""
    segmentation = mls.read(GOLDEN / "Segmentation.seg.nrrd")
    return Scene(segmentation, read_image(sample_image()), segmentation.label(label).value)
