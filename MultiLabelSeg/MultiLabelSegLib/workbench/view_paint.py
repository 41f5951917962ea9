"""Drawing over a slice: feedback of tools, crosshair, letters of directions and the text in the corners."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import ceil

import numpy as np
from numpy.typing import NDArray
from qtpy import QtCore, QtGui

from ..core.label import Color
from ..ui.tools.feedback import Circle, Feedback, Handle, Patch, Polyline
from .canvas_theme import VIEW_COLORS, Colors
from .view_geometry import ViewFrame, ViewName
from .view_sampling import Sampling

Qt = QtCore.Qt
#: points between text and the view's edge
_EDGE = 8
_HANDLE = 4.0
#: points that a text has at least, and the lines that one at the top takes at most
_LEAST_TEXT, _MOST_LINES = 80, 3
#: points around the crosshair's middle that stay free
_GAP = 9.0
#: the views that the level and the upright line of a view's crosshair stand for
_CROSSING: dict[ViewName, tuple[ViewName, ViewName]] = {
    "axial": ("coronal", "sagittal"),
    "coronal": ("axial", "sagittal"),
    "sagittal": ("axial", "coronal"),
}
_SHADOW = (0, 0, 0, 190)


def color_of(color: Color, alpha: float = 1.0) -> QtGui.QColor:
    """Qt's colour of red, green, blue within 0...1."""
    return QtGui.QColor.fromRgbF(*(min(1.0, max(0.0, part)) for part in (*color, alpha)))


def paint_feedback(painter: QtGui.QPainter, frame: ViewFrame, feedback: Feedback) -> None:
    """Circles, lines and handles of the slice that the frame shows; those of another slice are left out."""
    if feedback.plane is not None and (feedback.plane, feedback.slice) != (frame.grid.plane, frame.slice):
        return
    painter.setRenderHint(QtGui.QPainter.Antialiasing, True)
    for line in feedback.lines:
        _paint_line(painter, frame, line)
    for handle in feedback.handles:
        _paint_handle(painter, frame, handle)
    for circle in feedback.circles:
        _paint_circle(painter, frame, circle)
    painter.setRenderHint(QtGui.QPainter.Antialiasing, False)


def _paint_line(painter: QtGui.QPainter, frame: ViewFrame, line: Polyline) -> None:
    if len(line.points_ijk) < 2:
        return
    points = QtGui.QPolygonF([QtCore.QPointF(x, y) for x, y in frame.points_of_ijk(line.points_ijk).tolist()])
    painter.setBrush(Qt.NoBrush)
    color = color_of(line.color, 0.8 if line.style == "stored" else 1.0)
    for pen in (QtGui.QPen(QtGui.QColor(*_SHADOW), 3.2), QtGui.QPen(color, 1.6)):
        if line.style == "dashed":
            pen.setDashPattern([4.0 * 1.6 / pen.widthF(), 3.0 * 1.6 / pen.widthF()])
        elif line.style == "suggestion":
            pen.setDashPattern([1.0 * 1.6 / pen.widthF(), 2.0 * 1.6 / pen.widthF()])
        pen.setJoinStyle(Qt.RoundJoin)
        painter.setPen(pen)
        if line.closed:
            painter.drawPolygon(points)
        else:
            painter.drawPolyline(points)


def _paint_handle(painter: QtGui.QPainter, frame: ViewFrame, handle: Handle) -> None:
    x, y = frame.points_of_ijk(handle.point_ijk).tolist()
    reach = _HANDLE * (1.4 if handle.selected else 1.0)
    painter.setPen(QtGui.QPen(QtGui.QColor(*_SHADOW), 1.2))
    painter.setBrush(QtGui.QColor("white") if handle.selected else color_of(handle.color))
    painter.drawRect(QtCore.QRectF(x - reach, y - reach, 2 * reach, 2 * reach))


def _paint_circle(painter: QtGui.QPainter, frame: ViewFrame, circle: Circle) -> None:
    x, y = frame.points_of_ijk(circle.center_ijk).tolist()
    radius = circle.diameter_mm / 2 / frame.mm
    painter.setBrush(Qt.NoBrush)
    for pen in (QtGui.QPen(QtGui.QColor(*_SHADOW), 3.0), QtGui.QPen(color_of(circle.color), 1.5)):
        painter.setPen(pen)
        painter.drawEllipse(QtCore.QPointF(x, y), radius, radius)


def patch_pixels(patch: Patch, sampling: Sampling) -> tuple[int, int, NDArray[np.uint32]] | None:
    """Left and upper pixel of a preview in the picture, and its colours; None where the slice does not meet it."""
    rect = sampling.rect_of(patch.box)
    if rect.is_empty:
        return None
    inside = sampling.values_of_box(patch.box, patch.values, rect)
    table = np.zeros(int(inside.max()) + 1, np.uint32)
    for value, color in patch.colors.items():
        if 0 < value < table.size:
            table[value] = color_of(color, patch.opacity).rgba()
    alpha = table >> 24
    channels = [((table >> shift & 255) * alpha + 127) // 255 << shift for shift in (16, 8, 0)]
    packed = (alpha << 24 | channels[0] | channels[1] | channels[2]).astype(np.uint32)
    return rect.left, rect.top, packed.take(inside)


def paint_crosshair(painter: QtGui.QPainter, frame: ViewFrame, point: Sequence[float]) -> None:
    """Two lines through a point (x, y), free around it, in the colours of the views that they stand for."""
    across, along = _CROSSING[frame.grid.view]
    wide, high, ratio = float(frame.width), float(frame.height), float(painter.device().devicePixelRatioF())
    # lines begin at a pixel's edge: else some of them would be a pixel thicker than others
    x, y = (float(np.floor(np.floor(coordinate) * ratio)) / ratio for coordinate in point)
    thick, gap = max(1, round(ratio)) / ratio, _GAP + 0.5
    for start, end in ((0.0, min(x + 0.5 - gap, wide)), (max(x + 0.5 + gap, 0.0), wide)):
        if start < end and 0 <= y < high:
            painter.fillRect(QtCore.QRectF(start, y, end - start, thick), _crosshair_color(across))
    for start, end in ((0.0, min(y + 0.5 - gap, high)), (max(y + 0.5 + gap, 0.0), high)):
        if start < end and 0 <= x < wide:
            # Qt takes a hundred times longer to draw an upright line, and thirty times to fill its rectangle
            line = _upright_line(along, ceil(high * ratio), ratio)
            part = QtCore.QRectF(0.0, 0.0, float(line.width()), (end - start) * ratio)
            painter.drawImage(QtCore.QPointF(x, start), line, part)


def _crosshair_color(view: ViewName) -> QtGui.QColor:
    color = QtGui.QColor(VIEW_COLORS[view])
    color.setAlpha(170)
    return color


@lru_cache(maxsize=16)
def _upright_line(view: ViewName, length: int, ratio: float) -> QtGui.QImage:
    """A line one point wide and ``length`` pixels long in the colour of a view."""
    line = QtGui.QImage(max(1, round(ratio)), length, QtGui.QImage.Format_ARGB32_Premultiplied)
    line.setDevicePixelRatio(ratio)
    line.fill(_crosshair_color(view))
    return line


def paint_letters(painter: QtGui.QPainter, frame: ViewFrame, colors: Colors) -> None:
    """What lies left, right, above and below."""
    ratio = float(painter.device().devicePixelRatioF())
    words = painter.font().toString()
    for at, image in _placed_letters(frame.grid.letters, frame.width, frame.height, words, colors.text, ratio):
        painter.drawImage(at, image)


@lru_cache(maxsize=64)
def _placed_letters(
    letters: tuple[str, str, str, str], width: int, height: int, font_words: str, color: str, ratio: float
) -> tuple[tuple[QtCore.QPointF, QtGui.QImage], ...]:
    """The same letters stand at the same places in thousands of pictures."""
    font = QtGui.QFont()
    font.fromString(font_words)
    font.setBold(True)
    left, right, above, below = letters
    return tuple(
        _placed(text, font.toString(), color, ratio, (x, y), (across, down))
        for text, x, y, across, down in (
            (left, _EDGE, height / 2, 0.0, 0.5),
            (right, width - _EDGE, height / 2, 1.0, 0.5),
            (above, width / 2, _EDGE - 2, 0.5, 0.0),
            (below, width / 2, height - _EDGE + 2, 0.5, 1.0),
        )
    )


def paint_corner(painter: QtGui.QPainter, frame: ViewFrame, lines: Sequence[str], corner: str, colors: Colors) -> None:
    """Lines of text in a corner: "top left", "top right", "bottom left", "bottom right".

    They keep clear of the letter in the middle: long ones are wrapped at the top, below the letter as wide as the view
    where they would be too many, and shortened at last.
    """
    high, font = painter.fontMetrics().height(), painter.font().toString()
    room = max(_LEAST_TEXT, frame.width // 2 - 2 * _EDGE - high)
    is_top, is_left = corner.startswith("top"), corner.endswith("left")
    shown: list[str] = []
    for line in lines:
        is_long = is_top and bool(shown) and len(wrapped(line, font, room, _MOST_LINES + 1)) > _MOST_LINES
        wide = max(room, frame.width - 2 * _EDGE) if is_long else room
        shown += wrapped(line, font, wide, _MOST_LINES if is_top else 1)
    for number, told in enumerate(shown):
        y = _EDGE + number * high if is_top else frame.height - _EDGE - (len(shown) - number) * high
        x = _EDGE if is_left else frame.width - _EDGE
        paint_text(painter, told, (x, y), (0.0 if is_left else 1.0, 0.0), colors.text)


@lru_cache(maxsize=256)
def wrapped(text: str, font_words: str, room: int, most: int) -> tuple[str, ...]:
    """A text as at most ``most`` lines of up to ``room`` points, broken between words; the last is shortened."""
    font = QtGui.QFont()
    font.fromString(font_words)
    metrics = QtGui.QFontMetrics(font)
    lines: list[str] = []
    words = text.split(" ")
    while words:
        count = 1
        while count < len(words) and metrics.horizontalAdvance(" ".join(words[: count + 1])) <= room:
            count += 1
        if len(lines) == most - 1:
            count = len(words)
        line = " ".join(words[:count]).removesuffix(" ·")  # a separator is none at the end of a line
        lines.append(metrics.elidedText(line, Qt.ElideRight, room))
        words = words[count:]
    return tuple(lines)


def paint_text(
    painter: QtGui.QPainter, text: str, at: tuple[float, float], anchor: tuple[float, float], color: str
) -> None:
    """Text with a dark rim, readable on bright and dark tissue; ``anchor`` is the share of it left of and above ``at``.

    The same few words stand in thousands of pictures, so that each is drawn once and kept.
    """
    ratio = float(painter.device().devicePixelRatioF())
    painter.drawImage(*_placed(text, painter.font().toString(), color, ratio, at, anchor))


def _placed(
    text: str, font_words: str, color: str, ratio: float, at: tuple[float, float], anchor: tuple[float, float]
) -> tuple[QtCore.QPointF, QtGui.QImage]:
    image = _text_image(text, font_words, color, ratio)
    size = image.deviceIndependentSize()
    x, y = at[0] - anchor[0] * size.width(), at[1] - anchor[1] * size.height()
    return QtCore.QPointF(round(x), round(y)), image


@lru_cache(maxsize=256)
def _text_image(text: str, font_words: str, color: str, ratio: float) -> QtGui.QImage:
    font = QtGui.QFont()
    font.fromString(font_words)
    metrics = QtGui.QFontMetrics(font)
    wide, high = metrics.horizontalAdvance(text) + 2, metrics.height()
    image = QtGui.QImage(round(wide * ratio), round(high * ratio), QtGui.QImage.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.transparent)
    painter = QtGui.QPainter(image)
    painter.setFont(font)
    painter.setPen(QtGui.QColor(*_SHADOW))
    for right, down in ((2, 0), (0, 0), (1, 1), (1, -1), (2, 1)):
        painter.drawText(QtCore.QPointF(right, metrics.ascent() + down), text)
    painter.setPen(QtGui.QColor(color))
    painter.drawText(QtCore.QPointF(1, metrics.ascent()), text)
    painter.end()
    return image
