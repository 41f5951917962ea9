"""Boxes of voxels within one frame."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Box(NamedTuple):
    """A box of voxels of one frame: ``lower`` to ``upper`` (exclusive), both (k, j, i)."""

    lower: tuple[int, int, int]
    upper: tuple[int, int, int]

    @classmethod
    def whole(cls, shape: tuple[int, int, int]) -> Box:
        """The box of a whole frame of ``shape`` (k, j, i)."""
        return cls((0, 0, 0), shape)

    @classmethod
    def of_mask(cls, mask: NDArray[np.bool_]) -> Box | None:
        """The smallest box around the true voxels of a (k, j, i) mask; None when there are none."""
        lower, upper = [], []
        for axis in range(3):
            others = tuple(other for other in range(3) if other != axis)
            hit = np.flatnonzero(mask.any(axis=others))
            if hit.size == 0:
                return None
            lower.append(int(hit[0]))
            upper.append(int(hit[-1]) + 1)
        return cls((lower[0], lower[1], lower[2]), (upper[0], upper[1], upper[2]))

    @property
    def slices(self) -> tuple[slice, slice, slice]:
        """To index a (k, j, i) array."""
        (k0, j0, i0), (k1, j1, i1) = self
        return slice(k0, k1), slice(j0, j1), slice(i0, i1)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Sizes (k, j, i); never negative."""
        (k0, j0, i0), (k1, j1, i1) = self
        # no max(): this is asked for many times in every brush dab
        return k1 - k0 if k1 > k0 else 0, j1 - j0 if j1 > j0 else 0, i1 - i0 if i1 > i0 else 0

    @property
    def voxels(self) -> int:
        """Number of voxels inside."""
        k, j, i = self.shape
        return k * j * i

    def moved(self, by: tuple[int, int, int], times: int = 1) -> Box:
        """The box moved by ``times`` (k, j, i) voxels."""
        (k0, j0, i0), (k1, j1, i1) = self
        k, j, i = (step * times for step in by)
        return Box((k0 + k, j0 + j, i0 + i), (k1 + k, j1 + j, i1 + i))

    def union(self, other: Box) -> Box:
        """The smallest box around both."""
        (a, b, c), (d, e, f) = self
        (g, h, m), (n, p, q) = other
        return Box((min(a, g), min(b, h), min(c, m)), (max(d, n), max(e, p), max(f, q)))

    def intersection(self, other: Box) -> Box:
        """What both have in common; may be empty (``voxels`` is 0)."""
        (a, b, c), (d, e, f) = self
        (g, h, m), (n, p, q) = other
        return Box((max(a, g), max(b, h), max(c, m)), (min(d, n), min(e, p), min(f, q)))

    def contains(self, other: Box) -> bool:
        """Whether ``other`` lies wholly inside."""
        (a, b, c), (d, e, f) = self
        (g, h, m), (n, p, q) = other
        return a <= g and b <= h and c <= m and n <= d and p <= e and q <= f

    def inclusive_ijk(self) -> list[list[int]]:
        """``[[i0, i1], [j0, j1], [k0, k1]]`` with the last voxel included, as reports show it."""
        (k0, j0, i0), (k1, j1, i1) = self
        return [[i0, i1 - 1], [j0, j1 - 1], [k0, k1 - 1]]
