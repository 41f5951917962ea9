"""The labels of a slice as pixels of the screen: nearest voxel, colours by table, filled or outlined.

Slicer's own display of segmentations cuts every segment out again for each picture, which takes longer the more labels
there are. A view along the grid needs no cutting: rows and columns of the group's array are taken once for a whole
picture, or for the part of it that a brush touched.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..compiled import use_kernels
from ..core import Group, Label
from .view_blocks import SliceBlock
from .view_sampling import Rect, Sampling

LabelStyle = Literal["filled", "outlined", "both"]
LABEL_STYLES: tuple[LabelStyle, ...] = ("filled", "outlined", "both")
#: in ``both`` the inside is paler than the outline
_PALE = 0.5
#: labels of a group whose boxes are looked at before a picture
_FEW = 256


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
        out = self.pixels[target.top : target.bottom, target.left : target.right]
        tables = self._fill, self._line
        if use_kernels(out.size) and _outline_compiled(sampling, frame, around, target, tables, width, out):
            return
        values = sampling.values(frame, around)
        colors = np.zeros(values.shape, np.uint32) if self._fill is None else self._fill.take(values)
        # few pixels are edges: only their colours are looked up, and those of clear labels hide no filling
        at = np.flatnonzero(edges(values, width))
        lines = self._line.take(values.reshape(-1)[at])
        flat = colors.reshape(-1)
        flat[at] = np.where(lines != 0, lines, flat[at])
        top, left = target.top - around.top, target.left - around.left
        out[:] = colors[top : top + target.bottom - target.top, left : left + target.right - target.left]


def _values_of(group: Group) -> int:
    return 256 if group.array.dtype == np.uint8 else 65536


def _lines_of(sampling: Sampling, flat: NDArray[Any], rect: Rect) -> tuple[NDArray[np.intp], NDArray[np.intp]] | None:
    """Rows and columns of a slice for a rectangle; None for slanted grids, and for voxels that there are not."""
    if sampling.rows.ndim != 1:
        return None
    rows, columns = sampling.rows[rect.top : rect.bottom], sampling.columns[rect.left : rect.right]
    # within a picture they rise or fall all the way
    for lines, size in ((rows, flat.shape[0]), (columns, flat.shape[1])):
        if not (0 <= lines[0] < size and 0 <= lines[-1] < size):
            return None
    return rows, columns


def _draw_compiled(
    sampling: Sampling, frame: NDArray[Any], target: Rect, table: NDArray[np.uint32], part: NDArray[np.uint32]
) -> bool:
    """Colours of a rectangle in one pass; False where that cannot be done."""
    flat = sampling.slice_of(frame)
    lines = _lines_of(sampling, flat, target)
    if lines is None:
        return False
    from .view_kernels import draw_colors

    draw_colors(flat, *lines, table, part)
    return True


_CLEAR = np.zeros(0, np.uint32)


def _outline_compiled(
    sampling: Sampling,
    frame: NDArray[Any],
    around: Rect,
    target: Rect,
    tables: tuple[NDArray[np.uint32] | None, NDArray[np.uint32]],
    width: int,
    out: NDArray[np.uint32],
) -> bool:
    """Outlines of a rectangle, seen with what lies ``around``, in one pass; False where that cannot be done."""
    flat = sampling.slice_of(frame)
    lines = _lines_of(sampling, flat, around)
    if lines is None:
        return False
    from .view_kernels import draw_outlines

    fill, line = tables
    start = target.top - around.top, target.left - around.left
    draw_outlines(flat, *lines, _CLEAR if fill is None else fill, line, width, *start, out)
    return True
