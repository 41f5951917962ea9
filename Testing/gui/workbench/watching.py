"""What must hold in a window whatever its user does: locks, counts, undo to the start, recovery of everything."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np

from MultiLabelSegLib.core import Segmentation
from MultiLabelSegLib.edit.journal import find_recoverable, recover


def state_of(document: Segmentation) -> tuple[Any, ...]:
    """Everything that undo has to bring back."""
    groups = tuple((group.name, group.array.tobytes(), tuple(group.labels)) for group in document.groups)
    return document.geometry.shape, groups


class Watched:
    """A window under watch. ``journals`` is the folder of its journals, ``folder`` is where files go.

    ``beginnings`` are the documents as they were opened, by their ids, ``done`` what the user did.
    """

    def __init__(self, window: Any, journals: Path, folder: Path) -> None:
        self.window, self.presenter = window, window.presenter
        self.journals, self.folder = journals, folder
        self.beginnings: dict[str, tuple[Any, ...]] = {}
        self.done: list[str] = []

    def adopt(self, opened: Any) -> None:
        """Remembers how a document begins."""
        self.beginnings[opened.id] = state_of(opened.document)

    def locked_voxels(self) -> list[tuple[int, int, Any]]:
        """The voxels of each locked label that is not active."""
        document = self.presenter.session.document
        if document is None:
            return []
        ignored = self.presenter.session.active
        return [
            (label.value, document.group_index_of(label.value), document.group_of(label.value).array == label.value)
            for label in document.labels
            if label.locked and label.value != ignored
        ]

    def check(self, before: dict[str, tuple[Any, ...]], kept: list[tuple[int, int, Any]]) -> None:
        """Other documents are as ``before``, the current one is sound, and ``kept`` voxels have their labels yet."""
        session, history = self.presenter.session, self.presenter.session.history
        trail = self.done[-8:]
        for opened in session.documents:
            if opened is not session.current and opened.id in before and not self.done[-1].startswith("menu transfer"):
                assert state_of(opened.document) == before[opened.id], ("another document was changed", trail)
        document = session.document
        if document is None or history is None:
            return
        assert session.active is None or session.active in document, trail
        assert set(self.presenter.labels.rows().values) == set(document.values), trail
        for group in document.groups:
            counts = np.bincount(group.array.reshape(-1), minlength=1)
            assert set(np.flatnonzero(counts).tolist()) <= {0, *group.values}, trail
            for label in group.labels:
                found = int(counts[label.value]) if label.value < len(counts) else 0
                assert document.voxels(label.value) == found, (label, trail)
        for value, number, mask in kept:
            assert (document.group(number).array[mask] == value).all(), (value, trail)

    def check_history(self) -> None:
        """Undo to the start gives the original bytes, redo to the end the last ones; then back to where it was."""
        for opened in list(self.presenter.session.documents):
            history = opened.history
            end, undone = state_of(opened.document), 0
            redone = 0
            while history.can_redo:
                history.redo()
                redone += 1
            last = state_of(opened.document)
            while history.can_undo:
                history.undo()
                undone += 1
            assert state_of(opened.document) == self.beginnings[opened.id], (opened.name, undone)
            while history.can_redo:
                history.redo()
            assert state_of(opened.document) == last
            for _ in range(redone):
                history.undo()
            assert state_of(opened.document) == end

    def check_journals(self) -> None:
        """What a crash would leave now holds every changed document exactly."""
        self.window.settle()
        changed = [opened for opened in self.presenter.session.documents if opened.is_modified]
        for opened in changed:
            assert opened.journal.wait(30.0)
        copied = self.folder / "journals of a crash"
        shutil.rmtree(copied, ignore_errors=True)
        shutil.copytree(self.journals, copied)
        problems: list[Any] = []
        found = {}
        for entry in find_recoverable(copied, problems):
            found.setdefault(str(entry.about["name"]), []).append(state_of(recover(entry)))
        assert problems == []
        for opened in changed:
            assert any(state_of(opened.document) in states for states in found.values()), opened.name
