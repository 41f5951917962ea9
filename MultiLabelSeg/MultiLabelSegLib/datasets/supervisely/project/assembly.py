"""Labels and their runs put into groups: exclusive within each, on the grid that the user had."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ....core import Geometry, Group, Label
from ....core.label import PropertyValue
from ....core.runs import paint_runs
from ..masks.alignment import Reordering
from .figures import Runs

#: voxels that are gathered at a time
_STEP = 1 << 20


@dataclass
class GroupDraft:
    """A group in the making: its labels in order, and their voxels as a frame (k, j, i) with the axes R, A, S."""

    name: str = ""
    properties: dict[str, PropertyValue] = field(default_factory=dict)
    labels: list[Label] = field(default_factory=list)
    frame: NDArray[np.uint16] | None = None

    def is_free(self, runs: Runs) -> bool:
        """Whether no label of the group has a voxel in the runs."""
        return self.frame is None or _is_zero(self.frame.reshape(-1), *runs)


def _is_zero(flat: NDArray[np.uint16], start: NDArray[np.int64], stop: NDArray[np.int64]) -> bool:
    lengths = stop - start
    total = int(lengths.sum())
    if total > 64 * len(start):
        return not any(flat[low:high].any() for low, high in zip(start.tolist(), stop.tolist(), strict=True))
    ends = np.cumsum(lengths)
    low = 0
    while low < len(start):
        high = max(int(np.searchsorted(ends, (ends[low - 1] if low else 0) + _STEP)), low + 1)
        part = lengths[low:high]
        within = np.arange(int(part.sum())) - np.repeat(np.cumsum(part) - part, part)
        if flat[np.repeat(start[low:high], part) + within].any():
            return False
        low = high
    return True


class Assembly:
    """Puts labels into groups of one volume, whose grid has the axes R, A, S."""

    def __init__(self, geometry: Geometry, drafts: list[GroupDraft]) -> None:
        self.geometry = geometry
        self.drafts = drafts
        self.moved: list[Label] = []  #: labels that did not fit into their group any more
        self._known = len(drafts)

    def put_known(self, index: int, label: Label, runs: Runs) -> None:
        """A label of group ``index``; where it meets another label there, it opens a group behind all others."""
        if not self.drafts[index].is_free(runs):
            self.moved.append(label)
            index = self._free_from(self._known, runs)
        self._put(index, label, runs)

    def put_new(self, label: Label, runs: Runs) -> None:
        """A label that belongs to no group yet goes into the first in which it meets nothing."""
        self._put(self._free_from(0, runs), label, runs)

    def _free_from(self, first: int, runs: Runs) -> int:
        for index in range(first, len(self.drafts)):
            if self.drafts[index].is_free(runs):
                return index
        self.drafts.append(GroupDraft())
        return len(self.drafts) - 1

    def _put(self, index: int, label: Label, runs: Runs) -> None:
        draft = self.drafts[index]
        draft.labels.append(label)
        if len(runs[0]):
            if draft.frame is None:
                draft.frame = np.zeros(self.geometry.shape, np.uint16)
            paint_runs(draft.frame.reshape(-1), *runs, label.value)

    def groups(self, turn: Reordering) -> list[Group]:
        """The groups, their axes put in another order; frames are given up one after the other."""
        return [self._group(draft, turn) for draft in self.drafts]

    def _group(self, draft: GroupDraft, turn: Reordering) -> Group:
        kind = np.uint8 if max((label.value for label in draft.labels), default=0) < 256 else np.uint16
        if draft.frame is None:
            array = np.zeros(turn.geometry(self.geometry).shape, kind)
        else:
            array = np.ascontiguousarray(turn.array(draft.frame), kind)
            draft.frame = None
        return Group(array[np.newaxis], draft.labels, draft.name, draft.properties)
