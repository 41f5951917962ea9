"""Jobs done as a command's options say: shown, resumed, kept in a journal, reported."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..batch.jobs import Job
from ..batch.report import Outcome
from ..batch.resume import Journal
from ..batch.runner_batch import Batch
from ..errors import FormatError, OptionError
from .batch_show import Shown, dry_run, write_report
from .console import Console
from .job_runner import Bounds
from .signals import ended_by_signals

DONE, FAILED, INTERRUPTED = 0, 1, 130
REPORTS = (".json", ".csv", ".html", ".htm")


@dataclass(frozen=True)
class Doing:
    """What does the jobs of a command: ``entry`` (``module:function``), and the modules that it will need.

    ``alone`` gives every case a process of its own, even a single one; ``notes`` has what the cases note shown.
    """

    entry: str
    preload: tuple[str, ...]
    alone: bool = False
    notes: bool = False


def check_reports(reports: Sequence[Path]) -> None:
    """Raises OptionError for a report of an unknown kind, FormatError for one that plainly could not be written.

    Reports are written last; what is told then may have cost a night.
    """
    for report in reports:
        if report.suffix.lower() not in REPORTS:
            raise OptionError("report", str(report), "a name that ends in .json, .csv or .html")
        if report.is_dir():
            raise FormatError(report, "is a folder; a file for the report is expected")
        place = next(folder for folder in report.absolute().parents if folder.exists())
        if not place.is_dir():
            raise FormatError(report, f"cannot be written: {place} is no folder")
        if not os.access(report if report.exists() else place, os.W_OK):
            raise FormatError(report, "cannot be written: it, or its folder, may only be read")


def do_jobs(jobs: Sequence[Job], doing: Doing, journal: Path, arguments: argparse.Namespace, console: Console) -> int:
    """Does the jobs by the options of ``job_options``; 0 all done, 1 some failed, 130 stopped and resumable.

    Raises OptionError, FormatError (journal), ExternalToolError (no process or cluster).
    """
    bounds = Bounds.of(arguments)
    check_reports(arguments.report)
    if arguments.dry_run:
        dry_run(jobs, journal, arguments.resume, console)
        return DONE
    with Journal(journal) as kept:
        runner = bounds.runner(doing.entry, doing.preload, kept.moment, len(jobs), alone=doing.alone)
        shown = Shown(console, len(jobs), doing.notes)
        batch = Batch(jobs, runner, kept, arguments.resume, shown.heard)
        with ended_by_signals(), shown:
            outcome = batch.run()
    shown.table(outcome)
    for report in arguments.report:
        write_report(report, outcome)
        console.detail(f"wrote {report}")
    return _exit_code(outcome, batch, console)


def _exit_code(outcome: Outcome, batch: Batch, console: Console) -> int:
    if batch.interrupted is not None:
        console.error(
            f"stopped; {outcome.count('done') + outcome.count('skipped')} of {len(batch.jobs)} cases are done and "
            "stay; the same command with --resume goes on"
        )
        return int(getattr(batch.interrupted, "code", INTERRUPTED))
    return FAILED if outcome.count("failed") else DONE
