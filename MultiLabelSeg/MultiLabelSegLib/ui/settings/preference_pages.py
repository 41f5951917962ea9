"""The preferences as pages of a form, set one by one and stored at once."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ...errors import OptionError
from ...presets.any_preset import read_preset
from ...presets.preferences import Preferences, help_of, known_keys, save_preferences
from ...presets.suggestion_json import read_suggestions
from ..field_making import choice_title, sentence
from ..fields import Choice, Field, FieldKind
from ..look import show_look
from ..session import Session
from ..topics import Emit, Topic

#: title of a page -> its preferences with their titles
_PAGES: dict[str, dict[str, str]] = {
    "Look": {
        "compact_view": "Compact view",
        "outline": "Labels as outlines",
        "opacity": "Opacity of all labels",
        "selection_mode": "Show the selected segmentation only",
        "show_details": "Scores, comments and status",
    },
    "New labels": {
        "label_set_preset": "Default preset",
        "default_label_naming": "Name new labels by themselves",
        "suggestions_file": "Own suggestions",
        "standard_suggestions": "Standard suggestions",
        "replace_standard_suggestions": "Own suggestions replace the standard ones",
        "enforce_suggestions": "Suggested names only",
        "suggest_once": "Suggest each name once",
    },
    "Surfaces": {
        "smoothing_hint": "Smooth as the spacing suggests",
        "smoothing_mm": "Smoothing",
        "decimation_rate": "Share of triangles to leave out",
    },
    "MONAI Label": {
        "monailabel_allow_all_models": "Offer all models",
        "monailabel_timeout_s": "Time to wait",
    },
    "Segment Anything": {
        "sam_model": "Model",
        "sam_device": "GPU",
        "sam_timeout_s": "Time to wait",
        "sam_python": "Environment",
        "sam_system_python": "Python",
    },
    "TotalSegmentator": {
        "totalsegmentator_custom_install": "Use an installed one",
        "totalsegmentator_path": "Installed in",
        "totalsegmentator_install_path": "Environment",
        "totalsegmentator_system_python": "Python",
        "totalsegmentator_device": "GPU",
        "totalsegmentator_license": "Licence for commercial models",
    },
    "Other programs": {
        "nnunet_path": "nnU-Net",
        "nnunet_results_path": "Trained models of nnU-Net",
        "nninteractive_path": "nnInteractive",
        "external_timeout_s": "Time to wait",
    },
}
_REST = "Other programs"
_PATHS = ("_path", "_file", "_preset", "_python")
_LOOK = frozenset(("outline", "opacity", "selection_mode"))
_KINDS: Mapping[type, FieldKind] = {bool: "bool", int: "int", float: "float", str: "text"}


class Page(NamedTuple):
    """One page of the preferences."""

    title: str
    fields: tuple[Field, ...]


class PreferencePages:
    """See the module."""

    def __init__(self, session: Session, emit: Emit) -> None:
        self._session, self._emit = session, emit

    @property
    def current(self) -> Preferences:
        """The preferences as they are."""
        return self._session.preferences

    def pages(self) -> tuple[Page, ...]:
        """All preferences, page by page."""
        titles = {title: dict(names) for title, names in _PAGES.items()}
        placed = {name for names in titles.values() for name in names}
        for name in known_keys():
            if name not in placed:  # one that came later still has its line
                titles[_REST][name] = name.replace("_", " ").capitalize()
        return tuple(
            Page(title, tuple(self._field(name, shown) for name, shown in names.items()))
            for title, names in titles.items()
        )

    def fields(self) -> dict[str, tuple[Field, ...]]:
        """The fields of each page by its title."""
        return {page.title: page.fields for page in self.pages()}

    def set(self, name: str, value: Any) -> None:
        """Sets a preference and stores it. Raises OptionError, PresetError for a file that is no preset or list."""
        _check_file(name, value)
        self._take(self.current.with_(**{name: value}), name in _LOOK)

    def reset(self, name: str | None = None) -> None:
        """Takes one preference, or all, back to the default. Raises OptionError for an unknown one."""
        defaults = Preferences()
        if name is None:
            self._take(defaults, True)
            return
        if name not in known_keys():
            raise OptionError("preference", name, known_keys())
        self.set(name, getattr(defaults, name))

    def _take(self, preferences: Preferences, has_new_look: bool) -> None:
        save_preferences(self._session.host.preferences, preferences)
        self._session.preferences = preferences
        if has_new_look:
            show_look(self._session)
        self._emit(Topic.PREFERENCES)

    def _field(self, name: str, title: str) -> Field:
        entry = next(each for each in dataclasses.fields(Preferences) if each.name == name)
        about, value = entry.metadata, getattr(self.current, name)
        kind: FieldKind = _KINDS[type(entry.default)]
        choices: tuple[Choice, ...] = ()
        if "choices" in about:
            kind, choices = "choice", tuple(Choice(each, choice_title(name, each)) for each in about["choices"])
        elif kind == "text" and name.endswith(_PATHS):
            kind = "path"
        unit = "mm" if name.endswith("_mm") else "s" if name.endswith("_s") else ""
        return Field(
            name,
            title,
            kind,
            value,
            entry.default,
            about.get("low"),
            about.get("high"),
            0.05 if about.get("high") in (1.0, 0.99) else None,
            unit,
            sentence(help_of(name)),
            choices,
        )


def _check_file(name: str, value: Any) -> None:
    """A preset or list that cannot be read is refused now, not when it is needed."""
    if not isinstance(value, str) or not value.strip():
        return
    if name == "label_set_preset":
        read_preset(Path(value))
    elif name == "suggestions_file":
        read_suggestions(Path(value))
