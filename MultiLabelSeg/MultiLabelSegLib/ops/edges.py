"""Gradients and edges of a slice, in mm."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Pixels = NDArray[np.float32]
#: blur before edges are sought, in steps of the finer spacing (MITK's variance of 4)
_SIGMA = 2.0
#: where an edge begins, and where it may go on: shares of a strong gradient of the slice, whatever its values mean
_STRONG, _WEAK = 0.2, 0.1
_QUANTILE = 0.99


def gradient(pixels: Pixels, spacing: tuple[float, float]) -> tuple[Pixels, Pixels]:
    """Change of the values (rows, columns) per mm along rows and along columns; 0 along an axis of one pixel."""
    found = [
        np.gradient(pixels, np.float32(step), axis=axis) if pixels.shape[axis] > 1 else np.zeros_like(pixels)
        for axis, step in enumerate(spacing)
    ]
    return found[0].astype(np.float32, copy=False), found[1].astype(np.float32, copy=False)


def canny(pixels: Pixels, spacing: tuple[float, float]) -> Mask:
    """Edges as lines of single pixels. Source: Canny (1986).

    ``spacing`` is mm between rows and between columns; the blur is round in mm. Thresholds belong to the slice: they
    are shares of its 99 % quantile of gradients, so that images of any range of values have edges.
    """
    from scipy import ndimage

    finer = min(spacing)
    blurred = ndimage.gaussian_filter(pixels, [_SIGMA * finer / step for step in spacing], truncate=3, mode="nearest")
    down, right = gradient(blurred, spacing)
    strength = np.hypot(down, right)
    some = strength[strength > 1e-6 * strength.max(initial=0)]
    if not some.size:
        return np.zeros(pixels.shape, np.bool_)
    strong = float(np.quantile(some, _QUANTILE))
    ridge = _ridges(strength, down / np.float32(spacing[0]), right / np.float32(spacing[1]))
    weak = ridge & (strength >= _WEAK * strong)
    joined, many = ndimage.label(weak, np.ones((3, 3), np.int8))
    begun = np.zeros(many + 1, np.bool_)
    begun[joined[weak & (strength >= _STRONG * strong)]] = True
    begun[0] = False
    return np.asarray(begun[joined])


def _ridges(strength: Pixels, down: Pixels, right: Pixels) -> Mask:
    """Where the gradient is strongest across the edge; its direction (in pixels) is rounded to a neighbour's."""
    padded = np.pad(strength, 1)
    rows, columns = strength.shape
    slope = np.float32(np.tan(np.pi / 8))
    upright = np.abs(right) <= slope * np.abs(down)
    level = np.abs(down) <= slope * np.abs(right)
    falling = ~upright & ~level & ((down > 0) == (right > 0))
    result = np.zeros(strength.shape, np.bool_)
    for where, (by_row, by_column) in (
        (upright, (1, 0)),
        (level & ~upright, (0, 1)),
        (falling, (1, 1)),
        (~upright & ~level & ~falling, (1, -1)),
    ):
        ahead = padded[1 + by_row : 1 + by_row + rows, 1 + by_column : 1 + by_column + columns]
        behind = padded[1 - by_row : 1 - by_row + rows, 1 - by_column : 1 - by_column + columns]
        # of two that are alike the first is taken, so that lines stay one pixel wide
        result |= where & (strength >= ahead) & (strength > behind)
    return result
