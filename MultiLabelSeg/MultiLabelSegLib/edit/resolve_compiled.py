"""The doors to the compiled kernels: arrays are laid flat, counts become dictionaries."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..core import Box
from ..core.runs import frozen
from . import edit_kernels
from .rules import Found, Labels, Rules, Work, uniform_or_compact

_VALUES = 1 << 16


def resolve_compiled(work: Work, rules: Rules) -> Found:
    """What ``resolve_numpy`` finds, in one pass over the voxels and without temporaries."""
    size_k, size_j, size_i = work.box.shape
    frame, box = work.frame, work.box
    if rules.top >= 1 << (8 * frame.dtype.itemsize):
        frame, box = frame[box.slices].astype(np.uint16), Box.whole(box.shape)
    mask = np.zeros((size_k, size_j, (size_i + 7) // 8), np.uint8)
    single = rules.single is not None
    values = np.empty(0 if single else work.box.voxels, frame.dtype)
    counts = np.zeros((3, _VALUES), np.int64)
    target = rules.targets(work.region.dtype)
    clears = np.zeros(len(rules.writable), np.uint8) if rules.clears is None else rules.clears
    idle = target < 0
    idle[0] &= rules.clears is None
    written = edit_kernels.resolve_rows(
        frozen(work.region), _layout(work.region.shape, work.region_box),
        frozen(frame), _layout(frame.shape, box), (size_k, size_j, size_i),
        frozen(target), frozen(rules.writable), frozen(clears), frozen(idle),
        mask.reshape(-1), values, not single, counts,
    )  # fmt: skip
    lost, gained, protected = (_as_dict(row) for row in counts)
    if single:
        return Found(mask, next(iter(gained), 0), gained, lost, protected)
    values.resize(written, refcheck=False)
    return Found(mask, uniform_or_compact(values, gained), gained, lost, protected)


def write_compiled(
    frame: Labels, box: Box, mask: NDArray[np.uint8], values: int | Labels, voxels: int
) -> tuple[Labels, dict[int, int]]:
    """Writes masked values into a contiguous frame; returns the old values and their tally."""
    given = np.array([values], frame.dtype) if isinstance(values, int) else values.astype(frame.dtype, copy=False)
    old = np.empty(voxels, frame.dtype)
    lost = np.zeros(_VALUES, np.int64)
    flat = frame.reshape(-1)
    layout = _layout(frame.shape, box)
    bits = frozen(mask)
    edit_kernels.write_rows(flat, layout, box.shape, bits, frozen(given), isinstance(values, int), old, lost)
    return old, _as_dict(lost)


def _layout(shape: tuple[int, ...], box: Box) -> tuple[int, int, int]:
    """Flat position of a box's first voxel, and the steps from plane to plane and from row to row."""
    (k, j, i), plane, row = box.lower, shape[1] * shape[2], shape[2]
    return k * plane + j * row + i, plane, row


def _as_dict(counts: NDArray[np.int64]) -> dict[int, int]:
    present = np.flatnonzero(counts)
    return dict(zip(present.tolist(), counts[present].tolist(), strict=True))
