"""What all parts of the presenter share: the documents that are open, the image, the frame, and how things change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..core import Image, Segmentation
from ..core.naming import display_names
from ..edit import Command, History
from ..edit.journal import Journal
from ..errors import ToolError
from ..host.base import DocumentView, Host, Level, Message, Progress
from ..presets.preferences import Preferences, load_preferences
from ..signal import Signal
from ..tools.base import Scene
from ..tools.contour_store import KEY, ContourStore, do_with_contours
from ..tools.slices import SliceOf
from .files import autosave
from .following import Following
from .look import show_look
from .open_document import OpenDocument
from .topics import Emit, Topic
from .work import Work


class Session:
    """The state that the parts work on. ``emit(topic, values)`` tells the view; ``events`` emits a document's events.

    ``image`` is the reference image, None while there is none (or none of the segmentation's grid was accepted).
    ``image_t`` is the time point that is shown; ``frame`` the document's frame of it.
    """

    def __init__(self, host: Host, emit: Emit, journal_folder: Path | None = None) -> None:
        self.host, self.emit = host, emit
        self.journal_folder = journal_folder
        self.events = Signal()
        self.documents: list[OpenDocument] = []
        self.current: OpenDocument | None = None
        self.image: Image | None = None
        self.image_id = ""
        self.image_t = 0
        self.preferences: Preferences = load_preferences(host.preferences)
        self.task_preferences: Preferences | None = None
        self.overlay_visible = True
        self.before_change: list[Callable[[], object]] = []
        self._following: Following | None = None
        self._contours: tuple[object, object, ContourStore] | None = None
        self._cancellable: list[Work] = []
        self._numbers = 0

    # ---- what is current ---------------------------------------------------------------------------------------
    @property
    def document(self) -> Segmentation | None:
        """The current document."""
        return None if self.current is None else self.current.document

    @property
    def history(self) -> History | None:
        """The history of the current document."""
        return None if self.current is None else self.current.history

    @property
    def view(self) -> DocumentView | None:
        """How the host shows the current document."""
        return None if self.current is None else self.current.view

    @property
    def path(self) -> Path | None:
        """The file of the current document."""
        return None if self.current is None else self.current.path

    @property
    def journal(self) -> Journal | None:
        """The autosave journal of the current document."""
        return None if self.current is None else self.current.journal

    @property
    def is_modified(self) -> bool:
        """Whether the current document has unsaved changes."""
        return self.current is not None and self.current.is_modified

    def need(self) -> OpenDocument:
        """The current document. Raises ToolError when there is none."""
        if self.current is None:
            raise ToolError("no segmentation is open; make a new one or open a file first")
        return self.current

    @property
    def frame(self) -> int:
        """The frame of the document at the time point that is shown; a static document has only 0."""
        steps = 1 if self.document is None else self.document.geometry.time_steps
        return min(self.image_t, steps - 1)

    @property
    def active(self) -> int | None:
        """The value of the active label."""
        return None if self.current is None else self.current.active

    @property
    def selection(self) -> tuple[int, ...]:
        """The values of the selected labels."""
        return () if self.current is None else self.current.selection

    @property
    def effective(self) -> Preferences:
        """The preferences as an open task bends them."""
        return self.task_preferences or self.preferences

    def activate(self, value: int | None) -> None:
        """Makes a label the active one. Raises UnknownLabelError, ToolError without a document."""
        opened = self.need()
        if value is not None:
            opened.document.label(value)
        opened.lost = ()
        if opened.active != value:
            opened.active = value
            self.emit(Topic.ACTIVE, () if value is None else (value,))

    def scene(self) -> Scene:
        """What tools work on now: document, image, active label, frame. Raises ToolError without a document."""
        opened = self.need()
        steps = 1 if self.image is None else self.image.geometry.time_steps
        image_t = min(self.image_t, steps - 1) if self.image is not None else None
        return Scene(opened.document, self.image, opened.active, self.frame, image_t)

    def name_of(self, value: int) -> str:
        """How a label is shown."""
        return display_names(self.need().document.group_of(value).labels)[value]

    # ---- changing the document ---------------------------------------------------------------------------------
    def collect(self) -> None:
        """Picks up what others did to the document in the host; before each change."""
        for function in self.before_change:
            function()
        collect = getattr(self.host, "collect", None)
        if collect is not None:
            collect()

    def do(self, command: Command) -> Command:
        """Does a command as one step to undo. Raises what its changes raise."""
        self.collect()
        return self.need().history.do(command)

    def do_made(self, make: Callable[[Segmentation], Command]) -> Command:
        """Does a command that is made only after others' edits were picked up."""
        self.collect()
        opened = self.need()
        return opened.history.do(make(opened.document))

    def do_in_slice(self, command: Command, where: SliceOf) -> Command:
        """Does the command of an edit in a slice and brings the contours of the 3D interpolation up to date with it."""
        self.collect()
        return do_with_contours(self.need().history, self.scene(), command, where)

    @contextmanager
    def grouped(self, title: str) -> Iterator[None]:
        """Commands of the block become one step to undo."""
        self.collect()
        with self.need().history.grouped(title):
            yield

    @property
    def contours(self) -> ContourStore | None:
        """The contours of the 3D interpolation of the current document. Raises ToolError for senseless extras."""
        document = self.document
        if document is None:
            return None
        stored = document.extras.get(KEY)
        known = self._contours
        if known is None or known[0] is not stored or known[1] != (document.geometry, document.values):
            known = (stored, (document.geometry, document.values), ContourStore.of(document))
            self._contours = known
        return known[2]

    # ---- documents ---------------------------------------------------------------------------------------------
    def add_document(self, document: Segmentation, name: str, *, image_id: str = "", **about: Any) -> OpenDocument:
        """Shows a document and makes it the current one; ``about`` are fields of ``OpenDocument``. Raises HostError."""
        history = History(document)
        view = self.host.show(document, history, name=name, image_id=image_id)
        return self.adopt(history, view, name, image_id=image_id, **about)

    def adopt(
        self, history: History, view: DocumentView, name: str, *, image_id: str = "", **about: Any
    ) -> OpenDocument:
        """Makes a document current that the host shows already."""
        self._numbers += 1
        about.setdefault("saved_state", history.state)
        opened = OpenDocument(f"document-{self._numbers}", name, history, view, image_id, **about)
        opened.active = next(iter(opened.document.values), None)
        opened.view.closed.connect(lambda: self.forget(opened))
        self.documents.append(opened)
        autosave.begin(self, opened)
        self.switch_to(opened)
        return opened

    def switch_to(self, opened: OpenDocument | None) -> None:
        """Makes another document current, or none."""
        if self._following is not None:
            self._following.stop()
            self._following = None
        self.current = opened
        if opened is not None:
            self._following = Following(opened, self.emit)
            self._following.events.connect(self.events.emit)
            self._following.completed.connect(self._drop_gone)
        show_look(self)
        self.emit(Topic.DOCUMENT)

    def forget(self, opened: OpenDocument, discard: bool = False, remove: bool = True) -> None:
        """A document is gone: closed by the user, or its node left the host's scene.

        Unless the user wants to ``discard`` them, the journal keeps unsaved changes for a recovery. ``remove`` takes it
        out of the host's scene too.
        """
        if opened not in self.documents:
            return
        self.documents.remove(opened)
        release = getattr(self.host, "release", None)
        if release is not None:
            release(opened.view, remove)
        else:
            opened.view.detach()
        if opened.journal is not None:
            opened.journal.close(keep=opened.is_modified and not discard)
        if self.current is opened:
            self.switch_to(self.documents[-1] if self.documents else None)
        else:
            self.emit(Topic.DOCUMENT)

    def note_saved(self, opened: OpenDocument, state: int) -> None:
        """A file holds a document in this state of its history."""
        autosave.note_saved(self, opened, state)

    def _drop_gone(self) -> None:
        """Labels that are gone are neither active nor selected; the nearest one that is left becomes active.

        Undo or redo that brings such a label back makes it active again, unless another was chosen meanwhile.
        """
        opened = self.need()
        document = opened.document
        if opened.selection:
            known = set(document.values)
            left = tuple(value for value in opened.selection if value in known)
            if left != opened.selection:
                opened.selection = left
                self.emit(Topic.SELECTION, left)
        back = next((value for value in reversed(opened.lost) if value in document), None)
        if back is not None:
            opened.active, opened.lost = back, opened.lost[: opened.lost.index(back)]
            self.emit(Topic.ACTIVE, (back,))
        elif opened.active is not None and opened.active not in document:
            former = opened.active
            nearest = min(document.values, key=lambda value: abs(value - former), default=None)
            opened.active, opened.lost = nearest, (*opened.lost, former)
            self.emit(Topic.ACTIVE, () if nearest is None else (nearest,))

    # ---- the host ----------------------------------------------------------------------------------------------
    def show_time(self, t: int) -> None:
        """Shows another time point of image and document. Raises ToolError for one that there is not."""
        steps = self.time_steps
        if not 0 <= t < steps:
            raise ToolError(f"there is no frame {t}; there are {steps} (0...{steps - 1})")
        if t == self.image_t:
            return
        self.image_t = t
        for opened in self.documents:
            opened.view.set_frame(min(t, opened.document.geometry.time_steps - 1))
        show_frame = getattr(self.host, "show_frame", None)
        if self.image_id and show_frame is not None:
            show_frame(self.image_id, t)
        self.emit(Topic.FRAME, (t,))

    @property
    def time_steps(self) -> int:
        """How many time points there are to show."""
        image = 1 if self.image is None else self.image.geometry.time_steps
        return max(image, 1 if self.document is None else self.document.geometry.time_steps)

    def run(
        self,
        work: Callable[[Progress], Any],
        done: Callable[[Any], object],
        failed: Callable[[Exception], object] | None = None,
        can_cancel: bool = False,
    ) -> Work:
        """Runs work in the background, its progress told by BUSY (see ``Host.run``).

        What goes wrong is raised in the view's thread, where the host calls back, unless ``failed`` takes it.
        ``can_cancel``: nobody else keeps it to cancel it, ``cancel`` does.
        """
        task = Work(self.host, self.emit)
        if can_cancel:
            self._cancellable = [*(each for each in self._cancellable if not each.is_done), task]
        task.start(work, done, failed or _raise)
        return task

    def cancel(self) -> None:
        """Ends work of the menus in the background; nothing is changed then."""
        for task in self._cancellable:
            task.cancel()

    def tell(self, level: Level, text: str) -> None:
        """Shows a message without waiting."""
        self.host.tell(Message(level, text))


def _raise(error: Exception) -> None:
    raise error
