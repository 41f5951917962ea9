"""The history list: what was done, undo, redo, and back to any step of it."""

from __future__ import annotations

from ..errors import HistoryError
from .session import Session
from .topics import Emit


class Steps:
    """What can be undone and redone in the current document."""

    def __init__(self, session: Session, emit: Emit) -> None:
        self._session, self._emit = session, emit

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to undo."""
        history = self._session.history
        return history is not None and history.can_undo

    @property
    def can_redo(self) -> bool:
        """Whether there is a step to redo."""
        history = self._session.history
        return history is not None and history.can_redo

    @property
    def undo_title(self) -> str:
        """What undo takes back; empty when there is nothing."""
        history = self._session.history
        return "" if history is None else next(iter(history.undo_titles), "")

    @property
    def redo_title(self) -> str:
        """What redo does again; empty when there is nothing."""
        history = self._session.history
        return "" if history is None else next(iter(history.redo_titles), "")

    def undo(self) -> str:
        """Takes the newest step back; returns its title. Raises HistoryError when there is none."""
        self._session.collect()
        return self._session.need().history.undo()

    def redo(self) -> str:
        """Does again what was undone last; returns its title. Raises HistoryError when there is none."""
        self._session.collect()
        return self._session.need().history.redo()

    def entries(self) -> list[str]:
        """The titles of all steps that are known, the oldest first; those from ``index`` on are undone."""
        history = self._session.history
        return [] if history is None else [*reversed(history.undo_titles), *history.redo_titles]

    @property
    def index(self) -> int:
        """How many of the ``entries`` are done; the rest are undone."""
        history = self._session.history
        return 0 if history is None else len(history.undo_titles)

    def jump(self, index: int) -> None:
        """Goes to where exactly the first ``index`` entries are done. Raises HistoryError for an impossible place."""
        self._session.collect()
        history = self._session.need().history
        done, count = len(history.undo_titles), len(history.undo_titles) + len(history.redo_titles)
        if not 0 <= index <= count:
            raise HistoryError(f"the history has {count} steps; place {index} is none of 0...{count}")
        for _ in range(done - index):
            history.undo()
        for _ in range(index - done):
            history.redo()

    @property
    def nbytes(self) -> int:
        """Memory that the steps hold."""
        history = self._session.history
        return 0 if history is None else history.nbytes
