"""Signals that ask a long command to end: all of them end it in the same orderly way."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType


class Stopped(KeyboardInterrupt):
    """A signal asked the command to end; ``code`` is its exit code by the shells' custom."""

    def __init__(self, number: int) -> None:
        self.code = 128 + number
        super().__init__(number)


def _stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signature of handlers
    raise Stopped(number)


@contextlib.contextmanager
def ended_by_signals() -> Iterator[None]:
    """While it lasts SIGINT, SIGTERM and SIGHUP raise ``Stopped``; only in the main thread, as Python has it."""
    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)]
    old = {}
    try:
        for name in names:
            old[name] = signal.signal(getattr(signal, name), _stop)
    except ValueError:
        pass  # another thread than the main one: signals are its caller's affair
    try:
        yield
    finally:
        for name, handler in old.items():
            signal.signal(getattr(signal, name), handler)
