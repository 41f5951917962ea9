"""The text of a table file: decoded, in numbered lines, with the small things that rows are made of."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from ...core.label import MAX_VALUE
from ...errors import FormatError
from ..report import Report
from .model import LabelTable, TableEntry

#: the largest real table (FreeSurfer's) has 100 kB; more than this is no table but some other file
MOST_BYTES = 32 << 20
#: from so many rows on a list without the mark below is for all images, not for one
_GENERAL_ROWS = 300
_MARK = "# lists every label of its image"
#: what has more NULs than one in so many characters is no text, with fewer it is a damaged one
_CHARACTERS_PER_NUL = 20
_LINE_END = re.compile(r"\r\n|\r|\n")
_VALUE = re.compile(r"[+-]?[0-9]{1,18}(\.0*)?", re.ASCII)
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?", re.ASCII)
_HEX = re.compile(r"#?([0-9a-fA-F]{6}|[0-9a-fA-F]{8}|#[0-9a-fA-F]{3})", re.ASCII)
_EXACT_NAME = re.compile(r'#\s*exact name of ([0-9]{1,5}):\s*(".*")\s*', re.ASCII)
_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


@dataclass(frozen=True)
class TableText:
    """A table as text. ``path`` is for messages and for the hints that its name gives."""

    path: Path
    text: str

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """All lines; LF, CR LF and CR end one, other separators of Unicode may be part of a name."""
        return tuple(_LINE_END.split(self.text))

    @cached_property
    def comments(self) -> str:
        """The comment lines, in lower case."""
        return "\n".join(line.strip().lower() for line in self.lines if is_comment(line))

    @cached_property
    def data(self) -> tuple[tuple[int, str], ...]:
        """Lines that are neither blank nor comments, with their numbers (from 1)."""
        numbered = enumerate(self.lines, 1)
        return tuple((number, line) for number, line in numbered if line.strip() and not is_comment(line))


def is_comment(line: str) -> bool:
    """Whether a line is a comment: ``#``, ``//``, ``;`` or ``%`` first."""
    return line.lstrip().startswith(("#", "//", ";", "%"))


def load_text(path: Path, report: Report) -> TableText:
    """The text of a file: UTF-8, UTF-16 with its mark, else Windows' Latin letters (noted).

    Raises FormatError for a file that cannot be read, is no text, or is far too large for a table.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise FormatError(path, f"cannot be read ({error.strerror or error})") from None
    if len(data) > MOST_BYTES:
        raise FormatError(path, f"is larger than {MOST_BYTES >> 20} MB, so no label table")
    text = decoded(data, path, report)
    nuls = text.count("\0")
    if nuls > len(text) // _CHARACTERS_PER_NUL:
        raise FormatError(path, "is no text, so no label table")
    if nuls:
        report.note(f"holds {nuls} NUL characters, which are no text; taken as \ufffd", path)
    return TableText(path, text.replace("\0", "\ufffd"))


def decoded(data: bytes, path: Path, report: Report) -> str:
    """Bytes of a table as text; never fails."""
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        report.note("is not UTF-8; taken as Latin letters (Windows-1252)", path)
        return data.decode("latin-1").translate(_WINDOWS)


def _windows_letters() -> dict[int, str]:
    """Where Windows-1252 has other characters than Latin-1; five bytes it leaves open."""
    letters = {byte: bytes((byte,)).decode("cp1252", "ignore") for byte in range(0x80, 0xA0)}
    return {byte: letter for byte, letter in letters.items() if letter}


_WINDOWS = _windows_letters()


def parse_value(text: str) -> int:
    """A label value, 0...65535, also written as ``3.0``. Raises ValueError with the reason."""
    text = text.strip()
    if not _VALUE.fullmatch(text):
        raise ValueError(f"{_shown(text)} is not a label value (a whole number)")
    value = int(text.partition(".")[0])
    if not 0 <= value <= MAX_VALUE:
        raise ValueError(f"label value {value} is not within 0...{MAX_VALUE}")
    return value


def is_number(text: str) -> bool:
    """Whether a text is a plain decimal number."""
    return _NUMBER.fullmatch(text.strip()) is not None


def hex_bytes(text: str) -> tuple[int, ...] | None:
    """Red, green, blue (and alpha) of ``#rrggbb``, ``rrggbb``, ``#rgb`` or ``#rrggbbaa``; None for anything else."""
    match = _HEX.fullmatch(text.strip())
    if match is None:
        return None
    digits = match[1].lstrip("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    return tuple(bytes.fromhex(digits))


def unquoted(text: str) -> str:
    """A name without blanks around it, and without the quotation marks when it has them at both ends."""
    text = text.strip()
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    return text


def marked(table: LabelTable) -> list[str]:
    """The comment that a long list of one image's labels needs, so that it is not taken for a general list."""
    return [_MARK] if len(table.entries) > _GENERAL_ROWS else []


def judged(text: TableText, table: LabelTable) -> LabelTable:
    """The table of a text with ``is_general`` set."""
    return replace(table, is_general=len(table.entries) > _GENERAL_ROWS and _MARK not in text.comments)


def exact_name_lines(entries: Iterable[TableEntry], shown: Callable[[str], str]) -> list[str]:
    """Comment lines that keep the names which a dialect can only show changed (``shown`` gives what it shows)."""
    return [
        f"# exact name of {entry.value}: {json.dumps(entry.name)}"
        for entry in entries
        if shown(entry.name) != entry.name
    ]


def exact_names(text: TableText) -> dict[str, str]:
    """The names that such comment lines keep, by the value as text."""
    found: dict[str, str] = {}
    for line in text.lines:
        match = _EXACT_NAME.fullmatch(line.strip())
        if match is None:
            continue
        try:
            name = json.loads(match[2])
        except ValueError:
            continue
        if isinstance(name, str):
            found[match[1]] = name
    return found


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:40] + "...")
