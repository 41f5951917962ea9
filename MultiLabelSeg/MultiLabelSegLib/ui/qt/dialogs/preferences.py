"""All preferences, page by page, and the keys; what is changed holds at once."""

from __future__ import annotations

from typing import Any

from ...presenter import Presenter
from ...topics import Changed, Topic
from ..asking import ask_choice
from ..binding import connect, qt
from ..errors import guarded
from ..form import FieldForm
from ..layout import UNIT, text_button
from .base import Dialog
from .keys import KeysPage

_KEYS = "Keys"


class PreferencesDialog(Dialog):
    """Pages on the left, the form of the chosen one on the right."""

    def __init__(self, parent: Any, presenter: Presenter) -> None:
        super().__init__(parent, "Preferences", "", "Close")
        self.presenter = presenter
        self.pages = qt.QListWidget()
        self.pages.setAccessibleName("Pages")
        self.stack = qt.QStackedWidget()
        self.forms: dict[str, FieldForm] = {}
        for title, fields in presenter.preferences.fields().items():
            form = FieldForm(self._set)
            form.set_fields(fields)
            self.forms[title] = form
            self._add(title, form.widget)
        self.keys = KeysPage(presenter)
        self._add(_KEYS, self.keys.widget)
        row = qt.QHBoxLayout()
        row.setSpacing(3 * UNIT)
        row.addWidget(self.pages)
        row.addWidget(self.stack, 1)
        self.column.addLayout(row, 1)
        self.reset = text_button("Reset all", self._ask_reset, "", "Takes all preferences and keys back")
        self.reset.setAutoDefault(False)
        self.pages.setSpacing(3)
        self.buttons.addButton(self.reset, qt.QDialogButtonBox.ResetRole)
        self.pages.setFixedWidth(self.pages.sizeHintForColumn(0) + 6 * UNIT)
        connect(self.pages, "currentRowChanged(int)", lambda row: self.stack.setCurrentIndex(row))
        self.pages.setCurrentRow(0)
        self.follow(presenter, self._on_changed)
        self.set_width(620)
        self.widget.setMinimumHeight(380)

    def show_page(self, title: str) -> None:
        """Brings a page to the front."""
        self.pages.setCurrentRow([*self.forms, _KEYS].index(title))

    def _add(self, title: str, widget: Any) -> None:
        page = qt.QWidget()
        column = qt.QVBoxLayout(page)
        column.setContentsMargins(0, 0, 2 * UNIT, 0)
        column.addWidget(widget)
        column.addStretch(1)
        area = qt.QScrollArea()
        area.setFrameShape(qt.QFrame.NoFrame)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(qt.Qt.ScrollBarAlwaysOff)
        area.setWidget(page)
        self.pages.addItem(title)
        self.stack.addWidget(area)

    def _set(self, name: str, value: Any) -> None:
        guarded(self.presenter.preferences.set, name, value)
        self._refresh()  # what was refused is not shown as chosen

    def _refresh(self) -> None:
        for title, fields in self.presenter.preferences.fields().items():
            self.forms[title].set_fields(fields)

    def _ask_reset(self) -> None:
        text = "All preferences and keys go back to what they were when the program was new."
        ask_choice(self.widget, text, [("reset", "Reset all")], self._reset)

    def _reset(self, answer: str) -> None:
        if answer == "reset":
            guarded(self.presenter.preferences.reset)
            guarded(self.presenter.keys.reset)

    def _on_changed(self, changed: Changed) -> None:
        if changed.topic is Topic.PREFERENCES:
            self._refresh()
            self.keys.refresh()
