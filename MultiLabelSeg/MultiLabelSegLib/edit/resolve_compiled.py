"""The doors to the compiled kernels: arrays are laid flat, rows are taken in portions, counts become dictionaries."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ..core import Box
from ..core.block_kernels import BYTES
from ..core.runs import frozen
from . import resolve_kernels, write_kernels
from .rules import Found, Rules, Work
from .values import Labels, Stretches, Values, compact_stretches

#: values and lengths of stretches, and scratch for a row
Buffers = tuple[Labels, NDArray[np.uint32], NDArray[np.int64]]
#: voxels of a portion, which bound the memory for its stretches
_PORTION = 1 << 20


def resolve_compiled(work: Work, rules: Rules) -> Found:
    """What ``resolve_numpy`` finds, in one pass over the voxels and without temporaries of their size."""
    shape = size_k, size_j, size_i = work.box.shape
    frame, box = work.frame, work.box
    if rules.top >= 1 << (8 * frame.dtype.itemsize):
        frame, box = frame[box.slices].astype(np.uint16), Box.whole(box.shape)
    width = (size_i + 7) // 8
    bits = np.zeros(size_k * size_j * width + resolve_kernels.MASK_SPARE, np.uint8)
    counts = np.zeros((3, _held(frame)), np.int64)
    reach = np.array([size_k, 0, size_j, 0], np.int64)
    target = rules.targets(work.region.dtype)
    clears = np.zeros(len(rules.writable), np.uint8) if rules.clears is None else rules.clears
    idle = target < 0
    idle[0] &= rules.clears is None
    source, source_at = frozen(work.region), _layout(work.region.shape, work.region_box)
    place, place_at = frozen(frame), _layout(frame.shape, box)
    twice = (source.ctypes.data, source.dtype, source_at) != (place.ctypes.data, place.dtype, place_at)
    tables = frozen(target), frozen(rules.writable.view(np.uint8)), frozen(clears), frozen(idle.view(np.uint8))
    parts = []
    for rows, buffers in _portions(box, frame.dtype):
        many = resolve_kernels.resolve_rows(
            source, source_at, place, place_at, shape, rows, tables, twice, bits, buffers, counts.reshape(-1), reach
        )
        parts.append(_part(buffers, many))
    lost, gained, protected = (_as_dict(row) for row in counts)
    mask = bits[: bits.size - resolve_kernels.MASK_SPARE].reshape(size_k, size_j, width)
    values = compact_stretches(parts, gained)
    return Found(mask, values, gained, lost, protected, tuple(reach.tolist()) if gained else None)


def write_compiled(frame: Labels, box: Box, mask: NDArray[np.uint8], values: Values) -> tuple[Values, dict[int, int]]:
    """Writes masked values into a contiguous frame; returns the old values, compact, and their tally."""
    if isinstance(values, int):
        values = Stretches(np.array([values], frame.dtype), np.zeros(0, np.uint32))
        cursor = np.array([0, np.iinfo(np.int64).max], np.int64)
    else:
        cursor = np.array([-1, 0], np.int64)
    given = values.values if isinstance(values, Stretches) else values
    lengths = values.lengths if isinstance(values, Stretches) else np.ones(0, np.uint32)
    dense = not isinstance(values, Stretches)
    flat, layout, bits = frame.reshape(-1), _layout(frame.shape, box), frozen(mask)
    new, lengths = frozen(given.astype(frame.dtype, copy=False)), frozen(lengths)
    lost = np.zeros(_held(frame), np.int64)
    saved = np.empty(BYTES // frame.itemsize, frame.dtype)
    parts = []
    for rows, buffers in _portions(box, frame.dtype):
        many = write_kernels.write_rows(
            flat, layout, box.shape, rows, bits, new, lengths, dense, cursor, buffers, saved, lost
        )
        parts.append(_part(buffers, many))
    tally = _as_dict(lost)
    return compact_stretches(parts, tally), tally


def _portions(box: Box, dtype: np.dtype[np.unsignedinteger]) -> Iterator[tuple[tuple[int, int], Buffers]]:
    """Rows to work on together, first and last, with buffers for the values and lengths of their stretches."""
    size_k, size_j, size_i = box.shape
    rows, together = size_k * size_j, max(1, _PORTION // size_i)
    size = min(rows, together) * size_i
    buffers = np.empty(size, dtype), np.empty(size, np.uint32), np.empty(size_i + resolve_kernels.RUNS_SPARE, np.int64)
    for first in range(0, rows, together):
        yield (first, min(rows, first + together)), buffers


def _part(buffers: Buffers, many: int) -> Stretches:
    return Stretches(buffers[0][:many].copy(), buffers[1][:many].copy())


def _held(frame: Labels) -> int:
    """How many values a voxel can hold."""
    return 1 << (8 * frame.itemsize)


def _layout(shape: tuple[int, ...], box: Box) -> tuple[int, int, int]:
    """Flat position of a box's first voxel, and the steps from plane to plane and from row to row."""
    (k, j, i), plane, row = box.lower, shape[1] * shape[2], shape[2]
    return k * plane + j * row + i, plane, row


def _as_dict(counts: NDArray[np.int64]) -> dict[int, int]:
    present = np.flatnonzero(counts)
    return dict(zip(present.tolist(), counts[present].tolist(), strict=True))
