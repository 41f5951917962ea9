"""Jobs: what a batch does, one command line a case, and what came out of each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Status = Literal["done", "skipped", "failed"]


@dataclass(frozen=True)
class Job:
    """One case: the command line that makes ``output`` from ``inputs``; all paths are absolute.

    ``argv`` is the command line without, ``replacing`` the same with leave to replace existing output (empty where the
    command has no such option); ``overwrite`` says that the user gave that leave. ``name`` is the case's name.
    ``several`` are patterns of all files that the case may make where ``output`` only stands for them.
    """

    number: int
    name: str
    argv: tuple[str, ...]
    inputs: tuple[str, ...]
    output: str
    replacing: tuple[str, ...] = ()
    overwrite: bool = False
    several: tuple[str, ...] = ()

    @property
    def command(self) -> str:
        """The command's name."""
        return self.argv[0]

    @property
    def key(self) -> str:
        """What is done, as 64 hexadecimal digits: the same for the same command, options and paths."""
        return hashlib.sha256(json.dumps(self.argv).encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def tag(self) -> str:
        """The short form of ``key`` that names the traces of a case at work in its output folder."""
        return self.key[:16]

    def as_json(self) -> dict[str, Any]:
        """For another process."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Job:
        """The job that ``as_json`` described."""
        lists = {name: tuple(data[name]) for name in ("argv", "inputs", "replacing", "several")}
        return cls(**{**data, **lists})


@dataclass(frozen=True)
class CaseResult:
    """What came of one case.

    ``reason`` says in one line why a case failed or was skipped, or what was left out of one that is done. ``inputs``
    and ``outputs`` are the files that were read and written with their SHA-256; ``memory`` is the most that
    the case's process held, in bytes (0 unknown); ``detail`` is more for the curious, such as a traceback; ``notes``
    are the lines that the command noted.
    """

    job: Job
    status: Status
    reason: str = ""
    seconds: float = 0.0
    inputs: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    attempts: int = 1
    memory: int = 0
    detail: str = ""
    notes: Sequence[str] = ()

    def as_row(self) -> dict[str, Any]:
        """One row of a report."""
        return {
            "case": self.job.name,
            "input": " | ".join(self.job.inputs),
            "output": self.job.output,
            "status": self.status,
            "seconds": round(self.seconds, 3),
            "reason": self.reason,
            "command": self.job.command,
            "attempts": self.attempts,
            "memory_mb": round(self.memory / 1e6),
        }
