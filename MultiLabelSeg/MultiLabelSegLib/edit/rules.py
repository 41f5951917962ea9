"""What the resolvers are given and what they find: plain tables, so that the numpy and the compiled one are alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..core import Box

Labels = NDArray[np.unsignedinteger]


@dataclass(frozen=True, eq=False)
class Rules:
    """Lookup tables of one write.

    ``target[source]`` is the value to write, -1 for none; ``writable[old]`` says whether a voxel of this value may be
    overwritten; ``clears[old]`` what happens to it where the region is 0: nothing, ``CLEAR``, or ``BLOCKED`` by the
    lock of unlabelled space. The tables are as long as the dtypes of region and frame have values.
    """

    CLEAR: ClassVar[int] = 1
    BLOCKED: ClassVar[int] = 2
    target: NDArray[np.int32]
    writable: NDArray[np.bool_]
    clears: NDArray[np.uint8]

    @property
    def top(self) -> int:
        """The highest value that may be written."""
        return max(int(self.target.max()), 0)


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
    ``values`` are the new values of these voxels in C order, or one number where all are equal. ``lost``, ``gained``
    and ``protected`` count voxels by value.
    """

    mask: NDArray[np.uint8]
    values: int | Labels
    lost: Mapping[int, int]
    gained: Mapping[int, int]
    protected: Mapping[int, int]

    @property
    def written(self) -> int:
        """Voxels that get another value."""
        return sum(self.gained.values())


def uniform_or_compact(values: Labels, counts: Mapping[int, int]) -> int | Labels:
    """Values in the smallest form: one number where all are equal, uint8 where they fit. ``counts`` is their tally."""
    if len(counts) == 1:
        return next(iter(counts))
    if values.dtype.itemsize > 1 and max(counts, default=0) < 256:
        return values.astype(np.uint8)
    return values
