"""What a group's frame would become by an edit made in the node, and what locks keep of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core import Box, Group
from ..core.label import MAX_VALUE
from ..core.tally import tally
from ..edit import VoxelPatch
from ..edit.values import compact


@dataclass(eq=False)
class Split:
    """An edit of one group: ``allowed`` may be applied, ``kept`` would take voxels from locked labels.

    ``protected`` counts the voxels in ``kept`` by the label that holds them; 0 is locked unlabelled space.
    """

    allowed: VoxelPatch | None = None
    kept: VoxelPatch | None = None
    protected: dict[int, int] = field(default_factory=dict)


def changed_box(first: NDArray[Any], second: NDArray[Any]) -> Box | None:
    """The smallest box of the voxels in which two frames (k, j, i) of one shape differ; None when none does."""
    planes = [k for k in range(first.shape[0]) if not np.array_equal(first[k], second[k])]
    if not planes:
        return None
    k0, k1 = planes[0], planes[-1] + 1
    touched = np.zeros(first.shape[1:], np.bool_)
    for k in planes:
        touched |= first[k] != second[k]
    inside = Box.of_mask(touched[np.newaxis])
    assert inside is not None
    (_, j0, i0), (_, j1, i1) = inside
    return Box((k0, j0, i0), (k1, j1, i1))


def split(
    index: int,
    group: Group,
    t: int,
    wanted: NDArray[Any],
    *,
    space_locked: bool = False,
    unlocked: frozenset[int] = frozenset(),
    table: NDArray[np.uint16] | None = None,
) -> Split:
    """Compares frame ``t`` of a group with what somebody ``wanted`` it to be (k, j, i).

    A locked label may gain voxels, as it may by its own tools, but loses none; the locks of ``unlocked`` do not count.
    ``table`` translates the wanted values of voxels that differ.
    """
    frame = group.array[t]
    box = changed_box(wanted, frame)
    if box is None:
        return Split()
    old = frame[box.slices]
    new = wanted[box.slices] if table is None else table[wanted[box.slices]]
    locked = ~group.unlocked
    locked[list(unlocked)] = False
    locked[0] = space_locked
    kept = (new != old) & locked[old]
    found = Split(protected={value: voxels for value, voxels in tally(old[kept]).items() if voxels})
    if found.protected:
        values = np.ascontiguousarray(new[kept])
        counts = tally(values)
        bits = np.packbits(kept, axis=2, bitorder="little")
        found.kept = VoxelPatch.packed(index, t, box, bits, compact(values, counts), counts)
    allowed = np.where(kept, old, new) if found.protected else new
    if not np.array_equal(allowed, old):
        dtype = np.uint8 if int(allowed.max()) < 256 else np.uint16
        found.allowed = VoxelPatch.of_array(index, t, box, allowed.astype(dtype))
    return found


def table_of(values: list[int]) -> NDArray[np.uint16]:
    """Keeps these values and makes all others 0: voxels that no segment shows."""
    table = np.zeros(MAX_VALUE + 1, np.uint16)
    table[values] = values
    return table
