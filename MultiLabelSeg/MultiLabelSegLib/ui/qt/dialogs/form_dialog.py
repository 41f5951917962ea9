"""A dialog that is one form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...fields import Field
from ..form import FieldForm
from ..layout import hint_label
from .base import Accepted, Dialog


class FormDialog(Dialog):
    """Asks for fields; ``accepted`` gets their values by name."""

    def __init__(
        self, parent: Any, title: str, fields: Sequence[Field], accepted: Accepted, text: str = "", button: str = "OK"
    ) -> None:
        super().__init__(parent, title.rstrip("…"), button)
        self._do = accepted
        if text:
            self.column.addWidget(hint_label(text))
        self.form = FieldForm()
        self.form.set_fields(fields)
        self.column.addWidget(self.form.widget)
        self.column.addStretch(1)
        self.set_width(320)
        self.form.focus_first()

    def accept(self) -> object:
        """Hands over the values."""
        return self._do(self.form.values())
