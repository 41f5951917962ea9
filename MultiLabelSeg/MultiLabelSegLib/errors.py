"""Every exception that the library raises on purpose.

A message names the path or the value, what was found and what was expected. They are caught in three places only:
the command line (one line and an exit code), the batch runner (per case) and the host's dialog.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from os import PathLike, fspath
from typing import TypeVar


@dataclass(frozen=True)
class Remedy:
    """What would let a refused thing happen: an option, as the command line asks for it (``text``).

    It stands in the error's message; a form, which has no such option, puts the title of its field in its place.
    """

    option: str
    text: str

    def __str__(self) -> str:
        return self.text


#: files that exist are not replaced by themselves
OVERWRITE = Remedy("overwrite", "overwriting must be asked for (--overwrite)")

_Error = TypeVar("_Error", bound="MultiLabelSegError")


class MultiLabelSegError(Exception):
    """Base of all errors of this library. ``remedies`` are those that its message speaks of."""

    remedies: tuple[Remedy, ...] = ()

    def offering(self: _Error, *remedies: Remedy) -> _Error:
        """The error with the remedies of its message, for whoever words them in another way."""
        self.remedies = remedies
        return self


class GeometryError(MultiLabelSegError):
    """A geometry is impossible, or two geometries that must agree do not."""


class LabelError(MultiLabelSegError):
    """A label or one of its fields is impossible."""


class UnknownLabelError(LabelError):
    """No label has this value or name."""


class DuplicateValueError(LabelError):
    """A label value is already taken somewhere in the segmentation."""


class ValueSpaceFullError(LabelError):
    """All 65,535 label values are taken."""


class GroupError(MultiLabelSegError):
    """A group is missing, impossible, or its voxels contradict its geometry."""


class LockedError(MultiLabelSegError):
    """The operation would change a locked label."""


class ToolError(MultiLabelSegError):
    """A tool cannot work with what it was given."""


class HistoryError(MultiLabelSegError):
    """Nothing to undo or redo, or a step that does not fit the document."""


class FormatError(MultiLabelSegError):
    """A file cannot be read or written. ``path`` and ``reason`` are kept apart for reports."""

    def __init__(self, path: str | PathLike[str] | None, reason: str) -> None:
        self.path = None if path is None else fspath(path)
        self.reason = reason
        super().__init__(reason if self.path is None else f"{self.path}: {reason}")

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.path, self.reason), self.__dict__


class UnsupportedFormatError(FormatError):
    """No format reads or writes this, or it uses a feature that the format's reader does not know."""


class CorruptFileError(FormatError):
    """The file contradicts its own format: truncated, damaged, or lying about its contents."""


class LossError(FormatError):
    """The target cannot hold everything; ``losses`` lists what would be lost."""

    def __init__(self, path: str | PathLike[str] | None, losses: Sequence[str]) -> None:
        self.losses = tuple(losses)
        super().__init__(path, "would lose " + "; ".join(self.losses))

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.path, self.losses), self.__dict__


class WriteError(FormatError):
    """The file could not be written, or did not read back as what was written; the old file is untouched."""


class OptionError(MultiLabelSegError):
    """An option has a value that is not allowed."""

    def __init__(self, option: str, value: object, allowed: Iterable[object] | str) -> None:
        self.option, self.value = option, value
        self.allowed = allowed if isinstance(allowed, str) else ", ".join(str(choice) for choice in allowed)
        shown = fspath(value) if isinstance(value, PathLike) else value
        super().__init__(f"option {option}: {shown!r} is not allowed; expected {self.allowed}")

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.option, self.value, self.allowed), self.__dict__


class PresetError(MultiLabelSegError):
    """A label set preset or a list of suggestions cannot be used."""


class DatasetError(MultiLabelSegError):
    """A folder of cases is not what it should be."""


class ExternalToolError(MultiLabelSegError):
    """A program that we called failed."""

    def __init__(self, command: str, exit_code: int, last_lines: Sequence[str]) -> None:
        self.command, self.exit_code, self.last_lines = command, exit_code, tuple(last_lines)
        super().__init__(f"{command} ended with {exit_code}: " + " | ".join(self.last_lines))

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.command, self.exit_code, self.last_lines), self.__dict__


class HostError(MultiLabelSegError):
    """The host application (Slicer, the workbench) refused."""
