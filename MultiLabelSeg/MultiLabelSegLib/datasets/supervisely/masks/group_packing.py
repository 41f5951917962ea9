"""Labels of several masks in as few groups as they fit into without overlapping."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....core import Geometry, Group, Label
from ....formats.mask_files import Occupied
from .placed import PlacedMask

#: voxels that are compared in one piece
_STEP = 1 << 20


@dataclass(eq=False)
class _Open:
    """A group that is being filled. ``occupied`` is None once it holds noise: its voxels are looked at then."""

    array: NDArray[Any]
    occupied: Occupied | None = field(default_factory=Occupied)
    labels: list[Label] = field(default_factory=list)

    def is_free(self, mask: PlacedMask) -> bool:
        """Whether no voxel of the mask is taken."""
        if self.occupied is not None and mask.table is not None:
            return self.occupied.is_free(*_by_position(mask))
        codes, taken = mask.array(), self.array.reshape(-1)
        steps = range(0, codes.size, _STEP)
        return not any(np.logical_and(codes[low : low + _STEP], taken[low : low + _STEP]).any() for low in steps)

    def take(self, mask: PlacedMask, labels: Mapping[int, Label]) -> None:
        """Adds a mask that is free."""
        if mask.table is None:
            self.occupied = None
        elif self.occupied is not None:
            self.occupied.add(*_by_position(mask))
        if max(label.value for label in labels.values()) > np.iinfo(self.array.dtype).max:
            self.array = self.array.astype(np.uint16)
        mask.paint(self.array.reshape(-1), {code: label.value for code, label in labels.items()})
        self.labels.extend(labels.values())


class GroupPacker:
    """Puts masks into groups: all labels of a mask into the first group where none of its voxels is taken."""

    def __init__(self, geometry: Geometry) -> None:
        self._shape = geometry.full_shape
        self._open: list[_Open] = []

    def add(self, mask: PlacedMask, labels: Mapping[int, Label]) -> None:
        """Adds a mask on the grid; ``labels`` says what each of its codes becomes."""
        group = next((group for group in self._open if group.is_free(mask)), None)
        if group is None:
            group = _Open(np.zeros(self._shape, np.uint8))
            self._open.append(group)
        group.take(mask, labels)

    def groups(self) -> list[Group]:
        """The groups. One alone has no name; of several, those of a single class are called like it."""
        return [Group(group.array, group.labels, self._name(group.labels)) for group in self._open]

    def _name(self, labels: Sequence[Label]) -> str:
        names = {label.name for label in labels}
        return names.pop() if len(self._open) > 1 and len(names) == 1 else ""


def _by_position(mask: PlacedMask) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Starts and stops of all runs of a mask, ascending."""
    assert mask.table is not None
    return np.sort(mask.table.start), np.sort(mask.table.stop)
