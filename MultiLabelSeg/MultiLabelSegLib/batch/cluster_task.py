"""What a worker of dask runs: one case, in a process of its own, so that the worker outlives it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ..errors import ExternalToolError
from .isolation import Isolation, Worker
from .isolation_case import forget
from .jobs import Job

_MINE = threading.local()
#: every process for cases of this worker, to be ended from another thread
_ALL: list[Worker] = []


def do_case(
    job: Mapping[str, Any], isolation: Mapping[str, Any], memory: int | None, version: str
) -> dict[str, Any]:  # fmt: skip
    """Does a case and returns its result without the job. ``memory`` is for all cases of this worker, in bytes.

    Raises ExternalToolError when the library here is another version than ``version``, or no process can be started.
    """
    from .. import __version__

    if __version__ != version:
        raise ExternalToolError("a worker of the cluster", 1, [f"has version {__version__}, the batch {version}"])
    made = Job.from_json(job)
    settings = Isolation(**{**isolation, "preload": tuple(isolation["preload"])})
    share = None if memory is None else memory // _threads()
    result = _worker(settings).do(made, share)
    if result is None:
        raise ExternalToolError("a worker of the cluster", 1, ["was told to stop"])
    if result.status == "failed":
        forget(made)
    return {**asdict(result), "job": None}


def stop_cases() -> None:
    """Ends the cases that are at work in this worker, at once."""
    while _ALL:
        _ALL.pop().close()


def _worker(isolation: Isolation) -> Worker:
    """The process of this thread, kept from case to case."""
    known = getattr(_MINE, "worker", None)
    if known is None or _MINE.isolation != isolation or known not in _ALL:
        if known is not None:
            known.close()
        _MINE.worker, _MINE.isolation = Worker(isolation), isolation
        _ALL.append(_MINE.worker)
    found: Worker = _MINE.worker
    return found


def _threads() -> int:
    """How many cases this worker of dask does at a time."""
    from distributed import get_worker

    return max(int(get_worker().state.nthreads), 1)
