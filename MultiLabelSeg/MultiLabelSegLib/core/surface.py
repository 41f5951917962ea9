"""A surface of triangles, such as the border of a label."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .label import Color


@dataclass(frozen=True, eq=False)
class Surface:
    """``points`` (n, 3) in LPS mm, ``triangles`` (m, 3) of their indices, counter-clockwise seen from outside.

    ``value`` is that of the label, 0 where the surface is not one of a label.
    """

    points: NDArray[np.float32]
    triangles: NDArray[np.int64]
    name: str = ""
    color: Color = (1.0, 1.0, 1.0)
    value: int = 0
