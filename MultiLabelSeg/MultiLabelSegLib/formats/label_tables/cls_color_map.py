"""Supervisely's ``cls_color_map.txt``: ``value name red green blue``, blanks within names as they are.

Supervisely takes the whole file or nothing: a blank line, a comment or a row without colour and all names are lost
there. Reading is more patient here; what is written holds nothing but rows.
"""

from __future__ import annotations

from ..report import Report
from .dialect import Dialect, refuse_control_characters
from .model import LabelTable, TableEntry
from .rows import RowCollector
from .text import TableText, judged
from .text_rows import each_row, numbers_per_row


def parse(text: TableText, report: Report) -> LabelTable:
    """The rows of a colour map; wrong lines are reported. Raises FormatError when nothing is usable."""
    return parse_rows(text, report, 3)


def parse_any(text: TableText, report: Report) -> LabelTable:
    """The same for tables of which nobody said what they are: three or four numbers behind the name."""
    return judged(text, parse_rows(text, report, numbers_per_row(text)))


def parse_rows(text: TableText, report: Report, most: int) -> LabelTable:
    """Rows of a value, a name and up to ``most`` numbers. Raises FormatError when nothing is usable."""
    rows = RowCollector(text.path, report)
    for line, row in each_row(text, rows, most):
        rows.add(line, row.value, row.name, channels=row.numbers)
    return rows.table()


def render(table: LabelTable) -> str:
    """The table as Supervisely reads it: rows alone, no background, each with a colour."""
    lines = []
    for entry in table.entries:
        red, green, blue = entry.color_bytes
        lines.append(f"{entry.value} {entry.name} {red} {green} {blue}\n")
    return "".join(lines)


def _refuses(entry: TableEntry) -> str | None:
    """Supervisely makes one blank of several; rows have no quotation marks that could keep them."""
    if entry.name != " ".join(entry.name.split()):
        return f"blanks at the ends of the name {entry.name!r} or several in a row"
    if not entry.name or entry.name[0] == entry.name[-1] and entry.name[0] in "\"'" and len(entry.name) > 1:
        return f"the name {entry.name!r}"
    return refuse_control_characters(entry)


DIALECT = Dialect(
    id="cls_color_map",
    title="Supervisely class color map",
    suffix=".cls_color_map.txt",
    parse=parse,
    render=render,
    shapes=("name first",),
    name_hints=("color_map", "colormap"),
    refuses=_refuses,
)
