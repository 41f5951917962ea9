"""Cases in this process, one after the other: for few of them, or one, where starting processes would cost more."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from .isolation_case import Main, forget, moment_of, run_case
from .isolation_trace import FileTrace
from .jobs import CaseResult, Job


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


@lru_cache(maxsize=1)
def _trace() -> FileTrace:
    """The one of this process: hooks of the interpreter stay."""
    return FileTrace()
