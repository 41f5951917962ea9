"""The editing state of lasso and live wire: what mouse and keys do to the contour, without any window."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ..errors import ToolError
from .contour import Mode
from .contour_trace import XY, Connector, Straight, Trace
from .lasso import Lasso
from .points import Point
from .slices import Plane, SliceOf

#: how far from the slice an event may be, in voxels
_IN_SLICE = 1e-3
#: pixels that the pointer must move for a press to become freehand drawing
_FREEHAND = 1.0


@dataclass
class LassoEditor:
    """A contour of one slice while it is drawn and changed.

    A double click starts it, presses set anchors, moving while pressed draws freehand, a double click finishes it.
    With ``auto_confirm`` a finished contour is given out at once; else it can be edited: anchors moved, inserted,
    deleted. Whatever is to be written comes back as a ``Lasso`` for the host to propose; a finished contour is never
    dropped but by ``clear``. Steps of editing have an undo of their own, which ends with confirming.

    Points are (i, j, k) with the plane that they were met in; those of another slice or plane are ignored. The pick
    radius is in mm.
    """

    where: SliceOf
    connector: Connector = field(default_factory=Straight)
    mode: Mode = "add"
    auto_confirm: bool = True
    pick_radius: float = 3.0
    trace: Trace = field(default_factory=Trace, init=False)
    #: the anchor that is selected, which the delete key deletes
    selected: int | None = field(default=None, init=False)
    _undo: list[Trace] = field(default_factory=list, init=False)
    _redo: list[Trace] = field(default_factory=list, init=False)
    #: while the button is pressed: the contour before, and the freehand points since
    _before: Trace | None = field(default=None, init=False)
    _freehand: list[XY] = field(default_factory=list, init=False)

    # ---- state ------------------------------------------------------------------------------------------------
    @property
    def is_drawing(self) -> bool:
        """Whether a contour is begun and not finished."""
        return bool(self.trace.parts) and not self.trace.closed

    @property
    def is_pending(self) -> bool:
        """Whether a finished contour waits to be confirmed."""
        return self.trace.closed

    @property
    def can_undo(self) -> bool:
        """Whether there is a step of editing to undo."""
        return bool(self._undo)

    @property
    def can_redo(self) -> bool:
        """Whether there is a step of editing to redo."""
        return bool(self._redo)

    def points(self) -> tuple[XY, ...]:
        """The contour as it is to be shown: columns and rows, freehand points of the moment included."""
        return (*self.trace.points(), *self._freehand)

    def line_to(self, point: Point, plane: Plane) -> tuple[XY, ...]:
        """From the last anchor to the pointer, as it is shown while drawing; nothing otherwise."""
        at = self._met(point, plane)
        return () if at is None or not self.is_drawing else self._way(self.trace.anchors[-1], at)

    def closing_line(self, point: Point, plane: Plane) -> tuple[XY, ...]:
        """From the pointer to the first anchor, as it is shown while drawing; nothing otherwise."""
        at = self._met(point, plane)
        return () if at is None or not self.is_drawing else self._way(at, self.trace.anchors[0])

    # ---- mouse ------------------------------------------------------------------------------------------------
    def double_click(self, point: Point, plane: Plane) -> Lasso | None:
        """Starts a contour, or finishes the one that is drawn; gives out what is to be written now.

        A finished contour that waits is given out before the next begins. Raises ToolError for a contour of fewer than
        three points, which goes on being drawn.
        """
        at = self._met(point, plane)
        if at is None:
            return None
        self._end_gesture()
        if self.is_drawing:
            return self._finish(at)
        ready = self.confirm() if self.is_pending else None
        self._change(Trace().with_anchor(self.connector.snapped(at)))
        return ready

    def press(self, point: Point, plane: Plane, modifier: bool = False) -> bool:
        """Sets an anchor while drawing; picks one, or with the modifier inserts one, afterwards. Says if it was ours.

        Outside of the slice, and where there is nothing to pick, nothing happens.
        """
        at = self._met(point, plane)
        if at is None or not self.trace.parts:
            return False
        self._before = self.trace
        if self.is_drawing:
            self.trace = self._extended(at)
            return True
        if modifier:
            return self._insert(at)
        self.selected = self.trace.nearest_anchor(at, self.pick_radius, self._spacing)
        return self.selected is not None

    def move(self, point: Point, plane: Plane) -> bool:
        """While pressed: draws freehand, or moves the anchor that was picked. Says whether anything changed."""
        at = self._met(point, plane)
        if at is None or self._before is None:
            return False
        if self.is_drawing:
            last = self._freehand[-1] if self._freehand else self.trace.anchors[-1]
            if max(abs(at[0] - last[0]), abs(at[1] - last[1])) <= _FREEHAND:
                return False
            self._freehand.append(at)
            return True
        if self.selected is None:
            return False
        self.trace = self.trace.moved(self.selected, at, self.connector)
        return True

    def release(self) -> None:
        """Ends a press: the last freehand point becomes an anchor, and all of it one step of undo."""
        self._end_gesture()

    # ---- keys and buttons -------------------------------------------------------------------------------------
    def delete_selected(self) -> bool:
        """Deletes the selected anchor of a finished contour; says whether there was one."""
        if not self.is_pending or self.selected is None:
            return False
        self._change(self.trace.without(self.selected, self.connector))
        self.selected = None
        return True

    def clear(self) -> None:
        """Drops the contour; its own undo brings it back."""
        self._before, self._freehand, self.selected = None, [], None
        if self.trace.parts:
            self._change(Trace())

    def confirm(self) -> Lasso:
        """Gives the finished contour out to be written, and is ready for the next. Raises ToolError without one."""
        if not self.is_pending:
            raise ToolError("there is no finished contour to confirm")
        contour = tuple(self.where.point_ijk(*point) for point in self.trace.points())
        self.trace, self.selected, self._before, self._freehand = Trace(), None, None, []
        self._undo.clear()
        self._redo.clear()
        return Lasso(contour_ijk=contour, plane=self.where.plane, slice=self.where.index, mode=self.mode)

    def set_auto_confirm(self, wanted: bool) -> Lasso | None:
        """Switches confirming at the end on or off; on gives out a contour that waits."""
        self.auto_confirm = wanted
        return self.confirm() if wanted and self.is_pending else None

    def leave(self) -> Lasso | None:
        """When another tool or slice is chosen: gives out a contour that waits; one being drawn stays to go on with."""
        self._end_gesture()
        return self.confirm() if self.is_pending else None

    def undo(self) -> None:
        """Takes the last step of editing back. Raises ToolError when there is none."""
        self._turn(self._undo, self._redo, "undo")

    def redo(self) -> None:
        """Does again what was undone last. Raises ToolError when there is none."""
        self._turn(self._redo, self._undo, "redo")

    # ---- inside -----------------------------------------------------------------------------------------------
    @property
    def _spacing(self) -> XY:
        by_row, by_column = self.where.spacing
        return by_column, by_row

    def _met(self, point: Point, plane: Plane) -> XY | None:
        """Column and row of an event within the slice; None for one elsewhere."""
        across = point[2 - self.where.axis]
        if plane != self.where.plane or abs(across - self.where.index) > _IN_SLICE:
            return None
        column, row = self.where.point_of(point)
        rows, columns = self.where.shape
        inside = -0.5 <= column < columns - 0.5 and -0.5 <= row < rows - 0.5
        return (column, row) if inside else None

    def _way(self, one: XY, other: XY) -> tuple[XY, ...]:
        drawn = [point for point in self.trace.points() if point not in (one, other)]
        return (one, *self.connector.between(one, other, drawn), other)

    def _extended(self, at: XY) -> Trace:
        return self.trace.with_anchor(at, self._way(self.trace.anchors[-1], at)[1:-1])

    def _insert(self, at: XY) -> bool:
        number = self.trace.nearest_part(at, self.pick_radius, self._spacing)
        if number is None:
            self._before = None
            return False
        self.trace, self.selected = self.trace.inserted(number, at, self.connector), number + 1
        return True

    def _finish(self, at: XY) -> Lasso | None:
        last = self.trace.anchors[-1]
        # the first press of a double click has set this anchor already
        drawn = self.trace if max(abs(at[0] - last[0]), abs(at[1] - last[1])) <= _FREEHAND else self._extended(at)
        closed = replace(drawn, closed=True).rejoined(self.connector, len(drawn.parts) - 1)
        if len(closed.points()) < 3:
            raise ToolError(f"a contour needs at least three points, found {len(closed.points())}; it is not finished")
        self._change(closed)
        return self.confirm() if self.auto_confirm else None

    def _end_gesture(self) -> None:
        before, self._before = self._before, None
        if before is None:
            return
        if self._freehand:
            between, end = self._freehand[:-1], self._freehand[-1]
            self.trace, self._freehand = self.trace.with_anchor(end, between, freehand=True), []
        if self.trace != before:
            self._undo.append(before)
            self._redo.clear()

    def _change(self, trace: Trace) -> None:
        self._undo.append(self.trace)
        self._redo.clear()
        self.trace = trace

    def _turn(self, source: list[Trace], target: list[Trace], verb: str) -> None:
        if not source:
            raise ToolError(f"there is no step of the contour to {verb}")
        self._before, self._freehand, self.selected = None, [], None
        target.append(self.trace)
        self.trace = source.pop()
