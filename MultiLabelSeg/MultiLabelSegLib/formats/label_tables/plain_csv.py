"""A plain CSV of our own: value, name, color, opacity, visible, description. Anybody's CSV is read."""

from __future__ import annotations

from .columns import EXACT_NAME, exact_name_cells, header_of, parse_columns, plain_name, render_columns
from .dialect import Dialect
from .model import LabelTable, TableEntry

_HEADER = ("value", "name", "color", "opacity", "visible", "description")


def render(table: LabelTable) -> str:
    """The table as CSV; what a row does not know stays empty."""
    exact = exact_name_cells(table.entries)
    if not exact:
        return render_columns(_HEADER, [_row(entry) for entry in table.entries], ",")
    rows = [[*_row(entry), cell] for entry, cell in zip(table.entries, exact, strict=True)]
    return render_columns((*_HEADER, EXACT_NAME), rows, ",")


def _row(entry: TableEntry) -> list[str]:
    opacity = "" if entry.opacity is None else repr(float(entry.opacity))
    visible = "" if entry.visible is None else str(entry.visible).lower()
    return [str(entry.value), plain_name(entry.name), entry.hex_color, opacity, visible, plain_name(entry.description)]


DIALECT = Dialect(
    id="csv",
    title="plain CSV",
    suffix=".labels.csv",
    parse=parse_columns,
    render=render,
    recognises=lambda text: header_of(text) is not None,
    shapes=("cells",),
)
