"""FreeSurfer's lookup table: ``value name red green blue A``, names without blanks, A (transparency) always 0."""

from __future__ import annotations

import re
from dataclasses import replace

from ..report import Report
from .dialect import Dialect, is_control
from .model import LabelTable, TableEntry
from .rows import RowCollector
from .text import TableText, exact_name_lines, is_number, judged, marked, unquoted
from .text_rows import named_rows

_MARK = re.compile(r"#[ \t]*no\.[ \t]+label[ \t]+name|freesurfer")


def _recognises(text: TableText) -> bool:
    return _MARK.search(text.comments) is not None


def parse(text: TableText, report: Report) -> LabelTable:
    """The rows of a lookup table; wrong lines are reported. Raises FormatError when nothing is usable."""
    rows = RowCollector(text.path, report, has_header=_recognises(text))
    for line, row, name in named_rows(text, rows, 4, _shown, unquoted):
        rows.add(line, row.value, name, channels=row.numbers[:3], opacity=_opacity(row.numbers[3:]))
    return judged(text, rows.table())


def _opacity(numbers: tuple[str, ...]) -> float | None:
    """0 is what every FreeSurfer table says, whether transparency or opacity is meant, so it says nothing."""
    if not numbers or not is_number(numbers[0]) or not 0 < float(numbers[0]) <= 255:
        return None
    return 1 - float(numbers[0]) / 255


def render(table: LabelTable) -> str:
    """The table as FreeSurfer reads it; names that this form changes are kept in comments."""
    entries = [TableEntry(0, "Unknown", (0.0, 0.0, 0.0)), *table.entries]
    width = max(len(_shown(entry.name)) for entry in entries)
    lines = marked(table) + exact_name_lines(table.entries, lambda name: unquoted(_shown(name)))
    lines.append(f"{'#No.':<6} {'Label Name:':<{width}}   R   G   B   A")
    for entry in (replace(entry, opacity=None) for entry in entries):
        red, green, blue = entry.color_bytes
        lines.append(f"{entry.value:<6} {_shown(entry.name):<{width}} {red:3} {green:3} {blue:3}   0")
    return "\n".join(lines) + "\n"


def _shown(name: str) -> str:
    """One word, as FreeSurfer needs it. Slicer, which reads this too, crashes on single quotation marks alone."""
    word = "".join("_" if character.isspace() or is_control(character) else character for character in name)
    return word.strip("'") or "_"


DIALECT = Dialect(
    id="freesurfer",
    title="FreeSurfer color lookup table",
    suffix=".lut.txt",
    parse=parse,
    render=render,
    recognises=_recognises,
    shapes=("name first",),
    name_hints=("colorlut", ".lut", ".lut.txt", "_lut.txt"),
)
