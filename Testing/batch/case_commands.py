"""Commands for worker processes in tests: each does to its process what its first word says.

``JOB = a_job(folder, "segfault")`` and the entry ``Testing.batch.case_commands:main``.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from MultiLabelSegLib.batch.jobs import Job
from MultiLabelSegLib.core.identity import new_uuid
from MultiLabelSegLib.formats.staging import Stage

ENTRY = "Testing.batch.case_commands:main"
MOMENT = "2026-01-02T03:04:05+00:00"


def a_job(folder: Path, *words: object, number: int = 1, name: str = "", inputs: Sequence[Path] = ()) -> Job:
    """A job whose output is a file in ``folder``; the words say what its process does."""
    output = folder / f"{name or number}.txt"
    argv = (*(str(word) for word in words), str(output))
    return Job(number, name or f"case{number}", argv, tuple(map(str, inputs)), str(output), (*argv, "--overwrite"))


def main(argv: Sequence[str]) -> int:
    """The command line that the workers call."""
    words = [word for word in argv if word != "--overwrite"]
    output = Path(words[-1])
    if output.exists() and "--overwrite" not in argv:
        sys.stderr.write(f"mlseg: {output}: exists already\n")
        return 1
    action, values = words[0], words[1:-1]
    text = _DO[action](*values) or "done"
    if action == "refuse":
        sys.stderr.write(f"note: looked at\nmlseg: {values[0]}\n")
        return 1
    with Stage(output) as stage:
        stage.file(output).write_text(text, encoding="utf-8")
        if action == "hang_in_write":
            time.sleep(600)
        stage.commit()
    if action == "leave_out":
        sys.stderr.write("left out: a blank line\n")
        return 3
    return 0


def _segfault() -> None:
    ctypes.string_at(0)


def _exit(code: str) -> None:
    os._exit(int(code))


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _fill(megabytes: str) -> str:
    return str(np.ones(int(megabytes) * 1_000_000, np.uint8).nbytes)


def _break() -> None:
    raise ZeroDivisionError("a defect <of> a command")


def _read(path: str) -> str:
    return Path(path).read_text(encoding="utf-8")


def _sleep(seconds: str) -> None:
    time.sleep(float(seconds))


def _kill_once(marker: str) -> str:
    """Takes the whole worker of the cluster down, the first time."""
    if not Path(marker).exists():
        Path(marker).write_text("seen", encoding="utf-8")
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(600)
    return "second time"


def _call_program(seconds: str, number_file: str) -> None:
    """A program of its own, as nnU-Net is one; its number goes into a file."""
    program = subprocess.Popen([sys.executable, "-c", f"import time; time.sleep({seconds})"])
    Path(number_file).write_text(str(program.pid), encoding="utf-8")
    program.wait()


_DO = {
    "fine": lambda text="fine": text,
    "read": _read,
    "sleep": _sleep,
    "hang_in_write": lambda: "half",
    "segfault": _segfault,
    "exit": _exit,
    "kill": _kill,
    "fill": _fill,
    "break": _break,
    "refuse": lambda reason: reason,
    "leave_out": lambda: "most",
    "print": lambda: print("noise on standard output") or "printed",
    "environment": lambda name: os.environ.get(name, "not set"),
    "identity": lambda: f"{new_uuid()} {uuid.UUID(int=0)}",
    "kill_worker_once": _kill_once,
    "call_program": _call_program,
}
