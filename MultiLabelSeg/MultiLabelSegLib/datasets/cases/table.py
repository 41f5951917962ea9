"""Lists of cases as CSV: ``case,image[,image:CHANNEL...],segmentation,split``."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from ...errors import DatasetError, FormatError
from ...formats.label_tables.text import load_text
from ...formats.report import Note, Report
from .case import ONE_CHANNEL, Case, CaseSet, Split, channels_of, distinct_cases, parse_split

_CASE, _SEGMENTATION, _SPLIT = "case", "segmentation", "split"
_EXPECTED = "case,image,segmentation,split (several images: image:T1,image:T2)"


def read_case_table(path: Path) -> CaseSet:
    """The cases of a CSV file, a line each; paths are relative to the file's folder.

    Comma, semicolon or tab separate. Columns: ``case``, ``image`` or ``image:CHANNEL`` for each channel,
    ``segmentation``, ``split`` (train, val, test; empty: train); other columns are noted. Cases of impossible or
    repeated names, and those whose files are not there, are left out and named. Raises DatasetError naming line and
    field.
    """
    try:
        lines = load_text(path, Report()).lines
    except FormatError as error:
        raise DatasetError(str(error)) from None
    rows = [(number, line) for number, line in enumerate(lines, 1) if line.strip() and not line.startswith("#")]
    if not rows:
        raise DatasetError(f"{path}: the list is empty; expected {_EXPECTED}")
    separator = max(",;\t", key=rows[0][1].count)
    header = [title.strip() for title in _cells(rows[0][1], separator, f"{path}, line {rows[0][0]}")]
    columns, others = _columns(header, path)
    cases, missing = [], []
    for number, line in rows[1:]:
        where = f"{path}, line {number}"
        case = _case(_cells(line, separator, where), header, columns, path.parent, where)
        absent = [str(file) for file in case.files if not file.exists()]
        if absent:
            missing.append(Note(f"case {case.id!r}: there is no {', no '.join(absent)}", path, number))
        else:
            cases.append(case)
    found = distinct_cases(cases)
    notes = [Note(f"the column {name!r} is not used", path) for name in others]
    return CaseSet(found.cases, (*missing, *found.left_out), tuple(notes))


def _columns(header: Sequence[str], path: Path) -> tuple[dict[str, str], list[str]]:
    """Title -> what it is (``case``, ``segmentation``, ``split``, ``image:CHANNEL``), and the titles of no use."""
    columns: dict[str, str] = {}
    others = []
    for title in header:
        name, colon, channel = title.partition(":")
        key = name.strip().lower()
        if key == "image":
            columns[title] = f"image:{channel.strip() if colon else ONE_CHANNEL}"
        elif key in (_CASE, _SEGMENTATION, _SPLIT) and not colon:
            columns[title] = key
        elif title:
            others.append(title)
    twice = sorted({what for what in columns.values() if list(columns.values()).count(what) > 1})
    if _CASE not in columns.values() or twice or len(set(header)) < len(header):
        reason = f"{', '.join(twice)} twice" if twice else f"the columns {', '.join(header)}"
        raise DatasetError(f"{path}, line 1: found {reason}; expected {_EXPECTED}")
    return columns, others


def _case(cells: Sequence[str], header: Sequence[str], columns: dict[str, str], folder: Path, where: str) -> Case:
    if len(cells) > len(header) and any(cell.strip() for cell in cells[len(header) :]):
        raise DatasetError(f"{where}: found {len(cells)} fields, expected {len(header)}")
    given = {columns[title]: cell.strip() for title, cell in zip(header, cells, strict=False) if title in columns}
    images = {
        what.partition(":")[2]: folder / text for what, text in given.items() if what.startswith("image:") and text
    }
    segmentation = given.get(_SEGMENTATION, "")
    split: Split = parse_split(given.get(_SPLIT, ""), where)
    if not images and not segmentation:
        raise DatasetError(f"{where}: neither an image nor a segmentation is given")
    return Case(given.get(_CASE, ""), images, folder / segmentation if segmentation else None, split)


def _cells(line: str, separator: str, where: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator, strict=True), [])
    except csv.Error as error:
        raise DatasetError(f"{where}: {error}; expected {_EXPECTED}") from None


def case_table_text(cases: Iterable[Case], folder: Path) -> str:
    """A list of cases as CSV text for a file in ``folder``, from which paths are relative where they can be."""
    listed = list(cases)
    channels = channels_of(listed)
    titles = ["image"] if channels == (ONE_CHANNEL,) else [f"image:{name}" for name in channels]
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([_CASE, *titles, _SEGMENTATION, _SPLIT])
    for case in listed:
        images = [_relative(case.images.get(name), folder) for name in channels]
        writer.writerow([case.id, *images, _relative(case.segmentation, folder), case.split])
    return stream.getvalue()


def _relative(path: Path | None, folder: Path) -> str:
    return "" if path is None else relative_path(path, folder)


def relative_path(path: Path, folder: Path) -> str:
    """A path from a folder, with ``/``; absolute where there is none (other drives of Windows)."""
    try:
        return Path(os.path.relpath(path.absolute(), folder.absolute())).as_posix()
    except ValueError:
        return path.absolute().as_posix()
