"""Voxels to write, in a form that is small enough to keep for undo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..compiled import use_kernels
from ..core import Box, Event, Segmentation
from ..core.tally import tally
from ..errors import HistoryError
from .values import Labels, Values, compact, spread

#: voxels of a box from which a compiled kernel beats numpy's few calls
KERNEL_FROM = 1 << 15
#: voxels that numpy writes together, so that the temporaries stay small
_STEP = 1 << 22
#: bytes that a patch takes beside its arrays, roughly
_OVERHEAD = 400


@dataclass(frozen=True, eq=False)
class VoxelPatch:
    """New values for some voxels of one frame; applying it returns the patch that takes it back.

    ``mask`` is (k, j, bytes): one bit for each voxel of ``box``, the lowest bit first, rows padded to whole bytes; None
    means the whole box. ``values`` are the new values of the masked voxels in C order, compact (see ``values``).
    ``counts`` is the tally of the values; ``boxes`` may say more closely where single values will lie.
    """

    group: int
    t: int
    box: Box
    mask: NDArray[np.uint8] | None
    values: Values
    counts: Mapping[int, int]
    boxes: Mapping[int, Box] = field(default_factory=dict)

    @classmethod
    def of_array(cls, group: int, t: int, box: Box, values: int | Labels) -> VoxelPatch:
        """A patch that writes the whole box: ``values`` (k, j, i) of the box's shape, or one number.

        Raises HistoryError when the shape is not the box's.
        """
        if isinstance(values, int):
            return cls(group, t, box, None, values, {values: box.voxels})
        if values.shape != box.shape:
            raise HistoryError(f"values (k, j, i) {values.shape} do not fill the box {box.shape}")
        counts = tally(values)
        return cls(group, t, box, None, compact(values.reshape(-1).copy(), counts), counts)

    @classmethod
    def packed(
        cls,
        group: int,
        t: int,
        box: Box,
        mask: NDArray[np.uint8],
        values: Values,
        counts: Mapping[int, int],
        boxes: Mapping[int, Box] | None = None,
        reach: tuple[int, ...] | None = None,
    ) -> VoxelPatch:
        """A patch of masked voxels (at least one); a big mask is cut down to the planes and rows that change.

        ``reach`` names these, where they are known: first and last k (exclusive), first and last j within the mask.
        """
        if box.voxels >= KERNEL_FROM:
            (k0, j0, i0), (_, _, i1) = box
            ka, kb, ja, jb = reach or _reach(mask)
            if mask.shape[:2] != (kb - ka, jb - ja):
                mask = mask[ka:kb, ja:jb].copy()
                box = Box((k0 + ka, j0 + ja, i0), (k0 + kb, j0 + jb, i1))
        return cls(group, t, box, mask, values, counts, boxes or {})

    @property
    def voxels(self) -> int:
        """Voxels that are written."""
        return sum(self.counts.values())

    @property
    def top(self) -> int:
        """The highest value that is written."""
        return max(self.counts, default=0)

    @property
    def nbytes(self) -> int:
        """Memory that the patch holds."""
        values = 0 if isinstance(self.values, int) else self.values.nbytes
        return _OVERHEAD + values + (0 if self.mask is None else self.mask.nbytes)

    def apply(self, segmentation: Segmentation) -> VoxelPatch:
        """Writes the values, tells the index and the listeners, returns the inverse.

        Raises GroupError for an unknown group, HistoryError when the patch reaches beyond the group.
        """
        group = segmentation.group(self.group)
        frames, k, j, i = group.shape
        if not (0 <= self.t < frames and Box((0, 0, 0), (k, j, i)).contains(self.box)):
            raise HistoryError(f"patch of frame {self.t}, {self.box} does not fit a group (t, k, j, i) {group.shape}")
        frame = group.writable(self.top)[self.t]
        inverse = self.write(frame)
        if group.index.is_scanned(self.t):
            if self.box.voxels >= KERNEL_FROM:
                inverse = inverse._with_boxes(segmentation)
            group.index.record(self.t, self.box, inverse.counts, self.counts, self.boxes)
        values = tuple(sorted({*inverse.counts, *self.counts} - {0}))
        segmentation.changed.emit(Event("voxels", self.group, values, self.t, self.box))
        return inverse

    def write(self, frame: Labels) -> VoxelPatch:
        """Writes the values into a writeable frame (k, j, i) that can hold them; returns the inverse. Tells nobody."""
        if self.mask is None:
            part = frame[self.box.slices]
            inverse = VoxelPatch.of_array(self.group, self.t, self.box, part)
            part[...] = self.values if isinstance(self.values, int) else spread(self.values).reshape(part.shape)
            return inverse
        if self.box.voxels >= KERNEL_FROM and frame.flags.c_contiguous and use_kernels(self.box.voxels):
            from .resolve_compiled import write_compiled

            old, lost = write_compiled(frame, self.box, self.mask, self.values)
            return VoxelPatch(self.group, self.t, self.box, self.mask, old, lost)
        before = self._write_numpy(frame, self.mask)
        lost = tally(before)
        return VoxelPatch(self.group, self.t, self.box, self.mask, compact(before, lost), lost)

    def _write_numpy(self, frame: Labels, mask: NDArray[np.uint8]) -> Labels:
        part = frame[self.box.slices]
        size_k, size_j, size_i = part.shape
        planes = max(1, _STEP // (size_j * size_i))
        values = self.values if isinstance(self.values, int) else spread(self.values)
        if planes >= size_k:
            bits = np.unpackbits(mask, axis=2, count=size_i, bitorder="little").view(np.bool_)
            whole = part[bits]
            part[bits] = values
            return whole
        old, at = [], 0
        for first in range(0, size_k, planes):
            bits = np.unpackbits(mask[first : first + planes], axis=2, count=size_i, bitorder="little").view(np.bool_)
            piece = part[first : first + planes]
            old.append(piece[bits])
            until = at + len(old[-1])
            piece[bits] = values if isinstance(values, int) else values[at:until]
            at = until
        return np.concatenate(old)

    def _with_boxes(self, segmentation: Segmentation) -> VoxelPatch:
        """Notes where the values lay that this inverse brings back, so that the index stays sharp."""
        index = segmentation.group(self.group).index
        known = {value: index.loose_box(value, self.t) for value in self.counts if value}
        boxes = {value: box.intersection(self.box) for value, box in known.items() if box is not None}
        return VoxelPatch(self.group, self.t, self.box, self.mask, self.values, self.counts, boxes)


def _reach(mask: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    rows = mask.any(axis=2)
    planes, lines = np.flatnonzero(rows.any(axis=1)), np.flatnonzero(rows.any(axis=0))
    return int(planes[0]), int(planes[-1]) + 1, int(lines[0]), int(lines[-1]) + 1
