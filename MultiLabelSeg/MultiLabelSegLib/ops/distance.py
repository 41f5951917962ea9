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
    """Voxels whose centre lies at most ``reach`` mm from that of a true voxel."""
    return np.asarray(squared_distance(mask, spacing) <= reach * reach * (1 + ROUNDING))
