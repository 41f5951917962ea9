"""A command given many cases: its output is a template, so every input is a case of its own.

    mlseg convert -i 'in/*.nii.gz' -o 'out/{stem}.nrrd' -j 4

is ``mlseg batch --command convert`` with the same options.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..batch.jobs_options import CommandSpec, OptionSpec
from ..errors import OptionError
from .batch_commands import spec_of
from .batch_work import do_batch
from .console import Console
from .main import parser_of

#: options of mlseg batch that say what is done, which the command says here itself
_NOT_OWN = ("-o", "--output", "--command", "--recipe", "--input-as")


def do_many(name: str, arguments: Sequence[str]) -> int:
    """Does a command for every input; returns the exit code of ``mlseg batch``.

    Raises SystemExit where argparse ends the program, OptionError and FormatError for what cannot be meant.
    """
    _, parser = parser_of(name)
    _, batch = parser_of("batch")
    own, rest = _apart(arguments, batch)
    given = parser.parse_args(rest)
    part = getattr(given, "part", None)
    spec = spec_of(f"{name} {part}" if part else name)
    parsed = batch.parse_args(own)
    parsed.command = " ".join(spec.words)
    parsed.inputs = _inputs(spec, given)
    parsed.common = {
        option.name: _cell(given, option) for option in spec.options if _is_said(option, given, spec, parser)
    }
    return do_batch(parsed, Console(quiet=given.quiet, verbose=given.verbose))


def _apart(arguments: Sequence[str], batch: argparse.ArgumentParser) -> tuple[list[str], list[str]]:
    """The words for batch, and those for the command."""
    flags = {
        flag: action for action in batch._actions for flag in action.option_strings
        if flag not in _NOT_OWN and action.dest not in ("help", "quiet", "verbose")
    }  # fmt: skip
    own: list[str] = []
    rest: list[str] = []
    waiting = list(arguments)
    while waiting:
        word = waiting.pop(0)
        flag = word.partition("=")[0]
        if flag not in flags and word[:2] in flags and not word.startswith("--"):
            flag = word[:2]
        if flag not in flags:
            rest.append(word)
            continue
        own.append(word)
        if word == flag and flags[flag].nargs != 0 and waiting:
            own.append(waiting.pop(0))
    return own, rest


def _inputs(spec: CommandSpec, given: argparse.Namespace) -> list[str]:
    value = getattr(given, spec.input, None)
    found = value if isinstance(value, list) else [value]
    if None in found:
        raise OptionError(spec.find("input").columns[0], None, "the inputs: files, folders or patterns")
    return [str(each) for each in found]


def _is_said(
    option: OptionSpec, given: argparse.Namespace, spec: CommandSpec, parser: argparse.ArgumentParser
) -> bool:  # fmt: skip
    """Whether the user said something about an option of the command that counts for every case."""
    if option.name == spec.input:
        return False
    value = getattr(given, option.name, None)
    return value is not None and value is not False and value != parser.get_default(option.name)


def _cell(given: argparse.Namespace, option: OptionSpec) -> Any:
    """The value as a cell of a job table."""
    value = getattr(given, option.name)
    if isinstance(value, list):
        return [str(each) if isinstance(each, Path) else each for each in value]
    return str(value) if isinstance(value, Path) else value
