"""Segments into groups: as few groups as their overlaps allow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ...core import Geometry
from .bits import Bytes, filled_span, paint


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
    """Puts each segment into the first group in which its voxels are free, or into the group it names.

    ``rows`` are packed frames. Groups are compared bit by bit, an eighth of the memory of their voxels; ``groups`` is
    how many there are at least.
    """
    occupied: list[Bytes] = []
    members: list[list[Part]] = []
    group_of: dict[int, int] = {}
    moved: list[int] = []
    spans: dict[int, slice] = {}

    def add_group() -> None:
        occupied.append(np.zeros((geometry.shape[0], rows.shape[1]), np.uint8))
        members.append([])

    for _ in range(max(groups, 1)):
        add_group()
    for part in parts:
        wanted = range(len(occupied)) if part.group is None else (part.group, *range(groups, len(occupied)))
        spans.update((frame, filled_span(rows[frame])) for frame in part.frames)
        index = next((number for number in wanted if _fits(occupied[number], rows, spans, part)), None)
        if index is None:
            add_group()
            index = len(occupied) - 1
        if part.group is not None and index != part.group:
            moved.append(part.value)
        for frame, k in zip(part.frames, part.slices, strict=True):
            span = spans[frame]
            occupied[index][k, span] |= rows[frame, span]
        members[index].append(part)
        group_of[part.value] = index
    arrays = [_painted(inside, rows, spans, geometry) for inside in members]
    return Placed(arrays, group_of, moved)


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
