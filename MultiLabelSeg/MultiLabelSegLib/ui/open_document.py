"""A document that is open: its history, its view, its file, and what is selected in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..core import Segmentation
from ..datasets.task_list_saving import FileMark
from ..edit import History
from ..edit.journal import Journal
from ..host.base import DocumentView


@dataclass(eq=False)
class OpenDocument:
    """One of the documents that are open.

    ``saved_state`` is the history's state in which nothing would be lost: that of its file, or as it was made.
    ``format_id`` and ``options`` are those of the last save, ``mark`` tells its file from a later one.
    ``journal_path`` is the file that the journal names. ``hidden`` keeps what a solo of a label hid, to bring it back,
    ``lost`` the labels that were active until a step took them away, ``told_modified`` what the view was told last
    about unsaved changes.
    """

    id: str
    name: str
    history: History
    view: DocumentView
    image_id: str = ""
    path: Path | None = None
    format_id: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    mark: FileMark | None = None
    saved_state: int = 0
    journal: Journal | None = None
    journal_path: Path | None = None
    active: int | None = None
    lost: tuple[int, ...] = ()
    selection: tuple[int, ...] = ()
    hidden: tuple[int, ...] | None = None
    told_modified: bool = False

    @property
    def document(self) -> Segmentation:
        """The segmentation."""
        return self.history.segmentation

    @property
    def is_modified(self) -> bool:
        """Whether something would be lost if it were closed now: changes since it was saved, opened or made."""
        return self.history.state != self.saved_state

    def changed_on_disk(self) -> bool:
        """Whether somebody else wrote or removed the file since it was opened or saved."""
        return self.path is not None and self.mark is not None and FileMark.of(self.path) != self.mark

    def note_saved(self, path: Path, format_id: str | None, options: Mapping[str, Any], state: int) -> None:
        """The file holds the document in this state now."""
        self.path, self.format_id, self.options = path, format_id, dict(options)
        self.saved_state, self.mark = state, FileMark.of(path)
