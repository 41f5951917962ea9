"""Live wire: the cheapest way along edges of a slice, from pixel to pixel.

A step from pixel p to its neighbour q (8 of them) costs ``length * (w1 * edge(q) + w2 * gradient(q) + w3 * turn(p,
q))``: ``edge`` is 0 on an edge and 1 elsewhere, ``gradient`` falls from 1 to 0 with the strength of the gradient at q,
``turn`` is the angle between the gradients at p and q over pi. Lengths and gradients are in mm. Costs are whole
numbers, so that the compiled search and scipy's find the same way.
Source: Mortensen and Barrett, Intelligent scissors (1995), with the weights of MITK's image live wire.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..compiled import use_kernels
from ..errors import ToolError
from .edges import canny, gradient

Mask = NDArray[np.bool_]
Pixel = tuple[int, int]
#: cost of one pixel's length at full cost
UNIT = 512
#: cost of a step onto a pixel that repels
REPULSIVE = 1000 * UNIT
#: weights of edge, gradient and turn; and those of a map that has been trained
STATIC, TRAINED = (0.10, 0.85, 0.05), (0.43, 0.43, 0.14)
#: share of pixels whose gradients count as full: one clip or filling must not make all other edges dear
_FULL = 0.995
_BINS = 64
#: full circle in steps of an angle
CIRCLE = 256
#: (row, column) of the eight neighbours
NEIGHBOURS = ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1))
#: one search is as much work as looking at this many voxels for each pixel
_WORK = 32


@dataclass(frozen=True, eq=False)
class CostMap:
    """What steps in a slice cost.

    ``local`` (rows, columns) is the cost of a pixel without the turn, in 1/``UNIT``; ``angle`` the gradient's direction
    in steps of a ``CIRCLE``, -1 where there is none; ``turn`` the cost of turning by half a circle. ``lengths`` are
    those of steps to the ``NEIGHBOURS`` in 1/256 of the finer spacing. ``strength`` is the gradient, 1 is a full one.
    """

    local: NDArray[np.int32]
    angle: NDArray[np.int32]
    turn: int
    lengths: NDArray[np.int64]
    strength: NDArray[np.float32]
    edges: Mask

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        rows, columns = self.local.shape
        return rows, columns

    @property
    def dearest(self) -> int:
        """The highest cost of a step onto a pixel that does not repel."""
        return max(int(self.lengths.max()) * (UNIT + self.turn) // 256 + 1, 1)

    def trained(self, points: Sequence[Pixel] | NDArray[np.int64]) -> CostMap:
        """A map that prefers gradients as strong as those along ``points`` (row, column), the contour so far.

        Strengths are sorted into bins, blurred a little; the commonest costs nothing. Fewer than two points teach
        nothing: then this map itself comes back.
        """
        where = np.asarray(points, np.int64).reshape(-1, 2)
        if len(where) < 2:
            return self
        bins = np.minimum((self.strength * _BINS).astype(np.int64), _BINS - 1)
        counts = np.bincount(bins[where[:, 0], where[:, 1]], minlength=_BINS).astype(np.float64)
        away = np.subtract.outer(np.arange(_BINS), np.arange(_BINS))
        blurred = np.exp(-0.5 * away**2) @ counts
        w_edge, w_gradient, w_turn = TRAINED
        cost = w_edge * ~self.edges + w_gradient * (1 - blurred / blurred.max())[bins]
        return replace(self, local=np.rint(UNIT * cost).astype(np.int32), turn=round(UNIT * w_turn))

    def snapped(self, row: int, column: int) -> Pixel:
        """The pixel of the strongest gradient among one and its eight neighbours; itself where all are alike."""
        best = row, column
        for down, right in NEIGHBOURS:
            r, c = row + down, column + right
            if 0 <= r < self.shape[0] and 0 <= c < self.shape[1] and self.strength[r, c] > self.strength[best]:
                best = r, c
        return best


def cost_map(pixels: NDArray[Any], spacing: tuple[float, float]) -> CostMap:
    """The costs of a slice; ``spacing`` is mm between rows and between columns. What is no number counts as flat."""
    values = np.nan_to_num(pixels.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    down, right = gradient(values, spacing)
    strength = np.hypot(down, right)
    full = _full(strength)
    strength = np.minimum(strength / full, 1).astype(np.float32) if full else np.zeros_like(strength)
    edges = canny(values, spacing)
    angle = np.rint(np.arctan2(down, right) * (CIRCLE / (2 * np.pi))).astype(np.int32) % CIRCLE
    angle[strength == 0] = -1
    w_edge, w_gradient, w_turn = STATIC
    local = np.rint(UNIT * (w_edge * ~edges + w_gradient * (1 - strength))).astype(np.int32)
    finer = min(spacing)
    lengths = [np.hypot(by_row * spacing[0], by_column * spacing[1]) / finer for by_row, by_column in NEIGHBOURS]
    whole = np.rint(np.array(lengths) * 256).astype(np.int64)
    return CostMap(local, angle, round(UNIT * w_turn), whole, strength, edges)


def _full(strength: NDArray[np.float32]) -> float:
    """The strength that counts as full, of the pixels that have a gradient at all."""
    some = strength[strength > 0]
    return float(np.quantile(some, _FULL)) if some.size else 0.0


class Wires:
    """The cheapest ways from one pixel to all others, searched only as far as they are asked for.

    ``avoid`` are pixels (row, column) that repel, so that a contour does not run along itself; the start never does.
    Raises ToolError for a start outside of the slice.
    """

    def __init__(self, costs: CostMap, start: Pixel, avoid: Sequence[Pixel] | NDArray[np.int64] = ()) -> None:
        self._costs, self._start = costs, _inside(costs, start)
        self._avoided = np.zeros(costs.shape, np.bool_)
        where = np.asarray(avoid, np.int64).reshape(-1, 2)
        self._avoided[where[:, 0], where[:, 1]] = True
        self._avoided[self._start] = False
        self._search: Any = None

    def way_to(self, target: Pixel) -> NDArray[np.int64]:
        """The pixels from the start to the target, both included, (n, 2) as row, column; each a neighbour of the last.

        Of ways of one cost it is always the same. Raises ToolError for a target outside of the slice.
        """
        target = _inside(self._costs, target)
        if self._search is None:
            self._search = self._started()
        way: NDArray[np.int64] = self._search.way(self._start, target)
        return way

    def _started(self) -> Any:
        if use_kernels(self._costs.local.size * _WORK):
            from .live_wire_compiled import CompiledSearch

            return CompiledSearch(self._costs, self._start, self._avoided)
        from .live_wire_plain import PlainSearch

        return PlainSearch(self._costs, self._start, self._avoided)


def _inside(costs: CostMap, pixel: Pixel) -> Pixel:
    row, column = int(pixel[0]), int(pixel[1])
    if not (0 <= row < costs.shape[0] and 0 <= column < costs.shape[1]):
        raise ToolError(f"row {row}, column {column} is outside of the slice of {costs.shape[0]} x {costs.shape[1]}")
    return row, column


def _shifted(array: NDArray[Any], by: Pixel) -> tuple[NDArray[Any], NDArray[Any]]:
    """The parts of an array that have a neighbour in a direction, and these neighbours."""
    rows, columns = array.shape
    down, right = by
    here = array[max(-down, 0) : rows - max(down, 0), max(-right, 0) : columns - max(right, 0)]
    there = array[max(down, 0) : rows + min(down, 0), max(right, 0) : columns + min(right, 0)]
    return here, there


def steps_of(costs: CostMap, avoided: Mask, way: int) -> NDArray[np.int64]:
    """The cost of the step from each pixel in one direction; at the border, where there is none, 0."""
    by = NEIGHBOURS[way]
    from_angle, to_angle = _shifted(costs.angle, by)
    turned = np.abs(from_angle - to_angle)
    turned = np.minimum(turned, CIRCLE - turned)
    turned[(from_angle < 0) | (to_angle < 0)] = CIRCLE // 4  # without a direction, neither along nor against
    cost = _shifted(costs.local, by)[1] + costs.turn * turned // (CIRCLE // 2)
    cost = np.maximum(costs.lengths[way] * cost // 256, 1)
    cost[_shifted(avoided, by)[1]] = REPULSIVE
    steps = np.zeros(costs.shape, np.int64)
    _shifted(steps, by)[0][...] = cost
    return steps
