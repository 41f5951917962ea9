"""Axis-aligned slices of a frame: planes by name, in-plane axes, and back to boxes of the frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from numpy.typing import NDArray

from ..core import Box, Geometry
from ..errors import ToolError

#: planes of the grid's own axes: axial is a slice across k, coronal across j, sagittal across i
Plane = Literal["axial", "coronal", "sagittal"]
PLANES: tuple[Plane, ...] = ("axial", "coronal", "sagittal")


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
        if self.plane not in PLANES:
            raise ToolError(f"there is no plane {self.plane!r}; there are {', '.join(PLANES)}")
        if not 0 <= self.index < self.geometry.shape[self.axis]:
            last = self.geometry.shape[self.axis] - 1
            raise ToolError(f"{self.plane} slice {self.index} is outside of the image, which has 0...{last}")

    @property
    def axis(self) -> int:
        """The axis of (k, j, i) across which the slice lies."""
        return PLANES.index(self.plane)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        rows, columns = (size for axis, size in enumerate(self.geometry.shape) if axis != self.axis)
        return rows, columns

    @property
    def spacing(self) -> tuple[float, float]:
        """Millimetres between rows and between columns."""
        rows, columns = (size for axis, size in enumerate(self.geometry.spacing[::-1]) if axis != self.axis)
        return rows, columns

    @property
    def box(self) -> Box:
        """The slice as a box of the frame."""
        return self.box_of((0, 0), self.shape)

    def box_of(self, start: tuple[int, int], stop: tuple[int, int]) -> Box:
        """A rectangle of the slice, rows and columns (stop exclusive), as a box of the frame, one voxel thick."""
        lower, upper = list(start), list(stop)
        lower.insert(self.axis, self.index)
        upper.insert(self.axis, self.index + 1)
        return Box((lower[0], lower[1], lower[2]), (upper[0], upper[1], upper[2]))

    def take(self, frame: NDArray[Any]) -> NDArray[Any]:
        """The slice of a (k, j, i) array, rows by columns: a view."""
        where: list[Any] = [slice(None)] * 3
        where[self.axis] = self.index
        pixels: NDArray[Any] = frame[tuple(where)]
        return pixels

    def thick(self, pixels: NDArray[Any]) -> NDArray[Any]:
        """Pixels of the slice as an array (k, j, i), one voxel thick."""
        where: list[Any] = [slice(None)] * 2
        where.insert(self.axis, None)
        thick: NDArray[Any] = pixels[tuple(where)]
        return thick

    def point_of(self, point_ijk: tuple[float, float, float]) -> tuple[float, float]:
        """Column and row of a point (i, j, k), which is taken as lying in the slice."""
        kji = [point_ijk[2], point_ijk[1], point_ijk[0]]
        del kji[self.axis]
        return kji[1], kji[0]
