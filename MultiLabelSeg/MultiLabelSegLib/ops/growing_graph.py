"""What seeded growing works on: whole-number intensities and the costs of steps between neighbouring voxels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ToolError
from .growing_tables import BRIGHTEST, FINE, LEAST, LEVELS, MOST_BITS, WALL

Spacing = tuple[float, float, float]
#: voxels along every axis from which the image's range without extreme values is taken, at most
_SAMPLED = 64


@dataclass(frozen=True, eq=False)
class Graph:
    """The voxels of a box as a graph: a step costs the difference of two ``values`` and what ``step`` says.

    ``values`` are int32 (k, j, i), padded by one voxel all around, shifted left by ``bits`` like the keys; voxels
    that are closed, and the rim, hold ``WALL``. ``step`` is int32 (3, 3, 2): by -1, 0, 1 along k and j, and 0 or 1
    along i.
    """

    values: NDArray[np.int32]
    step: NDArray[np.int32]
    bits: int

    @property
    def shape(self) -> tuple[int, int, int]:
        """(k, j, i) of the box, without the rim."""
        k, j, i = self.values.shape
        return k - 2, j - 2, i - 2


def graph_of(
    image: NDArray[Any],
    spacing: Spacing,
    labels: int,
    closed: NDArray[np.bool_] | None = None,
    penalty: float = 0.0,
    whole: bool = False,
) -> Graph:
    """The graph of an image (k, j, i) with ``spacing`` in mm (k, j, i), for a number of labels.

    ``closed`` voxels, and those that are no finite number, can be neither entered nor crossed. ``penalty`` is in
    intensity units per mm. ``whole`` says that the intensities are, or were before smoothing, whole numbers: then a
    level is one of them as long as there are no more than ``LEVELS``. Every step costs something even without a
    penalty, longer ones more, so that flat regions are divided by distance.

    Raises ToolError for too many labels, or an image without a single finite number.
    """
    bits = int(labels).bit_length()
    if bits > MOST_BITS:
        raise ToolError(f"growing takes up to {(1 << MOST_BITS) - 1} labels at once, found {labels}")
    numbers = np.isfinite(image) if image.dtype.kind == "f" else None
    low, high = intensity_limits(image, numbers)
    span = (high - low) or 1.0
    levels = min(float(LEVELS), span) if whole else LEVELS / 4
    fine = max(1.0, min(float(FINE), BRIGHTEST / (levels * (1 << bits)) // 8))
    scale = levels / span * fine
    values = np.full([size + 2 for size in image.shape], WALL, np.int32)
    for plane in range(image.shape[0]):
        _quantise(image[plane], (low, high), scale, bits, values[plane + 1, 1:-1, 1:-1])
    inner = values[1:-1, 1:-1, 1:-1]
    if numbers is not None and not numbers.all():
        inner[~numbers] = WALL
    if closed is not None:
        inner[closed] = WALL
    return Graph(values, _steps(spacing, penalty * scale, fine * LEAST, bits), bits)


def intensity_limits(image: NDArray[Any], numbers: NDArray[np.bool_] | None) -> tuple[float, float]:
    """The range of intensities that is told apart; a few extreme values may not use up the levels.

    Where the range is more than four times that of all but 0.05 % of the voxels at either end, and has more than four
    times ``LEVELS`` or is of no whole numbers, it is cut to that range and half of its width at both sides. Raises
    ToolError for an image without a single finite number.
    """
    if numbers is None:
        low, high = float(image.min()), float(image.max())
    else:
        if not numbers.any():
            raise ToolError("the image has no finite number in the region of interest")
        low = float(np.min(image, where=numbers, initial=np.inf))
        high = float(np.max(image, where=numbers, initial=-np.inf))
    if numbers is None and high - low <= 4 * LEVELS:
        return low, high
    picked = tuple(slice(None, None, max(1, size // _SAMPLED)) for size in image.shape)
    sample = image[picked] if numbers is None else image[picked][numbers[picked]]
    if not sample.size:
        return low, high
    darkest, brightest = (float(value) for value in np.quantile(sample, (0.0005, 0.9995)))
    width = brightest - darkest
    if width <= 0 or high - low <= 4 * width:
        return low, high
    return max(low, darkest - width / 2), min(high, brightest + width / 2)


def _quantise(
    plane: NDArray[Any], limits: tuple[float, float], scale: float, bits: int, out: NDArray[np.int32]
) -> None:
    """Whole-number intensities of a plane (j, i), shifted left of the label's bits."""
    low, high = limits
    with np.errstate(invalid="ignore"):  # what is no number becomes a wall afterwards
        numbers = np.clip(plane.astype(np.float64, copy=False), low, high)
        numbers -= low
        numbers *= scale
        numbers += 0.5
        np.left_shift(numbers.astype(np.int32), bits, out=out)


def _steps(spacing: Spacing, per_mm: float, least: float, bits: int) -> NDArray[np.int32]:
    """The costs of the steps, see ``Graph``: ``least`` to the next voxel, more for longer steps up to four of them."""
    step = np.empty((3, 3, 2), np.int32)
    finest = min(spacing)
    for k, j, i in np.ndindex(3, 3, 2):
        length = math.hypot((k - 1) * spacing[0], (j - 1) * spacing[1], i * spacing[2])
        lowest = max(1, round(least * min(4.0, length / finest)))
        step[k, j, i] = min(max(lowest, round(per_mm * length)), BRIGHTEST >> bits) << bits
    return step


def neighbours(graph: Graph) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The 26 steps as offsets into the flat padded array, and what each costs."""
    _, rows, row = graph.values.shape
    offsets: list[int] = []
    costs: list[int] = []
    for k, j, i in np.ndindex(3, 3, 3):
        if (k, j, i) != (1, 1, 1):
            offsets.append(((k - 1) * rows + j - 1) * row + i - 1)
            costs.append(int(graph.step[k, j, abs(i - 1)]))
    return np.array(offsets, np.int64), np.array(costs, np.int64)
