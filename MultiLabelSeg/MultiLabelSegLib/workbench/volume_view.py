"""Surfaces of labels in a widget: drawn off screen by VTK and copied into the window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qtpy import QtCore, QtGui, QtWidgets

from ..core.surface import Surface
from ..errors import HostError
from ..signal import Signal
from .canvas_display import check_gl
from .canvas_theme import Colors
from .render_surfaces import SurfaceScene, reaches_beyond

Qt = QtCore.Qt
_BUTTONS = {Qt.LeftButton: "LeftButton", Qt.RightButton: "RightButton", Qt.MiddleButton: "MiddleButton"}
_EMPTY = "Surfaces are made on request"
_STALE = "Labels have changed: click here to update the surfaces"


class VolumeView(QtWidgets.QWidget):
    """Left drag turns, middle drag or Shift moves, right drag or wheel zooms; double click shows everything.

    OpenGL is asked for when there is something to show first. Where there is none, the view says so in one line.
    """

    def __init__(self, colors: Colors, parent: Any = None) -> None:
        super().__init__(parent)
        self._colors = colors
        self._scene: SurfaceScene | None = None
        self._image: QtGui.QImage | None = None
        self._message = _EMPTY
        self._progress: float | None = None
        self._is_stale = False
        self.update_asked = Signal()
        self.setMinimumSize(96, 96)
        self.setAttribute(Qt.WA_OpaquePaintEvent, True)

    @property
    def message(self) -> str:
        """What stands in the empty view: what to do, or why nothing can be shown."""
        return self._message

    @property
    def scene(self) -> SurfaceScene | None:
        """What is drawn; None before the first surface."""
        return self._scene

    def set_colors(self, colors: Colors) -> None:
        """Follows the theme."""
        self._colors = colors
        if self._scene is not None:
            self._scene.set_background(colors.volume_bottom, colors.volume_top)
        self.request()

    def set_progress(self, fraction: float | None) -> None:
        """Draws a bar while surfaces are made; None: no more."""
        self._progress = fraction
        self.update()

    @property
    def is_stale(self) -> bool:
        """Whether the view says that its surfaces are out of date."""
        return self._is_stale and self._scene is not None and bool(self._scene.values)

    def set_stale(self, is_stale: bool) -> None:
        """The surfaces are those of labels as they were before; a click on the words emits ``update_asked``."""
        self._is_stale = is_stale
        self.update()

    def stale_box(self) -> QtCore.QRect:
        """Where the words stand that ask for a click."""
        metrics = self.fontMetrics()
        wide = min(self.width() - 16, metrics.horizontalAdvance(_STALE) + 24)
        text = QtCore.QRect(0, 0, wide - 24, self.height())
        high = metrics.boundingRect(text, int(Qt.TextWordWrap), _STALE).height() + 12
        return QtCore.QRect((self.width() - wide) // 2, self.height() - high - 10, wide, high)

    def set_surfaces(self, surfaces: Sequence[Any], opacities: Sequence[float] | None = None) -> None:
        """Shows these surfaces (LPS mm; see ``SurfaceScene``) instead of others. Without OpenGL the view says so."""
        if self._scene is None and not surfaces:
            return
        self._show(lambda scene: scene.set_surfaces(surfaces, opacities))

    def set_contours(self, polygons_lps: Sequence[NDArray[np.float64]]) -> None:
        """Draws closed polygons, (n, 3) LPS mm each, in black: the contours of the 3D interpolation."""
        if not polygons_lps and self._scene is None:
            return
        self._show(lambda scene: scene.set_contours(polygons_lps))

    def set_preview(self, surface: Surface | None) -> None:
        """Shows a surface (LPS mm) that is not confirmed yet, beside those of the labels; None: no more."""
        if surface is not None or self._scene is not None:
            self._show(lambda scene: scene.set_preview(surface))

    def restyle(self, looks: dict[int, tuple[tuple[float, float, float], float, bool]]) -> None:
        """Colour, opacity and visibility of labels by value; surfaces stay as they are."""
        if self._scene is not None:
            self._scene.restyle(looks)
            self.request()

    def reset(self) -> None:
        """Everything in sight, from the front."""
        if self._scene is not None:
            self._scene.show_all()
            self.request()

    def request(self) -> None:
        """Draws anew when Qt has time."""
        self._image = None
        self.update()

    def close_view(self) -> None:
        """Gives the graphics back."""
        if self._scene is not None:
            self._scene.close()
            self._scene = None

    def _show(self, put: Callable[[SurfaceScene], None]) -> None:
        """Puts something into the scene; what reaches further than all before brings the camera to look at it."""
        try:
            scene = self._made()
        except HostError as error:
            self._message = str(error)
            self.update()
            return
        before = scene.bounds()
        put(scene)
        after = scene.bounds()
        if before is None:
            scene.show_all()
        elif after is not None and reaches_beyond(after, before):
            scene.fit()
        self._message = "" if after is not None else _EMPTY
        self.request()

    def _made(self) -> SurfaceScene:
        if self._scene is None:
            check_gl()
            self._scene = SurfaceScene()
            self._scene.set_background(self._colors.volume_bottom, self._colors.volume_top)
            self._resize()
        return self._scene

    def _resize(self) -> None:
        if self._scene is not None:
            ratio = float(self.devicePixelRatioF())
            self._scene.set_size(max(8, round(self.width() * ratio)), max(8, round(self.height() * ratio)))

    # ---- Qt ----------------------------------------------------------------------------------------------------
    def paintEvent(self, _event: Any) -> None:  # noqa: N802 - Qt's name
        """The last picture, or a new one."""
        painter = QtGui.QPainter(self)
        try:
            if self._scene is not None and not self._message:
                if self._image is None:
                    self._image = self._render(self._scene)
                painter.drawImage(self.rect(), self._image)
            else:
                shade = QtGui.QLinearGradient(0, 0, 0, self.height())
                shade.setColorAt(0.0, QtGui.QColor(self._colors.volume_top))
                shade.setColorAt(1.0, QtGui.QColor(self._colors.volume_bottom))
                painter.fillRect(self.rect(), QtGui.QBrush(shade))
                painter.setPen(QtGui.QColor(self._colors.faint))
                inner = self.rect().adjusted(12, 12, -12, -12)
                painter.drawText(inner, int(Qt.AlignCenter) | int(Qt.TextWordWrap), self._message)
            if self.is_stale and self._progress is None:
                self._paint_stale(painter)
            self._paint_progress(painter)
        finally:
            painter.end()

    def _paint_stale(self, painter: QtGui.QPainter) -> None:
        box = self.stale_box()
        painter.setRenderHint(QtGui.QPainter.Antialiasing, True)
        painter.setPen(QtGui.QColor(self._colors.line))
        painter.setBrush(QtGui.QColor(self._colors.header))
        painter.drawRoundedRect(box, 6, 6)
        painter.setPen(self.palette().color(QtGui.QPalette.WindowText))
        painter.drawText(box.adjusted(12, 6, -12, -6), int(Qt.AlignCenter) | int(Qt.TextWordWrap), _STALE)

    def _paint_progress(self, painter: QtGui.QPainter) -> None:
        if self._progress is None:
            return
        wide = min(220, self.width() - 24)
        bar = QtCore.QRectF((self.width() - wide) / 2, self.height() - 24, wide, 6)
        painter.setPen(Qt.NoPen)
        painter.setBrush(QtGui.QColor(self._colors.line))
        painter.drawRoundedRect(bar, 3, 3)
        bar.setWidth(max(6.0, wide * self._progress))
        painter.setBrush(QtGui.QColor("#6d8fc7"))
        painter.drawRoundedRect(bar, 3, 3)

    def _render(self, scene: SurfaceScene) -> QtGui.QImage:
        pixels = scene.render()
        high, wide = pixels.shape[:2]
        return QtGui.QImage(pixels.data, wide, high, wide * 4, QtGui.QImage.Format_RGBX8888).copy()

    def resizeEvent(self, _event: Any) -> None:  # noqa: N802 - Qt's name
        """The picture follows."""
        self._resize()
        self._image = None

    def mousePressEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """Begins to turn, move or zoom; on the words that ask for it, the surfaces are made anew."""
        asks = self.is_stale and self._progress is None and event.button() == Qt.LeftButton
        if asks and self.stale_box().contains(event.position().toPoint()):
            self.update_asked.emit()
            return
        self._mouse(event, "PressEvent", _BUTTONS.get(event.button()))

    def mouseReleaseEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """Ends it."""
        self._mouse(event, "ReleaseEvent", _BUTTONS.get(event.button()))

    def mouseMoveEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """Turns, moves or zooms."""
        self._mouse(event, "MouseMoveEvent", "")

    def mouseDoubleClickEvent(self, _event: Any) -> None:  # noqa: N802 - Qt's name
        """Everything in sight."""
        self.reset()

    def wheelEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """Zooms."""
        steps = event.angleDelta().y()
        if steps:
            self._mouse(event, "MouseWheelForwardEvent" if steps > 0 else "MouseWheelBackwardEvent", "")
        event.accept()

    def _mouse(self, event: Any, name: str, button: str | None) -> None:
        if self._scene is None or button is None:
            return
        point, ratio = event.position(), float(self.devicePixelRatioF())
        shift = bool(event.modifiers() & Qt.ShiftModifier)
        self._scene.mouse(button + name, round(point.x() * ratio), round(point.y() * ratio), shift)
        self.request()
