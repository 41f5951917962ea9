"""The change that puts a segmentation onto another grid: crop, resampling, static and dynamic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from ..core import Geometry, Segmentation

#: bytes that the change takes beside its arrays, roughly
_OVERHEAD = 800


@dataclass(frozen=True, eq=False)
class GeometryChange:
    """Replaces the geometry and the voxels of all groups in one step: one array (t, k, j, i) a group, in their order.

    The arrays are taken over; labels, names and properties stay. Its inverse holds the former voxels.
    """

    geometry: Geometry
    arrays: Sequence[NDArray[Any]]

    @property
    def nbytes(self) -> int:
        """Memory that the change holds."""
        return _OVERHEAD + sum(array.nbytes for array in self.arrays)

    def apply(self, segmentation: Segmentation) -> GeometryChange:
        """See ``Change``. Raises GroupError when the arrays fit neither the groups nor the geometry."""
        return GeometryChange(*segmentation.replace_grid(self.geometry, self.arrays))
