"""Cases of a data set through the batch runner: one after the other here, or several at a time in processes."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..batch.cluster import Cluster
from ..batch.inline import FewHere, Inline
from ..batch.isolation_trace import content_hash
from ..batch.jobs import CaseResult, Job
from ..batch.resume import Journal
from ..batch.runner import Local
from ..batch.runner_batch import Batch, Runner
from ..datasets.cases.case import Case
from ..datasets.cases.work import FOLDER, Work
from ..datasets.cases.worker import main
from ..errors import FormatError
from .console import Console, plain
from .job_runner import Bounds
from .job_work import check_reports
from .signals import ended_by_signals

ENTRY = "MultiLabelSegLib.datasets.cases.worker:main"
_PRELOAD = ("MultiLabelSegLib.datasets.cases.worker",)


@dataclass
class CaseRuns:
    """Runs an action for cases, several times in one sitting; ``failed`` collects the reasons by case.

    Use as a context manager: the processes or the cluster that do the cases stay for the next action.
    """

    work: Work
    out: Path
    arguments: argparse.Namespace
    console: Console
    journal: Journal
    results: dict[str, CaseResult] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    _runner: Runner | None = None

    def __enter__(self) -> CaseRuns:
        return self

    def __exit__(self, *error: object) -> None:
        if isinstance(self._runner, (Local, FewHere, Cluster)):
            self._runner.close()

    def run(self, action: str, cases: Sequence[Case]) -> list[Case]:
        """Does an action for all cases; the cases that it worked for. Raises Stopped when it was interrupted."""
        jobs = [self.job(action, case, number) for number, case in enumerate(cases)]
        with self.console.progress(action) as moved:
            heard = _Heard(moved, len(jobs), self.console)
            batch = Batch(jobs, self._found_runner(len(jobs)), self.journal, self.arguments.resume, heard)
            with ended_by_signals():
                outcome = batch.run()
        for result in outcome.results:
            self.results[result.job.name] = result
            if result.status == "failed":
                self.failed[result.job.name] = result.reason
        if batch.interrupted is not None:
            raise batch.interrupted
        return [case for case in cases if case.id not in self.failed]

    def _found_runner(self, count: int) -> Runner:
        """What does the cases: the same for all actions of the sitting."""
        if self._runner is None:
            bounds = Bounds.of(self.arguments)
            if self.arguments.dry_run:
                # what is found out lies in a folder of this machine
                bounds = replace(bounds, scheduler=None, cluster=None)
            self._runner = bounds.runner(ENTRY, _PRELOAD, self.journal.moment, count, keep=True)
            if isinstance(self._runner, Local) and bounds.timeout is None and bounds.memory is None:
                self._runner = FewHere(Inline(main, self.journal.moment), self._runner)
        return self._runner

    def job(self, action: str, case: Case, number: int = 0) -> Job:
        """An action for a case as the batch runner has it."""
        argv = (action, str(self.work.folder), case.id)
        # several files in several folders: their folder with the case's name stands for them
        output = str(self.out.absolute() / f"{case.id}.{action}")
        inputs = tuple(str(path.absolute()) for path in case.files)
        return Job(number, case.id, argv, inputs, output, argv)


@dataclass
class _Heard:
    """Told every result: moves the bar, names what failed."""

    moved: Callable[[float, str], object]
    total: int
    console: Console
    count: int = 0

    def __call__(self, result: CaseResult) -> None:
        self.count += 1
        self.moved(self.count / self.total, f"{self.count} of {self.total}")
        self.console.detail(plain(f"{result.job.argv[0]} {result.job.name}: {result.status} ({result.seconds:.2f} s)"))


def check_jobs(arguments: argparse.Namespace) -> None:
    """Raises OptionError for numbers and reports that cannot be meant."""
    Bounds.of(arguments)
    check_reports(arguments.report)


def check_output(out: Path, inputs: Sequence[Path], arguments: argparse.Namespace) -> None:
    """Nothing is written over what is not ours, and never into an input. Raises FormatError."""
    target = out.resolve()
    for path in inputs:
        source = path.resolve()
        if target == source or (source.is_dir() and target.is_relative_to(source)) or source.is_relative_to(target):
            raise FormatError(out, f"lies in the input {path} or holds it; inputs are never changed, choose another")
    if out.exists() and not out.is_dir():
        raise FormatError(out, "is a file; a folder to write to is expected")
    if not out.is_dir() or not any(out.iterdir()) or arguments.dry_run:
        return
    work = Work(out / FOLDER)
    if not work.ids("written") and [path.name for path in out.iterdir()] == [FOLDER]:
        return  # an earlier run was refused before it wrote anything
    if not work.journal.is_file():
        raise FormatError(out, "holds files of another origin; choose a new or an empty folder")
    if not (arguments.resume or arguments.overwrite):
        raise FormatError(out, "was written to before; say --resume to go on, or --overwrite to do all of it again")


def remove_files(out: Path, names: Sequence[str]) -> None:
    """Takes files away that an earlier run wrote, and the folders that are empty then. Raises FormatError."""
    for name in names:
        path = out / name
        if not path.resolve().is_relative_to(out.resolve()):
            raise FormatError(path, "lies outside of the output folder")
        try:
            path.unlink(missing_ok=True)
            for folder in path.parents:
                if folder == out or any(folder.iterdir()):
                    break
                folder.rmdir()
        except OSError as error:
            raise FormatError(path, f"cannot be removed ({error.strerror or error})") from None


def written_files(work: Work) -> set[str]:
    """Every file of the data set that was written, relative to it."""
    told = [work.get_case("written", case_id) for case_id in work.ids("written")]
    whole = work.get("finished") if (work.folder / "finished.json").is_file() else []
    return {str(name) for entry in told for name in entry.get("files", [])} | set(whole)


def forget_stale(
    work: Work, out: Path, kept: Sequence[str], runs: CaseRuns | None = None, action: str = ""
) -> list[str]:
    """Takes the files of cases away that an earlier run wrote and that are no longer part of the data set.

    With ``runs``, whose journal knows what ``action`` wrote, nothing is taken away that was changed since. Raises
    FormatError naming the file then.
    """
    stale = [case_id for case_id in work.ids("written") if case_id not in set(kept)]
    for case_id in stale if runs is not None else ():
        record = runs.journal.record(runs.job(action, Case(case_id))) if runs is not None else None
        for path, digest in ({} if record is None else record.outputs).items():
            if content_hash(path) not in ("", digest):
                reason = f"was changed after it was written, and case {case_id!r} would no longer be part; nothing was "
                raise FormatError(path, f"{reason}taken away: move it elsewhere, or say --overwrite")
    for case_id in stale:
        told: Any = work.get_case("written", case_id)
        remove_files(out, told.get("files", []))
        work.path("written", case_id).unlink()
    return stale
