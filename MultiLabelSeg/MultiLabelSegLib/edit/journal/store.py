"""The files of one session: a folder with a lock and generations of the journal, the newest complete one counts."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from .file_lock import FileLock
from .records import ABOUT, MAGIC, framed_commit, framed_json

LOCK_NAME = "lock"
SUFFIX = ".journal"
FOLDER_PREFIX = "session-"
#: seconds between flushes to the disk itself; a process that dies loses nothing without them, a machine might
SYNC_SECONDS = 1.0


def generations(folder: Path) -> list[Path]:
    """The journal files of a session, the newest first."""
    return sorted(folder.glob("*" + SUFFIX), reverse=True)


class SessionStore:
    """Writes one session's files. All methods are called from one thread and raise OSError.

    Nothing is made on the disk before ``begin``. A new generation replaces the former ones with its first commit, so
    that at any moment one complete state is there.
    """

    def __init__(self, root: Path, about: Mapping[str, Any]) -> None:
        self._root, self._about = root, dict(about)
        self._lock: FileLock | None = None
        self._file: BinaryIO | None = None
        self._path: Path | None = None
        self._number = 0
        self._is_complete = False
        self._synced = 0.0
        self._unsynced = False
        self.folder: Path | None = None
        self.size = 0
        #: bytes of the generation at its first commit
        self.base = 0

    def begin(self) -> None:
        """Starts a new generation. Raises OSError, and TypeError when ``about`` is no JSON."""
        self._close_file()
        folder = self._session_folder()
        self._number += 1
        self._path = folder / f"{self._number:06}{SUFFIX}"
        self._file = self._path.open("wb", buffering=0)
        self._is_complete = False
        self.size = self.base = 0
        about = {"started": time.time(), "process": os.getpid(), **self._about}
        self.write(MAGIC + framed_json(ABOUT, about))

    def write(self, data: bytes) -> None:
        """Appends; the data is with the operating system when this returns."""
        if self._file is None:
            raise OSError("the journal is not open")
        view = memoryview(data)
        while view:
            written = self._file.write(view)
            self.size += written
            view = view[written:]
        self._unsynced = True

    def commit(self, step: int) -> None:
        """Makes what was written count; the first commit of a generation removes the former generations."""
        self.write(framed_commit(step, time.time()))
        if not self._is_complete:
            self._is_complete = True
            self.base = self.size
            self.sync()
            self._remove_others()
        elif time.monotonic() - self._synced > SYNC_SECONDS:
            self.sync()

    @property
    def needs_sync(self) -> bool:
        """Whether something is not yet on the disk itself."""
        return self._unsynced

    def sync(self) -> None:
        """Flushes to the disk itself."""
        self._unsynced = False
        self._synced = time.monotonic()
        if self._file is not None:
            os.fsync(self._file.fileno())

    def clear(self) -> None:
        """Removes all generations; the session goes on."""
        self._close_file()
        self._path = None
        self._remove_others()

    def abandon(self) -> None:
        """After a failure: closes the file, and removes it unless it holds a complete state."""
        self._close_file()
        if self._path is not None and not self._is_complete:
            with contextlib.suppress(OSError):
                self._path.unlink(missing_ok=True)

    def close(self, keep: bool) -> None:
        """Ends the session; its folder stays only with ``keep``."""
        with contextlib.suppress(OSError):
            if keep:
                self.sync()
            self._close_file()
        if self.folder is not None and not keep:
            _remove_files(self.folder)
        if self._lock is not None:
            self._lock.release()
            self._lock = None
        if self.folder is not None and not keep:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _session_folder(self) -> Path:
        if self.folder is None or self._lock is None:
            stamp = time.strftime("%Y%m%d-%H%M%S")
            folder = self._root / f"{FOLDER_PREFIX}{stamp}-{uuid.uuid4().hex[:8]}"
            folder.mkdir(parents=True)
            self._lock = FileLock(folder / LOCK_NAME)
            self.folder = folder
        return self.folder

    def _close_file(self) -> None:
        if self._file is not None:
            file, self._file = self._file, None
            file.close()

    def _remove_others(self) -> None:
        for path in generations(self.folder) if self.folder is not None else ():
            if path != self._path:
                path.unlink(missing_ok=True)


def _remove_files(folder: Path) -> None:
    """Journals first, while the lock is still held: who finds the folder without lock finds nothing to offer."""
    for path in generations(folder):
        with contextlib.suppress(OSError):
            path.unlink()
