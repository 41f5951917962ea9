"""Keys of a TOML file's first table: read by Python's own reader, written by changing lines and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from importlib import import_module
from typing import Any

Scalar = bool | int | float | str

_LINE_END = re.compile(r"\r?\n")
_KEY = re.compile(r"\s*([A-Za-z0-9_-]+)\s*=\s*(.*)")
_TABLE = re.compile(r"\s*\[")
_TEXT = re.compile(r"""("(?:[^"\\\x00-\x08\x0a-\x1f\x7f]|\\.)*"|'[^'\x00-\x08\x0a-\x1f\x7f]*')\s*(?:#.*)?""")
_WORD = re.compile(r"([A-Za-z0-9_.+-]+)\s*(?:#.*)?")
_INTEGER = re.compile(r"[+-]?(0|[1-9](_?[0-9])*)", re.ASCII)
_FLOAT = re.compile(r"[+-]?(0|[1-9](_?[0-9])*)(\.[0-9](_?[0-9])*)?([eE][+-]?[0-9](_?[0-9])*)?", re.ASCII)


class TomlError(ValueError):
    """A text is no TOML, or uses what the small reader does not know."""


def read_toml(text: str) -> dict[str, Any]:
    """The data of a TOML text: by ``tomllib`` (Python 3.11) or ``tomli``, else by ``read_simple_toml``.

    Raises TomlError with the place.
    """
    for name in ("tomllib", "tomli"):
        try:
            reader = import_module(name)
        except ImportError:
            continue
        try:
            return dict(reader.loads(text))
        except reader.TOMLDecodeError as error:
            raise TomlError(str(error)) from None
        except RecursionError:
            raise TomlError("values are nested too deeply") from None
    return read_simple_toml(text)


def read_simple_toml(text: str) -> dict[str, Any]:
    """The keys before the first table: text, numbers, true and false, one a line. Tables are passed over.

    For Python 3.10 without ``tomli``. Raises TomlError with the line for anything else.
    """
    found: dict[str, Any] = {}
    for number, line in enumerate(_LINE_END.split(text), 1):
        if _TABLE.match(line):
            break
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        parts = _KEY.fullmatch(line)
        if parts is None:
            raise TomlError(f"line {number}: expected key = value, found {line.strip()[:60]!r}")
        if parts[1] in found:
            raise TomlError(f"line {number}: the key {parts[1]!r} occurs twice")
        found[parts[1]] = _simple_value(parts[2].strip(), number)
    return found


def _simple_value(text: str, line: int) -> Scalar:
    quoted = _TEXT.fullmatch(text)
    if quoted:
        return quoted[1][1:-1] if text.startswith("'") else _unescaped(quoted[1], line)
    word = _WORD.fullmatch(text)
    if word is None:
        raise TomlError(f"line {line}: Python 3.10 reads simple values only, found {text[:60]!r}; install tomli")
    if word[1] in ("true", "false"):
        return word[1] == "true"
    if _INTEGER.fullmatch(word[1]):
        return int(word[1])
    if _FLOAT.fullmatch(word[1]):
        return float(word[1])
    raise TomlError(f"line {line}: expected text in quotes, a number, true or false, found {word[1][:60]!r}")


def _unescaped(quoted: str, line: int) -> str:
    """A basic string: JSON's escapes are among TOML's, only ``\\U`` is not JSON's."""
    wide = re.sub(r"(?<!\\)((?:\\\\)*)\\U([0-9a-fA-F]{8})", _from_wide, quoted)
    try:
        return str(json.loads(wide, strict=False))
    except ValueError:
        raise TomlError(f"line {line}: {quoted[:60]} is no text in quotes") from None


def _from_wide(found: re.Match[str]) -> str:
    number = int(found[2], 16)
    return found[1] + json.dumps(chr(number))[1:-1] if number < 0x110000 else found[0]


def with_values(text: str, values: Mapping[str, Scalar], comments: Mapping[str, str] | None = None) -> str:
    """The TOML text with these keys of its first table set; all other lines, comments too, stay as they are.

    A new key stands below its comment. Raises TomlError where the text is written so that its lines cannot be changed
    one by one.
    """
    before = read_toml(text)
    lines = _LINE_END.split(text.rstrip())
    missing = dict(values)
    end = next((number for number, line in enumerate(lines) if _TABLE.match(line)), len(lines))
    for number, line in enumerate(lines[:end]):
        parts = _KEY.fullmatch(line)
        if parts is not None and parts[1] in missing:
            lines[number] = f"{parts[1]} = {toml_value(missing.pop(parts[1]))}"
    while end and not lines[end - 1].strip():
        end -= 1
    lines[end:end] = [line for key in missing for line in _added(key, missing[key], (comments or {}).get(key))]
    made = "\n".join(lines) + "\n"
    if read_toml(made) != {**before, **values}:
        raise TomlError("its values span lines or are nested; they cannot be changed without losing others")
    return made


def _added(key: str, value: Scalar, comment: str | None) -> list[str]:
    line = f"{key} = {toml_value(value)}"
    return [line] if comment is None else ["", f"# {comment}", line]


def toml_value(value: Scalar) -> str:
    """A value as TOML writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return repr(value)
