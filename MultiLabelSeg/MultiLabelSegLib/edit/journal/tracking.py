"""What of a document changed since a journal looked last: found from the events, by comparing with what is known.

A command tells its events when all of it is done, so an event's index of a group may be out of date when others of the
same command inserted, removed or reordered groups. Groups are therefore known by identity, and where a command changed
them, its boxes are taken as changed in every group.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ...core import Box, Event, Geometry, Group, Label, Segmentation
from .pieces import Piece, cut, whole
from .structure import FIELDS, geometry_json, label_json


@dataclass
class Dirt:
    """What has to be written: the changes of the structure (see ``delta_json``) and the boxes of voxels.

    ``keys`` are the groups that there are; ``regridded`` says that all voxels known before are void.
    """

    delta: dict[str, Any]
    pieces: list[Piece]
    keys: frozenset[int]
    regridded: bool = False

    @property
    def nbytes(self) -> int:
        """Bytes of the voxels."""
        return sum(piece.nbytes for piece in self.pieces)

    def __bool__(self) -> bool:
        return bool(self.delta or self.pieces)


@dataclass
class _Known:
    """A group as it was recorded last."""

    key: int
    group: Group
    name: str = ""
    properties: dict[str, Any] = field(default_factory=dict)
    labels: tuple[Label, ...] = ()


class Tracker:
    """Follows one document. ``note`` takes its events, ``take`` and ``take_all`` give what to write."""

    def __init__(self, segmentation: Segmentation) -> None:
        self._document = segmentation
        self._events: list[Event] = []
        self._next_key = 0
        self._forget()

    def note(self, event: Event) -> None:
        """Remembers an event for the next ``take``."""
        self._events.append(event)

    @property
    def has_news(self) -> bool:
        """Whether there were events since the last take."""
        return bool(self._events)

    def take(self) -> Dirt:
        """What changed since the last take."""
        events, self._events = self._events, []
        kinds = {event.kind for event in events}
        regridded = "geometry" in kinds
        before = {known.key for known in self._known}
        delta = self._structure_delta() if kinds - {"voxels"} else {}
        pieces: list[Piece] = []
        for known in self._known:
            if regridded or known.key not in before:
                pieces += whole(known.key, known.group)
        if not regridded:
            fresh = {known.key for known in self._known} - before
            for piece in self._changed_boxes(events, "groups" in kinds):
                if piece.key not in fresh and not any(other.holds(piece) for other in pieces[-8:]):
                    pieces.append(piece)
        return Dirt(delta, pieces, self._keys(), regridded)

    def take_all(self) -> Dirt:
        """The whole document, as if nothing of it were known."""
        self._events = []
        self._forget()
        delta = self._structure_delta()
        pieces = [piece for known in self._known for piece in whole(known.key, known.group)]
        return Dirt(delta, pieces, self._keys(), True)

    def _forget(self) -> None:
        self._known: list[_Known] = []
        self._fields: dict[str, Any] = {}
        self._geometry: Geometry | None = None

    def _keys(self) -> frozenset[int]:
        return frozenset(known.key for known in self._known)

    def _changed_boxes(self, events: list[Event], everywhere: bool) -> Iterator[Piece]:
        k, j, i = self._document.geometry.shape
        for event in events:
            if event.kind != "voxels":
                continue
            frames = range(self._document.geometry.time_steps) if event.t is None else (event.t,)
            box = event.box or Box((0, 0, 0), (k, j, i))
            chosen = self._known if everywhere or event.group is None else self._known[event.group : event.group + 1]
            for known in chosen:
                for t in frames:
                    yield from cut(known.key, known.group, t, box)

    def _structure_delta(self) -> dict[str, Any]:
        delta: dict[str, Any] = {}
        if self._document.geometry is not self._geometry:
            self._geometry = self._document.geometry
            delta["geometry"] = geometry_json(self._geometry)
        fields = {name: get(self._document) for name, get in FIELDS.items()}
        changed = {name: value for name, value in fields.items() if self._fields.get(name) is not value}
        self._fields = fields
        if changed:
            # shallow copies: dictionaries are replaced as a whole by edits, their parts are never written to
            delta["fields"] = {key: dict(value) if isinstance(value, dict) else value for key, value in changed.items()}
        order = [known.key for known in self._known]
        entries = self._group_deltas()
        if entries:
            delta["groups"] = entries
        if order != [known.key for known in self._known]:
            delta["order"] = [known.key for known in self._known]
        return delta

    def _group_deltas(self) -> list[dict[str, Any]]:
        by_identity = {id(known.group): known for known in self._known}
        now, entries = [], []
        for group in self._document.groups:
            known = by_identity.get(id(group))
            entry: dict[str, Any] = {}
            if known is None:
                known = _Known(self._next_key, group)
                self._next_key += 1
                entry["key"] = known.key
            entry |= _group_delta(known, group)
            if entry:
                entries.append({"key": known.key, **entry})
            now.append(known)
        self._known = now
        return entries


def _group_delta(known: _Known, group: Group) -> dict[str, Any]:
    entry: dict[str, Any] = {}
    if group.name != known.name:
        entry["name"] = known.name = group.name
    if group.properties is not known.properties and group.properties != known.properties:
        entry["properties"] = dict(group.properties)
    known.properties = group.properties
    labels = group.labels
    if labels != known.labels:
        # compared label by label by the worker: there may be thousands
        entry["relabelled"] = (known.labels, labels)
    known.labels = labels
    return entry


def _label_delta(before: tuple[Label, ...], now: tuple[Label, ...]) -> dict[str, Any]:
    """Labels that were dropped, those that are new or changed, and the order where it does not follow from these."""
    old = {label.value: label for label in before}
    new = {label.value: label for label in now}
    entry: dict[str, Any] = {"labels": [label_json(label) for label in now if old.get(label.value) != label]}
    dropped = [value for value in old if value not in new]
    if dropped:
        entry["dropped"] = dropped
    order = [value for value in old if value in new] + [value for value in new if value not in old]
    if order != list(new):
        entry["values"] = list(new)
    return entry


def delta_json(delta: dict[str, Any]) -> dict[str, Any]:
    """A structure delta as JSON; done by the worker."""
    groups = []
    for entry in delta.get("groups", ()):
        rest = {key: value for key, value in entry.items() if key != "relabelled"}
        groups.append(rest | _label_delta(*entry["relabelled"]) if "relabelled" in entry else rest)
    return {**delta, "groups": groups}
