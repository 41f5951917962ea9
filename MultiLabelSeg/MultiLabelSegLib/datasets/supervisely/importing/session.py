"""What all parts of one import share: the input, the target, the options and the report."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ....errors import FormatError, MultiLabelSegError
from ....formats.report import Report
from ..archives.inputs import InputTree
from ..discovery.cases import Remark
from .options import ImportOptions
from .report import Imported, ImportReport, described_labels
from .targets import Outgoing, Target


@dataclass
class Session:
    """One import in progress."""

    tree: InputTree
    target: Target
    options: ImportOptions
    report: ImportReport = field(default_factory=ImportReport)

    def guarded(self, source: str, files: Iterable[str], work: Callable[[], None]) -> None:
        """Does the work for one volume; when that fails, the volume and its other files are left out."""
        try:
            work()
        except MultiLabelSegError as error:
            self._give_up(source, files, reason_of(error))
        except MemoryError:
            self._give_up(source, files, "there is not enough memory for it")
        except OSError as error:
            self._give_up(source, files, f"cannot be read: {error.strerror or error}")

    def _give_up(self, source: str, files: Iterable[str], reason: str) -> None:
        self.report.leave_out(source, reason)
        for path in files:
            self.report.leave_out(path, f"its volume {source} could not be imported")

    def put(self, source: str, item: Outgoing, layout: str, files: Iterable[str] = ()) -> None:
        """Hands a volume to the target and reports it as imported. Raises MultiLabelSegError."""
        report = Report()
        try:
            output = self.target.put(item, report)
        except FormatError as error:  # its path is one of the output, which the reason has to name
            raise FormatError(None, str(error)) from error
        self.report.note(Remark(source, note.reason) for note in report.notes)
        for note in report.left_out:
            self.report.leave_out(source, note.reason)
        labels = described_labels(item.segmentation)
        self.report.imported.append(Imported(source, output, layout, tuple(files), labels))


def is_below(name: str, root: str) -> bool:
    """Whether a path lies in a folder; both are relative to the input, whose own name is empty."""
    return not root or name.startswith(root + "/")


def joined(folder: str, name: str) -> str:
    """A path in a folder of the input."""
    return f"{folder}/{name}" if folder else name


def relative(path: Path, folder: Path) -> str:
    """A path below a folder, written with ``/``."""
    return path.relative_to(folder).as_posix()


def reason_of(error: MultiLabelSegError) -> str:
    """Why, without the path of the real file, which may be one in a temporary folder."""
    return error.reason if isinstance(error, FormatError) else str(error)
