"""Work in the background as the panel shows it: how far it is, and cancelled by the user."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..host.base import Host, Progress, Task
from .topics import Emit, Topic


class Work:
    """One piece of work; BUSY tells its progress in percent, and its end whatever that was."""

    def __init__(self, host: Host, emit: Emit) -> None:
        self._host, self._emit = host, emit
        self._task: Task | None = None
        self.is_done = False

    def start(
        self, work: Callable[[Progress], Any], done: Callable[[Any], object], failed: Callable[[Exception], object]
    ) -> None:
        """Begins; ``done`` and ``failed`` are called in the view's thread, neither after ``cancel``."""
        self._emit(Topic.BUSY, (0,))
        self._task = self._host.run(work, self._ended(done), self._ended(failed), self._on_progress)

    def cancel(self) -> None:
        """Ends the work as soon as it listens; it reports nothing any more."""
        if self._task is not None and not self.is_done:
            self._task.cancel()
            self._end()

    def _on_progress(self, fraction: float) -> None:
        self._emit(Topic.BUSY, (min(100, max(0, round(100 * fraction))),))

    def _ended(self, answer: Callable[[Any], object]) -> Callable[[Any], None]:
        def call(result: Any) -> None:
            self._end()
            answer(result)

        return call

    def _end(self) -> None:
        self.is_done = True
        self._emit(Topic.BUSY)
