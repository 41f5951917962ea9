"""A list with check boxes and, where it is long, a line to search in; it keeps its place when it is shown anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..binding import connect, enum_int, get, qt
from ..layout import UNIT
from ..style_sheets import dress

#: from how many rows on there is a line to search in
_LONG = 12


@dataclass(frozen=True)
class CheckRow:
    """One row; a row that has a ``reason`` is grey, and the reason is its tool tip."""

    value: str
    text: str
    checked: bool
    reason: str = ""


class CheckList:
    """``changed(values)`` is called with the values that have a mark, in the order of the rows."""

    def __init__(self, name: str, changed: Callable[[tuple[str, ...]], object], shown_rows: int = 5) -> None:
        self.widget = qt.QWidget()
        column = qt.QVBoxLayout(self.widget)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(UNIT)
        self.search = qt.QLineEdit()
        self.search.setPlaceholderText("Search")
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName(f"Search {name}")
        self.list = qt.QListWidget()
        dress(self.list, "checks")
        self.list.setUniformItemSizes(True)
        self.list.setSpacing(1)
        self.list.setAccessibleName(name)
        self.list.setHorizontalScrollBarPolicy(qt.Qt.ScrollBarAlwaysOff)
        self.list.setTextElideMode(qt.Qt.ElideRight)
        column.addWidget(self.search)
        column.addWidget(self.list)
        self._rows: tuple[CheckRow, ...] = ()
        self._changed, self._shown_rows, self._quiet = changed, shown_rows, False
        connect(self.list, "itemChanged(QListWidgetItem*)", self._checked)
        connect(self.search, "textChanged(QString)", self._filter)

    def show(self, rows: Sequence[CheckRow]) -> None:
        """Shows rows; where they are the same as before, only their marks change."""
        self._quiet = True
        try:
            if [row.value for row in rows] != [row.value for row in self._rows]:
                self._build(rows)
            for place, row in enumerate(rows):
                self._refresh(self.list.item(place), row)
        finally:
            self._quiet = False
        self._rows = tuple(rows)

    def _build(self, rows: Sequence[CheckRow]) -> None:
        self.list.clear()
        self.search.setVisible(len(rows) > _LONG)
        self.search.clear()
        for row in rows:
            self.list.addItem(qt.QListWidgetItem(row.text))
        lines = max(2, min(self._shown_rows, len(rows)))
        self.list.setFixedHeight(lines * (self.list.sizeHintForRow(0) + 2) + 2 * UNIT)

    def _refresh(self, item: Any, row: CheckRow) -> None:
        item.setText(row.text)
        item.setToolTip(f"{row.text}\n{row.reason}".strip())
        usable = qt.Qt.ItemIsEnabled | qt.Qt.ItemIsSelectable | qt.Qt.ItemIsUserCheckable
        item.setFlags(usable if row.checked or not row.reason else qt.Qt.ItemIsSelectable)
        item.setCheckState(qt.Qt.Checked if row.checked else qt.Qt.Unchecked)

    def _filter(self) -> None:
        wanted = str(get(self.search, "text")).strip().lower()
        for place, row in enumerate(self._rows):
            self.list.item(place).setHidden(wanted not in row.text.lower() and not row.checked)

    def _checked(self) -> None:
        if self._quiet:
            return
        on = enum_int(qt.Qt.Checked)
        states = [enum_int(self.list.item(place).checkState()) == on for place in range(len(self._rows))]
        self._changed(tuple(row.value for row, state in zip(self._rows, states, strict=True) if state))
