"""Several programs one after the other as one piece of work: one progress, one time limit."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from ...errors import ExternalToolError
from ...formats.report import ProgressCallback
from .program import Program, run_program


def run_steps(
    programs: Sequence[Program], progress: ProgressCallback | None = None, limit_s: float = 0
) -> tuple[str, ...]:
    """Runs them in turn; returns the last lines of the last one.

    Each has the same share of the progress, which never goes back. ``limit_s`` is for all together, 0 is none.
    Raises Cancelled, ExternalToolError.
    """
    begun = time.monotonic()
    lines: tuple[str, ...] = ()
    reached = [0.0]
    for number, program in enumerate(programs):
        left = 0.0
        if limit_s:
            left = limit_s - (time.monotonic() - begun)
            if left <= 0:
                raise ExternalToolError(
                    program.title, 1, [*lines, f"not begun: the time limit of {limit_s:g} s is over"]
                )

        def told(fraction: float, line: str, number: int = number) -> object:
            reached[0] = max(reached[0], (number + fraction) / len(programs))
            return None if progress is None else progress(reached[0], line)

        lines = run_program(replace(program, limit_s=left), told).last
    return lines
