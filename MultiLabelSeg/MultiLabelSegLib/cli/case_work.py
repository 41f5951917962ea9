"""The same question asked of many cases: in this process, or in several that the batch isolates and bounds."""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

from .. import __version__
from ..batch.jobs import Job
from ..batch.resume import JOURNAL_NAME, Journal
from ..batch.runner_batch import Batch
from ..errors import MultiLabelSegError
from .job_runner import Bounds

#: a question, the answer to it, or why there is none
Answered = tuple["Question", "dict[str, Any] | None", str]


@dataclass(frozen=True)
class Question:
    """A case, what is asked of it (JSON data for the module's ``answer``), and the files that it will read."""

    case: str
    data: dict[str, Any]
    inputs: tuple[str, ...]


def asked(
    module: str,
    questions: Sequence[Question],
    bounds: Bounds,
    moved: Callable[[float, str], object],
    keep: Path | None = None,
) -> Iterator[Answered]:
    """Each question with the answer of ``module``'s function ``answer``, or with why there is none, as they come.

    One process answers in this one unless memory or time are bounded; else a case that breaks or is killed is one
    that has no answer. With ``keep`` the answers stay in that folder, and cases whose files are the same are not asked
    again. Raises FormatError (``keep`` is of another kind or in use), ExternalToolError.
    """
    alone = keep is None and bounds.in_this_process(len(questions))
    found = _here(module, questions) if alone else _apart(module, questions, bounds, keep)
    for number, one in enumerate(found, 1):
        moved(number / len(questions), one[0].case)
        yield one


def _here(module: str, questions: Sequence[Question]) -> Iterator[Answered]:
    answer = import_module(module).answer
    for question in questions:
        try:
            yield question, answer(question.data), ""
        except MultiLabelSegError as error:
            yield question, None, str(error)
        except MemoryError:
            yield question, None, "there is not enough memory for this"
        except Exception as error:  # a defect of a reader fails its case alone, and is told
            where = traceback.extract_tb(error.__traceback__)[-1]
            yield question, None, f"unexpected {type(error).__name__} in {where.name}: {' '.join(str(error).split())}"


def _apart(module: str, questions: Sequence[Question], bounds: Bounds, keep: Path | None) -> Iterator[Answered]:
    with contextlib.ExitStack() as opened:
        folder = keep or Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="mlseg-")))
        jobs = [_job(number, module, question, folder) for number, question in enumerate(questions)]
        journal = opened.enter_context(Journal(folder / JOURNAL_NAME))
        runner = bounds.runner(f"{__name__}:main", (module,), journal.moment, len(jobs), alone=True)
        for result in Batch(jobs, runner, journal, resume=keep is not None).results():
            question = questions[result.job.number]
            if result.status == "failed":
                yield question, None, result.reason
                continue
            path = Path(result.job.output)
            yield question, json.loads(path.read_text(encoding="utf-8")), ""
            if keep is None:
                path.unlink()


def _job(number: int, module: str, question: Question, folder: Path) -> Job:
    """A question whose answer goes to a file named by what is asked; one that was touched is asked for anew."""
    # another version may answer in another way
    argv = ("audit", f"{module} {__version__}", *words_of(question.data))
    job = Job(number, question.case, argv, question.inputs, "", overwrite=True)
    output = str((folder / f"{job.tag}.json").absolute())
    return replace(job, argv=(*job.argv, output), output=output)


def words_of(data: Mapping[str, Any]) -> tuple[str, ...]:
    """Data as words of a command line: ``name=JSON`` each."""
    return tuple(f"{name}={json.dumps(value)}" for name, value in data.items())


def data_of(words: Sequence[str]) -> dict[str, Any]:
    """The data that ``words_of`` made words of."""
    return {name: json.loads(value) for name, _, value in (word.partition("=") for word in words)}


def main(argv: Sequence[str]) -> int:
    """The entry of processes that answer: module, data, and the file for the answer."""
    _, module, *words, output = argv
    try:
        answer = import_module(module.split()[0]).answer(data_of(words))
    except MultiLabelSegError as error:
        print(f"mlseg: {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    Path(output).write_text(json.dumps(answer), encoding="utf-8")
    return 0


def write_main(argv: Sequence[str]) -> int:
    """The entry of processes that write: module and data; what is noted and what was lost is printed."""
    _, module, *words = argv
    try:
        answer = import_module(module).answer(data_of(words))
    except MultiLabelSegError as error:
        print(f"mlseg: {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    for note in answer.get("notes", ()):
        print(f"note: {' '.join(note.split())}")
    for lost in answer.get("left_out", ()):
        print(f"left out: {' '.join(lost.split())}", file=sys.stderr)
    return 0
