"""What is drawn over a slice view while a tool is on: plain data in index coordinates, drawn by the host."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ...core import Box
from ...core.label import Color
from ...tools.points import Point
from ...tools.slices import Plane

#: how a line is meant: being drawn, what closing it would add, an interpolation's suggestion, a stored contour
LineStyle = Literal["solid", "dashed", "suggestion", "stored"]


@dataclass(frozen=True)
class Circle:
    """A brush under the mouse: its centre (i, j, k) and its diameter in mm (round in the world, not in voxels)."""

    center_ijk: Point
    diameter_mm: float
    color: Color


@dataclass(frozen=True, eq=False)
class Polyline:
    """Points (n, 3) as i, j, k, on the slice."""

    points_ijk: NDArray[np.float64]
    color: Color
    closed: bool = False
    style: LineStyle = "solid"


@dataclass(frozen=True)
class Handle:
    """An anchor that can be grabbed."""

    point_ijk: Point
    color: Color
    selected: bool = False


@dataclass(frozen=True, eq=False)
class Patch:
    """Part of a preview: values (k, j, i) of a box of the grid, and the colour of each value; 0 is clear."""

    box: Box
    values: NDArray[np.unsignedinteger]
    colors: dict[int, Color]
    opacity: float = 0.5


@dataclass(frozen=True, eq=False)
class Feedback:
    """Everything of one slice of one plane; ``text`` stands in the view's corner (the tool and its modifiers)."""

    plane: Plane | None = None
    slice: int = 0
    circles: tuple[Circle, ...] = ()
    lines: tuple[Polyline, ...] = ()
    handles: tuple[Handle, ...] = ()
    patches: tuple[Patch, ...] = ()
    text: tuple[str, ...] = field(default=())
