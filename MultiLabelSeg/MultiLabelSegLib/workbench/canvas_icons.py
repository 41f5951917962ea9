"""Small icons of the strips, drawn here: fonts do not have them everywhere."""

from __future__ import annotations

from typing import Literal

from qtpy import QtCore, QtGui

Qt = QtCore.Qt
IconName = Literal["fit", "maximise", "surface"]
_SIZE = 16


def icon(name: IconName, color: str) -> QtGui.QIcon:
    """An icon in one colour, sharp up to three pixels a point."""
    made = QtGui.QIcon()
    for ratio in (1, 2, 3):
        picture = QtGui.QPixmap(_SIZE * ratio, _SIZE * ratio)
        picture.fill(Qt.transparent)
        picture.setDevicePixelRatio(ratio)
        painter = QtGui.QPainter(picture)
        painter.setRenderHint(QtGui.QPainter.Antialiasing, True)
        painter.setPen(QtGui.QPen(QtGui.QColor(color), 1.4, Qt.SolidLine, Qt.RoundCap, Qt.RoundJoin))
        for points in _LINES[name]:
            painter.drawPolyline(QtGui.QPolygonF([QtCore.QPointF(x, y) for x, y in points]))
        painter.end()
        made.addPixmap(picture)
    return made


Line = tuple[tuple[float, float], ...]
#: in points of a square of 16
_LINES: dict[IconName, tuple[Line, ...]] = {
    "fit": (
        ((4.5, 4.5), (11.5, 4.5), (11.5, 11.5), (4.5, 11.5), (4.5, 4.5)),
        ((8, 1.5), (8, 6.5)),
        ((8, 9.5), (8, 14.5)),
        ((1.5, 8), (6.5, 8)),
        ((9.5, 8), (14.5, 8)),
    ),
    "maximise": (
        ((2.5, 6), (2.5, 2.5), (6, 2.5)),
        ((10, 2.5), (13.5, 2.5), (13.5, 6)),
        ((13.5, 10), (13.5, 13.5), (10, 13.5)),
        ((6, 13.5), (2.5, 13.5), (2.5, 10)),
    ),
    "surface": (
        ((8, 1.8), (13.6, 4.9), (13.6, 11.1), (8, 14.2), (2.4, 11.1), (2.4, 4.9), (8, 1.8)),
        ((2.4, 4.9), (8, 8), (13.6, 4.9)),
        ((8, 8), (8, 14.2)),
    ),
}
