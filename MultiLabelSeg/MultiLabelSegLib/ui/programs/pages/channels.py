"""The channels of a model on a page: their names, which can be edited, and an image for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ....core import Image
from ....errors import MultiLabelSegError
from ....external.nnunet.channel_names import keep_names, with_own_names
from ....external.nnunet.description import ModelDescription
from ....external.nnunet.results import Model
from ....formats.report import ProgressCallback
from .looking import Look
from .state import Availability, ChannelRow


class ChannelTable:
    """One image selector a channel: the reference image is in the first row until another is chosen there.

    ``folder`` keeps the names of channels of models whose own folder cannot be written to; a model's files are read by
    ``look``.
    """

    def __init__(self, look: Look, folder: Path | None = None) -> None:
        self.look, self.folder = look, folder
        self.description: ModelDescription | None = None
        self.problem = ""
        self._model: Model | None = None
        self._images: dict[int, str] = {}
        self._reference = ""

    def follow(self, model: Model | None, describe: Callable[[Model, ProgressCallback], ModelDescription]) -> None:
        """Shows another model's channels; choices of images stay where the new model has that channel too."""
        self._model, self.description, self.problem = model, None, ""
        if model is None:
            self.look.cancel()
            return

        def described(found: ModelDescription) -> None:
            self.description = found

        def refused(error: MultiLabelSegError) -> None:
            self.problem = str(error)

        self.look.start(
            "Reading the model",
            lambda stop: with_own_names(model, describe(model, stop), self.folder),
            described,
            refused,
        )

    def set_reference(self, image_id: str) -> None:
        """The image that the panel is about."""
        self._reference = image_id

    @property
    def rows(self) -> tuple[ChannelRow, ...]:
        """A row for each channel."""
        names = () if self.description is None else self.description.channels
        return tuple(ChannelRow(index, name, self.image_of(index)) for index, name in enumerate(names))

    def image_of(self, index: int) -> str:
        """The chosen image of a row; empty for none."""
        return self._images.get(index, self._reference if index == 0 else "")

    def set_image(self, index: int, image_id: str) -> None:
        """Chooses the image of a row."""
        self._images[index] = image_id

    def rename(self, index: int, name: str) -> bool:
        """Names a channel, and keeps all names beside the model; ``problem`` says why not (False)."""
        if self._model is None or self.description is None or not 0 <= index < len(self.description.channels):
            self.problem = "there is no such channel"
            return False
        names = list(self.description.channels)
        names[index] = name
        try:
            keep_names(self._model, names, self.folder)
            self.description = with_own_names(self._model, self.description, self.folder)
        except MultiLabelSegError as error:
            self.problem = str(error)
            return False
        self.problem = ""
        return True

    def state(self) -> Availability:
        """Whether every channel has an image of its own."""
        if self.description is None:
            return Availability("reading the model" if self.look.text else self.problem or "choose a model")
        missing = [row.name or "the image" for row in self.rows if not row.image_id]
        if missing:
            return Availability(f"choose an image for {', '.join(missing)}")
        chosen = [row.image_id for row in self.rows]
        twice = next((row.name for row in self.rows if chosen.count(row.image_id) > 1), "")
        return Availability(f"the image of {twice} is chosen for another channel too" if twice else "")

    def others(self, images: Mapping[str, Image] | Callable[[str], Image]) -> tuple[str, dict[str, Image]]:
        """The id of the first channel's image, and the images of the other channels by name."""
        get = images if callable(images) else images.__getitem__
        rows: Sequence[ChannelRow] = self.rows
        return rows[0].image_id, {row.name: get(row.image_id) for row in rows[1:]}
