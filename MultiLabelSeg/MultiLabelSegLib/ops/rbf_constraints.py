"""What a surface through contours has to meet, and the few centres of radial basis functions that do it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .plane_contours import ContourPoints
from .progress import Progress
from .rbf_function import Numbers, Points, RbfSurface, Slab

#: how far off, in steps, the surface may be from a contour that has the stairs of a mask
_TOLERANCE = 0.4
#: how far from a contour the points lie that tell inside from outside, in steps
_OFFSET = 1.5
#: nearer than this, in steps, two centres would make the system singular
NEAR = 0.1
#: from one point in so many, the depth of its contour is looked for
_EVERY = 3
_MOST, _ROUNDS = 1200, 8
#: share of the constraints that may be missed in the end: contours that contradict each other cannot all be met
_MISSED = 0.05


@dataclass(frozen=True, eq=False)
class Constraints:
    """Where the function should have which value, how exactly, and from which point of a contour that comes.

    ``bound`` are those whose value is a bound: the function may go further in its direction.
    """

    points: Points
    values: Numbers
    tolerance: Numbers
    source: NDArray[np.intp]
    bound: NDArray[np.bool_]
    near: float
    surface: Points

    @classmethod
    def of(cls, contours: ContourPoints, normals: Points) -> Constraints:
        """Zero on the points, plus and minus the distance beside them along ``normals``; nearer where something else is
        in the way. Deep within a contour, and far outside, the sign alone counts, along the normals in its plane."""
        from scipy.spatial import cKDTree

        points, step, radius = contours.points, contours.step, contours.radius
        tree = cKDTree(points)
        everyone = np.arange(len(points))
        parts: list[tuple[Any, ...]] = [
            (points, np.zeros(len(points)), np.minimum(_TOLERANCE * step, 0.15 * radius), everyone)
        ]
        for side in (1.0, -1.0):
            far = _OFFSET * step
            for _ in range(4):
                far[~_free(tree, points, normals * side, far)] /= 2
            free = _free(tree, points, normals * side, far)
            beside = points + normals * (side * far)[:, np.newaxis]
            parts.append((beside[free], side * far[free], 0.8 * far[free], everyone[free]))
        exact = sum(len(part[0]) for part in parts)
        for side in (1.0, -1.0):
            some = everyone[::_EVERY]
            at, which = _depths(tree, points[some], contours.normals[some] * side, radius[some], step[some])
            bound = _OFFSET * step[some][which]
            parts.append((at, side * bound, 0.7 * bound, some[which]))
        where, values, tolerance, source = (np.concatenate(column) for column in zip(*parts, strict=True))
        is_bound = np.arange(len(where)) >= exact
        return cls(where, values, tolerance, source, is_bound, NEAR * float(step.min()), points)

    def of_points(self, chosen: NDArray[np.intp]) -> NDArray[np.bool_]:
        """The constraints that come from some points of the contours, without bounds."""
        return np.asarray(np.isin(self.source, chosen) & ~self.bound)

    def fitted(
        self, start: NDArray[np.bool_], slab: Slab | None, grow: bool, progress: Progress | None = None
    ) -> RbfSurface:
        """The function through some of the constraints, then (``grow``) more where it is wrong, until it fits.

        ``progress`` is called with the share that is done: rounds grow with the number of centres.
        """
        chosen = np.flatnonzero(start)
        chosen = chosen[apart(self.points[chosen], self.near)]
        found = self._solved(chosen, slab)
        for _ in range(_ROUNDS if grow else 0):
            if progress is not None:
                progress((len(chosen) / _MOST) ** 2)
            missing = self.values - found.values(self.points)
            missing[self.bound] = np.maximum(missing[self.bound] * np.sign(self.values[self.bound]), 0)
            wrong = np.abs(missing) / self.tolerance
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
        if np.count_nonzero(~self.bound[missed]) <= _MISSED * np.count_nonzero(~self.bound):
            missed = missed[self.bound[missed]]
        if 20 * room < len(chosen) or not missed.size:
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


def _free(tree: Any, points: Points, ways: Points, far: Numbers) -> NDArray[np.bool_]:
    """Whether no other point is much nearer to where the ways lead than where they come from."""
    return np.asarray(tree.query(points + ways * far[:, np.newaxis])[0] >= 0.8 * far)


def _depths(tree: Any, points: Points, ways: Points, radius: Numbers, step: Numbers) -> tuple[Points, NDArray[np.intp]]:
    """How far the ways lead until something else is in the way, at most a radius; from which points they lead far."""
    depth = np.zeros(len(points))
    going = np.ones(len(points), np.bool_)
    for doubled in range(1, 7):
        far = np.minimum(2**doubled * _OFFSET * step, radius)
        going &= (far > depth) & (far > _OFFSET * step) & _free(tree, points, ways, far)
        depth[going] = far[going]
    deep = np.flatnonzero(depth)
    return points[deep] + ways[deep] * depth[deep, np.newaxis], deep


def apart(points: Points, least: float) -> NDArray[np.intp]:
    """Indices of points without those that lie nearer than ``least`` to one before them."""
    from scipy.spatial import cKDTree

    gone = np.zeros(len(points), np.bool_)
    for one, other in sorted(cKDTree(points).query_pairs(least)):
        if not gone[one]:
            gone[other] = True
    return np.flatnonzero(~gone)
