"""Which files a case reads and writes, as the interpreter sees it (PEP 578), and their SHA-256."""

from __future__ import annotations

import hashlib
import os
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_CHUNK = 1 << 20
#: hidden folders and files of writes at work
_STAGE = f"{os.sep}.mlseg-"
_CODE = (".py", ".pyc", ".so", ".pyd", ".dll", ".dylib", ".nbi", ".nbc", ".pth", ".dist-info")
_SYSTEM = ("/proc/", "/dev/", "/sys/", "/etc/", "/usr/", "/lib", "/var/lib/")


class FileTrace:
    """Collects the paths that are opened for reading and those that files are renamed to, while it is on.

    There is one a process, for hooks of the interpreter cannot be taken away again.
    """

    def __init__(self) -> None:
        self._on = False
        self.read: set[str] = set()
        self.written: set[str] = set()
        own = [sys.prefix, sys.base_prefix, str(Path(__file__).parents[1]), *sysconfig.get_paths().values()]
        self._code = tuple({os.path.join(os.path.abspath(path), "") for path in own})  # noqa: PTH100, PTH118
        sys.addaudithook(self._heard)

    @contextmanager
    def on(self) -> Iterator[FileTrace]:
        """Collects anew while it lasts."""
        self.read, self.written, self._on = set(), set(), True
        try:
            yield self
        finally:
            self._on = False

    def _heard(self, event: str, given: tuple[Any, ...]) -> None:
        if not self._on:
            return
        if event == "open":
            path, mode, flags = given
            reads = mode is None or "r" in mode
            if mode is None:
                reads = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR) == 0
            if reads and (name := self._name(path)) is not None:
                self.read.add(name)
        elif event == "os.rename" and (name := self._name(given[1])) is not None:
            self.written.add(name)

    def _name(self, path: Any) -> str | None:
        """The absolute path of a data file; None for code, for the system's files and for writes at work."""
        if not isinstance(path, (str, bytes, os.PathLike)):
            return None
        name = os.path.abspath(os.fsdecode(path))  # noqa: PTH100 - a hook is to be quick, and links are not followed
        if name.endswith(_CODE) or name.startswith((*_SYSTEM, *self._code)) or _STAGE in name:
            return None
        return name


def content_hashes(paths: Iterable[str]) -> dict[str, str]:
    """Path -> SHA-256 of the files, and of all files in the folders; "" for what is not there or cannot be read."""
    found: dict[str, str] = {}
    for path in sorted(set(paths)):
        if os.path.isdir(path):  # noqa: PTH112
            for file in sorted(Path(path).rglob("*")):
                if file.is_file() and _STAGE not in str(file):
                    found[str(file)] = content_hash(str(file))
        else:
            found[path] = content_hash(path)
    return found


def content_hash(path: str) -> str:
    """The SHA-256 of a file as hexadecimal digits; "" when it is not there or cannot be read."""
    digest = hashlib.sha256()
    try:
        if not os.path.isfile(path):  # noqa: PTH113
            return ""
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except OSError:
        return ""
    return digest.hexdigest()
