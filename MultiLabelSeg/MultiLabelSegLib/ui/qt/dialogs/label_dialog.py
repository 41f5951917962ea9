"""Name and colour of a label, with suggestions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...fields import Field
from ...tree.label_names import SuggestionItem
from ..binding import get, qt
from ..editors import ColorEditor
from ..name_edit import NameLine, Suggest
from .base import Dialog

Color = tuple[float, float, float]


class LabelDialog(Dialog):
    """Asks for a name, completed from suggestions, and a colour; a suggested name brings its own colour along."""

    def __init__(
        self,
        parent: Any,
        title: str,
        name: str,
        color: Color,
        suggest: Suggest,
        accepted: Callable[[str, Color | None], object],
    ) -> None:
        super().__init__(parent, title, "Add" if title.startswith("New") else "OK")
        self._do, self._own_color = accepted, False
        self.name = NameLine(suggest, self._picked)
        self.name.widget.setText(name)
        self.name.widget.selectAll()
        self.name.widget.setAccessibleName("Name")
        field = Field("color", "Colour", "color", color)
        self.color = ColorEditor(field, self._colored)
        form = qt.QFormLayout()
        form.addRow("Name", self.name.widget)
        form.addRow("Colour", self.color.widget)
        self.column.addLayout(form)
        self.column.addStretch(1)
        self.set_width(320)
        self.name.widget.setFocus()

    def _picked(self, item: SuggestionItem) -> None:
        if item.color is not None and not self._own_color:
            self.color.show(Field("color", "Colour", "color", item.color))

    def _colored(self, _color: Any) -> None:
        self._own_color = True

    def accept(self) -> object:
        """Hands over name and colour."""
        return self._do(get(self.name.widget, "text"), self.color.value)
