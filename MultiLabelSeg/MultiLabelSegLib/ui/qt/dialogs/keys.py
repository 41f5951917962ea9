"""The keys of all actions, each of which can be bound anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...presenter import Presenter
from ..binding import connect, get, qt
from ..errors import guarded
from ..layout import UNIT


class KeysPage:
    """A line for each action; a key that is taken is refused with the name of who has it."""

    def __init__(self, presenter: Presenter) -> None:
        self.presenter = presenter
        self.widget = qt.QWidget()
        self.edits: dict[str, Any] = {}
        self._grid = qt.QGridLayout(self.widget)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setVerticalSpacing(UNIT)
        self._grid.setHorizontalSpacing(2 * UNIT)
        self._grid.setColumnStretch(0, 1)
        for row, binding in enumerate(presenter.keys.bindings()):
            self._grid.addWidget(qt.QLabel(binding.title), row, 0)
            edit = qt.QLineEdit()
            edit.setFixedWidth(130)
            edit.setPlaceholderText("none")
            edit.setAccessibleName(f"Key of {binding.title}")
            edit.setToolTip("Type the keys, for example Ctrl+Shift+K; empty for none")
            connect(edit, "editingFinished()", self._binder(binding.action))
            self.edits[binding.action] = edit
            self._grid.addWidget(edit, row, 1)
        self.refresh()

    def refresh(self) -> None:
        """Shows the keys as they are now."""
        for binding in self.presenter.keys.bindings():
            edit = self.edits.get(binding.action)
            if edit is not None and get(edit, "text") != binding.keys:
                edit.setText(binding.keys)

    def _binder(self, action: str) -> Callable[[], None]:
        def call() -> None:
            now = {binding.action: binding.keys for binding in self.presenter.keys.bindings()}
            typed = get(self.edits[action], "text").strip()
            keys = qt.QKeySequence(typed).toString() or typed
            if keys != now[action]:
                guarded(self.presenter.keys.rebind, action, keys)
            self.refresh()

        return call
