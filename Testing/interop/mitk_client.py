"""What tests say to the real MITK: one child process answers many requests; a crash is an exception, not the end."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

_CHILD = Path(__file__).with_name("mitk_child.py")
#: seconds that MITK may need for one request
_PATIENCE = 120.0


class MitkRefused(Exception):
    """MITK raised an error; the message is MITK's."""


class MitkCrashed(Exception):
    """The process died or hung; the message holds what it printed last."""


@dataclass(frozen=True)
class MitkSegmentation:
    """What MITK holds in memory.

    ``arrays`` are the groups, uint16 (t, k, j, i); ``groups`` have ``name`` and ``values``; ``labels`` map a value to
    its attributes, ``properties`` among them (typed as in JSON) and ``group``; ``direction`` has the axes as columns.
    ``problems`` are MITK's own remarks about labels and voxels that do not fit.
    """

    arrays: list[NDArray[np.uint16]]
    groups: list[dict[str, Any]]
    labels: dict[int, dict[str, Any]]
    spacing: list[float]
    origin: list[float]
    direction: list[list[float]]
    time_steps: int
    time_bounds: list[list[float]]
    properties: dict[str, Any]
    problems: list[str]


class MitkClient:
    """Talks to one child process, which is started when first needed and again after a crash.

    Every operation takes paths and answers with a ``MitkSegmentation``; with ``save`` MITK also saves the result
    there. Raises MitkRefused for MITK's errors and MitkCrashed.
    """

    def __init__(self, python: str = sys.executable) -> None:
        self._python = python
        self._process: subprocess.Popen[str] | None = None
        self._log: deque[str] = deque(maxlen=30)
        self._folder = tempfile.TemporaryDirectory(prefix="mitk-")

    def __enter__(self) -> MitkClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # ---- operations --------------------------------------------------------------------------------------------
    def load(self, path: Path, *, reader: str | None = None, save: Path | None = None) -> MitkSegmentation:
        """What MITK finds in a file; ``reader`` is the description of the reader to prefer."""
        return self.request("load", path, reader=reader, save=save)

    def resave(self, path: Path, to: Path) -> MitkSegmentation:
        """Loads a file and saves it as another; the suffix says as what."""
        return self.load(path, save=to)

    def transfer(
        self,
        source: Path,
        path: Path,
        mapping: Iterable[tuple[int, int]],
        merge_style: str = "replace",
        overwrite_style: str = "regard_locks",
        *,
        time_step: int | None = None,
        save: Path | None = None,
    ) -> MitkSegmentation:
        """``path`` after MITK transferred labels of ``source`` into it, one mapping after the other."""
        return self.request(
            "transfer",
            path,
            source=source,
            mapping=list(mapping),
            merge_style=merge_style,
            overwrite_style=overwrite_style,
            time_step=time_step,
            save=save,
        )

    def merge(
        self,
        path: Path,
        target: int,
        sources: Iterable[int],
        overwrite_style: str = "regard_locks",
        *,
        save: Path | None = None,
    ) -> MitkSegmentation:
        """``path`` after MITK merged labels into ``target``."""
        return self.request(
            "merge", path, target=target, sources=list(sources), overwrite_style=overwrite_style, save=save
        )

    def relabel(
        self,
        path: Path,
        mapping: Iterable[tuple[int, int]],
        *,
        keep_untouched: bool = False,
        merge_style: str = "replace",
        overwrite_style: str = "ignore_locks",
        save: Path | None = None,
    ) -> MitkSegmentation:
        """``path`` after MITK relabelled it; without ``keep_untouched`` all labels that are not mapped are cleared."""
        return self.request(
            "relabel",
            path,
            mapping=list(mapping),
            keep_untouched=keep_untouched,
            merge_style=merge_style,
            overwrite_style=overwrite_style,
            save=save,
        )

    def request(self, op: str, path: Path, **arguments: Any) -> MitkSegmentation:
        """Any operation of the child's table by name: ``erase`` (labels), ``remove`` (labels), ``remove_group``
        (group), ``rename`` (label, name, color), ``from_image``, and those that have a method here.
        """
        arrays = Path(self._folder.name) / "arrays.npz"
        message = {"op": op, "path": path, "arrays": arrays, **arguments}
        for key, value in message.items():
            if isinstance(value, Path):
                message[key] = str(value.absolute())  # MITK's relative paths are not reliable
        answer = json.loads(self._ask(json.dumps(message)))
        if "error" in answer:
            raise MitkRefused(answer["error"])
        found = answer["ok"]
        found["labels"] = {label["value"]: label for label in found["labels"]}
        with np.load(arrays) as file:
            found["arrays"] = [file[f"group_{index}"] for index in range(len(found["groups"]))]
        arrays.unlink()
        return MitkSegmentation(**found)

    # ---- the process -------------------------------------------------------------------------------------------
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
            raise MitkCrashed(f"MITK ended with {code} on {line}\n" + "".join(self._log))
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
        """Keeps the last lines that MITK printed, for the message of a crash."""
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
