"""Errors on their way to the user: one dialog each, none in batch; what was said is kept for tests and scripts."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from ...errors import MultiLabelSegError
from .binding import application, qt, run_dialog

_log = logging.getLogger("MultiLabelSeg")


class ErrorDesk:
    """Where errors are shown. ``silent``: nothing modal, for tests, scripts and batch; ``told`` lists every text."""

    def __init__(self) -> None:
        self.silent = False
        self.told: list[str] = []
        self.parent: Any | None = None

    def show(self, error: BaseException) -> None:
        """One dialog: what went wrong in the library's own words, or that it was not foreseen."""
        text, details = described(error)
        self.told.append(text)
        _log.error(text, exc_info=None if isinstance(error, MultiLabelSegError) else error)
        if self.silent or application() is None:
            return
        box = qt.QMessageBox(self.parent)
        box.setIcon(qt.QMessageBox.Warning)
        box.setWindowTitle("MultiLabelSeg")
        box.setText(text)
        if details:
            box.setInformativeText(details)
        box.setTextInteractionFlags(qt.Qt.TextSelectableByMouse)
        run_dialog(box)
        box.deleteLater()

    def forget(self) -> None:
        """Empties ``told``."""
        self.told.clear()


#: the one desk of the program
desk = ErrorDesk()


def described(error: BaseException) -> tuple[str, str]:
    """The text for the user, and what else there is to say."""
    if isinstance(error, MultiLabelSegError):
        text = str(error)
        return text[:1].upper() + text[1:], ""
    where = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return (
        f"Something unforeseen happened ({where}).",
        "The program goes on; the log holds the details for a report.",
    )


def guarded(function: Callable[..., Any], *arguments: Any) -> Any:
    """Calls a function; an error becomes a dialog, and None is returned."""
    try:
        return function(*arguments)
    except Exception as error:
        desk.show(error)
        return None
