"""Edits that somebody else made in our node: told, and where a locked label was concerned, restored or accepted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from ..edit import History
from ..errors import ToolError
from ..host.base import Level
from .messages import listed
from .session import Session
from .topics import Emit, Topic


class Edit(Protocol):
    """What a host tells about an edit (``host.mrml_foreign.ForeignEdit``)."""

    @property
    def history(self) -> History:
        """The history of the document that it concerns."""
        ...

    @property
    def protected(self) -> Mapping[int, int]:
        """Voxels that locked labels kept, by label."""
        ...

    @property
    def removed(self) -> tuple[int, ...]:
        """Locked labels that were deleted."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What could not be taken over."""
        ...

    @property
    def needs_answer(self) -> bool:
        """Whether the user has to decide."""
        ...

    def accept(self) -> None:
        """Applies what the locks kept."""
        ...

    def restore(self) -> None:
        """Keeps the locked labels as they are."""
        ...


class ForeignQuestion(NamedTuple):
    """An edit that changed locked labels: what it would have taken, to be restored or accepted."""

    document: str
    text: str


class Foreign:
    """Collects such edits; FOREIGN tells when a question comes or is answered."""

    def __init__(self, session: Session, emit: Emit) -> None:
        self._session, self._emit = session, emit
        self._waiting: list[Edit] = []
        signal = getattr(session.host, "foreign", None)
        if signal is not None:
            signal.connect(self._on_edit)

    def question(self) -> ForeignQuestion | None:
        """The edit that waits longest for an answer; None when there is none."""
        edit = self._next()
        if edit is None:
            return None
        document = edit.history.segmentation
        name = next((opened.name for opened in self._session.documents if opened.history is edit.history), "")
        parts = []
        if edit.protected:
            parts.append(f"changed voxels of locked labels: {listed(document, edit.protected)}")
        gone = [value for value in edit.removed if value in document]
        if gone:
            parts.append("removed locked labels: " + ", ".join(document.label(value).name for value in gone))
        text = f"An edit outside of this panel {' and '.join(parts)}. They were kept as they are."
        return ForeignQuestion(name, text)

    def restore(self) -> None:
        """Leaves the locked labels as they are. Raises ToolError when nothing waits."""
        self._answered().restore()
        self._emit(Topic.FOREIGN)

    def accept(self) -> None:
        """Applies the edit to the locked labels too, as a step of its own. Raises ToolError, HostError."""
        self._answered().accept()
        self._emit(Topic.FOREIGN)

    def _next(self) -> Edit | None:
        open_histories = [opened.history for opened in self._session.documents]
        self._waiting = [
            edit for edit in self._waiting if edit.needs_answer and any(edit.history is one for one in open_histories)
        ]
        return self._waiting[0] if self._waiting else None

    def _answered(self) -> Edit:
        edit = self._next()
        if edit is None:
            raise ToolError("no edit waits for an answer")
        return edit

    def _on_edit(self, edit: Edit) -> None:
        for note in edit.notes:
            self._session.tell(Level.INFO, note)
        if edit.needs_answer:
            self._waiting.append(edit)
            self._emit(Topic.FOREIGN)
