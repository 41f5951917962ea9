"""Axes of a grid put in another order, exactly: permuted and flipped, never resampled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .geometry import Geometry

#: headers in single precision may move a voxel by this part of itself
ROUNDING_VOXELS = 1e-3


@dataclass(frozen=True)
class Reordering:
    """How axes are permuted and flipped. Both tuples go along i, j, k of the result.

    ``axes[n]`` is the axis (0 = i, 1 = j, 2 = k) that becomes axis n, ``flipped[n]`` whether it then runs backwards.
    """

    axes: tuple[int, int, int] = (0, 1, 2)
    flipped: tuple[bool, bool, bool] = (False, False, False)

    @property
    def is_identity(self) -> bool:
        """Whether nothing changes."""
        return self == Reordering()

    @property
    def inverse(self) -> Reordering:
        """The reordering that takes this one back."""
        back = [self.axes.index(axis) for axis in range(3)]
        return reordering_of(back, [self.flipped[axis] for axis in back])

    def geometry(self, geometry: Geometry) -> Geometry:
        """The same voxels in the new order: every voxel stays at its place in mm, only its index changes."""
        old, size = geometry.ijk_to_lps, geometry.size
        affine = np.array(old)
        for n, axis in enumerate(self.axes):
            affine[:3, n] = old[:3, axis]
            if self.flipped[n]:
                affine[:3, 3] += old[:3, axis] * (size[axis] - 1)
                affine[:3, n] *= -1.0
        sizes = [size[axis] for axis in self.axes]
        # + 0.0 makes 0 of -0, which headers and eyes mistake for something
        return Geometry((sizes[2], sizes[1], sizes[0]), affine + 0.0, geometry.time_steps, geometry.time_bounds)

    def array(self, array: NDArray[Any]) -> NDArray[Any]:
        """A view of voxels (t, k, j, i) or (k, j, i) in the new order; nothing is copied."""
        first = array.ndim - 3
        order = [*range(first), *(first + 2 - axis for axis in reversed(self.axes))]
        steps = [slice(None)] * first + [slice(None, None, -1 if flip else 1) for flip in reversed(self.flipped)]
        view: NDArray[Any] = array.transpose(order)[tuple(steps)]
        return view


def lattice_place(
    mask: Geometry, reference: Geometry, tolerance_voxels: float = ROUNDING_VOXELS
) -> tuple[Reordering, tuple[int, int, int]] | None:
    """How a mask's axes become those of a reference, and at which voxel (k, j, i) of it the mask then starts.

    None unless both are boxes of one lattice, within ``tolerance_voxels`` at every voxel. The start may be negative and
    the mask reach beyond the reference.
    """
    relative = np.linalg.solve(reference.ijk_to_lps, mask.ijk_to_lps)[:3, :3]
    axes = np.abs(relative).argmax(axis=1).tolist()
    if sorted(axes) != [0, 1, 2]:
        return None
    reordering = reordering_of(axes, [relative[n, axis] < 0 for n, axis in enumerate(axes)])
    start = reference.offset_of(reordering.geometry(mask), tolerance_voxels)
    return None if start is None else (reordering, start)


def reordering_of(axes: Sequence[int], flipped: Sequence[Any]) -> Reordering:
    """The reordering of three axes and whether each is flipped, from sequences of any kind."""
    i, j, k = axes
    return Reordering((i, j, k), (bool(flipped[0]), bool(flipped[1]), bool(flipped[2])))
