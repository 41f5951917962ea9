"""What ``mlseg batch`` shows: a bar on a terminal or lines, the table at the end, reports."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..batch.isolation_case import has_begun, output_exists
from ..batch.jobs import CaseResult, Job
from ..batch.memory import estimated_memory
from ..batch.report import Outcome, report_csv, report_json
from ..batch.resume import Journal, verdict
from ..formats.staging import Stage
from .console import Console, plain

#: rows of the last table unless --verbose asks for all
_FEW = 20
_MARKS = {"done": "done", "skipped": "skipped", "failed": "FAILED"}


class Shown:
    """Shows results as they come; use as a context manager."""

    def __init__(self, console: Console, total: int, notes: bool = False) -> None:
        self._console, self._total, self._notes = console, total, notes
        self._count = self._failed = 0
        self._progress: Any = None
        self._moved: Any = None

    def __enter__(self) -> Shown:
        self._progress = self._console.progress("batch")
        self._moved = self._progress.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._progress.__exit__(*error)

    def heard(self, result: CaseResult) -> None:
        """One result more."""
        self._count += 1
        self._failed += result.status == "failed"
        failed = f", {self._failed} failed" if self._failed else ""
        self._moved(self._count / self._total, f"{self._count} of {self._total}{failed}")
        line = f"[{self._count}/{self._total}] {_MARKS[result.status]} {result.job.name}"
        if result.status == "failed":
            self._console.warn(plain(f"{line}: {result.reason}"))
        elif self._console.verbose:
            self._console.detail(plain(f"{line} ({result.seconds:.2f} s) {result.reason}".rstrip()))
        for note in result.notes if self._notes or self._console.verbose else ():
            self._console.say(plain(f"note: {result.job.name}: {note}"))

    def table(self, outcome: Outcome) -> None:
        """The rows at the end: all of a few or with --verbose, else those that failed; then the numbers."""
        every = len(outcome.results) <= _FEW or self._console.verbose
        rows = [result for result in outcome.results if every or result.status == "failed"]
        cells = [
            (_MARKS[each.status], each.job.name, f"{each.seconds:.2f} s", each.reason or each.job.output)
            for each in rows
        ]
        if cells and not self._console.quiet:
            for line in aligned(cells):
                self._console.say(plain(line))
        self._console.say(outcome.sentence())


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines whose columns stand below each other; the last column is as long as it is."""
    widths = [min(max(len(row[column]) for row in rows), 60) for column in range(len(rows[0]) - 1)]
    return [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]) for row in rows
    ]


def dry_run(jobs: Sequence[Job], place: Path, resume: bool, console: Console) -> None:
    """A table of what would be done; writes nothing."""
    records = None
    if resume and place.is_file():
        with Journal(place) as journal:
            records = {job.key: verdict(job, journal.record(job)) for job in jobs}
    rows = [("case", "what", "memory", "input", "output")]
    for job in jobs:
        found = None if records is None else records[job.key]
        if found is not None and found.skip:
            what = "skip: done"
        elif found is not None and found.refuse:
            what = "refuse: output changed"
        elif not Path(job.inputs[0]).exists():
            what = "fail: no input"
        elif output_exists(job) and not (job.overwrite or has_begun(job) or found is not None):
            what = "fail: output exists"
        else:
            what = " ".join([job.command, *(["(again)"] if found is not None and found.replace else [])])
        rows.append(
            (
                job.name,
                what,
                f"{estimated_memory(job.inputs, job.command) / 1e6:.0f} MB",
                " ".join(job.inputs),
                job.output,
            )
        )
    for line in aligned(rows):
        console.out(plain(line))
    console.say(f"{len(jobs)} cases; nothing was written")


def write_report(path: Path, outcome: Outcome) -> None:
    """Writes a report by the ending of its name, in place of an older one. Raises WriteError."""
    suffix = path.suffix.lower()
    if suffix == ".json":
        text = report_json(outcome)
    elif suffix == ".csv":
        text = report_csv(outcome)
    else:
        from .batch_page import report_page

        text = report_page(outcome)
    path.parent.mkdir(parents=True, exist_ok=True)
    with Stage(path) as stage:
        stage.file(path).write_text(text, encoding="utf-8", newline="")
        stage.commit()
