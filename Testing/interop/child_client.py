"""A real program in a process of its own that answers requests line by line; a crash is an exception, not the end."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
from collections import deque
from pathlib import Path
from types import TracebackType
from typing import ClassVar

#: seconds that the program may need for one request
_PATIENCE = 120.0


class ChildCrashed(Exception):
    """The process died or hung; the message holds what it printed last."""


class ChildClient:
    """Talks to one child process, which is started when first needed and again after a crash.

    ``name`` is the program's, ``script`` runs in the child, ``crashed`` is raised when it dies.
    """

    name: ClassVar[str]
    script: ClassVar[Path]
    crashed: ClassVar[type[ChildCrashed]]

    def __init__(self, python: str = sys.executable) -> None:
        self._python = python
        self._process: subprocess.Popen[str] | None = None
        self._log: deque[str] = deque(maxlen=30)
        self._folder = tempfile.TemporaryDirectory(prefix="child-")

    def __enter__(self) -> ChildClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask(self, line: str) -> str:
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        hung = threading.Timer(_PATIENCE, process.kill)
        hung.start()
        try:
            process.stdin.write(line + "\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        except OSError:
            answer = ""
        finally:
            hung.cancel()
        if not answer:
            code = process.wait()
            self._process = None
            raise self.crashed(f"{self.name} ended with {code} on {line}\n" + "".join(self._log))
        return answer

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None:
            self._process = subprocess.Popen(
                [self._python, str(self.script)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="replace",
            )
            threading.Thread(target=self._listen, args=(self._process,), daemon=True).start()
        return self._process

    def _listen(self, process: subprocess.Popen[str]) -> None:
        """Keeps the last lines that the program printed, for the message of a crash."""
        assert process.stderr is not None
        for line in process.stderr:
            self._log.append(line)

    def close(self) -> None:
        """Ends the child and removes its temporary files."""
        if self._process is not None:
            assert self._process.stdin is not None
            self._process.stdin.close()
            try:
                self._process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self._process.kill()
            self._process = None
        self._folder.cleanup()
