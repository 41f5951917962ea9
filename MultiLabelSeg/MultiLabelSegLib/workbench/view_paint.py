"""Drawing over a slice: feedback of tools, crosshair, letters of directions and the text in the corners."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qtpy import QtCore, QtGui

from ..core.label import Color
from ..ui.feedback import Circle, Feedback, Handle, Patch, Polyline
from .canvas_theme import VIEW_COLORS, Colors
from .view_geometry import ViewFrame, ViewName
from .view_overlay import Sampling

Qt = QtCore.Qt
#: points between text and the view's edge
_EDGE = 8
_HANDLE = 4.0
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
    x, y = (np.floor(coordinate) + 0.5 for coordinate in point)
    across, along = _CROSSING[frame.grid.view]
    for name, start, end in (
        (across, (0.0, y), (x - _GAP, y)),
        (across, (x + _GAP, y), (float(frame.width), y)),
        (along, (x, 0.0), (x, y - _GAP)),
        (along, (x, y + _GAP), (x, float(frame.height))),
    ):
        color = QtGui.QColor(
            VIEW_COLORS["axial" if name == "axial" else "coronal" if name == "coronal" else "sagittal"]
        )
        color.setAlpha(170)
        painter.setPen(QtGui.QPen(color, 1.0))
        painter.drawLine(QtCore.QPointF(*start), QtCore.QPointF(*end))


def paint_letters(painter: QtGui.QPainter, frame: ViewFrame, colors: Colors) -> None:
    """What lies left, right, above and below."""
    left, right, above, below = frame.grid.letters()
    middle_x, middle_y = frame.width / 2, frame.height / 2
    font = painter.font()
    font.setBold(True)
    painter.setFont(font)
    high = painter.fontMetrics().height()
    for text, x, y, align in (
        (left, _EDGE, middle_y - high / 2, Qt.AlignLeft),
        (right, frame.width - 40 - _EDGE, middle_y - high / 2, Qt.AlignRight),
        (above, middle_x - 20, _EDGE - 2, Qt.AlignHCenter),
        (below, middle_x - 20, frame.height - high - _EDGE + 2, Qt.AlignHCenter),
    ):
        paint_text(painter, QtCore.QRectF(x, y, 40, high), text, align, QtGui.QColor(colors.text))
    font.setBold(False)
    painter.setFont(font)


def paint_corner(painter: QtGui.QPainter, frame: ViewFrame, lines: Sequence[str], corner: str, colors: Colors) -> None:
    """Lines of text in a corner: "top left", "top right", "bottom left", "bottom right"; long ones are shortened."""
    metrics = painter.fontMetrics()
    high, wide = metrics.height(), frame.width - 2 * _EDGE
    is_top, is_left = corner.startswith("top"), corner.endswith("left")
    for number, text in enumerate(lines):
        y = _EDGE + number * high if is_top else frame.height - _EDGE - (len(lines) - number) * high
        told = metrics.elidedText(text, Qt.ElideRight, int(wide * 0.6))
        align = Qt.AlignLeft if is_left else Qt.AlignRight
        paint_text(painter, QtCore.QRectF(_EDGE, y, wide, high), told, align, QtGui.QColor(colors.text))


def paint_text(painter: QtGui.QPainter, where: QtCore.QRectF, text: str, align: Any, color: QtGui.QColor) -> None:
    """Text with a shadow, readable on bright and dark tissue."""
    painter.setPen(QtGui.QColor(*_SHADOW))
    for right, down in ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1)):
        painter.drawText(where.translated(right, down), align, text)
    painter.setPen(color)
    painter.drawText(where, align, text)
