"""The contour that lasso and live wire draw: anchors, and what lies between them. All of it is immutable."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

XY = tuple[float, float]


class Connector(Protocol):
    """How anchors are joined: straight (``Straight``), or along edges of the image (``live_wire.WireConnector``)."""

    def snapped(self, point: XY, /) -> XY:
        """Where the first anchor goes that is set at ``point``."""
        ...

    def between(self, one: XY, other: XY, drawn: Sequence[XY], /) -> tuple[XY, ...]:
        """The points between two anchors, without these; ``drawn`` is the rest of the contour."""
        ...


class Straight:
    """Joins anchors by straight lines."""

    def snapped(self, point: XY) -> XY:
        """The point itself."""
        return point

    def between(self, _one: XY, _other: XY, _drawn: Sequence[XY], /) -> tuple[XY, ...]:
        """Nothing."""
        return ()


@dataclass(frozen=True)
class Part:
    """An anchor (column, row) and the points between it and the next; ``freehand`` ones were drawn by hand."""

    anchor: XY
    between: tuple[XY, ...] = ()
    freehand: bool = False


@dataclass(frozen=True)
class Trace:
    """A contour: its parts in order; ``closed`` once its last anchor is joined to the first."""

    parts: tuple[Part, ...] = ()
    closed: bool = False

    @property
    def anchors(self) -> tuple[XY, ...]:
        """All anchors."""
        return tuple(part.anchor for part in self.parts)

    def points(self) -> tuple[XY, ...]:
        """All points in order, anchors and what lies between."""
        return tuple(point for part in self.parts for point in (part.anchor, *part.between))

    def is_restricted(self, number: int) -> bool:
        """Whether an anchor begins or ends a part that was drawn freehand: such ones cannot be moved or deleted."""
        before = number - 1 if number or self.closed else 0
        return self.parts[number].freehand or self.parts[before].freehand

    def with_anchor(self, anchor: XY, between: Sequence[XY] = (), freehand: bool = False) -> Trace:
        """Goes on to another anchor by way of ``between``."""
        if not self.parts:
            return replace(self, parts=(Part(anchor),))
        last = replace(self.parts[-1], between=tuple(between), freehand=freehand)
        return replace(self, parts=(*self.parts[:-1], last, Part(anchor)))

    def nearest_anchor(self, point: XY, radius: float, spacing: XY) -> int | None:
        """The anchor nearest to a point, within ``radius`` mm, that may be moved; ``spacing`` is mm a column, a row."""
        found = [
            (_length(point, part.anchor, spacing), number)
            for number, part in enumerate(self.parts)
            if not self.is_restricted(number)
        ]
        distance, number = min(found, default=(math.inf, -1))
        return number if distance <= radius else None

    def nearest_part(self, point: XY, radius: float, spacing: XY) -> int | None:
        """The part nearest to a point, within ``radius`` mm, that was not drawn freehand."""
        found = []
        for number, part in enumerate(self.parts if self.closed else self.parts[:-1]):
            if not part.freehand:
                ends = (part.anchor, *part.between, self.parts[(number + 1) % len(self.parts)].anchor)
                lines = zip(ends, ends[1:], strict=False)
                found.append((min(_away(point, one, other, spacing) for one, other in lines), number))
        distance, number = min(found, default=(math.inf, -1))
        return number if distance <= radius else None

    def rejoined(self, connector: Connector, *numbers: int) -> Trace:
        """With the ways of some parts sought anew, one after the other; the rest of the contour is theirs to avoid."""
        parts = list(self.parts)
        for number in dict.fromkeys(number % len(parts) for number in numbers):
            part = parts[number]
            if part.freehand or (number == len(parts) - 1 and not self.closed):
                continue
            following = parts[(number + 1) % len(parts)].anchor
            rest = [point for n, each in enumerate(parts) if n != number for point in (each.anchor, *each.between)]
            drawn = [point for point in rest if point not in (part.anchor, following)]
            parts[number] = replace(part, between=connector.between(part.anchor, following, drawn))
        return replace(self, parts=tuple(parts))

    def moved(self, number: int, anchor: XY, connector: Connector) -> Trace:
        """With an anchor elsewhere; the ways to and from it are sought anew."""
        parts = list(self.parts)
        parts[number] = replace(parts[number], anchor=anchor)
        before = (number - 1,) if number or self.closed else ()
        # first both are straight, so that neither avoids what the other was before
        for each in (*before, number):
            parts[each] = parts[each] if parts[each].freehand else replace(parts[each], between=())
        return replace(self, parts=tuple(parts)).rejoined(connector, *before, number)

    def inserted(self, number: int, anchor: XY, connector: Connector) -> Trace:
        """With a new anchor within a part."""
        one = replace(self.parts[number], between=())
        parts = (*self.parts[:number], one, Part(anchor), *self.parts[number + 1 :])
        return replace(self, parts=parts).rejoined(connector, number, number + 1)

    def without(self, number: int, connector: Connector) -> Trace:
        """Without an anchor; its neighbours are joined. Fewer than three points that would be left are none."""
        parts = list(self.parts)
        del parts[number]
        at_end = number == len(parts) and not self.closed
        if parts and (number or self.closed):
            before = (number - 1) % len(parts)
            parts[before] = replace(parts[before], between=())
        left = replace(self, parts=tuple(parts))
        if left.parts and (number or self.closed) and not at_end:
            left = left.rejoined(connector, (number - 1) % len(parts))
        return Trace() if self.closed and len(left.points()) < 3 else left


def _length(one: XY, other: XY, spacing: XY) -> float:
    return math.hypot((one[0] - other[0]) * spacing[0], (one[1] - other[1]) * spacing[1])


def _away(point: XY, one: XY, other: XY, spacing: XY) -> float:
    """Millimetres from a point to the line between two others."""
    px, py = (point[0] - one[0]) * spacing[0], (point[1] - one[1]) * spacing[1]
    vx, vy = (other[0] - one[0]) * spacing[0], (other[1] - one[1]) * spacing[1]
    squared = vx * vx + vy * vy
    share = min(max((px * vx + py * vy) / squared, 0.0), 1.0) if squared else 0.0
    return math.hypot(px - share * vx, py - share * vy)
