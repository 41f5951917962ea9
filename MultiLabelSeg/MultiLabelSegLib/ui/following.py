"""From the events of a document to topics: collected while a command runs, told once when it is complete."""

from __future__ import annotations

from collections.abc import Callable

from ..core import Event, Label
from ..core.folders import folder_of
from ..signal import Signal
from .open_document import OpenDocument
from .topics import Emit, Topic


class Following:
    """Follows one document.

    ``events`` emits every event at once, for caches that must be right before any topic; ``completed`` comes when a
    command is complete and its topics are about to be told.
    """

    def __init__(self, opened: OpenDocument, emit: Emit) -> None:
        self._opened, self._emit = opened, emit
        self.events, self.completed = Signal(), Signal()
        self._waiting: list[Event] = []
        self._is_changing = False
        opened.told_modified = opened.is_modified
        self._known = self._structure()
        history = opened.history
        self._disconnect: list[Callable[[], None]] = [
            opened.document.changed.connect(self._on_event),
            history.changing.connect(self._on_changing),
            history.settled.connect(self._on_settled),
            history.changed.connect(self._on_history),
        ]

    def stop(self) -> None:
        """Follows no more."""
        for disconnect in self._disconnect:
            disconnect()

    def _on_event(self, event: Event) -> None:
        self._waiting.append(event)
        self.events.emit(event)
        if not self._is_changing:  # somebody changes the document beside its history
            self._tell()

    def _on_changing(self) -> None:
        self._is_changing = True

    def _on_settled(self) -> None:
        self._is_changing = False
        self._tell()

    def _on_history(self) -> None:
        if not self._is_changing:  # cleared; after a command it is told when that is settled
            self._emit(Topic.HISTORY)

    def _tell(self) -> None:
        if not self._waiting:
            return
        events, self._waiting = self._waiting, []
        self.completed.emit()
        values = {value for event in events for value in event.values}
        if any(event.kind == "geometry" for event in events):
            self._known = self._structure()
            self._emit(Topic.DOCUMENT)
            self._emit(Topic.HISTORY)
            return
        has_new_rows = any(event.kind == "groups" or _renames(event) for event in events) or self._moved(events)
        if has_new_rows:
            self._known = self._structure()
            self._emit(Topic.ROWS)
        elif values:
            self._emit(Topic.LABELS, tuple(sorted(values)))
        if any(event.kind == "properties" and event.group is None for event in events):
            self._emit(Topic.INTERPOLATION)  # the contours are among the document's own properties
        self._emit(Topic.HISTORY)
        if self._opened.is_modified != self._opened.told_modified:
            self._opened.told_modified = self._opened.is_modified
            self._emit(Topic.SAVED)

    def _moved(self, events: list[Event]) -> bool:
        """Whether labels came, went or changed their place or name, rather than their look or voxels only."""
        groups = {event.group for event in events if event.kind == "labels"}
        if not groups:
            return False
        found = self._opened.document.groups
        for index in groups:
            if index is None or index >= len(found) or found[index].values != self._known[index][0]:
                return True
        for event in events:
            if event.kind == "labels" and event.group is not None:
                known = self._known[event.group][1]
                group = found[event.group]
                # a value may have come and gone again within the command
                if any(value in group and known.get(value) != _place(group.label(value)) for value in event.values):
                    return True
        return False

    def _structure(self) -> list[tuple[tuple[int, ...], dict[int, tuple[str, str]]]]:
        return [
            (group.values, {label.value: _place(label) for label in group.labels})
            for group in self._opened.document.groups
        ]


def _place(label: Label) -> tuple[str, str]:
    return label.name, folder_of(label) if label.properties else ""


def _renames(event: Event) -> bool:
    """Whether it may be the name of a group that changed."""
    return event.kind == "properties" and event.group is not None
