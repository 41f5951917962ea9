"""What the mouse does in a slice view when no tool wants it.

Left drag: window (to the right wider) and level (upward brighter tissue), as in Slicer. Left click, or moving with
Shift: the crosshair, and all views follow. Middle drag, or left with Alt: pan. Right drag (up enlarges) or Ctrl and
wheel: zoom about the mouse. Wheel: slices. Double click: the view alone, and back.
While a 2D tool is on, the left button, the crosshair and the double click rest.
"""

from __future__ import annotations

from typing import Protocol

from ..ui.tools.view_events import Button, Modifier, ViewEvent, ViewEventKind
from .view_geometry import ViewFrame
from .view_state import ViewState

Point = tuple[float, float]
#: points that the mouse may move during a click
_CLICK = 4.0
_ZOOM_STEP, _ZOOM_PER_POINT = 1.15, 1.008
#: share of the window that one point of a drag changes
_WINDOW_PER_POINT = 1 / 250


class Gestured(Protocol):
    """What gestures do to a view."""

    @property
    def frame(self) -> ViewFrame | None:
        """Where it looks."""
        ...

    def set_frame(self, frame: ViewFrame) -> None:
        """Looks elsewhere."""
        ...

    def scroll(self, steps: int) -> None:
        """Shows another slice."""
        ...

    def window_level(self) -> tuple[float, float] | None:
        """Window and level of the image; None without one."""
        ...

    def set_window_level(self, window: float, level: float) -> None:
        """Sets both."""
        ...


class Gestures:
    """The gestures of one view."""

    def __init__(self, view: Gestured, state: ViewState) -> None:
        self._view, self._state = view, state
        self._held: Button | None = None
        self._start: Point = (0.0, 0.0)
        self._last: Point = (0.0, 0.0)
        self._is_click = False
        self._pans = False
        self._window: tuple[float, float] | None = None

    @property
    def is_dragging(self) -> bool:
        """Whether a button is held."""
        return self._held is not None

    def handle(self, event: ViewEvent, point: Point) -> None:
        """Does what the event asks for; ``point`` is in points of the view."""
        kind = event.kind
        if kind is ViewEventKind.PRESS:
            self._press(event, point)
        elif kind in (ViewEventKind.MOVE, ViewEventKind.HOVER):
            self._move(event, point)
        elif kind is ViewEventKind.RELEASE:
            self._release(event)
        elif kind is ViewEventKind.WHEEL:
            self._wheel(event, point)
        elif kind is ViewEventKind.DOUBLE and event.button is Button.LEFT and not self._state.is_drawing:
            self._held = None
            self._state.maximise_asked.emit(event.view)

    def cancel(self) -> None:
        """Forgets a drag that a tool took over."""
        self._held = None

    def _press(self, event: ViewEvent, point: Point) -> None:
        self._held, self._start, self._last, self._is_click = event.button, point, point, True
        self._pans = event.button is Button.MIDDLE or (event.button is Button.LEFT and Modifier.ALT in event.modifiers)
        self._window = self._view.window_level()

    def _move(self, event: ViewEvent, point: Point) -> None:
        frame = self._view.frame
        if frame is None:
            return
        if self._held is None:
            if Modifier.SHIFT in event.modifiers and not self._state.is_drawing:
                self._state.move_crosshair(event.point_lps, self._view)
            return
        if max(abs(point[0] - self._start[0]), abs(point[1] - self._start[1])) > _CLICK:
            self._is_click = False
        right, down = point[0] - self._last[0], point[1] - self._last[1]
        self._last = point
        if self._pans:
            self._view.set_frame(frame.panned(right, down))
        elif self._held is Button.RIGHT:
            self._view.set_frame(frame.zoomed(_ZOOM_PER_POINT**-down, *self._start))
        elif not self._state.is_drawing and not self._is_click and Modifier.SHIFT not in event.modifiers:
            self._change_window(point)
        elif not self._state.is_drawing and Modifier.SHIFT in event.modifiers:
            self._state.move_crosshair(event.point_lps, self._view)

    def _change_window(self, point: Point) -> None:
        if self._window is None:
            return
        window, level = self._window
        right, down = point[0] - self._start[0], point[1] - self._start[1]
        # by shares, so that narrow and wide windows follow the mouse alike
        wider = window * 2 ** (right * _WINDOW_PER_POINT * 2)
        self._view.set_window_level(wider, level + down * window * _WINDOW_PER_POINT)

    def _release(self, event: ViewEvent) -> None:
        is_click = self._is_click and self._held is Button.LEFT and not self._pans
        self._held = None
        if is_click and event.button is Button.LEFT and not self._state.is_drawing:
            self._state.move_crosshair(event.point_lps, self._view)

    def _wheel(self, event: ViewEvent, point: Point) -> None:
        frame = self._view.frame
        if frame is None or not event.wheel:
            return
        if Modifier.CTRL in event.modifiers and Modifier.SHIFT not in event.modifiers:
            self._view.set_frame(frame.zoomed(_ZOOM_STEP**event.wheel, *point))
        elif Modifier.CTRL not in event.modifiers:
            self._view.scroll(event.wheel * (10 if Modifier.SHIFT in event.modifiers else 1))
