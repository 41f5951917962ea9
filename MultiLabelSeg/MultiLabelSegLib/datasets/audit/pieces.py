"""The connected pieces of a label, from its runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...core.run_components import components_of_runs

Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Pieces:
    """How many pieces a label has, voxels in all and outside of the largest, the mean index (k, j, i), and how far the
    farthest piece's box lies from the largest one's, in mm along the axes."""

    count: int
    voxels: int
    beside: int
    centroid_kji: tuple[float, float, float]
    apart_mm: float


def pieces_of(start: Indices, stop: Indices, shape: tuple[int, int, int, int], spacing: Sequence[float]) -> Pieces:
    """The pieces of the runs of one value over (t, k, j, i); corners touch. ``spacing`` is mm along k, j, i."""
    found = components_of_runs(start, stop, shape)
    begin, end = found.start, found.stop
    _, size_k, size_j, size_i = shape
    row, i = begin // size_i, begin % size_i
    length = end - begin
    j, k = row % size_j, row // size_j % size_k
    total = int(length.sum())
    last = i + length - 1
    sums = (float(k @ length), float(j @ length), float(((i + last) * length).sum()) / 2)
    centroid = (sums[0] / total, sums[1] / total, sums[2] / total)
    count = len(found.voxels)
    largest = int(np.argmax(found.voxels))
    apart = _farthest(found.component, count, largest, (k, j, i), (k, j, last), spacing) if count > 1 else 0.0
    return Pieces(count, total, total - int(found.voxels[largest]), centroid, apart)


def _farthest(
    component: Indices,
    count: int,
    largest: int,
    lower: tuple[Indices, Indices, Indices],
    upper: tuple[Indices, Indices, Indices],
    spacing: Sequence[float],
) -> float:
    """The largest gap between the box of a piece and that of the largest piece, in mm."""
    gaps = np.zeros(count)
    for low, high, step in zip(lower, upper, spacing, strict=True):
        least, most = np.full(count, np.iinfo(np.int64).max), np.full(count, -1)
        np.minimum.at(least, component, low)
        np.maximum.at(most, component, high)
        gap = np.maximum(np.maximum(least - most[largest], least[largest] - most), 0)
        gaps += np.square(gap * step)
    return float(np.sqrt(gaps.max()))
