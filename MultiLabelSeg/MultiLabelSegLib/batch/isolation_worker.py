"""The process in which cases are done: takes jobs as lines of JSON, answers each with a line.

It holds everything that commands need already loaded. It ends when its pipe closes, so nothing is left at work when the
batch is killed.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import threading
from dataclasses import asdict
from importlib import import_module
from typing import Any

from ..compiled import be_lean
from ..formats.registry import formats
from .isolation_case import Main, moment_of, run_case
from .isolation_limits import forget_peak, limit_memory, peak_memory, say_when_closed
from .isolation_trace import FileTrace
from .jobs import Job


def serve() -> None:
    """Works until the pipe closes. Standard input and output are the pipe; what commands print is kept apart."""
    incoming, outgoing = os.dup(0), os.dup(1)
    quiet = os.open(os.devnull, os.O_RDWR)
    os.dup2(quiet, 0)
    os.dup2(2, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    lines: list[bytes] = []
    arrived = threading.Condition()
    reader = threading.Thread(target=say_when_closed, args=(incoming, lines, arrived), daemon=True)
    reader.start()
    be_lean()
    settings = json.loads(_next(lines, arrived))
    main = resolve(settings["entry"])
    for module in settings["preload"]:
        import_module(module)
    formats()
    trace = FileTrace()
    # what is loaded by now stays, and need not be looked at again and again
    gc.freeze()
    _answer(outgoing, {"ready": os.getpid(), "limits": limit_memory(None)})
    while True:
        _answer(outgoing, _done(main, json.loads(_next(lines, arrived)), trace))


def resolve(entry: str) -> Main:
    """The function that ``module:function`` names."""
    module, _, name = entry.partition(":")
    found: Main = getattr(import_module(module), name)
    return found


def _done(main: Main, order: dict[str, Any], trace: FileTrace) -> dict[str, Any]:
    job = Job.from_json(order["job"])
    forget_peak()
    result = run_case(main, job, moment_of(order["moment"]), order["memory"], trace)
    gc.collect()
    return {**asdict(result), "job": None, "memory": peak_memory()}


def _next(lines: list[bytes], arrived: threading.Condition) -> bytes:
    with arrived:
        while not lines:
            arrived.wait()
        return lines.pop(0)


def _answer(handle: int, message: dict[str, Any]) -> None:
    data = json.dumps(message).encode("ascii") + b"\n"
    while data:
        data = data[os.write(handle, data) :]


def main() -> None:
    """The entry of the process; its paths are those of the process that started it."""
    try:
        serve()
    except Exception as failure:
        print(f"{type(failure).__name__}: {failure}", file=sys.stderr)
        raise SystemExit(1) from None
