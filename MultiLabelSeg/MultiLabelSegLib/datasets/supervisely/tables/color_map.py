"""Class colour maps (``cls_color_map.txt``): class number, name, colour; read line by line, so that one bad line costs
nothing but itself.

Supervisely's SDK drops the whole file for a comment, a blank line, a row without colour or a byte order mark.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from ....core.label import Color
from ....core.naming import lut_color
from ....errors import FormatError
from ....formats.label_tables import LabelTable, TableEntry, table_text
from ....formats.label_tables.text import hex_bytes, is_number, load_text, parse_value
from ....formats.label_tables.text_rows import split_row
from ....formats.report import Report
from ..discovery.cases import Remark
from .class_colors import Bytes, as_bytes

DIALECT = "cls_color_map"
#: a file whose lines have no colours is a map only when its name says so; a README may have a line "3 files are here"
_NAMED_LIKE_A_MAP = re.compile(r"colou?r|map|cls|class|label|lut", re.IGNORECASE)
_MOST_REMARKS = 100


@dataclass(frozen=True)
class ClassColor:
    """A class of a map: its name and its colour, red, green, blue as 0...255; ``made``: the map gave no usable one."""

    name: str
    color: Bytes
    made: bool = False

    @property
    def label_color(self) -> Color:
        """The colour as labels have it, 0...1."""
        red, green, blue = self.color
        return red / 255, green / 255, blue / 255


@dataclass(frozen=True)
class ColorMap:
    """Classes by number. False where there are none: the file, if there was one, is no colour map.

    ``remarks`` name every line that was left out or mended, with its number.
    """

    path: str = ""
    classes: Mapping[int, ClassColor] = field(default_factory=dict)
    remarks: tuple[Remark, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.classes)

    @property
    def table(self) -> dict[int, tuple[str, Bytes | None]]:
        """Name and colour by class number, as ``read_case`` takes them; no colour where the map had none to give."""
        return {number: (entry.name, None if entry.made else entry.color) for number, entry in self.classes.items()}

    def get(self, class_id: int) -> ClassColor | None:
        """The class of a number; None where the map does not have it."""
        return self.classes.get(class_id)


def made_color(class_id: int) -> Bytes:
    """The colour of a class that has none: MITK's of this number."""
    return as_bytes(lut_color(max(class_id, 1)))


def read_color_map(path: Path, shown: str = "") -> ColorMap:
    """The colour map in a text file; ``shown`` is the path that remarks name (else ``path`` itself).

    A line is a class number, a name that may have blanks, and three numbers 0...255. Comments, blank lines, a byte
    order mark, other encodings and line ends, tabs, ``1.0`` as a number and ``#rrggbb`` are understood; of two lines
    with one number the last counts, as in Supervisely. A file without one good line gives a map without classes.

    Raises FormatError when the file cannot be read or is no text.
    """
    report = Report()
    text = load_text(path, report)
    reader = _Lines(shown or str(path))
    reader.remarks.extend(Remark(reader.shown, note.reason) for note in report.notes)
    for line, content in text.data:
        reader.take(line, content)
    if not reader.colored and not (reader.classes and _NAMED_LIKE_A_MAP.search(path.name)):
        reason = "holds no line with a class number, a name and a colour, so it is no colour map"
        return ColorMap(reader.shown, {}, (Remark(reader.shown, reason),))
    reader.note_shared_names()
    return ColorMap(reader.shown, reader.classes, tuple(reader.shortened()))


def first_map(paths: Iterable[str | Path], root: Path | None = None) -> ColorMap:
    """The nearest good map of some candidates (``Case.color_maps``), the first one first; each file is read once.

    ``paths`` are relative to ``root`` where one is given. Candidates before it that are no map are named in the
    remarks; without any good one the result has no classes.
    """
    skipped: list[Remark] = []
    for shown in paths:
        path = Path(shown) if root is None else root / shown
        found = _cached(path, Path(shown).as_posix())
        if found:
            return replace(found, remarks=(*skipped, *found.remarks))
        skipped.extend(found.remarks)
    return ColorMap(remarks=tuple(skipped))


def color_map_text(classes: Mapping[int, ClassColor], path: Path | None = None) -> str:
    """The text of a map as Supervisely reads it, by rising number. Raises FormatError for a name that no line holds."""
    entries = [TableEntry(number, entry.name, entry.label_color) for number, entry in sorted(classes.items())]
    return table_text(LabelTable(tuple(entries)), DIALECT, path)


def _cached(path: Path, shown: str) -> ColorMap:
    """The map in a file; what cannot be read is a map without classes whose remark says why."""
    try:
        found = path.stat()
    except OSError as error:
        return ColorMap(shown, {}, (Remark(shown, f"cannot be read ({error.strerror or error})"),))
    return _read_once(path, shown, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=256)
def _read_once(path: Path, shown: str, _changed: int, _size: int) -> ColorMap:
    try:
        return read_color_map(path, shown)
    except FormatError as error:
        return ColorMap(shown, {}, (Remark(shown, error.reason),))


@dataclass
class _Lines:
    """The lines of one file as they come."""

    shown: str
    classes: dict[int, ClassColor] = field(default_factory=dict)
    remarks: list[Remark] = field(default_factory=list)
    colored: bool = False
    _lines: dict[int, int] = field(default_factory=dict)

    def take(self, line: int, content: str) -> None:
        """Takes a line, or says why it is left out."""
        row = split_row(content, 3)
        if row is None:
            self._remark(line, f"left out: a class number, a name and a colour are expected, found {_short(content)}")
            return
        try:
            number = parse_value(row.value)
        except ValueError as error:
            self._remark(line, f"left out: {error}")
            return
        name, numbers = row.name, row.numbers
        last = name.rpartition(" ")[2]
        by_hex = hex_bytes(last) if not numbers and last.startswith("#") else None
        name = " ".join(name[: -len(last)].split() if by_hex else name.split())
        if not name:
            self._remark(line, f"left out: class {number} has no name")
            return
        color = by_hex[:3] if by_hex else self._color(line, number, numbers)
        if number in self.classes:
            where = f"{self.classes[number].name!r} in line {self._lines[number]}"
            self._remark(line, f"class number {number} was {where} already; this line counts")
        self.colored = self.colored or color is not None
        red, green, blue = color or made_color(number)
        self.classes[number] = ClassColor(name, (red, green, blue), made=color is None)
        self._lines[number] = line

    def _color(self, line: int, number: int, numbers: tuple[str, ...]) -> tuple[int, ...] | None:
        if not numbers:
            self._remark(line, f"class {number} has no colour; one was made")
            return None
        values = [float(text) for text in numbers if is_number(text)]
        if all(0 <= value <= 255 and value == int(value) for value in values):
            return tuple(int(value) for value in values)
        shown = " ".join(numbers)
        self._remark(line, f"the colour {shown} of class {number} is not three whole numbers 0...255; one was made")
        return None

    def note_shared_names(self) -> None:
        """Several numbers may mean one class, but it is said."""
        numbers: dict[str, list[int]] = {}
        for number, entry in self.classes.items():
            numbers.setdefault(entry.name, []).append(number)
        for name, shared in numbers.items():
            if len(shared) > 1:
                shown = ", ".join(map(str, shared[:8])) + ("..." if len(shared) > 8 else "")
                reason = f"{name!r} is the name of {len(shared)} class numbers: {shown}"
                given = [number for number in shared if not self.classes[number].made]
                if len({self.classes[number].color for number in given}) > 1:
                    reason += f"; a class has one colour, that of number {given[0]}"
                self._remark(self._lines[shared[1]], reason)

    def shortened(self) -> list[Remark]:
        """The remarks; of a file that is wrong in every line only the first hundred."""
        more = len(self.remarks) - _MOST_REMARKS
        if more <= 0:
            return self.remarks
        return [*self.remarks[:_MOST_REMARKS], Remark(self.shown, f"{more} more lines were odd")]

    def _remark(self, line: int, reason: str) -> None:
        self.remarks.append(Remark(self.shown, reason, line))


def _short(content: str) -> str:
    text = content.strip()
    return repr(text if len(text) <= 60 else text[:60] + "...")
