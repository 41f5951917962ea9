"""Opening, importing, saving and exporting segmentations, in the background; every format with its options."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from ...core import Segmentation
from ...datasets.task_list_saving import FileMark
from ...errors import OptionError, ToolError, WriteError
from ...formats.base import Format
from ...formats.losses import UNDECLARED, refused_losses, sidecar_losses
from ...formats.options import make_options
from ...formats.registry import format_by_id, format_for_reading, format_for_writing, formats
from ...formats.report import Report
from ...formats.saving import WriteResult, split_suffix
from ...host.base import Level, Progress
from ..field_making import option_fields_of
from ..fields import Field
from ..open_document import OpenDocument
from ..session import Session
from ..topics import Emit
from ..wording import reworded
from ..work import Work
from .common_fields import COMMON, OVERLAP, SIDECAR
from .file_kinds import FileKind, kind_of
from .file_work import FileJob, check_writable, joined, only_labels

#: the key of the preference store that lists the files opened and saved last
RECENT = "recent_files"
_MOST_RECENT = 12


class FormatItem(NamedTuple):
    """A format as dialogs list it; ``suffixes`` are empty for folders."""

    id: str
    title: str
    suffixes: tuple[str, ...]


class Files:
    """See the module. ``offer_for`` is asked about each document that was opened and may not fit the image."""

    def __init__(self, session: Session, emit: Emit, offer_for: Callable[[OpenDocument], None]) -> None:
        self._session, self._emit, self._offer_for = session, emit, offer_for
        self._work: Work | None = None

    # ---- formats -----------------------------------------------------------------------------------------------
    def readers(self) -> list[FormatItem]:
        """The formats that can be opened and imported."""
        return [FormatItem(each.id, each.title, each.suffixes) for each in formats() if each.reader]

    def writers(self) -> list[FormatItem]:
        """The formats that can be saved and exported to."""
        return [FormatItem(each.id, each.title, each.suffixes) for each in formats() if each.writer]

    def kind_of(self, path: Path) -> FileKind:
        """What a file is, so that it can be opened by whoever opens such. Raises FormatError."""
        return kind_of(path)

    def format_of(self, path: Path, direction: Literal["read", "write"] = "read") -> str:
        """The id of the format that a path means. Raises FormatError."""
        found = format_for_reading(path) if direction == "read" else format_for_writing(path, None, {})
        return found.id

    def fields(self, format_id: str, direction: Literal["read", "write"]) -> list[Field]:
        """The options of a format, generated from its options dataclass. Raises OptionError for an unknown format."""
        chosen = format_by_id(format_id)
        if direction == "read":
            return list(option_fields_of(chosen.read_options))
        made = list(option_fields_of(chosen.write_options))
        if not chosen.capabilities.overlap:
            made.append(OVERLAP)
        return [*made, SIDECAR]

    def losses(self, format_id: str, options: Mapping[str, Any] | None = None) -> list[str]:
        """What a format cannot hold of the current document: refused things first, then what a side file keeps.

        Overlaps are not counted here, which may take long; writing refuses them unless the options say how.
        """
        document = self._session.need().document
        chosen, given = format_by_id(format_id), dict(options or {})
        own = {key: value for key, value in given.items() if key not in COMMON}
        holds = chosen.holding(make_options(chosen.write_options, own))
        found = [f"refused: {reworded(loss, UNDECLARED)}" for loss in refused_losses(document, holds)]
        if not holds.overlap and len(document.groups) > 1 and given.get("overlap", "error") == "error":
            found.append("refused where labels of different groups overlap; choose how they are written")
        beside = "lost, and so refused" if given.get("sidecar") == "never" else "kept in the side file"
        return found + [f"{beside}: {loss}" for loss in sidecar_losses(document, holds)]

    # ---- opening -----------------------------------------------------------------------------------------------
    def open(self, path: Path, format: str | None = None, options: Mapping[str, Any] | None = None) -> Work:
        """Reads a segmentation in the background and makes it the current one.

        Where it does not lie on the image's grid, an offer is made (``Data.offer``).
        """
        job = FileJob(path, format, dict(options or {}), Report())
        return self._run(job.read, lambda document: self._opened(job, document))

    def _opened(self, job: FileJob, document: Segmentation) -> OpenDocument:
        session = self._session
        fits = session.image is not None and document.geometry.is_congruent(session.image.geometry, check_time=False)
        format_id = job.format_id or format_for_reading(job.path).id
        opened = session.add_document(
            document,
            _stem(job.path, format_by_id(format_id)),
            image_id=session.image_id if fits else "",
            path=job.path,
            format_id=format_id,
            mark=FileMark.of(job.path),
            saved_state=0,
        )
        self._tell_notes(job.report)
        self._remember(job.path)
        self._offer_for(opened)
        return opened

    def import_into(
        self,
        path: Path,
        format: str | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> Work:
        """Reads a segmentation and adds its groups behind those of the current one, as one step to undo.

        It is padded or cropped to the current grid where both share their voxels; values that are taken change, which
        is told. Raises ToolError without a document.
        """
        opened = self._session.need()
        job = FileJob(path, format, dict(options or {}), Report())
        grid = opened.document.geometry
        return self._run(lambda progress: job.read(progress, grid), lambda other: self._join(opened, job, other))

    def _join(self, opened: OpenDocument, job: FileJob, other: Segmentation) -> None:
        if opened not in self._session.documents:
            raise ToolError(f"{opened.name} was closed before {job.path.name} could be added to it")
        self._session.collect()
        made = joined(opened.document, other, job.path.name.split(".")[0])
        opened.history.do(made.command)
        self._tell_notes(job.report)
        if made.changed:
            table = ", ".join(f"{old} is now {new}" for old, new in list(made.changed.items())[:8])
            more = f" and {len(made.changed) - 8} more" if len(made.changed) > 8 else ""
            self._session.tell(Level.WARNING, f"Values that were taken have changed: {table}{more}")

    # ---- saving ------------------------------------------------------------------------------------------------
    @property
    def path(self) -> Path | None:
        """The file of the current document; None before it was saved."""
        return self._session.path

    @property
    def is_modified(self) -> bool:
        """Whether the current document has changes that no file holds."""
        return self._session.is_modified

    def changed_on_disk(self) -> bool:
        """Whether somebody else wrote or removed the current document's file since it was opened or saved."""
        return self._session.current is not None and self._session.current.changed_on_disk()

    def save(self, overwrite: bool = False) -> Work:
        """Saves to the document's file, in the format and with the options of last time.

        Raises ToolError when it has no file yet, WriteError when somebody else changed the file, unless ``overwrite``.
        """
        opened = self._session.need()
        if opened.path is None:
            raise ToolError(f"{opened.name} has no file yet; choose one with Save As")
        if opened.changed_on_disk() and not overwrite:
            raise WriteError(opened.path, "was changed by somebody else since it was opened or saved here")
        return self.save_as(opened.path, opened.format_id, opened.options, overwrite=True)

    def save_as(
        self,
        path: Path,
        format: str | None = None,
        options: Mapping[str, Any] | None = None,
        overwrite: bool = False,
    ) -> Work:
        """Saves the document as it is now; editing may go on. Afterwards the file is the document's.

        Raises WriteError for a folder that cannot be written to; what else goes wrong (LossError, FormatError for a
        file that exists and may not be overwritten) is raised when the background calls back.
        """
        opened = self._session.need()
        state = opened.history.state
        job = FileJob(path, format, dict(options or {}), Report())

        def done(result: WriteResult) -> None:
            opened.note_saved(result.main[0], result.format_id, job.options, state)
            self._tell_notes(job.report)
            self._remember(result.main[0])
            self._session.note_saved(opened, state)

        return self._write(job, only_labels(opened.document, None), overwrite, done)

    def export(
        self,
        path: Path,
        format: str | None = None,
        options: Mapping[str, Any] | None = None,
        *,
        values: Collection[int] | None = None,
        overwrite: bool = False,
    ) -> Work:
        """Writes the document, or some of its labels, to another file; the document's own file stays what it is."""
        opened = self._session.need()
        job = FileJob(path, format, dict(options or {}), Report())

        def done(result: WriteResult) -> None:
            self._tell_notes(job.report)
            self._session.tell(Level.INFO, f"Exported to {', '.join(map(str, result.main))}")

        return self._write(job, only_labels(opened.document, values), overwrite, done)

    def _write(
        self, job: FileJob, document: Segmentation, overwrite: bool, done: Callable[[WriteResult], None]
    ) -> Work:
        check_writable(job.path)
        if job.path.exists() and job.path.is_file() and not overwrite:
            raise WriteError(job.path, "exists already; overwriting must be asked for")
        return self._run(lambda progress: job.write(document, overwrite, progress), done)

    def reload(self, discard: bool = False) -> Work:
        """Reads the document's file again in its place. Raises ToolError where changes would be lost."""
        opened = self._session.need()
        if opened.path is None:
            raise ToolError(f"{opened.name} has no file to be read again")
        if opened.is_modified and not discard:
            raise ToolError(f"{opened.name} has unsaved changes, which reading its file again would discard")
        job, state = FileJob(opened.path, opened.format_id, {}, Report()), opened.history.state

        def done(document: Segmentation) -> None:
            self._opened(job, document)
            if opened.history.state == state:
                self._session.forget(opened, discard=True)
            else:
                text = f"{opened.name} was changed while its file was read again; what was there stays open beside it"
                self._session.tell(Level.WARNING, text)

        return self._run(job.read, done)

    # ---- the rest ----------------------------------------------------------------------------------------------
    def cancel(self) -> None:
        """Ends what is being read or written; nothing is changed then."""
        if self._work is not None:
            self._work.cancel()

    def recent(self) -> list[Path]:
        """The files opened and saved last that still exist, the latest first."""
        stored = self._session.host.preferences.load().get(RECENT, "")
        paths = [Path(line) for line in str(stored).splitlines() if line.strip()]
        return [path for path in paths if path.exists()]

    def _remember(self, path: Path) -> None:
        path = path.absolute()
        listed = [path, *(other for other in self.recent() if other != path)][:_MOST_RECENT]
        self._session.host.preferences.save({RECENT: "\n".join(map(str, listed))})

    def _run(self, work: Callable[[Progress], Any], done: Callable[[Any], object]) -> Work:
        if self._work is not None and not self._work.is_done:
            raise ToolError("another file is being read or written; wait for it or cancel it")
        self._work = self._session.run(work, done)
        return self._work

    def _tell_notes(self, report: Report) -> None:
        for note in report.left_out:
            self._session.tell(Level.WARNING, f"Left out: {note}")
        for note in report.notes[:20]:
            self._session.tell(Level.INFO, str(note))


def _stem(path: Path, chosen: Format) -> str:
    return split_suffix(path, chosen)[0] or path.name


def suffix_of(format_id: str) -> str:
    """The suffix that a new file of a format gets. Raises OptionError."""
    found = format_by_id(format_id)
    if not found.writer:
        raise OptionError("format", format_id, [each.id for each in formats() if each.writer])
    return found.suffixes[0] if found.suffixes else ""
