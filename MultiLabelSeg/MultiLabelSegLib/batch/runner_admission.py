"""Which case may begin next, so that those at work fit into memory together."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from .jobs import Job
from .memory import estimated_memory

#: waiting cases that are looked at when the first does not fit
_AHEAD = 32


@dataclass(frozen=True)
class Admitted:
    """A case that may begin: the bytes that are kept for it, and the estimate from its headers."""

    job: Job
    reserved: int
    estimate: int
    attempt: int = 1


class Admission:
    """Hands out cases in their order while their needs fit into ``memory`` bytes together (None: no bound).

    A case that needs more than there is free waits, and smaller ones of the next go first. Each of ``workers`` gets at
    least its equal share, so that estimates do not have to be exact.
    """

    def __init__(self, jobs: Iterable[Job], memory: int | None, workers: int) -> None:
        self._waiting: deque[Admitted] = deque()
        self._jobs = iter(jobs)
        self._memory = memory
        self._share = 0 if memory is None else memory // workers
        self._reserved = 0
        self._at_work = 0
        self._stopped = False
        self._changed = threading.Condition()

    def next(self) -> Admitted | None:
        """The next case, as soon as there is room for it; None when there are no more or ``stop`` was called."""
        with self._changed:
            while not self._stopped:
                found = self._fitting()
                if found is not None:
                    self._reserved += found.reserved
                    self._at_work += 1
                    return found
                if not self._waiting and not self._at_work:
                    return None
                self._changed.wait(0.5)
            return None

    def ended(self, admitted: Admitted) -> None:
        """Gives back what was kept for a case."""
        with self._changed:
            self._reserved -= admitted.reserved
            self._at_work -= 1
            self._changed.notify_all()

    def again_alone(self, admitted: Admitted) -> bool:
        """Puts a case back whose share was too small, to be done with all the memory; False if it had all of it."""
        with self._changed:
            if self._memory is None or admitted.reserved >= self._memory:
                return False
            self._waiting.append(
                Admitted(admitted.job, self._memory, admitted.estimate, admitted.attempt + 1)
            )  # fmt: skip
            return True

    def stop(self) -> None:
        """No further case begins."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def _fitting(self) -> Admitted | None:
        while len(self._waiting) < _AHEAD and (job := next(self._jobs, None)) is not None:
            estimate = 0 if self._memory is None else estimated_memory(job.inputs, job.command)
            reserved = 0 if self._memory is None else min(max(estimate, self._share), self._memory)
            self._waiting.append(Admitted(job, reserved, estimate))
            if self._memory is None or self._reserved + reserved <= self._memory:
                break
        for index, each in enumerate(self._waiting):
            if self._memory is None or self._reserved + each.reserved <= self._memory:
                del self._waiting[index]
                return each
        return None
