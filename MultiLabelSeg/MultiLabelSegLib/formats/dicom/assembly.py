"""Segments into groups: as few groups as their overlaps allow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ...core import Geometry
from .bits import Bytes, filled_span, paint
from .grouping import few_groups, overlaps_of

#: segments that are compared in pairs, where putting one after the other takes more than two groups
_MOST_COMPARED = 200


@dataclass
class Part:
    """One segment to place: the value it gets, its frames and their slices, the group it should be in (None: any)."""

    value: int
    frames: list[int] = field(default_factory=list)
    slices: list[int] = field(default_factory=list)
    group: int | None = None


@dataclass
class Placed:
    """Arrays (t, k, j, i) of the groups, the group of each value, and values that could not be where they belonged."""

    arrays: list[NDArray[np.unsignedinteger]]
    group_of: dict[int, int]
    moved: list[int]


def place_segments(parts: Sequence[Part], rows: Bytes, geometry: Geometry, groups: int = 0) -> Placed:
    """Puts each segment into the group it names, else into the first in which its voxels are free.

    Where that takes more than two groups, fewer are looked for, and found where two suffice. ``rows`` are packed
    frames; groups are compared bit by bit, an eighth of the memory of their voxels. ``groups`` is how many there are at
    least.
    """
    spans = {frame: filled_span(rows[frame]) for part in parts for frame in part.frames}
    placed = _Occupied(rows, spans, geometry, max(groups, 1))
    for part in parts:
        placed.put(part, groups)
    is_free = groups == 0 and all(part.group is None for part in parts)
    if is_free and len(placed.members) > 2 and len(parts) <= _MOST_COMPARED:
        chosen = few_groups(
            overlaps_of([list(zip(part.frames, part.slices, strict=True)) for part in parts], rows, spans)
        )
        if max(chosen) + 1 < len(placed.members):
            placed.members = [[] for _ in range(max(chosen) + 1)]
            for part, group in zip(parts, chosen, strict=True):
                placed.members[group].append(part)
    arrays = [_painted(inside, rows, spans, geometry) for inside in placed.members]
    group_of = {part.value: index for index, inside in enumerate(placed.members) for part in inside}
    return Placed(arrays, group_of, placed.moved)


class _Occupied:
    """Groups that are filled one segment after the other, as packed bits."""

    def __init__(self, rows: Bytes, spans: Mapping[int, slice], geometry: Geometry, count: int) -> None:
        self._rows, self._spans, self._slices = rows, spans, geometry.shape[0]
        self._bits: list[Bytes] = []
        self.members: list[list[Part]] = []
        self.moved: list[int] = []
        for _ in range(count):
            self._add_group()

    def _add_group(self) -> None:
        self._bits.append(np.zeros((self._slices, self._rows.shape[1]), np.uint8))
        self.members.append([])

    def put(self, part: Part, recorded: int) -> None:
        """Into the group that it names, else into the first in which it is free that nobody named, else a new one."""
        count = len(self._bits)
        wanted = range(count) if part.group is None else (part.group, *range(recorded, count))
        index = next((number for number in wanted if _fits(self._bits[number], self._rows, self._spans, part)), None)
        if index is None:
            self._add_group()
            index = len(self._bits) - 1
        if part.group is not None and index != part.group:
            self.moved.append(part.value)
        for frame, k in zip(part.frames, part.slices, strict=True):
            span = self._spans[frame]
            self._bits[index][k, span] |= self._rows[frame, span]
        self.members[index].append(part)


def _fits(occupied: Bytes, rows: Bytes, spans: Mapping[int, slice], part: Part) -> bool:
    for frame, k in zip(part.frames, part.slices, strict=True):
        span = spans[frame]
        if (occupied[k, span] & rows[frame, span]).any():
            return False
    return True


def _painted(
    parts: Sequence[Part], rows: Bytes, spans: Mapping[int, slice], geometry: Geometry
) -> NDArray[np.unsignedinteger]:
    highest = max((part.value for part in parts), default=0)
    array = np.zeros(geometry.full_shape, np.uint8 if highest < 256 else np.uint16)
    flat = array.reshape(geometry.shape[0], -1)
    for part in parts:
        for frame, k in zip(part.frames, part.slices, strict=True):
            paint(flat[k], rows[frame], spans[frame], part.value)
    return array


def place_values(
    frames: NDArray[np.unsignedinteger],
    slices: Sequence[int],
    geometry: Geometry,
    value_of: Mapping[int, int],
    group_of: Mapping[int, int],
    groups: int,
    present: Sequence[int],
) -> list[NDArray[np.unsignedinteger]]:
    """One array a group from frames whose pixels are segment numbers; each number goes to the group of its value.

    ``present`` are the numbers that occur. Those without a value in ``value_of`` are left out: the caller has given all
    of them one, or they mean nothing.
    """
    arrays = []
    top = int(np.iinfo(frames.dtype).max)
    for group in range(groups):
        table = np.zeros(top + 1, np.uint16)
        for number, value in value_of.items():
            if group_of.get(value, 0) == group and number <= top:
                table[number] = value
        kind = np.uint8 if int(table.max()) < 256 else np.uint16
        array = np.zeros(geometry.full_shape, kind)
        table = table.astype(kind)
        is_same = frames.dtype == kind and all(table[number] == number for number in present)
        for frame, k in zip(frames, slices, strict=True):
            array[0, k] = frame if is_same else table[frame]
        arrays.append(array)
    return arrays
