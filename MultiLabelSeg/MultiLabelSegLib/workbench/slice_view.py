"""One slice in a widget: the grey picture of Slicer's core, our labels over it, and what tools draw."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qtpy import QtCore, QtGui, QtWidgets

from ..core import Event
from ..signal import Signal
from ..ui.tools.feedback import Feedback
from ..ui.tools.view_events import Button, ViewEventKind
from .render_slice import SlicePicture, set_window_level, window_level
from .slice_view_input import WheelSteps, button_of, held_button, modifiers_of, position_of, view_event
from .slice_view_painting import SlicePainter
from .view_geometry import Triple, ViewFrame, ViewGrid, ViewName
from .view_gestures import Gestures
from .view_labels import GroupPixels
from .view_sampling import Rect, Sampling
from .view_state import ViewState

Qt = QtCore.Qt
_KEYS = {
    Qt.Key_Up: 1,
    Qt.Key_Right: 1,
    Qt.Key_Down: -1,
    Qt.Key_Left: -1,
    Qt.Key_PageUp: 10,
    Qt.Key_PageDown: -10,
}


@dataclass
class Stale:
    """What must be made anew before the next picture; ``labels`` may be a part only."""

    picture: bool = True
    tables: bool = True
    labels: bool = True
    parts: list[tuple[int, Rect]] = field(default_factory=list)


class SliceView(QtWidgets.QWidget):
    """A slice view; see ``canvas.Canvas`` for how views work together.

    ``moved`` is emitted when it shows another slice or looks elsewhere.
    """

    def __init__(self, name: ViewName, picture: SlicePicture, state: ViewState, parent: Any = None) -> None:
        super().__init__(parent)
        self.name, self.moved = name, Signal()
        self._picture, self._state = picture, state
        self._frame: ViewFrame | None = None
        self._sampling: Sampling | None = None
        self._stale = Stale()
        self._painter = SlicePainter(state)
        self._gestures, self._wheel = Gestures(self, state), WheelSteps()
        self._taken: Button | None = None
        picture.changed.connect(self._on_picture)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.StrongFocus)
        self.setAttribute(Qt.WA_OpaquePaintEvent, True)
        self.setMinimumSize(96, 96)

    # ---- where it looks ----------------------------------------------------------------------------------------
    @property
    def frame(self) -> ViewFrame | None:
        """Where it looks; None without a grid."""
        return self._frame

    @property
    def picture(self) -> SlicePicture:
        """Its slice node and logic."""
        return self._picture

    def set_frame(self, frame: ViewFrame) -> None:
        """Looks elsewhere."""
        former, self._frame = self._frame, frame
        if self._sampling is not None and former is not None and frame.differs_in_slice_only(former):
            self._sampling = self._sampling.moved(frame)
        else:
            self._sampling = None
        self._stale.picture = self._stale.labels = True
        self.update()
        self.moved.emit()

    def set_grid(self) -> None:
        """Takes the grid of the state over and shows its middle slice as a whole."""
        geometry = self._state.geometry
        if geometry is None:
            self._frame = self._sampling = None
            self.update()
            self.moved.emit()
            return
        grid = ViewGrid.of(geometry, self.name)
        frame = ViewFrame(grid, grid.slices // 2, max(1, self.width()), max(1, self.height()))
        self.set_frame(frame.fitted())

    def reset(self) -> None:
        """The whole slice in the middle."""
        if self._frame is not None:
            self.set_frame(self._frame.fitted())

    def set_slice(self, index: int) -> None:
        """Shows a slice of the grid; the nearest one where there is none."""
        if self._frame is not None:
            frame = self._frame.at_slice(index)
            if frame.slice != self._frame.slice:
                self.set_frame(frame)

    def scroll(self, steps: int) -> None:
        """Moves by slices: positive towards left, posterior and superior, whatever the order of the grid's slices."""
        if self._frame is not None:
            self.set_slice(self._frame.slice + (steps if self._frame.grid.ascends else -steps))

    def show_lps(self, point_lps: Triple, *, center: bool = False) -> None:
        """Shows the slice nearest to a point of space, and with ``center`` the point in the middle."""
        if self._frame is None:
            return
        grid = self._frame.grid
        index = int(np.floor(grid.geometry.ijk_from_lps(point_lps)[grid.axis] + 0.5))
        frame = self._frame.at_slice(index)
        if center:
            frame = frame.centered_on(point_lps)
        if center or frame.slice != self._frame.slice:
            self.set_frame(frame)

    def window_level(self) -> tuple[float, float] | None:
        """Window and level of the image; None without one."""
        return window_level(self._picture.volume)

    def set_window_level(self, window: float, level: float) -> None:
        """Sets both; all views of the image follow."""
        set_window_level(self._picture.volume, window, level)

    def point_of_ijk(self, point_ijk: Triple) -> tuple[float, float]:
        """Where an index (i, j, k) lies in the widget, in points; (0, 0) without a grid."""
        if self._frame is None:
            return 0.0, 0.0
        x, y = self._frame.points_of_ijk(point_ijk).tolist()
        return x, y

    # ---- what is drawn over it ---------------------------------------------------------------------------------
    @property
    def feedback(self) -> Feedback:
        """What a tool draws over the slice."""
        return self._painter.feedback

    def set_feedback(self, feedback: Feedback | None) -> None:
        """Draws this, and nothing else that was drawn by a tool before."""
        if self._painter.set_feedback(feedback or Feedback()):
            self.update()

    def labels_changed(self) -> None:
        """Colours, opacities, visibility or groups changed, or how labels are shown."""
        self._stale.tables = self._stale.labels = True
        self.update()

    def voxels_changed(self, event: Event) -> bool:
        """Voxels changed; only what the view shows of them is drawn anew. Returns whether it shows any."""
        if event.t not in (None, self._state.t):
            return False
        sampling = self._current_sampling()
        if event.box is None or event.group is None or sampling is None or self._stale.labels:
            self._stale.labels = True
            self.update()
            return True
        rect = sampling.rect_of(event.box)
        if rect.is_empty:
            return False
        self._stale.parts.append((event.group, rect))
        around, ratio = rect.grown(4), sampling.ratio
        self.update(
            int(around.left / ratio) - 1,
            int(around.top / ratio) - 1,
            int((around.right - around.left) / ratio) + 3,
            int((around.bottom - around.top) / ratio) + 3,
        )
        return True

    def refresh(self) -> None:
        """Brings what the next picture is made of up to date."""
        sampling = self._current_sampling()
        stale, self._stale = self._stale, Stale(picture=False, tables=False, labels=False)
        if sampling is None:
            self._painter.clear()
            return
        if stale.picture or not self._painter.has_colors_of_the_theme:
            self._picture.place(sampling.frame, sampling.ratio)
            self._painter.set_picture(self._picture.pixels(), sampling.ratio)
        document, t, below = self._state.document, self._state.t, self._state.groups_below
        shown = below if document is None else [*below, *document.groups]
        if stale.tables or not self._painter.holds(shown):
            style, opacity = self._state.style, self._state.opacity
            self._painter.set_groups([GroupPixels(group, style, opacity) for group in shown])
            stale.labels = True
        if stale.labels:
            self._painter.draw_groups(sampling, t)
        for group, rect in stale.parts if not stale.labels else ():
            self._painter.draw_part(sampling, t, len(below) + group, rect)

    def pixels(self) -> NDArray[np.uint8]:
        """What the widget shows: (lines, columns, 4) red, green, blue, alpha."""
        image = self.grab().toImage().convertToFormat(QtGui.QImage.Format_RGBA8888)
        wide, high = image.width(), image.height()
        raw = image.constBits()
        data = raw.asstring(high * image.bytesPerLine()) if hasattr(raw, "asstring") else bytes(raw)
        return np.frombuffer(data, np.uint8).reshape(high, -1, 4)[:, :wide].copy()

    def close_view(self) -> None:
        """Follows the scene no more, and draws nothing of it in pictures that Qt still wants."""
        self._frame = self._sampling = None
        self._picture.changed.disconnect(self._on_picture)
        self._picture.close()

    def _current_sampling(self) -> Sampling | None:
        if self._frame is None:
            return None
        ratio = float(self.devicePixelRatioF())
        if self._sampling is None or self._sampling.ratio != ratio:
            self._sampling = Sampling.of(self._frame, ratio)
            self._stale.picture = self._stale.labels = True
        return self._sampling

    def _on_picture(self) -> None:
        self._stale.picture = True
        self.update()

    # ---- Qt ----------------------------------------------------------------------------------------------------
    def paintEvent(self, _event: Any) -> None:  # noqa: N802 - Qt's name
        """Draws the picture, from what is there already where nothing changed."""
        self.refresh()
        painter = QtGui.QPainter(self)
        try:
            self._painter.paint(painter, self.rect(), self._sampling)
        finally:
            painter.end()

    def resizeEvent(self, _event: Any) -> None:  # noqa: N802 - Qt's name
        """The middle stays where it is."""
        if self._frame is not None:
            self.set_frame(self._frame.sized(self.width(), self.height()))

    def mousePressEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """See ``canvas.Canvas``."""
        self._mouse(ViewEventKind.PRESS, event, button_of(event))

    def mouseReleaseEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """See ``canvas.Canvas``."""
        self._mouse(ViewEventKind.RELEASE, event, button_of(event))

    def mouseDoubleClickEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """See ``canvas.Canvas``."""
        self._mouse(ViewEventKind.DOUBLE, event, button_of(event))

    def mouseMoveEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """See ``canvas.Canvas``."""
        held = held_button(event)
        self._mouse(ViewEventKind.MOVE if held else ViewEventKind.HOVER, event, held)

    def wheelEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """See ``canvas.Canvas``."""
        steps = self._wheel.take(event)
        if steps:
            self._mouse(ViewEventKind.WHEEL, event, None, steps)
        event.accept()

    def enterEvent(self, _event: Any) -> None:  # noqa: N802 - Qt's name
        """Keys go to the view under the mouse, unless somebody is typing."""
        focus = QtWidgets.QApplication.focusWidget()
        if focus is None or isinstance(focus, SliceView):
            self.setFocus(Qt.MouseFocusReason)

    def leaveEvent(self, _event: Any) -> None:  # noqa: N802 - Qt's name
        """Nothing is under the mouse any more."""
        self._hover(None)
        if self._frame is not None:
            self._tell(view_event(ViewEventKind.LEAVE, self._frame, (0.0, 0.0)))

    def keyPressEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """Arrows and page keys scroll, H shows and hides labels; others are somebody else's."""
        steps = _KEYS.get(event.key())
        if steps is not None and not modifiers_of(event):
            self.scroll(steps)
        elif event.key() == Qt.Key_H and not modifiers_of(event):
            self._state.overlay_asked.emit()
        else:
            event.ignore()

    def _mouse(self, kind: ViewEventKind, event: Any, button: Button | None, wheel: int = 0) -> None:
        if self._frame is None:
            return
        point, modifiers = position_of(event), modifiers_of(event)
        ratio = float(self.devicePixelRatioF())
        told = view_event(kind, self._frame, point, button, modifiers, wheel, ratio)
        if kind is not ViewEventKind.WHEEL:
            self._hover(point)
        is_taken = self._tell(told)
        if kind is ViewEventKind.PRESS:
            self._taken = button if is_taken else None
        if is_taken:
            self._gestures.cancel()
        elif self._taken is None or kind is ViewEventKind.WHEEL:
            self._gestures.handle(told, point)
        if kind is ViewEventKind.RELEASE and button is self._taken:
            self._taken = None
        if kind is ViewEventKind.WHEEL:  # another slice, or the same one from nearer
            self._hover(point)

    def _tell(self, event: Any) -> bool:
        handler = self._state.handler
        return handler is not None and bool(handler.view_event(event))

    def _hover(self, point: tuple[float, float] | None) -> None:
        frame = self._frame
        if frame is None:
            return
        ijk = None if point is None else frame.ijk_of(*point)
        labels = () if ijk is None else self._state.labels_at(ijk)
        if (ijk is None) == self._painter.is_under_mouse:  # the tool's text has more lines in the view under the mouse
            self.update(0, 0, self.width(), 90)
        if self._painter.set_hover(ijk, labels):
            self.update(0, self.height() - 90, self.width(), 90)
        self._state.hovered.emit(self.name, ijk, labels)
