"""Groups from the layers of a file, voxel by voxel as the placement says."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...core import Group
from ...core.label import MAX_VALUE
from ...errors import LabelError
from ..report import Report
from .placement import GroupSlot, Placed

#: most bytes of voxels that groups made for overlapping segments may take: headers are cheap to write
_MOST_OVERLAP_BYTES = 1 << 34


class Assembly:
    """Builds the groups from the layers, without their labels.

    A layer that is one group with its own values is taken as it is. Otherwise values are looked up; segments that
    overlap another one of their group (overlaps that were drawn in Slicer) get a group of their own, which is noted.
    """

    def __init__(self, layers: Sequence[Group], slots: list[GroupSlot], report: Report) -> None:
        self._layers = layers
        self._slots = slots
        self._report = report

    def groups(self, placed: list[Placed]) -> list[Group]:
        """One group a slot; the slots grow, and those of placed segments change, where segments overlap.

        Raises LabelError when the file's segments overlap so often that memory would run out.
        """
        result: list[Group] = []
        while len(result) < len(self._slots):
            number = len(result)
            slot = self._slots[number]
            members = [entry for entry in placed if entry.slot == number]
            layer = self._whole_layer(members, slot, placed)
            group = Group(self._looked_up(members)) if layer is None else self._layers[layer]
            group.name = slot.name
            group.properties = dict(slot.properties)
            result.append(group)
        return result

    def _whole_layer(self, members: list[Placed], slot: GroupSlot, placed: list[Placed]) -> int | None:
        """The one layer that is exactly this group; None when values must be looked up."""
        if not members:
            return slot.layer
        layers = {entry.segment.layer for entry in members}
        values = {entry.value for entry in members}
        if len(layers) > 1 or len(values) < len(members):
            return None
        layer = layers.pop()
        alone = len(members) == sum(entry.segment.layer == layer for entry in placed)
        kept = all(entry.segment.label_value == entry.value for entry in members)
        return layer if alone and kept else None

    def _looked_up(self, members: list[Placed]) -> NDArray[np.unsignedinteger]:
        tables: dict[tuple[bool, int], NDArray[np.uint16]] = {}
        overlapping: list[Placed] = []
        for entry in members:
            if entry.segment.label_value > MAX_VALUE:
                continue  # no voxel can have it
            key = (entry.undeclared, entry.segment.layer)
            table = tables.setdefault(key, np.zeros(MAX_VALUE + 1, np.uint16))
            if table[entry.segment.label_value]:
                overlapping.append(entry)
            else:
                table[entry.segment.label_value] = entry.value
        highest = max((int(table.max()) for table in tables.values()), default=0)
        array = np.zeros(self._layers[0].shape, np.uint8 if highest < 256 else np.uint16)
        for (undeclared, layer), table in sorted(tables.items(), key=lambda item: item[0]):
            lost = _add_layer(array, self._layers[layer].array, table)
            if lost:
                inside = [e for e in members if (e.undeclared, e.segment.layer) == (undeclared, layer)]
                overlapping += [entry for entry in inside if entry.value in lost and entry not in overlapping]
        self._move_apart(overlapping)
        return array

    def _move_apart(self, overlapping: list[Placed]) -> None:
        if not overlapping:
            return
        self._slots.append(GroupSlot())
        voxels = len(self._slots) * self._layers[0].array.size
        if voxels > max(_MOST_OVERLAP_BYTES, 2 * len(self._layers) * self._layers[0].array.size):
            raise LabelError(f"overlapping segments would need {len(self._slots)} groups, more than memory can hold")
        for entry in overlapping:
            entry.slot = len(self._slots) - 1
        names = ", ".join(repr(entry.segment.name) for entry in overlapping)
        self._report.note(f"segments that overlap others of their group were put into a new group: {names}")


def _add_layer(
    array: NDArray[np.unsignedinteger], layer: NDArray[np.unsignedinteger], table: NDArray[np.uint16]
) -> set[int]:
    """Writes the values that ``table`` gives to a layer's voxels, for each value whose voxels are all free.

    Returns the values that met voxels of others; nothing of them is written.
    """
    lookup = table[: int(np.iinfo(layer.dtype).max) + 1].astype(array.dtype)
    lost: set[int] = set()
    for k in range(layer.shape[1]):
        moved = lookup[layer[:, k]]
        lost.update(np.unique(moved[(moved != 0) & (array[:, k] != 0)]).tolist())
    lookup[np.isin(lookup, list(lost))] = 0
    for k in range(layer.shape[1]):
        moved = lookup[layer[:, k]]
        np.copyto(array[:, k], moved, where=moved != 0)
    return lost
