"""The rows of the label tree in Qt's model, so that thousands of labels are there at once.

Only rows that hold others have an item: the model is told how many rows are in them, and every cell is painted from the
row itself (``tree_paint``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..tree.rows import Row
from .binding import USER_ROLE, qt

KEY_ROLE = USER_ROLE + 1
NAME, LOCK, COLOR, EYE, VALUE, VOXELS, SCORE, COMMENT, STATUS = range(9)
COLUMNS = 9
#: columns by their place from the left
VISUAL_ORDER = (LOCK, COLOR, EYE, NAME, VALUE, VOXELS, SCORE, COMMENT, STATUS)
TITLES = ("Name", "", "", "", "Value", "Voxels", "Score", "Comment", "Status")


class TreeRows:
    """Rows by key, and the model that shows them."""

    def __init__(self) -> None:
        self.model = qt.QStandardItemModel(0, COLUMNS)
        self.model.setHorizontalHeaderLabels(list(TITLES))
        self.rows: dict[str, Row] = {}
        #: by the key of a row that holds others ("" for the top of the tree): their keys in order
        self._children: dict[str, list[str]] = {}
        self._places: dict[str, int] = {}
        self._items: dict[str, Any] = {}

    def fill(self, rows: Sequence[Row]) -> None:
        """Shows these rows instead; each comes after its parent."""
        self.model.setRowCount(0)
        self.rows, self._items, self._places = {row.key: row for row in rows}, {}, {}
        children: dict[str, list[str]] = {}
        for row in rows:
            keys = children.setdefault(row.parent, [])
            self._places[row.key] = len(keys)
            keys.append(row.key)
        self._children = children
        self.model.setRowCount(len(children.get("", ())))
        for key, inner in children.items():  # parents come before what is in them
            if key:
                # made by the model itself: what Python makes, each binding hands over in another way
                item = self._items[key] = self.model.itemFromIndex(self.index_of(key))
                item.setText(self.rows[key].title)
                item.setData(key, KEY_ROLE)
                item.setColumnCount(COLUMNS)
                item.setRowCount(len(inner))

    def renew(self, rows: Iterable[Row]) -> None:
        """Takes over rows that look different now; their places are the same."""
        for row in rows:
            if row.key in self.rows:
                former = self.rows[row.key]
                self.rows[row.key] = row
                if former.title != row.title:
                    self.model.setData(self.index_of(row.key), row.title)

    def row_at(self, index: Any) -> Row | None:
        """The row of a cell; None beside the rows."""
        if not index.isValid():
            return None
        parent = index.parent()
        keys = self._children.get(str(parent.data(KEY_ROLE)) if parent.isValid() else "", ())
        place = index.row()
        return self.rows.get(keys[place]) if place < len(keys) else None

    def index_of(self, key: str) -> Any | None:
        """The first cell of a row; None when it is not shown."""
        row = self.rows.get(key)
        if row is None:
            return None
        if not row.parent:
            return self.model.index(self._places[key], NAME)
        return self.model.index(self._places[key], NAME, self.model.indexFromItem(self._items[row.parent]))

    def tell_title(self, index: Any, row: Row) -> None:
        """Gives a cell that is about to be drawn its text, which nobody paints but screen readers read."""
        if index.data() is None:
            self.model.blockSignals(True)  # it looks no different
            try:
                self.model.setData(index, row.title)
            finally:
                self.model.blockSignals(False)

    def outer_keys(self) -> list[str]:
        """The keys of all rows that hold others."""
        return list(self._items)
