"""A whole batch: what is done already is skipped, the rest is run, every result is in the journal before it counts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any, Protocol

from .isolation_case import forget
from .jobs import CaseResult, Job
from .report import Outcome
from .resume import Journal, Verdict, verdict

#: threads that compare contents with the journal
_COMPARERS = 4


class Runner(Protocol):
    """What runs jobs somewhere: this machine (``runner.Local``), a cluster (``cluster.Cluster``)."""

    @property
    def workers(self) -> int:
        """Cases at a time."""

    def run(self, jobs: Sequence[Job]) -> Iterator[CaseResult]:
        """The results as they come; closing the iterator ends what is at work."""


@dataclass
class Batch:
    """Jobs, where they run, and their journal. ``resume`` skips what is done; ``heard`` is told every result.

    ``run`` leaves ``interrupted`` set when it was ended by a signal; what was not reached can be done by resuming.
    """

    jobs: Sequence[Job]
    runner: Runner
    journal: Journal
    resume: bool = False
    heard: Callable[[CaseResult], object] = bool
    interrupted: BaseException | None = None

    def run(self) -> Outcome:
        """Does everything that is to be done. Raises FormatError when the journal cannot be written.

        Interruptions (KeyboardInterrupt, also as signals handlers raise it) end it early and are kept.
        """
        started = time.perf_counter()
        results: dict[int, CaseResult] = {}
        try:
            for result in self.results():
                results[result.job.number] = result
                self.heard(result)
        except KeyboardInterrupt as error:
            self.interrupted = error
        ordered = [results[job.number] for job in self.jobs if job.number in results]
        left = len(self.jobs) - len(ordered)
        return Outcome(ordered, time.perf_counter() - started, self.runner.workers, left)

    def results(self) -> Iterator[CaseResult]:
        """The results as they come, in the journal already. Raises as ``run``, interruptions too."""
        ready: list[Job] = []
        for job, found in zip(self.jobs, self.verdicts(), strict=True):
            if found.skip:
                forget(job)
                yield CaseResult(job, "skipped", found.skip)
            elif found.refuse:
                result = CaseResult(job, "failed", found.refuse)
                yield result
            else:
                ready.append(replace(job, overwrite=job.overwrite or found.replace))
        running: Any = self.runner.run(ready)
        with closing(running):
            for result in running:
                self.journal.append(result)
                forget(result.job)
                yield result

    def verdicts(self) -> list[Verdict]:
        """What is to be done with each job."""
        if not self.resume:
            return [Verdict() for _ in self.jobs]
        with ThreadPoolExecutor(_COMPARERS) as pool:
            return list(pool.map(lambda job: verdict(job, self.journal.record(job)), self.jobs))
