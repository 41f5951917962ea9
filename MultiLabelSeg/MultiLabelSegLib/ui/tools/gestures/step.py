"""The one step to undo that all writes of a gesture become."""

from __future__ import annotations

from contextlib import ExitStack

from ....edit import Command, History


class _TakenBackError(Exception):
    """Tells the history to take a group of commands back."""


class GestureStep:
    """A group of commands that stays open from the press of a button until its release.

    What is done is seen at once. ``close`` makes it one step to undo, ``take_back`` makes it undone.
    """

    def __init__(self, history: History, title: str) -> None:
        self._history = history
        self._stack: ExitStack | None = ExitStack()
        self._stack.enter_context(history.grouped(title))

    def do(self, command: Command) -> Command:
        """Does a command within the step. Raises what its changes raise."""
        return self._history.do(command)

    def close(self) -> None:
        """Ends the step; without any change there is none to undo."""
        stack, self._stack = self._stack, None
        if stack is not None:
            stack.close()

    def take_back(self) -> None:
        """Ends the step and leaves nothing changed."""
        stack, self._stack = self._stack, None
        if stack is None:
            return
        error = _TakenBackError()
        try:
            with stack:
                raise error
        except _TakenBackError:
            pass
