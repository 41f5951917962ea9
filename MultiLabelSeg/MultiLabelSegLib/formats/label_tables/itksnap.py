"""ITK-SNAP's label description: ``index red green blue alpha visible mesh "name"``.

Also read: rows without alpha and flags, as in the ``.lut`` files of FSLeyes (``value red green blue name``), and names
without quotation marks.
"""

from __future__ import annotations

import re

from ..report import Report
from .dialect import Dialect, is_control
from .model import LabelTable, TableEntry
from .rows import RowCollector
from .text import TableText, exact_name_lines, exact_names, is_number, judged, marked, unquoted

_MARK = "label description file"
_QUOTES = '"\u201c\u201d\u201e'
_QUOTED_ROW = re.compile(r'\s*[0-9]+([ \t]+[0-9.]+){6}[ \t]+["\u201c\u201e]')
_FLAGS = {"0": False, "1": True}
_HEADER = """\
################################################
# ITK-SnAP Label Description File
# File format: 
# IDX   -R-  -G-  -B-  -A--  VIS MSH  LABEL
# Fields: 
#    IDX:   Zero-based index 
#    -R-:   Red color component (0..255)
#    -G-:   Green color component (0..255)
#    -B-:   Blue color component (0..255)
#    -A-:   Label transparency (0.00 .. 1.00)
#    VIS:   Label visibility (0 or 1)
#    IDX:   Label mesh visibility (0 or 1)
#  LABEL:   Label description 
################################################
"""  # noqa: W291 - ITK-SNAP's own header has these blanks


def _recognises(text: TableText) -> bool:
    if _MARK in text.comments:
        return True
    rows = [line for _, line in text.data]
    return bool(rows) and 2 * sum(_QUOTED_ROW.match(row) is not None for row in rows) > len(rows)


def parse(text: TableText, report: Report) -> LabelTable:
    """The rows of a label description; wrong lines are reported. Raises FormatError when nothing is usable."""
    rows = RowCollector(text.path, report, has_header=_MARK in text.comments)
    exact = exact_names(text)
    for line, content in text.data:
        _add(rows, line, content, exact)
    return judged(text, rows.table())


def _add(rows: RowCollector, line: int, content: str, exact: dict[str, str]) -> None:
    quote = next((place for place, character in enumerate(content) if character in _QUOTES), None)
    fields = content[:quote].replace(",", " ").split()
    if len(fields) < 4 or not all(is_number(text) for text in fields[:4]):
        rows.skip(line, f"line left out: expected a value and three colour numbers, found {content.strip()[:60]!r}")
        return
    numbers = fields[1:]
    if quote is not None:
        name = content[quote + 1 :].rstrip()
        closing = max((name.rfind(character) for character in _QUOTES), default=-1)
        name = name[:closing] if closing >= 0 else name
    else:
        count = next((place for place, text in enumerate(numbers) if not is_number(text)), len(numbers))
        # a row with alpha and flags has six numbers before the name, a shorter one has three
        count = 6 if count >= 6 else 3
        name = unquoted(" ".join(numbers[count:]))
        numbers = numbers[:count]
    kept = exact.get(fields[0])
    name = kept if kept is not None and _shown(kept) == name else name
    opacity = _opacity(numbers[3]) if len(numbers) > 3 else None
    visible = _FLAGS.get(numbers[4]) if len(numbers) > 4 else None
    rows.add(line, fields[0], name, channels=numbers[:3], opacity=opacity, visible=visible)


def _opacity(text: str) -> float | None:
    """ITK-SNAP's alpha goes to 1; other programs write up to 255. None when it is neither."""
    number = float(text) if is_number(text) else -1.0
    if 0 <= number <= 1:
        return number
    return number / 255 if 1 < number <= 255 else None


def render(table: LabelTable) -> str:
    """The table as ITK-SNAP writes it; names that it cannot hold are kept in comments."""
    lines = marked(table) + exact_name_lines(table.entries, _shown)
    lines.append(_row(TableEntry(0, "Clear Label", (0.0, 0.0, 0.0), 0.0, False)))
    lines.extend(_row(entry) for entry in table.entries)
    return _HEADER + "\n".join(lines) + "\n"


def _row(entry: TableEntry) -> str:
    red, green, blue = entry.color_bytes
    alpha = 1.0 if entry.opacity is None else entry.opacity
    visible = int(entry.visible is not False)
    form = '%5d %5d %4d %4d %8.2g %2d %2d    "%s"'
    return form % (entry.value, red, green, blue, alpha, visible, visible, _shown(entry.name))


def _shown(name: str) -> str:
    """What ITK-SNAP can read: no quotation marks, no line ends, never nothing."""
    plain = "".join(" " if is_control(character) else character for character in name)
    for mark in _QUOTES:
        plain = plain.replace(mark, "'")
    return plain or " "


DIALECT = Dialect(
    id="itksnap",
    title="ITK-SNAP label description",
    suffix=".label.txt",
    parse=parse,
    render=render,
    recognises=_recognises,
    shapes=("color first",),
)
