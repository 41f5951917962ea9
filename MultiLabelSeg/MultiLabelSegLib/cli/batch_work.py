"""The work of ``mlseg batch``: which cases there are and what does them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from ..batch.jobs import Job
from ..batch.jobs_build import build_jobs
from ..batch.jobs_table import is_job_table, read_job_table
from ..batch.resume import journal_path
from ..batch.templates import find_cases
from ..errors import FormatError, OptionError
from .batch_commands import ENTRY, spec_of
from .console import Console
from .inputs import refuse_inputs
from .job_runner import Bounds
from .job_work import Doing, check_reports, do_jobs

USAGE = 2


def do_batch(arguments: argparse.Namespace, console: Console) -> int:
    """Does all cases and reports; returns the exit code of ``mlseg batch``."""
    if not arguments.inputs:
        raise OptionError("input", None, "a table of jobs (CSV or JSON), or inputs with -o TEMPLATE")
    Bounds.of(arguments)
    check_reports(arguments.report)
    try:
        jobs = _jobs(arguments)
    except FormatError as error:
        console.error(str(error))
        return USAGE
    refuse_inputs(arguments.report, _read_files(arguments, jobs))
    preload = tuple(sorted({f"MultiLabelSegLib.cli.{job.command}" for job in jobs}))
    place = arguments.journal or journal_path(jobs)
    return do_jobs(jobs, Doing(ENTRY, preload, alone=True), place, arguments, console)


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
