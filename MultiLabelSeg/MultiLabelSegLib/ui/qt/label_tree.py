"""The tree of groups, folders, classes and labels, with the search box above it and the buttons for new ones."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..presenter import Presenter
from ..topics import Changed, Topic
from ..tree.rows import Row
from .asking import ask_color
from .binding import connect, get, qt
from .editors import hex_color, numbers_of
from .errors import guarded
from .label_actions import LabelActions
from .layout import UNIT, Resized, button_row, icon_button
from .name_edit import InlineEdit
from .tree_keys import TreeKeys
from .tree_mouse import TreeGestures, TreeMouse
from .tree_paint import RowPainter, cell_hint
from .tree_rows import COLOR, EYE, LOCK, TreeRows
from .tree_view import make_tree_view, set_header, show_columns

_REFRESH_MS = 150
#: more rows to open than this are opened all at once
_MANY = 200
#: rows that changed are drawn one by one up to this many
_FEW = 200


class LabelTree:
    """Shows the presenter's rows and hands every gesture to it. ``actions`` opens the dialogs that some of them need.

    ``widget`` is the whole part; ``view`` the tree; ``search`` the box above it.
    """

    def __init__(self, presenter: Presenter, actions: LabelActions, parent: Any = None) -> None:
        self.presenter, self.actions = presenter, actions
        self.widget = qt.QWidget(parent)
        self.rows = TreeRows()
        self.view = make_tree_view(self.rows.model)
        self.painter = RowPainter(self.rows, self.view)
        self.view.setItemDelegate(self.painter)
        set_header(self.view)
        self.edit = InlineEdit(self.view)
        gestures = TreeGestures(self._clicked, self._open, self._drop, cell_hint)
        self.mouse = TreeMouse(self.view, self.rows, gestures)
        keys = {
            qt.Qt.Key_F2: self.rename_current,
            qt.Qt.Key_Delete: self.remove_selected,
            qt.Qt.Key_Space: self.toggle_selected,
            qt.Qt.Key_Escape: self.mouse.stop,
        }
        self.keys = TreeKeys(self.view, keys)
        self._folded: set[str] = set()
        self._marked = ""
        self._quiet = False
        self._dirty: set[int] | None = set()
        self._build()
        self._connect()
        show_columns(self.view, presenter.session.preferences.show_details)
        self.rebuild()

    # ---- building ----------------------------------------------------------------------------------------------
    def _build(self) -> None:
        self.search = qt.QLineEdit()
        self.search.setPlaceholderText("Search labels")
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName("Search labels by name or value")
        acts = self.actions
        self.buttons = {
            "add_label": icon_button("add_label", "New label", acts.new_label),
            "add_instance": icon_button("add_instance", "New instance of the active label", acts.new_instance),
            "add_group": icon_button("add_group", "New group", acts.new_group),
            "remove": icon_button("remove", "Remove the selected labels", self.remove_selected),
        }
        column = qt.QVBoxLayout(self.widget)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(UNIT)
        row = button_row(*self.buttons.values(), stretch=False)
        row.insertWidget(0, self.search, 1)
        column.addLayout(row)
        column.addWidget(self.view, 1)
        qt.QWidget.setTabOrder(self.search, self.view)
        self._reveal_timer = qt.QTimer(self.widget)
        self._reveal_timer.setSingleShot(True)
        self._reveal_timer.setInterval(0)
        self._timer = qt.QTimer(self.widget)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_REFRESH_MS)

    def _connect(self) -> None:
        connect(self.search, "textChanged(QString)", self.rebuild)
        connect(self.view, "customContextMenuRequested(QPoint)", self._menu)
        connect(self.view, "collapsed(QModelIndex)", lambda index: self._fold(index, True))
        connect(self.view, "expanded(QModelIndex)", lambda index: self._fold(index, False))
        connect(self.view.selectionModel(), "selectionChanged(QItemSelection,QItemSelection)", self._selected)
        connect(self.view.header(), "sectionClicked(int)", self._header_clicked)
        connect(self._timer, "timeout()", self._renew)
        self._resized = Resized(self.view.viewport(), self._reveal)
        connect(self._reveal_timer, "timeout()", self._reveal_now)
        self._disconnect = self.presenter.changed.connect(self._on_changed)

    def close(self) -> None:
        """Follows the presenter no more."""
        self._disconnect()

    # ---- following the presenter -------------------------------------------------------------------------------
    def _on_changed(self, changed: Changed) -> None:
        topic = changed.topic
        if topic is Topic.DOCUMENT:
            self._folded.clear()
            self.rebuild()
        elif topic is Topic.ROWS:
            self.rebuild()
        elif topic is Topic.LABELS:
            self._renew_later(changed.values)
        elif topic in (Topic.ACTIVE, Topic.SELECTION):
            self.show_selection()
        elif topic is Topic.PREFERENCES:
            show_columns(self.view, self.presenter.session.preferences.show_details)

    def rebuild(self) -> None:
        """Shows all rows anew, those that fit the search box."""
        self.edit.end(False)
        self.mouse.stop()
        text = get(self.search, "text")
        rows = self.presenter.labels.rows(text).rows
        bar = self.view.verticalScrollBar()
        place = get(bar, "value")
        self._quiet = True
        self.view.setUpdatesEnabled(False)
        try:
            self.rows.fill(rows)
            self._unfold(searching=bool(text.strip()))
        finally:
            self.view.setUpdatesEnabled(True)
            self._quiet = False
        self._dirty = set()
        bar.setValue(place)
        self.show_selection()

    def _unfold(self, searching: bool) -> None:
        """Everything is open but what the user folded; a search opens that too."""
        outer = self.rows.outer_keys()
        self.view.blockSignals(True)  # thousands of signals otherwise, none of which says anything new
        try:
            if len(outer) > _MANY:
                self.view.expandAll()
            for key in outer:
                is_open = searching or key not in self._folded
                if is_open != (len(outer) > _MANY):
                    self.view.setExpanded(self.rows.index_of(key), is_open)
        finally:
            self.view.blockSignals(False)

    def _renew_later(self, values: Iterable[int]) -> None:
        """Looks and counts follow at once, but while something is drawn only when that pauses."""
        if self._dirty is not None:
            chosen = set(values)
            self._dirty = self._dirty | chosen if chosen else None
        if self.presenter.tools.is_drawing:
            self._timer.start()  # begins anew at every dab
        else:
            self._renew()

    def _renew(self) -> None:
        dirty, self._dirty = self._dirty, set()
        if dirty is None:
            self.rows.renew(self.presenter.labels.rows(get(self.search, "text")).rows)
        elif dirty:
            rows = self.presenter.labels.refreshed(dirty)
            self.rows.renew(rows)
            if len(rows) <= _FEW:  # a stroke changes few labels, most of them out of sight
                for row in rows:
                    self._redraw(row.key)
                return
        else:
            return
        self.view.viewport().update()

    # ---- selection ---------------------------------------------------------------------------------------------
    def show_selection(self) -> None:
        """Shows which labels are selected and which is active."""
        labels = self.presenter.labels
        active = "" if labels.active is None else f"l{labels.active}"
        self.painter.set_active(active)
        wanted = {f"l{value}" for value in labels.selection}
        model = self.view.selectionModel()
        self._quiet = True
        try:
            rows = self.selected_rows()
            present = {row.key for row in rows}
            covered = {f"l{value}" for row in rows for value in row.values}
            if wanted != present and (wanted != covered or not wanted):
                self._select_keys(wanted)
            index = self.rows.index_of(active) if active in wanted or not wanted else None
            if index is not None and not present:
                model.setCurrentIndex(index, qt.QItemSelectionModel.NoUpdate)
                self._reveal()
        finally:
            self._quiet = False
        if active != self._marked:
            for key in (self._marked, active):
                self._redraw(key)
            self._marked = active

    def _redraw(self, key: str) -> None:
        """Draws one row anew, all of its columns; a label that becomes active costs two rows and not all."""
        index = self.rows.index_of(key)
        if index is not None:
            rect, viewport = self.view.visualRect(index), self.view.viewport()
            viewport.update(qt.QRect(0, rect.top(), int(get(viewport, "width")), rect.height()))

    def _select_keys(self, keys: set[str]) -> None:
        model = self.view.selectionModel()
        model.clearSelection()
        flags = qt.QItemSelectionModel.Select | qt.QItemSelectionModel.Rows
        first = None
        for key in keys:
            index = self.rows.index_of(key)
            if index is not None:
                model.select(index, flags)
                first = index if first is None else first
        if first is not None and len(keys) == 1:
            model.setCurrentIndex(first, qt.QItemSelectionModel.NoUpdate)
            self._reveal()

    def _reveal(self) -> None:
        """Scrolls to the current row, once the tree knows its rows."""
        if not self._reveal_timer.isActive():
            self._reveal_timer.start()

    def _reveal_now(self) -> None:
        index = self.view.selectionModel().currentIndex()
        outer = index.parent()
        while outer.isValid():
            if not self.view.isExpanded(outer):  # scrolling there would unfold what the user folded
                return
            outer = outer.parent()
        if index.isValid():
            self.view.scrollTo(index)

    def selected_rows(self) -> list[Row]:
        """The rows that are selected, in the tree's order."""
        found = [self.rows.row_at(index) for index in self.view.selectionModel().selectedRows(0)]
        rows = [row for row in found if row is not None]
        if len(rows) < 2:
            return rows
        keys = {row.key for row in rows}
        return [row for key, row in self.rows.rows.items() if key in keys]

    def _selected(self) -> None:
        if self._quiet:
            return
        rows = self.selected_rows()
        values = tuple(dict.fromkeys(value for row in rows for value in row.values))
        current = self.rows.row_at(self.view.selectionModel().currentIndex())
        labels = self.presenter.labels
        labels.select(values)
        is_one = current is not None and current.kind in ("label", "class") and current in rows
        if current is not None and is_one and current.values and labels.active not in current.values:
            labels.activate(current.values[0])

    # ---- gestures ----------------------------------------------------------------------------------------------
    def _clicked(self, row: Row, column: int, alt: bool) -> None:
        """A click on a lock, an eye or a colour; on one of several selected rows it is meant for all of them."""
        chosen = self.selected_rows()
        rows = chosen if any(row.key == each.key for each in chosen) else [row]
        values = tuple(dict.fromkeys(value for each in rows for value in each.values))
        labels = self.presenter.labels
        if not values:
            return
        if column == LOCK:
            labels.set_locked(values, not row.locked)
        elif column == EYE and alt and row.value is not None:
            labels.solo(row.value)
        elif column == EYE:
            labels.set_visible(values, not row.visible)
        elif column == COLOR:
            found = ask_color(self.widget, hex_color(row.color) or "#808080", f"Colour of {row.title}")
            if found:
                labels.recolor(values, numbers_of(found))

    def _header_clicked(self, section: int) -> None:
        """A click on the lock or the eye of the header is meant for everything that is listed."""
        values = tuple(row.value for row in self.rows.rows.values() if row.value is not None)
        rows = [row for row in self.rows.rows.values() if row.value is not None]
        if section == LOCK and values:
            self.presenter.labels.set_locked(values, not all(row.locked for row in rows))
        elif section == EYE and values:
            self.presenter.labels.set_visible(values, not all(row.visible for row in rows))

    def _open(self, row: Row) -> None:
        if row.value is not None:
            self.presenter.labels.jump_to(row.value)

    def _drop(self, keys: tuple[str, ...], target: str, position: str) -> None:
        self.presenter.labels.move(keys, target, position)  # type: ignore[arg-type]

    def _fold(self, index: Any, is_folded: bool) -> None:
        row = self.rows.row_at(index)
        if self._quiet or row is None or get(self.search, "text").strip():
            return
        (self._folded.add if is_folded else self._folded.discard)(row.key)

    def _menu(self, position: Any) -> None:
        index = self.view.indexAt(position)
        row = self.rows.row_at(index)
        chosen = self.selected_rows()
        if row is None:
            keys: tuple[str, ...] = ()
        elif any(row.key == each.key for each in chosen):
            keys = tuple(each.key for each in chosen)
        else:
            keys = (row.key,)
            self.view.setCurrentIndex(index)
        self.actions.show_menu(keys, self.view.viewport().mapToGlobal(position), self.rename)

    # ---- by key ------------------------------------------------------------------------------------------------
    def rename_current(self) -> None:
        """Edits the name of the current row."""
        row = self.rows.row_at(self.view.selectionModel().currentIndex())
        if row is not None:
            self.rename(row.key)

    def rename(self, key: str) -> None:
        """Edits the name of a row in its place."""
        index, row = self.rows.index_of(key), self.rows.rows.get(key)
        if index is None or row is None:
            return
        self.view.scrollTo(index)
        labels = self.presenter.labels

        def suggest(text: str) -> Any:
            """Groups and folders have no list of names."""
            return labels.suggestions(text, current=row.name) if row.kind in ("label", "class") else ()

        self.edit.begin(index, row.name, suggest, lambda name: guarded(labels.rename, key, name))

    def remove_selected(self) -> None:
        """Removes the selected labels, or the active one."""
        labels = self.presenter.labels
        values = labels.selection or (() if labels.active is None else (labels.active,))
        if values:
            labels.remove(values)

    def toggle_selected(self) -> None:
        """Shows or hides the selected labels."""
        rows = self.selected_rows()
        if rows:
            self._clicked(rows[0], EYE, False)
