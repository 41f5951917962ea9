"""Do one command for many cases: several at a time, each by itself, so that one broken case stops no other.

  mlseg batch 'in/*.nii.gz' -o 'out/{stem}.nrrd' -j 4 --report report.html
  mlseg batch jobs.csv --resume
  mlseg batch 'ct/*.nii.gz' -o 'out/{case}.nrrd' --recipe otsu.json
  mlseg batch 'masks/{case}/{label}.nii.gz' -o 'out/{case}/{label}.nrrd' --overlap priority

A table (CSV or JSON) has the columns input, output and any option of the command; every option of the command given
here counts for all cases. The command is convert unless --command, --recipe or a column `command` says another.
In templates, {stem} is the input's name without its ending, {case} and {label} what they matched in the pattern.
Exit codes: 0 all done, 1 a case failed, 2 wrong usage, 130 stopped and resumable.
"""

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
from .batch_words import told_apart, value_of
from .console import Console
from .signals import ended_by_signals

DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130
#: the share of the machine's memory that cases may need together unless --memory says otherwise
_SHARE = 0.8


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``mlseg batch``; those of the command come beside them."""
    files = parser.add_argument_group("cases (and any option of the command)")
    files.add_argument("inputs", nargs="*", metavar="JOBS.csv|JOBS.json|INPUT", help="a table, or inputs and patterns")
    files.add_argument("-o", "--output", metavar="TEMPLATE", help="the output of a case, with {stem}, {case}, {label}")
    files.add_argument("--command", default="convert", metavar="COMMAND", help="what to do with each case (convert)")
    files.add_argument("--recipe", type=Path, metavar="FILE", help="run this recipe: --command run for all cases")
    files.add_argument("--input-as", metavar="OPTION", default="", help="which option the inputs go to (segmentation)")
    how = parser.add_argument_group("how to do them")
    how.add_argument("-j", "--jobs", type=int, metavar="N", help="cases at a time (one for each processor core)")
    how.add_argument("--resume", action="store_true", help="skip what is done and unchanged, by content")
    how.add_argument("--journal", type=Path, metavar="FILE", help="where results are kept (in the outputs' folder)")
    how.add_argument("--dry-run", action="store_true", help="show what would be done, write nothing")
    how.add_argument("--timeout", type=float, metavar="SECONDS", help="end a case that takes longer")
    how.add_argument("--memory", metavar="SIZE", help="for all cases at work together, such as 8G")
    how.add_argument("--report", type=Path, action="append", default=[], metavar="FILE", help=".json, .csv or .html")
    cluster = parser.add_argument_group("on a cluster (dask.distributed)")
    cluster.add_argument("--scheduler", metavar="ADDRESS", help="of one that runs, such as tcp://host:8786")
    cluster.add_argument(
        "--cluster", metavar="KIND", help="start one: local, slurm, pbs, sge, lsf, htcondor, oar, moab"
    )
    cluster.add_argument("--workers", type=int, metavar="N", help="workers of --cluster (-j)")
    cluster.add_argument(
        "--cluster-option", action="append", default=[], metavar="NAME=VALUE", help="for the cluster, such as queue=gpu"
    )
    cluster.add_argument("--retries", type=int, default=2, metavar="N", help="for cases whose worker was lost (2)")


def parse(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> argparse.Namespace:
    """Batch's own options, and in ``common`` those of the command. Raises OptionError."""
    recipe = value_of(arguments, "--recipe")
    command = "run" if recipe else value_of(arguments, "--command") or "convert"
    if {"-h", "--help"} & set(arguments):
        return parser.parse_args(["--help"])
    spec = spec_of(command, value_of(arguments, "--input-as"))
    words = told_apart(arguments, parser, spec)
    parsed = parser.parse_args(words.own)
    if recipe and value_of(arguments, "--command") not in ("", "run"):
        raise OptionError("recipe", recipe, "no --command beside it: a recipe is run by the command run")
    parsed.command, parsed.common, parsed.inputs = command, words.common, words.inputs
    if recipe:
        parsed.common["recipe"] = recipe
    if parsed.output is not None:
        parsed.common["output"] = parsed.output
    return parsed


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Does all cases and reports; see the exit codes above."""
    _check(arguments)
    try:
        jobs = _jobs(arguments)
    except FormatError as error:
        console.error(str(error))
        return USAGE
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
