"""What a dialect of label tables is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..report import Report
from .model import LabelTable, TableEntry
from .text import TableText


def never(_text: TableText) -> bool:
    """For dialects that have no mark of their own in the content."""
    return False


def holds_all(_entry: TableEntry) -> str | None:
    """For dialects that can hold every name."""
    return None


@dataclass(frozen=True)
class Dialect:
    """One way of writing label tables.

    ``recognises`` says from the content alone whether a file is of this dialect; else the shape of its rows must be
    among ``shapes``, and ``name_hints`` in lower-case file names (endings where they have a dot) speak for it.
    ``parse`` skips and reports wrong lines and raises FormatError only when nothing is usable. ``refuses`` says why a
    row cannot be written (None: it can). ``suffix`` follows the stem of the image whose labels the table lists.
    """

    id: str
    title: str
    suffix: str
    parse: Callable[[TableText, Report], LabelTable]
    render: Callable[[LabelTable], str]
    recognises: Callable[[TableText], bool] = never
    shapes: tuple[str, ...] = ()
    name_hints: tuple[str, ...] = ()
    refuses: Callable[[TableEntry], str | None] = holds_all


def refuse_control_characters(entry: TableEntry) -> str | None:
    """For dialects of plain lines: no characters that end or damage a line, no halves of surrogate pairs."""
    bad = [character for character in entry.name if is_control(character)]
    return f"the character {bad[0]!r} in the name" if bad else None


def is_control(character: str) -> bool:
    """Control characters (tab and line ends among them) and lone surrogates, which no UTF-8 file holds."""
    return ord(character) < 32 or 127 <= ord(character) < 160 or 0xD800 <= ord(character) < 0xE000
