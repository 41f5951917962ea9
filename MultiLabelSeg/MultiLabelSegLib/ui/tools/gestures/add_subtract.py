"""Add and Subtract: a contour drawn freehand, closed when the button is released."""

from __future__ import annotations

import numpy as np

from ....tools.slices import Plane, SliceOf
from ..feedback import Polyline
from ..view_events import ViewEvent
from .base import NOTHING, Gesture, Shapes, inverts
from .context import ADDS, TAKES, Context, slice_shown

#: pixels that the mouse must move for another point of the contour
_STEP = 0.25


class ContourGesture(Gesture):
    """Draws a contour. CTRL does the opposite; what is held at the release counts."""

    def __init__(self, context: Context, name: str) -> None:
        super().__init__(context, name)
        self.hints = ("CTRL: subtract" if name == "add" else "CTRL: add",)
        self._where: SliceOf | None = None
        self._points: list[tuple[float, float]] = []
        self._inverted = False

    @property
    def is_busy(self) -> bool:
        """Whether a contour is being drawn."""
        return self._where is not None

    def press(self, event: ViewEvent) -> None:
        """Begins a contour. Raises ToolError without an active label."""
        scene = self.context.scene()
        scene.active_label()
        self._where = slice_shown(scene, event.plane, event.slice)
        self._points = []
        self._add(event)

    def move(self, event: ViewEvent) -> None:
        """Draws on; only within the slice that the contour was begun in."""
        self.under_mouse = event
        self._add(event)

    def release(self, event: ViewEvent) -> None:
        """Closes the contour and writes what it encloses."""
        self._add(event)
        self.end()

    def end(self) -> None:
        """Closes the contour as it is."""
        where, points = self._where, self._points
        self._where, self._points = None, []
        if where is None:
            return
        if len(points) < 3:
            self.context.say("draw a contour: press, move around, release")
            return
        contour = tuple(where.point_ijk(*point) for point in points)
        given = {"contour_ijk": contour, "plane": where.plane, "slice": where.index, "invert": self._inverted}
        tool = self.context.tool(self.name, **given)
        self.context.write(tool.propose(self.context.scene()), where)

    def cancel(self) -> None:
        """Drops the contour."""
        self._where, self._points = None, []

    def shapes(self, view: str, plane: Plane, index: int) -> Shapes:
        """The contour as it is drawn, and dashed what would close it."""
        del view
        where = self._where
        if where is None or (where.plane, where.index) != (plane, index):
            return NOTHING
        color = ADDS if (self.name == "add") != self._inverted else TAKES
        points = np.array([where.point_ijk(*point) for point in self._points])
        lines = [Polyline(points, color)]
        if len(points) > 2:
            lines.append(Polyline(points[[-1, 0]], color, style="dashed"))
        return Shapes(lines=tuple(lines))

    def _add(self, event: ViewEvent) -> None:
        where = self._where
        if where is None or (where.plane, where.index) != (event.plane, event.slice):
            return
        self._inverted = inverts(event)
        column, row = where.point_of(event.point_ijk)
        if self._points:
            x, y = self._points[-1]
            if max(abs(column - x), abs(row - y)) < _STEP:
                return
        self._points.append((column, row))
