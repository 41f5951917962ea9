"""Tables with columns: CSV and TSV, with a header in anybody's words or none at all."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote

from ...core.label import PropertyValue
from ..report import Report
from .dialect import is_control
from .model import LabelTable, TableEntry
from .rows import RowCollector
from .terminology import property_of_column
from .text import TableText, hex_bytes, is_comment, is_number

#: a quoted cell may hold line ends, but not more than these: a lost quotation mark must not swallow the table
_MOST_LINES_PER_ROW = 20
#: the column for names that a dialect cannot show
EXACT_NAME = "ExactName"
#: VTK's reader, and so Slicer's, loses what stands before a doubled quotation mark and all below a backslash
NOT_FOR_VTK = '"\\'
_NO_NAME = "n/a"
_NOTHING = {"", _NO_NAME, "na", "nan", "none", "null"}
_YES_NO = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
#: what columns are called, lower case, letters and digits only; the first found is taken
_NAMES: dict[str, tuple[str, ...]] = {
    "value": (
        "labelvalue", "value", "index", "id", "labelid", "idx", "key", "roivalue", "roiid", "labelindex", "voxelvalue",
        "pixelvalue", "number", "no", "intensity", "classid", "labelnumber",
    ),
    "name": (
        "name", "labelname", "roiname", "structure", "structurename", "region", "regionname", "class", "classname",
        "title", "segment", "segmentname", "organ", "fullname",
    ),
    "red": ("colorr", "r", "red", "colourr"),
    "green": ("colorg", "g", "green", "colourg"),
    "blue": ("colorb", "b", "blue", "colourb"),
    "alpha": ("colora", "a", "alpha", "coloura"),
    "color": ("color", "colour", "hex", "hexcolor", "rgb", "colorhex", "rgbhex"),
    "opacity": ("opacity",),
    "visible": ("visible", "visibility"),
    "description": ("description", "comment", "notes"),
    "exact": ("exactname",),
}  # fmt: skip
#: stands for the value beside a name, for the name beside a value
_EITHER = "label"
#: columns that would be taken for fields of a label if they became properties
_NO_PROPERTIES = {"locked", "trackingid", "trackinguid", "center", "name", "value", "color", "opacity", "visible"}


@dataclass(frozen=True)
class Header:
    """The first row of a table: ``keys`` as they are compared, ``titles`` as written, ``places`` of what is known."""

    line: int
    delimiter: str
    titles: tuple[str, ...]
    keys: tuple[str, ...]
    places: Mapping[str, int]


def header_of(text: TableText) -> Header | None:
    """The header of a table, when its first line is one: it names a value, and a name or a colour."""
    for number, line in text.data[:1]:
        delimiter = _delimiter(line)
        titles = tuple(cell.strip() for cell in _cells(line, delimiter) or ())
        keys = tuple(re.sub(r"[^a-z0-9]", "", title.lower()) for title in titles)
        found = {role: next((key for key in names if key in keys), None) for role, names in _NAMES.items()}
        places = {role: keys.index(key) for role, key in found.items() if key is not None}
        if _EITHER in keys:
            for role, other in (("name", "value"), ("value", "name")):
                if role not in places and other in places:
                    places[role] = keys.index(_EITHER)
        if "value" in places and ("name" in places or "color" in places or "red" in places):
            return Header(number, delimiter, titles, keys, places)
    return None


def parse_columns(text: TableText, report: Report) -> LabelTable:
    """The rows below a header, or without one ``value, name, colour``; wrong rows are reported.

    A colour is one cell (``#rrggbb``) or three or four numbers. Columns that are not known become properties of the
    label. Raises FormatError when nothing is usable.
    """
    header = header_of(text)
    rows = RowCollector(text.path, report, has_header=header is not None)
    delimiter = header.delimiter if header else _delimiter(text.data[0][1]) if text.data else ","
    for line, content, cells in _rows(text, delimiter, header, rows):
        if header is None:
            _add_plain(rows, line, cells)
        else:
            _add_named(rows, line, cells, header, content)
    return rows.table()


def render_columns(header: Sequence[str], rows: Iterable[Sequence[str]], delimiter: str, also: str = "") -> str:
    """A header and rows as CSV or TSV text.

    Cells are quoted that have quotation marks, delimiters, a character of ``also``, or blanks around them.
    """
    marks = f'",;\t{also}' if delimiter != "\t" else f'"\t{also}'
    return "".join(delimiter.join(_quoted(cell, marks) for cell in row) + "\n" for row in (header, *rows))


def plain_name(name: str, also: str = "") -> str:
    """What a cell shows of a name: no control characters, none of those in ``also``, not the word for nothing."""
    shown = "".join(" " if is_control(mark) or mark in also else mark for mark in name)
    return shown.replace("/", "-") if shown.strip().lower() == _NO_NAME else shown


def exact_name_cells(entries: Sequence[TableEntry], also: str = "") -> list[str]:
    """Cells for the column ``EXACT_NAME``: names that cannot be shown as they are, percent-encoded.

    None at all where every name can be shown, so that the column is not needed.
    """
    cells = [
        quote(entry.name, safe="", errors="surrogatepass") if plain_name(entry.name, also) != entry.name else ""
        for entry in entries
    ]
    return cells if any(cells) else []


def _exact_name(cell: str, shown: str) -> str:
    """The name that a cell keeps, unless it is damaged or somebody has changed the shown one since."""
    try:
        kept = unquote(cell, errors="surrogatepass")
    except UnicodeDecodeError:
        return shown
    return kept if shown in (plain_name(kept), plain_name(kept, NOT_FOR_VTK)) else shown


def _quoted(cell: str, marks: str) -> str:
    plain = cell == cell.strip() and not any(mark in cell for mark in marks)
    return cell if plain else '"' + cell.replace('"', '""') + '"'


def _delimiter(line: str) -> str:
    return max("\t,;", key=lambda mark: (line.count(mark), mark == "\t"))


def _cells(content: str, delimiter: str) -> list[str] | None:
    """The cells of one row; None for a row that is not well-formed."""
    try:
        found = list(csv.reader([content], delimiter=delimiter, skipinitialspace=delimiter != "\t"))
    except csv.Error:
        return None
    return found[0] if len(found) == 1 else None


def _rows(
    text: TableText, delimiter: str, header: Header | None, rows: RowCollector
) -> Iterator[tuple[int, str, list[str]]]:
    """The rows below the header with their line and text; a row goes on over line ends within quotation marks."""
    at = header.line if header else 0
    while at < len(text.lines):
        first, content = at + 1, text.lines[at]
        at += 1
        if not content.strip() or is_comment(content):
            continue
        joined, stop = content, at
        begins_row = re.compile(rf'\s*"?[0-9]+"?\s*{re.escape(delimiter)}').match
        while (
            joined.count('"') % 2
            and stop < len(text.lines)
            and stop - first < _MOST_LINES_PER_ROW
            and not begins_row(text.lines[stop])
        ):
            joined += "\n" + text.lines[stop]
            stop += 1
        if joined.count('"') % 2 == 0 and stop > at and _fits(joined, delimiter, header):
            content, at = joined, stop
        elif content.count('"') % 2:
            rows.skip(first, f"line left out: a quotation mark is never closed in {content.strip()[:60]!r}")
            continue
        cells = _cells(content, delimiter)
        if cells is None:
            rows.skip(first, f"line left out: it cannot be taken apart: {content.strip()[:60]!r}")
        else:
            yield first, content, cells


def _fits(joined: str, delimiter: str, header: Header | None) -> bool:
    """Whether lines that were joined give a row as wide as the header."""
    try:
        blanks = delimiter != "\t"
        found = list(csv.reader(io.StringIO(joined, newline=""), delimiter=delimiter, skipinitialspace=blanks))
    except csv.Error:
        return False
    return len(found) == 1 and (header is None or len(found[0]) == len(header.titles))


def _add_named(rows: RowCollector, line: int, cells: list[str], header: Header, content: str) -> None:
    def cell(role: str) -> str:
        place = header.places.get(role, -1)
        return cells[place] if 0 <= place < len(cells) else ""

    def name() -> str:
        """Blanks around a name count only within quotation marks."""
        found = cell("name")
        is_quoted = '"' + found.replace('"', '""') + '"' in content
        found = found if is_quoted else found.strip()
        return "" if found.lower() == _NO_NAME else _exact_name(cell("exact"), found) if cell("exact") else found

    if not _is_something(cell("value")):
        rows.skip(line, "line left out: it has no label value")
        return
    color, channels = _one_color(cell("color")), tuple(cell(role) for role in ("red", "green", "blue"))
    given = [_is_something(text) for text in channels]
    if not all(given):
        if any(given):
            rows.leave_cell_out(line, cell("value"), "colour", " ".join(channels), "red, green and blue")
        channels = ()
    elif _is_something(cell("alpha")):
        channels = (*channels, cell("alpha"))
    if not (channels or color) and _is_something(cell("color")):
        rows.leave_cell_out(line, cell("value"), "colour", cell("color"), "#rrggbb or three numbers")
    if _is_something(cell("opacity")) and _share(cell("opacity")) is None:
        rows.leave_cell_out(line, cell("value"), "opacity", cell("opacity"), "a number from 0 to 1")
    if _is_something(cell("visible")) and cell("visible").strip().lower() not in _YES_NO:
        rows.leave_cell_out(line, cell("value"), "visibility", cell("visible"), "true or false")
    rows.add(
        line,
        cell("value"),
        name(),
        channels=channels or color,
        opacity=_share(cell("opacity")),
        visible=_YES_NO.get(cell("visible").strip().lower()),
        description="" if cell("description").strip().lower() == _NO_NAME else cell("description"),
        properties=_properties(cells, header),
    )


def _add_plain(rows: RowCollector, line: int, cells: list[str]) -> None:
    if len(cells) < 2:
        rows.skip(line, f"line left out: expected a value and a name, found {cells[0][:60]!r}")
        return
    rest = [cell for cell in cells[2:] if cell.strip()]
    channels = _one_color(rest[0]) if rest else ()
    if not channels and len(rest) >= 3 and all(map(is_number, rest[:3])):
        channels = tuple(rest[: 4 if len(rest) > 3 and is_number(rest[3]) else 3])
    rows.add(line, cells[0], cells[1].strip(), channels=channels)


def _one_color(cell: str) -> tuple[str, ...]:
    """A colour in one cell, ``#rrggbb`` or three numbers, as numbers to 255 as written; nothing when it is none."""
    found = hex_bytes(cell)
    if found is not None:
        return tuple(map(str, found))
    numbers = [
        word for word in re.split(r"[\s,;()\[\]]+", re.sub(r"^\s*rgba?\(", "", cell, flags=re.IGNORECASE)) if word
    ]
    return tuple(numbers) if len(numbers) in (3, 4) and all(map(is_number, numbers)) else ()


def _is_something(cell: str) -> bool:
    return cell.strip().lower() not in _NOTHING


def _share(cell: str) -> float | None:
    if not is_number(cell):
        return None
    number = float(cell)
    return number if 0 <= number <= 1 else None


def _properties(cells: list[str], header: Header) -> dict[str, PropertyValue]:
    """Cells of the columns that are no field of a row: codes of a terminology and whatever else there is."""
    taken = set(header.places.values())
    found: dict[str, PropertyValue] = {}
    for place, (title, key) in enumerate(zip(header.titles, header.keys, strict=True)):
        if place in taken or place >= len(cells) or not key or key in _NO_PROPERTIES:
            continue
        if _is_something(cells[place]):
            found[property_of_column(key) or title] = cells[place]
    return found
