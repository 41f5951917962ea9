"""Key slices: where labels were drawn in a stack of slices, and the gaps between."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .shape_parts import Shape

Numbers = NDArray[np.unsignedinteger]


def number_type(values: Sequence[int]) -> type[np.unsignedinteger[Any]]:
    """What holds the numbers 1... of these labels."""
    return np.uint8 if len(values) < 256 else np.uint16


@dataclass(frozen=True, eq=False)
class KeySlices:
    """The slices of a stack (n, rows, columns) of label values, each looked at once and only when it is needed.

    ``values`` are the labels that count; label n of them has the number n + 1.
    """

    stack: NDArray[np.unsignedinteger]
    values: Sequence[int]
    _tables: list[Numbers] = field(default_factory=list)
    _numbered: dict[int, Numbers] = field(default_factory=dict)
    _boxes: dict[int, list[tuple[slice, slice] | None]] = field(default_factory=dict)
    _shapes: dict[tuple[int, int], Shape] = field(default_factory=dict)

    def boxes(self, index: int) -> list[tuple[slice, slice] | None]:
        """For each label number the rows and columns that hold it in a slice; None where it is not. Entry 0 is None."""
        found = self._boxes.get(index)
        if found is None:
            found = self._boxes[index] = self._look(index)
        return found

    def _look(self, index: int) -> list[tuple[slice, slice] | None]:
        from scipy import ndimage

        pixels = self.stack[index]
        numbered = self._numbers_of(pixels) if pixels.any() else None
        if numbered is None or not numbered.any():
            return [None] * (len(self.values) + 1)
        self._numbered[index] = numbered
        return [None, *ndimage.find_objects(numbered, len(self.values))]

    def _numbers_of(self, pixels: NDArray[np.unsignedinteger]) -> Numbers:
        if len(self.values) == 1:
            return np.asarray(pixels == self.values[0]).view(np.uint8)
        numbers: Numbers = np.take(self._table(), pixels)
        return numbers

    def _table(self) -> Numbers:
        if not self._tables:
            table: Numbers = np.zeros(1 << 16, number_type(self.values))
            table[np.asarray(self.values)] = np.arange(1, len(self.values) + 1)
            self._tables.append(table)
        return self._tables[0]

    def numbered(self, index: int) -> Numbers | None:
        """The label numbers of a slice (rows, columns); None where it holds none of the labels."""
        self.boxes(index)
        return self._numbered.get(index)

    def keys(self) -> list[list[int]]:
        """For each label number the slices that hold it; entry 0 is empty."""
        found: list[list[int]] = [[] for _ in range(len(self.values) + 1)]
        for index in range(len(self.stack)):
            boxes = self.boxes(index)
            if index in self._numbered:
                for number, box in enumerate(boxes):
                    if box is not None:
                        found[number].append(index)
        return found

    def around(self, number: int, index: int) -> tuple[int | None, int | None]:
        """The nearest key slices below and above a slice."""
        below = (at for at in range(index - 1, -1, -1) if self.boxes(at)[number] is not None)
        above = (at for at in range(index + 1, len(self.stack)) if self.boxes(at)[number] is not None)
        return next(below, None), next(above, None)

    def shape(self, number: int, index: int) -> Shape:
        """A label in a key slice of its own."""
        found = self._shapes.get((number, index))
        if found is None:
            rows, columns = self.boxes(index)[number] or (slice(0, 0), slice(0, 0))
            mask = self._numbered[index][rows, columns] == number
            found = self._shapes[number, index] = Shape.of(mask, (rows.start, columns.start))
        return found


@dataclass(frozen=True)
class Gap:
    """Slices ``wanted`` between two neighbouring key slices of a label."""

    lower: int
    upper: int
    number: int
    wanted: tuple[int, ...]

    @cached_property
    def ratio(self) -> NDArray[np.float64]:
        """How far each wanted slice is on the way from the lower to the upper key slice, 0 to 1."""
        return np.asarray((np.asarray(self.wanted) - self.lower) / (self.upper - self.lower))

    @cached_property
    def weights(self) -> NDArray[np.float32]:
        """What the lower and the upper key slice count in each wanted slice, (n, 2)."""
        return np.stack((1 - self.ratio, self.ratio), axis=1).astype(np.float32)


def gaps(keys: KeySlices, wanted: Collection[int] | None = None) -> list[Gap]:
    """All gaps between key slices, or those around the slices ``wanted``, in the order of their lower ends."""
    found: list[Gap] = []
    every = keys.keys() if wanted is None else []
    for number in range(1, len(keys.values) + 1):
        if wanted is None:
            places = every[number]
            for lower, upper in zip(places, places[1:], strict=False):
                if upper - lower > 1:
                    found.append(Gap(lower, upper, number, tuple(range(lower + 1, upper))))
            continue
        among: dict[tuple[int, int], list[int]] = {}
        for index in sorted(wanted):
            below, above = keys.around(number, index)
            if keys.boxes(index)[number] is None and below is not None and above is not None:
                among.setdefault((below, above), []).append(index)
        found += [Gap(*ends, number, tuple(places)) for ends, places in among.items()]
    return sorted(found, key=lambda gap: (gap.lower, gap.upper, gap.number))
