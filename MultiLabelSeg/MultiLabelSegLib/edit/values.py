"""Values of masked voxels in the smallest form: one number, stretches of equal values, or one entry a voxel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.unsignedinteger]
#: bytes of a stretch's length
LENGTH_BYTES = 4


@dataclass(frozen=True, eq=False)
class Stretches:
    """Values in C order of the voxels: ``values[n]`` holds for the next ``lengths[n]`` voxels."""

    values: Labels
    lengths: NDArray[np.uint32]

    @property
    def nbytes(self) -> int:
        """Memory of both arrays."""
        return self.values.nbytes + self.lengths.nbytes


Values = int | Labels | Stretches


def compact(values: Labels, counts: Mapping[int, int]) -> int | Labels:
    """One number where all values are equal, uint8 where they fit. ``counts`` is their tally."""
    if len(counts) == 1:
        return next(iter(counts))
    if values.dtype.itemsize > 1 and max(counts, default=0) < 256:
        return values.astype(np.uint8)
    return values


def compact_stretches(parts: Sequence[Stretches], counts: Mapping[int, int]) -> Values:
    """Stretches joined; one entry a voxel where that is smaller, as in noise. ``counts`` is the tally of the voxels."""
    if len(counts) == 1:
        return next(iter(counts))
    values = compact(np.concatenate([part.values for part in parts]), counts)
    assert not isinstance(values, int)
    lengths = np.concatenate([part.lengths for part in parts])
    if len(values) * (values.itemsize + LENGTH_BYTES) > sum(counts.values()) * values.itemsize:
        return np.repeat(values, lengths)
    return Stretches(values, lengths)


def spread(values: Labels | Stretches) -> Labels:
    """One entry a voxel."""
    return np.repeat(values.values, values.lengths) if isinstance(values, Stretches) else values
