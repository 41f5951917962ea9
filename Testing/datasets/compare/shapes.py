"""Pairs of masks made from formulas, with their spacing (k, j, i) in mm; golden values exist for them."""

from __future__ import annotations

import numpy as np


def ball(shape: tuple[int, int, int], center: tuple[float, ...], radii: tuple[float, ...]) -> np.ndarray:
    """An ellipsoid in voxels (k, j, i)."""
    grid = np.indices(shape)
    return sum(((grid[axis] - center[axis]) / radii[axis]) ** 2 for axis in range(3)) <= 1


def wavy(shape: tuple[int, int, int], phase: float) -> np.ndarray:
    """A plate with waves on both sides, which touches the borders of the array."""
    k, j, i = np.indices(shape)
    return np.abs(k - shape[0] / 2 - 3 * np.sin(0.4 * j + phase) - 2 * np.cos(0.3 * i)) < 4


_S = (24, 30, 36)
SHAPES: dict[str, tuple[np.ndarray, np.ndarray, tuple[float, float, float]]] = {
    "shifted balls": (ball(_S, (12, 15, 15), (8, 9, 9)), ball(_S, (12, 15, 19), (8, 9, 9)), (1.0, 1.0, 1.0)),
    "thick slices": (ball(_S, (11, 14, 16), (6, 10, 12)), ball(_S, (12, 15, 18), (7, 9, 12)), (5.0, 0.7, 0.9)),
    "ball in a ball": (ball(_S, (12, 15, 18), (9, 11, 11)), ball(_S, (12, 15, 18), (5, 6, 6)), (1.5, 0.8, 0.8)),
    "apart": (ball(_S, (6, 7, 8), (4, 4, 4)), ball(_S, (18, 22, 28), (4, 5, 5)), (2.0, 1.25, 0.5)),
    "waves at the borders": (wavy(_S, 0.0), wavy(_S, 1.1), (3.0, 1.0, 0.6)),
    "one voxel": (ball(_S, (5, 5, 5), (0.4, 0.4, 0.4)), ball(_S, (7, 9, 5), (1.2, 1.2, 1.2)), (2.0, 1.0, 1.0)),
}
