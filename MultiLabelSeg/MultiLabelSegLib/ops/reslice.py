"""Reading a frame on an oblique plane."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import ToolError


def reslice(
    frame: NDArray[Any],
    origin: Sequence[float],
    row_step: Sequence[float],
    column_step: Sequence[float],
    shape: tuple[int, int],
    method: Literal["nearest", "linear"] = "nearest",
    outside: float = 0,
) -> NDArray[Any]:
    """The values of a frame (k, j, i) on a plane of (rows, columns) samples: a new array.

    ``origin`` is where the first sample lies, ``row_step`` and ``column_step`` lead to the next row and column: all in
    continuous indices (k, j, i), voxel centres on whole numbers. ``nearest`` keeps the frame's type, halves go to the
    higher index; ``linear`` gives float64, or float32 from a float32 frame. Samples beyond the voxels' outer borders
    become ``outside``; between an outer centre and the border the outer voxel counts.

    Raises ToolError for a plane that is none: steps that are zero, parallel or not finite, a shape without samples.
    """
    where = _positions(frame, origin, row_step, column_step, shape)
    size = np.array(frame.shape).reshape(3, 1, 1)
    inside = ((where >= -0.5) & (where < size - 0.5)).all(axis=0)
    if method == "linear":
        values = _linear(frame, np.clip(where, 0, size - 1))
        result: NDArray[Any] = np.where(inside, values, values.dtype.type(outside))
        return result
    if method != "nearest":
        raise ToolError(f"a plane is read as nearest or linear, found {method!r}")
    at = np.clip(np.floor(where + 0.5), 0, size - 1).astype(np.intp)
    found: NDArray[Any] = np.where(inside, frame[at[0], at[1], at[2]], frame.dtype.type(outside))
    return found


def _positions(
    frame: NDArray[Any],
    origin: Sequence[float],
    row_step: Sequence[float],
    column_step: Sequence[float],
    shape: tuple[int, int],
) -> NDArray[np.float64]:
    """Continuous indices (3, rows, columns) of all samples."""
    if frame.ndim != 3:
        raise ToolError(f"a frame has the axes (k, j, i), found shape {frame.shape}")
    plane = np.asarray([origin, row_step, column_step], np.float64)
    if plane.shape != (3, 3) or not np.isfinite(plane).all():
        raise ToolError(f"a plane needs an origin and two steps of three finite numbers, found {plane.tolist()}")
    down, right = plane[1], plane[2]
    if np.linalg.norm(np.cross(down, right)) <= 1e-9 * np.linalg.norm(down) * np.linalg.norm(right):
        raise ToolError(f"the steps {down.tolist()} and {right.tolist()} span no plane")
    rows, columns = shape
    if rows < 1 or columns < 1:
        raise ToolError(f"a plane needs at least one sample, found {rows} rows and {columns} columns")
    along = np.arange(rows)[:, None, None] * down + np.arange(columns)[None, :, None] * right
    return np.moveaxis(plane[0] + along, -1, 0)


def _linear(frame: NDArray[Any], where: NDArray[np.float64]) -> NDArray[Any]:
    """Trilinear interpolation; all positions lie within the outer voxel centres."""
    lower = np.floor(where).astype(np.intp)
    upper = np.minimum(lower + 1, np.array(frame.shape).reshape(3, 1, 1) - 1)
    kind = np.float32 if frame.dtype == np.float32 else np.float64
    share = (where - lower).astype(kind)
    result = np.zeros(where.shape[1:], kind)
    for corner in range(8):
        picked = [upper[axis] if corner >> axis & 1 else lower[axis] for axis in range(3)]
        weight = np.ones(where.shape[1:], kind)
        for axis in range(3):
            weight = weight * (share[axis] if corner >> axis & 1 else 1 - share[axis])
        values = frame[picked[0], picked[1], picked[2]]
        # a voxel that does not count must not spoil the sum where it is not a number
        result += np.where(weight > 0, weight * values, kind(0))
    return result
