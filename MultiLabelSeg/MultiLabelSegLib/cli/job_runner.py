"""Where the cases of a command run, as its options say: here, in processes of this machine, or on a cluster."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ..batch.inline import Inline
from ..batch.isolation import Isolation
from ..batch.isolation_worker import resolve
from ..batch.memory import available_cores, available_memory, memory_size
from ..batch.runner import Local
from ..batch.runner_batch import Runner
from ..errors import OptionError

#: the share of the machine's memory that cases may need together unless --memory says otherwise
_SHARE = 0.8


@dataclass(frozen=True)
class Bounds:
    """How cases are done: at a time (None: one a core), seconds for each, bytes for all together, on which cluster.

    ``timeout`` and ``memory`` None are no bounds. Raises OptionError for what cannot be meant.
    """

    jobs: int | None = None
    timeout: float | None = None
    memory: int | None = None
    scheduler: str | None = None
    cluster: str | None = None
    workers: int | None = None
    cluster_options: dict[str, Any] = field(default_factory=dict)
    retries: int = 2

    def __post_init__(self) -> None:
        for name in ("jobs", "timeout", "workers"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise OptionError(name, value, "a number above 0")
        if self.retries < 0:
            raise OptionError("retries", self.retries, "0 or more")
        if self.scheduler and self.cluster:
            raise OptionError("cluster", self.cluster, "either --scheduler or --cluster")

    @classmethod
    def of(cls, arguments: argparse.Namespace) -> Bounds:
        """Those of a command line; options that the command does not have are not given. Raises OptionError."""
        given = vars(arguments)
        memory = given.get("memory")
        return cls(
            jobs=given.get("jobs"),
            timeout=given.get("timeout"),
            memory=memory_size(memory) if memory else None,
            scheduler=given.get("scheduler"),
            cluster=given.get("cluster"),
            workers=given.get("workers"),
            cluster_options=_cluster_options(given.get("cluster_option") or ()),
            retries=given.get("retries", 2),
        )

    @property
    def elsewhere(self) -> bool:
        """Whether a cluster does the cases."""
        return bool(self.scheduler or self.cluster)

    def at_a_time(self, cases: int) -> int:
        """Processes of this machine for so many cases."""
        return max(min(self.jobs or available_cores(), cases), 1)

    def in_this_process(self, cases: int) -> bool:
        """Whether one process is enough, and nothing asks for one of its own that could be ended."""
        return self.at_a_time(cases) == 1 and not self.elsewhere and self.timeout is None and self.memory is None

    def runner(
        self, entry: str, preload: Sequence[str], moment: str, cases: int, *, alone: bool = False, keep: bool = False
    ) -> Runner:
        """What runs so many cases of ``entry``; ``alone`` gives even a single case a process of its own.

        With ``keep`` the processes, or the cluster, stay for more cases, until they are closed.
        """
        if self.elsewhere:
            from ..batch.cluster import Cluster

            isolation = Isolation(entry, moment, tuple(preload), self.timeout, 1)
            workers = self.workers or self.jobs or available_cores()
            return Cluster(
                isolation, self.scheduler, self.cluster, workers, self.cluster_options, self.retries, self.memory, keep
            )  # fmt: skip
        if not alone and self.in_this_process(cases):
            return Inline(resolve(entry), moment)
        workers = self.at_a_time(cases)
        threads = max(available_cores() // workers, 1)
        isolation = Isolation(entry, moment, tuple(preload), self.timeout, threads)
        there_is = available_memory()
        bound = self.memory or (None if there_is is None else int(there_is * _SHARE))
        return Local(isolation, workers, bound, bounded=self.memory is not None, keep=keep)


def _cluster_options(pairs: Sequence[str]) -> dict[str, Any]:
    """``name=value`` pairs; values are JSON where they can be read as such. Raises OptionError."""
    found: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name:
            raise OptionError("cluster-option", pair, "name=value, such as queue=gpu or cores=4")
        try:
            found[name] = json.loads(text)
        except ValueError:
            found[name] = text
    return found
