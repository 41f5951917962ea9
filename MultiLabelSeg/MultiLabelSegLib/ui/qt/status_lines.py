"""Below the panel: progress of long work, what the last gesture did, what lies under the mouse."""

from __future__ import annotations

from typing import Any

from ..presenter import Presenter
from ..topics import Changed, Topic
from .binding import qt
from .layout import UNIT, ElidedLabel, icon_button, title_text


class BusyBox:
    """A bar with a button to cancel, while something works in the background."""

    def __init__(self, presenter: Presenter, parent: Any = None) -> None:
        self.presenter = presenter
        self.widget = qt.QWidget(parent)
        self.bar = qt.QProgressBar()
        self.bar.setRange(0, 100)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(8)
        self.bar.setAccessibleName("Progress")
        self.cancel = icon_button("cancel", "Cancel the work in the background", self._cancel)
        row = qt.QHBoxLayout(self.widget)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(UNIT)
        row.addWidget(self.bar, 1)
        row.addWidget(self.cancel)
        self.widget.hide()
        self._disconnect = presenter.changed.connect(self._on_changed)

    def close(self) -> None:
        """Follows the presenter no more."""
        self._disconnect()

    def _on_changed(self, changed: Changed) -> None:
        if changed.topic is not Topic.BUSY:
            return
        is_seen_above = self.presenter.tools.is_program and self.presenter.ai.job is not None
        self.widget.setVisible(bool(changed.values) and not is_seen_above)
        if changed.values:
            percent = changed.values[0]
            self.bar.setRange(0, 100 if percent else 0)  # before the first number: it only says that it works
            self.bar.setValue(percent)

    def _cancel(self) -> None:
        """Whatever part of the presenter is at work stops; the others have nothing to cancel."""
        for name in ("session", "tools", "data", "files", "interpolation", "statistics", "ai"):
            cancel = getattr(getattr(self.presenter, name, None), "cancel", None)
            if cancel is not None:
                cancel()


class NoteLine:
    """What the last gesture did, in one or two lines; ``is_shown``: not said elsewhere in the window already."""

    def __init__(self, presenter: Presenter, parent: Any = None, is_shown: bool = True) -> None:
        self.presenter = presenter
        self.widget = qt.QLabel(parent)
        self.widget.setWordWrap(True)
        self.widget.setTextInteractionFlags(qt.Qt.TextSelectableByMouse)
        self._text = ""
        self.is_shown = is_shown
        self._disconnect = presenter.changed.connect(self._on_changed)
        self.show("")

    def close(self) -> None:
        """Follows the presenter no more."""
        self._disconnect()

    def show(self, text: str) -> None:
        """Shows a text; empty ones hide the line."""
        self._text = text
        self.widget.setText(title_text(text))
        self.widget.setVisible(bool(text) and self.is_shown)

    def _on_changed(self, changed: Changed) -> None:
        if changed.topic in (Topic.FEEDBACK, Topic.TOOL, Topic.HISTORY, Topic.PREVIEW):
            note = self.presenter.tools.note
            if note != self._text:
                self.show(note)


class HoverLine:
    """Every label at the voxel under the mouse; for hosts whose window has no line of its own for that."""

    def __init__(self, presenter: Presenter) -> None:
        self.presenter = presenter
        self.label = ElidedLabel("", 48, 0)
        self.widget = self.label.widget
        self.widget.setAccessibleName("Labels under the mouse")
        self.widget.setForegroundRole(qt.QPalette.PlaceholderText)
        self.widget.setFixedHeight(self.widget.fontMetrics().height() + UNIT)
        self._disconnect = presenter.changed.connect(self._on_changed)

    def close(self) -> None:
        """Follows the presenter no more."""
        self._disconnect()

    def _on_changed(self, changed: Changed) -> None:
        if changed.topic is Topic.HOVER:
            self.label.set_text(self.presenter.hover.text())
