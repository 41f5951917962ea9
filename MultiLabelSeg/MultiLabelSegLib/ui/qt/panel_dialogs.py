"""The dialogs that stand on their own: preferences, presets, statistics, the task list. Each is open once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..presenter import Presenter
from .dialogs.base import Dialog
from .dialogs.preferences import PreferencesDialog
from .dialogs.presets import PresetsDialog
from .dialogs.statistics import StatisticsDialog
from .dialogs.tasks import TasksDialog


class PanelDialogs:
    """Opens them, or brings one that is open to the front; they do not keep the user from working on."""

    def __init__(self, presenter: Presenter, parent: Any) -> None:
        self.presenter, self.parent = presenter, parent
        self.open_ones: dict[str, Dialog] = {}

    def preferences(self) -> None:
        """The preferences."""
        self._show("preferences", lambda: PreferencesDialog(self.parent, self.presenter))

    def presets(self) -> None:
        """Presets and suggestions."""
        self._show("presets", lambda: PresetsDialog(self.parent, self.presenter))

    def tasks(self) -> None:
        """The task list."""
        self._show("tasks", lambda: TasksDialog(self.parent, self.presenter))

    def statistics(self) -> None:
        """The table of statistics, measured anew. Raises ToolError without a document."""
        self.presenter.session.need()
        dialog = self._show("statistics", lambda: StatisticsDialog(self.parent, self.presenter))
        if isinstance(dialog, StatisticsDialog):
            dialog.compute()

    def close(self) -> None:
        """Closes all."""
        for dialog in self.open_ones.values():
            dialog.widget.close()
        self.open_ones.clear()

    def _show(self, name: str, make: Callable[[], Dialog]) -> Dialog:
        dialog = self.open_ones.get(name)
        if dialog is None or not dialog.is_open:
            dialog = make()
            self.open_ones[name] = dialog
        dialog.widget.show()
        dialog.widget.raise_()
        dialog.widget.activateWindow()
        return dialog
