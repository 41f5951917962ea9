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
