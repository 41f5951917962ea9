"""Compiled sums of radial basis functions."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


@njit(nogil=True, cache=True, fastmath={"reassoc", "contract", "nsz"})
def sum_distances(points: Numbers, centres: Numbers, weights: Numbers, out: Numbers) -> None:
    """``out[n]`` gets the sum of ``weights`` times the distances of point n of (n, 3) to ``centres`` (3, m)."""
    for at in range(points.shape[0]):
        x, y, z = points[at, 0], points[at, 1], points[at, 2]
        total = 0.0
        for centre in range(centres.shape[1]):
            dx, dy, dz = x - centres[0, centre], y - centres[1, centre], z - centres[2, centre]
            total += weights[centre] * np.sqrt(dx * dx + dy * dy + dz * dz)
        out[at] = total


def warm_up() -> None:
    """Compiles every kernel for the dtypes that the library uses."""
    sum_distances(np.zeros((1, 3)), np.zeros((3, 1)), np.ones(1), np.zeros(1))
