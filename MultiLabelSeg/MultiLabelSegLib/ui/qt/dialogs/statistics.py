"""The table of statistics: sorted by a click, copied or saved as CSV."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...presenter import Presenter
from ...topics import Changed, Topic
from ..asking import ask_save
from ..binding import USER_ROLE, application, connect, enum_int, qt
from ..layout import UNIT, hint_label, text_button
from ..style_sheets import check_box
from .base import Dialog

_SORT_ROLE = USER_ROLE + 1
#: columns whose numbers are names
_NAMES = ("Frame", "Value")


class StatisticsDialog(Dialog):
    """Works the table out when it opens; a double click goes to the label."""

    def __init__(self, parent: Any, presenter: Presenter) -> None:
        super().__init__(parent, "Statistics", "", "Close")
        self.presenter = presenter
        self.model = qt.QStandardItemModel()
        self.model.setSortRole(_SORT_ROLE)
        self.table = qt.QTableView()
        self.table.setModel(self.model)
        self.table.setSortingEnabled(True)
        self.table.setAlternatingRowColors(True)
        self.table.setEditTriggers(qt.QAbstractItemView.NoEditTriggers)
        self.table.setSelectionBehavior(qt.QAbstractItemView.SelectRows)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(self.table.fontMetrics().height() + 2 * UNIT)
        self.table.horizontalHeader().setStretchLastSection(True)
        self.table.setAccessibleName("Statistics of labels")
        self.frames = check_box("All frames")
        self.frames.setVisible(presenter.data.frames > 1)
        self.hint = hint_label()
        self.measure = text_button("Measure again", self.compute)
        self.copy = text_button("Copy", self._copy, "", "Copies the table as CSV")
        self.save = text_button("Save CSV…", self._save)
        row = qt.QHBoxLayout()
        row.setSpacing(UNIT)
        for widget in (self.measure, self.frames, self.copy, self.save):
            row.addWidget(widget)
        row.addStretch(1)
        self.column.addLayout(row)
        self.column.addWidget(self.table, 1)
        self.column.addWidget(self.hint)
        connect(self.table, "doubleClicked(QModelIndex)", self._jump)
        self.follow(presenter, self._on_changed)
        self.widget.resize(880, 480)
        self.refresh()

    def compute(self) -> None:
        """Measures in the background."""
        checked = self.frames.isChecked()
        self.presenter.statistics.compute(frames="all" if checked else "current")
        self.hint.setText("Measuring…")
        self.hint.show()

    def refresh(self) -> None:
        """Shows the table as it was measured last."""
        part = self.presenter.statistics
        self.model.clear()
        titles = part.columns()
        self.model.setHorizontalHeaderLabels(list(titles))
        for value, row in zip(part.values(), part.rows(), strict=True):
            cells = zip(titles, row, strict=True)
            self.model.appendRow([_cell(each, value, title not in _NAMES) for title, each in cells])
        if "Frame" in titles:
            self.table.setColumnHidden(titles.index("Frame"), self.presenter.data.frames < 2)
        self.table.resizeColumnsToContents()
        self.copy.setEnabled(part.table is not None)
        self.save.setEnabled(part.table is not None)
        self.hint.setText("Labels have changed since; measure again." if part.is_outdated else "")
        self.hint.setVisible(part.is_outdated)

    def closed(self) -> None:
        """Gives up what is being measured."""
        super().closed()
        self.presenter.statistics.cancel()

    def _copy(self) -> None:
        application().clipboard().setText(self.presenter.statistics.csv())

    def _save(self) -> None:
        path = ask_save(self.widget, "Save the statistics", "statistics.csv", "CSV (*.csv);;All files (*)")
        if path:
            self.presenter.statistics.save_csv(Path(path), True)

    def _jump(self, index: Any) -> None:
        value = index.sibling(index.row(), 0).data(USER_ROLE)
        self.presenter.labels.activate(int(value))
        self.presenter.labels.jump_to(int(value))

    def _on_changed(self, changed: Changed) -> None:
        if changed.topic is Topic.STATISTICS:
            self.refresh()


def _cell(value: Any, label: int, is_amount: bool) -> Any:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    text = "" if value is None else f"{value:,}" if is_number and is_amount else str(value)
    item = qt.QStandardItem(text)
    item.setData(label, USER_ROLE)
    item.setData(float(value) if is_number else text, _SORT_ROLE)
    if is_number:
        item.setData(enum_int(qt.Qt.AlignRight) | enum_int(qt.Qt.AlignVCenter), enum_int(qt.Qt.TextAlignmentRole))
    return item
