"""Opening an image from a file in the background, with the questions that come up on the way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ...core import Image
from ...errors import HostError
from ...formats.registry import matching_formats
from ...formats.report import Report
from ...host.base import Level, Progress
from ..session import Session
from ..topics import Emit
from ..work import Work
from .image_reading import ReadImage, SeriesChoice, read_any_image, series_in
from .label_like import is_label_like
from .offers import Offer, channel_offer, role_offer, series_offer


class ImageOpening:
    """Reads, asks (``offer``) which series or channel, gives the image to the host, and chooses it (``choose``)."""

    def __init__(
        self, session: Session, emit: Emit, offer: Callable[[Offer | None], None], choose: Callable[[str], None]
    ) -> None:
        self._session, self._emit, self._offer, self._choose = session, emit, offer, choose
        self._task: Work | None = None

    def start(self, path: Path, is_sure: bool = True) -> None:
        """Reads a file or folder. What goes wrong is raised in the view's thread when the host calls back.

        Unless it ``is_sure`` that the file is an image, one that looks like labels leaves an offer.
        """
        if getattr(self._session.host, "add_image", None) is None:
            raise HostError(f"{path}: this program opens images by itself; load it there, then choose it here")
        report = Report()

        def work(progress: Progress) -> tuple[SeriesChoice, ...] | ReadImage | Offer:
            report.progress = lambda fraction, _text: not progress(fraction)
            found = series_in(path)
            if len(found) > 1:
                return found
            read = read_any_image(path, report)
            is_doubtful = not is_sure and len(read.images) == 1 and bool(matching_formats(path))
            may_be_labels = is_doubtful and is_label_like(read.images[0].array)
            return role_offer(read.title, (path, read)) if may_be_labels else read

        def done(result: tuple[SeriesChoice, ...] | ReadImage | Offer) -> None:
            for note in report.notes:
                self._session.tell(Level.INFO, str(note))
            if isinstance(result, ReadImage):
                self._take_image(result)
            elif isinstance(result, Offer):
                self._offer(result)
            else:
                self._offer(series_offer(path.name, result))

        self._task = self._session.run(work, done)

    def cancel(self) -> None:
        """Ends reading."""
        if self._task is not None:
            self._task.cancel()

    def take_as_image(self, offer: Offer) -> None:
        """What looked like labels is an image."""
        read: ReadImage = offer.about[1]
        self._add(read.images[0], read.title)

    def take(self, offer: Offer, number: int) -> None:
        """Goes on with a series or channel of an offer of its own."""
        if offer.kind == "series":
            self.start(offer.about[number].path)
        else:
            read: ReadImage = offer.about
            self._add(read.images[number], f"{read.title} ({read.channels[number]})")

    def _take_image(self, read: ReadImage) -> None:
        if len(read.images) > 1:
            self._offer(channel_offer(read.title, read.channels, read))
        else:
            self._add(read.images[0], read.title)

    def _add(self, image: Image, title: str) -> None:
        image_id: str = self._session.host.add_image(image, title)  # type: ignore[attr-defined]
        self._choose(image_id)
