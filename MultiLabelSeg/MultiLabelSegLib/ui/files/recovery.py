"""After a crash: what ended sessions left in their journals is offered, brought back, or thrown away."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from ...core import Segmentation
from ...datasets.task_list_saving import FileMark
from ...edit.journal import Recoverable, find_recoverable, recover
from ...errors import FormatError, ToolError
from ...host.base import Level, Progress
from ..open_document import OpenDocument
from ..session import Session
from ..topics import Emit, Topic
from ..wording import worded
from ..work import Work

#: the state of a document that no file holds
_NEVER_SAVED = -1


class RecoveryItem(NamedTuple):
    """A document with unsaved changes that a session left behind."""

    id: str
    title: str
    text: str


class Recovery:
    """See the module. Journals are written by the session while documents are open."""

    def __init__(self, session: Session, emit: Emit) -> None:
        self._session, self._emit = session, emit
        self._found: dict[str, Recoverable] = {}

    def offers(self) -> list[RecoveryItem]:
        """What can be brought back, the latest first; what cannot be read is told. Looks at the disk."""
        folder = self._session.journal_folder
        if folder is None or not folder.is_dir():
            return []
        problems: list[FormatError] = []
        found = find_recoverable(folder, problems)
        for problem in problems:
            self._session.tell(Level.WARNING, str(problem))
        self._found = {entry.folder.name: entry for entry in found}
        return [RecoveryItem(key, str(entry.about.get("name") or "Segmentation"), _text(entry))
                for key, entry in self._found.items()]  # fmt: skip

    def restore(self, recovery_id: str) -> Work:
        """Reads a document in the background and makes it current, unsaved; its journal goes once a new one holds it.

        Raises ToolError for an unknown one; CorruptFileError as the background calls back.
        """
        entry = self._entry(recovery_id)
        return self._session.run(lambda _progress: recover(entry), lambda document: self._restored(entry, document))

    def discard(self, recovery_id: str) -> None:
        """Throws what an ended session left away for good. Raises ToolError for an unknown one."""
        self._entry(recovery_id).discard()
        del self._found[recovery_id]

    def _restored(self, entry: Recoverable, document: Segmentation) -> OpenDocument:
        session = self._session
        name = str(entry.about.get("name") or "Segmentation")
        text = str(entry.about.get("path") or "")
        path = Path(text) if text and Path(text).exists() else None
        opened = session.add_document(
            document,
            name,
            image_id=self._image_for(entry, document),
            path=path,
            mark=None if path is None else FileMark.of(path),
            saved_state=_NEVER_SAVED,
        )
        journal = opened.journal

        def held(progress: Progress) -> bool:
            del progress
            return journal is not None and journal.wait(60.0)

        def done(is_held: bool) -> None:
            if is_held:
                entry.discard()
                self._found.pop(entry.folder.name, None)

        session.host.run(held, done, lambda error: session.tell(Level.WARNING, worded(error)))
        self._emit(Topic.SAVED)
        return opened

    def _image_for(self, entry: Recoverable, document: Segmentation) -> str:
        """The image of the same title and grid, where the host has it again."""
        for choice in self._session.host.images():
            fits = choice.geometry.is_congruent(document.geometry, check_time=False)
            if fits and choice.title == entry.about.get("image"):
                return choice.id
        return ""

    def _entry(self, recovery_id: str) -> Recoverable:
        if recovery_id not in self._found:
            self.offers()
        entry = self._found.get(recovery_id)
        if entry is None:
            raise ToolError(f"there is nothing named {recovery_id!r} to recover any more")
        return entry


def _text(entry: Recoverable) -> str:
    when = entry.changed.astimezone().strftime("%Y-%m-%d %H:%M")
    path = entry.about.get("path")
    torn = " The last change was cut short and is left out." if entry.is_torn else ""
    where = f" It was opened from {path}." if path else " It was never saved."
    return f"Changed last on {when}, {entry.changes} change{'s' * (entry.changes != 1)} kept.{where}{torn}"
