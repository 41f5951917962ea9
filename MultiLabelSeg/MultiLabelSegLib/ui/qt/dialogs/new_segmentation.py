"""A new segmentation: its name, its labels, and for an image of several frames whether it is static or dynamic."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...fields import Choice, Field
from ...presenter import Presenter
from ..form import FieldForm
from .base import Dialog

_TIMES = (
    Choice("static", "Static: one mask for all frames"),
    Choice("dynamic", "Dynamic: each frame has its own"),
)


class NewSegmentationDialog(Dialog):
    """Begins a segmentation of the chosen image."""

    def __init__(self, parent: Any, presenter: Presenter) -> None:
        super().__init__(parent, "New segmentation", "Create")
        self.presenter = presenter
        self.form = FieldForm()
        self.form.set_fields(self._fields())
        self.column.addWidget(self.form.widget)
        self.column.addStretch(1)
        self.set_width(380)
        self.form.focus_first()

    def _fields(self) -> list[Field]:
        data = self.presenter.data
        preset = str(self.presenter.session.effective.label_set_preset)
        fields = [
            Field("name", "Name", "text", data.default_name()),
            Field(
                "preset",
                "Preset",
                "path",
                preset,
                help="a file of labels to begin with; empty: one label",
                optional=True,
            ),
        ]
        if data.frames > 1:
            about = f"The image has {data.frames} frames."
            fields.insert(1, Field("time", "Time", "choice", "static", choices=_TIMES, help=about))
        return fields

    def accept(self) -> object:
        """Makes it."""
        values = self.form.values()
        preset = str(values["preset"] or "").strip()
        default = str(self.presenter.session.effective.label_set_preset)
        chosen = Path(preset) if preset and preset != default else None
        return self.presenter.data.new_segmentation(values["name"], values.get("time"), chosen)
