"""A plain CSV of our own: value, name, color, opacity, visible, description. Anybody's CSV is read."""

from __future__ import annotations

from .columns import header_of, parse_columns, refuse_name, render_columns
from .dialect import Dialect, is_control
from .model import LabelTable, TableEntry

_HEADER = ("value", "name", "color", "opacity", "visible", "description")


def render(table: LabelTable) -> str:
    """The table as CSV; what a row does not know stays empty."""
    return render_columns(_HEADER, [_row(entry) for entry in table.entries], ",")


def _row(entry: TableEntry) -> list[str]:
    opacity = "" if entry.opacity is None else repr(float(entry.opacity))
    visible = "" if entry.visible is None else str(entry.visible).lower()
    description = "".join(" " if is_control(character) else character for character in entry.description)
    return [str(entry.value), entry.name, entry.hex_color, opacity, visible, description]


DIALECT = Dialect(
    id="csv",
    title="plain CSV",
    suffix=".labels.csv",
    parse=parse_columns,
    render=render,
    recognises=lambda text: header_of(text) is not None,
    shapes=("cells",),
    refuses=refuse_name,
)
