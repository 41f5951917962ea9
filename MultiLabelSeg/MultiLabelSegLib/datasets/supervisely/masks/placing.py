"""Masks brought onto the grid of their volume: exactly where the headers allow it, resampled only when asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....core import Box, Geometry
from ....errors import GeometryError, Remedy
from .alignment import Reordering, lattice_place, ras_reordering

_CUT = Remedy("resample", "cutting them off must be asked for (--resample)")
_RESAMPLE = Remedy("resample", "(--resample)")


@dataclass(frozen=True, eq=False)
class Placement:
    """How the voxels of a mask get onto the grid of its volume.

    ``reordering`` alone where both are one grid, else also ``start``, the voxel (k, j, i) of the volume at which the
    mask begins as a box of its lattice; neither where it has to be resampled. ``note`` says what will be done when it
    is more than reordering.
    """

    mask: Geometry
    volume: Geometry
    reordering: Reordering | None
    start: tuple[int, int, int] = (0, 0, 0)
    note: str = ""

    @property
    def is_identity(self) -> bool:
        """Whether the voxels are in their place already."""
        same = self.start == (0, 0, 0) and self.mask.shape == self.volume.shape
        return same and self.reordering is not None and self.reordering.is_identity

    def apply(self, codes: NDArray[np.unsignedinteger], may_cut: bool = False) -> NDArray[np.unsignedinteger]:
        """The codes (k, j, i) of the mask on the volume's grid, C-ordered: the same array, or a new one.

        Raises GeometryError when voxels other than 0 lie outside of the volume and ``may_cut`` is not given.
        """
        if self.reordering is None:
            return _resampled(codes, self.mask, self.volume)
        ordered = self.reordering.array(codes)
        if self.start == (0, 0, 0) and ordered.shape == self.volume.shape:
            return np.ascontiguousarray(ordered)
        upper = [low + size for low, size in zip(self.start, ordered.shape, strict=True)]
        common = Box(self.start, (upper[0], upper[1], upper[2])).intersection(Box.whole(self.volume.shape))
        placed = np.zeros(self.volume.shape, codes.dtype)
        if common.voxels:
            own = tuple(
                slice(low - start, high - start)
                for low, high, start in zip(common.lower, common.upper, self.start, strict=True)
            )
            placed[common.slices] = ordered[own]
        lost = int(np.count_nonzero(codes)) - int(np.count_nonzero(placed))
        if lost and not may_cut:
            raise GeometryError(
                f"{lost} of its voxels lie outside of the volume: the mask is {_described(self.mask)}, the volume "
                f"{_described(self.volume)}; {_CUT}"
            ).offering(_CUT)
        return placed


def placement(mask: Geometry, volume: Geometry, resample: bool = False) -> Placement:
    """How a mask gets onto the grid of its volume, by both headers; no voxel is looked at.

    Grids that differ by rounding of headers (a thousandth of a voxel) are one. Raises GeometryError with both
    geometries when the mask would have to be resampled and ``resample`` is not given.
    """
    found = lattice_place(mask, volume)
    if found is not None:
        reordering, start = found
        ordered = reordering.geometry(mask)
        if start == (0, 0, 0) and ordered.shape == volume.shape:
            return Placement(mask, volume, reordering)
        note = (
            f"a box of {_sizes(ordered)} voxels of the volume's grid of {_sizes(volume)}, from voxel "
            f"{tuple(reversed(start))} on; filled up with background, nothing resampled"
        )
        return Placement(mask, volume, reordering, start, note)
    both = f"the mask is {_described(mask)}, the volume {_described(volume)}"
    if not resample:
        raise GeometryError(f"lies on another grid than its volume and was not resampled {_RESAMPLE}: {both}").offering(
            _RESAMPLE
        )
    return Placement(mask, volume, None, note=f"resampled to the nearest voxel: {both}")


def _described(geometry: Geometry) -> str:
    """A grid in words, its axes in the order R, A, S so that two can be compared; numbers in LPS mm."""
    ordered = ras_reordering(geometry).geometry(geometry)
    axes = ", ".join("(" + ", ".join(f"{part:.4g}" for part in axis) + ")" for axis in (ordered.direction.T + 0.0))
    return f"{ordered}, axes {axes}"


def _sizes(geometry: Geometry) -> str:
    return " x ".join(map(str, geometry.size))


def _resampled(codes: NDArray[Any], mask: Geometry, volume: Geometry) -> NDArray[Any]:
    """The code of the mask's nearest voxel for every voxel of the volume, 0 outside of the mask; slice by slice."""
    step = np.linalg.solve(mask.ijk_to_lps, volume.ijk_to_lps)
    size_k, size_j, size_i = volume.shape
    along = [step[:3, axis, np.newaxis] * np.arange(size) for axis, size in enumerate((size_i, size_j, size_k))]
    placed = np.zeros(volume.shape, codes.dtype)
    plane = along[0][:, np.newaxis, :] + along[1][:, :, np.newaxis] + (step[:3, 3] + 0.5)[:, np.newaxis, np.newaxis]
    limits = np.array(mask.size)[:, np.newaxis, np.newaxis]
    for k in range(size_k):
        nearest = np.floor(plane + along[2][:, k, np.newaxis, np.newaxis])
        inside = ((nearest >= 0) & (nearest < limits)).all(axis=0)
        if inside.any():
            i, j, at = nearest[:, inside].astype(np.intp)
            placed[k][inside] = codes[at, j, i]
    return placed
