"""Oblique planes through a frame, for reading: what a view shows that does not follow the grid's own axes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..core import Geometry
from ..errors import ToolError
from ..ops.reslice import reslice

Vector = tuple[float, float, float]


@dataclass(frozen=True)
class ObliquePlane:
    """A plane of samples in LPS mm.

    ``origin_lps`` is the centre of the first sample; ``right_lps`` and ``down_lps`` lead along columns and rows (their
    length does not matter); ``spacing`` is mm between rows and between columns, ``shape`` (rows, columns).
    Raises ToolError for axes of no length, a spacing that is not positive.
    """

    geometry: Geometry
    origin_lps: Vector
    right_lps: Vector
    down_lps: Vector
    shape: tuple[int, int]
    spacing: tuple[float, float]

    def __post_init__(self) -> None:
        if not all(step > 0 and np.isfinite(step) for step in self.spacing):
            raise ToolError(f"the spacing of a plane must be two positive numbers, found {self.spacing}")
        for axis in (self.right_lps, self.down_lps):
            if np.shape(axis) != (3,) or not np.isfinite(axis).all() or not np.any(axis):
                raise ToolError(f"an axis of a plane is three finite numbers and not zero, found {axis!r}")

    def take(
        self, frame: NDArray[Any], method: Literal["nearest", "linear"] = "nearest", outside: float = 0
    ) -> NDArray[Any]:
        """The values of a frame (k, j, i) on the plane (rows, columns); see ``reslice``. Raises ToolError."""
        origin = np.asarray(self.origin_lps, np.float64)
        steps = [
            origin + np.asarray(axis, np.float64) / np.linalg.norm(axis) * step
            for axis, step in zip((self.down_lps, self.right_lps), self.spacing, strict=True)
        ]
        first, down, right = self.geometry.ijk_from_lps([origin, *steps])[:, ::-1].tolist()
        row_step = np.subtract(down, first).tolist()
        column_step = np.subtract(right, first).tolist()
        return reslice(frame, first, row_step, column_step, self.shape, method, outside)

    def point_lps(self, column: float, row: float) -> Vector:
        """LPS mm of a sample's column and row, also between samples."""
        point = np.asarray(self.origin_lps, np.float64)
        for axis, step, by in ((self.right_lps, self.spacing[1], column), (self.down_lps, self.spacing[0], row)):
            point = point + np.asarray(axis, np.float64) / np.linalg.norm(axis) * (step * by)
        x, y, z = point.tolist()
        return x, y, z
