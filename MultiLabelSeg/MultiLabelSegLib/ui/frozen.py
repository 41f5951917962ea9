"""A document for work in the background, and the newest of such work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ..core import Segmentation
from ..host.base import Progress, Task
from ..tools.base import Scene

#: what is run in the background on a frozen scene; it hears from the progress whether to go on
Work = Callable[[Scene, Progress], Any]


class StoppedError(Exception):
    """Work in the background that nobody waits for any more."""


def frozen(document: Segmentation) -> Segmentation:
    """The document with an index and labels of its own over the same voxels, to be read in another thread.

    It is made in the view's thread. What is found in it counts only while the document stays as it is, and nobody may
    write to it.
    """
    return document.with_groups([group.shared() for group in document.groups])


def frozen_scene(scene: Scene) -> Scene:
    """The scene with its document ``frozen``."""
    return replace(scene, segmentation=frozen(scene.segmentation))


class Latest:
    """Runs work in the background one after the other; of what comes meanwhile only the newest is run.

    ``run`` is ``Host.run`` or one like it.
    """

    def __init__(self, run: Callable[..., Task]) -> None:
        self._run = run
        self._running: object | None = None
        self._current: object | None = None
        self._waiting: tuple[Scene, Work, Callable[..., Any], Callable[..., Any]] | None = None

    @property
    def is_busy(self) -> bool:
        """Whether an answer will come."""
        return self._current is not None or self._waiting is not None

    def start(
        self, scene: Scene, work: Work, done: Callable[[Any], object], failed: Callable[[Exception], object]
    ) -> None:
        """Runs work on the scene, ``frozen_scene`` of it, as soon as what runs now has ended.

        That is told to stop, and its answer not given.
        """
        self._current = None
        self._waiting = (scene, work, done, failed)
        if self._running is None:
            self._next()

    def stop(self) -> None:
        """No answer comes any more."""
        self._current, self._waiting = None, None

    def _next(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is None:
            return
        scene, work, done, failed = waiting
        at = frozen_scene(scene)
        job = object()
        self._running = self._current = job

        def call(progress: Progress) -> Any:
            return work(at, lambda fraction: self._current is job and progress(fraction))

        def ended(answer: Callable[[Any], object]) -> Callable[[Any], None]:
            def tell(result: Any) -> None:
                self._running = None
                wanted = self._current is job
                if wanted:
                    self._current = None
                try:
                    if wanted:
                        answer(result)
                finally:
                    if self._running is None:
                        self._next()

            return tell

        self._run(call, ended(done), ended(failed))


def stopping(progress: Progress) -> Callable[[float], None]:
    """A progress that ends the work by an error when nobody waits for it any more."""

    def tell(fraction: float) -> None:
        if not progress(fraction):
            raise StoppedError

    return tell
