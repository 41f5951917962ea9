"""Scores of classes, frame by frame, as Supervisely's ``axl_score.csv`` has them: ``Layer,Label-2,Label-4``.

Supervisely's SDK drops a whole table for one empty cell, for a blank after a comma, or for a semicolon. Comments, which
it only shows and never exports, are kept in columns ``Comment-2`` that it does not look at.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Literal

from ....errors import FormatError, OptionError
from ....formats.label_tables.text import is_number, load_text
from ....formats.report import Report
from ..discovery.cases import Remark

Layers = Literal[0, 1, "auto"]
#: class number -> frame (from 0) -> text
ByFrame = dict[int, dict[int, str]]

LAYERS: tuple[Layers, ...] = (0, 1, "auto")
_COLUMN = re.compile(r"(label|comment)\s*[-_ ]\s*([0-9]{1,9})(?:\.0*)?", re.IGNORECASE)
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+")
_LAYER = re.compile(r"([0-9]{1,9})(?:[.,]0*)?")
_SEPARATORS = (";", "\t", ",", "|")
_MOST_REMARKS = 100


@dataclass(frozen=True)
class ScoreTable:
    """Scores and comments by class number and frame, frames from 0 as Supervisely keeps them.

    Scores are texts with two decimals. ``lines`` is the line of each frame, ``layers_from`` the number of the first
    layer in the file. ``remarks`` name every cell, row and column that was left out.
    """

    path: str
    scores: Mapping[int, Mapping[int, str]] = field(default_factory=dict)
    comments: Mapping[int, Mapping[int, str]] = field(default_factory=dict)
    layers_from: int = 1
    lines: Mapping[int, int] = field(default_factory=dict)
    remarks: tuple[Remark, ...] = ()

    @property
    def class_ids(self) -> tuple[int, ...]:
        """The classes that have a score or a comment, ascending."""
        return tuple(sorted({number for part in (self.scores, self.comments) for number in part if part[number]}))


def read_scores(path: Path, layers_from: Layers = 1, shown: str = "") -> ScoreTable:
    """The scores in a CSV file; ``shown`` is the path that remarks name (else ``path`` itself).

    ``layers_from`` is the number of the first layer: 1 by Supervisely's documentation, 0 in files that its app "Export
    volume project" wrote; ``auto`` takes 0 when a layer 0 occurs, else 1. Columns are ``Layer``, ``Label-N`` and
    ``Comment-N`` (``Comment``: for every class that has a score in the row) in any case, separated by commas,
    semicolons or tabs; of two rows for one layer the last counts. Cells that are empty or no number cost only
    themselves.

    Raises FormatError when the file cannot be read or has no header with ``Layer`` and a ``Label-N``, OptionError.
    """
    if layers_from not in LAYERS or isinstance(layers_from, bool):
        raise OptionError("layers from", layers_from, LAYERS)
    report = Report()
    text = load_text(path, report).text
    name = shown or str(path)
    rows = _Rows(path, text)
    columns = _columns(rows.header, path)
    table = _Table(name, columns)
    table.remarks.extend(Remark(name, note.reason) for note in report.notes)
    table.note_header(rows.header, rows.header_line)
    for number, (line, cells) in enumerate(rows, 1):
        table.take(number, line, cells)
    return table.finished(layers_from)


def score_table_text(
    scores: Mapping[int, Mapping[int, str]], comments: Mapping[int, Mapping[int, str]] | None = None
) -> str:
    """The text of a table: rows by rising layer (frame + 1), classes by rising number, empty cells for what is missing.

    Comments, where there are any, follow in columns of their own.
    """
    said = {number: dict(frames) for number, frames in sorted((comments or {}).items()) if frames}
    given = {number: dict(scores.get(number, {})) for number in sorted({*scores, *said})}
    frames = sorted({frame for part in (given, said) for entries in part.values() for frame in entries})
    rows = [["Layer", *(f"Label-{number}" for number in given), *(f"Comment-{number}" for number in said)]]
    for frame in frames:
        cells = [entries.get(frame, "") for entries in given.values()]
        quoted = [_quoted(entries[frame]) if frame in entries else "" for entries in said.values()]
        rows.append([str(frame + 1), *cells, *quoted])
    return "".join(",".join(row) + "\n" for row in rows)


def _quoted(text: str) -> str:
    """Always in quotes, so that blanks and line ends within a comment stay what they are."""
    return '"' + text.replace('"', '""') + '"'


class _Rows:
    """The rows of a table below its header, with the lines that they begin in; blank rows and comments are passed."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._comma = False
        separator = _separator(text)
        self._reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)
        self._numbered = self._rows()
        self.header_line, titles = next(self._numbered, (0, []))
        self.header = [title.strip() for title in titles]

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        return self._numbered

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        line = 1
        try:
            for cells in self._reader:
                first = cells[0].strip().lower() if cells else ""
                if any(cell.strip() for cell in cells) and not first.startswith(("#", "sep=")):
                    yield line, cells
                line = self._reader.line_num + 1
        except csv.Error as error:
            raise FormatError(self._path, f"line {line}: no table of scores ({error})") from None


def _separator(text: str) -> str:
    """What separates the cells of the first line that names layers."""
    for line in text.splitlines():
        for separator in _SEPARATORS:
            if any(cell.strip(' "').lower() == "layer" for cell in line.split(separator)):
                return separator
    return ","


def _columns(header: list[str], path: Path) -> dict[int, tuple[str, int | None]]:
    """What each column of a header holds: (``layer``, ``label`` or ``comment``, class number)."""
    found: dict[int, tuple[str, int | None]] = {}
    for index, title in enumerate(header):
        match = _COLUMN.fullmatch(title)
        if match is not None:
            found[index] = match[1].lower(), int(match[2])
        elif title.lower() in ("layer", "comment"):
            found[index] = title.lower(), None
    kinds = {kind for kind, _ in found.values()}
    if not {"layer", "label"} <= kinds:
        shown = ", ".join(header)[:80]
        raise FormatError(path, f"a header with 'Layer' and 'Label-<class number>' is expected, found {shown!r}")
    return found


def is_score(text: str) -> bool:
    """Whether a text is a finite number, as scores must be."""
    return is_number(text) and isfinite(float(text))


def two_decimals(text: str) -> str:
    """A score as Supervisely keeps it."""
    return f"{float(text):.2f}"


@dataclass
class _Table:
    """The cells of one file as they come, by layer as written."""

    shown: str
    columns: dict[int, tuple[str, int | None]]
    remarks: list[Remark] = field(default_factory=list)
    _scores: dict[int, dict[int, str]] = field(default_factory=dict)  #: layer -> class number -> score
    _comments: dict[int, dict[int, str]] = field(default_factory=dict)
    _lines: dict[int, int] = field(default_factory=dict)
    _width: int = 0

    def note_header(self, header: list[str], line: int) -> None:
        """Says which columns mean nothing, and which occur twice."""
        self._width = len(header)
        seen: set[tuple[str, int | None]] = set()
        for index, title in enumerate(header):
            kind = self.columns.get(index)
            if kind is None and title:
                self._remark(line, f"the column {title[:40]!r} is unknown and was passed over")
            elif kind is not None and kind in seen:
                self._remark(line, f"the column {title!r} occurs twice; the last one counts")
            if kind is not None:
                seen.add(kind)

    def take(self, number: int, line: int, cells: list[str]) -> None:
        """Takes a row, ``number`` counted from 1 below the header; says what of it is left out."""
        where = f"row {number}"
        if any(cell.strip() for cell in cells[self._width :]):
            reason = f"{where}: {len(cells)} cells under a header of {self._width}; a decimal comma needs quotes"
            self._remark(line, f"{reason}; the row was left out")
            return
        cells = cells + [""] * (self._width - len(cells))
        layer_text = [cells[index].strip() for index, (kind, _) in self.columns.items() if kind == "layer"][-1]
        match = _LAYER.fullmatch(layer_text)
        if match is None:
            self._remark(line, f"{where}: the layer {layer_text[:40]!r} is no whole number; the row was left out")
            return
        layer = int(match[1])
        if layer in self._lines:
            self._remark(line, f"{where}: layer {layer} occurs in line {self._lines[layer]} already; this row counts")
        self._lines[layer] = line
        self._take_cells(where, line, layer, cells)

    def _take_cells(self, where: str, line: int, layer: int, cells: list[str]) -> None:
        scores, comments = self._scores.setdefault(layer, {}), self._comments.setdefault(layer, {})
        for_all = ""
        for index, (kind, class_id) in self.columns.items():
            if kind == "comment" and cells[index].strip():
                if class_id is None:
                    for_all = cells[index]
                else:
                    comments[class_id] = cells[index]
        for index, (kind, class_id) in self.columns.items():
            if kind == "label" and class_id is not None:
                score = self._score(where, line, class_id, cells[index].strip(), class_id in comments)
                if score is not None:
                    scores[class_id] = score
        if for_all:
            comments.update({class_id: for_all for class_id in scores if class_id not in comments})

    def _score(self, where: str, line: int, class_id: int, cell: str, is_commented: bool) -> str | None:
        """A cell as Supervisely keeps it, two decimals; None, reported, for one without a number."""
        if not cell:
            if not is_commented:
                self._remark(line, f"{where}: the cell of Label-{class_id} is empty")
            return None
        plain = cell.replace(",", ".") if _DECIMAL_COMMA.fullmatch(cell) else cell
        if not is_score(plain):
            self._remark(line, f"{where}: the cell of Label-{class_id} is no number: {cell[:40]!r}")
            return None
        return two_decimals(plain)

    def finished(self, layers_from: Layers) -> ScoreTable:
        """The table with frames in place of layers; layers before the first are reported and left out."""
        first = layers_from if layers_from != "auto" else 0 if 0 in self._lines else 1
        scores, comments, lines = ByFrame(), ByFrame(), {}
        for layer, line in self._lines.items():
            if layer < first:
                self._remark(line, f"layer {layer} lies before the first, {first}; left out")
                continue
            lines[layer - first] = line
            for part, result in ((self._scores, scores), (self._comments, comments)):
                for class_id, text in part[layer].items():
                    result.setdefault(class_id, {})[layer - first] = text
        more = len(self.remarks) - _MOST_REMARKS
        if more > 0:
            self.remarks[_MOST_REMARKS:] = [Remark(self.shown, f"{more} more cells or rows were odd")]
        return ScoreTable(self.shown, scores, comments, first, lines, tuple(self.remarks))

    def _remark(self, line: int, reason: str) -> None:
        self.remarks.append(Remark(self.shown, reason, line))
