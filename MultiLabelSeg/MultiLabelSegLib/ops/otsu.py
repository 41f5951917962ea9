"""Otsu's thresholds for many regions (Otsu 1979): a histogram, an exact search by dynamic programming, a table.

Bins, criterion and thresholds are those of ITK's OtsuMultipleThresholdsImageFilter, which tries all combinations; the
search here takes regions x bins x log(bins) steps. With valley emphasis (Ng 2006) the criterion is a product: the mean
squared class means times the share of voxels that do not lie in a threshold's bin (see ``otsu_valley``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..compiled import use_kernels
from ..errors import ToolError
from .threshold import intensity_range, pieces, scalars

Numbers = NDArray[np.float64]
Counts = NDArray[np.int64]

#: by how much of a bin the histogram's upper end lies above the brightest voxel, as in ITK
_MARGIN = 0.01
#: thresholds up to which comparing with each beats looking up every voxel
_COMPARED = 8


@dataclass(frozen=True, eq=False)
class Histogram:
    """Voxels ``counts`` in bins from ``low`` (included) to ``high``, rising."""

    low: Numbers
    high: Numbers
    counts: Counts

    @property
    def centres(self) -> Numbers:
        """The value that a bin stands for."""
        return (self.low + self.high) / 2


def histogram(pixels: NDArray[Any], bins: int = 128) -> Histogram:
    """The histogram of an array of any shape, over its own range; voxels that are no finite number are left out.

    Raises ToolError when all voxels hold the same value, or none a finite number.
    """
    pixels = scalars(pixels)
    if pixels.dtype.itemsize <= 2 and pixels.dtype.kind in "ui":
        values, counts = _count_words(pixels)
        low, high = _edges(float(values[0]), float(values[-1]), bins)
        found = np.searchsorted(low, values.astype(np.float64), "right") - 1
        return Histogram(low, high, np.bincount(found, counts, bins).astype(np.int64))
    limits = intensity_range(pixels)
    low, high = _edges(limits.lower, limits.upper, bins)
    return Histogram(low, high, _count_bins(pixels, low))


def _edges(lower: float, upper: float, bins: int) -> tuple[Numbers, Numbers]:
    """Lower and upper ends of the bins, in the single precision steps that ITK takes."""
    if not upper > lower:
        raise ToolError(f"all voxels of the image hold {lower:g}; there is nothing to separate")
    top = upper + (upper - lower) / bins * _MARGIN
    step = np.float32((np.float32(top) - np.float32(lower)) / np.float32(bins))
    inner = lower + (np.arange(1, bins, dtype=np.float32) * step).astype(np.float64)
    return np.concatenate([[lower], inner]), np.concatenate([inner, [top]])


def _words(pixels: NDArray[Any]) -> NDArray[Any]:
    """One- and two-byte integers as flat unsigned ones of the same bits, read-only."""
    flat = np.ascontiguousarray(pixels).reshape(-1).view(np.dtype(f"u{pixels.dtype.itemsize}"))
    flat.flags.writeable = False
    return flat


def _word_values(dtype: np.dtype[Any]) -> NDArray[Any]:
    """The value of each bit pattern of a one- or two-byte integer."""
    return np.arange(1 << (8 * dtype.itemsize), dtype=f"u{dtype.itemsize}").view(dtype)


def _count_words(pixels: NDArray[Any]) -> tuple[NDArray[Any], Counts]:
    """The values that occur, rising, and how often."""
    flat, values = _words(pixels), _word_values(pixels.dtype)
    if use_kernels(flat.size):
        from . import otsu_kernels

        tables = np.zeros((4, len(values)), np.int64)
        otsu_kernels.count_words(flat, tables)
        counts = tables.sum(0)
    else:
        counts = np.zeros(len(values), np.int64)
        for piece in pieces(flat):
            counts += np.bincount(piece, minlength=len(values))
    present = np.flatnonzero(counts)
    present = present[np.argsort(values[present])]
    return values[present], counts[present]


def _count_bins(pixels: NDArray[Any], low: Numbers) -> Counts:
    counts = np.zeros(len(low), np.int64)
    width = float(low[1] - low[0])
    flat = np.ascontiguousarray(pixels).reshape(-1)
    if use_kernels(flat.size) and flat.dtype.isnative:
        from . import otsu_kernels

        flat.flags.writeable = False
        otsu_kernels.count_bins(flat, low, width, counts)
        return counts
    last = len(low) - 1
    upper = np.append(low[1:], np.inf)
    for piece in pieces(flat):
        numbers = piece.astype(np.float64)
        numbers = numbers[np.isfinite(numbers)]
        found = np.clip(((numbers - low[0]) / width).astype(np.int64), 0, last)
        while True:  # rounding may put a number one bin beside its own
            step = (numbers >= upper[found]).astype(np.int64) - (numbers < low[found])
            if not step.any():
                break
            found += step
        counts += np.bincount(found, minlength=len(low))
    return counts


def thresholds(found: Histogram, regions: int, valley_emphasis: bool = False) -> Numbers:
    """The ``regions - 1`` thresholds, rising: a voxel belongs to the region above when it is brighter than one.

    Raises ToolError when fewer bins than regions hold voxels.
    """
    held = int(np.count_nonzero(found.counts))
    if held < regions:
        raise ToolError(f"{held} bins of the histogram hold voxels; {regions} regions need as many (raise the bins)")
    if valley_emphasis:
        from .otsu_valley import valley_bins

        return found.high[valley_bins(found.counts, found.centres, regions)]
    kept = np.flatnonzero(found.counts)  # among empty bins a threshold takes the one after the last voxels
    counts, centres = found.counts[kept], found.centres[kept]
    centres = centres - np.average(centres, weights=counts)
    sums = cumulated(counts, centres)
    _, cuts = best_cuts(*sums, np.zeros(len(kept)), regions)
    return found.high[kept[cuts - 1]]


def cumulated(counts: NDArray[Any], centres: Numbers) -> tuple[Numbers, Numbers]:
    """Voxels and first moments below each bin; one entry more than bins."""
    weights = np.asarray(counts, np.float64)
    return np.append(0.0, np.cumsum(weights)), np.append(0.0, np.cumsum(weights * centres))


def best_cuts(weight: Numbers, moment: Numbers, cost: Numbers, regions: int) -> tuple[Numbers, Counts]:
    """The cuts that divide the bins into regions with the largest sum of moment^2 / weight, less the cuts' costs.

    ``weight`` and ``moment`` as ``cumulated``, ``cost[b]`` is that of a threshold in bin b. Returns the table
    ``best[k, s]`` (bins from s on in k + 1 regions; -inf where that is impossible) and the cuts, each the first bin of
    the next region; the lowest of several that are as good.
    """
    bins = len(weight) - 1
    best, choice = np.full((regions, bins + 1), -np.inf), np.zeros((regions, bins + 1), np.int64)
    held, moved = weight[-1] - weight[:-1], moment[-1] - moment[:-1]
    best[0, :bins] = np.divide(moved * moved, held, out=np.zeros(bins), where=held > 0)
    for layer in range(1, regions):
        best[layer], choice[layer] = _layer(weight, moment, cost, best[layer - 1], layer)
    cuts, at = [], 0
    for layer in range(regions - 1, 0, -1):
        at = int(choice[layer, at])
        cuts.append(at)
    return best, np.array(cuts, np.int64)


def _layer(weight: Numbers, moment: Numbers, cost: Numbers, after: Numbers, layer: int) -> tuple[Numbers, Counts]:
    """One row of the table: for every start the best next cut, ``after`` being the row before.

    The best cut never moves back when the start moves on (Wu, Optimal quantization by matrix searching, 1991). So
    starts are taken in rounds, each half way between those before, and only cuts between their two neighbours' are
    tried: regions x bins x log(bins) steps in all.
    """
    last = len(weight) - 1 - layer  # the furthest cut; starts lie before it
    best, choice = np.full(len(weight), -np.inf), np.full(len(weight) + 1, last)
    choice[-1] = 0
    step = 1 << int(last).bit_length()
    while step := step // 2:
        starts = np.arange(step - 1, last, 2 * step)
        low = np.maximum(choice[np.where(starts >= step, starts - step, -1)], starts + 1)
        high = np.maximum(choice[np.minimum(starts + step, last)], low)
        lengths = high - low + 1
        first = np.cumsum(lengths) - lengths
        cuts = np.arange(int(lengths.sum())) + np.repeat(low - first, lengths)
        start = np.repeat(starts, lengths)
        held, moved = weight[cuts] - weight[start], moment[cuts] - moment[start]
        total = np.divide(moved * moved, held, out=np.zeros(len(cuts)), where=held > 0) - cost[cuts - 1] + after[cuts]
        best[starts] = np.maximum.reduceat(total, first)
        top = np.flatnonzero(total == np.repeat(best[starts], lengths))
        choice[starts] = cuts[top[np.searchsorted(top, first)]]
    return best, choice[:-1]


def split(pixels: NDArray[Any], limits: Numbers) -> NDArray[np.uint8]:
    """The region of each voxel, from 1: one more than the number of thresholds below it; 0 where it is no number.

    At most 254 thresholds, rising. The shape is that of ``pixels``.
    """
    pixels = scalars(pixels)
    out = np.empty(pixels.size, np.uint8)
    if pixels.dtype.itemsize > 2 or pixels.dtype.kind == "f":
        _split_numbers(pixels, limits, out)
    elif len(limits) <= _COMPARED:
        _split_comparing(pixels, limits, out)
    else:
        _split_by_table(pixels, limits, out)
    return out.reshape(pixels.shape)


def _split_comparing(pixels: NDArray[Any], limits: Numbers, out: NDArray[np.uint8]) -> None:
    """Few thresholds: comparing with each takes whole vectors at once."""
    found = np.iinfo(pixels.dtype)
    whole = [pixels.dtype.type(limit) for limit in np.floor(limits) if limit < found.max]
    brighter = np.empty(0, np.bool_)  # made once: fresh memory for every piece would cost more than the comparing
    at = 0
    for piece in pieces(pixels):
        part = out[at : at + piece.size]
        brighter = brighter[: piece.size] if brighter.size >= piece.size else np.empty(piece.size, np.bool_)
        part.fill(1)
        for limit in whole:
            np.greater(piece, limit, out=brighter)
            part += brighter.view(np.uint8)
        at += piece.size


def _split_by_table(pixels: NDArray[Any], limits: Numbers, out: NDArray[np.uint8]) -> None:
    flat = _words(pixels)
    table = (np.searchsorted(limits, _word_values(pixels.dtype).astype(np.float64)) + 1).astype(np.uint8)
    if use_kernels(flat.size):
        from . import otsu_kernels

        otsu_kernels.map_words(flat, table, out)
        return
    at = 0
    for piece in pieces(flat):
        np.take(table, piece, out=out[at : at + piece.size])
        at += piece.size


def _split_numbers(pixels: NDArray[Any], limits: Numbers, out: NDArray[np.uint8]) -> None:
    flat = np.ascontiguousarray(pixels).reshape(-1)
    if use_kernels(flat.size) and flat.dtype.isnative:
        from . import otsu_kernels

        flat.flags.writeable = False
        otsu_kernels.split_numbers(flat, limits, out)
        return
    at = 0
    for piece in pieces(flat):
        numbers = piece.astype(np.float64)
        found = np.searchsorted(limits, numbers) + 1
        out[at : at + piece.size] = np.where(np.isfinite(numbers), found, 0)
        at += piece.size
