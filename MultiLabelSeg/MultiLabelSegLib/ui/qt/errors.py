"""Errors on their way to the user: one dialog each, none in batch; what was said is kept for tests and scripts."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from ...errors import ExternalToolError, LossError, MultiLabelSegError
from ..wording import worded
from .binding import application, connect, qt

_log = logging.getLogger("MultiLabelSeg")
#: losses that a dialog lists before the last of them, and letters that it shows at once: it must fit on a screen
_MOST_LOSSES, _MOST_LETTERS = 5, 1500


class ErrorDesk:
    """Where errors are shown. ``silent``: nothing modal, for tests, scripts and batch; ``told`` lists every text."""

    def __init__(self) -> None:
        self.silent = False
        self.told: list[str] = []
        self.parent: Any | None = None
        self._box: Any | None = None
        self._texts: list[str] = []

    def show(self, error: BaseException) -> None:
        """One dialog: what went wrong in the library's own words, or that it was not foreseen."""
        text, details = described(error)
        self.told.append(text)
        if not isinstance(error, MultiLabelSegError):
            _log.error(text, exc_info=error)
        elif not self.silent:  # else whoever runs the batch says it
            _log.error(text)
        if self.silent or application() is None:
            return
        self._open_box(text, details)

    def _open_box(self, text: str, details: str) -> None:
        """Does not wait, so that a gesture that failed can end; a second error joins the first in its box."""
        if self._box is not None:
            self._box.setText(f"{self._texts[-1]}\n\n{text}" if text not in self._texts else self._texts[-1])
            self._texts.append(text)
            return
        self._texts = [text]
        self._box = qt.QMessageBox(self.parent)
        self._box.setIcon(qt.QMessageBox.Warning)
        self._box.setWindowTitle("MultiLabelSeg")
        if len(text) > _MOST_LETTERS:
            self._box.setDetailedText(text)
            text = f"{text[:_MOST_LETTERS]}…"
        self._box.setText(text)
        self._box.setInformativeText(details)
        self._box.setTextInteractionFlags(qt.Qt.TextSelectableByMouse)
        connect(self._box, "finished(int)", self._closed)
        self._box.open()

    def _closed(self) -> None:
        box, self._box = self._box, None
        if box is not None:
            box.deleteLater()

    def forget(self) -> None:
        """Empties ``told``."""
        self.told.clear()


#: the one desk of the program
desk = ErrorDesk()


def described(error: BaseException) -> tuple[str, str]:
    """The text for the user, and what else there is to say."""
    if isinstance(error, ExternalToolError):  # what it printed last reads best as it was printed
        lines = "\n".join(error.last_lines)
        return f"{error.command} ended with {error.exit_code}:\n\n{lines}", ""
    if isinstance(error, MultiLabelSegError):
        text, path = worded(error), getattr(error, "path", None)
        if isinstance(error, LossError):
            text = _shortened(text, error.losses)
        # a file or a name at the beginning is written as it is called
        is_named = text.split(" ", 1)[0].endswith(":") or (path is not None and text.startswith(str(path)))
        return (text if is_named else text[:1].upper() + text[1:]), ""
    where = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return (
        f"Something unforeseen happened ({where}).",
        "The program goes on; the log holds the details for a report.",
    )


def _shortened(text: str, losses: Sequence[str]) -> str:
    """Some of many losses, and the last, which may say what can be done."""
    others = losses[_MOST_LOSSES:-1]
    return text.replace("; ".join(others), f"{len(others)} more", 1) if len(others) > 1 else text


def guarded(function: Callable[..., Any], *arguments: Any) -> Any:
    """Calls a function; an error becomes a dialog, and None is returned."""
    try:
        return function(*arguments)
    except Exception as error:
        desk.show(error)
        return None
