"""Round brushes: which pixels of a slice, or voxels of a frame, a dab or a stroke covers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Start = tuple[int, ...]


@lru_cache(maxsize=64)
def disk_pixels(diameter: int) -> tuple[Mask, int]:
    """MITK's brush of a diameter in pixels: the mask (rows, columns), and the index of the centre pixel in both axes.

    Pixels within half the diameter of the centre; of an even diameter the centre lies half a pixel further, so that a
    brush of 2 is a square of four pixels: 1, 4, 9, 12, 21, 32... pixels for 1, 2, 3, 4, 5, 6...
    """
    below = (diameter - 1) // 2
    centre = below + (0.0 if diameter % 2 else 0.5)
    away = np.arange(diameter) - centre
    mask = away[:, None] ** 2 + away[None, :] ** 2 <= (diameter / 2) ** 2
    mask.flags.writeable = False
    return mask, below


@lru_cache(maxsize=64)
def ball_mm(diameter_mm: float, spacing: tuple[float, ...]) -> tuple[Mask, Start]:
    """Elements whose centre lies within half the diameter of the middle one, in mm, along as many axes as ``spacing``.

    Returns the mask and the index of its centre. There is always at least the middle element.
    """
    radius = diameter_mm / 2
    reach = tuple(int(radius / step + 1e-9) for step in spacing)
    axes = np.ogrid[tuple(slice(-count, count + 1) for count in reach)]
    squared = sum((axis * step) ** 2 for axis, step in zip(axes, spacing, strict=True))
    mask = np.asarray(squared <= radius * radius * (1 + 1e-12))
    mask.flags.writeable = False
    return mask, reach


def stroke(
    points: Sequence[Sequence[float]],
    mask: Mask,
    centre: Sequence[int],
    shape: Sequence[int],
    half_width: float,
    spacing: Sequence[float],
) -> tuple[Start, Mask]:
    """What a brush covers that is dabbed at ``points`` and drawn straight between those that lie far apart.

    Points are in the order of the axes of ``shape`` and rounded to elements; ``spacing`` is the length of a step along
    each axis, in the unit of ``half_width``. Between neighbours more than half a width apart the band of that half
    width is filled, so that quick strokes have no gaps. Returns where the covered block starts, and the block; it is
    cut at the borders and may be empty (a size of 0).
    """
    if len(points) == 1:
        return _dab(points[0], mask, centre, shape)
    at = np.floor(np.asarray(points, np.float64) + 0.5).astype(np.int64)
    low = np.maximum(at.min(axis=0) - centre, 0)
    high = np.minimum(at.max(axis=0) - centre + mask.shape, shape)
    block = np.zeros(tuple(np.maximum(high - low, 0)), np.bool_)
    start = tuple(int(first) for first in low)
    if block.size == 0:
        return start, block
    for point in dict.fromkeys(map(tuple, at.tolist())):
        _stamp(block, mask, [there - first - middle for there, first, middle in zip(point, start, centre, strict=True)])
    steps = np.asarray(spacing, np.float64)
    # the middle of an even brush lies between pixels, and so does the middle of its band
    middles = at - low + (np.asarray(mask.shape) - 1) / 2 - centre
    for one, other in pairwise(middles):
        if np.linalg.norm((other - one) * steps) > half_width:
            _fill_band(block, one, other, half_width, steps)
    return start, block


def _dab(point: Sequence[float], mask: Mask, centre: Sequence[int], shape: Sequence[int]) -> tuple[Start, Mask]:
    """One dab; plain numbers, as it happens at every move of a mouse."""
    start, cut = [], []
    for place, middle, size, room in zip(point, centre, mask.shape, shape, strict=True):
        first = math.floor(place + 0.5) - middle
        start.append(max(first, 0))
        cut.append(slice(min(max(-first, 0), size), max(min(size, room - first), 0)))
    return tuple(start), mask[tuple(cut)]


def _stamp(block: Mask, mask: Mask, at: Sequence[int]) -> None:
    """Adds a mask whose first element lies at ``at``, cut at the block's borders."""
    into, of = [], []
    for first, size, room in zip(at, mask.shape, block.shape, strict=True):
        begin, end = max(first, 0), min(first + size, room)
        if begin >= end:
            return
        into.append(slice(begin, end))
        of.append(slice(begin - first, end - first))
    block[tuple(into)] |= mask[tuple(of)]


def _fill_band(
    block: Mask, one: NDArray[np.float64], other: NDArray[np.float64], half_width: float, steps: NDArray[np.float64]
) -> None:
    """Adds the elements that lie beside the line between two points, within the half width."""
    reach = half_width / steps
    low = np.maximum(np.floor(np.minimum(one, other) - reach), 0)
    high = np.minimum(np.ceil(np.maximum(one, other) + reach) + 1, block.shape)
    if (high <= low).any():
        return
    where = tuple(slice(int(first), int(last)) for first, last in zip(low, high, strict=True))
    grids = np.ogrid[where]
    away = [(grid - begin) * step for grid, begin, step in zip(grids, one, steps, strict=True)]
    along = (other - one) * steps
    length = float(along @ along)
    share = sum(part * part_along for part, part_along in zip(away, along, strict=True)) / length
    beside = sum((part - share * part_along) ** 2 for part, part_along in zip(away, along, strict=True))
    block[where] |= (share >= 0) & (share <= 1) & (beside <= half_width * half_width * (1 + 1e-12))
