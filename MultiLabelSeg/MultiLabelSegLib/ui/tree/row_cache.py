"""The rows of the current document, kept group by group; only what changed is built anew."""

from __future__ import annotations

from collections.abc import Iterable

from ...core import Event, Segmentation
from ...errors import UnknownLabelError
from ..session import Session
from .rows import GroupRows, Row, label_key


class RowCache:
    """Answers for the rows of whatever document is current."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._document: Segmentation | None = None
        self._groups: dict[int, tuple[object, GroupRows]] = {}
        #: by group: labels whose look, count or place may have changed
        self._looks: dict[int, set[int]] = {}
        session.events.connect(self._on_event)

    def all_rows(self) -> list[Row]:
        """Every row in the tree's order; none without a document."""
        return [row for built in self._built() for row in built.rows]

    def row(self, key: str) -> Row:
        """One row as it is now. Raises UnknownLabelError for a key that no row has (any more)."""
        for built in self._built():
            place = built.places.get(key)
            if place is not None:
                return built.rows[place]
        raise UnknownLabelError(f"no row of the tree has the key {key!r}")

    def with_parents(self, values: Iterable[int]) -> tuple[Row, ...]:
        """The rows of labels and of all that they are in, each once; labels that are gone are left out."""
        found: dict[str, Row] = {}
        for built in self._built():
            for value in values:
                key = label_key(value)
                while key and key not in found and key in built.places:
                    row = built.rows[built.places[key]]
                    found[key] = row
                    key = row.parent
        return tuple(found.values())

    def _built(self) -> list[GroupRows]:
        document = self._session.document
        if document is not self._document:
            self._document, self._groups, self._looks = document, {}, {}
        if document is None:
            return []
        found = []
        for index, group in enumerate(document.groups):
            known = self._groups.get(index)
            looks = self._looks.pop(index, None)
            if known is None or known[0] is not group or (looks and not known[1].fits(looks & set(group.values))):
                known = self._groups[index] = (group, GroupRows(group, index))
            elif looks:
                known[1].renewed(looks)
            found.append(known[1])
        return found

    def _on_event(self, event: Event) -> None:
        if event.kind in ("voxels", "labels") and event.group is not None:
            self._looks.setdefault(event.group, set()).update(event.values)
        elif event.kind == "properties" and event.group is not None:
            self._groups.pop(event.group, None)
        elif event.kind in ("groups", "geometry"):
            self._groups.clear()
            self._looks.clear()
