"""A folder that appears at once: made under another name beside its place, flushed to disk, then renamed."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType

from ....errors import OVERWRITE, FormatError, WriteError
from ....formats.staging import absolute
from .names import META

_FLUSHERS = 8


class FolderStage:
    """Use as a context manager: leaving it without ``commit`` removes what was made and leaves the place as it was.

    Raises FormatError when something is there that may not be overwritten: only an empty folder may, and with
    ``overwrite`` a project (it holds ``meta.json``). Raises WriteError when the place cannot be written to.
    """

    def __init__(self, final: Path, overwrite: bool = False) -> None:
        self.final = absolute(final)
        self._overwrite = overwrite
        self._check()
        try:
            self.final.parent.mkdir(parents=True, exist_ok=True)
            self._root = Path(tempfile.mkdtemp(prefix=".mlseg-", dir=self.final.parent))
        except OSError as error:
            raise WriteError(self.final, f"cannot be written ({error.strerror})") from None
        self.folder = self._root / "new"
        self.folder.mkdir()

    def __enter__(self) -> FolderStage:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.discard()

    def discard(self) -> None:
        """Removes what was made and not put in place."""
        shutil.rmtree(self._root, ignore_errors=True)

    def commit(self) -> None:
        """Flushes every file, then puts the folder in place; what was there is removed last. Raises WriteError."""
        self._check()
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        old = self._root / "old"
        try:
            with ThreadPoolExecutor(_FLUSHERS) as pool:
                for _ in pool.map(_flush, files):
                    pass
            if self.final.exists():
                self.final.rename(old)
            try:
                self.folder.rename(self.final)
            except OSError:
                if old.exists():
                    old.rename(self.final)
                raise
        except OSError as error:
            raise WriteError(error.filename or self.final, error.strerror or str(error)) from error
        self.discard()

    def _check(self) -> None:
        place = self.final
        if not place.exists() and not place.is_symlink():
            return
        if not place.is_dir() or place.is_symlink():
            raise FormatError(place, "is no folder; a project would be written there")
        if not any(place.iterdir()):
            return
        if not self._overwrite:
            raise FormatError(place, f"exists already; {OVERWRITE}").offering(OVERWRITE)
        if not (place / META).is_file():
            raise FormatError(place, f"holds files and is no Supervisely project (no {META}); it is not overwritten")


def _flush(path: Path) -> None:
    with path.open("rb+") as file, contextlib.suppress(OSError):
        os.fsync(file.fileno())
