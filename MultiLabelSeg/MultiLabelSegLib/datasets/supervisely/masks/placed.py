"""The codes of one mask on its volume's grid, as runs where they are calm, as an array where they are noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....core.label import MAX_VALUE
from ....core.runs import RunTable, few_boundaries, frozen, paint_runs, table_of_stretches
from ....formats.codec.intervals import Intervals

#: with more changes than one in so many voxels the runs would take more memory than the voxels
_NOISE = 16
#: labels up to which single runs are painted; above, all voxels are mapped in one pass
_FEW = 32


@dataclass(frozen=True, eq=False)
class PlacedMask:
    """Codes of all voxels (k, j, i), 0 being the background. ``table`` are its runs, None for noise.

    ``source`` holds the codes, as intervals or as a C-ordered array. ``present`` are those that occur, ascending.
    """

    present: tuple[int, ...]
    source: Intervals | NDArray[np.unsignedinteger]
    table: RunTable | None

    def array(self) -> NDArray[np.unsignedinteger]:
        """The codes of all voxels, flat."""
        return self.source.array(0) if isinstance(self.source, Intervals) else self.source.reshape(-1)

    def paint(self, flat: NDArray[Any], values: dict[int, int]) -> None:
        """Writes ``values[code]`` over the voxels of a flat array; the background keeps what it has.

        Costs O(runs) where there are few codes or intervals of them.
        """
        if self.table is not None and len(values) <= _FEW:
            for code, value in values.items():
                paint_runs(flat, *self.table.runs_of(code), value)
            return
        mapping = np.zeros(MAX_VALUE + 1, flat.dtype)
        mapping[list(values)] = list(values.values())
        if isinstance(self.source, Intervals):
            self.source.paint(0, flat, mapping)
            return
        for codes, target in zip(self.source, flat.reshape(self.source.shape), strict=True):
            np.copyto(target, mapping[codes], where=codes != 0)


def placed_intervals(intervals: Intervals, shape: tuple[int, int, int]) -> PlacedMask:
    """From the intervals of a file that has the volume's order of voxels."""
    table = intervals.table(0, shape)
    return PlacedMask(tuple(table.values.tolist()), intervals, table)


def placed_array(codes: NDArray[np.unsignedinteger]) -> PlacedMask:
    """From an array (k, j, i), C-ordered, uint8 or uint16."""
    flat = frozen(codes)
    begin = few_boundaries(flat, max(64, flat.size // _NOISE))
    if begin is not None:
        table = table_of_stretches(codes.shape, begin, flat[begin])
        return PlacedMask(tuple(table.values.tolist()), codes, table)
    met = np.zeros(MAX_VALUE + 1, np.bool_)
    for part in codes:
        met[part] = True
    met[0] = False
    return PlacedMask(tuple(np.flatnonzero(met).tolist()), codes, None)
