"""Data selection: the reference image, the frame that is shown, and what is offered where things do not fit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ...core import Event, Geometry
from ...core.naming import display_names, group_title
from ...errors import DatasetError, OptionError
from ...formats.report import Report
from ...host.base import ImageChoice, Level, Progress
from ..open_document import OpenDocument
from ..session import Session
from ..topics import Emit, Topic
from .cut_off import cut_off_text
from .image_opening import ImageOpening
from .image_reading import channel_names
from .offers import Offer, channel_offer, grid_offer
from .segmentation_choice import SegmentationChoice
from .supervisely_projects import ProjectVolume, project_of, read_volume


class ImageItem(NamedTuple):
    """An image that can be chosen; ``reason`` says why not, or what is special about it."""

    id: str
    title: str
    enabled: bool = True
    reason: str = ""


class Data(SegmentationChoice):
    """See the module. ``open_segmentation`` opens a file that turns out to be one."""

    def __init__(self, session: Session, emit: Emit) -> None:
        super().__init__(session, emit)
        self._opening = ImageOpening(session, emit, self._ask, self.select_image)
        self.open_segmentation: Callable[[Path], object] = lambda _: None
        self._offer: Offer | None = None
        self._channel: int | None = None
        session.events.connect(self._on_event)

    # ---- images ------------------------------------------------------------------------------------------------
    def images(self) -> list[ImageItem]:
        """The images that the host has."""
        found = []
        for choice in self._session.host.images():
            several = choice.channels > 1
            reason = f"{choice.channels} numbers a voxel; you choose the one that tools see" if several else ""
            found.append(ImageItem(choice.id, choice.title, True, reason))
        return found

    @property
    def image_id(self) -> str:
        """The chosen image; empty when there is none."""
        return self._session.image_id

    @property
    def channel(self) -> int | None:
        """Which number of each voxel tools see, where there are several."""
        return self._channel

    def select_image(self, image_id: str, channel: int | None = None) -> None:
        """Chooses the reference image, "" for none.

        Colours leave an ``offer`` to choose a channel, a segmentation of another grid one to resample and so on.
        Raises HostError for an unknown image, OptionError for an impossible channel.
        """
        session = self._session
        session.image, session.image_id, self._channel = None, "", None
        if self._offer is not None and self._offer.kind != "role":  # a file that waits has nothing to do with the image
            self._offer = None
        if image_id:
            choice = self._choice(image_id)
            if choice.channels > 1 and channel is None:
                self._offer = channel_offer(choice.title, channel_names(choice.channels), image_id)
            else:
                session.image = session.host.image(image_id, channel)
                self._channel = channel
            session.image_id = image_id
            self._follow_image(choice)
        self._emit(Topic.IMAGE)

    def _follow_image(self, choice: ImageChoice) -> None:
        """A segmentation of the image becomes current; where there is none, the present one must fit or be offered."""
        session = self._session
        geometry = self._grid(choice)
        current = session.current
        fits = [
            opened for opened in session.documents if opened.document.geometry.is_congruent(geometry, check_time=False)
        ]
        if current is not None and current in fits:
            current.image_id = choice.id
        else:
            own = [opened for opened in fits if opened.image_id == choice.id]
            if own or fits:
                session.switch_to((own or fits)[-1])
            elif current is not None and self._offer is None:
                self._offer = grid_offer(choice.title, geometry, current.name, current.document.geometry)
        session.image_t = min(session.image_t, session.time_steps - 1)

    def open_image(self, path: Path, is_sure: bool = True) -> None:
        """Reads an image file or a folder of DICOM images in the background, gives it to the host and chooses it.

        Several series, or several numbers a voxel, leave an ``offer``; so does a file that looks like labels, unless
        the user ``is_sure`` that it is an image, or it lies on the grid of the image at hand.
        """
        self._opening.start(path, is_sure)

    def open_project(self, path: Path) -> None:
        """Opens the volume of a Supervisely project that a path means, with its image, in the background.

        Raises DatasetError for what belongs to no project.
        """
        project = project_of(path)
        if project is None:
            raise DatasetError(f"{path}: belongs to no Supervisely project")
        self._session.run(lambda _progress: read_volume(project, path), self._open_volume)

    def _open_volume(self, volume: ProjectVolume) -> None:
        session, image_id = self._session, ""
        add_image = getattr(session.host, "add_image", None)
        if volume.image is not None and add_image is not None:
            image_id = add_image(volume.image, volume.name)
            self.select_image(image_id)
        session.add_document(volume.segmentation, f"{volume.name}-labels", image_id=image_id)
        for note in volume.notes:
            session.tell(Level.INFO, note)

    def cancel(self) -> None:
        """Ends reading an image."""
        self._opening.cancel()

    # ---- offers ------------------------------------------------------------------------------------------------
    def offer(self) -> Offer | None:
        """What the user has to decide about image and segmentation; None when all fits."""
        return self._offer

    def take(self, choice_id: str) -> None:
        """Goes on with one of the offer's choices. Raises OptionError for another, GeometryError as ``fit`` may."""
        offer = self._offer
        known = [] if offer is None else [choice.id for choice in offer.choices]
        if offer is None or choice_id not in known:
            raise OptionError("choice", choice_id, known)
        if offer.kind == "grid":
            self._take_grid(choice_id)
        elif offer.kind == "role":
            self._take_role(offer, choice_id)
        elif isinstance(offer.about, str):
            self.select_image(offer.about, int(choice_id))
        else:
            self._offer_set(None)
            self._opening.take(offer, int(choice_id))

    def _ask(self, offer: Offer | None) -> None:
        """What opening an image asks; whether labels on the grid of the image at hand are some is no question."""
        image = self._session.image
        if offer is not None and offer.kind == "role" and image is not None:
            path, read = offer.about
            if read.images[0].geometry.is_congruent(image.geometry, check_time=False):
                self.open_segmentation(path)
                return
        self._offer_set(offer)

    def _take_role(self, offer: Offer, choice_id: str) -> None:
        self._offer_set(None)
        if choice_id == "segmentation":
            self.open_segmentation(offer.about[0])
        else:
            self._opening.take_as_image(offer)

    def dismiss(self) -> None:
        """Leaves the offer unanswered."""
        self._offer_set(None)

    def offer_for(self, opened: OpenDocument) -> None:
        """Makes the offer that a document needs which was opened just now and may lie on another grid."""
        session = self._session
        if session.image_id:
            choice = self._choice(session.image_id)
            geometry = self._grid(choice)
            if not opened.document.geometry.is_congruent(geometry, check_time=False):
                self._offer_set(grid_offer(choice.title, geometry, opened.name, opened.document.geometry))
                return
        if self._offer is not None and self._offer.kind == "grid":
            self._offer_set(None)  # it was about another document

    def _on_event(self, event: Event) -> None:
        """A document that was cropped or resampled may have left the image's grid, or come back to it."""
        if event.kind == "geometry":
            self.offer_for(self._session.need())

    def _offer_set(self, offer: Offer | None) -> None:
        if offer is not self._offer:
            self._offer = offer
            self._emit(Topic.IMAGE)

    def _take_grid(self, choice_id: str) -> None:
        session = self._session
        opened = session.need()
        choice = self._choice(session.image_id)
        if choice_id == "new":
            self.new_segmentation()
        elif choice_id == "own":
            known = {image.id for image in session.host.images()} - {session.image_id}
            self.select_image(opened.image_id if opened.image_id in known else "")
        elif choice_id == "fit":
            from ...formats.reference import fit_to_reference

            report = Report()
            made = fit_to_reference(opened.document.copy(), self._grid(choice), report)
            self._add_copy(made, f"{opened.name} on {choice.title}")
            for note in report.notes:
                session.tell(Level.INFO, str(note))
        else:
            self._resample(opened, choice)
        self._offer_set(None)

    def _resample(self, opened: OpenDocument, choice: ImageChoice) -> None:
        from ...tools.resample import resample

        former, copied, geometry = opened.document.copy(), opened.document.copy(), self._grid(choice)

        def work(_progress: Progress) -> str:
            for change in resample(copied, geometry).changes:
                change.apply(copied)
            return cut_off_text(former, copied, choice.title)

        def done(lost: str) -> None:
            self._add_copy(copied, f"{opened.name} on {choice.title}")
            if lost:
                self._session.tell(Level.WARNING, lost)

        self._session.run(work, done)

    # ---- frames and voxels -------------------------------------------------------------------------------------
    @property
    def frame(self) -> int:
        """The time point that is shown."""
        return self._session.image_t

    @property
    def frames(self) -> int:
        """How many time points there are."""
        return self._session.time_steps

    def set_frame(self, t: int) -> None:
        """Shows another time point. Raises ToolError for one that there is not."""
        self._session.show_time(t)

    def hover_text(self, point_ijk: tuple[float, float, float]) -> str:
        """One line about a voxel: its place, its brightness, and every label there with its value."""
        session = self._session
        i, j, k = (int(np.floor(coordinate + 0.5)) for coordinate in point_ijk)
        parts = [f"({i}, {j}, {k})"]
        image = session.image
        if image is not None and _holds(image.geometry, i, j, k):
            parts.append(f"{image.array[min(session.image_t, len(image.array) - 1), k, j, i]:g}")
        document = session.document
        if document is not None and _holds(document.geometry, i, j, k):
            for index, group in enumerate(document.groups):
                value = int(group.array[session.frame, k, j, i])
                if value in group:
                    name = display_names([group.label(value)])[value]
                    where = f" in {group_title(group.name, index)}" if len(document.groups) > 1 else ""
                    parts.append(f"{name} ({value}){where}")
        return "  ".join(parts)


def _holds(geometry: Geometry, i: int, j: int, k: int) -> bool:
    return all(0 <= index < size for index, size in zip((i, j, k), geometry.size, strict=True))
