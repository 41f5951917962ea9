"""A worker process from outside: started, given cases, killed when it takes too long, replaced when it dies."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import ExternalToolError
from .isolation_limits import thread_variables
from .jobs import CaseResult, Job

_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from MultiLabelSegLib.batch.isolation_worker import main; main()"
)
#: seconds until a worker must be ready; the first start on a slow disk takes long
_READY_SECONDS = 180.0


@dataclass(frozen=True)
class Isolation:
    """How cases are done: ``entry`` is the command line as ``module:function``, ``preload`` what it will need.

    ``moment`` (ISO 8601 with zone) is the time that cases go by. ``timeout`` in seconds and ``threads`` count for each
    case.
    """

    entry: str
    moment: str
    preload: tuple[str, ...] = ()
    timeout: float | None = None
    threads: int = 1


class Worker:
    """One process that does cases one after another; it is started with the first and again after it died."""

    def __init__(self, isolation: Isolation) -> None:
        self._isolation = isolation
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: Any = None
        self._closed = False
        self._lock = threading.Lock()
        self.limits_memory = False

    def do(self, job: Job, memory: int | None = None) -> CaseResult | None:
        """Does one case; ``memory`` bounds it in bytes. None when ``close`` ended it.

        A process that dies or takes too long fails this case and no other. Raises ExternalToolError when no worker can
        be started at all.
        """
        started = time.perf_counter()
        process = self._started()
        if process is None:
            return None
        expired = threading.Event()
        timer = threading.Timer(self._isolation.timeout or 0, self._expire, (process, expired))
        timer.daemon = True
        if self._isolation.timeout:
            timer.start()
        order = {"job": job.as_json(), "moment": self._isolation.moment, "memory": memory}
        answer = _exchanged(process, order)
        timer.cancel()
        if answer is not None:
            return CaseResult(**{**answer, "job": job})
        reason = self._why_dead(process, expired.is_set())
        return None if self.was_closed() else CaseResult(job, "failed", reason, time.perf_counter() - started)

    def close(self) -> None:
        """Ends the process at once, also in the middle of a case; may be called from another thread."""
        with self._lock:
            self._closed = True
            if self._process is not None:
                _kill(self._process)
                with contextlib.suppress(OSError):
                    self._process.wait(10)
                self._process = None

    def start(self) -> None:
        """Has the process ready beforehand. Raises ExternalToolError."""
        self._started()

    def was_closed(self) -> bool:
        """Whether ``close`` was called, perhaps by another thread."""
        return self._closed

    @property
    def pid(self) -> int | None:
        """The number of the process, when there is one."""
        return None if self._process is None else self._process.pid

    # ---- its process -------------------------------------------------------------------------------------------
    def _started(self) -> subprocess.Popen[bytes] | None:
        with self._lock:
            if self._closed:
                return None
            if self._process is not None and self._process.poll() is None:
                return self._process
            self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the next start or with this object
            self._process = process = _spawned(self._isolation, self._errors)
        timer = threading.Timer(_READY_SECONDS, _kill, (process,))
        timer.daemon = True
        timer.start()
        ready = _exchanged(process, {"entry": self._isolation.entry, "preload": self._isolation.preload})
        timer.cancel()
        if ready is None and not self.was_closed():
            raise ExternalToolError("a worker of the batch", process.wait(), self._last_lines() or ["did not start"])
        self.limits_memory = bool(ready and ready["limits"])
        return None if ready is None else process

    def _expire(self, process: subprocess.Popen[bytes], expired: threading.Event) -> None:
        expired.set()
        _kill(process)

    def _why_dead(self, process: subprocess.Popen[bytes], expired: bool) -> str:
        code = process.wait()
        _kill(process)
        with self._lock:
            if self._process is process:
                self._process = None
        if expired:
            return f"took longer than {self._isolation.timeout:g} s (--timeout) and was ended"
        last = self._last_lines()
        said = f"; it last said: {last[-1]}" if last else ""
        if code < 0:
            name = signal.Signals(-code).name if -code in signal.Signals.__members__.values() else "unknown"
            memory = ", as a system does that runs out of memory" if name == "SIGKILL" else ""
            return f"its process was ended by signal {-code} ({name}{memory}){said}"
        return f"its process ended by itself with exit code {code}{said}"

    def _last_lines(self) -> list[str]:
        with contextlib.suppress(OSError, ValueError):
            size = self._errors.seek(0, os.SEEK_END)
            self._errors.seek(max(0, size - 4096))
            text = self._errors.read().decode("utf-8", "replace")
            return [line.strip() for line in text.splitlines() if line.strip()][-3:]
        return []


def _spawned(isolation: Isolation, errors: Any) -> subprocess.Popen[bytes]:
    """A Python of its own and no fork: the same on every system, whatever threads there are."""
    # a worker finds the same modules, wherever it starts, and nothing in the folder in which the user works
    library = str(Path(__file__).resolve().parents[2])
    paths = [library, *(path for path in sys.path if path and Path(path).is_absolute() and path != library)]
    command = [sys.executable, "-I", "-c", _START, json.dumps(paths)]
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        env={**os.environ, **thread_variables(isolation.threads)},
        bufsize=0,
        **_apart(),
    )


def _apart() -> dict[str, Any]:
    """Ctrl-C in the terminal is the batch's to handle: it does not reach the workers."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def _exchanged(process: subprocess.Popen[bytes], message: Mapping[str, Any]) -> dict[str, Any] | None:
    """Sends a line and reads the answer; None when the process is gone."""
    if process.stdin is None or process.stdout is None:
        return None
    try:
        data = json.dumps(message).encode("ascii") + b"\n"
        while data:
            data = data[os.write(process.stdin.fileno(), data) :]
        pieces = []
        while chunk := os.read(process.stdout.fileno(), 1 << 16):
            pieces.append(chunk)
            if chunk.endswith(b"\n"):
                answer: dict[str, Any] = json.loads(b"".join(pieces))
                return answer
    except (OSError, ValueError):
        return None
    return None


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Ends a worker and, where they are of its group, the programs that it has called."""
    with contextlib.suppress(OSError):
        if sys.platform != "win32":
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()
