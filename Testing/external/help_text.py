"""The options that a program's ``--help`` lists, as a test of a fake and of our command lines needs them."""

from __future__ import annotations

import re
from pathlib import Path

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "external"
_OPTION = re.compile(r"(?<![\w-])--?[A-Za-z][\w-]*")
_TAKES = re.compile(r"^\s{2,4}(-.*?)(?:\s{2,}.*)?$")


def options_of(help_text: str) -> set[str]:
    """Every option, short and long, from the lines that begin with one."""
    found: set[str] = set()
    for line in help_text.splitlines():
        match = _TAKES.match(line)
        if match:
            found.update(_OPTION.findall(match[1]))
    return found - {"-h", "--help"}


def golden_options(program: str) -> set[str]:
    """The options of the real program."""
    return options_of((GOLDEN / f"{program}.txt").read_text(encoding="utf-8"))
