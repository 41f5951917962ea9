"""What an outside program does now: how far it is, its last line, and that it is to stop."""

from __future__ import annotations

from typing import Literal

from ...formats.report import ProgressCallback
from ...host.base import Progress

JobKind = Literal["preview", "make", "check", "list", "fetch"]


class ProgramJob:
    """One thing that runs in the background. ``fraction`` and ``line`` are written there and read in the view."""

    def __init__(self, kind: JobKind, program: str, title: str) -> None:
        self.kind: JobKind = kind
        self.program, self.title = program, title
        self.fraction = 0.0
        self.line = ""
        self.is_cancelled = False

    @property
    def text(self) -> str:
        """What it is, and what the program said last."""
        if self.is_cancelled:
            return f"{self.title}: ending it..."
        return f"{self.title}: {self.line}" if self.line else f"{self.title}..."

    def heard(self, tell: Progress) -> ProgressCallback:
        """The callback that programs take: it keeps the line, tells the view, and says when to stop."""

        def progress(fraction: float, line: str) -> bool:
            self.fraction, self.line = max(self.fraction, fraction), line.strip() or self.line
            return not tell(self.fraction) or self.is_cancelled

        return progress
