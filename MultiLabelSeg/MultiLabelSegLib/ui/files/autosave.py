"""The autosave journal of each open document: begun with it, begun anew when a file holds everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...edit.journal import Journal
from ...host.base import Level
from ..open_document import OpenDocument
from ..topics import Topic
from ..wording import worded

if TYPE_CHECKING:
    from ..session import Session


def begin(session: Session, opened: OpenDocument) -> None:
    """Keeps a journal of the document from now on, where the session has a folder for journals."""
    if session.journal_folder is None:
        return
    titles = {choice.id: choice.title for choice in session.host.images()}
    about = {"name": opened.name, "path": str(opened.path or ""), "image": titles.get(opened.image_id, "")}
    opened.journal_path = opened.path
    opened.journal = Journal(opened.history, session.journal_folder, about, unsaved=opened.is_modified)
    opened.journal.failed.connect(lambda error: session.tell(Level.WARNING, worded(error)))


def note_saved(session: Session, opened: OpenDocument, state: int) -> None:
    """A file holds the document in this state; where it is the present one there is nothing to recover any more."""
    journal = opened.journal
    if journal is not None and opened.history.state == state:
        if opened.journal_path == opened.path:
            journal.saved()
        else:  # a recovery has to name the new file
            journal.close()
            begin(session, opened)
    opened.told_modified = opened.is_modified
    session.emit(Topic.SAVED)
