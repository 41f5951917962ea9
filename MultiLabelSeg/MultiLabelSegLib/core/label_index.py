"""Voxel count, box and centroid of every label of a group, kept up to date from the boxes of the changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import count

import numpy as np
from numpy.typing import NDArray

from .box import Box
from .runs import scan

_NO_BOXES: Mapping[int, Box] = {}
#: never the same number twice, in whatever index
_VERSIONS = count(1)


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


@dataclass(slots=True)
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
        self._version = next(_VERSIONS)

    @property
    def version(self) -> int:
        """Another number after every write, and no other index has it: for whoever keeps what he made of voxels."""
        return self._version

    def touch(self) -> None:
        """Somebody is about to write, or did."""
        self._version = next(_VERSIONS)

    def copy(self) -> LabelIndex:
        """What is known of the same voxels, to go on by itself."""
        made = LabelIndex(self._array)
        made._frames = [
            None
            if frame is None
            else {value: _Entry(each.voxels, each.box, each.sums, each.fresh) for value, each in frame.items()}
            for frame in self._frames
        ]
        return made

    def replace_array(self, array: NDArray[np.unsignedinteger]) -> None:
        """The same voxels now live in another array (of another type)."""
        self._array = array
        self.touch()

    def invalidate(self, t: int | None = None) -> None:
        """Forgets a frame, or all: they are scanned again when asked for."""
        self.touch()
        for frame in range(len(self._frames)) if t is None else (t,):
            self._frames[frame] = None

    def is_scanned(self, t: int) -> bool:
        """Whether asking for frame ``t`` costs nothing: it was scanned before, and kept up to date since."""
        return self._frames[t] is not None

    def record(
        self,
        t: int,
        box: Box,
        lost: Mapping[int, int],
        gained: Mapping[int, int],
        boxes: Mapping[int, Box] = _NO_BOXES,
    ) -> None:
        """Notes a write to frame ``t``: how many voxels each value ``lost`` and ``gained``, all of them within ``box``.

        ``boxes`` may say more closely where a value gained. Nothing happens while the frame is not scanned.
        """
        self.touch()
        frame = self._frames[t]
        if frame is None:
            return
        for value, voxels in lost.items():  # first, so that a value that moves as a whole leaves its old box behind
            if value:
                entry = frame[value]
                entry.voxels -= voxels
                entry.fresh = False
                if not entry.voxels:
                    del frame[value]
        for value, voxels in gained.items():
            if value:
                _add(frame, value, voxels, boxes.get(value, box))

    def values(self, t: int) -> tuple[int, ...]:
        """Values that have voxels in frame ``t``, ascending."""
        return tuple(sorted(self._frame(t)))

    def voxels(self, value: int, t: int) -> int:
        """Voxels of a value in frame ``t``."""
        entry = self._frame(t).get(value)
        return 0 if entry is None else entry.voxels

    def counts(self, t: int) -> dict[int, int]:
        """Voxels of all values of frame ``t`` that have any, at once."""
        return {value: entry.voxels for value, entry in self._frame(t).items()}

    def box(self, value: int, t: int) -> Box | None:
        """The exact box of a value in frame ``t``; None when it has no voxels."""
        extent = self.extent(value, t)
        return None if extent is None else extent.box

    def loose_box(self, value: int, t: int) -> Box | None:
        """A box that holds all voxels of the value, perhaps with a margin, at no cost. None when there are none."""
        entry = self._frame(t).get(value)
        return None if entry is None else entry.box

    def extent(self, value: int, t: int) -> Extent | None:
        """Count, exact box and index sums of a value in frame ``t``; None when it has no voxels."""
        entry = self._frame(t).get(value)
        if entry is None:
            return None
        if not entry.fresh:
            entry = self._refreshed(value, t, entry)
        return Extent(entry.voxels, entry.box, entry.sums)

    def _frame(self, t: int) -> dict[int, _Entry]:
        frame = self._frames[t]
        if frame is None:
            frame = self._frames[t] = _scan(self._array[t])
        return frame

    def _refreshed(self, value: int, t: int, entry: _Entry) -> _Entry:
        """Looks again, only within the box that holds the value, or at the whole frame when that serves others too."""
        if 4 * entry.box.voxels > self._array[t].size and sum(not other.fresh for other in self._frame(t).values()) > 4:
            frame = self._frames[t] = _scan(self._array[t])
            return frame[value]
        part = self._array[t][entry.box.slices]
        found = _scan(np.ascontiguousarray(part == value).view(np.uint8))[1]
        (k0, j0, i0), n = entry.box.lower, found.voxels
        low, high = found.box
        entry.box = Box((low[0] + k0, low[1] + j0, low[2] + i0), (high[0] + k0, high[1] + j0, high[2] + i0))
        entry.sums = (found.sums[0] + n * k0, found.sums[1] + n * j0, found.sums[2] + n * i0)
        entry.fresh = True
        return entry


def _add(frame: dict[int, _Entry], value: int, voxels: int, box: Box) -> None:
    entry = frame.get(value)
    if entry is None:
        frame[value] = _Entry(voxels, box, fresh=False)
    else:
        entry.voxels += voxels
        entry.box = entry.box.union(box)
        entry.fresh = False


def _scan(frame: NDArray[np.unsignedinteger]) -> dict[int, _Entry]:
    """All values of one frame (k, j, i) in one pass over the voxels."""
    found = scan(frame).statistics()
    lower, upper, sums = (map(tuple, column.tolist()) for column in (found.lower, found.upper, found.sums))
    entries = map(_Entry, found.voxels.tolist(), map(Box, lower, upper), sums)
    return dict(zip(found.values.tolist(), entries, strict=True))


def merge_extents(extents: list[Extent]) -> Extent | None:
    """Count, box and sums over several frames; None when there are none."""
    if not extents:
        return None
    merged = extents[0]
    for extent in extents[1:]:
        k, j, i = (mine + theirs for mine, theirs in zip(merged.sums, extent.sums, strict=True))
        merged = replace(merged, voxels=merged.voxels + extent.voxels, box=merged.box.union(extent.box), sums=(k, j, i))
    return merged
