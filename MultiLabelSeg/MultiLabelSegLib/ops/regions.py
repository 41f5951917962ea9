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
    """The true pixels that are joined by edges to one that is true; as ``region_at``.

    Components are labelled with ``scipy.ndimage.label`` within a window that grows until the region no longer touches
    its border, so that a small region of a large slice costs little.
    """
    from scipy import ndimage

    rows, columns = mask.shape
    reach = 32
    while True:
        top, bottom = max(row - reach, 0), min(row + reach + 1, rows)
        left, right = max(column - reach, 0), min(column + reach + 1, columns)
        labelled, _ = ndimage.label(mask[top:bottom, left:right])
        region = labelled == labelled[row - top, column - left]
        touches = (
            (top > 0 and region[0].any())
            or (bottom < rows and region[-1].any())
            or (left > 0 and region[:, 0].any())
            or (right < columns and region[:, -1].any())
        )
        if not touches:
            return _tight(region, top, left)
        reach *= 4


def _tight(region: Mask, top: int, left: int) -> tuple[Rectangle, Mask]:
    down, across = np.flatnonzero(region.any(axis=1)), np.flatnonzero(region.any(axis=0))
    first, last, begin, end = int(down[0]), int(down[-1]) + 1, int(across[0]), int(across[-1]) + 1
    return (top + first, top + last, left + begin, left + end), region[first:last, begin:end]


def holes_of(region: Mask) -> Mask:
    """Pixels that a region encloses: background that is not joined by edges to the border of the mask.

    The mask must be the region's own rectangle or larger; background that touches the mask's border is outside.
    """
    from scipy import ndimage

    labelled, _ = ndimage.label(np.pad(~region, 1, constant_values=True))
    inner: NDArray[np.int32] = labelled[1:-1, 1:-1]
    return np.asarray((inner != labelled[0, 0]) & ~region)
