"""What a reader or writer wants the user to know: notes and progress."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

#: called with a fraction 0...1 and a short text; an answer of True asks the work to stop
ProgressCallback = Callable[[float, str], object]


class Cancelled(Exception):
    """The user cancelled; nothing was changed."""


@dataclass(frozen=True)
class Note:
    """One thing that was left out, adjusted or worth knowing. ``line`` is 1-based."""

    reason: str
    path: Path | None = None
    line: int | None = None

    def __str__(self) -> str:
        where = "" if self.path is None else str(self.path) + (f", line {self.line}" if self.line else "") + ": "
        return where + self.reason


@dataclass
class Report:
    """Collects notes of one job and passes progress on.

    ``notes`` are for information; ``left_out`` are things that did not make it (the command line then ends with 3).
    """

    progress: ProgressCallback | None = None
    notes: list[Note] = field(default_factory=list)
    left_out: list[Note] = field(default_factory=list)

    def note(self, reason: str, path: Path | None = None, line: int | None = None) -> None:
        """Adds a note for information."""
        self.notes.append(Note(reason, path, line))

    def leave_out(self, reason: str, path: Path | None = None, line: int | None = None) -> None:
        """Adds a note about something that was left out."""
        self.left_out.append(Note(reason, path, line))

    def step(self, fraction: float, text: str = "") -> None:
        """Reports progress. Raises Cancelled when the callback asks to stop."""
        if self.progress is not None and self.progress(fraction, text) is True:
            raise Cancelled(text)
