"""Many cases on this machine: worker processes that are kept busy, each case by itself."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from .isolation import Isolation, Worker
from .isolation_case import abandon, forget
from .jobs import CaseResult, Job
from .runner_admission import Admission, Admitted


@dataclass(frozen=True)
class Local:
    """Runs cases in ``workers`` processes of this machine; ``memory`` bounds all of them together, in bytes.

    ``bounded`` has the system refuse memory beyond a case's share; without it ``memory`` only says how many cases may
    be at work together. With ``keep`` the processes wait for a further ``run``, until ``close``.
    """

    isolation: Isolation
    workers: int = 1
    memory: int | None = None
    bounded: bool = False
    keep: bool = False
    _waiting: list[Worker] = field(default_factory=list, compare=False)

    def close(self) -> None:
        """Ends the processes that were kept."""
        while self._waiting:
            self._waiting.pop().close()

    def run(self, jobs: Sequence[Job]) -> Iterator[CaseResult]:
        """The results as they come. Closing the iterator ends all workers at once; unfinished cases can be done again.

        Raises ExternalToolError when no worker can be started.
        """
        if not jobs:
            return
        count = min(self.workers, len(jobs))
        admission = Admission(jobs, self.memory, count)
        workers = [self._waiting.pop() if self._waiting else Worker(self.isolation) for _ in range(count)]
        results: queue.Queue[CaseResult | BaseException | None] = queue.Queue()
        slots = [
            threading.Thread(target=self._work, args=(worker, admission, results), daemon=True) for worker in workers
        ]
        finished = False
        try:
            for slot in slots:
                slot.start()
            yield from _collected(results, count)
            finished = True
        finally:
            admission.stop()
            if finished and self.keep:
                self._waiting.extend(workers)
                workers = []
            for worker in workers:
                worker.close()
            for slot in slots:
                slot.join(10)

    def _work(
        self, worker: Worker, admission: Admission, results: queue.Queue[CaseResult | BaseException | None]
    ) -> None:
        try:
            while (admitted := admission.next()) is not None:
                result = self._one(worker, admitted, admission)
                if result is not None:
                    results.put(result)
        except BaseException as error:  # handed to the thread that waits for results
            results.put(error)
        finally:
            results.put(None)

    def _one(self, worker: Worker, admitted: Admitted, admission: Admission) -> CaseResult | None:
        try:
            if self.memory is not None and self.bounded and admitted.estimate > self.memory:
                return CaseResult(admitted.job, "failed", _too_large(admitted.estimate, self.memory))
            result = worker.do(admitted.job, admitted.reserved if self.bounded else None)
            if result is None:
                abandon(admitted.job)
                return None
            if result.status == "failed":
                # nothing was written, so nothing is left to be taken up again
                forget(admitted.job)
                if "not enough memory" in result.reason and admission.again_alone(admitted):
                    return None
            return replace(result, attempts=admitted.attempt)
        finally:
            admission.ended(admitted)


def _too_large(estimate: int, memory: int) -> str:
    return f"needs about {estimate // 1_000_000} MB, more than the {memory // 1_000_000} MB of --memory"


def _collected(results: queue.Queue[CaseResult | BaseException | None], count: int) -> Iterator[CaseResult]:
    """The results until ``count`` slots have ended. Waits in short steps, for signals are handled between them."""
    while count:
        with contextlib.suppress(queue.Empty):
            found = results.get(timeout=0.2)
            if isinstance(found, BaseException):
                raise found
            if found is None:
                count -= 1
            else:
                yield found
