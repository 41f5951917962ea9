"""A surface through contours in any planes: the zero level of radial basis functions (Carr et al. 2001; phi(r) = r).

The function is 0 on the contours, negative inside and positive outside, where points beside the contours along their
normals tell it so. Few of the points become centres: they are chosen greedily where the function is still wrong, so
that thousands of points cost little more than hundreds. A constant term makes the system regular and lets the function
end in a constant far away, so that surfaces close.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..compiled import use_kernels
from ..errors import ToolError
from .plane_contours import ContourPoints

Points = NDArray[np.float64]
Numbers = NDArray[np.float64]
#: how far off, in steps, the surface may be from a contour that has the stairs of a mask
_TOLERANCE = 0.4
#: how far from a contour the points lie that tell inside from outside, in steps
_OFFSET = 1.5
#: nearer than this, in steps, two centres would make the system singular
_NEAR = 0.1
_FIRST, _MOST, _ROUNDS = 240, 2000, 12
#: distances that are held at once
_BLOCK = 100_000


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
        from scipy.spatial.distance import cdist

        rows = max(1, _BLOCK // len(self.centres))
        for first in range(0, len(points), rows):
            found[first : first + rows] = cdist(points[first : first + rows], self.centres) @ self.weights
        return found

    def gradients(self, points: Points) -> Points:
        """The gradient of the function at points (n, 3), each (n, 3); centres do not count for themselves."""
        found = np.zeros((len(points), 3))
        rows = max(1, _BLOCK // len(self.centres))
        for first in range(0, len(points), rows):
            away = points[first : first + rows, np.newaxis] - self.centres
            distance = np.sqrt(np.einsum("abc,abc->ab", away, away))
            pull = np.divide(self.weights, distance, out=np.zeros_like(distance), where=distance > 0)
            found[first : first + rows] = np.einsum("ab,abc->ac", pull, away)
        return found


def fit_surface(planes: Sequence[ContourPoints], thickness: float = 0.0) -> RbfSurface:
    """Fits the function to contours of any planes, as closely as the steps between their points tell.

    ``thickness`` is that of the slab in mm that is filled when all contours lie in one plane (0: one step). Raises
    ToolError without contours.
    """
    if not planes or not sum(len(plane.points) for plane in planes):
        raise ToolError("there are no contours to lay a surface through")
    names = ("points", "normals", "radius", "step")
    points, normals, radius, step = (np.concatenate([getattr(each, name) for each in planes]) for name in names)
    finest = float(step.min())
    alone = _apart(points, finest * _NEAR)
    starts = np.flatnonzero(_evenly(planes)[alone])
    points, normals, radius, step = points[alone], normals[alone], radius[alone], step[alone]
    slab = _slab(points, finest, thickness)
    first = _Constraints.of(points, normals, radius, step)
    rough = first.fitted(np.isin(first.source, starts), slab, grow=False)
    # a contour knows its normal within its plane alone; the rough surface knows where it leads in space
    slopes = rough.gradients(points)
    length = np.linalg.norm(slopes, axis=1, keepdims=True)
    agrees = (slopes * normals).sum(axis=1, keepdims=True) > 0.1 * length
    second = _Constraints.of(points, np.where(agrees, slopes / (length + 1e-300), normals), radius, step)
    return second.fitted(np.isin(second.source, starts), slab, grow=True)


def _evenly(planes: Sequence[ContourPoints]) -> NDArray[np.bool_]:
    """Points to begin with: some of every plane, evenly spread along its contours, at least eight."""
    every = sum(len(plane.points) for plane in planes)
    chosen = []
    for plane in planes:
        count = len(plane.points)
        wanted = min(count, max(8, round(_FIRST / 3 * count / every)))
        mine = np.zeros(count, np.bool_)
        mine[np.linspace(0, count, wanted, endpoint=False).astype(int)] = True
        small = np.flatnonzero(plane.radius < 0.25 * plane.radius.max())  # a few points would pass them by
        mine[small[::2]] = True
        chosen.append(mine)
    return np.concatenate(chosen)


def _apart(points: Points, least: float) -> NDArray[np.intp]:
    """Indices of points without those that lie nearer than ``least`` to one before them."""
    from scipy.spatial import cKDTree

    gone = np.zeros(len(points), np.bool_)
    for one, other in sorted(cKDTree(points).query_pairs(least)):
        if not gone[one]:
            gone[other] = True
    return np.flatnonzero(~gone)


def _slab(points: Points, spacing: float, thickness: float) -> Slab | None:
    """The slab around points that all lie in one plane; else None."""
    origin = points.mean(axis=0)
    axes = np.linalg.svd(points - origin, full_matrices=False)[2]
    if np.abs((points - origin) @ axes[2]).max() > 0.25 * spacing:
        return None
    return Slab(origin, axes[2], (thickness or spacing) / 2)


@dataclass(frozen=True, eq=False)
class _Constraints:
    """Where the function should have which value, how exactly, and from which point of a contour that comes."""

    points: Points
    values: Numbers
    tolerance: Numbers
    source: NDArray[np.intp]
    near: float
    surface: Points

    @classmethod
    def of(cls, points: Points, normals: Points, radius: Numbers, step: Numbers) -> _Constraints:
        """Zero on the points, plus and minus the distance beside them; nearer where something else is in the way."""
        from scipy.spatial import cKDTree

        tree = cKDTree(points)
        everyone = np.arange(len(points))
        limit = np.minimum(_TOLERANCE * step, 0.15 * radius)
        parts: list[tuple[Any, ...]] = [(points, np.zeros(len(points)), limit, everyone)]
        for side in (1.0, -1.0):
            far = _OFFSET * step
            for _ in range(4):
                beside = points + normals * (side * far)[:, np.newaxis]
                blocked = tree.query(beside)[0] < 0.8 * far
                far[blocked] /= 2
            beside = points + normals * (side * far)[:, np.newaxis]
            free = tree.query(beside)[0] >= 0.8 * far
            parts.append((beside[free], side * far[free], 0.5 * far[free], everyone[free]))
        where, values, tolerance, source = (np.concatenate(column) for column in zip(*parts, strict=True))
        return cls(where, values, tolerance, source, _NEAR * float(step.min()), points)

    def fitted(self, start: NDArray[np.bool_], slab: Slab | None, grow: bool) -> RbfSurface:
        """The function through some of the constraints, then (``grow``) more where it is wrong, until it fits."""
        chosen = np.flatnonzero(start)
        chosen = chosen[_apart(self.points[chosen], self.near)]
        found = self._solved(chosen, slab)
        for _ in range(_ROUNDS if grow else 0):
            wrong = np.abs(found.values(self.points) - self.values) / self.tolerance
            wrong[~np.isfinite(wrong)] = 0
            more = self._worst(wrong, chosen)
            if not more.size:
                break
            chosen = np.concatenate([chosen, more])
            found = self._solved(chosen, slab)
        return found

    def _worst(self, wrong: Numbers, chosen: NDArray[np.intp]) -> NDArray[np.intp]:
        """Constraints that are missed most, apart from each other and from those that are chosen already."""
        from scipy.spatial import cKDTree

        room = min(_MOST - len(chosen), len(chosen) // 2)
        missed = np.flatnonzero(wrong > 1)
        if room <= 0 or not missed.size:
            return missed[:0]
        distance = cKDTree(self.points[chosen]).query(self.points[missed])[0]
        missed = missed[distance > self.near]
        ranked = missed[np.argsort(-wrong[missed], kind="stable")][: 4 * room]
        spread = 3 * np.median(self.tolerance)
        cells = np.floor(self.points[ranked] / spread).astype(np.int64)
        first = np.unique(cells, axis=0, return_index=True)[1]
        spread_out: NDArray[np.intp] = ranked[np.sort(first)][:room]
        return spread_out

    def _solved(self, chosen: NDArray[np.intp], slab: Slab | None) -> RbfSurface:
        from scipy.spatial.distance import cdist

        centres = self.points[chosen]
        count = len(centres)
        system = np.ones((count + 1, count + 1))
        system[:count, :count] = cdist(centres, centres)
        system[count, count] = 0
        wanted = np.append(self.values[chosen], 0.0)
        try:
            solved = np.linalg.solve(system, wanted)
        except np.linalg.LinAlgError:
            solved = np.linalg.lstsq(system, wanted, rcond=None)[0]
        return RbfSurface(centres, solved[:count], float(solved[count]), self.surface, slab)
