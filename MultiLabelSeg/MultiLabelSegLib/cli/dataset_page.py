"""The report of a data set as one HTML page: what was left out first, then every case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from ..formats.report import Report
from ..reports.page import page, paragraph, section, table, verdict

_HEADS = ("case", "status", "split", "grid", "seconds", "files", "reason", "notes")
_NUMBERS = (4,)


def data_set_page(rows: Sequence[Mapping[str, Any]], report: Report) -> str:
    """A self-contained page; all text of files is escaped."""
    failed = [row for row in rows if row["status"] == "failed"]
    lead = f"{len(rows) - len(failed)} of {len(rows)} cases are in the data set"
    sections = []
    if failed:
        sections.append(section(f"Left out: {len(failed)} cases", _table(failed)))
    else:
        sections.append(section("Left out: none", paragraph("Every case that was found is in.")))
    for title, notes in (("What else was left out", report.left_out), ("Notes", report.notes)):
        if notes:
            sections.append(section(title, *(paragraph(str(note)) for note in notes)))
    sections.append(section(f"All cases: {len(rows)}", _table(rows)))
    return page("Data set", lead, sections)


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    return table(_HEADS, [_row(row) for row in rows], _NUMBERS)


def _row(row: Mapping[str, Any]) -> list[str]:
    return [
        escape(row["case"]),
        verdict(row["status"] != "failed", row["status"]),
        escape(row["split"]),
        escape(row["grid"]),
        f"{row['seconds']:.2f}",
        "<br>".join(map(escape, row["files"])),
        escape(row["reason"]),
        "<br>".join(map(escape, row["notes"])),
    ]
