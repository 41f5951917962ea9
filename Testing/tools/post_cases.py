"""Documents for the tests of post-processing, and one way to run a tool that checks what must always hold."""

from __future__ import annotations

from typing import Any

import numpy as np

from MultiLabelSegLib.core import Geometry, Group, Label, Segmentation
from MultiLabelSegLib.edit import Command, History
from MultiLabelSegLib.tools.base import Draft, Scene
from Testing.properties.documents import check_invariants, snapshot

#: values of the first group's labels (locked, unlocked, locked) and of the second group's
A, B, C, OTHER = 1, 2, 3, 9


def a_document(*rows: str, frames: int = 1, spacing: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> Segmentation:
    """One slice drawn by rows of A, B, C and dots (each frame the same), and a second group with a column of 9."""
    drawn = np.array([["ABC".find(mark) + 1 for mark in row] for row in rows], np.uint8)
    array = np.repeat(drawn[np.newaxis, np.newaxis], frames, axis=0)
    other = np.zeros_like(array)
    other[..., 0] = OTHER
    labels = [Label(A, "A"), Label(B, "B", locked=False), Label(C, "C")]
    groups = [Group(array, labels, "First"), Group(other, [Label(OTHER, "Other")], "Second")]
    return Segmentation(Geometry.from_parts(drawn[np.newaxis].shape, spacing, time_steps=frames), groups)


def drawn(segmentation: Segmentation, group: int = 0, t: int = 0) -> list[str]:
    """The first slice of a group's frame as rows; values above 3 as digits."""
    marks = ".ABC456789"
    return ["".join(marks[value] for value in row) for row in segmentation.group(group).array[t, 0].tolist()]


def draft_of(segmentation: Segmentation, tool: Any, label: int | None = A, t: int = 0) -> Draft:
    """What a tool proposes."""
    draft = tool.propose(Scene(segmentation, None, label, t))
    assert isinstance(draft, Draft)
    return draft


def run(segmentation: Segmentation, tool: Any, label: int | None = A, t: int = 0) -> Command:
    """Runs a tool as one step, checking that proposing changes nothing and that undo and redo are exact."""
    before = snapshot(segmentation), segmentation.geometry
    draft = draft_of(segmentation, tool, label, t)
    history = History(segmentation)
    command = draft.command(segmentation)
    assert (snapshot(segmentation), segmentation.geometry) == before
    history.do(command)
    check_invariants(segmentation)
    after = snapshot(segmentation), segmentation.geometry
    if history.can_undo:
        history.undo()
        assert not history.can_undo
        assert (snapshot(segmentation), segmentation.geometry) == before
        check_invariants(segmentation)
        history.redo()
        assert (snapshot(segmentation), segmentation.geometry) == after
    return command
