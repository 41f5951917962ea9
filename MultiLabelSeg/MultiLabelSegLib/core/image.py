"""A reference image: voxels with a geometry."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import GeometryError
from .geometry import Geometry


@dataclass(frozen=True, eq=False)
class Image:
    """An image of scalars: ``array`` (t, k, j, i) on ``geometry``; ``metadata`` is what the file's header said.

    Raises GeometryError when the array does not have the geometry's shape.
    """

    array: NDArray[Any]
    geometry: Geometry
    metadata: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.array.ndim == 3:
            object.__setattr__(self, "array", self.array[np.newaxis])
        if self.array.shape != self.geometry.full_shape:
            raise GeometryError(f"array (t, k, j, i) {self.array.shape} on a geometry of {self.geometry.full_shape}")
