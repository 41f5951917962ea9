"""What is told of a data set's cases: lines on the console, and a report with a row a case."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..batch.jobs import CaseResult
from ..datasets.cases.case import Case
from ..formats.report import Report
from ..formats.staging import Stage
from .console import Console, plain

COLUMNS = ("case", "split", "status", "grid", "files", "seconds", "reason", "notes")


@dataclass(frozen=True)
class Rows:
    """``failed`` are reasons by case, ``done`` the cases that are in, ``told`` what was written down about them."""

    report: Report
    failed: Mapping[str, str]
    results: Mapping[str, CaseResult]
    done: Sequence[Case]
    told: Mapping[str, Any]

    def show(self, console: Console) -> None:
        """Notes, then what was left out on the error stream; of cases' notes their number, unless all are asked for."""
        noted = [len(self.told.get(case.id, {}).get("notes", [])) for case in self.done]
        if any(noted) and not console.verbose:
            more = "--verbose or --report shows them"
            console.say(f"{sum(noted)} notes about {sum(map(bool, noted))} of {len(noted)} cases ({more})")
        for case in self.done:
            entry = self.told.get(case.id, {})
            for note in entry.get("notes", []):
                console.detail(f"note: {plain(case.id)}: {plain(note)}")
            for reason in entry.get("left_out", []):
                console.warn(f"left out: {plain(case.id)}: {plain(reason)}")
        console.show(self.report)
        for case_id, reason in self.failed.items():
            console.warn(f"left out: case {plain(repr(case_id))}: {plain(reason)}")

    def rows(self) -> list[dict[str, Any]]:
        """A row a case: first those that are in, then those that are not."""
        rows = []
        for case in self.done:
            entry, result = self.told.get(case.id, {}), self.results.get(case.id)
            rows.append(
                {
                    "case": case.id,
                    "split": case.split,
                    "status": "done" if result is None else result.status,
                    "grid": entry.get("grid", ""),
                    "files": entry.get("files", []),
                    "seconds": 0.0 if result is None else round(result.seconds, 3),
                    "reason": "; ".join(entry.get("left_out", [])),
                    "notes": entry.get("notes", []),
                }
            )
        empty = {"split": "", "grid": "", "files": [], "seconds": 0.0, "notes": []}
        rows += [{"case": name, "status": "failed", "reason": why, **empty} for name, why in self.failed.items()]
        return rows

    def write(self, path: Path) -> None:
        """Writes the report by the ending of its name, in place of an older one. Raises WriteError."""
        rows = self.rows()
        if path.suffix.lower() == ".csv":
            text = _csv(rows)
        elif path.suffix.lower() in (".html", ".htm"):
            from .dataset_page import data_set_page

            text = data_set_page(rows, self.report)
        else:
            whole = {
                "cases": rows,
                "left_out": [str(note) for note in self.report.left_out],
                "notes": [str(note) for note in self.report.notes],
            }
            text = json.dumps(whole, indent=1, ensure_ascii=False) + "\n"
        path.parent.mkdir(parents=True, exist_ok=True)
        with Stage(path) as stage:
            stage.file(path).write_text(text, encoding="utf-8", newline="")
            stage.commit()


def _csv(rows: Sequence[Mapping[str, Any]]) -> str:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows:
        cells = [" | ".join(row[name]) if isinstance(row[name], list) else row[name] for name in COLUMNS]
        # what a spreadsheet would take for a formula is marked as text
        writer.writerow([f"'{cell}" if str(cell)[:1] in ("=", "+", "-", "@") else cell for cell in cells])
    return "\ufeff" + stream.getvalue()
