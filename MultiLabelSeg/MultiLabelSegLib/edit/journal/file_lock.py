"""A lock that ends with the process that holds it, however it ends."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from types import TracebackType

#: where Windows locks a byte: beyond anything that is written
_LOCKED_BYTE = 1 << 30
#: how systems say that another holds the lock; anything else means that there are no locks here
_HELD = (errno.EACCES, errno.EAGAIN, errno.EWOULDBLOCK, errno.EDEADLK)


class FileLock:
    """Holds a file's lock from construction to ``release``. Raises BlockingIOError when another holds it.

    Two locks within one process exclude each other as well. Raises OSError when the file cannot be opened, or when its
    file system knows no locks.
    """

    def __init__(self, path: Path) -> None:
        self._handle: int | None = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(self._handle)
        except OSError as error:
            self.release()
            if error.errno not in _HELD:
                raise
            raise BlockingIOError(error.errno, error.strerror, str(path)) from None

    def release(self) -> None:
        """Gives the lock up; a second call does nothing."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def __enter__(self) -> FileLock:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


if sys.platform == "win32":

    def _lock(handle: int) -> None:
        import msvcrt

        os.lseek(handle, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

else:

    def _lock(handle: int) -> None:
        import fcntl

        # flock and not lockf: its locks belong to the open file, so a second one of this process is refused too
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
