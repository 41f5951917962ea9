"""Which parts of a label in one slice become which parts in another: by overlap, else by moving to the nearest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
from numpy.typing import NDArray

from ..compiled import use_kernels

Mask = NDArray[np.bool_]
Place = tuple[int, int]
#: parts that share less than this of the smaller one are moved onto each other: blended where they are, they would
#: shrink to a sliver in the middle
_OVERLAP = 0.5
#: parts farther apart than so many of their common diameters do not belong together, if there are others
_REACH = 2.0


@dataclass(frozen=True, eq=False)
class Shape:
    """A label in one slice: ``parts`` numbers its joined parts (corners join) from 1 on; ``place`` is row and column
    of the first pixel."""

    place: Place
    parts: NDArray[np.int32]
    count: int

    @classmethod
    def of(cls, mask: Mask, place: Place) -> Shape:
        """The shape of a mask."""
        if use_kernels(mask.size):
            from .interpolation_kernels import number_parts

            numbers = np.empty(mask.shape, np.int32)
            return cls(place, numbers, int(number_parts(mask, numbers)))
        from scipy import ndimage

        parts, count = ndimage.label(mask, np.ones((3, 3), np.int8))
        return cls(place, parts, int(count))

    def only(self, chosen: set[int]) -> Shape:
        """The shape with these parts alone, no larger than they are."""
        if len(chosen) == self.count:
            return self
        if len(chosen) == 1:
            (part,) = chosen
            rows, columns = self._boxes[part - 1]
            alone = (self.parts[rows, columns] == part).astype(np.int32)
            return Shape((self.place[0] + rows.start, self.place[1] + columns.start), alone, 1)
        boxes = [self._boxes[part - 1] for part in chosen]
        top, left = (min(box[axis].start for box in boxes) for axis in (0, 1))
        below, behind = (max(box[axis].stop for box in boxes) for axis in (0, 1))
        table = np.zeros(self.count + 1, np.int32)
        table[list(chosen)] = 1
        return Shape((self.place[0] + top, self.place[1] + left), table[self.parts[top:below, left:behind]], 1)

    @cached_property
    def _boxes(self) -> list[tuple[slice, slice]]:
        """Rows and columns of each part."""
        from scipy import ndimage

        return list(ndimage.find_objects(self.parts))

    @cached_property
    def sizes(self) -> NDArray[np.int64]:
        """Pixels of each part; the first is the space around."""
        return np.bincount(self.parts.reshape(-1), minlength=self.count + 1)

    @cached_property
    def centres(self) -> NDArray[np.float64]:
        """Mean row and column of each part (parts + 1, 2), of which the first means nothing."""
        rows, columns = np.nonzero(self.parts)
        of = self.parts[rows, columns]
        sizes = np.maximum(np.bincount(of, minlength=self.count + 1), 1)
        sums = [np.bincount(of, weights, self.count + 1) for weights in (rows, columns)]
        return np.stack(sums, axis=1) / sizes[:, np.newaxis] + self.place


@dataclass(frozen=True, eq=False)
class Match:
    """Parts of two slices that become each other; ``move`` leads from the lower to the upper ones, in pixels.

    A side of None has nothing: the other one shrinks to its innermost pixel there.
    """

    lower: Shape | None
    upper: Shape | None
    move: Place = (0, 0)


def matches(lower: Shape, upper: Shape) -> list[Match]:
    """How one label's parts in two slices belong together.

    Parts that overlap are blended where they are, also when one becomes several. Two parts that share no pixel, or
    little, are moved onto each other by their centroids. What finds no partner shrinks away.
    """
    shared = _shared(lower, upper)
    if lower.count == upper.count == 1:
        least = min(lower.sizes[1], upper.sizes[1])
        return [Match(lower, upper, (0, 0) if shared[1, 1] >= _OVERLAP * least else _move(lower, upper))]
    below, above = set(range(1, lower.count + 1)), set(range(1, upper.count + 1))
    moved = list(_weakly_joined(lower, upper, shared))
    below -= {part for part, _ in moved}
    above -= {part for _, part in moved}
    meets = shared > 0
    joined_low = below & set(np.flatnonzero(meets.any(axis=1)).tolist())
    joined_high = above & set(np.flatnonzero(meets.any(axis=0)).tolist())
    moved += _nearest(lower, upper, below - joined_low, above - joined_high)
    found = []
    if joined_low:
        found.append(Match(lower.only(joined_low), upper.only(joined_high)))
    for first, last in moved:
        one, other = lower.only({first}), upper.only({last})
        found.append(Match(one, other, _move(one, other)))
    rest_low = below - joined_low - {part for part, _ in moved}
    rest_high = above - joined_high - {part for _, part in moved}
    found += [Match(lower.only({part}), None) for part in sorted(rest_low)]
    found += [Match(None, upper.only({part})) for part in sorted(rest_high)]
    return found


def _shared(lower: Shape, upper: Shape) -> NDArray[np.int64]:
    """Pixels that parts share: (parts + 1, parts + 1), where row and column 0 are empty."""
    table = np.zeros((lower.count + 1, upper.count + 1), np.int64)
    first = np.maximum(lower.place, upper.place)
    ends = [np.add(shape.place, shape.parts.shape) for shape in (lower, upper)]
    size = np.minimum(ends[0], ends[1]) - first
    if (size > 0).all():
        cut = []
        for shape in (lower, upper):
            row, column = (first - shape.place).tolist()
            cut.append(shape.parts[row : row + size[0], column : column + size[1]])
        if use_kernels(lower.parts.size):
            from .interpolation_kernels import count_shared

            count_shared(cut[0], cut[1], table)
            return table
        both = np.bincount((cut[0] * (upper.count + 1) + cut[1]).reshape(-1), minlength=table.size)
        table = both.reshape(table.shape)
        table[0] = 0
        table[:, 0] = 0
    return table


def _weakly_joined(lower: Shape, upper: Shape, shared: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Pairs that overlap each other alone, and little."""
    meets = shared > 0
    alone = (meets.sum(axis=1) == 1)[:, np.newaxis] & (meets.sum(axis=0) == 1) & meets
    for part, other in np.argwhere(alone).tolist():
        if shared[part, other] < _OVERLAP * min(lower.sizes[part], upper.sizes[other]):
            yield part, other


def _nearest(lower: Shape, upper: Shape, below: set[int], above: set[int]) -> list[tuple[int, int]]:
    """Pairs of parts that meet nobody: the nearest first, as long as they are near for their size."""
    if not below or not above:
        return []
    centres, sizes = (lower.centres, upper.centres), (lower.sizes, upper.sizes)
    pairs = []
    for one, other in product(sorted(below), sorted(above)):
        distance = float(np.linalg.norm(centres[0][one] - centres[1][other]))
        diameters = sum(2 * np.sqrt(size / np.pi) for size in (sizes[0][one], sizes[1][other]))
        if distance <= _REACH * diameters:
            pairs.append((distance, one, other))
    found: list[tuple[int, int]] = []
    for _, one, other in sorted(pairs):
        if one in below and other in above:
            found.append((one, other))
            below, above = below - {one}, above - {other}
    return found


def _move(lower: Shape, upper: Shape) -> Place:
    """Rows and columns from one centroid to the other; from innermost pixel to innermost pixel where, so moved, they
    would share no pixel."""
    row, column = (round(way) for way in (_centroid(upper) - _centroid(lower)).tolist())
    moved = Shape((lower.place[0] + row, lower.place[1] + column), lower.parts, lower.count)
    if _shared(moved, upper)[1:, 1:].any():
        return row, column
    (y, x), (v, u) = innermost(lower), innermost(upper)
    return v - y, u - x


def _centroid(shape: Shape) -> NDArray[np.float64]:
    rows, columns = np.nonzero(shape.parts)
    return np.array([rows.mean(), columns.mean()]) + shape.place


def innermost(shape: Shape) -> Place:
    """The pixel of a shape that lies farthest from its border; the first of them."""
    from scipy import ndimage

    depth = ndimage.distance_transform_edt(np.pad(shape.parts > 0, 1))[1:-1, 1:-1]
    row, column = np.unravel_index(int(depth.argmax()), depth.shape)
    return int(row) + shape.place[0], int(column) + shape.place[1]
