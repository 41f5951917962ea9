"""What was done, step by step; a click goes back to a step, or forward again."""

from __future__ import annotations

from typing import Any

from ..presenter import Presenter
from ..topics import Changed, Topic
from .binding import connect, get, qt
from .layout import title_text

_START = "Beginning"


class HistoryList:
    """The steps of the current document, the newest at the bottom; undone ones are pale."""

    def __init__(self, presenter: Presenter, parent: Any = None) -> None:
        self.presenter = presenter
        self.widget = qt.QListWidget(parent)
        self.widget.setUniformItemSizes(True)
        self.widget.setFixedHeight(120)
        self.widget.setAccessibleName("History")
        self._titles: list[str] = []
        self._quiet = False
        connect(self.widget, "itemClicked(QListWidgetItem*)", self._clicked)
        connect(self.widget, "itemActivated(QListWidgetItem*)", self._clicked)
        self._disconnect = presenter.changed.connect(self._on_changed)
        self.refresh()

    def close(self) -> None:
        """Follows the presenter no more."""
        self._disconnect()

    def refresh(self) -> None:
        """Shows the steps as they are now."""
        steps = self.presenter.steps
        titles = [_START, *(title_text(title) for title in steps.entries())]
        if self.presenter.session.document is None:
            titles = []
        if titles != self._titles:
            self.widget.clear()
            self.widget.addItems(titles)
            self._titles = titles
        palette = get(self.widget, "palette")
        for place in range(len(titles)):
            done = place <= steps.index
            color = palette.color(qt.QPalette.Active if done else qt.QPalette.Disabled, qt.QPalette.Text)
            self.widget.item(place).setForeground(qt.QBrush(color))
        if titles:
            self.widget.setCurrentRow(steps.index)
            self.widget.scrollToItem(self.widget.item(steps.index))

    def _clicked(self, item: Any) -> None:
        place = self.widget.row(item)
        if place != self.presenter.steps.index:
            self.presenter.steps.jump(place)
        self.refresh()

    def _on_changed(self, changed: Changed) -> None:
        if changed.topic in (Topic.HISTORY, Topic.DOCUMENT) and self.widget.isVisible():
            self.refresh()
