"""Doing, undoing and redoing commands, within a limit of memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from ..core import Segmentation
from ..errors import HistoryError, MultiLabelSegError
from ..signal import Signal
from .changes import Change, Command

#: memory that the steps of a history may hold unless told otherwise
DEFAULT_LIMIT = 512 * 2**20


@dataclass(frozen=True, eq=False)
class Step:
    """What takes one command back, or does it again: changes in the order of their application.

    ``state`` names the state of the document that it leads to.
    """

    title: str
    changes: tuple[Change, ...]
    nbytes: int
    state: int

    @classmethod
    def of(cls, title: str, inverses: Sequence[Change], state: int) -> Step:
        """The step that takes back what gave these inverses, back to a state."""
        return cls(title, tuple(reversed(inverses)), sum(change.nbytes for change in inverses), state)


@dataclass(frozen=True, eq=False)
class Steps:
    """All steps of a history: what can be undone, the newest last, what can be redone, the next last; its state."""

    undo: tuple[Step, ...] = ()
    redo: tuple[Step, ...] = ()
    state: int = 0


class History:
    """The one way to change a segmentation: every command can be undone and redone.

    ``limit_bytes`` bounds the memory of all steps; the oldest are forgotten first. The newest step is always kept, so
    that whatever was done last can be taken back. ``changed`` is emitted after every do, undo and redo. Listeners of
    the segmentation are told when a command is complete, never in its middle. ``changing`` comes before the document
    is touched, ``settled`` when a step is whole (for a group of commands: at the group's end), also after a failure:
    between the two nobody else should look at the voxels.
    """

    def __init__(self, segmentation: Segmentation, limit_bytes: int = DEFAULT_LIMIT) -> None:
        if limit_bytes < 0:
            raise HistoryError(f"the limit of a history must not be negative, found {limit_bytes} bytes")
        self._segmentation = segmentation
        self._limit = limit_bytes
        self._undo: deque[Step] = deque()
        self._redo: list[Step] = []
        self._open: list[list[Change]] = []
        self._nbytes = 0
        self._state = self._newest_state = 0
        self._is_changing = False
        self.changed = Signal()
        self.changing = Signal()
        self.settled = Signal()

    @property
    def segmentation(self) -> Segmentation:
        """The document that this history changes."""
        return self._segmentation

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to undo."""
        return bool(self._undo) and not self._open

    @property
    def can_redo(self) -> bool:
        """Whether there is a step to redo."""
        return bool(self._redo) and not self._open

    @property
    def undo_titles(self) -> tuple[str, ...]:
        """Titles of what can be undone, the newest first."""
        return tuple(step.title for step in reversed(self._undo))

    @property
    def redo_titles(self) -> tuple[str, ...]:
        """Titles of what can be redone, the next first."""
        return tuple(step.title for step in reversed(self._redo))

    @property
    def nbytes(self) -> int:
        """Memory that all steps hold."""
        return self._nbytes

    @property
    def state(self) -> int:
        """Names the present state of the document: the same again when steps are taken back or done again.

        Whoever saves keeps it, and knows later whether anything differs from what was saved.
        """
        return self._state

    def do(self, command: Command) -> Command:
        """Applies a command and keeps its inverse; returns the command. One that changes nothing leaves no step.

        Raises what its changes raise; then the document is as it was.
        """
        if not command.changes:
            return command
        with self._one_change():
            try:
                with self._segmentation.changed.held():
                    inverses = self._apply(command.changes)
                    if self._open:
                        self._open[-1] += inverses
                    else:
                        self._push(command.title, inverses)
            finally:
                if not self._open:
                    self.changed.emit()
        return command

    def undo(self) -> str:
        """Takes the newest step back; returns its title. Raises HistoryError when there is none or it does not fit."""
        return self._turn(self._undo, self._redo, "undo")

    def redo(self) -> str:
        """Does again what was undone last; returns its title. Raises HistoryError as ``undo`` does."""
        return self._turn(self._redo, self._undo, "redo")

    @contextmanager
    def grouped(self, title: str) -> Iterator[None]:
        """Commands of the block become one step; a block within a block joins the outer one.

        When the block fails, everything that it did is taken back and nothing remains to undo.
        """
        with self._one_change(), self._group(title):
            yield

    @contextmanager
    def _group(self, title: str) -> Iterator[None]:
        self._open.append([])
        try:
            yield
        except BaseException:
            with self._segmentation.changed.held():
                self._take_back(self._open.pop())
            raise
        inverses = self._open.pop()
        if self._open:
            self._open[-1] += inverses
        elif inverses:
            self._push(title, inverses)
            self.changed.emit()

    def steps(self) -> Steps:
        """All steps, to be kept beside the document (see ``stored_steps``)."""
        return Steps(tuple(self._undo), tuple(self._redo), self._state)

    def resume(self, steps: Steps) -> None:
        """Goes on with the steps of a former history of the same document.

        Raises HistoryError when there are steps already.
        """
        if self._undo or self._redo or self._open:
            raise HistoryError("only a history without steps can go on with those of another")
        self._undo.extend(steps.undo)
        self._redo.extend(steps.redo)
        self._nbytes = sum(step.nbytes for step in (*steps.undo, *steps.redo))
        self._state = steps.state
        self._newest_state = max((steps.state, *(step.state for step in (*steps.undo, *steps.redo))))
        self._forget()
        self.changed.emit()

    def clear(self) -> None:
        """Forgets all steps; the document stays as it is. Raises HistoryError within a group of commands."""
        if self._open:
            raise HistoryError("a history cannot be cleared within a group of commands")
        self._undo.clear()
        self._redo.clear()
        self._nbytes = 0
        self.changed.emit()

    @contextmanager
    def _one_change(self) -> Iterator[None]:
        """Tells listeners before the outermost change and after it."""
        if self._is_changing:
            yield
            return
        self._is_changing = True
        try:
            self.changing.emit()
            yield
        finally:
            self._is_changing = False
            self.settled.emit()

    def _apply(self, changes: Sequence[Change]) -> list[Change]:
        inverses: list[Change] = []
        try:
            for change in changes:
                inverses.append(change.apply(self._segmentation))
        except BaseException:
            self._take_back(inverses)
            raise
        return inverses

    def _reapply(self, step: Step, verb: str) -> list[Change]:
        try:
            return self._apply(step.changes)
        except MultiLabelSegError as error:
            raise HistoryError(f"cannot {verb} {step.title!r}, the document was changed otherwise: {error}") from error

    def _take_back(self, inverses: Sequence[Change]) -> None:
        for inverse in reversed(inverses):
            inverse.apply(self._segmentation)

    def _turn(self, source: deque[Step] | list[Step], target: deque[Step] | list[Step], verb: str) -> str:
        if self._open:
            raise HistoryError(f"{verb} is not possible within a group of commands")
        if not source:
            raise HistoryError(f"there is nothing to {verb}")
        step = source[-1]
        with self._one_change():
            try:
                with self._segmentation.changed.held():
                    inverses = self._reapply(step, verb)
                    source.pop()
                    turned = Step.of(step.title, inverses, self._state)
                    self._state = step.state
                    target.append(turned)
                    self._nbytes += turned.nbytes - step.nbytes
                    self._forget()
            finally:
                self.changed.emit()
        return step.title

    def _push(self, title: str, inverses: Sequence[Change]) -> None:
        step = Step.of(title, inverses, self._state)
        self._newest_state += 1
        self._state = self._newest_state
        self._nbytes += step.nbytes - sum(undone.nbytes for undone in self._redo)
        self._redo.clear()
        self._undo.append(step)
        self._forget()

    def _forget(self) -> None:
        """Drops the oldest steps until the limit holds; of the last one that was done or undone never."""
        keep = 0 if self._redo else 1
        while self._nbytes > self._limit and len(self._undo) > keep:
            self._nbytes -= self._undo.popleft().nbytes
        while self._nbytes > self._limit and len(self._redo) > 1 and not self._undo:
            self._nbytes -= self._redo.pop(0).nbytes
