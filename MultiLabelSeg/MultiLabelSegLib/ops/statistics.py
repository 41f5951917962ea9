"""Intensities of labels: all labels of a frame in one pass, or label by label along its runs.

Whole numbers are counted by value, from which every figure follows; where that would take too much room, a label's
voxels are gathered.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..compiled import use_kernels
from .threshold import IntensityRange

Indices = NDArray[np.int64]

#: distinct whole numbers up to which voxels are counted by value
_COUNTED = 1 << 20
#: entries of the table of all labels and values up to which it is made
_TABLE = 1 << 24
#: voxels that are handled at once by the numpy path
_STEP = 1 << 20
_KERNEL_DTYPES = tuple(map(np.dtype, (np.uint8, np.int16, np.uint16, np.int32)))


@dataclass(frozen=True)
class Intensities:
    """Intensities of one label's voxels; ``counted`` are those that are finite numbers, the others are left out.

    ``deviation`` is that of a sample (divided by n - 1; 0 for one voxel). Median and percentiles are interpolated
    between the two nearest voxels.
    """

    counted: int
    mean: float
    deviation: float
    minimum: float
    maximum: float
    median: float
    percentiles: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Measured:
    """One row for each value asked for: voxels, half-open boxes and sums of the indices (k, j, i), intensities."""

    voxels: Indices
    lower: Indices
    upper: Indices
    sums: Indices
    intensities: tuple[Intensities | None, ...]


def measure_at_once(
    frame: NDArray[np.unsignedinteger],
    pixels: NDArray[Any],
    values: Indices,
    limits: IntensityRange,
    percentiles: Sequence[float],
) -> Measured | None:
    """All labels of a frame in one pass over the voxels: the quickest way, where the kernels can take it.

    ``frame`` (k, j, i) is uint8 or uint16, ``pixels`` the image on it with the range ``limits``, ``values`` are
    distinct. None where there are no kernels for it, or the table of labels and intensities would be too large.
    """
    width = limits.upper - limits.lower + 1
    fits = limits.whole and width * len(values) <= _TABLE and frame.size < 1 << 31
    if not (fits and pixels.dtype in _KERNEL_DTYPES and use_kernels(frame.size)):
        return None
    from . import statistics_kernels

    per_word = 8 // frame.itemsize
    whole = np.ascontiguousarray(frame)
    aligned = frame.shape[2] % per_word == 0 and whole.ctypes.data % 8 == 0
    words = whole.view(np.uint64) if aligned else np.zeros((*frame.shape[:2], 0), np.uint64)
    row_of = np.full(65536, -1, np.int32)
    row_of[values] = np.arange(len(values))
    counts = np.zeros((len(values), int(width)), np.int32)
    extents = np.zeros((len(values), 10), np.int64)
    extents[:, 1:4] = frame.shape
    arrays = (_frozen(whole), _frozen(words), _frozen(np.ascontiguousarray(pixels)), _frozen(row_of))
    statistics_kernels.measure(*arrays, int(limits.lower), counts, extents)
    found = []
    for row in counts:
        held = np.flatnonzero(row)
        found.append(_summary(held + limits.lower, row[held].astype(np.int64), percentiles))
    return Measured(extents[:, 0], extents[:, 1:4], extents[:, 4:7], extents[:, 7:10], tuple(found))


def intensities_of(
    flat: NDArray[Any], start: Indices, stop: Indices, limits: IntensityRange, percentiles: Sequence[float]
) -> Intensities | None:
    """The intensities of the voxels in the stretches ``[start, stop)`` of a flat image, whose range is ``limits``.

    ``percentiles`` are per cent. None where no voxel holds a finite number.
    """
    voxels = int((stop - start).sum())
    width = limits.upper - limits.lower + 1
    if limits.whole and width <= min(_COUNTED, 8 * voxels):
        counts = _counted(flat, start, stop, int(limits.lower), int(width))
        held = np.flatnonzero(counts)
        return _summary(held + limits.lower, counts[held], percentiles)
    values = _gathered(flat, start, stop, voxels)
    if values.dtype.kind == "f":
        values = values[np.isfinite(values)]
    if not values.size:
        return None
    numbers = values.astype(np.float64, copy=False)
    found = np.percentile(numbers, [0, 50, 100, *percentiles]).tolist()
    mean = float(numbers.mean())
    deviation = float(np.sqrt(np.square(numbers - mean).sum() / max(values.size - 1, 1)))
    return Intensities(values.size, mean, deviation, found[0], found[2], found[1], tuple(found[3:]))


def _summary(values: NDArray[np.floating[Any]], counts: Indices, percentiles: Sequence[float]) -> Intensities | None:
    """The same from distinct values, rising, and how often each occurs."""
    if not len(values):
        return None
    total = int(counts.sum())
    mean = float(values @ counts) / total
    deviation = float(np.sqrt(np.square(values - mean) @ counts / max(total - 1, 1)))
    place = np.array([50.0, *percentiles]) / 100 * (total - 1)
    below = np.floor(place).astype(np.int64)
    upto = np.cumsum(counts)
    low = values[np.searchsorted(upto, below, "right")]
    high = values[np.searchsorted(upto, np.minimum(below + 1, total - 1), "right")]
    found = (low + (high - low) * (place - below)).tolist()
    return Intensities(total, mean, deviation, float(values[0]), float(values[-1]), found[0], tuple(found[1:]))


def _counted(flat: NDArray[Any], start: Indices, stop: Indices, lowest: int, width: int) -> Indices:
    """How often each whole number from ``lowest`` on occurs."""
    counts = np.zeros(width, np.int64)
    if flat.dtype in _KERNEL_DTYPES and use_kernels(flat.size):
        from . import statistics_kernels

        statistics_kernels.count_values(_frozen(flat), _frozen(start), _frozen(stop), lowest, counts)
        return counts
    for piece in _pieces(flat, start, stop):
        counts += np.bincount(piece.astype(np.int64) - lowest, minlength=width)
    return counts


def _gathered(flat: NDArray[Any], start: Indices, stop: Indices, voxels: int) -> NDArray[Any]:
    values = np.empty(voxels, flat.dtype)
    known = flat.dtype in (*_KERNEL_DTYPES, np.dtype(np.float32), np.dtype(np.float64))
    if known and use_kernels(flat.size):
        from . import statistics_kernels

        statistics_kernels.gather(_frozen(flat), _frozen(start), _frozen(stop), values)
        return values
    at = 0
    for piece in _pieces(flat, start, stop):
        values[at : at + piece.size] = piece
        at += piece.size
    return values


def _pieces(flat: NDArray[Any], start: Indices, stop: Indices) -> Iterator[NDArray[Any]]:
    """The voxels of the stretches in pieces of limited size."""
    parts = (stop - start - 1) // _STEP + 1  # long stretches are cut
    run = np.repeat(np.arange(len(start)), parts)
    turn = np.arange(len(run)) - np.repeat(np.cumsum(parts) - parts, parts)
    low = start[run] + turn * _STEP
    high = np.minimum(low + _STEP, stop[run])
    ends = np.cumsum(high - low)
    first = 0
    while first < len(low):
        done = int(ends[first - 1]) if first else 0
        last = max(int(np.searchsorted(ends, done + _STEP, "right")), first + 1)
        lengths = high[first:last] - low[first:last]
        if last == first + 1:
            yield flat[int(low[first]) : int(high[first])]
        else:
            begin = np.cumsum(lengths) - lengths
            yield flat[np.repeat(low[first:last] - begin, lengths) + np.arange(int(lengths.sum()))]
        first = last


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    """A read-only view, for which alone kernels are compiled."""
    view = array.view()
    view.flags.writeable = False
    return view
