"""What all dialogs share: a column of widgets above a row of buttons; errors keep them open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...presenter import Presenter
from ...topics import Changed
from ..binding import connect, get, qt
from ..errors import desk
from ..layout import UNIT


class Dialog:
    """A dialog by composition: ``widget`` is the QDialog, ``column`` the layout to fill.

    ``accept`` of a subclass does the work; when it raises, the error is shown and the dialog stays open with what was
    typed. ``open`` does not wait.
    """

    def __init__(self, parent: Any, title: str, button: str = "OK", cancel: str = "Cancel") -> None:
        self._follows: list[Callable[[], object]] = []
        self.widget = qt.QDialog(parent)
        self.widget.setWindowTitle(title)
        outer = qt.QVBoxLayout(self.widget)
        outer.setContentsMargins(4 * UNIT, 4 * UNIT, 4 * UNIT, 3 * UNIT)
        outer.setSpacing(3 * UNIT)
        self.column = qt.QVBoxLayout()
        self.column.setSpacing(2 * UNIT)
        outer.addLayout(self.column, 1)
        self.buttons = qt.QDialogButtonBox()
        self.ok = self.buttons.addButton(button, qt.QDialogButtonBox.AcceptRole) if button else None
        self.cancel = self.buttons.addButton(cancel, qt.QDialogButtonBox.RejectRole)
        for each in (self.ok, self.cancel):
            if each is not None:
                each.setIcon(qt.QIcon())
        if self.ok is not None:
            self.ok.setDefault(True)
        outer.addWidget(self.buttons)
        connect(self.buttons, "accepted()", self._accepted)
        connect(self.buttons, "rejected()", self.widget.reject)
        connect(self.widget, "finished(int)", self.closed)

    def open(self) -> None:
        """Shows the dialog over its window; it does not wait. With a silent desk it blocks no window either.

        Enter is the first button's, not that of whatever button comes first in the form.
        """
        first = self.cancel if self.ok is None else self.ok
        for button in self.widget.findChildren(qt.QPushButton):
            button.setAutoDefault(button == first)
        first.setDefault(True)
        if desk.silent:
            self.widget.show()
        else:
            self.widget.open()

    @property
    def is_open(self) -> bool:
        """Whether the dialog is to be seen."""
        return bool(self.widget.isVisible())

    def accept(self) -> object:
        """What the dialog is for."""
        return None

    def closed(self) -> None:
        """The dialog was closed, in whatever way: it follows nobody any more."""
        while self._follows:
            self._follows.pop()()

    def follow(self, presenter: Presenter, function: Callable[[Changed], object]) -> None:
        """Calls a function with each of the presenter's changes, until the dialog is closed."""
        self._follows.append(presenter.changed.connect(function))

    def _accepted(self) -> None:
        try:
            self.accept()
        except Exception as error:
            desk.show(error)
            return
        self.widget.accept()

    def set_width(self, width: int) -> None:
        """Opens at least this wide, in pixels of a usual font."""
        scale = max(1.0, self.widget.fontMetrics().height() / 16)
        self.widget.setMinimumWidth(int(width * scale))


def title_label(text: str) -> Any:
    """A bold line above a part of a dialog."""
    label = qt.QLabel(text)
    font = get(label, "font")
    font.setBold(True)
    label.setFont(font)
    return label


#: what a dialog calls when it was accepted
Accepted = Callable[[dict[str, Any]], object]
