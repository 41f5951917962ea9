"""Connected regions of a slice and their holes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Rectangle = tuple[int, int, int, int]


def region_at(pixels: NDArray[Any], row: int, column: int) -> tuple[Rectangle, Mask]:
    """The pixels of the same value that are joined to one by edges (4-connected).

    ``pixels`` (rows, columns) of any type. Returns the rectangle (first row, last exclusive, first column, last
    exclusive) and the mask within it.
    """
    return joined(pixels == pixels[row, column], row, column)


def joined(mask: Mask, row: int, column: int) -> tuple[Rectangle, Mask]:
    """The true pixels that are joined by edges to one that is true; as ``region_at``."""
    (top, left), region = joined_at(mask, (row, column))
    return (top, top + region.shape[0], left, left + region.shape[1]), region


def joined_at(mask: Mask, seed: tuple[int, ...]) -> tuple[tuple[int, ...], Mask]:
    """The true elements, in 2D or 3D, that are joined by faces to one that is true.

    Returns the index of the first element of the block around them, and the block. Components are labelled with
    ``scipy.ndimage.label`` within a window that grows until the region no longer touches its border, so that a small
    region of a large image costs little.
    """
    from scipy import ndimage

    reach = 32
    while True:
        low = [max(place - reach, 0) for place in seed]
        high = [min(place + reach + 1, room) for place, room in zip(seed, mask.shape, strict=True)]
        labelled, _ = ndimage.label(mask[tuple(slice(begin, end) for begin, end in zip(low, high, strict=True))])
        number = labelled[tuple(place - begin for place, begin in zip(seed, low, strict=True))]
        region = labelled == number
        if not _touches(region, low, high, mask.shape):
            return _tight(region, low)
        reach *= 4


def _touches(region: Mask, low: list[int], high: list[int], shape: tuple[int, ...]) -> bool:
    """Whether a region meets a side of its window that is not the image's own border."""
    for axis, room in enumerate(shape):
        sides = np.moveaxis(region, axis, 0)
        if (low[axis] > 0 and sides[0].any()) or (high[axis] < room and sides[-1].any()):
            return True
    return False


def _tight(region: Mask, low: list[int]) -> tuple[tuple[int, ...], Mask]:
    start, block = [], []
    for axis in range(region.ndim):
        others = tuple(other for other in range(region.ndim) if other != axis)
        held = np.flatnonzero(region.any(axis=others))
        start.append(low[axis] + int(held[0]))
        block.append(slice(int(held[0]), int(held[-1]) + 1))
    return tuple(start), region[tuple(block)]


def holes_of(region: Mask) -> Mask:
    """Pixels that a region encloses: background that is not joined by edges to the border of the mask.

    The mask must be the region's own rectangle or larger; background that touches the mask's border is outside.
    """
    from scipy import ndimage

    labelled, _ = ndimage.label(np.pad(~region, 1, constant_values=True))
    inner: NDArray[np.int32] = labelled[1:-1, 1:-1]
    return np.asarray((inner != labelled[0, 0]) & ~region)
