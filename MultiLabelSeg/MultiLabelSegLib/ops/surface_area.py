"""Surface areas of labels, from how often parallel lines leave them.

This is Crofton's formula: lines in 13 directions are cut by a surface as often as it is large. Weights are the shares
of the sphere that are nearest to a direction (Lehmann and Legland, Efficient N-dimensional surface estimation using
Crofton formula and run-length encoding, 2012), here for the true directions of any grid. Over all orientations it has
no bias, where the mesh of marching cubes is 9 to 20 % too large; a plane along the axes of an isotropic grid comes out
7 % too small, and so do bodies of a few voxels.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..compiled import use_kernels

Indices = NDArray[np.int64]

#: steps (k, j, i) to the neighbours of a voxel, one of each opposite pair
DIRECTIONS = np.array(
    [(0, 0, 1)] + [(k, j, i) for k, j in ((0, 1), (1, -1), (1, 0), (1, 1)) for i in (-1, 0, 1)], np.int64
)
#: voxels that are compared at once by the numpy path
_STEP = 1 << 20
#: one minus the cosine of the angle, of about 0.08 degrees, below which directions count as one
_SAME_DIRECTION = 1e-6


def count_exits(frame: NDArray[np.unsignedinteger], values: NDArray[np.int64]) -> Indices:
    """How many voxels of each value have a neighbour of another value, or none, in each of ``DIRECTIONS``.

    ``frame`` (k, j, i) is uint8 or uint16, ``values`` are distinct. Returns (values, 13).
    """
    counts = np.zeros((len(values), len(DIRECTIONS)), np.int64)
    row_of = np.full(65536, -1, np.int32)
    row_of[values] = np.arange(len(values))
    if use_kernels(frame.size):
        from . import statistics_kernels

        whole = np.ascontiguousarray(frame).view()
        whole.flags.writeable = row_of.flags.writeable = False
        statistics_kernels.count_exits(whole, row_of, counts)
        return counts
    size_k, size_j, size_i = frame.shape
    slab = max(1, _STEP // (size_j * size_i))
    for low in range(0, size_k, slab):
        here = frame[low : low + slab]
        around = np.zeros((len(here) + 1, size_j + 2, size_i + 2), frame.dtype)
        held = frame[low : low + slab + 1]
        around[: len(held), 1:-1, 1:-1] = held
        for number, (k, j, i) in enumerate(DIRECTIONS.tolist()):
            near = around[k : k + len(here), 1 + j : 1 + j + size_j, 1 + i : 1 + i + size_i]
            leaving = np.bincount(here[here != near], minlength=65536)
            counts[:, number] += leaving[values]
    return counts


def surface_areas(exits: Indices, axes_kji: NDArray[np.float64]) -> NDArray[np.float64]:
    """Surface areas in mm2 from ``count_exits``; the rows of ``axes_kji`` are the steps along k, j, i in mm."""
    steps = DIRECTIONS @ axes_kji
    lengths = np.linalg.norm(steps, axis=1)
    # shares do not depend on the scale
    scaled = axes_kji / np.abs(axes_kji).max()
    shares = np.array(_shares(tuple(np.round(scaled, 12).ravel().tolist())))
    # lines of a direction stand one in every volume / length of the plane across them
    areas: NDArray[np.float64] = 4 * exits @ (shares * abs(np.linalg.det(axes_kji)) / lengths)
    return areas


@lru_cache(maxsize=16)
def _shares(axes: tuple[float, ...]) -> tuple[float, ...]:
    """The share of the sphere that is nearer to each direction, or its opposite, than to others.

    On grids with one axis much longer than another, directions come so close that they cannot be told apart; these
    have the share of one of them in equal parts.
    """
    from scipy.spatial import SphericalVoronoi

    steps = DIRECTIONS @ np.reshape(axes, (3, 3))
    units = steps / np.linalg.norm(steps, axis=1)[:, None]
    alike = 1 - np.abs(units @ units.T) < _SAME_DIRECTION
    first = alike.argmax(axis=1)
    kept = np.unique(first)
    areas = SphericalVoronoi(np.vstack([units[kept], -units[kept]])).calculate_areas()
    shares = np.zeros(len(units))
    shares[kept] = (areas[: len(kept)] + areas[len(kept) :]) / areas.sum()
    return tuple((shares[first] / np.bincount(first, minlength=len(units))[first]).tolist())
