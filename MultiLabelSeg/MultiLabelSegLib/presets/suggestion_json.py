"""Suggestions in JSON: MITK's old form, its new form, and our own list of anatomical names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..core.label import Color
from ..errors import CorruptFileError, PresetError
from ..formats.json_text import parse_json
from ..formats.label_json import JsonRules, label_from_json
from .css_colors import EXPECTED, parse_color
from .preferences import Preferences
from .suggestions import Suggestion, SuggestionRules, Suggestions

#: the highest version of the new form that is known
VERSION = 4
#: how often a name may occur, in the new form
MAX_INSTANCES = "_max_instance_occurrence"
#: a list of 100,000 names with codes has 40 MB
_MOST_BYTES = 64 << 20
#: fields of a label that a suggestion may set beside name, colour and properties
_FIELDS = ("opacity", "locked", "visible", "description")


def load_suggestions(
    path: Path | None = None, *, extend: bool = False, standard: bool = True, rules: SuggestionRules | None = None
) -> Suggestions:
    """The list to work with: that of a file, which replaces our own or (``extend``) is appended to it.

    Without a file our own, or with ``standard`` off none. Raises PresetError.
    """
    own = builtin_suggestions() if standard and (extend or path is None) else ()
    return Suggestions((*own, *(() if path is None else read_suggestions(path))), rules)


def preferred_suggestions(preferences: Preferences) -> Suggestions:
    """The list that the preferences ask for. Raises PresetError."""
    path = Path(preferences.suggestions_file) if preferences.suggestions_file else None
    rules = SuggestionRules(preferences.enforce_suggestions, preferences.suggest_once)
    extend = not preferences.replace_standard_suggestions
    return load_suggestions(path, extend=extend, standard=preferences.standard_suggestions, rules=rules)


@lru_cache(maxsize=1)
def builtin_suggestions() -> tuple[Suggestion, ...]:
    """Our own list: anatomical structures, findings and devices with colours and SNOMED CT codes."""
    return read_suggestions(Path(__file__).parents[1] / "resources" / "suggestions.json")


def read_suggestions(path: Path) -> tuple[Suggestion, ...]:
    """The suggestions of a file, in either form (see ``parse_suggestions``). Raises PresetError, naming the entry."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise PresetError(f"{path}: {path.stat().st_size} bytes; a list of suggestions is smaller than that")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise PresetError(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise PresetError(f"{path}: is not text in UTF-8 (byte {error.start})") from None
    return parse_suggestions(text, path)


def parse_suggestions(text: str, path: Path) -> tuple[Suggestion, ...]:
    """The suggestions of a JSON text.

    The old form is an array of objects with ``name`` and perhaps ``color`` (hexadecimal or a CSS name); the new form an
    object with ``groups`` of labels as in MITK's files, with ``_max_instance_occurrence``. Other keys of the old form
    are ignored, as MITK does; values of labels are not used. Equal names stay (``Suggestions`` sorts that out).

    Raises PresetError that names file and entry.
    """
    try:
        data = parse_json(text, path, "the list of suggestions", keep_last=True)
    except CorruptFileError as error:
        raise PresetError(str(error)) from None
    if isinstance(data, list):
        return tuple(_from_old(entry, _where(path, number, entry)) for number, entry in enumerate(data, 1))
    if not isinstance(data, dict) or not isinstance(data.get("groups"), list):
        expected = 'expected an array of names or an object with "groups"'
        raise PresetError(f"{path}: is no list of suggestions; {expected}, found {_shown(data)}")
    version = data.get("version", VERSION)
    if isinstance(version, bool) or not isinstance(version, int) or version > VERSION:
        raise PresetError(f"{path}: version {_shown(version)} is not known; expected {VERSION} or lower")
    return tuple(_from_new(data["groups"], version, path))


def _from_old(entry: Any, where: str) -> Suggestion:
    name = _name(entry, where)
    color = entry.get("color")
    return Suggestion(name, None if color is None else _color_text(color, where))


def _from_new(groups: list[Any], version: int, path: Path) -> Iterator[Suggestion]:
    for group_number, group in enumerate(groups, 1):
        place = f"{path}: group {group_number}"
        if group is None:
            continue
        labels = group.get("labels") if isinstance(group, dict) else group
        if not isinstance(group, dict) or not (labels is None or isinstance(labels, list)):
            raise PresetError(f"{place}: found {_shown(group)}, expected an object with an array of labels")
        title = group.get("name", "")
        if not isinstance(title, str):
            raise PresetError(f"{place}: name: found {_shown(title)}, expected text")
        for number, entry in enumerate(labels or (), 1):
            where = f"{place}, {_where(None, number, entry)}"
            yield _label(entry, where, JsonRules(None, version, keep_meta=False), title)


def _label(entry: Any, where: str, rules: JsonRules, group: str) -> Suggestion:
    name = _name(entry, where)
    most = entry.get(MAX_INSTANCES)
    if most is not None and (isinstance(most, bool) or not isinstance(most, int) or most < 0):
        raise PresetError(f"{where}: {MAX_INSTANCES}: found {_shown(most)}, expected a whole number from 0 on")
    color = entry.get("color")
    plain = {key: value for key, value in entry.items() if key not in ("value", "tracking_id", "tracking_uid")}
    if color is None or isinstance(color, str):
        plain.pop("color", None)
    try:
        label = label_from_json(plain, "label", rules, default_value=1)
    except CorruptFileError as error:
        raise PresetError(f"{where}: {error.reason}") from None
    given = label.color if "color" in plain else None if color is None else _color_text(color, where)
    fields = {key: getattr(label, key) for key in _FIELDS if key in entry}
    return Suggestion(name, given, most, label.properties, fields, group)


def _name(entry: Any, where: str) -> str:
    if not isinstance(entry, Mapping):
        raise PresetError(f'{where}: found {_shown(entry)}, expected an object with "name"')
    name = entry.get("name")
    if not isinstance(name, str) or not name.strip():
        raise PresetError(f"{where}: name: found {_shown(name)}, expected text")
    return name


def _color_text(color: Any, where: str) -> Color | None:
    """The colour, None for ``transparent``, which Qt knows too."""
    if isinstance(color, str) and color.strip().lower() == "transparent":
        return None
    found = parse_color(color) if isinstance(color, str) else None
    if found is None:
        raise PresetError(f"{where}: color: found {_shown(color)}, expected {EXPECTED}")
    return found


def _where(path: Path | None, number: int, entry: Any) -> str:
    name = entry.get("name") if isinstance(entry, Mapping) else None
    named = f"entry {number}" + (f" ({name!r})" if isinstance(name, str) else "")
    return named if path is None else f"{path}: {named}"


def _shown(data: Any) -> str:
    return "nothing" if data is None else repr(data)[:60]
