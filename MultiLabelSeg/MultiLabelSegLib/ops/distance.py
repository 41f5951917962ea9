"""Exact Euclidean distances between voxel centres, in mm."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib import import_module, util
from typing import Any

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
#: what rounding to single precision may change in a squared distance, with some room
ROUNDING = 1e-5
#: rows of a ball up to which its copies are quicker than the distance transform
_MANY_ROWS = 400
#: neighbours that are looked at one by one before the distances of a whole mask are asked for
_FEW = 600
#: looks at neighbours that cost as much as the distance of one voxel
_WORTH = 20


@lru_cache(maxsize=1)
def _edt() -> Any:
    """The package ``edt``, twice as fast as scipy; None where it is not installed."""
    return import_module("edt") if util.find_spec("edt") is not None else None


def squared_distance(mask: Mask, spacing: Sequence[float]) -> NDArray[np.float32]:
    """For each voxel the squared distance to the nearest true voxel, mm2; 0 in the mask, infinite without any.

    ``spacing`` is mm along each axis of the mask. Nothing beyond the mask's borders counts.
    """
    if not mask.any():
        return np.full(mask.shape, np.inf, np.float32)
    package = _edt()
    if package is not None:
        steps = tuple(float(step) for step in spacing)
        found: NDArray[np.float32] = package.edtsq(~mask, anisotropy=steps, black_border=False, parallel=1)
        return found
    from scipy import ndimage

    distance = ndimage.distance_transform_edt(~mask, sampling=tuple(spacing))
    return np.asarray(np.square(distance), np.float32)


def squared_distances_at(
    mask: Mask, places: Sequence[NDArray[np.intp]], spacing: Sequence[float]
) -> NDArray[np.float32]:
    """As ``squared_distance``, at some voxels alone: ``places`` are their indices along k, j, i.

    The neighbours of all are looked at, the nearest first, until each has met a true one; those that lie far away are
    left to the distances of the whole mask.
    """
    found = np.full(len(places[0]), np.inf, np.float32)
    left = np.arange(len(found))
    offsets, lengths = _neighbours(tuple(float(step) for step in spacing))
    reach = np.abs(offsets).max(axis=0)
    padded = np.pad(mask, [(by, by) for by in reach.tolist()])
    flat = padded.reshape(-1)
    at = np.ravel_multi_index([axis + by for axis, by in zip(places, reach.tolist(), strict=True)], padded.shape)
    strides = np.array([padded.shape[1] * padded.shape[2], padded.shape[2], 1])
    budget = _WORTH * mask.size
    for step, length in zip((offsets @ strides).tolist(), lengths.tolist(), strict=True):
        budget -= len(left)
        if budget < 0:
            break
        met = flat[at + step]
        if met.any():
            found[left[met]] = length
            left, at = left[~met], at[~met]
        if not len(left):
            return found
    far = [axis[left] for axis in places]
    found[left] = squared_distance(mask, spacing)[tuple(far)]
    return found


@lru_cache(maxsize=16)
def _neighbours(spacing: tuple[float, ...]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Offsets (n, 3) along k, j, i to all neighbours in a ball of few voxels, and squared lengths; nearest first."""
    radius = (_FEW * float(np.prod(spacing)) / (4 / 3 * np.pi)) ** (1 / 3)
    ends = [int(radius / step) for step in spacing]
    offsets = np.indices([2 * end + 1 for end in ends]).reshape(3, -1).T - ends
    lengths = np.square(offsets * spacing).sum(axis=1)
    ball = np.flatnonzero(lengths <= radius * radius)
    order = ball[np.argsort(lengths[ball], kind="stable")]
    return offsets[order], lengths[order].astype(np.float32)


def within(mask: Mask, spacing: Sequence[float], reach: float) -> Mask:
    """Voxels whose centre lies at most ``reach`` mm from that of a true voxel; ``mask`` is (k, j, i)."""
    rows = _rows(tuple(float(step) for step in spacing), float(reach))
    if len(rows) > _MANY_ROWS:
        return np.asarray(squared_distance(mask, spacing) <= _limit(reach))
    return _by_rows(mask, rows)


def _limit(reach: float) -> float:
    return reach * reach * (1 + ROUNDING)


@lru_cache(maxsize=64)
def _rows(spacing: tuple[float, ...], reach: float) -> tuple[tuple[int, int, int], ...]:
    """The rows of a ball along i: offsets (k, j) from its centre and half the width in voxels, thinnest first."""
    limit = _limit(reach)
    high, wide, long = (int(reach / step * (1 + ROUNDING)) for step in spacing)
    if (2 * high + 1) * (2 * wide + 1) > 4 * _MANY_ROWS:
        return ((0, 0, 0),) * (_MANY_ROWS + 1)  # surely too many; there may be millions
    steps = np.square(np.arange(long + 1) * spacing[2])
    rows = []
    for k in range(-high, high + 1):
        for j in range(-wide, wide + 1):
            rest = limit - (k * spacing[0]) ** 2 - (j * spacing[1]) ** 2
            if rest >= 0:
                rows.append((k, j, int(np.searchsorted(steps, rest, side="right")) - 1))
    return tuple(sorted(rows, key=lambda row: row[2]))


def _by_rows(mask: Mask, rows: Sequence[tuple[int, int, int]]) -> Mask:
    """The union of the mask's copies along the rows of a ball: for small balls much quicker than distances."""
    result = np.zeros(mask.shape, np.bool_)
    line, width = mask.copy(), 0
    for k, j, half in rows:
        while width < half:
            width += 1
            line[..., width:] |= mask[..., :-width]
            line[..., :-width] |= mask[..., width:]
        into_k, from_k = _shift(k, mask.shape[0])
        into_j, from_j = _shift(j, mask.shape[1])
        result[into_k, into_j] |= line[from_k, from_j]
    return result


def _shift(by: int, size: int) -> tuple[slice, slice]:
    """Where an axis of ``size`` goes and where it comes from when it is moved ``by`` elements."""
    reach = min(abs(by), size)
    ahead, behind = slice(reach, size), slice(0, size - reach)
    return (ahead, behind) if by >= 0 else (behind, ahead)
