"""A host without a window: for tests, scripts and presenters that are driven by a program."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any

from ..core import Event, Image, Segmentation
from ..edit import History
from ..errors import HostError, OptionError
from ..signal import Signal
from .base import Background, BackgroundTask, ImageChoice, Message, Preference, Progress


class MemoryPreferences:
    """Preferences that last as long as the program."""

    place = "the memory of this program"

    def __init__(self) -> None:
        self._values: dict[str, Preference] = {}

    def load(self) -> Mapping[str, object]:
        """What was saved, by key."""
        return dict(self._values)

    def save(self, values: Mapping[str, Preference]) -> None:
        """Sets these keys; others stay."""
        self._values.update(values)


class HeadlessView:
    """Shows a document to nobody; ``events`` lists what a picture would have to follow."""

    def __init__(self, document: Segmentation, name: str = "", image_id: str = "") -> None:
        self.document, self.name, self.image_id = document, name, image_id
        self.frame = 0
        self.closed = Signal()
        self.look = (True, 1.0, True)
        self.events: list[Event] = []
        document.changed.connect(self.events.append)

    def set_frame(self, frame: int) -> None:
        """Shows another frame. Raises HostError for one that there is not."""
        steps = self.document.geometry.time_steps
        if not 0 <= frame < steps:
            raise HostError(f"there is no frame {frame} to show; there are {steps} (0...{steps - 1})")
        self.frame = frame

    def show_as(self, outline: bool, opacity: float, visible: bool) -> None:
        """Keeps how labels are drawn: as outlines, how strong, at all."""
        self.look = (outline, opacity, visible)

    def rename(self, name: str) -> None:
        """Calls the document otherwise."""
        self.name = name

    def detach(self) -> None:
        """Follows no more."""
        self.document.changed.disconnect(self.events.append)


class HeadlessHost:
    """See ``base.Host``. Images are those given; answers of background work wait for ``pump``."""

    def __init__(self, images: Mapping[str, Image] | None = None) -> None:
        self.preferences = MemoryPreferences()
        self.messages: list[Message] = []
        self.views: list[HeadlessView] = []
        self._images = dict(images or {})
        self._background = Background()

    def images(self) -> Sequence[ImageChoice]:
        """The images that were given, by their names."""
        return [ImageChoice(name, name, image.geometry) for name, image in self._images.items()]

    def image(self, image_id: str, channel: int | None = None) -> Image:
        """One of them. Raises HostError for an unknown one, OptionError for any channel but the only one."""
        if image_id not in self._images:
            known = ", ".join(map(repr, self._images)) or "none"
            raise HostError(f"there is no image {image_id!r}; there are {known}")
        if channel not in (None, 0):
            raise OptionError("channel", channel, "0, the only one")
        return self._images[image_id]

    def add_image(self, image: Image, name: str) -> str:
        """Keeps an image; returns its id, the name with a number where that is taken."""
        names = (name if number < 2 else f"{name} {number}" for number in count(1))
        image_id = next(free for free in names if free not in self._images)
        self._images[image_id] = image
        return image_id

    def remove_image(self, image_id: str) -> None:
        """Lets go of an image."""
        self._images.pop(image_id, None)

    def show(self, document: Segmentation, history: History, *, name: str = "", image_id: str = "") -> HeadlessView:
        """Shows a document to nobody. Raises HostError when the history is another document's."""
        if history.segmentation is not document:
            raise HostError("the history belongs to another document")
        view = HeadlessView(document, name, image_id)
        self.views.append(view)
        return view

    def run(
        self,
        work: Callable[[Progress], Any],
        done: Callable[[Any], None],
        failed: Callable[[Exception], None],
        progress: Callable[[float], None] | None = None,
    ) -> BackgroundTask:
        """Runs work in a thread; see ``Background``."""
        return self._background.run(work, done, failed, progress)

    def later(self, function: Callable[[], object]) -> None:
        """Runs a function at the next ``pump``."""
        self._background.later(function)

    def tell(self, message: Message) -> None:
        """Keeps the message in ``messages``."""
        self.messages.append(message)

    @property
    def is_busy(self) -> bool:
        """Whether something goes on in the background or waits for ``pump``."""
        return self._background.is_busy

    def pump(self) -> int:
        """Calls what is waiting; returns how many."""
        return self._background.pump()
