"""Colours in a task list: which number of each voxel tools see, asked once for all tasks of a list."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ...core import Image
from ...datasets.task_list_session import Question, Step
from ...errors import ToolError
from ...formats.report import Report
from ..files.image_reading import read_any_image
from ..files.offers import channel_offer


class ChannelNeeded(ToolError):
    """An image has several numbers a voxel, and none was chosen yet; ``names`` are theirs."""

    def __init__(self, title: str, names: tuple[str, ...]) -> None:
        self.names = names
        super().__init__(channel_offer(title, names, None).text)


class TaskImages:
    """Reads the images of a list's tasks; ``channel`` is the name of the number that was chosen, for all that have it.

    ``taken`` are the images of which only that channel is seen, to be told; reading is done in the background.
    """

    def __init__(self) -> None:
        self.channel = ""
        self.taken: list[str] = []

    def read(self, path: Path) -> Image:
        """The image of a task. Raises ChannelNeeded, FormatError."""
        found = read_any_image(path, Report())
        if len(found.images) == 1:
            return found.images[0]
        if self.channel not in found.channels:
            raise ChannelNeeded(found.title, found.channels)
        self.taken.append(found.title)
        return found.images[found.channels.index(self.channel)]

    def asking(self, step: Callable[[], Step]) -> Step:
        """What a step ends with; a question for the channel, whose answer does the step again, where it is needed."""
        try:
            return step()
        except ChannelNeeded as needed:
            return Question("channel", str(needed), (*needed.names, "cancel"), lambda name: self._chosen(name, step))

    def _chosen(self, name: str, step: Callable[[], Step]) -> Step:
        self.channel = name
        return step()

    def said(self) -> list[str]:
        """A sentence for each image that was read since, of which tools see one channel."""
        taken, self.taken = self.taken, []
        return [
            f"{title} has colours; tools see its channel {self.channel!r}, as chosen for this list" for title in taken
        ]
