"""Voxels of one or several groups as intervals: stretches of C order in which every group is constant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ...compiled import use_kernels
from ...core.runs import RunTable, few_boundaries, frozen, table_of_stretches
from ...errors import GroupError
from . import crc_algebra

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Indices = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Intervals:
    """The content of a file of ``total`` voxels; arrays are read-only.

    Voxels ``start[n]`` up to ``start[n + 1]`` (the last: ``total``) all hold the bytes ``items[n]``, as the file has
    them: the values of all groups one after the other, each of ``itemsize`` bytes. ``start[0]`` is 0, and
    neighbouring items differ.
    """

    total: int
    start: Indices
    items: NDArray[np.uint8]
    itemsize: int = 2
    big_endian: bool = False

    @cached_property
    def register(self) -> int:
        """Raw CRC-32 register of the content, by algebra (compiled kernels). Kept, as verifying asks for it again."""
        from . import crc_kernels

        size = int(self.items.shape[1])
        tables = crc_algebra.power_table(size), crc_algebra.repeat_table(size), crc_algebra.slicing_table()
        return int(crc_kernels.crc_of_intervals(self.start, self.items, self.total, *tables))

    @property
    def groups(self) -> int:
        """Number of interleaved groups."""
        return int(self.items.shape[1]) // self.itemsize

    @property
    def content_bytes(self) -> int:
        """Size of the content, not compressed."""
        return self.total * int(self.items.shape[1])

    @property
    def stop(self) -> Indices:
        """First voxel after each interval."""
        return np.append(self.start[1:], np.int64(self.total))[: len(self.start)]

    def values(self, group: int) -> NDArray[Any]:
        """The value of one group in each interval, native uint8 or uint16."""
        order = ">" if self.big_endian else "<"
        column = self.items[:, group * self.itemsize : (group + 1) * self.itemsize]
        every = np.ascontiguousarray(column).view(f"{order}u{self.itemsize}").reshape(-1)
        return every.astype(every.dtype.newbyteorder("="), copy=False)

    def table(self, group: int, shape: tuple[int, ...]) -> RunTable:
        """The run table of one group; ``shape`` is (k, j, i) or (t, k, j, i) of ``total`` voxels."""
        return table_of_stretches(shape, self.start, self.values(group))

    def same_as(self, other: Intervals) -> bool:
        """Whether both describe the same bytes, exactly."""
        return (
            self.total == other.total
            and np.array_equal(self.start, other.start)
            and np.array_equal(self.items, other.items)
        )

    def counts(self, group: int) -> dict[int, int]:
        """Voxels of every value of one group but 0, by rising value."""
        values = self.values(group).astype(np.int64)
        sums = np.bincount(values, np.diff(self.start, append=self.total)) if len(values) else np.zeros(0)
        return {int(value): int(sums[value]) for value in np.flatnonzero(sums) if value}

    def array(self, group: int) -> NDArray[Any]:
        """The values of one group as a new flat array, uint8 where they fit, else uint16."""
        wide = int(self.values(group).max(initial=0)) > 255
        out = np.zeros(self.total, np.uint16 if wide else np.uint8)
        self.paint(group, out)
        return out

    def paint(self, group: int, out: NDArray[Any], mapping: NDArray[Any] | None = None) -> None:
        """Writes the values of one group, where they are not 0, over those of ``out``; the others keep what they have.

        ``out`` is flat, C-ordered, of ``total`` items of uint8 or uint16. ``mapping``, indexed by the value in the
        file, gives the value that is written (0: none). Raises GroupError when ``out`` has another size or dtype or
        cannot hold a value.
        """
        values = self.values(group) if mapping is None else mapping[self.values(group)]
        top = int(values.max(initial=0))
        known = out.dtype in (np.uint8, np.uint16) and out.flags.c_contiguous
        if not known or out.shape != (self.total,) or top > np.iinfo(out.dtype).max:
            reason = f"{self.total} voxels of values up to {top} do not fit into {out.dtype} of shape {out.shape}"
            raise GroupError(reason)
        values = values.astype(out.dtype, copy=False)
        if use_kernels(self.total):
            from . import run_inflate_kernels

            run_inflate_kernels.paint(self.start, frozen(values), out)
            return
        every = np.repeat(values, np.diff(self.start, append=self.total))
        np.copyto(out, every, where=every != 0)


def intervals_of(arrays: Sequence[NDArray[Any]], itemsize: int, limit: int | None = None) -> Intervals | None:
    """The intervals of groups of equal size, uint8 or uint16 of any shape; little-endian items of 1 or 2 bytes each.

    None when one group alone has more than ``limit`` changes. Raises GroupError when the groups differ in size, have
    another dtype, or hold values that do not fit ``itemsize``.
    """
    flats = [frozen(array) for array in arrays]
    known = all(flat.dtype in (np.uint8, np.uint16) for flat in flats)
    if len({flat.size for flat in flats}) != 1 or not known:
        found = ", ".join(f"{array.dtype} of shape {array.shape}" for array in arrays)
        raise GroupError(f"groups of equal size, uint8 or uint16, are expected; found {found or 'none'}")
    total = flats[0].size
    begin = np.zeros(0, np.int64)
    for flat in flats:
        part = few_boundaries(flat, total if limit is None else limit)
        if part is None:
            return None
        begin = _union(begin, part)
    columns = np.empty((len(begin), len(flats)), f"<u{itemsize}")
    for group, flat in enumerate(flats):
        values = flat[begin]
        if values.itemsize > itemsize and int(values.max(initial=0)) >> (8 * itemsize):
            raise GroupError(f"group {group} holds the value {values.max()}, more than {itemsize} byte can hold")
        columns[:, group] = values
    return _intervals(total, begin, columns.view(np.uint8), itemsize, False)


def intervals_of_runs(
    start: Indices, stop: Indices, total: int, value: int, itemsize: int, big_endian: bool = False
) -> Intervals:
    """The intervals of a mask of ``total`` voxels: ``value`` in the runs, 0 elsewhere. Runs are sorted and may touch.

    Raises GroupError when the value does not fit the item or runs are empty, overlap or leave the volume.
    """
    if itemsize not in (1, 2) or not 0 < value < 1 << (8 * itemsize):
        raise GroupError(f"value {value} does not fit an item of {itemsize} byte(s)")
    return _of_sorted_runs(start, stop, np.bool_(True), value, total, itemsize, big_endian)


def intervals_of_valued_runs(
    start: Indices, stop: Indices, values: Indices, total: int, itemsize: int, big_endian: bool = False
) -> Intervals:
    """The same for runs of several values, ``values[n]`` in run n.

    Raises GroupError when a value does not fit the item or runs are empty, overlap or leave the volume.
    """
    outside = [value for value in (values.min(initial=1), values.max(initial=1)) if not 0 < value < 1 << (8 * itemsize)]
    if itemsize not in (1, 2) or outside:
        raise GroupError(f"values up to {values.max(initial=1)} do not fit an item of {itemsize} byte(s)")
    return _of_sorted_runs(start, stop, values.astype(f"u{itemsize}"), None, total, itemsize, big_endian)


def _of_sorted_runs(
    start: Indices,
    stop: Indices,
    marks: NDArray[Any] | np.bool_,
    value: int | None,
    total: int,
    itemsize: int,
    big_endian: bool,
) -> Intervals:
    """Runs with a mark each (its value, or True where all have ``value``) and what lies between them."""
    edges = np.zeros(2 * len(start) + 1, np.int64)
    if len(start) == len(stop):
        edges[1::2], edges[2::2] = start, stop
    lengths = np.diff(edges, append=total)
    if lengths.min() < 0 or (lengths[1::2] <= 0).any():
        of_value = "" if value is None else f" of value {value}"
        raise GroupError(f"runs{of_value} are empty, overlap or leave the volume of {total} voxels")
    inside = np.zeros(len(edges), marks.dtype)
    inside[1::2] = marks
    kept = lengths > 0
    edges, inside = edges[kept], inside[kept]
    changes = np.ones(len(edges), np.bool_)
    changes[1:] = inside[1:] != inside[:-1]  # runs that touch are one
    edges, inside = edges[changes], inside[changes]
    words = np.where(inside, value, 0) if value is not None else inside
    items = words.astype(f"{'>' if big_endian else '<'}u{itemsize}").view(np.uint8).reshape(-1, itemsize)
    return _intervals(total, edges, items, itemsize, big_endian)


def _intervals(total: int, start: Indices, items: NDArray[np.uint8], itemsize: int, big_endian: bool) -> Intervals:
    start.flags.writeable = False
    items = np.ascontiguousarray(items)
    items.flags.writeable = False
    return Intervals(total, start, items, itemsize, big_endian)


def _union(first: Indices, second: Indices) -> Indices:
    """Both sorted sequences as one without duplicates; a stable sort merges them in linear time."""
    if not len(first):
        return second
    both = np.concatenate([first, second])
    both.sort(kind="stable")
    different = np.ones(len(both), np.bool_)
    np.not_equal(both[1:], both[:-1], out=different[1:])
    return both[different]
