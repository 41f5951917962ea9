"""What the operating system can do for a worker: a bound for its memory, an end with its parent, few threads."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from pathlib import Path

#: variables that say how many threads numerical libraries start
_THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS",
    "VTK_SMP_MAX_THREADS",
)


def thread_variables(threads: int) -> dict[str, str]:
    """Environment variables by which numerical libraries start ``threads`` threads; those already set are kept."""
    return {name: os.environ.get(name, str(threads)) for name in _THREADS}


def limit_memory(budget: int | None) -> bool:
    """Bounds what this process may take from now on to ``budget`` bytes above what it has; None takes the bound away.

    Beyond the bound an allocation fails with MemoryError instead of taking down the machine. Returns whether the system
    can do that: Linux can, Windows and macOS cannot.
    """
    if sys.platform != "linux":
        return False
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    bound = resource.RLIM_INFINITY if budget is None else _status_bytes("VmData") + budget
    if hard != resource.RLIM_INFINITY:
        bound = hard if bound == resource.RLIM_INFINITY else min(bound, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (bound, hard))
    return True


def _status_bytes(field: str) -> int:
    """A size that Linux tells of this process; VmData is the private writable memory, which RLIMIT_DATA counts."""
    for line in Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024
    return 0


def forget_peak() -> None:
    """Begins to measure ``peak_memory`` anew, where Linux lets us."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak_memory() -> int:
    """The largest resident memory since ``forget_peak`` in bytes; 0 where the system does not tell."""
    if sys.platform != "linux":
        return 0
    return _status_bytes("VmHWM")


def say_when_closed(handle: int, lines: list[bytes], arrived: threading.Condition) -> None:
    """Reads lines from a pipe into ``lines`` and ends this process when the pipe is closed: its parent is gone."""
    with os.fdopen(handle, "rb", buffering=0) as pipe:
        rest = b""
        while chunk := pipe.read(1 << 16):
            *whole, rest = (rest + chunk).split(b"\n")
            with arrived:
                lines.extend(whole)
                arrived.notify()
    if sys.platform != "win32":
        # programs that a case has called belong to this group
        os.killpg(0, signal.SIGKILL)
    os._exit(1)
