"""The task list: what is to be segmented, how each task stands, opening, saving and accepting."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from ...core import Segmentation
from ...datasets.task_list_json import read_task_list, write_task_list
from ...datasets.task_list_opening import OpenedTask, Readers, preferences_for
from ...datasets.task_list_session import Direction, Question, Step, TaskSession
from ...errors import DatasetError, HostError, OptionError, ToolError
from ...formats.report import Report
from ...host.base import Level
from ..open_document import OpenDocument
from ..session import Session
from ..topics import Changed, Emit, Topic
from ..work import Work
from .channels import TaskImages
from .items import TaskItem, TaskQuestion, items_of
from .making import NewTasks, tasks_of_images

__all__ = ["NewTasks", "TaskItem", "TaskQuestion", "Tasks"]


class Tasks:
    """See the module. Reading and saving run in the background; meanwhile nothing else can be asked for.

    ``choose_image(id)`` makes an image of the host the reference image.
    """

    def __init__(self, session: Session, emit: Emit, choose_image: Callable[[str], None]) -> None:
        self._session, self._emit, self._choose_image = session, emit, choose_image
        self._tasks: TaskSession | None = None
        self._question: Question | None = None
        self._images = TaskImages()
        self._opened: OpenDocument | None = None
        self._work: Work | None = None
        self._report = Report()
        self._left_at = 0  # what the open task's history was when its leaving began

    # ---- the list ----------------------------------------------------------------------------------------------
    @property
    def is_loaded(self) -> bool:
        """Whether there is a list."""
        return self._tasks is not None

    @property
    def title(self) -> str:
        """The list's name; empty without one."""
        return "" if self._tasks is None else self._tasks.tasks.title

    def load(self, path: Path, allow_outside: bool = False) -> None:
        """Reads MITK's JSON and points to its first task that is not done.

        ``allow_outside`` permits results outside of the list's folder. Raises FormatError, DatasetError, ToolError
        while a task with unsaved changes is open.
        """
        if self.is_modified:
            raise ToolError(f"{self.title}: the open task has unsaved changes; save or close it first")
        images = TaskImages()
        tasks = TaskSession(read_task_list(path, allow_outside=allow_outside), Readers(images.read), self._report)
        self._forget_document()
        self._tasks, self._images, self._question = tasks, images, None
        if tasks.is_done(0):
            tasks.go("next undone")
        self._emit(Topic.TASKS)

    def create(
        self, path: Path, images: Sequence[Path], common: NewTasks | None = None, overwrite: bool = False
    ) -> None:
        """Writes a new list with a task for each image, and loads it. Raises DatasetError, WriteError."""
        write_task_list(tasks_of_images(path, images, common), overwrite=overwrite)
        self.load(path)

    def unload(self) -> None:
        """Puts the list away; an open task stays open as an ordinary document."""
        self._tasks = self._question = self._opened = None
        self._session.task_preferences = None
        self._emit(Topic.TASKS)

    def items(self) -> list[TaskItem]:
        """All tasks with their states; the files are looked at now."""
        return [] if self._tasks is None else items_of(self._tasks)

    def find(self, query: str) -> tuple[int, ...]:
        """Tasks by number or a part of their name, the best first."""
        return () if self._tasks is None else self._tasks.find(query)

    @property
    def current(self) -> int:
        """The task that the list points to."""
        return self._need().current

    @property
    def is_modified(self) -> bool:
        """Whether the open task has changes that no file holds."""
        return self._tasks is not None and self._opened is not None and self._opened.is_modified

    @property
    def is_at_work(self) -> bool:
        """Whether the current document is that of the open task, so that saving is the list's business."""
        return self._opened is not None and self._opened is self._session.current

    def progress_text(self) -> str:
        """How far the list is: "3 of 12 tasks done"."""
        states = () if self._tasks is None else self._tasks.states()
        return f"{sum(state.is_done for state in states)} of {len(states)} tasks done" if states else ""

    # ---- going -------------------------------------------------------------------------------------------------
    def go_to(self, index: int) -> None:
        """Points to a task without opening it. Raises DatasetError for one that there is not."""
        self._need().go_to(index)
        self._emit(Topic.TASKS)

    def go(self, direction: Direction) -> bool:
        """Points to the next or previous (undone) task; False where there is none."""
        found = self._need().go(direction)
        self._emit(Topic.TASKS)
        return found is not None

    def next(self) -> bool:
        """Points to the next task."""
        return self.go("next")

    def previous(self) -> bool:
        """Points to the previous task."""
        return self.go("previous")

    def open(self, index: int | None = None) -> Work:
        """Opens a task, the current one unless named: image and segmentation from wherever the work stands.

        May leave a ``question``. Raises ToolError while something is read or saved.
        """
        tasks = self._synced()
        return self._run(lambda: tasks.open(index))

    def close(self) -> Work:
        """Closes the open task; may leave a ``question`` about unsaved changes."""
        tasks = self._synced()
        return self._run(tasks.close)

    def save_interim(self, overwrite: bool = False) -> Work:
        """Saves unfinished work beside the result. Raises DatasetError when no task is open."""
        return self._save(lambda tasks, frozen: tasks.save_interim(overwrite=overwrite, frozen=frozen))

    def save_final(self, overwrite: bool = False) -> Work:
        """Saves the result. Raises DatasetError when no task is open."""
        return self._save(lambda tasks, frozen: tasks.save_final(overwrite=overwrite, frozen=frozen))

    def accept(self, overwrite: bool = False) -> Work:
        """Saves the result and opens the next task that is not done. Raises DatasetError when no task is open.

        Whoever goes on drawing while it is saved stays in the task: the next one is not opened over unsaved work.
        """
        return self._save(
            lambda tasks, frozen: tasks.save_final(overwrite=overwrite, frozen=frozen),
            lambda: self._leave(self._need().open_next_undone),
        )

    # ---- questions ---------------------------------------------------------------------------------------------
    def question(self) -> TaskQuestion | None:
        """What has to be decided before it goes on; None when nothing."""
        return None if self._question is None else TaskQuestion(self._question.text, self._question.answers)

    def answer(self, choice: str) -> Work | None:
        """Goes on as the user chose; None where that was to cancel. Raises OptionError for another answer."""
        question = self._question
        if question is None or choice not in question.answers:
            raise OptionError("answer", choice, () if question is None else question.answers)
        self._question = None
        if choice == "cancel":
            self._emit(Topic.TASKS)
            return None
        if question.kind == "unsaved" and choice == "save":
            return self._save(
                lambda tasks, frozen: tasks.save_interim(frozen=frozen),
                lambda: self._leave(lambda: question.answer("discard")),
            )
        return self._run(lambda: question.answer(choice))

    # ---- inside ------------------------------------------------------------------------------------------------
    def on_changed(self, changed: Changed) -> None:
        """Unsaved changes of the open task came or went."""
        if changed.topic is Topic.SAVED and self._opened is not None:
            self._emit(Topic.TASKS)

    def _need(self) -> TaskSession:
        if self._tasks is None:
            raise ToolError("there is no task list; load one first")
        return self._tasks

    def _synced(self) -> TaskSession:
        """The list, knowing of changes; edits of others are picked up first."""
        tasks = self._need()
        if self._work is not None and not self._work.is_done:
            raise ToolError("a task is being opened or saved; wait for it")
        self._session.collect()
        return tasks

    def _run(self, step: Callable[[], Step]) -> Work:
        self._left_at = 0 if self._opened is None else self._opened.history.state
        self._work = self._session.run(lambda _progress: self._images.asking(step), self._took)
        return self._work

    def _leave(self, step: Callable[[], Step]) -> None:
        """Goes on from a task that was saved, unless somebody went on drawing meanwhile."""
        tasks = self._need()
        if tasks.has_unsaved_changes:
            title = tasks.tasks.title_of(tasks.current)
            self._session.tell(Level.WARNING, f"{title} was changed while it was saved and stays open; save it again")
        else:
            self._run(step)

    def _took(self, result: Step) -> None:
        tasks = self._need()
        self._question = result if isinstance(result, Question) else None
        if isinstance(result, OpenedTask):
            if self._opened is None or result.segmentation is not self._opened.document:
                self._show(result)
        elif result is None and tasks.active is None:
            self._forget_document()
        elif result is None:
            self._session.tell(Level.INFO, f"{tasks.tasks.title}: all tasks are done")
        self._tell_report()
        self._emit(Topic.TASKS)

    def _show(self, task: OpenedTask) -> None:
        """Image and segmentation of a task in place of those of the one before."""
        self._forget_document()
        session, title = self._session, self._need().tasks.title_of(task.index)
        session.task_preferences = preferences_for(session.preferences, task)
        add_image = getattr(session.host, "add_image", None)
        if add_image is None:
            raise HostError(f"{title}: this program cannot take images")
        image_id: str = add_image(task.image, title)
        # it has no path: its files are the list's business, which knows what must not be replaced
        self._opened = session.add_document(task.segmentation, title, image_id=image_id)
        self._choose_image(image_id)
        self._emit(Topic.PREFERENCES)

    def _forget_document(self) -> None:
        opened, self._opened = self._opened, None
        self._session.task_preferences = None
        if opened is None:
            return
        if opened.is_modified and opened.history.state != self._left_at:
            text = f"{opened.name} was changed while another task was opened; it stays open, to be saved with Save As"
            self._session.tell(Level.WARNING, text)
            return
        self._session.forget(opened, discard=True)
        if opened.image_id == self._session.image_id:
            self._choose_image("")
        remove_image = getattr(self._session.host, "remove_image", None)
        if remove_image is not None and opened.image_id:
            remove_image(opened.image_id)

    def _save(
        self, save: Callable[[TaskSession, Segmentation], Path], afterwards: Callable[[], None] | None = None
    ) -> Work:
        tasks, opened = self._synced(), self._opened
        if tasks.active is None or opened is None:
            raise DatasetError(f"{tasks.tasks.path}: no task is open; open one first")
        # a copy, since the user goes on drawing while it is written
        state, frozen = opened.history.state, opened.document.copy()

        def done(path: Path) -> None:
            self._session.tell(Level.INFO, f"Saved {path}")
            self._note_saved(opened, state)
            self._tell_report()
            if afterwards is not None:
                afterwards()
            self._emit(Topic.TASKS)

        self._work = self._session.run(lambda _progress: save(tasks, frozen), done)
        return self._work

    def _note_saved(self, opened: OpenDocument, state: int) -> None:
        """The file holds the document as it was when saving began; what was changed meanwhile is unsaved."""
        opened.saved_state = state
        if opened.history.state != state and self._opened is opened and self._need().active is not None:
            self._need().mark_changed()
        self._session.note_saved(opened, state)

    def _tell_report(self) -> None:
        for text in self._images.said():
            self._session.tell(Level.INFO, text)
        for note in self._report.left_out:
            self._session.tell(Level.WARNING, str(note))
        self._report.left_out.clear()
        self._report.notes.clear()
