"""The layers of a slice view's picture: grey values, labels, previews, feedback, letters and corners."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qtpy import QtCore, QtGui

from ..core import Group
from ..ui.tools.feedback import Feedback
from .grey_picture import GreyPicture
from .view_geometry import Triple
from .view_labels import GroupPixels
from .view_paint import paint_corner, paint_crosshair, paint_feedback, paint_letters, patch_pixels
from .view_sampling import Rect, Sampling
from .view_state import ViewState

#: points below which a picture has no room for text
_SMALL = 150


class SlicePainter:
    """What a view draws, kept from picture to picture."""

    def __init__(self, state: ViewState) -> None:
        self.feedback = Feedback()
        self._state = state
        self._grey = GreyPicture()
        self._groups: list[GroupPixels] = []
        self._images: list[QtGui.QImage | None] = []
        self._shared: list[_SharedImage] = []
        self._patches: list[tuple[int, int, QtGui.QImage]] = []
        self._sampling: Sampling | None = None
        self._hover: Triple | None = None
        self._hovered: tuple[tuple[int, str], ...] = ()

    def clear(self) -> None:
        """Nothing to show."""
        self._grey.clear()
        self._groups, self._images, self._shared, self._patches = [], [], [], []

    def set_picture(self, pixels: NDArray[np.uint8] | None, ratio: float) -> None:
        """The grey picture; the pixels are copied."""
        if pixels is None:
            self._grey.clear()
        else:
            self._grey.take(pixels, ratio, self._state.colors.picture)

    @property
    def has_colors_of_the_theme(self) -> bool:
        """Whether the grey picture lies on the theme's colour; if not, it must be set again."""
        return self._grey.image is None or self._grey.around == self._state.colors.picture

    def set_feedback(self, feedback: Feedback) -> bool:
        """What a tool draws; returns whether there is anything to draw, or was before.

        Previews are cut out when the picture is drawn, and kept as long as they are the same ones.
        """
        former, self.feedback = self.feedback, feedback
        if feedback.patches != former.patches:
            self._sampling = None
        return not (_is_empty(feedback) and _is_empty(former))

    def set_hover(self, point_ijk: Triple | None, labels: tuple[tuple[int, str], ...]) -> bool:
        """What is under the mouse; returns whether that is something else than before."""
        before = (self._place(self._hover), self._hovered)
        self._hover, self._hovered = point_ijk, labels
        return before != (self._place(point_ijk), labels)

    @property
    def is_under_mouse(self) -> bool:
        """Whether the mouse is in the view."""
        return self._hover is not None

    def holds(self, groups: Sequence[Group]) -> bool:
        """Whether exactly these groups are drawn, and their tables reach far enough."""
        held = [pixels.group for pixels in self._groups]
        return held == list(groups) and all(pixels.is_wide_enough for pixels in self._groups)

    def set_groups(self, groups: list[GroupPixels]) -> None:
        """Other groups, or the same with other colours; they are drawn by ``draw_groups``."""
        former = {id(pixels.group): pixels for pixels in self._groups}
        for pixels in groups:
            if id(pixels.group) in former:
                pixels.inherit(former[id(pixels.group)])
        self._groups = groups
        self._images, self._shared = [None] * len(groups), [_SharedImage() for _ in groups]

    def draw_groups(self, sampling: Sampling, t: int) -> None:
        """All labels of the slice."""
        for number, pixels in enumerate(self._groups):
            pixels.draw(sampling, min(t, len(pixels.group.array) - 1))  # another document may have fewer frames
            self._images[number] = None if pixels.is_clear else self._shared[number].of(pixels.pixels, sampling.ratio)

    def draw_part(self, sampling: Sampling, t: int, group: int, rect: Rect) -> None:
        """The labels of one group within a rectangle."""
        if not 0 <= group < len(self._groups):
            return
        pixels = self._groups[group]
        pixels.draw(sampling, t, rect)
        if self._images[group] is None:
            self._images[group] = self._shared[group].of(pixels.pixels, sampling.ratio)

    def paint(self, painter: QtGui.QPainter, whole: QtCore.QRect, sampling: Sampling | None) -> None:
        """Draws everything; Qt leaves out what lies outside of the part that is to be drawn."""
        if sampling is None or not self._grey.covers(whole):
            painter.fillRect(whole, QtGui.QColor(self._state.colors.picture))
        if sampling is None:
            return
        if self._grey.image is not None:
            painter.drawImage(0, 0, self._grey.image)
        if self._state.shows_labels:
            for pixels, image in zip(self._groups, self._images, strict=True):
                if image is not None:
                    area = pixels.area
                    part = QtCore.QRectF(area.left, area.top, area.right - area.left, area.bottom - area.top)
                    painter.drawImage(part.topLeft() / sampling.ratio, image, part)
        self._paint_patches(painter, sampling)
        frame = sampling.frame
        if self._state.shows_crosshair and self._state.crosshair_lps is not None:
            x, y = frame.points_of_lps(self._state.crosshair_lps).tolist()
            paint_crosshair(painter, frame, (x, y))
        painter.setRenderHint(QtGui.QPainter.TextAntialiasing, True)
        if min(frame.width, frame.height) >= _SMALL:
            paint_letters(painter, frame, self._state.colors)
            paint_corner(painter, frame, self._corner(), "bottom left", self._state.colors)
        told = self.feedback.text or self._state.tool_text
        paint_corner(painter, frame, told if self.is_under_mouse else told[:1], "top left", self._state.colors)
        paint_feedback(painter, frame, self.feedback)

    def _paint_patches(self, painter: QtGui.QPainter, sampling: Sampling) -> None:
        if self._sampling is not sampling:
            self._sampling, self._patches = sampling, []
            for patch in self.feedback.patches:
                found = patch_pixels(patch, sampling)
                if found is not None:
                    left, top, pixels = found
                    self._patches.append((left, top, _image_of(pixels, sampling.ratio).copy()))
        for left, top, image in self._patches:
            painter.drawImage(QtCore.QPointF(left / sampling.ratio, top / sampling.ratio), image)

    def _corner(self) -> list[str]:
        place = self._place(self._hover)
        if place is None:
            return []
        lines = [f"{name}  {value}" for value, name in reversed(self._hovered)]
        return [*lines, "{}, {}, {}".format(*place)]

    def _place(self, point_ijk: Triple | None) -> tuple[int, int, int] | None:
        if point_ijk is None:
            return None
        i, j, k = (int(np.floor(coordinate + 0.5)) for coordinate in point_ijk)
        return i, j, k


class _SharedImage:
    """An image that shares its pixels with an array, made again only for another one."""

    def __init__(self) -> None:
        self._pixels = np.zeros((0, 0), np.uint32)
        self._image = QtGui.QImage()

    def of(self, pixels: NDArray[np.uint32], ratio: float) -> QtGui.QImage:
        """The image of an array; it shows whatever is written into the array."""
        if self._pixels is not pixels or self._image.devicePixelRatio() != ratio:
            self._pixels, self._image = pixels, _image_of(pixels, ratio)
        return self._image


def _image_of(pixels: NDArray[np.uint32], ratio: float) -> Any:
    """An image that shares the pixels; they must outlive it."""
    high, wide = pixels.shape
    image = QtGui.QImage(pixels.data, wide, high, wide * 4, QtGui.QImage.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(ratio)
    return image


def _is_empty(feedback: Feedback) -> bool:
    return not (feedback.circles or feedback.lines or feedback.handles or feedback.patches or feedback.text)
