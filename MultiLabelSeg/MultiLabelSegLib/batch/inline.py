"""Cases in this process, one after the other: for few of them, or one, where starting processes would cost more."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from .isolation_case import Main, forget, moment_of, run_case
from .isolation_trace import FileTrace
from .jobs import CaseResult, Job
from .runner import Local

#: seconds that starting processes costs
PATIENCE = 0.5


@dataclass(frozen=True)
class Inline:
    """Runs cases in this process; ``main`` is the command line that does one. Time and memory are not bounded."""

    main: Main
    moment: str
    workers: int = 1

    def run(self, jobs: Sequence[Job]) -> Iterator[CaseResult]:
        """The results as they come. Raises KeyboardInterrupt when a case was interrupted."""
        stage = os.environ.get("MLSEG_STAGE")
        interruptions: list[KeyboardInterrupt] = []

        def heard(arguments: Sequence[str]) -> int:
            try:
                return self.main(arguments)
            except KeyboardInterrupt as error:
                interruptions.append(error)
                raise

        try:
            for job in jobs:
                result = run_case(heard, job, moment_of(self.moment), None, _trace())
                if interruptions:
                    raise interruptions[0]
                if result.status == "failed":
                    # nothing was written, so nothing is left to be taken up again
                    forget(job)
                yield result
        finally:
            if stage is None:
                os.environ.pop("MLSEG_STAGE", None)
            else:
                os.environ["MLSEG_STAGE"] = stage


@dataclass(frozen=True)
class FewHere:
    """Begins in this process, and goes over to processes when what is left takes longer than starting them."""

    here: Inline
    apart: Local

    @property
    def workers(self) -> int:
        """Cases at a time, once there are processes."""
        return self.apart.workers

    def run(self, jobs: Sequence[Job]) -> Iterator[CaseResult]:
        """The results as they come. Raises as both do."""
        began = time.perf_counter()
        for number, job in enumerate(jobs):
            passed = time.perf_counter() - began
            if passed > PATIENCE and passed * (len(jobs) - number) > number * PATIENCE:
                yield from self.apart.run(jobs[number:])
                return
            yield from self.here.run([job])

    def close(self) -> None:
        """Ends the processes."""
        self.apart.close()


@lru_cache(maxsize=1)
def _trace() -> FileTrace:
    """The one of this process: hooks of the interpreter stay."""
    return FileTrace()
