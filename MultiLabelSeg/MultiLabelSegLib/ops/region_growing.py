"""Region growing: the window of values around a seed, and what is joined to it within that window."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ToolError
from .regions import joined_at

Mask = NDArray[np.bool_]
Window = tuple[float, float]
#: share of the level window that the first window of values has
_SHARE = 0.1
#: screen pixels of a drag that move a bound by the whole width of the level window (MITK's .5 grey values a pixel at
#: a level window of 400)
_PIXELS = 800.0


def seed_value(pixels: NDArray[Any], seed: tuple[int, ...]) -> float:
    """Mean of the seed and its neighbours, 3 along every axis; only those inside the image count, and only numbers."""
    around = tuple(slice(max(place - 1, 0), place + 2) for place in seed)
    values = pixels[around].astype(np.float64)
    values = values[np.isfinite(values)]
    if not values.size:
        raise ToolError(f"the image has no number around the seed {list(seed)[::-1]}")
    return float(values.mean())


def value_range(pixels: NDArray[Any]) -> Window:
    """Lowest and highest value that the type of the pixels can hold."""
    if pixels.dtype.kind in "ui":
        info = np.iinfo(pixels.dtype)
        return float(info.min), float(info.max)
    return -np.inf, np.inf


def first_window(seed: float, level: Window, limits: Window) -> Window:
    """The window of values that a click starts with, as MITK: a tenth of the level window, around the seed's value.

    It stays within the level window; a seed below it takes everything up to its lower end, one above everything from
    its upper end. ``limits`` is the range of the pixels' type.
    """
    low, high = max(level[0], limits[0]), min(level[1], limits[1])
    if seed < low:
        return limits[0], low
    if seed > high:
        return high, limits[1]
    width = _SHARE * (high - low)
    lower = min(max(low, seed - width / 2), high - width)
    return lower, lower + width


def dragged(window: Window, seed: float, drag: tuple[float, float], level: Window, limits: Window) -> Window:
    """The window after a drag of (dx, dy) screen pixels, up is positive: up widens, down narrows, right and left shift.

    The step belongs to the width of the level window, so that images of any range of values can be worked with. The
    window always holds the seed's value, and stays within ``limits``.
    """
    step = (level[1] - level[0]) / _PIXELS
    dx, dy = drag
    lower = min(seed, window[0] - (dy - dx) * step)
    upper = max(seed, window[1] + (dy + dx) * step)
    return max(lower, limits[0]), min(upper, limits[1])


def grow(
    pixels: NDArray[Any], seed: tuple[int, ...], window: Window, smooth: bool = True, fill_holes: bool = True
) -> tuple[tuple[int, ...], Mask, bool]:
    """The elements joined to the seed by faces whose values lie within the window (ends included), in 2D or 3D.

    ``smooth`` lets the 5 x 5 (5 x 5 x 5) elements around each vote, the image's borders repeated, and keeps what is
    still joined to the seed; ``fill_holes`` adds what the region encloses. Returns the index of the block's first
    element, the block, and whether the seed stayed in: where it would lose the vote, the region is left as it grew.
    A seed that is not within the window itself gives an empty block.
    """
    lower, upper = window
    inside = (pixels >= lower) & (pixels <= upper)
    if not inside[seed]:
        return seed, np.zeros((0,) * pixels.ndim, np.bool_), False
    start, region = joined_at(inside, seed)
    stayed = True
    if smooth:
        voted = _majority(region, start, pixels.shape, seed)
        stayed = voted is not None
        if voted is not None:
            start, region = voted
    return start, _filled(region) if fill_holes else region, stayed


def _majority(
    region: Mask, start: tuple[int, ...], shape: tuple[int, ...], seed: tuple[int, ...]
) -> tuple[tuple[int, ...], Mask] | None:
    """The region after the vote, joined to the seed; None where the seed lost it."""
    low = [max(first - 2, 0) for first in start]
    high = [min(first + size + 2, room) for first, size, room in zip(start, region.shape, shape, strict=True)]
    block = np.zeros([end - begin for begin, end in zip(low, high, strict=True)], np.uint8)
    block[tuple(slice(f - b, f - b + s) for f, b, s in zip(start, low, region.shape, strict=True))] = region
    # beyond the block there is nothing of the region, unless the image ends there: then its border is repeated
    pads = [(2, 2)] * region.ndim
    votes = np.pad(block, pads, mode="edge")
    for axis in range(region.ndim):
        count = block.shape[axis]
        parts = [np.take(votes, range(by, by + count), axis) for by in range(5)]
        votes = parts[0] + parts[1] + parts[2] + parts[3] + parts[4]
    won = votes > 5**region.ndim // 2
    at = tuple(place - begin for place, begin in zip(seed, low, strict=True))
    if not won[at]:
        return None
    first, kept = joined_at(won, at)
    return tuple(begin + place for begin, place in zip(low, first, strict=True)), kept


def _filled(region: Mask) -> Mask:
    """With its holes: background that is not joined by faces to the outside."""
    from scipy import ndimage

    labelled, many = ndimage.label(np.pad(~region, 1, constant_values=True))
    if many < 2:
        return region
    inner = labelled[(slice(1, -1),) * region.ndim]
    return np.asarray(region | (inner != labelled[(0,) * region.ndim]))
