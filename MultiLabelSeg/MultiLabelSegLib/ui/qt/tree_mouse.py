"""The mouse over the label tree: clicks on locks, eyes and colours, rows that are dragged, double clicks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..tree.rows import Row
from .binding import application, get, has_flag, is_event, mouse_position, qt
from .errors import guarded
from .tree_rows import COLOR, EYE, LOCK, TreeRows

_EDGE = 20  # pixels from the border where the tree scrolls while something is dragged


@dataclass(frozen=True)
class TreeGestures:
    """What the tree does at a gesture."""

    clicked: Callable[[Row, int, bool], object]  #: row, column LOCK, COLOR or EYE, whether Alt is held
    opened: Callable[[Row], object]  #: double click on a label
    dropped: Callable[[tuple[str, ...], str, str], object]  #: keys, key of the target, "into", "before", "after"
    hint: Callable[[Row, int], str]  #: the tool tip of a cell


class TreeMouse(qt.QObject):
    """An event filter on the tree's viewport. What it does not need goes on to the tree."""

    def __init__(self, view: Any, tree_rows: TreeRows, gestures: TreeGestures) -> None:
        super().__init__(view)
        self._view, self._rows, self._gestures = view, tree_rows, gestures
        self._viewport = view.viewport()
        self._start: Any = None
        self._pending: Row | None = None
        self._dragged: tuple[str, ...] = ()
        self._line = qt.QRubberBand(qt.QRubberBand.Line, self._viewport)
        self._box = qt.QRubberBand(qt.QRubberBand.Rectangle, self._viewport)
        self._viewport.setMouseTracking(True)
        self._viewport.installEventFilter(self)

    @property
    def is_dragging(self) -> bool:
        """Whether rows hang on the mouse."""
        return bool(self._dragged)

    def eventFilter(self, watched: Any, event: Any) -> bool:  # noqa: ARG002, N802 - Qt's names
        """Handles mouse events of the left button; True keeps them from the tree."""
        for kind, handle in (
            (qt.QEvent.MouseButtonPress, self._press),
            (qt.QEvent.MouseMove, self._move),
            (qt.QEvent.MouseButtonRelease, self._release),
            (qt.QEvent.MouseButtonDblClick, self._double),
            (qt.QEvent.ToolTip, self._tip),
        ):
            if is_event(event, kind):
                return bool(guarded(handle, event))
        return False

    # ---- events ------------------------------------------------------------------------------------------------
    def _press(self, event: Any) -> bool:
        self._start, self._pending = None, None
        if not has_flag(event.button(), qt.Qt.LeftButton):
            return False
        position = mouse_position(event)
        index = self._view.indexAt(position)
        row = self._rows.row_at(index)
        if row is None:
            return False
        if index.column() in (LOCK, COLOR, EYE):
            self._gestures.clicked(row, index.column(), has_flag(event.modifiers(), qt.Qt.AltModifier))
            return True
        if self._on_branch(index, position):
            return False
        self._start = position
        selected = self._view.selectionModel().isSelected(index)
        held = has_flag(event.modifiers(), qt.Qt.ControlModifier) or has_flag(event.modifiers(), qt.Qt.ShiftModifier)
        if selected and not held and len(self._selected_keys()) > 1:
            self._pending = row  # one of several: they stay selected, for they may be dragged
            return True
        return False

    def _move(self, event: Any) -> bool:
        if self._start is None or not has_flag(event.buttons(), qt.Qt.LeftButton):
            return False
        position = mouse_position(event)
        if not self._dragged:
            if (position - self._start).manhattanLength() < int(get(application(), "startDragDistance")):
                return True
            self._dragged = self._selected_keys()
            self._viewport.setCursor(qt.Qt.ClosedHandCursor)
        self._scroll_at(position)
        self._show_target(position)
        return True

    def _release(self, event: Any) -> bool:
        position, dragged, pending = mouse_position(event), self._dragged, self._pending
        self.stop()
        if dragged:
            target = self.target_at(position, dragged)
            if target is not None:
                self._gestures.dropped(dragged, *target)
            return True
        if pending is not None:
            index = self._rows.index_of(pending.key)
            if index is not None:
                self._view.setCurrentIndex(index)
            return True
        return False

    def _double(self, event: Any) -> bool:
        index = self._view.indexAt(mouse_position(event))
        row = self._rows.row_at(index)
        if row is None:
            return False
        if index.column() in (LOCK, COLOR, EYE):
            if index.column() != COLOR:  # a quick second click is a click
                self._gestures.clicked(row, index.column(), has_flag(event.modifiers(), qt.Qt.AltModifier))
            return True
        if row.kind != "label":
            return False
        self._gestures.opened(row)
        return True

    def _tip(self, event: Any) -> bool:
        index = self._view.indexAt(event.pos())
        row = self._rows.row_at(index)
        if row is None:
            qt.QToolTip.hideText()
        else:
            qt.QToolTip.showText(event.globalPos(), self._gestures.hint(row, index.column()), self._viewport)
        return True

    # ---- dragging ----------------------------------------------------------------------------------------------
    def stop(self) -> None:
        """Lets go of what is dragged."""
        if self._dragged:
            self._viewport.unsetCursor()
        self._start, self._pending, self._dragged = None, None, ()
        self._line.hide()
        self._box.hide()

    def target_at(self, position: Any, dragged: tuple[str, ...]) -> tuple[str, str] | None:
        """Where dragged rows would go: (key, "into", "before" or "after"); None where they cannot."""
        index = self._view.indexAt(position)
        row = self._rows.row_at(index)
        if row is None:
            last = [each.key for each in self._rows.rows.values() if each.kind == "group"][-1:]
            groups = all(self._rows.rows[key].kind == "group" for key in dragged if key in self._rows.rows)
            return (last[0], "after" if groups else "into") if last else None
        if row.key in dragged:
            return None
        rect = self._view.visualRect(index.sibling(index.row(), 0))
        share = (position.y() - rect.top()) / max(1, rect.height())
        if any(self._rows.rows[key].kind == "group" for key in dragged if key in self._rows.rows):
            return row.key, "before" if share < 0.5 else "after"
        if row.kind == "group":
            return row.key, "into"
        if row.kind in ("folder", "class") and 0.25 <= share <= 0.75:
            return row.key, "into"
        return row.key, "before" if share < 0.5 else "after"

    def _show_target(self, position: Any) -> None:
        target = self.target_at(position, self._dragged)
        self._line.hide()
        self._box.hide()
        index = None if target is None else self._rows.index_of(target[0])
        if target is None or index is None:
            return
        rect = self._view.visualRect(index)
        width = int(get(self._viewport, "width"))
        if target[1] == "into":
            self._box.setGeometry(qt.QRect(0, rect.top(), width, rect.height()))
            self._box.show()
            return
        edge = rect.top() if target[1] == "before" else rect.bottom() + 1
        self._line.setGeometry(qt.QRect(rect.left(), edge - 1, width - rect.left(), 2))
        self._line.show()

    def _scroll_at(self, position: Any) -> None:
        bar = self._view.verticalScrollBar()
        height = int(get(self._viewport, "height"))
        step = -1 if position.y() < _EDGE else 1 if position.y() > height - _EDGE else 0
        if step:
            bar.setValue(int(get(bar, "value")) + step * int(get(bar, "singleStep")))

    def _on_branch(self, index: Any, position: Any) -> bool:
        """Whether the mouse is over the small arrow that folds a row."""
        return bool(index.column() == 0 and position.x() < self._view.visualRect(index).left())

    def _selected_keys(self) -> tuple[str, ...]:
        found = [self._rows.row_at(index) for index in self._view.selectionModel().selectedRows(0)]
        order = {key: place for place, key in enumerate(self._rows.rows)}
        keys = [row.key for row in found if row is not None]
        return tuple(sorted(keys, key=lambda key: order[key]))
