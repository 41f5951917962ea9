"""The same question asked of many cases: in this process, or in several that the batch isolates and bounds."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from ..batch.isolation import Isolation
from ..batch.jobs import Job
from ..batch.memory import available_cores, available_memory, memory_size
from ..batch.runner import Local
from ..errors import MultiLabelSegError, OptionError

#: the share of the machine's memory that cases may need together unless --memory says otherwise
_SHARE = 0.8


@dataclass(frozen=True)
class Question:
    """A case, what is asked of it (JSON data for the module's ``answer``), and the files that it will read."""

    case: str
    data: dict[str, Any]
    inputs: tuple[str, ...]


@dataclass(frozen=True)
class Bounds:
    """How many cases at a time (0: one for each core), bytes for all together and seconds for each (None: no bound)."""

    jobs: int = 0
    memory: str | None = None
    timeout: float | None = None

    def workers(self, cases: int) -> int:
        """Processes for so many cases. Raises OptionError for numbers that cannot be meant."""
        for name, value in (("jobs", self.jobs), ("timeout", self.timeout)):
            if value is not None and value < 0:
                raise OptionError(name, value, "a number above 0")
        return max(min(self.jobs or available_cores(), cases), 1)


def asked(
    module: str, questions: Sequence[Question], bounds: Bounds, moved: Callable[[float, str], object]
) -> Iterator[tuple[Question, dict[str, Any] | None, str]]:
    """Each question with the answer of ``module``'s function ``answer``, or with why there is none, as they come.

    One process answers in this one unless memory or time are bounded; else a case that breaks or is killed is one
    that has no answer. Raises OptionError, ExternalToolError.
    """
    workers = bounds.workers(len(questions))
    alone = workers == 1 and bounds.memory is None and bounds.timeout is None
    found = _here(module, questions) if alone else _apart(module, questions, bounds, workers)
    for number, one in enumerate(found, 1):
        moved(number / len(questions), one[0].case)
        yield one


def _here(module: str, questions: Sequence[Question]) -> Iterator[tuple[Question, dict[str, Any] | None, str]]:
    answer = import_module(module).answer
    for question in questions:
        try:
            yield question, answer(question.data), ""
        except MultiLabelSegError as error:
            yield question, None, str(error)
        except MemoryError:
            yield question, None, "there is not enough memory for this"


def _apart(
    module: str, questions: Sequence[Question], bounds: Bounds, workers: int
) -> Iterator[tuple[Question, dict[str, Any] | None, str]]:
    bound = memory_size(bounds.memory) if bounds.memory else None
    there_is = available_memory()
    memory = bound or (None if there_is is None else int(there_is * _SHARE))
    isolation = Isolation(
        f"{__name__}:main", "2000-01-01T00:00:00+00:00", (module,), bounds.timeout or None,
        max(available_cores() // workers, 1),
    )  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="mlseg-") as folder:
        jobs = []
        for number, question in enumerate(questions):
            output = str(Path(folder) / f"{number}.json")
            argv = ("audit", module, json.dumps(question.data), output)
            jobs.append(Job(number, question.case, argv, question.inputs, output))
        for result in Local(isolation, workers, memory, bounded=bound is not None).run(jobs):
            question = questions[result.job.number]
            if result.status == "failed":
                yield question, None, result.reason
                continue
            yield question, json.loads(Path(result.job.output).read_text(encoding="utf-8")), ""
            Path(result.job.output).unlink()


def main(argv: Sequence[str]) -> int:
    """The entry of the processes: module, question and output file."""
    _, module, data, output = argv
    try:
        answer = import_module(module).answer(json.loads(data))
    except MultiLabelSegError as error:
        print(f"mlseg: {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    Path(output).write_text(json.dumps(answer), encoding="utf-8")
    return 0
