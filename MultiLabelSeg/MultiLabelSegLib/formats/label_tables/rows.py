"""Rows of a table as they are found: good ones are kept, wrong ones reported with their line, none stops the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isfinite
from pathlib import Path

from ...core.label import Color, PropertyValue
from ...errors import FormatError
from ..report import Report
from .model import LabelTable, TableEntry
from .text import is_number, parse_value

_MOST_REPORTED = 100


@dataclass
class _Row:
    line: int | None
    entry: TableEntry
    channels: tuple[str, ...] = ()  #: red, green, blue and perhaps alpha as written, until the scale is known


@dataclass
class RowCollector:
    """Collects the rows of one table.

    Colours may be given as written: whether they go to 1 or to 255 is a matter of the whole table, so it is decided in
    ``table``. ``has_header`` says that the file is surely a table, even if it lists no label.
    """

    path: Path
    report: Report
    has_header: bool = False
    _rows: dict[int, _Row] = field(default_factory=dict)
    _skipped: list[tuple[int | None, str]] = field(default_factory=list)

    def skip(self, line: int | None, reason: str) -> None:
        """Reports a row that is left out."""
        self._skipped.append((line, reason))
        if len(self._skipped) <= _MOST_REPORTED:
            self.report.leave_out(reason, self.path, line)

    def add(
        self,
        line: int | None,
        value: str | int,
        name: str,
        color: Color | None = None,
        channels: Sequence[str] = (),
        opacity: float | None = None,
        visible: bool | None = None,
        description: str = "",
        properties: Mapping[str, PropertyValue] | None = None,
    ) -> None:
        """Takes a row, or reports why it cannot be taken. ``channels`` are numbers as written, three or four."""
        try:
            number = parse_value(str(value))
        except ValueError as error:
            self.skip(line, f"line left out: {error}")
            return
        if number in self._rows:
            first = self._rows[number]
            where = "" if first.line is None else f" in line {first.line}"
            self.skip(line, f"value {number} ({name!r}) left out: it is {first.entry.name!r}{where} already")
            return
        entry = TableEntry(number, name, color, opacity, visible, description, dict(properties or {}))
        self._rows[number] = _Row(line, entry, self._checked(line, number, channels))

    def table(self) -> LabelTable:
        """The table of all good rows. Raises FormatError when the file has nothing that a table has."""
        if len(self._skipped) > _MOST_REPORTED:
            self.report.leave_out(f"{len(self._skipped) - _MOST_REPORTED} more lines were left out", self.path)
        if not self._rows and (self._skipped or not self.has_header):
            line, reason = self._skipped[0] if self._skipped else (None, "")
            first = "" if not reason else f"; {'' if line is None else f'line {line}: '}{reason}"
            raise FormatError(self.path, f"no line gives a label value and its name{first}")
        top = self._scale()
        entries = [_colored(row, top) for row in self._rows.values()]
        background = next((entry for entry in entries if entry.value == 0), None)
        return LabelTable(tuple(entry for entry in entries if entry.value), background)

    def _checked(self, line: int | None, value: int, channels: Sequence[str]) -> tuple[str, ...]:
        """The numbers of a colour, or none when it is impossible (reported)."""
        if not channels:
            return ()
        numbers = [float(text) if is_number(text) else float("nan") for text in channels]
        if all(isfinite(number) and 0 <= number <= 255 for number in numbers):
            return tuple(text.strip() for text in channels)
        shown = " ".join(channels)[:60]
        self.report.leave_out(
            f"the colour {shown!r} of value {value} is not within 0...255; MITK's colour is used", self.path, line
        )
        return ()

    def leave_cell_out(self, line: int | None, value: str, what: str, cell: str, expected: str) -> None:
        """Reports one cell of a row that cannot be used; the rest of the row is."""
        self.report.leave_out(
            f"the {what} {cell.strip()[:60]!r} of value {value.strip()} is left out: expected {expected}",
            self.path,
            line,
        )

    def _scale(self) -> float:
        """Full intensity in this table: 1 when all numbers are up to 1 and some have a decimal point, else 255."""
        texts = [text for row in self._rows.values() for text in row.channels]
        top = max(map(float, texts), default=0.0)
        if top > 1:
            return 255.0
        if any("." in text or "e" in text.lower() for text in texts):
            return 1.0
        if top == 1:
            self.report.note("all colours are 0 or 1 without a decimal point; taken as shares of 255", self.path)
        return 255.0


def _colored(row: _Row, top: float) -> TableEntry:
    if not row.channels:
        return row.entry
    red, green, blue = (float(text) / top for text in row.channels[:3])
    opacity = float(row.channels[3]) / top if len(row.channels) > 3 else row.entry.opacity
    return replace(row.entry, color=(red, green, blue), opacity=opacity)
