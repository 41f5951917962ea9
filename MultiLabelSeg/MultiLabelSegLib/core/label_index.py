"""Voxel count, box and centroid of every label of a group, kept up to date from the boxes of the changes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .box import Box
from .runs import scan

#: changes that are remembered before they are folded in; each is a box and two small arrays
_PENDING_LIMIT = 64


@dataclass(frozen=True)
class Extent:
    """Where one value lies within one frame. ``sums`` are the sums of the k, j, i indices of its voxels."""

    voxels: int
    box: Box
    sums: tuple[int, int, int]

    @property
    def centroid_kji(self) -> tuple[float, float, float]:
        """Mean index (k, j, i)."""
        k, j, i = self.sums
        return k / self.voxels, j / self.voxels, i / self.voxels


@dataclass
class _Entry:
    """What is known of a value: the count is exact; box and sums are only while ``fresh``."""

    voxels: int
    box: Box
    sums: tuple[int, int, int] = (0, 0, 0)
    fresh: bool = True


class LabelIndex:
    """Per-label index of one array (t, k, j, i). Frames are scanned when first asked for, in one pass each."""

    def __init__(self, array: NDArray[np.unsignedinteger]) -> None:
        self._array = array
        self._frames: list[dict[int, _Entry] | None] = [None] * array.shape[0]
        self._pending: list[tuple[int, Box, NDArray[np.unsignedinteger], NDArray[np.unsignedinteger]]] = []

    def replace_array(self, array: NDArray[np.unsignedinteger]) -> None:
        """The same voxels now live in another array (of another type)."""
        self._array = array

    def invalidate(self, t: int | None = None) -> None:
        """Forgets a frame, or all: they are scanned again when asked for."""
        self._fold()
        for frame in range(len(self._frames)) if t is None else (t,):
            self._frames[frame] = None

    def record(self, t: int, box: Box, before: NDArray[np.unsignedinteger], after: NDArray[np.unsignedinteger]) -> None:
        """Notes that voxels of ``box`` changed: ``before`` and ``after`` hold the values of the changed voxels.

        Both arrays are kept until they are folded in, so they must not change any more.
        """
        if self._frames[t] is None:
            return
        self._pending.append((t, box, before, after))
        if len(self._pending) > _PENDING_LIMIT:
            self._fold()

    def values(self, t: int) -> tuple[int, ...]:
        """Values that have voxels in frame ``t``, ascending."""
        return tuple(sorted(value for value, entry in self._frame(t).items() if entry.voxels))

    def voxels(self, value: int, t: int) -> int:
        """Voxels of a value in frame ``t``."""
        entry = self._frame(t).get(value)
        return 0 if entry is None else entry.voxels

    def box(self, value: int, t: int) -> Box | None:
        """The exact box of a value in frame ``t``; None when it has no voxels."""
        extent = self.extent(value, t)
        return None if extent is None else extent.box

    def loose_box(self, value: int, t: int) -> Box | None:
        """A box that holds all voxels of the value, perhaps with a margin, at no cost. None when there are none."""
        entry = self._frame(t).get(value)
        return entry.box if entry is not None and entry.voxels else None

    def extent(self, value: int, t: int) -> Extent | None:
        """Count, exact box and index sums of a value in frame ``t``; None when it has no voxels."""
        entry = self._frame(t).get(value)
        if entry is None or entry.voxels == 0:
            return None
        if not entry.fresh:
            self._refresh(value, t, entry)
        return Extent(entry.voxels, entry.box, entry.sums)

    def _frame(self, t: int) -> dict[int, _Entry]:
        if self._pending:
            self._fold()
        frame = self._frames[t]
        if frame is None:
            frame = self._frames[t] = _scan(self._array[t])
        return frame

    def _refresh(self, value: int, t: int, entry: _Entry) -> None:
        """Looks again, only within the box that is known to hold the value."""
        part = self._array[t][entry.box.slices]
        found = _scan(np.ascontiguousarray(part == value).view(np.uint8))[1]
        (k0, j0, i0), n = entry.box.lower, found.voxels
        low, high = found.box
        entry.box = Box((low[0] + k0, low[1] + j0, low[2] + i0), (high[0] + k0, high[1] + j0, high[2] + i0))
        entry.sums = (found.sums[0] + n * k0, found.sums[1] + n * j0, found.sums[2] + n * i0)
        entry.fresh = True

    def _fold(self) -> None:
        pending, self._pending = self._pending, []
        for t, box, before, after in pending:
            frame = self._frames[t]
            if frame is None:
                continue
            for values, sign in ((before, -1), (after, 1)):
                for value, count in zip(*np.unique(values, return_counts=True), strict=True):
                    if value:
                        _adjust(frame, int(value), sign * int(count), box)


def _adjust(frame: dict[int, _Entry], value: int, change: int, box: Box) -> None:
    entry = frame.get(value)
    if entry is None or entry.voxels == 0:
        entry = frame[value] = _Entry(0, box)
    entry.voxels += change
    entry.fresh = False
    if change > 0:
        entry.box = entry.box.union(box)


def _scan(frame: NDArray[np.unsignedinteger]) -> dict[int, _Entry]:
    """All values of one frame (k, j, i) in one pass over the voxels."""
    found = scan(frame).statistics()
    entries = {}
    columns = (found.values, found.voxels, found.lower, found.upper, found.sums)
    for value, voxels, lower, upper, sums in zip(*(column.tolist() for column in columns), strict=True):
        box = Box((lower[0], lower[1], lower[2]), (upper[0], upper[1], upper[2]))
        entries[int(value)] = _Entry(int(voxels), box, (sums[0], sums[1], sums[2]))
    return entries


def merge_extents(extents: list[Extent]) -> Extent | None:
    """Count, box and sums over several frames; None when there are none."""
    if not extents:
        return None
    merged = extents[0]
    for extent in extents[1:]:
        k, j, i = (mine + theirs for mine, theirs in zip(merged.sums, extent.sums, strict=True))
        merged = replace(merged, voxels=merged.voxels + extent.voxels, box=merged.box.union(extent.box), sums=(k, j, i))
    return merged
