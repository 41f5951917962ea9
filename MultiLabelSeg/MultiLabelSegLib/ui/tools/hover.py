"""Which labels lie under the mouse, and choosing one of them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ...core.label import Color
from ...core.naming import display_names
from ...tools.points import Point
from ..session import Session
from ..topics import Emit, Topic
from .view_events import ViewEvent, ViewEventKind

Voxel = tuple[int, int, int]


@dataclass(frozen=True)
class HoverLabel:
    """A label at a voxel; ``group`` is the index of its group. Values without a label have no name of their own."""

    value: int
    name: str
    group: int
    color: Color
    locked: bool


class Hover:
    """What lies at a point of the frame that is shown."""

    def __init__(self, session: Session, emit: Emit) -> None:
        self._session, self._emit = session, emit
        self.point_ijk: Point | None = None
        self._voxel: Voxel | None = None
        self._picked: tuple[Voxel, int] | None = None

    def at(self, point_ijk: Point) -> tuple[HoverLabel, ...]:
        """Every label at the voxel of a point, the first group's first; nothing outside of the image."""
        document, voxel = self._session.document, self._voxel_of(point_ijk)
        if document is None or voxel is None:
            return ()
        k, j, i = voxel
        found = []
        for index, group in enumerate(document.groups):
            value = int(group.array[self._session.frame, k, j, i])
            if not value:
                continue
            if value not in group:
                found.append(HoverLabel(value, f"value {value} without a label", index, (0.5, 0.5, 0.5), False))
                continue
            label = group.label(value)
            found.append(HoverLabel(value, display_names(group.labels)[value], index, label.color, label.locked))
        return tuple(found)

    def moved(self, event: ViewEvent) -> None:
        """The mouse is there now, or in no view; tells HOVER when it is over another voxel."""
        point_ijk = None if event.kind is ViewEventKind.LEAVE else event.point_ijk
        self.point_ijk = point_ijk
        voxel = None if point_ijk is None else self._voxel_of(point_ijk)
        if voxel != self._voxel:
            self._voxel = voxel
            self._emit(Topic.HOVER, () if voxel is None else voxel[::-1])

    def text(self) -> str:
        """The labels under the mouse in one line."""
        if self.point_ijk is None:
            return ""
        return ", ".join(f"{found.name} [{found.value}]" for found in self.at(self.point_ijk))

    def pick_label_at(self, point_ijk: Point | None = None) -> int | None:
        """Makes the label at a point (by default under the mouse) the active one; its value, None where there is none.

        Where several groups have one there, asking again at the same voxel goes on to the next.
        """
        point = point_ijk or self.point_ijk
        voxel = None if point is None else self._voxel_of(point)
        document = self._session.document
        if point is None or voxel is None or document is None:
            return None
        values = [found.value for found in self.at(point) if found.value in document]
        if not values:
            return None
        value = values[0]
        if self._picked is not None and self._picked[0] == voxel and self._picked[1] in values:
            value = values[(values.index(self._picked[1]) + 1) % len(values)]
        elif self._session.active in values and len(values) > 1:
            value = values[(values.index(self._session.active) + 1) % len(values)]
        self._picked = voxel, value
        self._session.activate(value)
        return value

    def _voxel_of(self, point_ijk: Point) -> Voxel | None:
        document = self._session.document
        if document is None or not all(map(math.isfinite, point_ijk)):
            return None
        i, j, k = (math.floor(place + 0.5) for place in point_ijk)
        size_k, size_j, size_i = document.geometry.shape
        return (k, j, i) if 0 <= k < size_k and 0 <= j < size_j and 0 <= i < size_i else None
