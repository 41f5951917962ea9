"""The commands of ``mlseg`` as the batch sees them: their options as columns, and a check of each command line."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn

from ..batch.jobs_options import CommandSpec, OptionSpec
from ..errors import FormatError, OptionError
from .main import COMMANDS, parser_of

#: the entry that worker processes call
ENTRY = "MultiLabelSegLib.cli.main:main"
#: commands whose option for the column ``input`` is not ``input`` or the first path
_INPUTS = {"run": "image", "new": "image", "segment": "image", "preset apply": "input"}
_OUTPUTS = {"stats": ("json", "csv")}
#: these work on many cases by themselves, or on none
_NOT = (
    "batch",
    "demo",
    "warm",
    "formats",
    "tools",
    "suggest",
    "tasks",
    "dataset",
    "audit",
    "merge",
    "split",
    "supervisely",
)


class _Parser(argparse.ArgumentParser):
    """A parser that raises where argparse would end the program."""

    def error(self, message: str) -> NoReturn:
        raise FormatError(None, f"{self.prog}: {message}")


@lru_cache(maxsize=32)
def spec_of(command: str, input_as: str = "") -> CommandSpec:
    """What batches need to know of a command such as ``convert`` or ``labels rename``.

    ``input_as`` names the option that the inputs go to. Raises OptionError for an unknown command, and for one that
    does not make one output of one case.
    """
    words = tuple(command.split())
    allowed = [name for name in COMMANDS if name not in _NOT]
    if not words or words[0] not in allowed:
        raise OptionError("command", command, f"one of {', '.join(allowed)}")
    _, parser = parser_of(words[0], _Parser)
    options = _options(parser, 0)
    for level, word in enumerate(words[1:], 1):
        parts = next((each for each in parser._actions if isinstance(each, argparse._SubParsersAction)), None)
        if parts is None or word not in parts.choices:
            known = ", ".join(parts.choices) if parts is not None else "no parts"
            raise OptionError("command", command, f"{' '.join(words[:level])} with {known}")
        parser = parts.choices[word]
        taken = {option.name for option in options}
        options += [option for option in _options(parser, level) if option.name not in taken]
    names = [option.name for option in options]
    outputs = _OUTPUTS.get(command, ("output",))
    if outputs[0] not in names:
        raise OptionError("command", command, "a command that writes an output")
    return CommandSpec(words, tuple(options), _input_of(command, options, input_as), outputs, _checker(words[0]))


def _input_of(command: str, options: Sequence[OptionSpec], input_as: str) -> str:
    """The name of the option that the column ``input`` means. Raises OptionError."""
    paths = [option for option in options if option.is_path and option.name != "output"]
    if input_as:
        for option in paths:
            if input_as.lstrip("-").replace("_", "-") in option.columns:
                return option.name
        raise OptionError("input-as", input_as, [option.columns[0] for option in paths])
    if command in _INPUTS:
        return _INPUTS[command]
    named = [option.name for option in paths if option.name == "input" or not option.flags]
    if not named:
        raise OptionError("command", command, "a command that works on a file")
    return "input" if "input" in named else named[0]


def _options(parser: argparse.ArgumentParser, level: int) -> list[OptionSpec]:
    found = []
    for action in parser._actions:
        if isinstance(action, (argparse._HelpAction, argparse._SubParsersAction)) or action.dest in (
            "quiet",
            "verbose",
        ):
            continue
        found.append(
            OptionSpec(
                action.dest,
                tuple(action.option_strings),
                is_switch=action.nargs == 0,
                takes_many=action.nargs in ("+", "*") or isinstance(action.nargs, int) and action.nargs > 1,
                is_path=action.type is Path or action.dest == "output",
                level=level,
            )
        )
    return found


def _checker(command: str) -> Any:
    """A function that raises FormatError for a command line that the command's parser refuses."""
    _, parser = parser_of(command, _Parser)

    def check(line: Sequence[str]) -> None:
        parser.parse_args(list(line)[1:])

    return check
