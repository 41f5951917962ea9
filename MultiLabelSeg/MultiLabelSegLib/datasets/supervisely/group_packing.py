"""Labels of several masks in as few groups as they fit into without overlapping."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core import Geometry, Group, Label
from ...core.label import MAX_VALUE
from ...core.runs import RunTable, paint_runs
from ...formats.codec.intervals import Intervals
from ...formats.mask_files import Occupied

#: labels up to which single runs are painted; above, all voxels are mapped in one pass
_FEW = 32


@dataclass(eq=False)
class _Open:
    """A group that is being filled."""

    array: NDArray[Any]
    occupied: Occupied = field(default_factory=Occupied)
    labels: list[Label] = field(default_factory=list)


class GroupPacker:
    """Puts masks into groups: all labels of a mask into the first group where none of its voxels is taken."""

    def __init__(self, geometry: Geometry) -> None:
        self._shape = geometry.full_shape
        self._open: list[_Open] = []

    def add(
        self,
        table: RunTable,
        labels: dict[int, Label],
        source: Intervals | NDArray[np.unsignedinteger],
    ) -> int:
        """Adds a mask; returns the index of its group. ``table`` are its runs, ``labels`` what each code becomes.

        ``source`` holds the same codes as intervals or as an array.
        """
        order = np.argsort(table.start, kind="stable")
        start, stop = table.start[order], table.stop[order]
        index = self._first_free(start, stop)
        group = self._open[index]
        group.occupied.add(start, stop)
        top = max(label.value for label in labels.values())
        if top > np.iinfo(group.array.dtype).max:
            group.array = group.array.astype(np.uint16)
        _paint(group.array.reshape(-1), table, {code: label.value for code, label in labels.items()}, source)
        group.labels.extend(labels.values())
        return index

    def _first_free(self, start: NDArray[np.int64], stop: NDArray[np.int64]) -> int:
        for index, group in enumerate(self._open):
            if group.occupied.is_free(start, stop):
                return index
        self._open.append(_Open(np.zeros(self._shape, np.uint8)))
        return len(self._open) - 1

    def groups(self) -> list[Group]:
        """The groups. One alone has no name; of several, those of a single class are called like it."""
        return [Group(group.array, group.labels, self._name(group.labels)) for group in self._open]

    def _name(self, labels: Sequence[Label]) -> str:
        names = {label.name for label in labels}
        return names.pop() if len(self._open) > 1 and len(names) == 1 else ""


def _paint(
    flat: NDArray[Any], table: RunTable, values: dict[int, int], source: Intervals | NDArray[np.unsignedinteger]
) -> None:
    """Writes label values over a flat array, at the cost of the runs where labels are few or known as intervals."""
    if len(values) <= _FEW:
        for code, value in values.items():
            paint_runs(flat, *table.runs_of(code), value)
        return
    mapping = np.zeros(MAX_VALUE + 1, flat.dtype)
    mapping[list(values)] = list(values.values())
    if isinstance(source, Intervals):
        source.paint(0, flat, mapping)
        return
    for codes, target in zip(source, flat.reshape(source.shape), strict=True):
        np.copyto(target, mapping[codes], where=codes != 0)
