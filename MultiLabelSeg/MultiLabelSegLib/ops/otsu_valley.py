"""Otsu's thresholds with valley emphasis (Ng 2006), as ITK understands them.

What is maximised is a product V * F: V the mean squared class mean (of intensities as they are, not about their mean),
F the share of voxels outside of the bins of the thresholds. For any c > 0, V * F <= ((V / c + c * F) / 2)^2, and the
right side is a sum over regions, which dynamic programming maximises. At the best c the bound is tight or nearly so;
what is left between is searched through, so that the result is the best combination.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .otsu import Counts, Numbers, best_cuts, cumulated

#: combinations of cuts that are looked at between the bound and the best one found, at most
_MOST = 50_000
_ROUNDS = 10
#: how much better a combination must be: below this it is rounding
_SAME = 1e-14


def valley_bins(counts: Counts, centres: Numbers, regions: int) -> Counts:
    """The bins (rising) in which the ``regions - 1`` thresholds lie; ``counts`` begins and ends with voxels."""
    kept = _kept(counts, regions - 1)
    problem = _Problem(counts[kept] / counts.sum(), centres[kept], regions)
    problem.approach()
    problem.search()
    return kept[problem.cuts - 1]


def _kept(counts: Counts, most: int) -> Counts:
    """Bins with voxels, and the first ``most`` of the empty ones of each gap: the others are no better."""
    empty = counts == 0
    position = np.arange(len(counts))
    last_held = np.maximum.accumulate(np.where(empty, -1, position))
    return np.flatnonzero(~empty | (position - last_held <= most))


@dataclass
class _Problem:
    """One histogram; ``cuts`` is the best combination so far, ``product`` its V * F, ``factor`` the present c."""

    share: Numbers
    centres: Numbers
    regions: int
    cuts: Counts = field(default_factory=lambda: np.zeros(0, np.int64))
    product: float = -math.inf
    factor: float = 1.0

    def __post_init__(self) -> None:
        self.weight, self.moment = cumulated(self.share, self.centres)

    def parts_of(self, cuts: Counts) -> tuple[float, float]:
        """V and F of a combination."""
        ends = np.concatenate([[0], cuts, [len(self.share)]])
        held, moved = np.diff(self.weight[ends]), np.diff(self.moment[ends])
        squares = np.divide(moved * moved, held, out=np.zeros(len(held)), where=held > 0)
        return float(squares.sum()), float(1.0 - self.share[cuts - 1].sum())

    def _take(self, cuts: Counts) -> tuple[float, float]:
        variance, free = self.parts_of(cuts)
        if variance * free > self.product * (1 + _SAME):
            self.product, self.cuts = variance * free, cuts
        return variance, free

    def _bounds(self) -> tuple[Numbers, Counts]:
        """The table of ``best_cuts`` for V / c - c * sum of shares, and its best combination."""
        root = math.sqrt(self.factor)
        return best_cuts(self.weight, self.moment / root, self.factor * self.share, self.regions)

    def approach(self) -> None:
        """Moves c until the combination that maximises the sum is the one from which c follows."""
        _, cuts = best_cuts(self.weight, self.moment, np.zeros(len(self.share)), self.regions)
        seen = set()
        for _ in range(_ROUNDS):
            variance, free = self._take(cuts)
            if free <= 0 or variance <= 0 or tuple(cuts.tolist()) in seen:
                break
            seen.add(tuple(cuts.tolist()))
            self.factor = math.sqrt(variance / free)
            _, cuts = self._bounds()
        variance, free = self.parts_of(self.cuts)
        if variance > 0 and free > 0:
            self.factor = math.sqrt(variance / free)

    def search(self) -> None:
        """Looks at every combination whose bound lies above the best product; of equal ones the first is taken."""
        best, _ = self._bounds()
        self.product *= 1 - 1e-12  # so that an equal one with lower cuts takes its place
        waiting: list[tuple[int, float, tuple[int, ...]]] = [(0, self.factor, ())]
        looked_at = 0
        while waiting and looked_at < _MOST:
            at, total, chosen = waiting.pop()
            looked_at += 1
            layer = self.regions - 1 - len(chosen)
            if layer == 0:
                self._take(np.array(chosen, np.int64))
                continue
            cuts = np.arange(at + 1, len(self.share) - layer + 1)
            reached = total + self._gains(at, cuts) - self.factor * self.share[cuts - 1]
            bound = np.maximum(reached + best[layer - 1, cuts], 0.0)
            open_ = np.flatnonzero(bound * bound > 4 * self.product * (1 + _SAME))[::-1]  # the lowest is popped first
            waiting += [(int(cuts[n]), float(reached[n]), (*chosen, int(cuts[n]))) for n in open_]

    def _gains(self, at: int, cuts: NDArray[np.int64]) -> Numbers:
        held, moved = self.weight[cuts] - self.weight[at], self.moment[cuts] - self.moment[at]
        gains: Numbers = np.divide(moved * moved, held * self.factor, out=np.zeros(len(cuts)), where=held > 0)
        return gains
