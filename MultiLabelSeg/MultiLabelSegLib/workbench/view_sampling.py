"""Which voxel each pixel of a slice's picture shows: the nearest; rows and columns are worked out once a place."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, floor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core import Box
from .view_geometry import ViewFrame


class Rect:
    """Pixels ``left`` to ``right`` and ``top`` to ``bottom``, ends exclusive."""

    __slots__ = ("bottom", "left", "right", "top")

    def __init__(self, left: int, top: int, right: int, bottom: int) -> None:
        self.left, self.top, self.right, self.bottom = left, top, max(left, right), max(top, bottom)

    @property
    def is_empty(self) -> bool:
        """Whether there is no pixel."""
        return self.left >= self.right or self.top >= self.bottom

    def within(self, other: Rect) -> Rect:
        """What both have in common."""
        return Rect(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        )

    def holds(self, other: Rect) -> bool:
        """Whether no pixel of ``other`` lies beside it."""
        return other.is_empty or (
            self.left <= other.left
            and self.top <= other.top
            and other.right <= self.right
            and other.bottom <= self.bottom
        )

    def union(self, other: Rect) -> Rect:
        """The smallest rectangle around both."""
        if self.is_empty or other.is_empty:
            return other if self.is_empty else self
        return Rect(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def grown(self, by: int) -> Rect:
        """Larger by some pixels on every side."""
        return Rect(self.left - by, self.top - by, self.right + by, self.bottom + by)


@dataclass(frozen=True, eq=False)
class Sampling:
    """For each pixel of a picture the voxel that it shows: rows and columns of the slice, -1 outside of the grid.

    ``rows`` and ``columns`` are one number a line and a column of the picture, or, of a grid whose axes are not at
    right angles, one a pixel.
    """

    frame: ViewFrame
    ratio: float
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    whole: Rect
    #: of rows and columns the index that the first pixel shows, and how much more the next one does
    lines: tuple[tuple[float, float], tuple[float, float]]

    @classmethod
    def of(cls, frame: ViewFrame, ratio: float) -> Sampling:
        """For a picture with ``ratio`` pixels a point."""
        wide, high = round(frame.width * ratio), round(frame.height * ratio)
        grid = frame.grid
        start = np.array(frame.ijk_of(0.5 / ratio, 0.5 / ratio))
        right = np.array(frame.ijk_of(1.5 / ratio, 0.5 / ratio)) - start
        down = np.array(frame.ijk_of(0.5 / ratio, 1.5 / ratio)) - start
        x, y = np.arange(wide), np.arange(high)
        size = grid.geometry.size
        lines: list[NDArray[np.intp]] = []
        is_sheared = grid.is_sheared
        for axis, own, other in ((grid.up_axis, down, right), (grid.right_axis, right, down)):
            along, across = (y, x) if axis == grid.up_axis else (x, y)
            at = start[axis] + along * own[axis]
            if is_sheared:
                steps = across * other[axis]
                at = at[:, None] + steps if axis == grid.up_axis else at + steps[:, None]
            nearest = np.floor(at + 0.5).astype(np.intp)
            nearest[(nearest < 0) | (nearest >= size[axis])] = -1
            lines.append(nearest)
        row, column = (
            (float(start[axis]), float(own[axis])) for axis, own in ((grid.up_axis, down), (grid.right_axis, right))
        )
        return cls(frame, ratio, lines[0], lines[1], cls._inside(lines[0], lines[1], wide, high), (row, column))

    def moved(self, frame: ViewFrame) -> Sampling:
        """For another slice at the same place of the picture; rows and columns are the same unless axes are slanted."""
        if frame.grid.is_sheared:
            return Sampling.of(frame, self.ratio)
        return replace(self, frame=frame)

    @staticmethod
    def _inside(rows: NDArray[np.intp], columns: NDArray[np.intp], wide: int, high: int) -> Rect:
        if rows.ndim == 2:
            return Rect(0, 0, wide, high)
        lines, across = np.flatnonzero(rows >= 0), np.flatnonzero(columns >= 0)
        if not lines.size or not across.size:
            return Rect(0, 0, 0, 0)
        return Rect(int(across[0]), int(lines[0]), int(across[-1]) + 1, int(lines[-1]) + 1)

    def values(self, frame: NDArray[Any], rect: Rect) -> NDArray[Any]:
        """The voxels of a (k, j, i) array that the pixels of a rectangle show; 0 outside of the grid."""
        flat = self.slice_of(frame)
        lines, across = slice(rect.top, rect.bottom), slice(rect.left, rect.right)
        if self.rows.ndim == 1:
            return flat[self.rows[lines]].take(self.columns[across], axis=1)
        rows, columns = self.rows[lines, across], self.columns[lines, across]
        found = flat[rows, columns]
        found[(rows < 0) | (columns < 0)] = 0
        return found

    def values_by_line(self, frame: NDArray[Any], rect: Rect) -> tuple[NDArray[Any], NDArray[np.intp] | None]:
        """``values`` without repeated lines, and for each line of the rectangle its number among them.

        Enlarged, a picture has many equal lines. None: there is one for each line of the rectangle.
        """
        rows = self.rows[rect.top : rect.bottom]
        if self.rows.ndim == 2:
            return self.values(frame, rect), None
        first, last = int(min(rows[0], rows[-1])), int(max(rows[0], rows[-1]))
        if last - first + 1 >= len(rows):
            return self.values(frame, rect), None
        flat = self.slice_of(frame)[first : last + 1]
        return flat.take(self.columns[rect.left : rect.right], axis=1), rows - first

    def values_of_box(self, box: Box, values: NDArray[Any], rect: Rect) -> NDArray[Any]:
        """What the pixels of a rectangle show of an array that holds only a box of the grid; 0 outside of the box.

        The box must meet the slice.
        """
        grid = self.frame.grid
        index: list[Any] = [slice(None)] * 3
        index[2 - grid.axis] = self.frame.slice - box.lower[2 - grid.axis]
        flat = values[tuple(index)]
        flat = flat if grid.up_axis > grid.right_axis else flat.T
        lines, across = slice(rect.top, rect.bottom), slice(rect.left, rect.right)
        if self.rows.ndim == 1:
            rows, columns = self.rows[lines, None], self.columns[None, across]
        else:
            rows, columns = self.rows[lines, across], self.columns[lines, across]
        rows, columns = rows - box.lower[2 - grid.up_axis], columns - box.lower[2 - grid.right_axis]
        high, wide = flat.shape
        inside = (rows >= 0) & (rows < high) & (columns >= 0) & (columns < wide)
        found = flat[np.clip(rows, 0, high - 1), np.clip(columns, 0, wide - 1)]
        return np.where(inside, found, np.zeros(1, flat.dtype))

    def slice_of(self, frame: NDArray[Any]) -> NDArray[Any]:
        """The slice of a (k, j, i) array with the picture's upward axis first: a view."""
        grid = self.frame.grid
        where: list[Any] = [slice(None)] * 3
        where[2 - grid.axis] = self.frame.slice
        flat: NDArray[Any] = frame[tuple(where)]
        return flat if grid.up_axis > grid.right_axis else flat.T

    def rect_of(self, box: Box) -> Rect:
        """The pixels that show a box of voxels; none where the slice does not meet it."""
        grid, (lower, upper) = self.frame.grid, box
        low, high = lower[::-1], upper[::-1]
        if not low[grid.axis] <= self.frame.slice < high[grid.axis]:
            return Rect(0, 0, 0, 0)
        if self.rows.ndim == 1:
            top, bottom = _pixels_of(self.lines[0], low[grid.up_axis], high[grid.up_axis])
            left, right = _pixels_of(self.lines[1], low[grid.right_axis], high[grid.right_axis])
        else:
            corners = np.full((4, 3), float(self.frame.slice))
            corners[:, grid.right_axis] = np.array([low, high, low, high])[:, grid.right_axis] - 0.5
            corners[:, grid.up_axis] = np.array([low, low, high, high])[:, grid.up_axis] - 0.5
            points = self.frame.points_of_ijk(corners) * self.ratio
            left, top = np.floor(points.min(axis=0)).astype(int).tolist()
            right, bottom = np.ceil(points.max(axis=0)).astype(int).tolist()
        return Rect(left, top, right, bottom).grown(1).within(self.whole)


def _pixels_of(line: tuple[float, float], low: int, high: int) -> tuple[int, int]:
    """The first pixel that shows an index of ``low`` to ``high`` (exclusive), and the one after the last."""
    start, step = line
    ends = (low - 0.5 - start) / step, (high - 0.5 - start) / step
    return floor(min(ends)), ceil(max(ends))
