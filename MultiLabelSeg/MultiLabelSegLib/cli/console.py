"""What a command prints: plain lines, a progress bar on a terminal, errors on one line."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import Any

from ..formats.report import ProgressCallback, Report


class Console:
    """Prints for one command; ``quiet`` leaves only errors, ``verbose`` adds notes and times."""

    def __init__(self, quiet: bool = False, verbose: bool = False) -> None:
        self.quiet, self.verbose = quiet, verbose

    def out(self, text: str = "") -> None:
        """A line of the command's result; printed even when quiet."""
        print(text)

    def say(self, text: str) -> None:
        """A line for information."""
        if not self.quiet:
            print(text)

    def detail(self, text: str) -> None:
        """A line that only ``--verbose`` shows; at once, also where a log or another program reads it."""
        if self.verbose:
            print(text, flush=True)

    def error(self, text: str) -> None:
        """One line on the error stream."""
        print("mlseg: " + plain(" ".join(text.split())), file=sys.stderr)

    def warn(self, text: str) -> None:
        """A line on the error stream about something that was left out; printed even when quiet."""
        print(text, file=sys.stderr)

    def show(self, report: Report) -> None:
        """Notes and what was left out, the latter on the error stream."""
        for note in report.notes:
            self.say(f"note: {plain(str(note))}")
        for note in report.left_out:
            self.warn(f"left out: {plain(str(note))}")

    @contextlib.contextmanager
    def progress(self, title: str) -> Iterator[ProgressCallback]:
        """A progress bar on a terminal, nothing elsewhere; yields the callback that moves it."""
        if self.quiet or not sys.stderr.isatty():
            yield _no_progress
            return
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
        with Progress(*columns, transient=True, console=_stderr_console()) as bar:
            task = bar.add_task(title, total=1.0)

            def moved(fraction: float, text: str) -> object:
                bar.update(task, completed=fraction, description=f"{title} {text}".strip())
                return None

            yield moved


def plain(text: str) -> str:
    """Text of a file on one line: control characters, which could steer the terminal, are shown as escapes."""
    return "".join(mark if mark.isprintable() else mark.encode("unicode_escape").decode("ascii") for mark in text)


def _no_progress(fraction: float, text: str) -> object:  # noqa: ARG001 - the callback's signature
    return None


def _stderr_console() -> Any:
    from rich.console import Console as RichConsole

    return RichConsole(stderr=True)


def swatch(color: tuple[int, int, int]) -> str:
    """Two cells of a colour on a terminal that can show it; empty elsewhere."""
    if not sys.stdout.isatty():
        return ""
    red, green, blue = color
    return f"\x1b[48;2;{red};{green};{blue}m  \x1b[0m "
