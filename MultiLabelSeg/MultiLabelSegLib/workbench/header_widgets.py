"""The slider and the position in a view's strip, drawn by themselves.

Both change with every slice. Style sheets take longer to draw a slider than the view takes to draw the labels, a QLabel
has the whole strip laid out again for each text, and what lets its parent shine through has that drawn again as well.
"""

from __future__ import annotations

from typing import Any

from qtpy import QtCore, QtGui, QtWidgets

Qt = QtCore.Qt
#: points: the groove's thickness, the handle's diameter
_GROOVE, _HANDLE = 4.0, 12.0


class SliceSlider(QtWidgets.QSlider):
    """A round handle in a thin groove."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(Qt.Horizontal, parent)
        self._ground = self._groove = self._handle = self._hovered = QtGui.QColor("gray")
        self.setFocusPolicy(Qt.NoFocus)
        self.setMinimumWidth(40)
        self.setAttribute(Qt.WA_Hover, True)
        self.setAttribute(Qt.WA_OpaquePaintEvent, True)

    def set_colors(self, ground: str, groove: str, handle: str, hovered: str) -> None:
        """CSS colours; ``hovered`` is the handle's while the mouse is over the slider."""
        self._ground, self._groove = QtGui.QColor(ground), QtGui.QColor(groove)
        self._handle, self._hovered = QtGui.QColor(handle), QtGui.QColor(hovered)
        self.update()

    def middle_of_handle(self) -> float:
        """Where the handle is, in points from the left, as the style sees it when the mouse takes it."""
        long: int = self.style().pixelMetric(QtWidgets.QStyle.PM_SliderLength, None, self)
        share: float = (self.value() - self.minimum()) / max(1, self.maximum() - self.minimum())
        if self.invertedAppearance() != (self.layoutDirection() == Qt.RightToLeft):
            share = 1.0 - share
        return float(long / 2 + share * (self.width() - long))

    def paintEvent(self, _event: Any) -> None:  # noqa: N802 - Qt's name
        """The groove, and the handle where it can be taken."""
        wide, middle = float(self.width()), self.height() / 2
        painter = QtGui.QPainter(self)
        try:
            painter.fillRect(self.rect(), self._ground)
            painter.setRenderHint(QtGui.QPainter.Antialiasing, True)
            painter.setPen(Qt.NoPen)
            painter.setBrush(self._groove)
            painter.drawRoundedRect(QtCore.QRectF(0.0, middle - _GROOVE / 2, wide, _GROOVE), _GROOVE / 2, _GROOVE / 2)
            if self.isEnabled():
                painter.setBrush(self._hovered if self.underMouse() or self.isSliderDown() else self._handle)
                painter.drawEllipse(QtCore.QPointF(self.middle_of_handle(), middle), _HANDLE / 2, _HANDLE / 2)
        finally:
            painter.end()


class Position(QtWidgets.QWidget):
    """A text at the right of a place that stays as wide as it is, whatever the text says."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._text = ""
        self._ground = self._color = QtGui.QColor("gray")
        self._least = self._wanted = 0
        self.setAttribute(Qt.WA_OpaquePaintEvent, True)
        self.setSizePolicy(QtWidgets.QSizePolicy.Preferred, QtWidgets.QSizePolicy.Preferred)

    def text(self) -> str:
        """What it says."""
        return self._text

    def set_text(self, text: str) -> None:
        """Says this."""
        if text != self._text:
            self._text = text
            self.update()

    def set_colors(self, ground: str, color: str) -> None:
        """The colours below the text and of it, as in CSS."""
        self._ground, self._color = QtGui.QColor(ground), QtGui.QColor(color)
        self.update()

    def set_widths(self, least: int, wanted: int) -> None:
        """What it needs, and what it takes where that is there."""
        if (least, wanted) != (self._least, self._wanted):
            self._least, self._wanted = least, wanted
            self.updateGeometry()

    def sizeHint(self) -> Any:  # noqa: N802 - Qt's name
        """As wide as wanted."""
        return QtCore.QSize(self._wanted, self.fontMetrics().height())

    def minimumSizeHint(self) -> Any:  # noqa: N802 - Qt's name
        """As wide as needed."""
        return QtCore.QSize(self._least, self.fontMetrics().height())

    def paintEvent(self, _event: Any) -> None:  # noqa: N802 - Qt's name
        """The text at the right, half way up."""
        metrics = self.fontMetrics()
        x = self.width() - metrics.horizontalAdvance(self._text)
        y = (self.height() - metrics.height()) // 2 + metrics.ascent()
        painter = QtGui.QPainter(self)
        try:
            painter.fillRect(self.rect(), self._ground)
            painter.setPen(self._color)
            painter.drawText(x, y, self._text)
        finally:
            painter.end()
