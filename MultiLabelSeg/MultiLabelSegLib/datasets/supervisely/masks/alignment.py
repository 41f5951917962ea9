"""Axes of a grid put in another order, exactly: permuted and flipped, never resampled.

Supervisely keeps volumes and masks with the axes R, A, S: i runs toward the patient's right, j toward anterior, k
toward superior. Geometries of this library are LPS millimetres all the same: i then steps along -x, j along -y.
"""

from __future__ import annotations

import numpy as np

from ....core import Geometry
from ....core.reordering import ROUNDING_VOXELS, Reordering, lattice_place, reordering_of

__all__ = ["ROUNDING_VOXELS", "Reordering", "lattice_place", "placed_on", "ras_reordering"]

#: toward right, anterior and superior in LPS
_RAS_IN_LPS = np.diag([-1.0, -1.0, 1.0])


def ras_reordering(geometry: Geometry) -> Reordering:
    """The reordering after which i, j, k run toward R, A, S as nearly as permuting and flipping allows.

    The axes find their directions as in nibabel's ``as_closest_canonical``: in the nearest orthonormal matrix, the axis
    that points most clearly somewhere chooses first. Oblique grids stay oblique.
    """
    left, _, right = np.linalg.svd(_RAS_IN_LPS @ geometry.direction)
    nearest = left @ right
    axes, flipped = [0, 0, 0], [False, False, False]
    for axis in np.argsort(-np.abs(nearest).max(axis=0), kind="stable").tolist():
        toward = int(np.abs(nearest[:, axis]).argmax())
        axes[toward], flipped[toward] = axis, bool(nearest[toward, axis] < 0)
        nearest[toward] = 0.0
    return reordering_of(axes, flipped)


def placed_on(mask: Geometry, reference: Geometry, tolerance_voxels: float = ROUNDING_VOXELS) -> Reordering | None:
    """The reordering that brings a mask's grid exactly onto the reference's; None when there is none.

    Both count as one grid when no voxel is off by more than ``tolerance_voxels``. Frames are not compared.
    """
    place = lattice_place(mask, reference, tolerance_voxels)
    if place is None:
        return None
    reordering, start = place
    same = start == (0, 0, 0) and reordering.geometry(mask).shape == reference.shape
    return reordering if same else None
