"""Label set presets and lists of suggestions: load, save, make the default."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...presenter import Presenter
from ..asking import ask_open, ask_save
from ..binding import qt
from ..errors import guarded
from ..layout import UNIT, ElidedLabel, hint_label, text_button
from .base import Dialog, title_label

_PRESETS = "Label set presets (*.lsetp *.json *.csv *.txt);;All files (*)"
_LISTS = "Suggestions (*.json);;All files (*)"


class PresetsDialog(Dialog):
    """What it did is said in its last line."""

    def __init__(self, parent: Any, presenter: Presenter) -> None:
        super().__init__(parent, "Presets and suggestions", "", "Close")
        self.presenter = presenter
        part = presenter.presets
        self.default = ElidedLabel("", most=0)
        self.list = ElidedLabel("", most=0)
        self.told = hint_label()
        self.presets = self._part(
            "Label set preset",
            "Names, colours, locks and visibility of labels. Loading one changes no voxels.",
            self.default,
            {
                "load": ("Load…", self._load),
                "save": ("Save…", self._save),
                "default": ("Use for new ones…", self._make_default),
                "no_default": ("No default", lambda: self._done(part.make_default, None)),
            },
        )
        self.suggestions = self._part(
            "Suggestions for names",
            "Names and colours that are offered while a label is named.",
            self.list,
            {
                "load": ("Load…", self._load_list),
                "save": ("Save from labels…", self._save_list),
                "standard": ("Standard list", lambda: self._done(part.load_suggestions, None)),
            },
        )
        self.column.addWidget(self.told)
        self.column.addStretch(1)
        self.set_width(460)
        self.refresh()

    def _part(
        self, title: str, about: str, state: ElidedLabel, entries: dict[str, tuple[str, Callable[[], object]]]
    ) -> dict[str, Any]:
        buttons = {name: text_button(text, function) for name, (text, function) in entries.items()}
        row = qt.QHBoxLayout()
        row.setSpacing(UNIT)
        for button in buttons.values():
            row.addWidget(button)
        row.addStretch(1)
        self.column.addWidget(title_label(title))
        self.column.addWidget(hint_label(about))
        self.column.addWidget(state.widget)
        self.column.addLayout(row)
        self.column.addSpacing(2 * UNIT)
        return buttons

    def refresh(self) -> None:
        """Shows which preset and which list are used."""
        current = self.presenter.preferences.current
        self.default.set_text(f"For new segmentations: {current.label_set_preset or 'one red label'}")
        self.list.set_text(f"In use: {current.suggestions_file or 'the standard list'}")
        has_document = self.presenter.session.document is not None
        for button in (self.presets["load"], self.presets["save"], self.suggestions["save"]):
            button.setEnabled(has_document)

    def _load(self) -> None:
        path = ask_open(self.widget, "Load a label set preset", "", _PRESETS)
        if path:
            lines = guarded(self.presenter.presets.load, Path(path))
            if lines is not None:
                self.told.setText("\n".join(lines) or "Nothing had to be changed.")

    def _save(self) -> None:
        path = ask_save(self.widget, "Save the labels as preset", "labels.lsetp", _PRESETS)
        if path:
            self._done(self.presenter.presets.save, Path(path), True, text=f"Saved {Path(path).name}.")

    def _make_default(self) -> None:
        path = ask_open(self.widget, "Preset for new segmentations", "", _PRESETS)
        if path:
            self._done(self.presenter.presets.make_default, Path(path))

    def _load_list(self) -> None:
        path = ask_open(self.widget, "Load suggestions", "", _LISTS)
        if path:
            count = guarded(self.presenter.presets.load_suggestions, Path(path))
            if count is not None:
                self.told.setText(f"{count} names are suggested now.")
            self.refresh()

    def _save_list(self) -> None:
        path = ask_save(self.widget, "Save names and colours as suggestions", "suggestions.json", _LISTS)
        if path:
            self._done(self.presenter.presets.save_suggestions, Path(path), True, text=f"Saved {Path(path).name}.")

    def _done(self, function: Callable[..., object], *arguments: Any, text: str = "") -> None:
        function(*arguments)
        self.told.setText(text)
        self.refresh()
