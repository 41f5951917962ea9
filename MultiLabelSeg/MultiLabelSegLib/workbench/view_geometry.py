"""Where a slice view looks: the grid's slice that it shows, and the way between its pixels, voxels and millimetres.

Views lie along the axes of the grid, so that a picture shows exactly one slice, also of an oblique grid. A view is
named after the anatomical plane that its slices are nearest to; the plane by which tools call the same slices follows
from the grid's own axes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import permutations
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..core import Geometry

ViewName = Literal["axial", "coronal", "sagittal"]
#: the same words as of the tools: axial is a slice across k, coronal across j, sagittal across i
Plane = Literal["axial", "coronal", "sagittal"]
Triple = tuple[float, float, float]
SLICE_VIEWS: tuple[ViewName, ...] = ("axial", "coronal", "sagittal")
#: planes by the index axis (i, j, k) across them
_PLANES: tuple[Plane, ...] = ("sagittal", "coronal", "axial")
#: the axis of LPS across each view, and (axis of LPS, sign) of the picture's right and upward
_LOOKS: dict[ViewName, tuple[int, tuple[int, int], tuple[int, int]]] = {
    "axial": (2, (0, 1), (1, -1)),
    "coronal": (1, (0, 1), (2, 1)),
    "sagittal": (0, (1, 1), (2, 1)),
}
#: letters of the negative and positive directions of LPS
_LETTERS = (("R", "L"), ("A", "P"), ("I", "S"))
#: a second letter stands for a direction that leans this much towards another axis (17 degrees)
_LEANS = 0.3
_MARGIN = 1.03
#: two scales that differ by less are the same
_SAME = 1e-6
_RAS = (-1.0, -1.0, 1.0)
#: millimetres a pixel: nobody zooms further
_MM_RANGE = (1e-4, 1e3)


@dataclass(frozen=True, eq=False)
class ViewGrid:
    """How one view shows the slices of a grid.

    ``axis`` is the index axis (0 i, 1 j, 2 k) across the slices; ``right_axis`` and ``up_axis`` those that run along
    the picture. ``right_lps`` and ``up_lps`` are unit vectors at right angles.
    """

    geometry: Geometry
    view: ViewName
    axis: int
    right_axis: int
    up_axis: int
    right_lps: NDArray[np.float64]
    up_lps: NDArray[np.float64]

    @classmethod
    def of(cls, geometry: Geometry, view: ViewName) -> ViewGrid:
        """The view of a grid that comes nearest to the anatomical one."""
        direction = geometry.direction
        axes = max(permutations(range(3)), key=lambda each: sum(abs(direction[lps, each[lps]]) for lps in range(3)))
        across, (right, right_sign), (up, up_sign) = _LOOKS[view]
        right_lps = direction[:, axes[right]] * np.copysign(1.0, direction[right, axes[right]]) * right_sign
        leaning = direction[:, axes[up]] * np.copysign(1.0, direction[up, axes[up]]) * up_sign
        up_lps = leaning - (leaning @ right_lps) * right_lps
        return cls(geometry, view, axes[across], axes[right], axes[up], right_lps, up_lps / np.linalg.norm(up_lps))

    @property
    def plane(self) -> Plane:
        """What tools call the slices."""
        return _PLANES[self.axis]

    @property
    def slices(self) -> int:
        """How many there are."""
        return self.geometry.size[self.axis]

    @cached_property
    def ascends(self) -> bool:
        """Whether slices of higher index lie further towards left, posterior or superior."""
        return bool(self.geometry.direction[_LOOKS[self.view][0], self.axis] >= 0)

    @cached_property
    def thickness_mm(self) -> float:
        """From one slice's middle to the next."""
        return self.geometry.spacing[self.axis]

    @cached_property
    def is_sheared(self) -> bool:
        """Whether the grid's axes are not at right angles."""
        return self.geometry.is_sheared

    @cached_property
    def normal_lps(self) -> NDArray[np.float64]:
        """Unit vector across the slices, towards higher slices."""
        normal = np.cross(self.right_lps, self.up_lps)
        return normal * np.copysign(1.0, normal @ self.geometry.direction[:, self.axis])

    @cached_property
    def axes_ras(self) -> NDArray[np.float64]:
        """4x4: right, up and across as columns, unit vectors in RAS; the last one is the origin."""
        matrix = np.eye(4)
        for column, lps in enumerate((self.right_lps, self.up_lps, self.normal_lps)):
            matrix[:3, column] = lps * _RAS
        return matrix

    def middle_lps(self, index: int) -> NDArray[np.float64]:
        """The middle of a slice in LPS mm."""
        middle = [(size - 1) / 2 for size in self.geometry.size]
        middle[self.axis] = index
        return self.geometry.lps_from_ijk(middle)

    def extent_mm(self) -> tuple[float, float]:
        """How wide and how high a slice is in the picture, in mm."""
        axes = self.geometry.ijk_to_lps[:3, :3]
        sides = [axes[:, axis] * self.geometry.size[axis] for axis in (self.right_axis, self.up_axis)]
        return (
            float(sum(abs(side @ self.right_lps) for side in sides)),
            float(sum(abs(side @ self.up_lps) for side in sides)),
        )

    @cached_property
    def letters(self) -> tuple[str, str, str, str]:
        """What lies left, right, above and below, such as R, L, A, P; two letters where the grid is oblique."""
        return (
            _letters(-self.right_lps),
            _letters(self.right_lps),
            _letters(self.up_lps),
            _letters(-self.up_lps),
        )

    def position(self, index: int) -> tuple[str, float]:
        """The letter and the mm of a slice along the anatomical axis across the view, such as ("S", 12.5)."""
        across = _LOOKS[self.view][0]
        value = float(self.middle_lps(index)[across])
        return _LETTERS[across][int(value >= 0)], abs(value)


def flat_view(geometry: Geometry | None) -> ViewName | None:
    """The view that shows all of a grid of one slice; None for volumes and for lines of voxels."""
    if geometry is None or sorted(geometry.size)[:2].count(1) != 1:
        return None
    return next(name for name in SLICE_VIEWS if ViewGrid.of(geometry, name).slices == 1)


@dataclass(frozen=True, eq=False)
class ViewFrame:
    """One picture: a slice of a grid, the size of the picture in points, mm a point, and where its middle is.

    Points run from 0 at the left and upper edge; ``center`` is (right, up) in mm from the middle of the slice.
    """

    grid: ViewGrid
    slice: int
    width: int
    height: int
    mm: float = 1.0
    center: tuple[float, float] = (0.0, 0.0)

    def fitted(self) -> ViewFrame:
        """The whole slice in the middle of the picture."""
        wide, high = self.grid.extent_mm()
        mm = max(wide / max(self.width, 1), high / max(self.height, 1)) * _MARGIN
        return replace(self, mm=mm, center=(0.0, 0.0))

    def at_slice(self, index: int) -> ViewFrame:
        """Another slice; the first or last one where there is none."""
        return replace(self, slice=min(max(index, 0), self.grid.slices - 1))

    def differs_in_slice_only(self, other: ViewFrame) -> bool:
        """Whether both show the same part of the picture's plane."""
        mine, theirs = ((each.width, each.height, each.mm, each.center) for each in (self, other))
        return self.grid is other.grid and mine == theirs

    def sized(self, width: int, height: int) -> ViewFrame:
        """Another size of the picture, the same middle; what was to be seen stays within.

        Where the whole slice was shown, the whole slice is shown again, as large as it can be.
        """
        width, height = max(width, 1), max(height, 1)
        scale = min(width / self.width, height / self.height)
        made = replace(self, width=width, height=height, mm=self.mm / scale)
        is_whole = self.center == (0.0, 0.0) and abs(self.mm / self.fitted().mm - 1) < _SAME
        return made.fitted() if is_whole else made

    def panned(self, right: float, down: float) -> ViewFrame:
        """The picture moved by points."""
        return replace(self, center=(self.center[0] - right * self.mm, self.center[1] + down * self.mm))

    def zoomed(self, factor: float, x: float, y: float) -> ViewFrame:
        """Enlarged by a factor; what lies under the point stays there."""
        mm = min(max(self.mm / factor, _MM_RANGE[0]), _MM_RANGE[1])
        moved = self.mm - mm
        right, up = (x - self.width / 2) * moved, -(y - self.height / 2) * moved
        return replace(self, mm=mm, center=(self.center[0] + right, self.center[1] + up))

    def centered_on(self, point_lps: Sequence[float]) -> ViewFrame:
        """A point of space in the middle of the picture; the slice stays."""
        moved = np.asarray(point_lps, np.float64) - self.grid.middle_lps(self.slice)
        return replace(self, center=(float(moved @ self.grid.right_lps), float(moved @ self.grid.up_lps)))

    @cached_property
    def center_lps(self) -> NDArray[np.float64]:
        """The middle of the picture in LPS mm."""
        right, up = self.center
        return self.grid.middle_lps(self.slice) + right * self.grid.right_lps + up * self.grid.up_lps

    def lps_of(self, x: float, y: float) -> Triple:
        """The place of a point of the picture in LPS mm."""
        right, down = (x - self.width / 2) * self.mm, (y - self.height / 2) * self.mm
        found = (self.center_lps + right * self.grid.right_lps - down * self.grid.up_lps).tolist()
        return found[0], found[1], found[2]

    def ijk_of(self, x: float, y: float) -> Triple:
        """The place of a point of the picture as continuous index (i, j, k), exactly on the slice."""
        found = self.grid.geometry.ijk_from_lps(self.lps_of(x, y)).tolist()
        found[self.grid.axis] = float(self.slice)
        return found[0], found[1], found[2]

    def points_of_lps(self, points_lps: ArrayLike) -> NDArray[np.float64]:
        """Where points of space (..., 3) in LPS mm lie in the picture: (..., 2), seen along the slice's normal."""
        moved = np.asarray(points_lps, np.float64) - self.center_lps
        across = moved @ np.stack([self.grid.right_lps, -self.grid.up_lps], axis=1)
        return np.asarray(across / self.mm + (self.width / 2, self.height / 2))

    def points_of_ijk(self, points_ijk: ArrayLike) -> NDArray[np.float64]:
        """Where indices (..., 3) as i, j, k lie in the picture: (..., 2)."""
        return self.points_of_lps(self.grid.geometry.lps_from_ijk(points_ijk))

    def slice_to_ras(self) -> NDArray[np.float64]:
        """Slicer's matrix of the slice: right, up, across and the middle of the picture, in RAS mm."""
        matrix = self.grid.axes_ras.copy()
        matrix[:3, 3] = self.center_lps * _RAS
        return matrix


def _letters(direction: NDArray[np.float64]) -> str:
    order = np.argsort(-np.abs(direction))
    leaning = [axis for number, axis in enumerate(order) if number == 0 or abs(direction[axis]) > _LEANS]
    return "".join(_LETTERS[axis][int(direction[axis] > 0)] for axis in leaning)
