"""Reading and writing files of any format, with the format's options and what it cannot hold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from ...files.files import FormatItem, suffix_of
from ...presenter import Presenter
from ...wording import worded
from ..asking import ask_choice, ask_folder, ask_open, ask_save
from ..binding import connect, get, qt
from ..drop_down import ElidedItems
from ..errors import guarded
from ..form import FieldForm
from ..layout import UNIT, icon_button, title_text
from .base import Dialog, title_label

Direction = Literal["read", "write"]
_BY_CONTENT = "Found by content"


def filters_of(items: list[FormatItem]) -> str:
    """Formats as a file dialog's filters, all files first."""
    parts = ["All files (*)"]
    parts += [f"{each.title} ({' '.join('*' + suffix for suffix in each.suffixes)})" for each in items if each.suffixes]
    return ";;".join(parts)


class FileDialog(Dialog):
    """Path, format and options; ``go(path, format_id or None, options)`` begins the work."""

    def __init__(
        self,
        parent: Any,
        presenter: Presenter,
        title: str,
        direction: Direction,
        go: Callable[[Path, str | None, dict[str, Any]], object],
        path: str = "",
    ) -> None:
        super().__init__(parent, title, title.split(" ")[0])
        self.presenter, self.direction, self._go = presenter, direction, go
        self.items = presenter.files.readers() if direction == "read" else presenter.files.writers()
        self.path = qt.QLineEdit(path)
        self.path.setAccessibleName("File or folder")
        self.format = qt.QComboBox()
        self.format.setAccessibleName("Format")
        names = [each.title for each in self.items]
        self._formats = ElidedItems(self.format)
        self._formats.set_titles([_BY_CONTENT, *names] if direction == "read" else names)
        self.form = FieldForm(self._option_set)
        self.losses_title = title_label("What this format cannot hold")
        self.losses = qt.QLabel()
        self.losses.setWordWrap(True)
        self.losses.setTextInteractionFlags(qt.Qt.TextSelectableByMouse)
        self._lay_out()
        connect(self.format, "currentIndexChanged(int)", self._format_chosen)
        connect(self.path, "editingFinished()", self._path_typed)
        self._path_typed()  # before the path would get the first format's suffix
        self._format_chosen()
        self.set_width(460)
        self.path.setFocus()

    def _lay_out(self) -> None:
        row = qt.QHBoxLayout()
        row.setSpacing(UNIT)
        row.addWidget(self.path, 1)
        row.addWidget(icon_button("open", "Choose a file", self._ask))
        row.addWidget(icon_button("folder", "Choose a folder", self._ask_folder))
        form = qt.QFormLayout()
        form.addRow("File", row)
        form.addRow("Format", self.format)
        self.column.addLayout(form)
        self.options_title = title_label("Options")
        for widget in (self.options_title, self.form.widget, self.losses_title, self.losses):
            self.column.addWidget(widget)
        self.column.addStretch(1)

    @property
    def format_id(self) -> str | None:
        """The chosen format; None where the content decides."""
        place = int(get(self.format, "currentIndex")) - (1 if self.direction == "read" else 0)
        return self.items[place].id if place >= 0 else None

    def choose_format(self, format_id: str) -> None:
        """Chooses a format by its id."""
        place = [each.id for each in self.items].index(format_id)
        self.format.setCurrentIndex(place + (1 if self.direction == "read" else 0))

    def options(self) -> dict[str, Any]:
        """The options that differ from the format's defaults."""
        given = self.form.values()
        fields = {name: editor.field for name, editor in self.form.editors.items()}
        return {name: value for name, value in given.items() if value != fields[name].default}

    def _format_chosen(self) -> None:
        chosen = self.format_id
        fields = [] if chosen is None else guarded(self.presenter.files.fields, chosen, self.direction) or []
        self.form.set_fields(fields)
        self.options_title.setVisible(bool(fields))
        if self.direction == "write" and chosen is not None:
            self._fit_suffix(chosen)
        self._show_losses()

    def _fit_suffix(self, format_id: str) -> None:
        """The path gets the suffix of the format when it has that of another one."""
        text, suffix = get(self.path, "text"), suffix_of(format_id)
        known = sorted({each for item in self.items for each in item.suffixes}, key=len, reverse=True)
        old = next((each for each in known if text.lower().endswith(each)), "")
        own = next(item.suffixes for item in self.items if item.id == format_id)
        if text and old not in own:
            self.path.setText(text[: len(text) - len(old)] + suffix)

    def _path_typed(self) -> None:
        text = get(self.path, "text").strip()
        if self.direction == "write" and text:
            try:
                self.choose_format(self.presenter.files.format_of(Path(text), "write"))
            except Exception:  # a name that no format claims: the chosen format stays
                return

    def _option_set(self, _name: str, _value: Any) -> None:
        self._show_losses()

    def _show_losses(self) -> None:
        lost: list[str] = []
        if self.direction == "write" and self.format_id is not None:
            try:
                lost = self.presenter.files.losses(self.format_id, self.options())
            except Exception as error:
                lost = [worded(error)]
        self.losses.setText("\n".join(f"• {title_text(each)}" for each in lost))
        self.losses.setVisible(bool(lost))
        self.losses_title.setVisible(bool(lost))
        qt.QTimer.singleShot(0, self.widget.adjustSize)

    def _ask(self) -> None:
        ask = ask_open if self.direction == "read" else ask_save
        self._take(ask(self.widget, get(self.widget, "windowTitle"), get(self.path, "text"), filters_of(self.items)))

    def _ask_folder(self) -> None:
        self._take(ask_folder(self.widget, get(self.widget, "windowTitle"), get(self.path, "text")))

    def _take(self, path: str) -> None:
        if path:
            self.path.setText(path)
            self._path_typed()

    def _accepted(self) -> None:
        """A file that exists is overwritten only when the user says so."""
        path = Path(get(self.path, "text").strip())
        if self.direction == "read" or not path.is_file():
            super()._accepted()
            return
        choices = [("overwrite", "Overwrite")]
        ask_choice(self.widget, f"{path.name} exists already.", choices, self._overwrite, "Shall it be replaced?")

    def _overwrite(self, answer: str) -> None:
        if answer == "overwrite":
            super()._accepted()

    def accept(self) -> object:
        """Begins reading or writing; errors on the way are shown when they happen."""
        path = get(self.path, "text").strip()
        return self._go(Path(path), self.format_id, self.options())
