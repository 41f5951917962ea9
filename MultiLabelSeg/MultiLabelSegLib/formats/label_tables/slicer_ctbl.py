"""Slicer's colour tables: ``.ctbl`` (``value name red green blue alpha``) and, since 5.8, ``.csv`` with terminology.

In a ``.ctbl`` Slicer writes blanks of names as underscores and reads every underscore as a blank.
"""

from __future__ import annotations

from ..report import Report
from .columns import (
    EXACT_NAME,
    NOT_FOR_VTK,
    exact_name_cells,
    header_of,
    parse_columns,
    plain_name,
    render_columns,
)
from .dialect import Dialect, is_control
from .model import LabelTable, TableEntry
from .rows import RowCollector
from .terminology import COLUMNS, code_columns
from .text import TableText, exact_name_lines, judged, marked, unquoted
from .text_rows import named_rows

_MARK = "# color table file"
_CSV_HEADER = ("LabelValue", "Name", "Color_R", "Color_G", "Color_B", "Color_A", *COLUMNS)


def parse(text: TableText, report: Report) -> LabelTable:
    """The rows of a ``.ctbl``; wrong lines are reported. Raises FormatError when nothing is usable."""
    rows = RowCollector(text.path, report, has_header=_MARK in text.comments)
    for line, row, name in named_rows(text, rows, 4, _shown, _read_back):
        rows.add(line, row.value, name, channels=row.numbers)
    return judged(text, rows.table())


def render(table: LabelTable) -> str:
    """The table as Slicer writes it; names that this form changes are kept in comments."""
    size = max(table.values, default=0) + 1
    lines = ["# Color table file", f"# {size} values"]
    lines += marked(table) + exact_name_lines(table.entries, lambda name: _read_back(_shown(name)))
    lines.append("0 Background 0 0 0 0")
    for entry in table.entries:
        red, green, blue = entry.color_bytes
        lines.append(f"{entry.value} {_shown(entry.name)} {red} {green} {blue} {_alpha(entry)}")
    return "\n".join(lines) + "\n"


def render_csv(table: LabelTable) -> str:
    """The table as Slicer's ``.csv``, codes of the labels' terminology included."""
    rows: list[list[str]] = []
    entries = (TableEntry(0, "Background", (0.0, 0.0, 0.0), 0.0), *table.entries)
    for entry in entries:
        red, green, blue = entry.color_bytes
        texts = [plain_name(text, NOT_FOR_VTK) for text in (entry.name, *code_columns(entry.properties))]
        rows.append([str(entry.value), texts[0], *map(str, (red, green, blue, _alpha(entry))), *texts[1:]])
    exact = exact_name_cells(entries, NOT_FOR_VTK)
    header = (*_CSV_HEADER, EXACT_NAME) if exact else _CSV_HEADER
    rows = [[*row, cell] for row, cell in zip(rows, exact, strict=True)] if exact else rows
    # VTK takes what follows a bare # for a comment
    return render_columns(header, rows, ",", also="#")


def _alpha(entry: TableEntry) -> int:
    return 255 if entry.opacity is None else int(round(entry.opacity * 255))


def _shown(name: str) -> str:
    """One word, as the rows of a ``.ctbl`` need, without the quotation marks that Slicer would take off."""
    word = "".join("_" if character.isspace() or is_control(character) else character for character in name)
    return word.strip("'") or "_"


def _read_back(shown: str) -> str:
    """What Slicer makes of a word in a ``.ctbl``; it too takes quotation marks off."""
    return "" if shown == "_" else unquoted(shown).replace("_", " ")


def _is_slicer_csv(text: TableText) -> bool:
    header = header_of(text)
    return header is not None and "labelvalue" in header.keys


CTBL = Dialect(
    id="ctbl",
    title="3D Slicer color table",
    suffix=".ctbl",
    parse=parse,
    render=render,
    recognises=lambda text: _MARK in text.comments,
    shapes=("name first",),
    name_hints=(".ctbl",),
)
CSV = Dialect(
    id="slicer-csv",
    title="3D Slicer color table with terminology (CSV)",
    suffix=".csv",
    parse=parse_columns,
    render=render_csv,
    recognises=_is_slicer_csv,
)
