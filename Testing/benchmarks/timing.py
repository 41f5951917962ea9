"""CPU seconds (all threads) of what benchmarks compare: both sides are measured by the same functions."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median


def cpu_times(job: Callable[[], object], times: int) -> list[float]:
    """CPU seconds of each of some runs."""
    measured = []
    for _ in range(times):
        began = time.process_time()
        job()
        measured.append(time.process_time() - began)
    return measured


def cpu_seconds(job: Callable[[], object], times: int = 3) -> float:
    """The median of some runs, the first one too."""
    return median(cpu_times(job, times))


def warm_cpu_seconds(job: Callable[[], object], times: int = 5) -> float:
    """The median of some runs, after one that does not count."""
    job()
    return median(cpu_times(job, times))


def least_cpu_seconds(job: Callable[[], object], times: int = 5) -> float:
    """The least of some runs, after one that does not count."""
    job()
    return min(cpu_times(job, times))
