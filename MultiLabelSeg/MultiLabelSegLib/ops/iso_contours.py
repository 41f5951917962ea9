"""Contours of a mask half way between its pixels and those around, and the slices of a label that were drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .contour import Polygon, outlines


def iso_contours(mask: NDArray[Any]) -> list[Polygon]:
    """The contours of value 0.5 of a mask (rows, columns): closed polygons, (n, 2) points (x, y) at halves.

    They run through the middle between each pixel and its neighbour outside, also at the slice's border, as marching
    squares do; points on a straight line are left out. Outer contours run clockwise on the screen, holes the other way.
    """
    return [_through_middles(outline) for outline in outlines(mask)]


def _through_middles(corners: Polygon) -> Polygon:
    """The middles of the pixel edges that a border along pixel edges consists of."""
    ways = np.roll(corners, -1, axis=0) - corners
    lengths = np.abs(ways).sum(axis=1).astype(np.int64)
    steps = ways / lengths[:, np.newaxis]
    which = np.repeat(np.arange(len(corners)), lengths)
    within = np.arange(len(which)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    middles = corners[which] + steps[which] * (within + 0.5)[:, np.newaxis]
    before, after = middles - np.roll(middles, 1, axis=0), np.roll(middles, -1, axis=0) - middles
    turns = before[:, 0] * after[:, 1] != before[:, 1] * after[:, 0]
    return np.asarray(middles[turns])


def drawn_slices(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """The slices of a mask (k, j, i) that were drawn, as (axis, index), told from the mask alone.

    A slice counts when at least half of its voxels have none on either side across it: what a drawn slice leaves in
    the slices that cross it has neighbours there. Where no slice stands alone like that, those count that border on a
    gap, along the axis with the widest gaps.
    """
    found = []
    for axis in range(3):
        stack = np.moveaxis(mask, axis, 0)
        below, above = np.zeros_like(stack), np.zeros_like(stack)
        below[1:], above[:-1] = stack[:-1], stack[1:]
        alone = (stack & ~below & ~above).sum(axis=(1, 2))
        held = stack.sum(axis=(1, 2))
        found += [(axis, int(index)) for index in np.flatnonzero((held > 0) & (2 * alone >= held))]
    return found or _beside_gaps(mask)


def _beside_gaps(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    best: list[tuple[int, int]] = []
    widest = 0
    for axis in range(3):
        held = np.flatnonzero(mask.any(axis=tuple(other for other in range(3) if other != axis)))
        jumps = np.diff(held)
        if jumps.size and int((jumps - 1).sum()) > widest:
            widest = int((jumps - 1).sum())
            beside = {int(index) for at in np.flatnonzero(jumps > 1) for index in (held[at], held[at + 1])}
            best = [(axis, index) for index in sorted(beside | {int(held[0]), int(held[-1])})]
    return best
