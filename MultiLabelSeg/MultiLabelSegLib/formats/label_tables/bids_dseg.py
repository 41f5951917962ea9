"""BIDS' table of a discrete segmentation, ``*_dseg.tsv``: index, name, abbreviation, color, mapping."""

from __future__ import annotations

from .columns import EXACT_NAME, exact_name_cells, header_of, parse_columns, plain_name, render_columns
from .dialect import Dialect
from .model import LabelTable, TableEntry
from .text import TableText

_OPTIONAL = ("abbreviation", "mapping")


def _recognises(text: TableText) -> bool:
    header = header_of(text)
    return header is not None and header.delimiter == "\t" and {"index", "name"} <= set(header.keys)


def render(table: LabelTable) -> str:
    """The table as BIDS wants it; columns for abbreviations and mappings only where labels have them."""
    extra = [key for key in _OPTIONAL if any(key in entry.properties for entry in table.entries)]
    rows = [
        [str(entry.value), plain_name(entry.name) or "n/a", entry.hex_color, *(_cell(entry, key) for key in extra)]
        for entry in table.entries
    ]
    exact = exact_name_cells(table.entries)
    if exact:
        extra.append(EXACT_NAME)
        rows = [[*row, cell or "n/a"] for row, cell in zip(rows, exact, strict=True)]
    return render_columns(("index", "name", "color", *extra), rows, "\t")


def _cell(entry: TableEntry, key: str) -> str:
    text = str(entry.properties.get(key, ""))
    return text if text and text.isprintable() else "n/a"


DIALECT = Dialect(
    id="bids",
    title="BIDS discrete segmentation table",
    suffix=".tsv",
    parse=parse_columns,
    render=render,
    recognises=_recognises,
)
