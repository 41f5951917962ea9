"""Preferences: MITK's segmentation preferences with its defaults, checked, and stored by whoever hosts us."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields, replace
from functools import lru_cache
from typing import Any, Protocol, get_type_hints

from ..errors import OptionError, PresetError

Value = bool | int | float | str


def _setting(default: Value, help_text: str, **limits: Any) -> Any:
    """A field with its help; ``limits`` are ``low``, ``high``, ``choices``."""
    return field(default=default, metadata={"help": help_text, **limits})


@dataclass(frozen=True)
class Preferences:
    """What a user prefers. Immutable: ``with_`` makes a changed one. ``help_of`` says what each field means.

    Raises OptionError, naming the field, what was found and what is expected.
    """

    # look
    compact_view: bool = _setting(False, "hide the names of the tools: six narrow buttons a row instead of four")
    outline: bool = _setting(True, "draw labels in slices as outlines, not as filled areas")
    opacity: float = _setting(1.0, "factor on the opacity of all labels", low=0.0, high=1.0)
    selection_mode: bool = _setting(False, "hide everything but the selected segmentation and its image")
    show_details: bool = _setting(False, "show scores, comments and review status beside the labels")
    # new segmentations and labels
    label_set_preset: str = _setting("", "preset of labels for new segmentations (a file); empty: one red 'Label 1'")
    default_label_naming: bool = _setting(True, "give new labels a name and colour; off: ask for them")
    # suggestions
    suggestions_file: str = _setting("", "own suggestions of label names (a JSON file)")
    standard_suggestions: bool = _setting(True, "use the list of anatomical names that comes with the program")
    replace_standard_suggestions: bool = _setting(True, "own suggestions replace that list; off: they extend it")
    enforce_suggestions: bool = _setting(False, "allow suggested names only")
    suggest_once: bool = _setting(True, "offer a name once where its list does not say how often it may occur")
    # surfaces
    smoothing_hint: bool = _setting(True, "smooth surfaces by as much as the spacing suggests")
    smoothing_mm: float = _setting(1.0, "smoothing of surfaces in mm where the spacing does not decide", low=0.0)
    decimation_rate: float = _setting(0.5, "share of its triangles that a surface loses", low=0.0, high=0.99)
    # programs and servers
    monailabel_allow_all_models: bool = _setting(True, "offer all models of a MONAI Label server, not the fitting ones")
    monailabel_timeout_s: int = _setting(180, "seconds to wait for a MONAI Label server", low=1, high=86400)
    sam_python: str = _setting("", "folder of the environment for Segment Anything")
    sam_system_python: str = _setting("", "Python that makes this environment")
    sam_model: str = _setting("vit_b", "model of Segment Anything", choices=("vit_b", "vit_l", "vit_h", "medsam"))
    sam_device: int = _setting(-1, "GPU for Segment Anything, counted from 0; -1: the processor", low=-1)
    sam_timeout_s: int = _setting(300, "seconds to wait for Segment Anything", low=1, high=86400)
    totalsegmentator_custom_install: bool = _setting(False, "use a TotalSegmentator that is installed already")
    totalsegmentator_install_path: str = _setting("", "folder of the environment that is made for TotalSegmentator")
    totalsegmentator_system_python: str = _setting("", "Python that makes this environment")
    totalsegmentator_path: str = _setting("", "folder of the TotalSegmentator that is installed already")
    totalsegmentator_device: int = _setting(-1, "GPU for TotalSegmentator, from 0; -1: the processor", low=-1)
    totalsegmentator_license: bool = _setting(False, "a licence for TotalSegmentator's commercial models is there")
    nnunet_path: str = _setting("", "folder of an installed nnU-Net")
    nnunet_results_path: str = _setting("", "folder of nnU-Net's trained models")
    nninteractive_path: str = _setting("", "folder of an installed nnInteractive")
    external_timeout_s: int = _setting(0, "seconds that any other program may run; 0: as long as it takes", low=0)

    def __post_init__(self) -> None:
        for entry in fields(self):
            object.__setattr__(self, entry.name, _checked(entry, getattr(self, entry.name)))

    def with_(self, **changes: Any) -> Preferences:
        """A copy with some fields changed. Raises OptionError for an unknown field or an impossible value."""
        for key, value in changes.items():
            if key not in known_keys():
                raise OptionError(key, value, f"one of the preferences {', '.join(known_keys())}")
        return replace(self, **changes)

    def as_mapping(self) -> dict[str, Value]:
        """All fields by name."""
        return {key: getattr(self, key) for key in known_keys()}

    def changed(self) -> dict[str, Value]:
        """The fields that differ from their defaults."""
        return {entry.name: value for entry in fields(self) if (value := getattr(self, entry.name)) != entry.default}


def known_keys() -> tuple[str, ...]:
    """The names of all preferences, in their order."""
    return tuple(entry.name for entry in fields(Preferences))


def help_of(key: str) -> str:
    """What a preference means. Raises OptionError for an unknown one."""
    for entry in fields(Preferences):
        if entry.name == key:
            return str(entry.metadata["help"])
    raise OptionError(key, None, f"one of the preferences {', '.join(known_keys())}")


class PreferenceStore(Protocol):
    """Where a host keeps preferences: a file, QSettings, memory."""

    @property
    def place(self) -> str:
        """Where that is, for messages."""
        ...

    def load(self) -> Mapping[str, object]:
        """What is stored, by key; keys that are no preferences may be among it. Raises PresetError."""
        ...

    def save(self, values: Mapping[str, Value]) -> None:
        """Stores these; everything else that is stored stays. Raises PresetError, WriteError."""
        ...


def load_preferences(store: PreferenceStore) -> Preferences:
    """What is stored; defaults where nothing is. Unknown keys are left alone.

    Raises PresetError that names the place, the key, what was found and what is expected.
    """
    stored = store.load()
    found: dict[str, Any] = {}
    for entry in fields(Preferences):
        if entry.name in stored:
            try:
                found[entry.name] = _checked(entry, stored[entry.name])
            except OptionError as error:
                shown = f"found {error.value!r}, expected {error.allowed}"
                raise PresetError(f"{store.place}: {entry.name}: {shown}") from None
    return Preferences(**found)


def save_preferences(store: PreferenceStore, preferences: Preferences) -> None:
    """Stores what differs from the defaults, and what is stored already; everything else in the store stays.

    Raises PresetError, WriteError.
    """
    stored = store.load()
    changed = preferences.changed()
    store.save({key: value for key, value in preferences.as_mapping().items() if key in changed or key in stored})


@lru_cache(maxsize=1)
def _types() -> dict[str, type]:
    return get_type_hints(Preferences)


def _checked(entry: Field[Any], value: object) -> Value:
    """The value of the field's type and within its limits. Raises OptionError."""
    kind = _types()[entry.name]
    low, high = entry.metadata.get("low", -math.inf), entry.metadata.get("high", math.inf)
    choices = entry.metadata.get("choices")
    if kind is str and isinstance(value, str) and (choices is None or value in choices) and "\0" not in value:
        return value
    if kind is bool and isinstance(value, bool):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool) and kind in (int, float):
        fits = math.isfinite(value) and low <= value <= high and (kind is float or isinstance(value, int))
        if fits:
            return float(value) if kind is float else value
    raise OptionError(entry.name, value, _expected(kind, low, high, choices))


def _expected(kind: type, low: float, high: float, choices: tuple[str, ...] | None) -> str:
    if choices is not None:
        return "one of " + ", ".join(choices)
    if kind in (str, bool):
        return "text" if kind is str else "true or false"
    limits = [f"{word} {limit:g}" for word, limit in (("from", low), ("to", high)) if math.isfinite(limit)]
    return " ".join(["a whole number" if kind is int else "a number", *limits])
