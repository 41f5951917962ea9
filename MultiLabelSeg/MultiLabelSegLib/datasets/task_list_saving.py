"""The files of one open task: written so that nobody's work is replaced unasked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..core import Segmentation
from ..errors import FormatError, WriteError
from ..formats.report import Report
from ..formats.saving import write_segmentation
from ..formats.sidecar import sidecar_path
from .task_list import TaskList, interim_candidates, interim_path, others_files, same_file, split_result


@dataclass(frozen=True)
class FileMark:
    """What tells a file from a later one of its name: size and time of change; None where there was none."""

    path: Path
    size: int | None
    time_ns: int | None

    @classmethod
    def of(cls, path: Path) -> FileMark:
        """The mark of a file as it is now."""
        try:
            found = path.stat()
        except FileNotFoundError:
            return cls(path, None, None)
        except OSError as error:
            raise FormatError(path, f"cannot be read ({error.strerror or error})") from None
        return cls(path, found.st_size, found.st_mtime_ns)


class TaskFiles:
    """Result and interim file of a task. ``marks`` tell how they were before the task was opened."""

    def __init__(self, tasks: TaskList, index: int, marks: Sequence[FileMark]) -> None:
        self.result = tasks.result_path(index)
        self._marks = {mark.path: mark for mark in marks}
        self._others = others_files(tasks, index)
        self._interim_files: tuple[Path, ...] = ()

    def save_interim(self, segmentation: Segmentation, overwrite: bool, report: Report) -> Path:
        """Writes the interim file. Raises FormatError as ``TaskSession.save_interim``."""
        path = interim_path(self.result)
        self._interim_files = self._write(segmentation, path, overwrite, report)
        return path

    def save_final(self, segmentation: Segmentation, overwrite: bool, report: Report) -> Path:
        """Writes the result, then removes the interim files. Raises FormatError as ``TaskSession.save_interim``."""
        for path in interim_candidates(self.result):
            self._refuse_foreign(path, overwrite)
        written = self._write(segmentation, self.result, overwrite, report)
        if not self.result.exists():
            raise WriteError(self.result, "the result was written under another name; the interim file stays")
        for path in interim_candidates(self.result):
            if path.exists():
                report.note("the interim file is removed, for the result is final", path)
        for path in {*self._interim_files, *self._siblings(written)}:
            _remove(path)
        self._interim_files = ()
        for path in interim_candidates(self.result):
            self._marks[path] = FileMark.of(path)
        return self.result

    def _siblings(self, written: Sequence[Path]) -> set[Path]:
        """The interim files that correspond to the files of a result: itself, side files, images of a stack."""
        stem, _ = split_result(self.result.name)
        found = {path for main in interim_candidates(self.result) for path in (main, sidecar_path(main))}
        interim = split_result(interim_path(self.result).name)[0]
        beside = [path for path in written if path.name.startswith(stem) and path.parent == self.result.parent]
        return found | {path.with_name(interim + path.name[len(stem) :]) for path in beside}

    def _write(self, segmentation: Segmentation, path: Path, overwrite: bool, report: Report) -> tuple[Path, ...]:
        self._refuse_foreign(path, overwrite)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WriteError(path, f"its folder cannot be made ({error.strerror or error})") from None
        written = write_segmentation(
            segmentation, path, overwrite=True, report=report, check=lambda paths: self._check(path, paths, overwrite)
        )
        self._marks[path] = FileMark.of(path)
        return written.paths

    def _check(self, main: Path, paths: Sequence[Path], overwrite: bool) -> None:
        """Asked just before files are put in place. Raises FormatError for a file that is not ours to replace."""
        self._refuse_foreign(main, overwrite)
        is_first = self._marks.get(main, FileMark(main, None, None)).size is None
        for path in paths:
            owner = self._others.get(same_file(path))
            if owner is not None:
                raise FormatError(path, f"would be written beside {main.name}, but is {owner}; nothing was replaced")
            if path != main and is_first and path.exists() and not overwrite:
                reason = f"exists already, and would be written beside {main.name}"
                raise FormatError(path, f"{reason}; replacing it must be asked for")

    def _refuse_foreign(self, path: Path, overwrite: bool) -> None:
        """Raises FormatError when the file is not the one that was there when the task was opened or saved."""
        known = self._marks.get(path, FileMark(path, None, None))
        now = FileMark.of(path)
        if now != known and now.size is not None and not overwrite:
            since = "was made" if known.size is None else "was changed"
            raise FormatError(
                path, f"{since} by somebody else since the task was opened; replacing it must be asked for"
            )


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise WriteError(path, f"the interim file cannot be removed ({error.strerror or error})") from None
