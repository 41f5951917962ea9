"""Whether an image is one of labels, told by its voxels: whole numbers, few of them, or in flat regions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_LARGEST = 65535
#: so few different values are those of labels, wherever they lie
_FEW = 16
#: of the neighbours in a row of which one at least is no background, so many hold the same in a label map
_FLAT = 0.5
#: after so many neighbours a slice that differs everywhere decides
_ENOUGH, _NOISY = 20_000, 0.3


def is_label_like(voxels: NDArray[Any]) -> bool:
    """Whether voxels (t, k, j, i) look like those of a segmentation. An image that is all background does not."""
    if voxels.dtype.kind not in "buif":
        return False
    known: set[float] = set()
    pairs = equal = 0
    for plane in voxels.reshape(-1, *voxels.shape[-2:]):
        if not _may_be_labels(plane):
            return False
        if len(known) <= _FEW:
            known.update(np.unique(plane[plane != 0]).tolist())
        inside = (plane[:, 1:] != 0) | (plane[:, :-1] != 0)
        pairs += int(np.count_nonzero(inside))
        equal += int(np.count_nonzero(inside & (plane[:, 1:] == plane[:, :-1])))
        if len(known) > _FEW and pairs > _ENOUGH and equal < _NOISY * pairs:
            return False
    return bool(known) and (len(known) <= _FEW or equal >= _FLAT * pairs)


def _may_be_labels(plane: NDArray[Any]) -> bool:
    if plane.dtype.kind == "f" and not (np.isfinite(plane).all() and np.array_equal(plane, np.rint(plane))):
        return False
    return bool(plane.min() >= 0 and plane.max() <= _LARGEST)
