"""The options of a command as columns of a job table, and a row of such columns as a command line."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ..errors import FormatError, OptionError
from ..formats.staging import absolute

#: cells of switches
_YES, _NO = ("yes", "true", "1", "x", "on"), ("no", "false", "0", "off", "")
#: what stands between several values in one cell
SEPARATOR = "|"


@dataclass(frozen=True)
class OptionSpec:
    """One option of a command: ``flags`` is empty for what has no name on the command line.

    ``level`` 0 belongs to the command itself, 1 to its part (``labels rename``).
    """

    name: str
    flags: tuple[str, ...] = ()
    is_switch: bool = False
    takes_many: bool = False
    is_path: bool = False
    level: int = 0

    @property
    def columns(self) -> tuple[str, ...]:
        """The names that a column for it may have."""
        flags = sorted(map(column_key, self.flags), key=len, reverse=True)
        return tuple(dict.fromkeys((*flags, column_key(self.name))))


@dataclass(frozen=True)
class CommandSpec:
    """A command that batches know: its words (``("labels", "rename")``) and options.

    ``input`` and ``outputs`` name the options that the columns ``input`` and ``output`` mean; of several outputs the
    one is taken that is named like the suffix of the path. ``check`` raises FormatError for an impossible command line.
    """

    words: tuple[str, ...]
    options: tuple[OptionSpec, ...]
    input: str
    outputs: tuple[str, ...]
    check: Callable[[Sequence[str]], None]

    def output_for(self, path: str) -> str:
        """The option that writes ``path``."""
        return next((name for name in self.outputs if path.lower().endswith(f".{name}")), self.outputs[0])

    def find(self, column: str, output: str = "") -> OptionSpec:
        """The option that a column means. Raises FormatError naming the nearest."""
        key = column_key(column)
        if key == "input":
            key = column_key(self.input)
        elif key == "output":
            key = column_key(self.output_for(output))
        for option in self.options:
            if key in option.columns:
                return option
        known = ["input", "output", *(option.columns[0] for option in self.options)]
        raise unknown_column(f"mlseg {' '.join(self.words)}", column, known)


def unknown_column(where: str, column: str, known: Sequence[str]) -> FormatError:
    """The error for a column that no command has, with the nearest that there is."""
    near = get_close_matches(column_key(column), known, 1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return FormatError(None, f"{where}: unknown column {column!r}; {hint}there are {', '.join(dict.fromkeys(known))}")


def column_key(name: str) -> str:
    """A column's name without leading dashes, in small letters, with dashes for blanks and underscores."""
    return name.strip().lstrip("-").strip().lower().replace("_", "-").replace(" ", "-")


def command_line(spec: CommandSpec, cells: Mapping[str, Any], base: Mapping[str, Path], overwrite: bool) -> list[str]:
    """The command line for one row: ``cells`` are option name -> value, ``base`` the folder of its relative paths.

    Values are text, numbers, switches or lists of them, None or "" where nothing is given. Raises OptionError.
    """
    line: list[str] = []
    for level, word in enumerate(spec.words):
        line.append(word)
        own = [option for option in spec.options if option.level == level]
        for option in sorted(own, key=lambda each: bool(each.flags)):
            value = overwrite if option.name == "overwrite" else cells.get(option.name)
            line += _words(option, value, base.get(option.name, Path.cwd()))
    return line


def is_given(value: Any) -> bool:
    """Whether a cell says anything."""
    return value is not None and value != [] and (not isinstance(value, str) or value.strip() != "")


def switch_value(option: str, value: Any) -> bool:
    """A cell of a switch. Raises OptionError."""
    if isinstance(value, bool):
        return value
    text = str("" if value is None else value).strip().lower()
    if text in _YES or text in _NO:
        return text in _YES
    raise OptionError(option, value, "yes or no")


def values_of(option: OptionSpec, value: Any) -> list[str]:
    """The values in a cell as text. Raises OptionError for what cannot stand there."""
    if isinstance(value, Mapping):
        return [json.dumps(value, ensure_ascii=False)]
    if isinstance(value, list):
        if not option.takes_many and len(value) > 1:
            raise OptionError(option.name, value, "one value")
        return [_text(option, each) for each in value]
    text = _text(option, value)
    if not option.takes_many or text.lstrip().startswith("{"):
        return [text]
    return [part.strip() for part in text.split(SEPARATOR) if part.strip()]


def _text(option: OptionSpec, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, float, os.PathLike)):
        raise OptionError(option.name, value, "text or a number")
    text = str(value)
    if "\0" in text:
        raise OptionError(option.name, value, "text without null characters")
    return text.strip()


def _words(option: OptionSpec, value: Any, base: Path) -> list[str]:
    if option.is_switch:
        return [_longest(option)] if switch_value(option.name, value) else []
    if not is_given(value):
        return []
    values = values_of(option, value)
    if option.is_path:
        values = [str(absolute(base / Path(each).expanduser())) for each in values]
    if not option.flags:
        return values
    if not option.takes_many:
        # one word, so that a value may begin with a dash
        return [f"{_longest(option)}={values[0]}"]
    if any(each.startswith("-") for each in values):
        raise OptionError(option.name, value, "values that do not begin with a dash")
    return [_longest(option), *values]


def _longest(option: OptionSpec) -> str:
    return max(option.flags, key=len)
