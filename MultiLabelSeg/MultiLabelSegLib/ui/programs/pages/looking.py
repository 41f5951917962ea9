"""Looking into folders in the background, so that the view never waits for a disk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from ....errors import MultiLabelSegError
from ....formats.report import Cancelled, ProgressCallback
from ....host.base import Progress, Task
from .state import as_progress


class Run(Protocol):
    """How work gets into the background: ``Host.run``, or ``at_once``."""

    def __call__(
        self,
        work: Callable[[Progress], Any],
        done: Callable[[Any], None],
        failed: Callable[[Exception], None],
        /,
    ) -> Task | None:
        """Begins; ``done`` and ``failed`` are called in the view's thread."""
        ...


def at_once(work: Callable[[Progress], Any], done: Callable[[Any], None], failed: Callable[[Exception], None]) -> None:
    """Does the work right away: for callers without a window, who wait anyway."""
    try:
        found = work(lambda _: True)
    except (MultiLabelSegError, Cancelled) as error:
        failed(error)
    else:
        done(found)


class Look:
    """One thing that is looked for; a newer look takes the place of the one before. ``text`` says what, while it is.

    ``told`` is called after each beginning and end, in the view's thread.
    """

    def __init__(self, run: Run, told: Callable[[], object]) -> None:
        self._run, self._told = run, told
        self._task: Task | None = None
        self._ticket = 0
        self.text = ""

    def start(
        self,
        text: str,
        work: Callable[[ProgressCallback], Any],
        done: Callable[[Any], object],
        failed: Callable[[MultiLabelSegError], object] = lambda _: None,
    ) -> None:
        """Begins. ``work`` hears from its callback when to stop; ``failed`` is given what it raises of ours."""
        self._stop()
        self.text, ticket = text, self._ticket

        def ended(answer: Callable[[Any], object], found: Any) -> None:
            if ticket == self._ticket:
                self.text = ""
                answer(found)
                self._told()

        def broken(error: Exception) -> None:
            if ticket == self._ticket and not isinstance(error, (MultiLabelSegError, Cancelled)):
                self._stop()
                raise error
            ended(failed if isinstance(error, MultiLabelSegError) else lambda _: None, error)

        self._task = self._run(lambda go_on: work(as_progress(go_on)), lambda found: ended(done, found), broken)
        if self.text:
            self._told()

    def cancel(self) -> bool:
        """Ends it, whatever it has found; answers whether there was anything to end."""
        was_on = bool(self.text)
        self._stop()
        if was_on:
            self._told()
        return was_on

    def _stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
        self._task, self.text = None, ""
        self._ticket += 1
