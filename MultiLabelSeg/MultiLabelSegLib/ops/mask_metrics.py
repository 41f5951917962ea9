"""How well two masks agree: overlap, and the distances between their borders in mm.

The border of a mask are its voxels with a face neighbour outside; beyond the frame all is outside. Distances run from
the centres of one mask's border voxels to the nearest of the other's, each way. So do MONAI and MedPy; the percentile
is taken each way and the larger one counts, as in MONAI (MedPy pools both ways).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import OptionError
from .distance import ROUNDING, squared_distance

Mask = NDArray[np.bool_]
Lengths = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class BorderDistances:
    """Distances in mm from each border voxel of the first mask to the second's border, and the other way round.

    ``complete`` is False when one mask has a border in a frame where the other has none: no distance is known then.
    """

    forth: Lengths
    back: Lengths
    complete: bool = True

    @property
    def is_measured(self) -> bool:
        """Whether both have borders, so that distances mean something."""
        return self.complete and len(self.forth) > 0 and len(self.back) > 0

    def percentile(self, percent: float = 95.0) -> float | None:
        """The larger of both ways' percentiles in mm (100: the Hausdorff distance); None without two borders."""
        if not self.is_measured:
            return None
        return float(max(np.percentile(self.forth, percent), np.percentile(self.back, percent)))

    def mean(self) -> float | None:
        """The mean over the border voxels of both (average symmetric surface distance) in mm; None without both."""
        if not self.is_measured:
            return None
        return float((self.forth.sum() + self.back.sum()) / (len(self.forth) + len(self.back)))

    def share_within(self, tolerance_mm: float) -> float:
        """The share of both borders' voxels at most ``tolerance_mm`` from the other's: the surface Dice.

        1 when neither has a border, and voxels without a counterpart in their frame are not within.
        """
        count = len(self.forth) + len(self.back)
        if not count:
            return 1.0
        limit = tolerance_mm * (1 + ROUNDING)
        near = np.count_nonzero(self.forth <= limit) + np.count_nonzero(self.back <= limit)
        return float(near / count)


def border(mask: Mask) -> Mask:
    """The voxels of a mask (k, j, i) with a face neighbour outside of it or outside of the array."""
    inner = mask.copy()
    for axis in range(mask.ndim):
        here = np.moveaxis(inner, axis, 0)
        there = np.moveaxis(mask, axis, 0)
        here[1:] &= there[:-1]
        here[:-1] &= there[1:]
        here[0] = False
        here[-1] = False
    return np.asarray(mask & ~inner)


def border_distances(first: Mask, second: Mask, spacing: Sequence[float]) -> BorderDistances:
    """The distances between the borders of two masks of one shape (k, j, i); ``spacing`` is mm along k, j, i.

    Both may be cut to the box of their union: what is left out changes nothing. Raises OptionError for other shapes.
    """
    if first.shape != second.shape:
        raise OptionError("second", second.shape, f"a mask of the shape {first.shape}")
    mine, theirs = border(first), border(second)
    has_mine, has_theirs = bool(mine.any()), bool(theirs.any())
    none = np.zeros(0)
    if has_mine != has_theirs:
        forth, back = (np.full(int(np.count_nonzero(edge)), np.inf) for edge in (mine, theirs))
        return BorderDistances(forth, back, False)
    if not has_mine:
        return BorderDistances(none, none)
    forth = np.sqrt(squared_distance(theirs, spacing)[mine].astype(np.float64))
    back = np.sqrt(squared_distance(mine, spacing)[theirs].astype(np.float64))
    return BorderDistances(forth, back)


def pooled(parts: Sequence[BorderDistances]) -> BorderDistances:
    """The distances of several frames as one."""
    if not parts:
        return BorderDistances(np.zeros(0), np.zeros(0))
    forth = np.concatenate([part.forth for part in parts])
    back = np.concatenate([part.back for part in parts])
    return BorderDistances(forth, back, all(part.complete for part in parts))


def dice(common: int, first: int, second: int) -> float:
    """Twice the common voxels by the voxels of both; 1 for two empty masks, 0 where one is empty."""
    return 2 * common / (first + second) if first + second else 1.0
