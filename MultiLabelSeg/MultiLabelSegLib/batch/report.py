"""The report of a batch: one row a case, as JSON and CSV; and the numbers over all."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .jobs import CaseResult

COLUMNS = ("case", "input", "output", "status", "seconds", "reason", "command", "attempts", "memory_mb")


@dataclass(frozen=True)
class Outcome:
    """How a batch went: the results in the order of its jobs, seconds that passed, cases that were not reached."""

    results: Sequence[CaseResult]
    seconds: float
    workers: int
    left: int = 0

    def count(self, status: str) -> int:
        """Cases with a status."""
        return sum(result.status == status for result in self.results)

    @property
    def rate(self) -> float:
        """Cases done an hour."""
        return 3600 * self.count("done") / self.seconds if self.seconds > 0 else 0.0

    def sentence(self) -> str:
        """The numbers in one line."""
        parts = [f"{self.count(status)} {status}" for status in ("done", "skipped", "failed")]
        parts += [f"{self.left} not reached"] if self.left else []
        speed = f", {self.rate:,.0f} cases/h" if self.count("done") else ""
        return f"{', '.join(parts)} in {self.seconds:.1f} s with {self.workers} at a time{speed}"


def report_json(outcome: Outcome) -> str:
    """The report as JSON: numbers and ``cases``, each with the fields of ``COLUMNS``."""
    cases: list[dict[str, Any]] = []
    for result in outcome.results:
        row = result.as_row()
        row["inputs"] = list(result.job.inputs)
        row["outputs"] = sorted(result.outputs)
        row["arguments"] = list(result.job.argv)
        if result.notes:
            row["notes"] = list(result.notes)
        if result.detail:
            row["detail"] = result.detail
        cases.append(row)
    numbers = {status: outcome.count(status) for status in ("done", "skipped", "failed")}
    whole = {**numbers, "not_reached": outcome.left, "seconds": round(outcome.seconds, 3), "cases": cases}
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def report_csv(outcome: Outcome) -> str:
    """The report as CSV with the columns of ``COLUMNS``.

    Text that a spreadsheet would take for a formula is marked as text by an apostrophe.
    """
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for result in outcome.results:
        row = result.as_row()
        writer.writerow([_cell(row[column]) for column in COLUMNS])
    return "\ufeff" + stream.getvalue()


def _cell(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
