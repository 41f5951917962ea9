"""The same cases on a cluster: dask.distributed schedules them, retries, and outlives lost workers."""

from __future__ import annotations

import contextlib
import logging
import signal
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from multiprocessing import resource_tracker
from typing import Any

from ..errors import ExternalToolError, OptionError
from . import cluster_task
from .isolation import Isolation
from .isolation_case import forget
from .jobs import CaseResult, Job

#: kind -> class of dask-jobqueue
_QUEUES = {
    "slurm": "SLURMCluster",
    "pbs": "PBSCluster",
    "sge": "SGECluster",
    "lsf": "LSFCluster",
    "htcondor": "HTCondorCluster",
    "oar": "OARCluster",
    "moab": "MoabCluster",
}
KINDS = ("local", *_QUEUES)
_INSTALL = "pip install multilabelseg[cluster]"
_PATIENCE = 30
#: what becomes of cases is told by their results; what dask says of workers that are ended is no news
_SILENT = logging.CRITICAL


@dataclass
class Cluster:
    """Runs cases on the scheduler at ``scheduler``, or on a cluster of ``kind`` that it starts, with ``workers``.

    ``options`` go to dask's class for the cluster. A case whose worker was lost is done again up to ``retries`` times.
    ``memory`` in bytes is for each worker. Inputs and outputs must have the same paths everywhere. With ``keep`` the
    cluster and the processes of its workers wait for a further ``run``, until ``close``.
    """

    isolation: Isolation
    scheduler: str | None = None
    kind: str | None = None
    workers: int = 1
    options: Mapping[str, Any] = field(default_factory=dict)
    retries: int = 2
    memory: int | None = None
    keep: bool = False
    _opened: contextlib.ExitStack = field(default_factory=contextlib.ExitStack, repr=False, compare=False)
    _kept: Any = field(default=None, repr=False, compare=False)

    def close(self) -> None:
        """Ends what was started for the cases and was kept; a scheduler that was there before stays."""
        self._kept = None
        self._opened.pop_all().close()

    def run(self, jobs: Sequence[Job]) -> Iterator[CaseResult]:
        """The results as they come. Closing the iterator ends the cases at work on all workers.

        Raises OptionError for an unknown kind, ExternalToolError when dask is missing or the cluster cannot be reached.
        """
        if not jobs:
            return
        finished = False
        try:
            if self._kept is None:
                self._kept = self._client(self._opened)
            yield from self._results(self._kept, jobs)
            finished = True
        finally:
            if not (finished and self.keep):
                with _silent("tornado"):
                    self.close()

    def _results(self, client: Any, jobs: Sequence[Job]) -> Iterator[CaseResult]:
        from distributed import as_completed

        from .. import __version__

        known = {
            client.submit(
                cluster_task.do_case, job.as_json(), asdict(self.isolation), self.memory, __version__,
                key=f"mlseg-{job.tag}", priority=-job.number, retries=self.retries, pure=False,
            ): job
            for job in jobs
        }  # fmt: skip
        waiting = as_completed(list(known))
        finished = False
        try:
            for future in waiting:
                job = known.pop(future)
                yield _result_of(future, job)
            finished = True
        finally:
            if not finished:
                with contextlib.suppress(OSError, RuntimeError, TimeoutError), _silent("tornado"):
                    client.cancel(list(known), force=True)
                    client.run(cluster_task.stop_cases, on_error="ignore")

    def _client(self, opened: contextlib.ExitStack) -> Any:
        """A client of the scheduler; what was started for it ends with ``opened``."""
        try:
            import dask
            from distributed import Client
        except ImportError:
            raise ExternalToolError("dask.distributed", 1, [f"is not installed; {_INSTALL}"]) from None
        opened.enter_context(dask.config.set({"distributed.scheduler.allowed-failures": self.retries}))
        try:
            with _interrupts_wait():
                where = self.scheduler or opened.enter_context(self._started())
            client = opened.enter_context(Client(where, timeout=_PATIENCE))
        except (OSError, TimeoutError, ValueError, RuntimeError) as error:
            place = self.scheduler or f"the {self.kind} cluster"
            raise ExternalToolError("dask.distributed", 1, [f"{place} cannot be reached: {error}"]) from None
        threads = sum(client.nthreads().values())
        self.workers = threads or self.workers
        return client

    def _started(self) -> Any:
        """A new cluster of the kind that was asked for. Raises OptionError, ExternalToolError."""
        if self.kind == "local":
            from distributed import LocalCluster

            given = {"threads_per_worker": 1, "dashboard_address": ":0", "memory_limit": 0, "silence_logs": _SILENT}
            return LocalCluster(n_workers=self.workers, **{**given, **self.options})
        if self.kind not in _QUEUES:
            raise OptionError("cluster", self.kind, KINDS)
        try:
            import dask_jobqueue
        except ImportError:
            raise ExternalToolError("dask-jobqueue", 1, [f"is not installed; {_INSTALL}"]) from None
        options = {"cores": 1, "processes": 1, "memory": "4GB", **self.options}
        cluster = getattr(dask_jobqueue, _QUEUES[self.kind])(**options)
        cluster.scale(jobs=self.workers)
        return cluster


@contextlib.contextmanager
def _silent(name: str) -> Iterator[None]:
    """Keeps a logger quiet: connections that end while a cluster is closed are told with a traceback each."""
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(_SILENT)
    try:
        yield
    finally:
        logger.setLevel(before)


@contextlib.contextmanager
def _interrupts_wait() -> Iterator[None]:
    """Holds Ctrl-C back for a while, and for good in all threads and processes that are started meanwhile.

    A terminal sends it to every process. Workers that ended by themselves would tell of it at length, and be replaced
    while the batch stops; it is the batch that ends them.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    # its start lets the signals through again, so it comes first
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _result_of(future: Any, job: Job) -> CaseResult:
    """The result of a case; one whose workers were lost, or that could not be started there, has failed."""
    from distributed.scheduler import KilledWorker

    try:
        answer = future.result()
    except KilledWorker as error:
        forget(job)
        lost = getattr(error, "allowed_failures", None)
        return CaseResult(job, "failed", f"its worker was lost {'' if lost is None else f'{lost + 1} times '}at work")
    except ModuleNotFoundError as error:
        raise ExternalToolError(
            "a worker of the cluster", 1, [f"{error}; the library must be installed there"]
        ) from None
    except ExternalToolError as error:
        return CaseResult(job, "failed", str(error))
    finally:
        future.release()
    return CaseResult(**{**answer, "job": job})
