"""What a presenter needs of the program that it runs in; nothing here knows Slicer, VTK or Qt."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from ..core import Geometry, Image, Segmentation
from ..edit import History
from ..signal import Signal

Preference = bool | int | float | str


class Level(str, Enum):
    """How much a message matters."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True)
class Message:
    """One thing that the user should know, in plain words."""

    level: Level
    text: str


@dataclass(frozen=True)
class ImageChoice:
    """An image that the host has: ``id`` is the host's, ``channels`` are numbers a voxel (1: no choice needed)."""

    id: str
    title: str
    geometry: Geometry
    channels: int = 1


class PreferenceStore(Protocol):
    """Where preferences stay when the program ends."""

    @property
    def place(self) -> str:
        """How messages call the store."""
        ...

    def load(self) -> Mapping[str, object]:
        """What is stored, by key."""
        ...

    def save(self, values: Mapping[str, Preference]) -> None:
        """Sets these keys; what else is stored stays."""
        ...


class DocumentView(Protocol):
    """A document as the host shows it; it follows the document by itself."""

    @property
    def document(self) -> Segmentation:
        """The document that is shown."""
        ...

    @property
    def frame(self) -> int:
        """The frame that is shown."""
        ...

    @property
    def closed(self) -> Signal:
        """Emitted when the host took the view away (scene closed, node removed)."""
        ...

    def set_frame(self, frame: int) -> None:
        """Shows another frame. Raises HostError for one that there is not."""
        ...

    def detach(self) -> None:
        """Follows no more."""
        ...


class Task(Protocol):
    """Work in the background."""

    @property
    def is_done(self) -> bool:
        """Whether it ended, in whatever way, and said so."""
        ...

    def cancel(self) -> None:
        """Asks it to end; it then reports nothing."""
        ...


#: what work in the background is given: it reports a fraction 0...1 and hears whether to go on
Progress = Callable[[float], bool]


class Host(Protocol):
    """The program around a presenter. All calls come from, and all answers go to, one thread: the view's."""

    @property
    def preferences(self) -> PreferenceStore:
        """Where preferences are kept."""
        ...

    def images(self) -> Sequence[ImageChoice]:
        """The images that could be segmented."""
        ...

    def image(self, image_id: str, channel: int | None = None) -> Image:
        """One of them. Raises HostError for an unknown one, OptionError where a channel must be chosen."""
        ...

    def show(self, document: Segmentation, history: History, *, name: str = "", image_id: str = "") -> DocumentView:
        """Shows a document, below the image that it belongs to. Raises HostError."""
        ...

    def run(
        self,
        work: Callable[[Progress], Any],
        done: Callable[[Any], None],
        failed: Callable[[Exception], None],
        progress: Callable[[float], None] | None = None,
    ) -> Task:
        """Runs work in the background; ``done``, ``failed`` and ``progress`` are called in the view's thread."""
        ...

    def later(self, function: Callable[[], object]) -> None:
        """Runs a function in the view's thread as soon as it is idle."""
        ...

    def tell(self, message: Message) -> None:
        """Shows a message without waiting for an answer."""
        ...


class Background:
    """Work in threads whose answers wait until ``pump`` is called in the view's thread: by a timer, or by a test."""

    def __init__(self) -> None:
        self._answers: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()
        self._tasks: list[BackgroundTask] = []

    @property
    def is_busy(self) -> bool:
        """Whether work is going on or answers wait: as long as that is so, a timer has to call ``pump``."""
        self._tasks = [task for task in self._tasks if not task.is_done]
        return bool(self._tasks) or not self._answers.empty()

    def run(
        self,
        work: Callable[[Progress], Any],
        done: Callable[[Any], None],
        failed: Callable[[Exception], None],
        progress: Callable[[float], None] | None = None,
    ) -> BackgroundTask:
        """See ``Host.run``."""
        task = BackgroundTask(self._answers, work, done, failed, progress)
        self._tasks.append(task)
        task.start()
        return task

    def later(self, function: Callable[[], object]) -> None:
        """See ``Host.later``; the same function that waits already is run once more, which it must bear."""
        self._answers.put(function)

    def pump(self) -> int:
        """Calls what is waiting now, in the order of its coming; returns how many. The first error is raised."""
        called = 0
        for _ in range(self._answers.qsize()):
            try:
                answer = self._answers.get_nowait()
            except queue.Empty:
                break
            called += 1
            answer()
        return called


class BackgroundTask:
    """One piece of work in a thread of its own; see ``Task``."""

    def __init__(
        self,
        answers: queue.SimpleQueue[Callable[[], object]],
        work: Callable[[Progress], Any],
        done: Callable[[Any], None],
        failed: Callable[[Exception], None],
        progress: Callable[[float], None] | None,
    ) -> None:
        self._answers, self._work = answers, work
        self._done, self._failed, self._progress = done, failed, progress
        self._cancelled = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._is_done = False

    @property
    def is_done(self) -> bool:
        """Whether it ended and said so."""
        return self._is_done

    def start(self) -> None:
        """Begins; once."""
        self._thread.start()

    def cancel(self) -> None:
        """Asks it to end; it then reports nothing."""
        self._cancelled.set()

    def wait(self, seconds: float) -> None:
        """Waits for the thread to end; what it reports still needs ``Background.pump``."""
        self._thread.join(seconds)

    def _run(self) -> None:
        try:
            result = self._work(self._on_progress)
        except Exception as error:
            failure = error  # the name of the clause is gone when the answer is called
            self._answers.put(lambda: self._end(lambda: self._failed(failure)))
        else:
            self._answers.put(lambda: self._end(lambda: self._done(result)))

    def _on_progress(self, fraction: float) -> bool:
        tell = self._progress
        if tell is not None and not self._cancelled.is_set():
            self._answers.put(lambda: None if self._cancelled.is_set() else tell(fraction))
        return not self._cancelled.is_set()

    def _end(self, answer: Callable[[], None]) -> None:
        self._is_done = True
        if not self._cancelled.is_set():
            answer()
