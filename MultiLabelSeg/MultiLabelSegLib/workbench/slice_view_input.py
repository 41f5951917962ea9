"""Qt's mouse events as the plain events of ``ui.tools.view_events``."""

from __future__ import annotations

from qtpy import QtCore, QtGui

from ..ui.tools.view_events import Button, Modifier, ViewEvent, ViewEventKind
from .view_geometry import ViewFrame

Qt = QtCore.Qt
_BUTTONS = ((Qt.LeftButton, Button.LEFT), (Qt.MiddleButton, Button.MIDDLE), (Qt.RightButton, Button.RIGHT))
_MODIFIERS = (
    (Qt.ControlModifier, Modifier.CTRL),
    (Qt.ShiftModifier, Modifier.SHIFT),
    (Qt.AltModifier, Modifier.ALT),
)
#: eighths of a degree of one step of a wheel
_STEP = 120


def position_of(event: QtGui.QMouseEvent | QtGui.QWheelEvent) -> tuple[float, float]:
    """Where the mouse is, in points of the view."""
    point = event.position()
    return point.x(), point.y()


def modifiers_of(event: QtGui.QInputEvent) -> frozenset[Modifier]:
    """The keys that are held; Qt calls the command key of macOS Control."""
    held = event.modifiers()
    return frozenset(name for key, name in _MODIFIERS if held & key)


def button_of(event: QtGui.QMouseEvent) -> Button | None:
    """The button that was pressed or released."""
    return next((name for button, name in _BUTTONS if event.button() == button), None)


def held_button(event: QtGui.QMouseEvent) -> Button | None:
    """The button that is held during a move."""
    return next((name for button, name in _BUTTONS if event.buttons() & button), None)


class WheelSteps:
    """Whole steps of a wheel; touch pads tell small parts, which add up."""

    def __init__(self) -> None:
        self._rest = 0

    def take(self, event: QtGui.QWheelEvent) -> int:
        """Steps since the last whole one; positive away from the user."""
        delta = event.angleDelta()
        # with Alt held, Qt tells a vertical wheel as a horizontal one
        self._rest += delta.y() or delta.x()
        steps = int(self._rest / _STEP)
        self._rest -= steps * _STEP
        return steps


def view_event(
    kind: ViewEventKind,
    frame: ViewFrame,
    point: tuple[float, float],
    button: Button | None = None,
    modifiers: frozenset[Modifier] = frozenset(),
    wheel: int = 0,
    ratio: float = 1.0,
) -> ViewEvent:
    """The event at a point of a view; ``ratio`` pixels of the screen are one of the view's points."""
    ijk = frame.ijk_of(*point)
    return ViewEvent(
        kind,
        frame.grid.view,
        frame.grid.plane,
        frame.slice,
        ijk,
        frame.lps_of(*point),
        button,
        modifiers,
        frame.mm / ratio,
        wheel,
        (point[0] * ratio, -point[1] * ratio),
    )
