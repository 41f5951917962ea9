"""The labels of a slice as pixels of the screen: nearest voxel, colours by table, filled or outlined.

Slicer's own display of segmentations cuts every segment out again for each picture, which takes longer the more labels
there are. A view along the grid needs no cutting: rows and columns of the group's array are taken once for a whole
picture, or for the part of it that a brush touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..compiled import use_kernels
from ..core import Group, Label
from .view_blocks import SliceBlock
from .view_boxes import ShownBoxes
from .view_sampling import Rect, Sampling

LabelStyle = Literal["filled", "outlined", "both"]
LABEL_STYLES: tuple[LabelStyle, ...] = ("filled", "outlined", "both")
#: in ``both`` the inside is paler than the outline
_PALE = 0.5


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
        self._tables = _tables(group.labels, size, style, opacity)
        self.is_shown = bool(self._tables.any())
        #: whether no pixel has a colour; False does not say that one has
        self.is_clear = True
        self.pixels = np.zeros((0, 0), np.uint32)
        self._block, self._boxes = SliceBlock(), ShownBoxes(group, np.flatnonzero(self._tables.any(axis=0)).tolist())
        #: beside this part of the pixels all are clear
        self.area = Rect(0, 0, 0, 0)
        self._spare = np.zeros(0, np.uint32)

    @property
    def is_wide_enough(self) -> bool:
        """Whether the colours reach as far as the group's values, which become more when it turns into uint16."""
        return self._size == _values_of(self.group)

    def inherit(self, former: GroupPixels) -> None:
        """Goes on with the memory of the same group's former pixels."""
        self.pixels, self._block, self.area = former.pixels, former._block, former.area
        self.is_clear = former.is_clear

    def draw(self, sampling: Sampling, t: int, rect: Rect | None = None) -> None:
        """Makes all pixels, or those of a rectangle whose voxels changed."""
        high, wide = round(sampling.frame.height * sampling.ratio), round(sampling.frame.width * sampling.ratio)
        if self.pixels.shape != (high, wide):
            self.pixels, rect, self.area = np.zeros((high, wide), np.uint32), None, Rect(0, 0, 0, 0)
        is_outlined = len(self._tables) > 1
        reach = max(1, round(1.5 * sampling.ratio)) if is_outlined else 0
        target = self._boxes.rect(sampling, t) if rect is None else rect
        target = target.grown(reach).within(sampling.whole)
        if rect is None:
            if not target.holds(self.area):  # what is drawn now would leave some of it
                self.pixels[self.area.top : self.area.bottom, self.area.left : self.area.right] = 0
            self.area, self.is_clear = target, True
        else:
            self.area = self.area.union(target)
        if target.is_empty or not self.is_shown:
            return
        frame: NDArray[Any] = self.group.array[t]
        if rect is None and sampling.frame.grid.axis == 0:
            frame = self._block.like_frame(frame, sampling.frame.slice, (self.group.index.version, t))
        if is_outlined:
            is_met = self._draw_outlined(sampling, frame, target, reach)
        else:
            is_met = self._draw_filled(sampling, frame, target)
        self.is_clear = self.is_clear and not is_met

    def _draw_filled(self, sampling: Sampling, frame: NDArray[Any], target: Rect) -> bool:
        part, fill = self.pixels[target.top : target.bottom, target.left : target.right], self._tables[0]
        lines = _lines_for_kernels(sampling, frame, target, fill)
        if lines is not None:
            return bool(drawing_kernels().draw_colors(*lines, fill, part))
        values, repeated = sampling.values_by_line(frame, target)
        # into memory that is there already: asking for new memory takes longer than the look-up
        wanted = values.shape[0] * values.shape[1]
        if self._spare.size < wanted:
            self._spare = np.empty(max(wanted, self.pixels.size), np.uint32)
        colors = self._spare[:wanted].reshape(values.shape)
        np.take(fill, values, out=colors, mode="clip")
        part[:] = colors if repeated is None else colors[repeated]
        return bool(colors.any())

    def _draw_outlined(self, sampling: Sampling, frame: NDArray[Any], target: Rect, width: int) -> bool:
        around = target.grown(width).within(sampling.whole)
        out = self.pixels[target.top : target.bottom, target.left : target.right]
        top, left = target.top - around.top, target.left - around.left
        lines = _lines_for_kernels(sampling, frame, around, self._tables[0])
        if lines is not None:
            return bool(drawing_kernels().draw_outlines(*lines, self._tables, width, top, left, out))
        values = sampling.values(frame, around)
        inside, border = self._tables
        colors = inside.take(values)
        # few pixels are edges: only their colours are looked up
        at = np.flatnonzero(edges(values, width))
        colors.reshape(-1)[at] = border.take(values.reshape(-1)[at])
        out[:] = colors[top : top + target.bottom - target.top, left : left + target.right - target.left]
        return bool(out.any())


@lru_cache(maxsize=1)
def drawing_kernels() -> Any:
    """The module of kernels; to be asked for only where they are to be used. Importing it anew in every picture costs
    more than one would think, as Qt's bindings look at each import."""
    from . import view_kernels

    return view_kernels


def _tables(labels: Sequence[Label], size: int, style: LabelStyle, opacity: float) -> NDArray[np.uint32]:
    """(1 or 2, size): the colours of what is filled, and, unless ``style`` is "filled", of pixels at a border."""
    if style == "filled":
        return color_table(labels, size, opacity)[None]
    inside = np.zeros(size, np.uint32)
    if style == "both":
        inside = color_table(labels, size, opacity, pale=True)
    line = color_table(labels, size, opacity, outline=True)
    return np.stack([inside, np.where(line != 0, line, inside)])  # a clear line hides no filling


def _values_of(group: Group) -> int:
    return 256 if group.array.dtype == np.uint8 else 65536


def _lines_for_kernels(
    sampling: Sampling, frame: NDArray[Any], rect: Rect, table: NDArray[np.uint32]
) -> tuple[NDArray[Any], NDArray[np.intp], NDArray[np.intp]] | None:
    """A slice, and its rows and columns for a rectangle, such that kernels need to check nothing.

    None for few pixels, slanted grids, voxels that there are not, and values beyond the table.
    """
    if sampling.rows.ndim != 1 or table.size < 256**frame.itemsize:
        return None
    rows, columns = sampling.rows[rect.top : rect.bottom], sampling.columns[rect.left : rect.right]
    if not use_kernels(rows.size * columns.size):
        return None
    flat = sampling.slice_of(frame)
    # within a picture they rise or fall all the way
    for lines, size in ((rows, flat.shape[0]), (columns, flat.shape[1])):
        if not (0 <= lines[0] < size and 0 <= lines[-1] < size):
            return None
    return flat, rows, columns
