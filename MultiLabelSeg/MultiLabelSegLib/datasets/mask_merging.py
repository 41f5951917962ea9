"""Many masks of a case into one segmentation, each read once at the cost of its runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..core import Group, Label, Segmentation
from ..core.naming import lut_color
from ..core.runs import paint_runs
from ..errors import LossError
from ..formats.base import ReadRequest
from ..formats.image_io import read_geometry
from ..formats.many_files import expect_files
from ..formats.mask_files import MaskFiles, Occupied
from ..formats.report import Report

#: ``each`` mask in a group of its own, all in ``one``, or in as ``few`` groups as overlaps allow
Grouping = Literal["each", "one", "few"]
#: who keeps voxels that several masks of one group claim
Conflict = Literal["error", "first", "last"]
GROUPINGS: tuple[Grouping, ...] = ("few", "one", "each")
CONFLICTS: tuple[Conflict, ...] = ("error", "first", "last")

_Runs = tuple[NDArray[np.int64], NDArray[np.int64]]


@dataclass(frozen=True)
class NamedMask:
    """A file with one mask, and the name of its label."""

    path: Path
    name: str


def numbered(names: Sequence[str], known: Mapping[str, Label] | None = None) -> dict[str, Label]:
    """A label for each name: that of ``known``, else the lowest free values in the order of the names.

    Give the names of a whole data set, so that a name has the same value in every case.
    """
    found = {name: label for name, label in (known or {}).items() if name in set(names)}
    taken = {label.value for label in (known or {}).values()}
    following = 1
    for name in dict.fromkeys(names):
        if name not in found:
            while following in taken:
                following += 1
            found[name] = Label(following, name, lut_color(following))
            taken.add(following)
    return found


def merged_masks(
    masks: Sequence[NamedMask],
    labels: Mapping[str, Label],
    grouping: Grouping = "few",
    conflict: Conflict = "error",
    report: Report | None = None,
) -> Segmentation:
    """One segmentation of masks on one grid; ``labels`` (see ``numbered``) says value and look of each name.

    Every file is read once. In one group, voxels of several masks are refused (naming the masks and how many), or the
    ``first`` or ``last`` mask keeps them, which is noted. Raises LossError, FormatError.
    """
    report = report or Report()
    geometry = read_geometry(masks[0].path, report)
    expect_files(len(masks), geometry.voxels)
    files = MaskFiles(geometry, ReadRequest(masks[0].path, report=report))
    kind = np.uint8 if max(label.value for label in labels.values()) < 256 else np.uint16
    made: list[_Made] = []
    ordered = reversed(masks) if conflict == "first" else masks
    for number, mask in enumerate(ordered):
        start, stop = files.runs_of(mask.path)
        group = _fitting(made, (start, stop), grouping)
        if group is None:
            group = _Made(np.zeros(geometry.full_shape, kind))
            made.append(group)
        group.add(labels[mask.name], (start, stop), conflict, mask, report)
        report.step((number + 1) / len(masks), mask.name)
    if conflict == "first":
        made.reverse()
    order = {labels[mask.name].value: place for place, mask in enumerate(masks)}
    groups = []
    for each in made:
        mine = sorted(each.labels, key=lambda label: order[label.value])
        groups.append(Group(each.array, mine, mine[0].name if grouping == "each" else ""))
    return Segmentation(geometry, groups)


class _Made:
    """A group in the making."""

    def __init__(self, array: NDArray[np.unsignedinteger]) -> None:
        self.array = array
        self.labels: list[Label] = []
        self._flat = array.reshape(-1)
        self._taken = Occupied()

    def is_free(self, runs: _Runs) -> bool:
        """Whether no mask has any of the voxels."""
        return self._taken.is_free(*runs)

    def add(self, label: Label, runs: _Runs, conflict: Conflict, mask: NamedMask, report: Report) -> None:
        """Puts a mask in, over what is there where that may be. Raises LossError under ``error``."""
        start, stop = runs
        if self.is_free(runs):
            self._taken.add(start, stop)
        else:
            shared = self._shared(start, stop)
            told = [f"{count:,} voxels of {name!r}, which {label.name!r} has too" for name, count in shared.items()]
            if conflict == "error":
                ways = "choose who keeps them (--conflict first or last), or --into few or each"
                raise LossError(mask.path, [*told, ways])
            # painted over in the order of the rule: what is there gives way
            for text in told:
                report.note(f"covered: {text}", mask.path)
            self._taken = _joined(self._taken, self._flat, start, stop)
        paint_runs(self._flat, start, stop, label.value)
        self.labels.append(label)

    def _shared(self, start: NDArray[np.int64], stop: NDArray[np.int64]) -> dict[str, int]:
        counts: dict[int, int] = {}
        for low, high in zip(start.tolist(), stop.tolist(), strict=True):
            values, found = np.unique(self._flat[low:high], return_counts=True)
            for value, count in zip(values.tolist(), found.tolist(), strict=True):
                if value:
                    counts[value] = counts.get(value, 0) + count
        names = {label.value: label.name for label in self.labels}
        return {names[value]: count for value, count in counts.items()}


def _joined(
    taken: Occupied, flat: NDArray[np.unsignedinteger], start: NDArray[np.int64], stop: NDArray[np.int64]
) -> Occupied:
    """``taken`` with the parts of the runs that are free yet."""
    free_start, free_stop = [], []
    for low, high in zip(start.tolist(), stop.tolist(), strict=True):
        edges = np.flatnonzero(np.diff(np.concatenate(([1], flat[low:high] != 0, [1])))) + low
        free_start += edges[0::2].tolist()
        free_stop += edges[1::2].tolist()
    taken.add(np.array(free_start, np.int64), np.array(free_stop, np.int64))
    return taken


def _fitting(made: list[_Made], runs: _Runs, grouping: Grouping) -> _Made | None:
    """The group that a mask goes to; None for a new one."""
    if grouping == "one":
        return made[0] if made else None
    if grouping == "each":
        return None
    return next((group for group in made if group.is_free(runs)), None)
