"""Tables of jobs: CSV as spreadsheets write it, and JSON."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import FormatError
from ..formats.json_text import parse_json
from .jobs_options import column_key, is_given

#: what may stand between the cells, looked for in the first line
_DELIMITERS = (";", "\t", ",")
SUFFIXES = (".csv", ".tsv", ".json")


@dataclass(frozen=True)
class Row:
    """One case as the user wrote it: ``where`` names it in messages, ``cells`` are column -> value as given.

    ``folder`` is where its relative paths count from; ``fields`` are what templates may name.
    """

    where: str
    cells: dict[str, Any]
    folder: Path
    fields: dict[str, str] = field(default_factory=dict)


def is_job_table(text: str) -> bool:
    """Whether an argument names a table of jobs and no input; a MITK stack (.mitklabel.json) is an input."""
    name = text.lower()
    return name.endswith(SUFFIXES) and not name.endswith((".mitklabel.json", ".mlseg.json"))


def read_job_table(path: Path) -> list[Row]:
    """The rows of a CSV or JSON table; relative paths count from the table's folder.

    Raises FormatError naming line or entry: no text, no table, no column, a column twice, more cells than columns.
    """
    text = _text_of(path)
    rows = _json_rows(path, text) if path.name.lower().endswith(".json") else _csv_rows(path, text)
    if not rows:
        raise FormatError(path, "holds no jobs; expected a line for each case below the line with the columns")
    return rows


def _text_of(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FormatError(path, f"cannot be read ({error.strerror or error})") from None
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise FormatError(path, f"line {line}: is no text in UTF-8; save the table as CSV UTF-8") from None


def _csv_rows(path: Path, text: str) -> list[Row]:
    lines = text.splitlines(keepends=True)
    skipped = 0
    delimiter = None
    if lines and lines[0].lower().startswith("sep=") and len(lines[0].rstrip()) == 5:
        # the hint with which spreadsheets state the delimiter
        delimiter, skipped = lines[0][4], 1
    while skipped < len(lines) and not lines[skipped].strip():
        skipped += 1
    body = "".join(lines[skipped:])
    if not body.strip():
        return []
    reader = csv.reader(io.StringIO(body, newline=""), delimiter=delimiter or _delimiter(body), strict=True)
    rows: list[Row] = []
    try:
        heads = [head.strip() for head in next(reader)]
        _check_heads(path, heads)
        for cells in reader:
            where = f"{path}, line {skipped + reader.line_num}"
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) > len(heads) and any(is_given(cell) for cell in cells[len(heads) :]):
                raise FormatError(path, f"line {skipped + reader.line_num}: {len(cells)} cells in {len(heads)} columns")
            given = {head: cell for head, cell in zip(heads, cells, strict=False) if head and is_given(cell)}
            rows.append(Row(where, given, path.parent))
    except csv.Error as error:
        raise FormatError(path, f"line {skipped + reader.line_num}: is no CSV ({error})") from None
    return rows


def _delimiter(body: str) -> str:
    """The delimiter that stands most often in the first line outside of quotes."""
    first = body.split("\n", 1)[0]
    bare = "".join(part for index, part in enumerate(first.split('"')) if index % 2 == 0)
    return max(_DELIMITERS, key=bare.count) if any(mark in bare for mark in _DELIMITERS) else ","


def _check_heads(path: Path, heads: list[str]) -> None:
    counts = Counter(column_key(head) for head in heads if head)
    twice = [name for name, count in counts.items() if count > 1]
    if twice:
        raise FormatError(path, f"the column {twice[0]!r} is there {counts[twice[0]]} times; expected once")
    if "input" not in counts:
        found = ", ".join(head for head in heads if head) or "none"
        raise FormatError(path, f"has no column 'input'; found the columns {found}")


def _json_rows(path: Path, text: str) -> list[Row]:
    data = parse_json(text, path, "the table of jobs")
    if not isinstance(data, list):
        raise FormatError(path, f"expected a list of jobs, found {type(data).__name__}")
    rows = []
    for number, entry in enumerate(data, 1):
        if not isinstance(entry, dict) or not is_given(entry.get("input")):
            raise FormatError(path, f'job {number}: expected an object with "input", found {entry!r:.80}')
        _check_heads(path, list(entry))
        given = {name: value for name, value in entry.items() if is_given(value)}
        rows.append(Row(f"{path}, job {number}", given, path.parent))
    return rows
