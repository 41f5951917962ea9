"""What tests say to the real Slicer core: one child process answers many requests; a crash is an exception."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

_CHILD = Path(__file__).with_name("slicer_child.py")
#: seconds that Slicer may need for one request
_PATIENCE = 120.0


class SlicerRefused(Exception):
    """Slicer could not load or save; the message is Slicer's."""


class SlicerCrashed(Exception):
    """The process died or hung; the message holds what it printed last."""


@dataclass(frozen=True)
class SlicerSegment:
    """One segment as Slicer holds it; ``positions_lps`` are the centres of its voxels in mm, (n, 3)."""

    id: str
    name: str
    color: list[float]
    value: int
    layer: int
    tags: dict[str, str | None]
    positions_lps: NDArray[np.float64]


class SlicerClient:
    """Talks to one child process, which is started when first needed and again after a crash."""

    def __init__(self, python: str = sys.executable) -> None:
        self._python = python
        self._process: subprocess.Popen[str] | None = None
        self._log: deque[str] = deque(maxlen=30)
        self._folder = tempfile.TemporaryDirectory(prefix="slicer-")

    def __enter__(self) -> SlicerClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def load(
        self,
        path: Path,
        *,
        steps: Sequence[Sequence[Any]] = (),
        tags: Sequence[str] = (),
        save: Path | None = None,
        crop: bool = False,
    ) -> list[SlicerSegment]:
        """What Slicer finds in a file, after the edits ``steps`` of the child's table; it is then saved to ``save``.

        Raises SlicerRefused, SlicerCrashed.
        """
        arrays = Path(self._folder.name) / "arrays.npz"
        request = {"path": str(path.absolute()), "arrays": str(arrays), "steps": list(steps), "tags": list(tags)}
        if save is not None:
            request |= {"save": str(save.absolute()), "crop": crop}
        answer = json.loads(self._ask(json.dumps(request)))
        if "error" in answer:
            raise SlicerRefused(answer["error"])
        with np.load(arrays) as file:
            return [
                SlicerSegment(**segment, positions_lps=file[f"segment_{number}"])
                for number, segment in enumerate(answer["ok"]["segments"])
            ]

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
            raise SlicerCrashed(f"Slicer ended with {code} on {line}\n" + "".join(self._log))
        return answer

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None:
            self._process = subprocess.Popen(
                [self._python, str(_CHILD)],
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
        """Keeps the last lines that Slicer printed, for the message of a crash."""
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
