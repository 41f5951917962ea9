"""Questions to the user: files, folders, colours, one of a few answers. Nothing is asked in batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .binding import connect, qt
from .errors import desk

#: answers that were laid ready: a test or a script plays the user; with a silent desk and none of them, it is Cancel
answers: list[Any] = []


def _ready() -> tuple[bool, Any]:
    if answers:
        return True, answers.pop(0)
    return desk.silent, None


def _path(found: Any) -> str:
    """PythonQt gives the path, qtpy the path and the filter."""
    return str(found[0] if isinstance(found, (tuple, list)) else found or "")


def ask_open(parent: Any, title: str, start: str = "", filters: str = "") -> str:
    """The path of a file that exists; empty when cancelled."""
    ready, answer = _ready()
    return str(answer or "") if ready else _path(qt.QFileDialog.getOpenFileName(parent, title, start, filters))


def ask_save(parent: Any, title: str, start: str = "", filters: str = "") -> str:
    """The path of a file to write; empty when cancelled."""
    ready, answer = _ready()
    return str(answer or "") if ready else _path(qt.QFileDialog.getSaveFileName(parent, title, start, filters))


def ask_folder(parent: Any, title: str, start: str = "") -> str:
    """The path of a folder; empty when cancelled."""
    ready, answer = _ready()
    return str(answer or "") if ready else _path(qt.QFileDialog.getExistingDirectory(parent, title, start))


def ask_color(parent: Any, start: str, title: str = "Colour") -> str:
    """A colour as ``#rrggbb``; empty when cancelled."""
    ready, answer = _ready()
    if ready:
        return str(answer or "")
    found = qt.QColorDialog.getColor(qt.QColor(start), parent, title)
    return str(found.name()) if found.isValid() else ""


def ask_choice(
    parent: Any, text: str, choices: Sequence[tuple[str, str]], answered: Callable[[str], None], details: str = ""
) -> Any:
    """Asks for one of some (id, title); ``answered`` gets the id, "" when closed. Does not wait; returns the box."""
    ready, answer = _ready()
    if ready:
        if answer:
            answered(str(answer))
        return None
    box = qt.QMessageBox(parent)
    box.setWindowTitle("MultiLabelSeg")
    box.setIcon(qt.QMessageBox.Question)
    box.setText(text)
    box.setInformativeText(details)
    buttons = [(box.addButton(title, qt.QMessageBox.AcceptRole), identity) for identity, title in choices]
    cancel = box.addButton(qt.QMessageBox.Cancel)
    box.setEscapeButton(cancel)
    box.setDefaultButton(buttons[0][0])

    def closed() -> None:
        clicked = box.clickedButton()
        chosen = next((identity for button, identity in buttons if button is clicked or button == clicked), "")
        box.deleteLater()
        answered(chosen)

    connect(box, "finished(int)", closed)
    box.open()
    return box
