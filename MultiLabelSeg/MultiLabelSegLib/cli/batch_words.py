"""The words of ``mlseg batch`` told apart: its own options, those of the command, and the inputs."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from ..batch.jobs_options import CommandSpec, OptionSpec
from ..errors import FormatError, OptionError


@dataclass
class Words:
    """``own``: words for batch's parser; ``common``: the command's options by name; ``inputs``: paths and patterns."""

    own: list[str] = field(default_factory=list)
    common: dict[str, Any] = field(default_factory=dict)
    inputs: list[str] = field(default_factory=list)


def value_of(words: Sequence[str], flag: str) -> str:
    """What follows ``--flag`` or ``--flag=``, the last time that it is there; empty when it is not."""
    found = ""
    for index, word in enumerate(words):
        if word == flag and index + 1 < len(words):
            found = words[index + 1]
        elif word.startswith(flag + "="):
            found = word[len(flag) + 1 :]
    return found


def told_apart(words: Sequence[str], parser: argparse.ArgumentParser, spec: CommandSpec) -> Words:
    """Gives every word to batch, to the command's options or to the inputs; FormatError for an unknown option."""
    own = {flag: action.nargs for action in parser._actions for flag in action.option_strings}
    theirs = {flag: option for option in spec.options for flag in option.flags if flag not in own}
    result = Words()
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        if word == "--":
            result.inputs += waiting
            break
        if not word.startswith("-") or word == "-":
            result.inputs.append(word)
            continue
        flag, equals, value = word.partition("=")
        if flag not in own and flag not in theirs and not word.startswith("--") and len(word) > 2:
            # -j4
            flag, equals, value = word[:2], "=", word[2:]
        if flag in own:
            result.own.append(word)
            if not equals and own[flag] != 0 and waiting:
                result.own.append(waiting.pop(0))
        elif flag in theirs:
            _take(result, theirs[flag], [value] if equals else _values(theirs[flag], waiting), spec)
        else:
            raise _unknown(flag, [*own, *theirs], spec)
    return result


def _values(option: OptionSpec, waiting: list[str]) -> list[str]:
    if option.is_switch:
        return []
    found: list[str] = []
    while waiting and (not found or option.takes_many):
        if found and waiting[0].startswith("-"):
            break
        found.append(waiting.pop(0))
    if not found:
        raise OptionError(option.columns[0], None, "a value")
    return found


def _take(result: Words, option: OptionSpec, values: list[str], spec: CommandSpec) -> None:
    if option.name == spec.input:
        result.inputs += values
    elif option.is_switch:
        result.common[option.name] = True
    elif option.takes_many:
        result.common.setdefault(option.name, []).extend(values)
    else:
        result.common[option.name] = values[0]


def _unknown(flag: str, known: Sequence[str], spec: CommandSpec) -> FormatError:
    near = get_close_matches(flag, known, 1)
    hint = f"did you mean {near[0]}? " if near else ""
    where = f"mlseg batch and mlseg {' '.join(spec.words)}"
    return FormatError(None, f"unknown option {flag}; {hint}see --help of {where}")
