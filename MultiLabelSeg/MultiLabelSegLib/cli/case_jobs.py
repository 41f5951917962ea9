"""Cases of ``merge`` and ``split``: a single one is written at once, a set is a batch with a journal."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from ..batch.jobs import Job
from ..formats.staging import absolute
from .console import Console, plain
from .signals import ended_by_signals

#: what names a case in a template of outputs
CASE_FIELDS = ("{case}", "{stem}")
DONE = 0
_ENTRY = "MultiLabelSegLib.cli.case_work:write_main"


@dataclass(frozen=True)
class WrittenCase:
    """A case, its question (JSON data, without ``overwrite``), the files it reads, and what it writes.

    ``output`` is a path, or stands for the files that ``several`` patterns match.
    """

    case: str
    data: dict[str, Any]
    inputs: tuple[str, ...]
    output: str
    several: tuple[str, ...] = field(default=())


def do_cases(
    command: str, cases: Sequence[WrittenCase], template: str, arguments: argparse.Namespace, console: Console
) -> int:
    """Writes all cases as the options of ``job_options`` say; ``template`` is that of their outputs.

    0 all done, 1 a case failed, 130 stopped and resumable. Raises OptionError, FormatError.
    """
    module = f"MultiLabelSegLib.cli.{command}_case"
    is_set = len(cases) > 1 or any(mark in template for mark in CASE_FIELDS)
    asks = ("resume", "dry_run", "report", "journal", "timeout", "memory", "scheduler", "cluster")
    if not is_set and not any(getattr(arguments, name) for name in asks):
        # what follows takes longer to load than a small case takes
        return _at_once(module, cases[0], arguments, console)
    from ..batch.resume import JOURNAL_NAME
    from .inputs import refuse_inputs
    from .job_work import Doing, check_reports, do_jobs

    check_reports(arguments.report)
    refuse_inputs(arguments.report, [Path(path) for case in cases for path in case.inputs])
    jobs = [_job(number, command, module, case, arguments.overwrite) for number, case in enumerate(cases, 1)]
    doing = Doing(_ENTRY, (module,), notes=True)
    with tempfile.TemporaryDirectory(prefix="mlseg-") as folder:
        # a single case that nobody means to resume leaves no journal beside its output
        lasting = is_set or arguments.resume
        journal = (fixed_folder(template) if lasting else Path(folder)) / JOURNAL_NAME
        return do_jobs(jobs, doing, arguments.journal or journal, arguments, console)


def fixed_folder(template: str) -> Path:
    """The folder of a template before its first field: the same for all cases of a set and any part of it."""
    whole = absolute(Path(template).expanduser())
    parts = whole.parts[:-1]
    fixed = next((index for index, part in enumerate(parts) if "{" in part), len(parts))
    return Path(*parts[:fixed])


def _job(number: int, command: str, module: str, case: WrittenCase, overwrite: bool) -> Job:
    from .case_work import words_of

    argv, replacing = (
        (command, module, *words_of({**case.data, "overwrite": allowed})) for allowed in (False, True)
    )  # fmt: skip
    return Job(number, case.case, argv, case.inputs, case.output, replacing, overwrite, case.several)


def _at_once(module: str, case: WrittenCase, arguments: argparse.Namespace, console: Console) -> int:
    """One case; what it says goes straight to the console. Raises what reading and writing raise."""
    answered = import_module(module).answer
    with ended_by_signals():
        answer = answered({**case.data, "overwrite": arguments.overwrite})
    for note in answer["notes"]:
        console.say(plain(f"note: {note}"))
    for lost in answer["left_out"]:
        console.warn(plain(f"left out: {lost}"))
    written = answer["written"]
    for path in written:
        console.detail(plain(f"wrote {path}"))
    console.say(f"wrote {written[0]}" if len(written) == 1 else f"wrote {len(written)} files")
    return DONE
