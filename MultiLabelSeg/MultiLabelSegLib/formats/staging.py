"""Atomic writing: files are made beside their target, flushed, verified, then put in place together."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType

from ..errors import WriteError


class Stage:
    """A hidden folder beside the output in which files are made, and from which ``commit`` puts them in place.

    Use as a context manager: leaving it without ``commit`` removes everything and leaves the old files as they were.
    The folder lies in the target folder so that renaming stays within one file system.

    Raises WriteError when the target folder is missing or cannot be written to.
    """

    def __init__(self, target: Path) -> None:
        self._root = absolute(target).parent
        self._files: dict[Path, Path] = {}
        if not self._root.is_dir():
            raise WriteError(target, f"the folder {self._root} does not exist")
        import tempfile  # loads much, and what only reads makes no stage

        try:
            self._folder = Path(tempfile.mkdtemp(prefix=stage_prefix(), dir=self._root))
        except OSError as error:
            raise WriteError(target, f"the folder {self._root} cannot be written to ({_reason(error)})") from None

    def __enter__(self) -> Stage:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        import shutil

        shutil.rmtree(self._folder, ignore_errors=True)
        if isinstance(error, OSError) and not isinstance(error, FileNotFoundError):
            raise WriteError(error.filename or self._root, _reason(error)) from error

    @property
    def paths(self) -> tuple[Path, ...]:
        """The final paths of all staged files, in the order in which they were asked for."""
        return tuple(self._files)

    def file(self, final: Path) -> Path:
        """The temporary path to write ``final`` to; it keeps its name and its place relative to the output folder."""
        final = absolute(final)
        if final not in self._files:
            place = Path(os.path.relpath(final, self._root))
            # both are absolute and without "..", and there are no links within a folder of our own making
            if ".." in place.parts or place.is_absolute():
                raise WriteError(final, f"lies outside of the output folder {self._root}")
            staged = self._folder / place
            staged.parent.mkdir(parents=True, exist_ok=True)
            self._files[final] = staged
        return self._files[final]

    def staged(self, final: Path) -> Path:
        """Where a staged file, or a folder that holds staged files, lies now."""
        return self._folder / os.path.relpath(absolute(final), self._root)

    def commit(self, before_replace: Callable[[], None] | None = None) -> tuple[Path, ...]:
        """Flushes all files to disk and puts them in place; returns their final paths.

        When putting one in place fails, those already placed are taken back. Raises WriteError.
        """
        for final, staged in self._files.items():
            try:
                _flush(staged)
                final.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise WriteError(final, _reason(error)) from error
        if before_replace is not None:
            before_replace()
        _replace_all(self._files, self._folder)
        _flush_folder(self._root)
        return tuple(self._files)


def stage_prefix() -> str:
    """How the hidden folders begin; with ``MLSEG_STAGE`` set, as batches do for each case, they carry its text.

    So what a killed case leaves behind can be told from the folder of another one at work.
    """
    tag = os.environ.get("MLSEG_STAGE", "")
    return f".mlseg-{tag}-" if tag else ".mlseg-"


def _replace_all(files: dict[Path, Path], folder: Path) -> None:
    """Renames each file into place; old ones are kept aside until all are there."""
    kept: list[tuple[Path, Path | None]] = []
    for number, (final, staged) in enumerate(files.items()):
        backup: Path | None = None
        try:
            if final.exists() and len(files) > 1:
                backup = folder / f".old-{number}"
                _keep(final, backup)
            staged.replace(final)
            kept.append((final, backup))
        except OSError as error:
            for placed, old in reversed(kept):
                with contextlib.suppress(OSError):
                    if old is not None:
                        old.replace(placed)
                    else:
                        placed.unlink()
            raise WriteError(final, _reason(error)) from error


def absolute(path: Path) -> Path:
    """The absolute path without ``..``; links are not followed, so that a linked file is replaced where it is named."""
    return Path(os.path.abspath(path))  # noqa: PTH100 - Path.resolve would follow links


def _keep(path: Path, backup: Path) -> None:
    """A second name for a file; a copy where the file system has no links."""
    try:
        os.link(path, backup)
    except OSError:
        import shutil

        shutil.copy2(path, backup)


def _flush(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _flush_folder(path: Path) -> None:
    """Makes the renames durable where the system can do that for folders."""
    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _reason(error: OSError) -> str:
    return error.strerror or str(error)


@contextlib.contextmanager
def new_folder(path: Path) -> Iterator[None]:
    """The folder, made where it is missing; when the work within fails, what was made and is empty goes again.

    Raises WriteError when it cannot be made.
    """
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WriteError(path, f"the folder cannot be made ({_reason(error)})") from None
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):
            for folder in missing:
                folder.rmdir()
        raise
