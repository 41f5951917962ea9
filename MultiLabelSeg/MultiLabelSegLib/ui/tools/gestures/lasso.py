"""Lasso and live wire: an editor holds the contour; this feeds it with mouse and keys, and writes what it gives out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ....core.label import Color
from ....tools.contour_trace import Connector, Straight
from ....tools.lasso import Lasso
from ....tools.lasso_editor import LassoEditor
from ....tools.slices import Plane, SliceOf
from ..feedback import Handle, Polyline
from ..options import MASKING
from ..view_events import ViewEvent
from .base import NOTHING, Gesture, Shapes, inverts
from .context import ADDS, TAKES, Context, slice_shown

_UNDO = frozenset({"Ctrl+Z"})
_REDO = frozenset({"Ctrl+Y", "Ctrl+Shift+Z"})
#: what can be done with a contour that waits to be confirmed
_FINISHED = ("Drag: move an anchor, CTRL+click: another one, Delete: remove it", "Enter: write, Escape: drop")


class LassoGesture(Gesture):
    """A double click begins a contour, clicks set anchors, a double click ends it."""

    hints: tuple[str, ...] = (
        "Double click: begin and end, click: anchor, drag: freehand",
        "Enter: end or confirm, Escape: drop",
    )

    def __init__(self, context: Context, name: str) -> None:
        super().__init__(context, name)
        self._editor: LassoEditor | None = None

    # ---- state -------------------------------------------------------------------------------------------------
    @property
    def editor(self) -> LassoEditor | None:
        """The contour that is drawn or waits to be confirmed."""
        return self._editor

    @property
    def is_busy(self) -> bool:
        """Whether there is a contour."""
        return self._editor is not None and (self._editor.is_drawing or self._editor.is_pending)

    @property
    def told(self) -> tuple[str, ...]:
        """Other things can be done with a finished contour than with one that is drawn."""
        return _FINISHED if self._editor is not None and self._editor.is_pending else self.hints

    def connector(self, where: SliceOf) -> Connector:
        """How anchors are joined in a slice."""
        del where
        return Straight()

    def closing(self, editor: LassoEditor, event: ViewEvent) -> tuple[tuple[float, float], ...]:
        """The line from the mouse to the first anchor, as it is shown."""
        assert event.plane is not None
        return editor.closing_line(event.point_ijk, event.plane)

    def modified(self, event: ViewEvent) -> None:
        """Modifier keys may change how anchors are joined; straight lines stay what they are."""
        del event

    # ---- mouse -------------------------------------------------------------------------------------------------
    def press(self, event: ViewEvent) -> None:
        """Sets an anchor, or picks one of a finished contour; with CTRL inserts one."""
        self.under_mouse = event
        editor = self._editor
        if editor is None or not self.is_busy:
            self.context.say("a double click begins a contour")
            return
        if not self._is_here(editor, event):
            return
        self.modified(event)
        assert event.plane is not None
        editor.press(event.point_ijk, event.plane, inverts(event))

    def move(self, event: ViewEvent) -> None:
        """Draws freehand, or moves the anchor that is picked."""
        self.under_mouse = event
        if self._editor is not None and event.plane is not None:
            self.modified(event)
            self._editor.move(event.point_ijk, event.plane)

    def release(self, event: ViewEvent) -> None:
        """Ends a freehand part or the move of an anchor."""
        self.under_mouse = event
        if self._editor is not None:
            self._editor.release()

    def double(self, event: ViewEvent) -> None:
        """Begins or ends a contour. Raises ToolError without an active label, or for too few points."""
        self.under_mouse = event
        scene = self.context.scene()
        scene.active_label()
        where = slice_shown(scene, event.plane, event.slice)
        editor = self._editor
        if editor is not None and editor.is_drawing:
            if not self._is_here(editor, event):
                return
        else:
            self._write(editor.leave() if editor is not None else None)
            editor = self._editor = self._new(where)
            self.context.say("")  # its first press, still a single one, was answered with how to begin
        self._write(editor.double_click(event.point_ijk, where.plane))
        if editor.is_pending:
            self.context.say("the contour can be changed: Enter writes it, Escape drops it")

    # ---- keys --------------------------------------------------------------------------------------------------
    def key(self, name: str) -> bool:
        """Enter, Escape, Delete, and undo and redo of the contour itself while there is one."""
        editor = self._editor
        if editor is None:
            return False
        if name in _UNDO and editor.can_undo:
            editor.undo()
            return True
        if name in _REDO and editor.can_redo:
            editor.redo()
            return True
        if name == "Escape" and self.is_busy:
            editor.clear()
            return True
        if name in ("Delete", "Backspace"):
            return editor.delete_selected()
        if name in ("Enter", "Return") and self.is_busy:
            self._enter(editor)
            return True
        return False

    def _enter(self, editor: LassoEditor) -> None:
        """Ends a contour at its last anchor, or writes one that waits. Raises ToolError for too few points."""
        if editor.is_pending:
            self._write(editor.confirm())
            return
        last = editor.where.point_ijk(*editor.trace.anchors[-1])
        self._write(editor.double_click(last, editor.where.plane))

    def option_changed(self, name: str) -> None:
        """The mode, or confirming at once: switching that on writes a contour that waits."""
        del name
        editor = self._editor
        if editor is None:
            return
        editor.mode = self.context.options.get(self.name, "mode")
        self._write(editor.set_auto_confirm(self.context.options.get(self.name, "auto_confirm")))

    # ---- the end -----------------------------------------------------------------------------------------------
    def end(self) -> None:
        """Ends a press; the contour stays to go on with."""
        if self._editor is not None:
            self._editor.release()

    def finish(self) -> None:
        """Writes a contour that waits; one that was not finished is dropped with the tool."""
        editor, self._editor = self._editor, None
        if editor is not None:
            self._write(editor.leave())

    def refused(self) -> None:
        """A contour that cannot be finished yet goes on being drawn."""
        self.end()

    def cancel(self) -> None:
        """Drops the contour; its own undo brings it back."""
        if self._editor is not None:
            self._editor.clear()

    # ---- what is shown -----------------------------------------------------------------------------------------
    def shapes(self, view: str, plane: Plane, index: int) -> Shapes:
        """The contour, its anchors, and dashed the ways to and from the mouse."""
        del view
        editor = self._editor
        if editor is None or (editor.where.plane, editor.where.index) != (plane, index) or not self.is_busy:
            return NOTHING
        color = ADDS if editor.mode == "add" else TAKES
        lines = [self._line(editor, editor.points(), color, closed=editor.is_pending)]
        event = self.under_mouse
        if event is not None and editor.is_drawing and (event.plane, event.slice) == (plane, index):
            assert event.plane is not None
            lines.append(self._line(editor, editor.line_to(event.point_ijk, event.plane), color, dashed=True))
            lines.append(self._line(editor, self.closing(editor, event), color, dashed=True))
        handles = tuple(
            Handle(editor.where.point_ijk(*anchor), color, number == editor.selected)
            for number, anchor in enumerate(editor.trace.anchors)
        )
        return Shapes(lines=tuple(line for line in lines if len(line.points_ijk) > 1), handles=handles)

    @staticmethod
    def _line(
        editor: LassoEditor,
        points: tuple[tuple[float, float], ...],
        color: Color,
        closed: bool = False,
        dashed: bool = False,
    ) -> Polyline:
        ijk = np.array([editor.where.point_ijk(*point) for point in points], np.float64).reshape(-1, 3)
        return Polyline(ijk, color, closed, "dashed" if dashed else "solid")

    # ---- inside ------------------------------------------------------------------------------------------------
    def _new(self, where: SliceOf) -> LassoEditor:
        options = self.context.options
        mode, auto = options.get(self.name, "mode"), options.get(self.name, "auto_confirm")
        return LassoEditor(where, self.connector(where), mode, auto)

    def _is_here(self, editor: LassoEditor, event: ViewEvent) -> bool:
        """Whether an event is in the contour's slice; says where that is if not."""
        where = editor.where
        if (event.plane, event.slice) == (where.plane, where.index):
            return True
        self.context.say(f"the contour is in {where.plane} slice {where.index}; Escape drops it")
        return False

    def _write(self, lasso: Lasso | None) -> None:
        """Writes what the editor gives out, within the limits of masking."""
        if lasso is None:
            return
        limits = {name: self.context.options.get(self.name, name) for name in MASKING}
        scene = self.context.scene()
        assert lasso.slice is not None
        where = SliceOf(scene.geometry, lasso.plane, lasso.slice)
        self.context.write(replace(lasso, **limits).propose(scene), where)
