"""Mouse and keys made by a program, sent to the views of a window as Qt's own events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qtpy import QtCore, QtGui, QtWidgets

from ..errors import OptionError
from .canvas import Canvas
from .slice_view import SliceView

Qt = QtCore.Qt
_BUTTONS = {"left": Qt.LeftButton, "middle": Qt.MiddleButton, "right": Qt.RightButton}
_MODIFIERS = {"ctrl": Qt.ControlModifier, "shift": Qt.ShiftModifier, "alt": Qt.AltModifier}
_EVENT = QtCore.QEvent
#: what a mouse tells of one step of its wheel
_WHEEL_STEP = 120

Point = Sequence[float]


class ViewInput:
    """Sends events to the slice views of a canvas; points are (i, j, k) of the document."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas

    def drag(self, view: str, points_ijk: Sequence[Point], button: str = "left", modifiers: Sequence[str] = ()) -> None:
        """Presses at the first point, moves over the others and releases at the last."""
        target = self._view(view)
        self._send(target, _EVENT.MouseMove, points_ijk[0], None, modifiers)
        self._send(target, _EVENT.MouseButtonPress, points_ijk[0], button, modifiers)
        for point in points_ijk[1:]:
            self._send(target, _EVENT.MouseMove, point, button, modifiers)
        self._send(target, _EVENT.MouseButtonRelease, points_ijk[-1], button, modifiers)

    def click(self, view: str, point_ijk: Point, button: str = "left", modifiers: Sequence[str] = ()) -> None:
        """Presses and releases."""
        self.drag(view, [point_ijk], button, modifiers)

    def double_click(self, view: str, point_ijk: Point, button: str = "left", modifiers: Sequence[str] = ()) -> None:
        """A click and the second press that follows at once."""
        self.click(view, point_ijk, button, modifiers)
        target = self._view(view)
        self._send(target, _EVENT.MouseButtonDblClick, point_ijk, button, modifiers)
        self._send(target, _EVENT.MouseButtonRelease, point_ijk, button, modifiers)

    def move(self, view: str, point_ijk: Point, modifiers: Sequence[str] = ()) -> None:
        """Moves without a button."""
        self._send(self._view(view), _EVENT.MouseMove, point_ijk, None, modifiers)

    def wheel(self, view: str, point_ijk: Point, steps: int = 1, modifiers: Sequence[str] = ()) -> None:
        """Turns the wheel; positive steps turn away from the user."""
        target = self._view(view)
        x, y = target.point_of_ijk((point_ijk[0], point_ijk[1], point_ijk[2]))
        local = QtCore.QPointF(x, y)
        event = QtGui.QWheelEvent(
            local,
            target.mapToGlobal(local),
            QtCore.QPoint(0, 0),
            QtCore.QPoint(0, steps * _WHEEL_STEP),
            Qt.NoButton,
            _flags(modifiers),
            Qt.NoScrollPhase,
            False,
        )
        QtWidgets.QApplication.sendEvent(target, event)

    def key(self, keys: str, view: str = "axial") -> None:
        """Presses and releases a key with its modifiers, such as "Ctrl+Z", while the view has the focus."""
        target = self._view(view)
        target.window().activateWindow()
        QtWidgets.QApplication.processEvents()
        target.setFocus()
        combination = QtGui.QKeySequence(keys)[0]
        key, held = combination.key(), combination.keyboardModifiers()
        text = keys.lower() if len(keys) == 1 else ""
        for kind in (_EVENT.ShortcutOverride, _EVENT.KeyPress, _EVENT.KeyRelease):
            QtWidgets.QApplication.sendEvent(target, QtGui.QKeyEvent(kind, key, held, text))

    def show(self, view: str, slice: int) -> None:
        """Shows a slice of the grid in a view."""
        self._view(view).set_slice(slice)

    def zoom(self, view: str, factor: float) -> None:
        """Zooms into the middle of a view."""
        target = self._view(view)
        if target.frame is not None:
            target.set_frame(target.frame.zoomed(factor, target.width() / 2, target.height() / 2))

    def _view(self, name: str) -> SliceView:
        for view in self._canvas.views:
            if view.name == name:
                return view
        raise OptionError("view", name, [view.name for view in self._canvas.views])

    def _send(self, view: SliceView, kind: Any, point: Point, button: str | None, modifiers: Sequence[str]) -> None:
        if button is not None and button not in _BUTTONS:
            raise OptionError("button", button, list(_BUTTONS))
        x, y = view.point_of_ijk((point[0], point[1], point[2]))
        local = QtCore.QPointF(x, y)
        held = _BUTTONS[button] if button is not None else Qt.NoButton
        is_move, is_release = kind == _EVENT.MouseMove, kind == _EVENT.MouseButtonRelease
        event = QtGui.QMouseEvent(
            kind,
            local,
            view.mapToGlobal(local),
            Qt.NoButton if is_move else held,
            Qt.NoButton if is_release else held,
            _flags(modifiers),
        )
        QtWidgets.QApplication.sendEvent(view, event)


def _flags(modifiers: Sequence[str]) -> Any:
    flags = Qt.NoModifier
    for name in modifiers:
        if name not in _MODIFIERS:
            raise OptionError("modifiers", name, list(_MODIFIERS))
        flags |= _MODIFIERS[name]
    return flags
