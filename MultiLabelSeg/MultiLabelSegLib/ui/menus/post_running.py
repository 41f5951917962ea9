"""A post-processing tool at work in the background, begun again when the segmentation changes meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...edit import Command
from ...errors import ToolError
from ...host.base import Level, Progress
from ...tools.base import Draft, ImageResult, Scene, propose
from ..frozen import frozen_scene, stopping
from ..messages import outcome
from ..session import Session


class PostRun:
    """One tool on the current document, until it is done, cancelled or refused.

    What it finds is of the document as it was when it began. Where somebody draws meanwhile it begins again, as often
    as that happens: the answer comes when the drawing pauses.
    """

    def __init__(self, session: Session, tool: Any) -> None:
        self._session, self._tool = session, tool
        self._opened, self._scene = session.need(), session.scene()
        self._state = 0
        self._told = False

    def start(self) -> None:
        """Begins with the document as it is now."""
        self._state = self._opened.history.state
        work = _work(self._tool, frozen_scene(self._scene))
        self._session.run(work, self._done, self._failed, can_cancel=True)

    def _done(self, found: tuple[Draft | ImageResult, Command | None]) -> None:
        result, command = found
        if command is None or isinstance(result, ImageResult):
            self._tell_notes(result)
            _keep_image(self._session, result)
        elif not self._begun_again():
            self._tell_notes(result)
            self._opened.history.do(command)
            text = outcome(self._opened.document, command.resolution)
            if text:
                self._session.tell(Level.INFO, f"{command.title}: {text}")

    def _failed(self, error: Exception) -> None:
        """Voxels that changed under the work may mislead it; what it says counts when nothing changed."""
        if not self._begun_again():
            raise error

    def _begun_again(self) -> bool:
        """Begins again where the document is another by now. Raises ToolError for one that was closed."""
        if self._opened not in self._session.documents:
            raise ToolError(f"{self._tool.title}: {self._opened.name} was closed meanwhile; nothing was done")
        self._session.collect()
        if self._opened.history.state == self._state:
            return False
        if not self._told:
            self._told = True
            text = "the segmentation was changed meanwhile; it is done again with what is there now"
            self._session.tell(Level.INFO, f"{self._tool.title}: {text}")
        self.start()
        return True

    def _tell_notes(self, result: Draft | ImageResult) -> None:
        for note in result.notes:
            self._session.tell(Level.INFO, note)


def _work(tool: Any, scene: Scene) -> Callable[[Progress], tuple[Any, Command | None]]:
    def work(progress: Progress) -> tuple[Any, Command | None]:
        tell = stopping(progress)
        result = propose(tool, scene, lambda fraction: tell(0.8 * fraction))
        if not isinstance(result, Draft):
            return result, None
        return result, result.command(scene.segmentation, lambda fraction: tell(0.8 + 0.2 * fraction))

    return work


def _keep_image(session: Session, result: Any) -> None:
    add_image = getattr(session.host, "add_image", None)
    if add_image is None:
        raise ToolError(f"{result.name}: this program cannot take images")
    add_image(result.image, result.name)
    session.tell(Level.INFO, f"The image {result.name} was added")
