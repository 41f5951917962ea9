"""The work of ``mlseg batch``: which cases, where they run, what is told at the end."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from ..batch.isolation import Isolation
from ..batch.jobs import Job
from ..batch.jobs_build import build_jobs
from ..batch.jobs_table import is_job_table, read_job_table
from ..batch.memory import available_cores, available_memory, memory_size
from ..batch.report import Outcome
from ..batch.resume import Journal, journal_path
from ..batch.runner import Local
from ..batch.runner_batch import Batch, Runner
from ..batch.templates import find_cases
from ..errors import FormatError, OptionError
from .batch_commands import ENTRY, spec_of
from .batch_show import Shown, dry_run, write_report
from .console import Console
from .inputs import refuse_inputs
from .signals import ended_by_signals

DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130
#: the share of the machine's memory that cases may need together unless --memory says otherwise
_SHARE = 0.8


def do_batch(arguments: argparse.Namespace, console: Console) -> int:
    """Does all cases and reports; returns the exit code of ``mlseg batch``."""
    _check(arguments)
    try:
        jobs = _jobs(arguments)
    except FormatError as error:
        console.error(str(error))
        return USAGE
    refuse_inputs(arguments.report, _read_files(arguments, jobs))
    place = arguments.journal or journal_path(jobs)
    if arguments.dry_run:
        dry_run(jobs, place, arguments.resume, console)
        return DONE
    with Journal(place) as journal:
        runner = _runner(arguments, len(jobs), journal.moment, jobs)
        shown = Shown(console, len(jobs))
        batch = Batch(jobs, runner, journal, arguments.resume, shown.heard)
        with ended_by_signals(), shown:
            outcome = batch.run()
    shown.table(outcome)
    for report in arguments.report:
        write_report(report, outcome)
        console.detail(f"wrote {report}")
    return _exit_code(outcome, batch, console)


def _check(arguments: argparse.Namespace) -> None:
    """Raises OptionError for numbers and reports that cannot be meant."""
    if not arguments.inputs:
        raise OptionError("input", None, "a table of jobs (CSV or JSON), or inputs with -o TEMPLATE")
    for name in ("jobs", "timeout", "workers"):
        value = getattr(arguments, name)
        if value is not None and not value > 0:
            raise OptionError(name, value, "a number above 0")
    if arguments.retries < 0:
        raise OptionError("retries", arguments.retries, "0 or more")
    if arguments.scheduler and arguments.cluster:
        raise OptionError("cluster", arguments.cluster, "either --scheduler or --cluster")
    for report in arguments.report:
        if report.suffix.lower() not in (".json", ".csv", ".html", ".htm"):
            raise OptionError("report", str(report), "a name that ends in .json, .csv or .html")


def _read_files(arguments: argparse.Namespace, jobs: Sequence[Job]) -> list[Path]:
    """The table or the inputs as they were given, the recipe, and the inputs of all cases."""
    given = [*arguments.inputs, *([arguments.recipe] if arguments.recipe else [])]
    return [Path(text) for text in (*given, *(path for job in jobs for path in job.inputs))]


def _jobs(arguments: argparse.Namespace) -> list[Job]:
    """The cases. Raises FormatError and OptionError."""
    folder = Path.cwd()
    tables = [text for text in arguments.inputs if is_job_table(text)]
    if tables and len(arguments.inputs) > 1:
        raise OptionError("input", " ".join(arguments.inputs), "one table of jobs, or inputs and patterns")
    rows = read_job_table(Path(tables[0])) if tables else find_cases(arguments.inputs, folder)
    known = partial(spec_of, input_as=arguments.input_as)
    return build_jobs(rows, arguments.common, folder, arguments.command, known)


def _runner(arguments: argparse.Namespace, count: int, moment: str, jobs: Sequence[Job]) -> Runner:
    """What runs the cases: this machine or a cluster."""
    preload = tuple(sorted({f"MultiLabelSegLib.cli.{job.command}" for job in jobs}))
    memory = memory_size(arguments.memory) if arguments.memory else None
    cores = available_cores()
    if arguments.scheduler or arguments.cluster:
        from ..batch.cluster import Cluster

        isolation = Isolation(ENTRY, moment, preload, arguments.timeout, 1)
        options: dict[str, Any] = _cluster_options(arguments.cluster_option)
        workers = arguments.workers or arguments.jobs or cores
        return Cluster(
            isolation, arguments.scheduler, arguments.cluster, workers, options, arguments.retries, memory
        )  # fmt: skip
    workers = max(min(arguments.jobs or cores, count), 1)
    threads = max(cores // workers, 1)
    isolation = Isolation(ENTRY, moment, preload, arguments.timeout, threads)
    there_is = available_memory()
    bound = memory or (None if there_is is None else int(there_is * _SHARE))
    return Local(isolation, workers, bound, bounded=memory is not None)


def _cluster_options(pairs: Sequence[str]) -> dict[str, Any]:
    """``name=value`` pairs; values are JSON where they can be read as such. Raises OptionError."""
    import json

    found: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name:
            raise OptionError("cluster-option", pair, "name=value, such as queue=gpu or cores=4")
        try:
            found[name] = json.loads(text)
        except ValueError:
            found[name] = text
    return found


def _exit_code(outcome: Outcome, batch: Batch, console: Console) -> int:
    if batch.interrupted is not None:
        console.error(
            f"stopped; {outcome.count('done') + outcome.count('skipped')} of {len(batch.jobs)} cases are done and "
            "stay; the same command with --resume goes on"
        )
        return int(getattr(batch.interrupted, "code", INTERRUPTED))
    return FAILED if outcome.count("failed") else DONE
