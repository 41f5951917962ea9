"""Axis-aligned slices of a frame: planes by name, in-plane axes, and back to boxes of the frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..core import Box, Geometry
from ..errors import ToolError

#: planes of the grid's own axes: axial is a slice across k, coronal across j, sagittal across i
Plane = Literal["axial", "coronal", "sagittal"]
PLANES: tuple[Plane, ...] = ("axial", "coronal", "sagittal")
#: voxels by which points in mm may be wrong
_ROUNDING = 1e-3
#: which axes of (k, j, i) are across the plane, its rows and its columns
_AXES: dict[str, tuple[int, int, int]] = {"axial": (0, 1, 2), "coronal": (1, 0, 2), "sagittal": (2, 0, 1)}


@dataclass(frozen=True)
class SliceOf:
    """One slice of a frame in index coordinates.

    In the slice, rows run along the slower and columns along the faster of the two axes that are left: axial (j, i),
    coronal (k, i), sagittal (k, j). Points (x, y) are (column, row), pixel centres on whole numbers.
    Raises ToolError for a slice outside of the grid.
    """

    geometry: Geometry
    plane: Plane
    index: int

    def __post_init__(self) -> None:
        axes = _AXES.get(self.plane)
        if axes is None:
            raise ToolError(f"there is no plane {self.plane!r}; there are {', '.join(PLANES)}")
        if not 0 <= self.index < self.geometry.shape[axes[0]]:
            last = self.geometry.shape[axes[0]] - 1
            raise ToolError(f"{self.plane} slice {self.index} is outside of the image, which has 0...{last}")

    @property
    def axis(self) -> int:
        """The axis of (k, j, i) across which the slice lies."""
        return _AXES[self.plane][0]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        _, rows, columns = _AXES[self.plane]
        return self.geometry.shape[rows], self.geometry.shape[columns]

    @property
    def spacing(self) -> tuple[float, float]:
        """Millimetres between rows and between columns."""
        _, rows, columns = _AXES[self.plane]
        steps = self.geometry.spacing[::-1]
        return steps[rows], steps[columns]

    @property
    def box(self) -> Box:
        """The slice as a box of the frame."""
        return self.box_of((0, 0), self.shape)

    def box_of(self, start: tuple[int, int], stop: tuple[int, int]) -> Box:
        """A rectangle of the slice, rows and columns (stop exclusive), as a box of the frame, one voxel thick."""
        at, (row, column), (below, behind) = self.index, start, stop
        if self.plane == "axial":
            return Box((at, row, column), (at + 1, below, behind))
        if self.plane == "coronal":
            return Box((row, at, column), (below, at + 1, behind))
        return Box((row, column, at), (below, behind, at + 1))

    def take(self, frame: NDArray[Any]) -> NDArray[Any]:
        """The slice of a (k, j, i) array, rows by columns: a view."""
        where: list[Any] = [slice(None)] * 3
        where[self.axis] = self.index
        pixels: NDArray[Any] = frame[tuple(where)]
        return pixels

    def thick(self, pixels: NDArray[Any]) -> NDArray[Any]:
        """Pixels of the slice as an array (k, j, i), one voxel thick."""
        rows, columns = pixels.shape
        shape = {"axial": (1, rows, columns), "coronal": (rows, 1, columns)}.get(self.plane, (rows, columns, 1))
        return pixels.reshape(shape)

    def point_of(self, point_ijk: tuple[float, float, float]) -> tuple[float, float]:
        """Column and row of a point (i, j, k), which is taken as lying in the slice."""
        _, rows, columns = _AXES[self.plane]
        return point_ijk[2 - columns], point_ijk[2 - rows]

    def flattened(self, points_ijk: NDArray[Any]) -> NDArray[Any]:
        """``point_of`` of many points: (n, 3) as i, j, k to (n, 2) as column, row."""
        _, rows, columns = _AXES[self.plane]
        return points_ijk[:, [2 - columns, 2 - rows]]

    def point_ijk(self, column: float, row: float) -> tuple[float, float, float]:
        """The point (i, j, k) of a column and row of the slice."""
        ijk = [float(self.index)] * 3
        _, rows, columns = _AXES[self.plane]
        ijk[2 - columns], ijk[2 - rows] = column, row
        return ijk[0], ijk[1], ijk[2]


def slice_of_points(geometry: Geometry, plane: Plane, points_ijk: NDArray[Any]) -> SliceOf:
    """The slice that points (n, 3) lie in, as i, j, k.

    Raises ToolError for one outside of the image, and for points of several slices, as it is not said which is meant.
    """
    # an unknown plane is refused by SliceOf
    depths = points_ijk[:, 2 - PLANES.index(plane) if plane in PLANES else 0]
    first = SliceOf(geometry, plane, int(np.floor(depths[0] + 0.5)))
    if np.abs(depths - first.index).max() > 0.5 + _ROUNDING:
        raise ToolError(
            f"the points lie in {plane} slices {np.floor(depths.min() + 0.5):g}...{np.floor(depths.max() + 0.5):g}; "
            f"expected those of one slice, or a slice that all of them are taken to"
        )
    return first
