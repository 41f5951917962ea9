"""Strips above the panel: what somebody else changed in locked labels, and what a crash left behind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..presenter import Presenter
from ..topics import Changed, Topic
from .binding import qt
from .errors import guarded
from .layout import UNIT, clear_layout, sign_label, text_button, title_text


class Strip:
    """A framed text with a sign and buttons; hidden while there is nothing to say."""

    def __init__(self, sign: str = "warning") -> None:
        self.widget = qt.QFrame()
        self.widget.setFrameShape(qt.QFrame.StyledPanel)
        self.buttons: dict[str, Any] = {}
        column = qt.QVBoxLayout(self.widget)
        column.setContentsMargins(2 * UNIT, 2 * UNIT, 2 * UNIT, 2 * UNIT)
        column.setSpacing(UNIT)
        top = qt.QHBoxLayout()
        top.setSpacing(2 * UNIT)
        self.text = qt.QLabel()
        self.text.setWordWrap(True)
        top.addWidget(sign_label(sign), 0, qt.Qt.AlignTop)
        top.addWidget(self.text, 1)
        column.addLayout(top)
        self._row = qt.QHBoxLayout()
        self._row.setSpacing(UNIT)
        column.addLayout(self._row)
        self.is_shown = False
        self.widget.hide()

    def show(self, text: str, choices: Sequence[tuple[str, str, Callable[[], object]]]) -> None:
        """Shows a text and buttons (id, title, what they do)."""
        clear_layout(self._row)
        self.buttons.clear()
        self.text.setText(title_text(text))
        self._row.addStretch(1)
        for identity, title, function in choices:
            self.buttons[identity] = text_button(title, function)
            self._row.addWidget(self.buttons[identity])
        self.is_shown = True
        self.widget.show()

    def hide(self) -> None:
        """Nothing to say any more."""
        self.is_shown = False
        self.widget.hide()


class Strips:
    """One strip each for edits of others, for what a crash left, and for questions of the task list."""

    def __init__(self, presenter: Presenter, parent: Any = None) -> None:
        self.presenter = presenter
        self.widget = qt.QWidget(parent)
        self.foreign, self.recovery, self.task = Strip(), Strip("history"), Strip("tasks")
        column = qt.QVBoxLayout(self.widget)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(UNIT)
        for strip in (self.foreign, self.recovery, self.task):
            column.addWidget(strip.widget)
        self._disconnect = presenter.changed.connect(self._on_changed)
        self.refresh()
        self.look_for_crashes()

    def close(self) -> None:
        """Follows the presenter no more."""
        self._disconnect()

    def refresh(self) -> None:
        """Shows what waits for an answer."""
        self._show_foreign()
        self._show_task()
        self._fit()

    def look_for_crashes(self) -> None:
        """Offers what an ended session left behind; looks at the disk."""
        offers = guarded(self.presenter.recovery.offers) or []
        if not offers:
            self.recovery.hide()
        else:
            first = offers[0]
            more = f" {len(offers) - 1} more wait." if len(offers) > 1 else ""
            self.recovery.show(
                f"{first.title} was not saved when the program ended. {first.text}{more}",
                (
                    ("restore", "Restore", lambda: self._recover(first.id, True)),
                    ("discard", "Discard", lambda: self._recover(first.id, False)),
                ),
            )
        self._fit()

    def _recover(self, identity: str, restore: bool) -> None:
        part = self.presenter.recovery
        if not restore:
            part.discard(identity)
            self.look_for_crashes()
            return
        part.restore(identity)
        self.recovery.hide()
        self._fit()

    def _show_foreign(self) -> None:
        part = self.presenter.foreign
        question = part.question()
        if question is None:
            self.foreign.hide()
            return
        name = f"{question.document}: " if question.document else ""
        self.foreign.show(
            f"{name}{question.text}", (("restore", "Restore", part.restore), ("accept", "Accept", part.accept))
        )

    def _show_task(self) -> None:
        part = self.presenter.tasks
        question = part.question()
        if question is None:
            self.task.hide()
            return
        choices = [(answer, title_text(answer), self._answer(answer)) for answer in question.answers]
        self.task.show(question.text, choices)

    def _answer(self, answer: str) -> Callable[[], object]:
        return lambda: self.presenter.tasks.answer(answer)

    def _fit(self) -> None:
        strips = (self.foreign, self.recovery, self.task)
        self.widget.setVisible(any(strip.is_shown for strip in strips))

    def _on_changed(self, changed: Changed) -> None:
        if changed.topic in (Topic.FOREIGN, Topic.TASKS, Topic.DOCUMENT):
            self.refresh()
