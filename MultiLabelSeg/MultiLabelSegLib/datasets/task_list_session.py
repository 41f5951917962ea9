"""Working through a task list: which task is open, what is done, saving, and going on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..core import Event, Segmentation
from ..errors import DatasetError, OptionError
from ..formats.report import Report
from ..signal import Signal
from .task_list import TaskList, interim_candidates
from .task_list_opening import OpenedTask, PreparedTask, Readers, open_task, prepare_task
from .task_list_saving import FileMark, TaskFiles

Direction = Literal["next", "previous", "next undone", "previous undone"]
_DIRECTIONS = ("next", "previous", "next undone", "previous undone")


@dataclass(frozen=True)
class TaskState:
    """How a task stands. ``is_active``: it is open; ``is_current``: the list points to it."""

    is_active: bool
    is_current: bool
    is_done: bool
    has_interim: bool
    has_unsaved_changes: bool

    @property
    def text(self) -> str:
        """The state in words, as MITK has them."""
        work = "unsaved changes" if self.has_unsaved_changes else "done" if self.is_done else "not done"
        started = ", begun" if self.has_interim and not self.is_done else ""
        return f"{'active' if self.is_active else 'inactive'}, {work}{started}"


@dataclass(frozen=True, eq=False)
class Question:
    """What the user has to decide before the session goes on: ``answer`` takes one of ``answers``.

    ``unsaved`` asks save, discard or cancel; ``dynamic`` asks static, dynamic or cancel. ``channel`` is asked by who
    reads images of several numbers a voxel: one of their names, or cancel.
    """

    kind: Literal["unsaved", "dynamic", "channel"]
    text: str
    answers: tuple[str, ...]
    _go_on: Callable[[str], Step]

    def answer(self, choice: str) -> Step:
        """Goes on as the user chose; ``cancel`` leaves everything as it is. Raises OptionError for another answer."""
        if choice not in self.answers:
            raise OptionError("answer", choice, self.answers)
        return None if choice == "cancel" else self._go_on(choice)


#: what a step of the session ends with: an opened task, a question, or neither (cancelled, closed, nothing left)
Step = OpenedTask | Question | None


class TaskSession:
    """One list on its way. ``changed`` is emitted when a state may have changed, ``opened`` with every opened task.

    Tasks are counted from 0 here, from 1 in texts. Nothing is written but by ``save_interim`` and ``save_final``, and
    by the answer "save". ``unsaved`` says whether a segmentation has changes, where its events do not tell it.

    Raises DatasetError for a list without tasks.
    """

    def __init__(self, tasks: TaskList, readers: Readers | None = None, report: Report | None = None) -> None:
        if not tasks.tasks:
            raise DatasetError(f"{tasks.path}: Tasks: found none, expected one task at least")
        self.tasks = tasks
        self.report = report or Report()
        self.changed, self.opened = Signal(), Signal()
        self._readers = readers or Readers()
        self._current = 0
        self._active: OpenedTask | None = None
        self._files: TaskFiles | None = None
        self._is_dirty = False
        self._unfollow: Callable[[], object] | None = None

    # ---- looking -----------------------------------------------------------------------------------------------
    @property
    def current(self) -> int:
        """The task that the list points to."""
        return self._current

    @property
    def active(self) -> OpenedTask | None:
        """The task that is open."""
        return self._active

    @property
    def has_unsaved_changes(self) -> bool:
        """Whether the open segmentation was changed since it was opened or saved."""
        return self._is_dirty

    def is_done(self, index: int) -> bool:
        """Whether the result of a task exists."""
        return self.tasks.result_path(index).exists()

    def state(self, index: int) -> TaskState:
        """How a task stands; the files are looked at now. Raises DatasetError for a task that there is not."""
        result = self.tasks.result_path(index)
        is_active = self._active is not None and self._active.index == index
        begun = any(path.exists() for path in interim_candidates(result))
        return TaskState(is_active, index == self._current, result.exists(), begun, is_active and self._is_dirty)

    def states(self) -> tuple[TaskState, ...]:
        """How all tasks stand."""
        return tuple(self.state(index) for index in range(len(self.tasks.tasks)))

    def neighbour(self, direction: Direction) -> int | None:
        """The task beside the current one; the next undone one is looked for around the end. None: there is none."""
        if direction not in _DIRECTIONS:
            raise OptionError("direction", direction, _DIRECTIONS)
        step = 1 if direction.startswith("next") else -1
        count = len(self.tasks.tasks)
        if not direction.endswith("undone"):
            index = self._current + step
            return index if 0 <= index < count else None
        around = ((self._current + step * distance) % count for distance in range(1, count))
        return next((index for index in around if not self.is_done(index)), None)

    def find(self, query: str | int) -> tuple[int, ...]:
        """Tasks by number (from 1) or by a part of their name in any case; those of exactly this name come first."""
        text = str(query).strip().casefold()
        titles = [self.tasks.title_of(index).casefold() for index in range(len(self.tasks.tasks))]
        exact = [index for index, title in enumerate(titles) if title == text]
        number = [int(text) - 1] if text.isascii() and text.isdigit() and 0 < int(text) <= len(titles) else []
        parts = [index for index, title in enumerate(titles) if text and text in title]
        return tuple(dict.fromkeys([*number, *exact, *parts]))

    # ---- going -------------------------------------------------------------------------------------------------
    def go_to(self, index: int) -> int:
        """Points to a task without opening it. Raises DatasetError for one that there is not."""
        self.tasks.task(index)
        self._current = index
        self.changed.emit()
        return index

    def go(self, direction: Direction) -> int | None:
        """Points to the neighbour; None, and nothing happens, where there is none."""
        index = self.neighbour(direction)
        return None if index is None else self.go_to(index)

    def open(self, index: int | None = None) -> Step:
        """Opens a task, the current one unless another is named.

        Answers with the opened task, or with a question: about unsaved changes of the one that is open, about static
        or dynamic. When reading fails, the task that is open stays open; raises FormatError, DatasetError.
        """
        wanted = self._current if index is None else index
        self.tasks.task(wanted)
        if self._active is not None and self._active.index == wanted:
            return self._active
        return self._guarded(lambda: self._prepare(wanted))

    def close(self) -> Step:
        """Closes the open task, after a question where it has unsaved changes; None: nothing is open any more."""
        return self._guarded(self._close)

    def accept(self, *, overwrite: bool = False) -> Step:
        """Saves the final result and opens the next undone task, looking around the end; None: all are done.

        Raises as ``save_final``.
        """
        self.save_final(overwrite=overwrite)
        return self.open_next_undone()

    def open_next_undone(self) -> Step:
        """Opens the next task that is not done, looking around the end; None: all are done. Raises as ``open``."""
        self._current = self._opened().index
        following = self.neighbour("next undone")
        if following is None:
            self.changed.emit()
            return None
        return self.open(self.go_to(following))

    # ---- saving ------------------------------------------------------------------------------------------------
    def save_interim(self, *, overwrite: bool = False, frozen: Segmentation | None = None) -> Path:
        """Saves unfinished work beside the result, or the result where it exists already; returns the file.

        ``frozen`` is a copy of the open segmentation that is written in its place: who saves in the background hands it
        over, so that the user may go on, and calls ``mark_changed`` afterwards where that happened. A file that
        somebody else wrote since it was opened is replaced only with ``overwrite``. Raises FormatError (that file
        exists, LossError, WriteError), DatasetError when no task is open.
        """
        opened, files = self._opened(), self._open_files()
        if files.result.exists():
            return self.save_final(overwrite=overwrite, frozen=frozen)
        path = files.save_interim(frozen or opened.segmentation, overwrite, self.report)
        self._saved()
        return path

    def save_final(self, *, overwrite: bool = False, frozen: Segmentation | None = None) -> Path:
        """Saves the result, then removes the interim file; returns the result. Raises as ``save_interim``."""
        opened, files = self._opened(), self._open_files()
        path = files.save_final(frozen or opened.segmentation, overwrite, self.report)
        self._saved()
        return path

    def mark_changed(self) -> None:
        """The open segmentation has changes that its events did not tell."""
        self._opened()
        self._note_change()

    # ---- inside ------------------------------------------------------------------------------------------------
    def _opened(self) -> OpenedTask:
        if self._active is None:
            raise DatasetError(f"{self.tasks.path}: no task is open; open one first")
        return self._active

    def _open_files(self) -> TaskFiles:
        assert self._files is not None
        return self._files

    def _guarded(self, go_on: Callable[[], Step]) -> Step:
        """Goes on at once, or asks first where changes would be lost."""
        if self._active is None or not self._is_dirty:
            return go_on()

        def answered(choice: str) -> Step:
            if choice == "save":
                self.save_interim()
            return go_on()

        title = self.tasks.title_of(self._active.index)
        text = f"{title} has unsaved changes. Save them as interim result, or discard them?"
        return Question("unsaved", text, ("save", "discard", "cancel"), answered)

    def _prepare(self, index: int) -> Step:
        result = self.tasks.result_path(index)
        marks = [FileMark.of(path) for path in (result, *interim_candidates(result))]
        prepared = prepare_task(self.tasks, index, self._readers)
        if not prepared.needs_decision:
            return self._activate(prepared, None, marks)
        frames = prepared.image.geometry.time_steps
        text = f"The image of {self.tasks.title_of(index)} has {frames} frames. Segment all alike (static), or each?"
        answers = ("static", "dynamic", "cancel")
        return Question("dynamic", text, answers, lambda choice: self._activate(prepared, choice == "dynamic", marks))

    def _activate(self, prepared: PreparedTask, dynamic: bool | None, marks: Sequence[FileMark]) -> OpenedTask:
        opened = open_task(prepared, dynamic, self.report)
        if self._unfollow is not None:
            self._unfollow()
        self._active, self._current, self._is_dirty = opened, opened.index, False
        self._files = TaskFiles(self.tasks, opened.index, marks)
        self._unfollow = opened.segmentation.changed.connect(self._on_event)
        self.opened.emit(opened)
        self.changed.emit()
        return opened

    def _close(self) -> None:
        if self._unfollow is not None:
            self._unfollow()
        self._unfollow = None
        self._active, self._files, self._is_dirty = None, None, False
        self.changed.emit()

    def _on_event(self, _event: Event) -> None:
        self._note_change()

    def _note_change(self) -> None:
        if not self._is_dirty:
            self._is_dirty = True
            self.changed.emit()

    def _saved(self) -> None:
        self._is_dirty = False
        self.changed.emit()
