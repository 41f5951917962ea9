"""Where a pixel of a slice view lies in a document's grid, and back: for every host, from the view's one matrix."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ...core import Geometry
from ...tools.points import Point
from ...tools.slices import Plane

#: planes by the axis of (i, j, k) across which they lie
_PLANE_OF_AXIS: tuple[Plane, ...] = ("sagittal", "coronal", "axial")
#: a view follows a grid's plane when it leaves it by less than this over a thousand pixels, in voxels
_LEAVES_PLANE = 0.25


@dataclass(frozen=True, eq=False)
class SlicePointer:
    """One slice view on one grid: ``xy_to_lps`` is the 4x4 matrix of its pixels (x, y, 0) in mm.

    Pixel positions are the view's own, whichever corner they count from; the matrix knows.
    """

    geometry: Geometry
    xy_to_lps: NDArray[np.float64]

    @cached_property
    def xy_to_ijk(self) -> NDArray[np.float64]:
        """The 4x4 matrix from pixels to continuous indices (i, j, k)."""
        return np.asarray(np.linalg.inv(self.geometry.ijk_to_lps) @ self.xy_to_lps)

    @cached_property
    def plane(self) -> Plane | None:
        """The plane of the grid that the view shows, or None where it lies oblique to all of them."""
        across = np.abs(self.xy_to_ijk[:3, :2]).max(axis=1) * 1000
        axis = int(across.argmin())
        return _PLANE_OF_AXIS[axis] if across[axis] < _LEAVES_PLANE else None

    @cached_property
    def slice(self) -> int:
        """The slice of that plane, which may be outside of the grid; 0 for an oblique view."""
        return 0 if self.plane is None else int(np.floor(self.xy_to_ijk[self._axis, 3] + 0.5))

    @cached_property
    def pixel_mm(self) -> float:
        """Millimetres that one pixel shows."""
        return float(np.linalg.norm(self.xy_to_lps[:3, 0]))

    def point_ijk(self, x: float, y: float) -> Point:
        """The point (i, j, k) under a pixel, on the middle of the slice."""
        ijk = self.xy_to_ijk @ (x, y, 0.0, 1.0)
        if self.plane is not None:
            ijk[self._axis] = self.slice
        return float(ijk[0]), float(ijk[1]), float(ijk[2])

    def point_lps(self, x: float, y: float) -> Point:
        """``point_ijk`` in LPS mm."""
        lps = self.geometry.lps_from_ijk([self.point_ijk(x, y)])[0]
        return float(lps[0]), float(lps[1]), float(lps[2])

    def pixels(self, points_ijk: NDArray[np.float64]) -> NDArray[np.float64]:
        """Pixels (n, 2) of points (n, 3) as i, j, k; what lies off the slice is projected onto it."""
        whole = np.column_stack([points_ijk, np.ones(len(points_ijk))])
        xy: NDArray[np.float64] = (whole @ np.linalg.inv(self.xy_to_ijk).T)[:, :2]
        return xy

    @property
    def _axis(self) -> int:
        assert self.plane is not None
        return _PLANE_OF_AXIS.index(self.plane)
