"""Radial basis functions phi(r) = r in space: a function that is negative inside of a surface."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..compiled import use_kernels

Points = NDArray[np.float64]
Numbers = NDArray[np.float64]
#: distances that are held at once
_BLOCK = 100_000
#: squared distances in mm2 below this are rounding
_SAME = 1e-9


@dataclass(frozen=True, eq=False)
class Slab:
    """What lies at most ``half`` mm from the plane through ``origin`` with the unit ``normal``."""

    origin: Points
    normal: Points
    half: float

    def holds(self, points: Points) -> NDArray[np.bool_]:
        """Whether points (n, 3) in mm lie in it."""
        return np.asarray(np.abs((points - self.origin) @ self.normal) <= self.half * (1 + 1e-6))


@dataclass(frozen=True, eq=False)
class RbfSurface:
    """The function ``constant + sum(weights * |x - centres|)`` in mm, negative inside.

    ``points`` are those that it was fitted to. ``slab`` is set where all contours lie in one plane: then nothing is
    known of what is beyond it.
    """

    centres: Points
    weights: Numbers
    constant: float
    points: Points
    slab: Slab | None = None

    def values(self, points: Points) -> Numbers:
        """The function at points (n, 3) in mm; outside of the slab, if there is one, it is positive."""
        found = self._sums(np.ascontiguousarray(points, np.float64))
        found += self.constant
        if self.slab is not None:
            beyond = ~self.slab.holds(points)
            found[beyond] = np.maximum(np.abs(found[beyond]), 1e-3)
        return found

    def _sums(self, points: Points) -> Numbers:
        found = np.empty(len(points))
        if use_kernels(len(points) * len(self.centres)):
            from .rbf_kernels import sum_distances

            sum_distances(points, np.ascontiguousarray(self.centres.T), self.weights, found)
            return found
        middle = self.centres.mean(axis=0)  # near to nothing, rounding takes least from the squares
        centres = self.centres - middle
        right = np.vstack((-2 * centres.T, np.ones(len(centres)), np.square(centres).sum(axis=1)))
        rows = max(1, _BLOCK // len(centres))
        for first in range(0, len(points), rows):
            away = points[first : first + rows] - middle
            left = np.column_stack((away, np.square(away).sum(axis=1), np.ones(len(away))))
            squares = left @ right
            if squares.min() < _SAME:
                squares[squares < _SAME] = 0
            found[first : first + rows] = np.sqrt(squares, out=squares) @ self.weights
        return found

    def gradients(self, points: Points) -> Points:
        """The gradient of the function at points (n, 3), each (n, 3); centres do not count for themselves."""
        from scipy.spatial.distance import cdist

        found = np.zeros((len(points), 3))
        rows = max(1, _BLOCK // len(self.centres))
        for first in range(0, len(points), rows):
            some = points[first : first + rows]
            distance = cdist(some, self.centres)
            pull = np.divide(self.weights, distance, out=np.zeros_like(distance), where=distance > 0)
            found[first : first + rows] = some * pull.sum(axis=1, keepdims=True) - pull @ self.centres
        return found
