"""The task list: which tasks there are and how each stands; opening, saving, accepting."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...presenter import Presenter
from ...tasks.tasks import TaskItem
from ...topics import Changed, Topic
from ..asking import ask_open
from ..binding import USER_ROLE, connect, get, qt
from ..icons import icon
from ..layout import UNIT, hint_label, icon_button, text_button, title_text
from .base import Dialog

_LISTS = "Segmentation task lists (*.json);;All files (*)"


class TasksDialog(Dialog):
    """Stays open beside the work; MITK's keys do the same from anywhere."""

    def __init__(self, parent: Any, presenter: Presenter) -> None:
        super().__init__(parent, "Task list", "", "Close")
        self.presenter = presenter
        part = presenter.tasks
        self.title = qt.QLabel()
        font = get(self.title, "font")
        font.setBold(True)
        self.title.setFont(font)
        self.load = text_button("Load…", self.ask, "open")
        self.search = qt.QLineEdit()
        self.search.setPlaceholderText("Search tasks")
        self.search.setClearButtonEnabled(True)
        self.list = qt.QListWidget()
        self.list.setAccessibleName("Tasks")
        self.about = hint_label()
        self.bar = qt.QProgressBar()
        self.bar.setFixedHeight(8)
        self.bar.setTextVisible(False)
        self.progress = hint_label()
        self.previous = icon_button("previous", "Previous task", part.previous)
        self.next = icon_button("next", "Next task", part.next)
        self.open_task = text_button("Open task", part.open)
        self.interim = text_button("Save interim", part.save_interim)
        self.accept_task = text_button("Accept", part.accept, "confirm")
        self._fill()
        connect(self.search, "textChanged(QString)", self.refresh)
        connect(self.list, "itemClicked(QListWidgetItem*)", self._point_to)
        connect(self.list, "itemActivated(QListWidgetItem*)", self._open)
        self.follow(presenter, self._on_changed)
        self.set_width(380)
        self.widget.setMinimumHeight(420)
        self.refresh()

    def _fill(self) -> None:
        top = qt.QHBoxLayout()
        top.addWidget(self.title, 1)
        top.addWidget(self.load)
        below = qt.QHBoxLayout()
        below.setSpacing(UNIT)
        for widget in (self.previous, self.next, self.open_task, self.interim, self.accept_task):
            below.addWidget(widget)
        for action, button in (
            ("previous_task", self.previous),
            ("next_task", self.next),
            ("load_task", self.open_task),
            ("save_interim", self.interim),
            ("accept_task", self.accept_task),
        ):
            button.setToolTip(self.presenter.keys.tooltip(action))
        self.column.addLayout(top)
        for widget in (self.search, self.list, self.about, self.bar, self.progress):
            self.column.addWidget(widget)
        self.column.addLayout(below)

    def ask(self) -> None:
        """Asks for a list and reads it."""
        path = ask_open(self.widget, "Load a task list", "", _LISTS)
        if path:
            self.presenter.tasks.load(Path(path))

    def refresh(self) -> None:
        """Shows the tasks as they stand now."""
        part = self.presenter.tasks
        items = part.items()
        text = get(self.search, "text").strip()
        wanted = set(part.find(text)) if text else {item.index for item in items}
        self.title.setText(part.title or "No task list is loaded")
        self.list.clear()
        for item in items:
            if item.index in wanted:
                self.list.addItem(self._line(item))
                if item.is_current:
                    self.list.setCurrentRow(int(get(self.list, "count")) - 1)
        self.bar.setRange(0, max(1, len(items)))
        self.bar.setValue(sum(item.is_done for item in items))
        self.progress.setText(part.progress_text())
        current = next((item for item in items if item.is_current), None)
        self.about.setText("" if current is None else f"{current.description}\n{title_text(current.state)}".strip())
        is_open = any(item.is_active for item in items)
        for button, wanted_on in ((self.interim, is_open), (self.accept_task, is_open)):
            button.setEnabled(wanted_on)
        for button in (self.previous, self.next, self.open_task, self.search):
            button.setEnabled(bool(items))

    def _line(self, item: TaskItem) -> Any:
        mark = " *" if item.is_modified else ""
        entry = qt.QListWidgetItem(f"{item.index + 1}  {item.title}{mark}")
        entry.setData(USER_ROLE, item.index)
        entry.setToolTip(f"{item.description}\n{item.state}".strip())
        if item.is_done:
            entry.setIcon(icon("confirm"))
        elif item.has_interim or item.is_active:
            entry.setIcon(icon("rename"))
        else:
            entry.setIcon(icon("empty"))
        if item.is_active:
            font = entry.font()
            font.setBold(True)
            entry.setFont(font)
        return entry

    def _point_to(self, item: Any) -> None:
        self.presenter.tasks.go_to(int(item.data(USER_ROLE)))

    def _open(self, item: Any) -> None:
        self.presenter.tasks.open(int(item.data(USER_ROLE)))

    def _on_changed(self, changed: Changed) -> None:
        if changed.topic is Topic.TASKS:
            self.refresh()
