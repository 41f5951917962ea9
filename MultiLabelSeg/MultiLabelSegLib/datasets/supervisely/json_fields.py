"""JSON files of a data set, read field by field: errors name file, field, what was found and what was expected."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ...errors import CorruptFileError, FormatError
from ...formats.json_text import parse_json

#: larger files are no descriptions and no mappings
_MOST_BYTES = 64 << 20
_LONGEST_SHOWN = 60


def json_of(path: Path, what: str) -> Any:
    """The data of a JSON file, with or without a byte order mark; ``what`` names it in errors.

    Raises FormatError when it cannot be read, CorruptFileError when it is no JSON.
    """
    return parse_json(_text_of(path, what), path, what, keep_last=True)


def json_pairs(path: Path, what: str) -> list[tuple[str, Any]]:
    """The names and values of the object in a JSON file in their order; a name that occurs twice comes twice.

    Raises as ``json_of``, and CorruptFileError for anything but an object.
    """
    text = _text_of(path, what)
    found = parse_json(text, path, what, keep_last=True)
    if not isinstance(found, dict):
        raise CorruptFileError(path, f"the whole file: found {shown(found)}, expected an object {{...}}")
    whole: _Object = json.loads(text, object_pairs_hook=_Object)
    return whole.pairs


class _Object(dict[str, Any]):
    """A JSON object that also knows its names in their order, each as often as it occurs."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.pairs = pairs


def _text_of(path: Path, what: str) -> str:
    try:
        size = path.stat().st_size
        if size > _MOST_BYTES:
            raise FormatError(path, f"{what} has {size} bytes; at most {_MOST_BYTES} are expected")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise CorruptFileError(path, f"{what} is no UTF-8 text: byte {error.start}") from None
    except OSError as error:
        raise FormatError(path, f"{what} cannot be read: {error.strerror or error}") from None


def shown(found: Any) -> str:
    """A value for messages, on one line and not too long."""
    text = json.dumps(found, ensure_ascii=True)
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 3] + "..."


def is_whole(found: Any) -> bool:
    """Whether a value is a whole number; true and false are none."""
    return isinstance(found, int) and not isinstance(found, bool)


class Fields:
    """The fields of one JSON object at a place such as ``datasets[2]`` in a file."""

    def __init__(self, path: Path, place: str, found: Any) -> None:
        self._path, self._place = path, place
        if not isinstance(found, dict):
            raise self.wrong(place or "the whole file", found, "an object {...}")
        self._data = found

    def wrong(self, field: str, found: Any, expected: str) -> CorruptFileError:
        """An error that names the field, what was found and what was expected."""
        return CorruptFileError(self._path, f"{field}: found {shown(found)}, expected {expected}")

    def place(self, name: str) -> str:
        """A field's full place in the file."""
        return f"{self._place}.{name}" if self._place else name

    def required(self, name: str, expected: str) -> Any:
        """The value of a field that must be there."""
        if name not in self._data:
            raise CorruptFileError(self._path, f"{self.place(name)}: is missing, expected {expected}")
        return self._data[name]

    def optional(self, name: str, default: Any = None) -> Any:
        """The value of a field, or the default where it is not there."""
        return self._data.get(name, default)

    def text(self, name: str) -> str:
        """A text that is not empty."""
        found = self.required(name, "a text")
        if not isinstance(found, str) or not found.strip():
            raise self.wrong(self.place(name), found, "a text")
        return found

    def identity(self, name: str) -> int:
        """An id: a whole number above 0."""
        found = self.required(name, "a whole number above 0")
        if not is_whole(found) or found <= 0:
            raise self.wrong(self.place(name), found, "a whole number above 0")
        return int(found)

    def objects(self, name: str) -> list[Fields]:
        """A list of objects."""
        found = self.required(name, "a list [...]")
        if not isinstance(found, list):
            raise self.wrong(self.place(name), found, "a list [...]")
        return [Fields(self._path, f"{self.place(name)}[{index}]", entry) for index, entry in enumerate(found)]
