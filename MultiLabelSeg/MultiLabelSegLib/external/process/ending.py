"""Ending a child with everything that it started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

WINDOWS = sys.platform == "win32"


def new_group() -> dict[str, Any]:
    """Arguments of ``Popen`` that put a child into a group of its own, apart from our terminal's Ctrl+C."""
    if WINDOWS:
        flags = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0) | getattr(subprocess, "CREATE_NO_WINDOW", 0)
        return {"creationflags": flags}
    return {"start_new_session": True}


def end_all(child: subprocess.Popen[bytes], grace_s: float) -> None:
    """Asks the child and everything below it to end, and after ``grace_s`` seconds makes them.

    A grandchild that left the child's group is found by its parent (Linux), as long as that chain is whole.
    """
    if WINDOWS:
        _taskkill(child)
        return
    below = _descendants(child.pid)
    _signal_group(child.pid, signal.SIGTERM)
    _signal_each(below, signal.SIGTERM)
    until = time.monotonic() + grace_s
    while time.monotonic() < until and (child.poll() is None or _group_lives(child.pid)):
        time.sleep(0.02)
    below |= _descendants(child.pid)
    _signal_group(child.pid, signal.SIGKILL)
    _signal_each(below, signal.SIGKILL)


def end_left_over(child: subprocess.Popen[bytes]) -> None:
    """Ends what an ended child left behind in its group."""
    if not WINDOWS:
        _signal_group(child.pid, signal.SIGKILL)


def _taskkill(child: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        command = ["taskkill", "/T", "/F", "/PID", str(child.pid)]
        subprocess.run(command, capture_output=True, timeout=30, check=False)
    with contextlib.suppress(OSError):
        child.kill()


def _signal_group(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _signal_each(found: set[tuple[int, str]], number: int) -> None:
    """Signals processes that are still those that were found: a number may have been given to another meanwhile."""
    for pid, started in found:
        if _stat(pid)[1] == started:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)


def _group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _descendants(root: int) -> set[tuple[int, str]]:
    """(pid, start time) of everything below a process, read from /proc; nothing where there is none."""
    proc = Path("/proc")
    if not proc.is_dir():
        return set()
    children: dict[int, list[tuple[int, str]]] = {}
    for entry in proc.iterdir():
        if entry.name.isdigit():
            parent, started = _stat(int(entry.name))
            children.setdefault(parent, []).append((int(entry.name), started))
    found: set[tuple[int, str]] = set()
    waiting = [root]
    while waiting:
        for child in children.get(waiting.pop(), ()):
            if child not in found:
                found.add(child)
                waiting.append(child[0])
    return found


def _stat(pid: int) -> tuple[int, str]:
    """Parent and start time of a process; (0, "") for one that there is not."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0, ""
    fields = text.rpartition(")")[2].split()  # the name may hold blanks and brackets
    return (int(fields[1]), fields[19]) if len(fields) > 19 else (0, "")
