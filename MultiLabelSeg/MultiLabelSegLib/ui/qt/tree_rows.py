"""The rows of the label tree as items: one item a row, so that thousands of labels are there at once.

Only the first column has items; the cells beside it are empty and painted from the row itself (``tree_paint``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..tree.rows import Row
from .binding import BINDING, USER_ROLE, qt

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
        self._items: dict[str, Any] = {}
        self._outer: list[str] = []

    def fill(self, rows: Sequence[Row]) -> None:
        """Shows these rows instead; each comes after its parent. Its view should be reset afterwards."""
        self.model.setRowCount(0)
        self.rows = {row.key: row for row in rows}
        self._items = {}
        children: dict[str, list[Any]] = {}
        make, role = qt.QStandardItem, KEY_ROLE
        for row in rows:
            item = make(row.title)
            item.setData(row.key, role)
            self._items[row.key] = item
            children.setdefault(row.parent, []).append(item)
        self._outer = [key for key in children if key]
        for key in reversed(list(children)):  # from the leaves up: the model is told once
            if key:
                parent = self._items[key]
                parent.setColumnCount(COLUMNS)
                _append(parent, children[key])
        _append(self.model.invisibleRootItem(), children.get("", []))

    def renew(self, rows: Iterable[Row]) -> None:
        """Takes over rows that look different now; their places are the same."""
        for row in rows:
            if row.key in self.rows:
                former = self.rows[row.key]
                self.rows[row.key] = row
                if former.title != row.title:
                    self._items[row.key].setText(row.title)

    def row_at(self, index: Any) -> Row | None:
        """The row of a cell; None beside the rows."""
        if not index.isValid():
            return None
        return self.rows.get(str(index.sibling(index.row(), NAME).data(KEY_ROLE)))

    def index_of(self, key: str) -> Any | None:
        """The first cell of a row; None when it is not shown."""
        item = self._items.get(key)
        return None if item is None else self.model.indexFromItem(item)

    def outer_keys(self) -> list[str]:
        """The keys of all rows that hold others."""
        return self._outer


def _append(parent: Any, items: list[Any]) -> None:
    """Adds rows at once where the binding can, for each row added is a signal.

    PythonQt hands an item over to its parent only when it is added by itself; in a list it would be deleted with its
    Python object.
    """
    if BINDING == "PythonQt":
        for item in items:
            parent.appendRow(item)
    else:
        parent.appendRows(items)
