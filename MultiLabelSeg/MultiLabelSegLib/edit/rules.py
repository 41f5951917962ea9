"""What the resolvers are given and what they find: plain tables, so that the numpy and the compiled one are alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..core import Box
from ..core.tally import tally
from .values import Labels, Values


@dataclass(frozen=True, eq=False)
class Rules:
    """What one write does to which values.

    ``mapping`` says what each region value is to become. ``writable[old]`` tells whether a voxel of this value may be
    overwritten, ``clears[old]`` what happens to it where the region is 0: nothing, ``CLEAR``, or ``BLOCKED`` by the
    lock of unlabelled space; None where nothing is cleared. The tables have a row for each value of the frame's dtype.
    """

    CLEAR: ClassVar[int] = 1
    BLOCKED: ClassVar[int] = 2
    mapping: Mapping[int, int]
    writable: NDArray[np.bool_]
    clears: NDArray[np.uint8] | None

    @property
    def top(self) -> int:
        """The highest value that may be written."""
        return max(self.mapping.values())

    @property
    def single(self) -> int | None:
        """The one value that all voxels get that change, so that it need not be kept for each; else None."""
        written = set(self.mapping.values())
        if self.clears is not None:
            written.add(0)
        return written.pop() if len(written) == 1 else None

    def targets(self, dtype: np.dtype[Any]) -> NDArray[np.int32]:
        """The mapping as a table for a region of ``dtype``: the value to write, -1 for none."""
        table = np.full(1 << (8 * dtype.itemsize), -1, np.int32)
        for source, target in self.mapping.items():
            if source < len(table):
                table[source] = target
        return table


@dataclass(frozen=True, eq=False)
class Work:
    """Where a write happens: the part ``region_box`` of ``region`` decides over the part ``box`` of ``frame``.

    Both arrays are (k, j, i), both boxes have one shape.
    """

    region: NDArray[Any]
    region_box: Box
    frame: Labels
    box: Box

    def planes(self, first: int, last: int) -> tuple[NDArray[Any], Labels]:
        """Views of the region and of the frame: the planes ``first`` to ``last`` of the box."""
        return self.region[self.region_box.slices][first:last], self.frame[self.box.slices][first:last]


@dataclass(frozen=True, eq=False)
class Found:
    """What a resolver found within the box.

    ``mask`` is (k, j, bytes): one bit for each voxel that changes, the lowest bit first, rows padded to whole bytes.
    ``values`` are the new values of these voxels in C order, compact; ``gained`` counts them. ``lost`` and
    ``protected`` count voxels by the value that they held, or list these values: a brush dab has no time to count what
    nobody may ask for. ``reach`` is where the changes are, if that is known: first and last k (exclusive), first and
    last j within the mask.
    """

    mask: NDArray[np.uint8]
    values: Values
    gained: Mapping[int, int]
    lost: Mapping[int, int] | Labels
    protected: Mapping[int, int] | Labels
    reach: tuple[int, ...] | None = None

    @property
    def written(self) -> int:
        """Voxels that get another value."""
        return sum(self.gained.values())


def as_counts(counts: Mapping[int, int] | Labels) -> Mapping[int, int]:
    """Counts by value, of values that are listed or counted already."""
    return tally(counts) if isinstance(counts, np.ndarray) else counts
