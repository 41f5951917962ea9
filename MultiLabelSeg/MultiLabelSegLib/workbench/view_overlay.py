"""The labels of a slice as pixels of the screen: nearest voxel, colours by table, filled or outlined.

Slicer's own display of segmentations cuts every segment out again for each picture, which takes longer the more labels
there are. A view along the grid needs no cutting: rows and columns of the group's array are taken once for a whole
picture, or for the part of it that a brush touched.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..compiled import use_kernels
from ..core import Box, Group, Label
from .view_blocks import SliceBlock
from .view_geometry import ViewFrame

LabelStyle = Literal["filled", "outlined", "both"]
LABEL_STYLES: tuple[LabelStyle, ...] = ("filled", "outlined", "both")
#: in ``both`` the inside is paler than the outline
_PALE = 0.5
#: labels of a group whose boxes are looked at before a picture
_FEW = 256


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
        return cls(frame, ratio, lines[0], lines[1], cls._inside(lines[0], lines[1], wide, high))

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
        corners = np.full((4, 3), float(self.frame.slice))
        corners[:, grid.right_axis] = np.array([low, high, low, high])[:, grid.right_axis] - 0.5
        corners[:, grid.up_axis] = np.array([low, low, high, high])[:, grid.up_axis] - 0.5
        points = self.frame.points_of_ijk(corners) * self.ratio
        left, top = np.floor(points.min(axis=0)).astype(int).tolist()
        right, bottom = np.ceil(points.max(axis=0)).astype(int).tolist()
        return Rect(left, top, right, bottom).grown(1).within(self.whole)


def color_table(
    labels: Iterable[Label], size: int, opacity: float, *, outline: bool = False, pale: bool = False
) -> NDArray[np.uint32]:
    """For each value the colour as 0xAARRGGBB, multiplied by its alpha; 0 for values that are not to be seen.

    An outline is as opaque as ``opacity`` says; a filled label as its own opacity says besides.
    """
    table = np.zeros(size, np.uint32)
    shown = [label for label in labels if label.visible and label.value < size]
    if not shown:
        return table
    values = np.array([label.value for label in shown])
    colors = np.array([label.color for label in shown])
    alpha = np.full(len(shown), 1.0) if outline else np.clip([label.opacity for label in shown], 0.0, 1.0)
    alpha = alpha * opacity * (_PALE if pale else 1.0)
    channels = np.rint(np.concatenate([alpha[:, None], colors * alpha[:, None]], axis=1) * 255).astype(np.uint32)
    table[values] = channels @ np.array([1 << 24, 1 << 16, 1 << 8, 1], np.uint32)
    return table


def edges(values: NDArray[Any], width: int) -> NDArray[np.bool_]:
    """Pixels with another value within ``width`` pixels to the left, right, above or below."""
    found = np.zeros(values.shape, np.bool_)
    for step in range(1, width + 1):
        differs = values[step:] != values[:-step]
        found[step:] |= differs
        found[:-step] |= differs
        differs = values[:, step:] != values[:, :-step]
        found[:, step:] |= differs
        found[:, :-step] |= differs
    return found


class GroupPixels:
    """The pixels of one group in one view, 0xAARRGGBB with the alpha multiplied in."""

    def __init__(self, group: Group, style: LabelStyle, opacity: float) -> None:
        self.group, self.style = group, style
        size = self._size = _values_of(group)
        self._fill = color_table(group.labels, size, opacity, pale=style == "both") if style != "outlined" else None
        self._line = color_table(group.labels, size, opacity, outline=True) if style != "filled" else None
        self.is_shown = any(table is not None and bool(table.any()) for table in (self._fill, self._line))
        self.pixels = np.zeros((0, 0), np.uint32)
        self._block = SliceBlock()
        #: beside this part of the pixels all are clear; None: everywhere
        self._area: tuple[int, int, int, int] | None = None
        self._spare = np.zeros(0, np.uint32)

    @property
    def is_wide_enough(self) -> bool:
        """Whether the colours reach as far as the group's values, which become more when it turns into uint16."""
        return self._size == _values_of(self.group)

    def inherit(self, former: GroupPixels) -> None:
        """Goes on with the memory of the same group's former pixels."""
        self.pixels, self._block, self._area = former.pixels, former._block, former._area

    def draw(self, sampling: Sampling, t: int, rect: Rect | None = None) -> None:
        """Makes all pixels, or those of a rectangle whose voxels changed."""
        high, wide = round(sampling.frame.height * sampling.ratio), round(sampling.frame.width * sampling.ratio)
        if self.pixels.shape != (high, wide):
            self.pixels, rect, self._area = np.zeros((high, wide), np.uint32), None, None
        whole = sampling.whole
        area = (whole.left, whole.top, whole.right, whole.bottom)
        is_met = self.is_shown and (rect is not None or self._meets(sampling, t))
        if rect is None and self._area is not None and not (is_met and area == self._area):
            self.pixels.fill(0)  # what is drawn now would leave some of it
            self._area = None
        if not is_met:
            return
        if rect is None or self._area is None:
            self._area = area
        frame: NDArray[Any] = self.group.array[t]
        if rect is None and sampling.frame.grid.axis == 0:
            frame = self._block.like_frame(frame, sampling.frame.slice, (self.group.index.version, t))
        if self._line is None:
            self._draw_filled(sampling, frame, sampling.whole if rect is None else rect.within(sampling.whole))
        else:
            self._draw_outlined(sampling, frame, sampling.whole if rect is None else rect)

    def _meets(self, sampling: Sampling, t: int) -> bool:
        """Whether a label that is shown may have voxels in the slice; asked of the boxes where they are known."""
        index, labels = self.group.index, self.group.labels
        if len(labels) > _FEW or not index.is_scanned(t):
            return True
        axis, at = 2 - sampling.frame.grid.axis, sampling.frame.slice
        boxes = (index.loose_box(label.value, t) for label in labels if label.visible)
        return any(box is not None and box.lower[axis] <= at < box.upper[axis] for box in boxes)

    def _draw_filled(self, sampling: Sampling, frame: NDArray[Any], target: Rect) -> None:
        if target.is_empty or self._fill is None:
            return
        part = self.pixels[target.top : target.bottom, target.left : target.right]
        if use_kernels(part.size) and _draw_compiled(sampling, frame, target, self._fill, part):
            return
        values, lines = sampling.values_by_line(frame, target)
        # into memory that is there already: asking for new memory takes longer than the look-up
        wanted = values.shape[0] * values.shape[1]
        if self._spare.size < wanted:
            self._spare = np.empty(max(wanted, self.pixels.size), np.uint32)
        colors = self._spare[:wanted].reshape(values.shape)
        np.take(self._fill, values, out=colors, mode="clip")
        part[:] = colors if lines is None else colors[lines]

    def _draw_outlined(self, sampling: Sampling, frame: NDArray[Any], target: Rect) -> None:
        assert self._line is not None
        width = max(1, round(1.5 * sampling.ratio))
        target = target.grown(width).within(sampling.whole)
        if target.is_empty:
            return
        around = target.grown(width).within(sampling.whole)
        values = sampling.values(frame, around)
        colors = np.zeros(values.shape, np.uint32) if self._fill is None else self._fill.take(values)
        # few pixels are edges: only their colours are looked up, and those of clear labels hide no filling
        at = np.flatnonzero(edges(values, width))
        lines = self._line.take(values.reshape(-1)[at])
        flat = colors.reshape(-1)
        flat[at] = np.where(lines != 0, lines, flat[at])
        top, left = target.top - around.top, target.left - around.left
        part = colors[top : top + target.bottom - target.top, left : left + target.right - target.left]
        self.pixels[target.top : target.bottom, target.left : target.right] = part


def _values_of(group: Group) -> int:
    return 256 if group.array.dtype == np.uint8 else 65536


def _draw_compiled(
    sampling: Sampling, frame: NDArray[Any], target: Rect, table: NDArray[np.uint32], part: NDArray[np.uint32]
) -> bool:
    """Colours of a rectangle in one pass; False for slanted grids, and for voxels that there are not."""
    if sampling.rows.ndim != 1:
        return False
    from .view_kernels import draw_colors

    rows, columns = sampling.rows[target.top : target.bottom], sampling.columns[target.left : target.right]
    flat = sampling.slice_of(frame)
    # within a picture they rise or fall all the way
    for lines, size in ((rows, flat.shape[0]), (columns, flat.shape[1])):
        if not (0 <= lines[0] < size and 0 <= lines[-1] < size):
            return False
    draw_colors(flat, rows, columns, table, part)
    return True
