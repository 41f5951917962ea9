"""Smoothing of masks: the majority of a window, a Gaussian, and a Gaussian of many labels at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Numbers = NDArray[np.uint16]
#: standard deviations after which a Gaussian counts as nothing
TRUNCATE = 4.0


def gaussian_reach(sigma: Sequence[float]) -> tuple[int, int, int]:
    """Voxels along k, j, i that a Gaussian of ``sigma`` voxels looks at."""
    k, j, i = (int(TRUNCATE * step + 0.5) for step in sigma)
    return k, j, i


def median(mask: Mask, radius: Sequence[int]) -> Mask:
    """The majority within a window of ``radius`` voxels along k, j, i; the array's border voxels go on outside of it.

    The same as ITK's BinaryMedian. The window's sums are made by running sums, so its size costs nothing.
    """
    counts = mask.astype(np.int32)
    for axis, reach in enumerate(radius):
        counts = _window_sums(counts, axis, int(reach))
    size = int(np.prod([2 * int(reach) + 1 for reach in radius]))
    return np.asarray(2 * counts > size)


def _window_sums(counts: NDArray[np.int32], axis: int, reach: int) -> NDArray[np.int32]:
    if not reach:
        return counts
    pads = [(reach + 1, reach) if other == axis else (0, 0) for other in range(counts.ndim)]
    running = np.cumsum(np.pad(counts, pads, mode="edge"), axis=axis, dtype=np.int32)
    upper = [slice(2 * reach + 1, None) if other == axis else slice(None) for other in range(counts.ndim)]
    lower = [slice(None, -2 * reach - 1) if other == axis else slice(None) for other in range(counts.ndim)]
    return np.asarray(running[tuple(upper)] - running[tuple(lower)])


def blurred(mask: Mask, sigma: Sequence[float]) -> NDArray[np.float32]:
    """The mask under a Gaussian of ``sigma`` voxels along k, j, i, 0...1; border voxels go on outside of the array."""
    from scipy import ndimage

    weights: NDArray[np.float32] = ndimage.gaussian_filter(
        mask.view(np.uint8), tuple(sigma), output=np.float32, mode="nearest", truncate=TRUNCATE
    )
    return weights


def gaussian(mask: Mask, sigma: Sequence[float]) -> Mask:
    """Where the blurred mask is above one half."""
    return np.asarray(blurred(mask, sigma) > 0.5)


class JointSmoothing:
    """Labels of one block smoothed together: each voxel goes to the label, or the background, that weighs most there.

    Blurred masks of all labels and of the background add up to 1, so that the borders between neighbours move without
    gaps and overlaps. Labels that are ``add``-ed as fixed take part in the sum, but win nothing: they are left to
    whoever holds their voxels. ``shape`` is the block's (k, j, i).
    """

    def __init__(self, shape: tuple[int, int, int]) -> None:
        self._rest = np.ones(shape, np.float32)
        self._best = np.zeros(shape, np.float32)
        self._winner = np.zeros(shape, np.uint16)

    def add(self, number: int, weights: NDArray[np.float32], where: tuple[slice, ...], fixed: bool = False) -> None:
        """Adds a label by its ``number`` (1...65535) with its blurred mask over a part of the block."""
        self._rest[where] -= weights
        if fixed:
            return
        best = self._best[where]
        better = weights > best
        np.copyto(best, weights, where=better)
        np.copyto(self._winner[where], np.uint16(number), where=better)

    def winners(self) -> Numbers:
        """The number of the winner at each voxel; 0 where the background weighs more."""
        return np.where(self._rest > self._best, np.uint16(0), self._winner)
