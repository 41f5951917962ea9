"""Which segmentation is worked on: those that fit the image, new ones, copies."""

from __future__ import annotations

import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Literal, NamedTuple

from ...core import Geometry, Segmentation
from ...datasets.task_list_opening import static_geometry
from ...errors import HostError, OptionError, PresetError, ToolError
from ...host.base import ImageChoice, Level
from ...presets.any_preset import read_preset
from ...presets.new_segmentation import new_segmentation
from ...presets.preset import LabelSetPreset
from ..open_document import OpenDocument
from ..session import Session
from ..topics import Emit, Topic
from ..wording import worded

#: the state of a document that no file holds
NEVER_SAVED = -1


class SegmentationItem(NamedTuple):
    """A segmentation that is open or in the host's scene; only ``congruent`` ones can be chosen for the image."""

    id: str
    title: str
    congruent: bool
    reason: str = ""
    modified: bool = False


class SegmentationChoice(ABC):
    """The segmentations that are open or in the host's scene, and how new ones begin."""

    def __init__(self, session: Session, emit: Emit) -> None:
        self._session, self._emit = session, emit

    @abstractmethod
    def offer_for(self, opened: OpenDocument) -> None:
        """Makes the offer that a document needs which was opened just now and may lie on another grid."""

    @abstractmethod
    def select_image(self, image_id: str, channel: int | None = None) -> None:
        """Chooses the reference image; see ``Data``."""

    def segmentations(self) -> list[SegmentationItem]:
        """The segmentations that are open, then those of the host's scene that are not taken up yet."""
        session = self._session
        geometry = self._grid(self._choice(session.image_id)) if session.image_id else None
        found = []
        for opened in session.documents:
            own = opened.document.geometry
            reasons = () if geometry is None else own.differences(geometry, check_time=False)
            item = SegmentationItem(opened.id, opened.name, not reasons, "; ".join(reasons), opened.is_modified)
            found.append(item)
        return [*found, *self._candidates(geometry)]

    def _candidates(self, geometry: Geometry | None) -> Iterator[SegmentationItem]:
        """Segmentations of the scene; their grids are known where the host tells them."""
        host = self._session.host
        candidates, grid_of = getattr(host, "candidates", None), getattr(host, "grid_of", None)
        for node_id, name in () if candidates is None else candidates():
            own = None if grid_of is None else grid_of(node_id)
            reasons = () if own is None or geometry is None else own.differences(geometry, check_time=False)
            reason = "; ".join(reasons) or "in the scene; it is taken up when you choose it"
            yield SegmentationItem(node_id, name, not reasons, reason)

    @property
    def segmentation_id(self) -> str:
        """The current segmentation; empty when there is none."""
        return "" if self._session.current is None else self._session.current.id

    def select_segmentation(self, segmentation_id: str) -> None:
        """Makes a segmentation current, "" for none; one of the host's scene is taken up. Raises HostError."""
        session = self._session
        if not segmentation_id:
            session.switch_to(None)
            return
        for opened in session.documents:
            if opened.id == segmentation_id:
                session.switch_to(opened)
                self._take_image_of(opened)
                self.offer_for(opened)
                return
        take_over = getattr(session.host, "take_over", None)
        if take_over is None:
            raise HostError(f"there is no segmentation {segmentation_id!r} to choose")
        names = dict(session.host.candidates())  # type: ignore[attr-defined]
        taken = take_over(segmentation_id)
        for note in taken.notes:
            session.tell(Level.INFO, note)
        opened = session.adopt(taken.history, taken.view, names.get(segmentation_id, "Segmentation"))
        self._find_image_of(opened, taken.images)
        self.offer_for(opened)

    def _find_image_of(self, opened: OpenDocument, named: Sequence[str]) -> None:
        """Chooses the image of a node that was taken over: one that it names, else the present one, else any that fits.

        An image on another grid is not chosen by itself; that it belongs to it is said.
        """
        session, own = self._session, opened.document.geometry
        choices = {choice.id: choice for choice in session.host.images()}
        grids = {image_id: self._grid(choice) for image_id, choice in choices.items()}
        fits = [image_id for image_id, grid in grids.items() if own.is_congruent(grid, check_time=False)]
        wanted = [image_id for image_id in (*named, session.image_id, *fits) if image_id in fits]
        if wanted and wanted[0] != session.image_id:
            self.select_image(wanted[0])
        opened.image_id = wanted[0] if wanted else ""
        if not wanted and named and session.image_id != named[0]:
            text = f"{opened.name} belongs to {choices[named[0]].title}, which lies on another grid; choose that image"
            session.tell(Level.INFO, f"{text} to see what can be done")

    def _take_image_of(self, opened: OpenDocument) -> None:
        """Another image is chosen where the document does not lie on the grid of the present one, but has its own."""
        session = self._session
        known = {choice.id for choice in session.host.images()}
        if opened.image_id in known and opened.image_id != session.image_id:
            present = self._grid(self._choice(session.image_id)) if session.image_id in known else None
            if present is None or not opened.document.geometry.is_congruent(present, check_time=False):
                self.select_image(opened.image_id)

    def default_name(self) -> str:
        """What a new segmentation is called: the image's name with "-labels", numbered where that is taken."""
        session = self._session
        title = self._choice(session.image_id).title if session.image_id else ""
        return self._free_name(f"{title or 'Segmentation'}-labels" if title else "Segmentation")

    def _free_name(self, base: str) -> str:
        taken = {item.title for item in self.segmentations()}
        names = (base if number < 2 else f"{base}-{number}" for number in count(1))
        return next(name for name in names if name not in taken)

    def new_segmentation(
        self,
        name: str | None = None,
        time: Literal["static", "dynamic"] | None = None,
        preset: Path | LabelSetPreset | None = None,
    ) -> OpenDocument:
        """Begins a segmentation of the chosen image with the labels of a preset, by default the preferred one.

        ``time`` says for an image of several frames whether all are labelled alike (static) or each by itself.
        Raises ToolError without an image, OptionError for that missing decision, PresetError for ``preset``.
        """
        session = self._session
        if not session.image_id:
            raise ToolError("a new segmentation needs an image: choose one first")
        geometry = self._grid(self._choice(session.image_id))
        if geometry.time_steps > 1:
            if time not in ("static", "dynamic"):
                raise OptionError("time", time, ("static", "dynamic"))
            geometry = static_geometry(geometry) if time == "static" else geometry
        made = self._made(geometry, preset)
        opened = session.add_document(made, name or self.default_name(), image_id=session.image_id)
        self.offer_for(opened)
        return opened

    @property
    def begins_with_default_label(self) -> bool:
        """Whether a new segmentation has a label that nobody asked for by name: neither a preset's nor the user's."""
        preferences = self._session.effective
        return preferences.default_label_naming and not preferences.label_set_preset

    def _made(self, geometry: Geometry, preset: Path | LabelSetPreset | None) -> Segmentation:
        session = self._session
        if isinstance(preset, Path):
            preset = read_preset(preset)
        preferred = session.effective.label_set_preset
        if preset is None and preferred:
            try:
                preset = read_preset(Path(preferred))
            except PresetError as error:
                session.tell(Level.WARNING, f"The default preset is left out: {worded(error)}")
        if preset is None and not session.effective.default_label_naming:
            return Segmentation(geometry)  # the user is asked for name and colour of the first label
        return new_segmentation(geometry, preset)

    def duplicate(self) -> OpenDocument:
        """Opens a copy of the current segmentation under a new name and identity."""
        opened = self._session.need()
        return self._add_copy(opened.document.copy(), self._free_name(f"{opened.name} copy"))

    def _add_copy(self, made: Segmentation, name: str) -> OpenDocument:
        made.uid = str(uuid.uuid4())
        session = self._session
        return session.add_document(made, name, image_id=session.image_id, saved_state=NEVER_SAVED)

    def rename(self, name: str) -> None:
        """Gives the current segmentation another name in lists; its file keeps its own. Raises OptionError."""
        opened = self._session.need()
        if not name.strip():
            raise OptionError("name", name, "a name")
        opened.name = name.strip()
        rename = getattr(opened.view, "rename", None)
        if rename is not None:
            rename(opened.name)
        self._emit(Topic.SAVED)

    def close(self, discard: bool = False) -> None:
        """Closes the current segmentation. Raises ToolError where unsaved changes would be lost, unless ``discard``."""
        opened = self._session.need()
        if opened.is_modified and not discard:
            raise ToolError(f"{opened.name} has unsaved changes: save them, or discard them")
        self._session.forget(opened, discard=True)

    def _choice(self, image_id: str) -> ImageChoice:
        choices = self._session.host.images()
        for choice in choices:
            if choice.id == image_id:
                return choice
        known = ", ".join(repr(choice.title) for choice in choices) or "none"
        raise HostError(f"there is no image {image_id!r}; there are {known}")

    def _grid(self, choice: ImageChoice) -> Geometry:
        """The image's grid with all its frames, which the host's list may not know."""
        image = self._session.image
        return image.geometry if image is not None and self._session.image_id == choice.id else choice.geometry
