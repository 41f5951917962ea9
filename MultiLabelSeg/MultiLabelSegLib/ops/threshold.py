"""Ranges of intensities: what an image spans, and which voxels lie within bounds."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ToolError

#: voxels that are looked at in one piece, so that temporaries stay in the processor's cache
_STEP = 1 << 18
#: parts into which the range of a floating-point image is divided, at least, by the step of a slider
_PARTS = 1000


@dataclass(frozen=True)
class IntensityRange:
    """Lowest and highest intensity of an image, and the step in which a slider moves over them.

    ``whole`` says that intensities are whole numbers. ``skipped`` counts voxels that hold no finite number.
    """

    lower: float
    upper: float
    step: float
    whole: bool
    skipped: int = 0

    def rounded(self, value: float) -> float:
        """A value as a bound of this image: a whole number (halves go up) where intensities are whole."""
        return float(math.floor(value + 0.5)) if self.whole else value


def scalars(pixels: NDArray[Any]) -> NDArray[Any]:
    """The array itself, truth values as numbers. Raises ToolError for colours, complex numbers and the like."""
    if pixels.dtype == np.bool_:
        return pixels.view(np.uint8)
    if pixels.dtype.kind not in "uif":
        raise ToolError(f"intensities must be single numbers, the image holds {pixels.dtype}")
    return pixels


def pieces(pixels: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """The voxels in flat pieces of a size that the processor's cache holds, in C order."""
    flat = np.ascontiguousarray(pixels).reshape(-1)
    return (flat[low : low + _STEP] for low in range(0, flat.size, _STEP))


def intensity_range(pixels: NDArray[Any]) -> IntensityRange:
    """The range of an array of any shape. Raises ToolError when it holds no finite number."""
    pixels = scalars(pixels)
    low, high, skipped = math.inf, -math.inf, 0
    for piece in pieces(pixels):
        finite = piece if piece.dtype.kind != "f" else piece[np.isfinite(piece)]
        skipped += piece.size - finite.size
        if finite.size:
            low, high = min(low, float(finite.min())), max(high, float(finite.max()))
    if low > high:
        raise ToolError("the image holds no finite number")
    whole = pixels.dtype.kind != "f"
    return IntensityRange(low, high, 1.0 if whole else _step_of(high - low), whole, skipped)


def _step_of(span: float) -> float:
    """The power of ten that divides a span into at least a thousand parts; .01 for a span of nothing."""
    return float(10.0 ** math.floor(math.log10(span / _PARTS))) if span > 0 else 0.01


def within(pixels: NDArray[Any], lower: float, upper: float) -> NDArray[np.bool_]:
    """Where ``lower <= pixels <= upper``, both included; voxels that are no number never are. Raises ToolError."""
    pixels = scalars(pixels)
    found = np.zeros(pixels.size, np.bool_)
    bounds = _bounds_in(pixels.dtype, lower, upper)
    if bounds is None:
        return found.reshape(pixels.shape)
    above = np.empty(min(_STEP, pixels.size), np.bool_)
    at = 0
    for piece in pieces(pixels):
        part = found[at : at + piece.size]
        np.greater_equal(piece, bounds[0], out=part)
        np.less_equal(piece, bounds[1], out=above[: piece.size])
        part &= above[: piece.size]
        at += piece.size
    return found.reshape(pixels.shape)


def _bounds_in(dtype: np.dtype[Any], lower: float, upper: float) -> tuple[Any, Any] | None:
    """The bounds as numbers of the image's own type, so that no voxel is converted; None when none can lie within."""
    if dtype.kind == "f":
        return lower, upper
    limits = np.iinfo(dtype)
    low = max(math.ceil(lower), int(limits.min)) if lower > limits.min else int(limits.min)
    high = min(math.floor(upper), int(limits.max)) if upper < limits.max else int(limits.max)
    return (dtype.type(low), dtype.type(high)) if low <= high else None


def extent_of(found: NDArray[Any]) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """The smallest box (lower, upper exclusive) around what is not 0 in a (k, j, i) array of one-byte items.

    One pass over the voxels, slice by slice. All zeros where there is nothing.
    """
    words = found.view(np.uint8)
    filled = (k for k in range(len(words)) if words[k].any())
    first = next(filled, None)
    if first is None:
        return (0, 0, 0), (0, 0, 0)
    last = next(k for k in range(len(words) - 1, -1, -1) if words[k].any())
    shadow = np.bitwise_or.reduce(words[first : last + 1], axis=0)
    rows, columns = np.flatnonzero(shadow.any(axis=1)), np.flatnonzero(shadow.any(axis=0))
    lower = (first, int(rows[0]), int(columns[0]))
    return lower, (last + 1, int(rows[-1]) + 1, int(columns[-1]) + 1)
