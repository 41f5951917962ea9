"""A surface of radial basis functions as voxels of an image's grid, and as triangles."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ToolError
from .rbf_function import Points, RbfSurface

Mask = NDArray[np.bool_]
Triangles = NDArray[np.int64]
#: how far beyond the contours the surface may close, as a share of their extent
_MARGIN = 0.1
#: voxels along the edge of a cell; only cells that the surface may cross are looked at voxel by voxel
_CELL = 4
#: what counts as 0, in mm: a voxel whose centre lies on the surface is inside
_ZERO = 1e-7
#: samples of the grid on which triangles are found, as in MITK
_SAMPLES = 50_000


def reach(surface: RbfSurface, ijk_to_mm: NDArray[np.float64]) -> tuple[Points, Points]:
    """Lowest and highest (i, j, k), not rounded, that the surface may reach: the contours and a margin around."""
    inverse = np.linalg.inv(ijk_to_mm[:3, :3])
    points = (surface.points - ijk_to_mm[:3, 3]) @ inverse.T
    low, high = points.min(axis=0), points.max(axis=0)
    size = np.linalg.norm(ijk_to_mm[:3, :3], axis=0)
    margin = np.maximum(1.0, _MARGIN * float(((high - low) * size).max()) / size)
    if surface.slab is not None:  # nothing is known of what is beyond the plane
        across = np.abs(inverse @ surface.slab.normal) * surface.slab.half
        margin = np.maximum(np.minimum(margin, across + 0.5), 1e-3)
        margin = np.where(high - low < 0.5, margin, np.maximum(margin, 1.0))
    return low - margin, high + margin


def rasterized(
    surface: RbfSurface, ijk_to_mm: NDArray[np.float64], shape: tuple[int, int, int]
) -> tuple[tuple[int, int, int], Mask]:
    """The voxels (k, j, i) of a grid of ``shape`` whose centres are inside: first voxel and block, which may be empty.

    ``ijk_to_mm`` is the 4x4 affine from (i, j, k) to the mm of the surface.
    """
    low, high = reach(surface, ijk_to_mm)
    first = np.maximum(np.ceil(low), 0).astype(int)
    behind = np.minimum(np.floor(high) + 1, shape[::-1]).astype(int)
    size = behind - first
    corner = (int(first[2]), int(first[1]), int(first[0]))
    if (size <= 0).any():
        return corner, np.zeros((0, 0, 0), np.bool_)
    steps = np.linalg.norm(ijk_to_mm[:3, :3], axis=0)
    cell = np.maximum(1, np.rint(_CELL * steps.min() / steps)).astype(int)
    values = _corner_values(surface, ijk_to_mm, first, -(-size // cell), cell)
    high = _extreme(values, np.maximum)
    near = float(np.linalg.norm(steps * cell)) / 4
    # the function runs like a distance near the surface, which may bulge into a cell whose corners are on one side
    looked_at = (_extreme(values, np.minimum) < near) & (high > -near)
    held = _holding(surface, ijk_to_mm, first, cell, looked_at.shape)
    mask = high <= 0
    for axis in range(3):
        mask = np.repeat(mask, cell[2 - axis], axis=axis)
    mask = mask[tuple(slice(0, n) for n in size[::-1])].copy()
    cells = np.argwhere(looked_at | held | (surface.slab is not None))
    within = np.indices(tuple(cell[::-1])).reshape(3, -1).T
    voxels = cells[:, np.newaxis] * cell[::-1] + within
    guess = _interpolated(values, cells, (within + 0.5) / cell[::-1])
    exact = (np.abs(guess) < near / 2) | held[tuple(cells.T)][:, np.newaxis] | (surface.slab is not None)
    there = (voxels < size[::-1]).all(axis=2)
    mask[tuple(voxels[there & ~exact].T)] = guess[there & ~exact] <= 0
    asked = voxels[there & exact]
    mask[tuple(asked.T)] = surface.values(_to_mm(asked[:, ::-1] + first, ijk_to_mm)) <= _ZERO
    return corner, mask


def _interpolated(values: NDArray[np.float64], cells: NDArray[np.intp], at: NDArray[np.float64]) -> NDArray[np.float64]:
    """The function within cells (n, 3) from their corners, linearly along each axis; ``at`` (m, 3) runs from 0 to 1."""
    found = np.zeros((len(cells), len(at)))
    for number in np.ndindex(2, 2, 2):
        weight = np.where(number, at, 1 - at).prod(axis=1)
        found += np.multiply.outer(values[tuple((cells + number).T)], weight)
    return found


def _to_mm(ijk: NDArray[Any], ijk_to_mm: NDArray[np.float64]) -> Points:
    return np.asarray(ijk @ ijk_to_mm[:3, :3].T + ijk_to_mm[:3, 3])


def _corner_values(
    surface: RbfSurface,
    ijk_to_mm: NDArray[np.float64],
    first: NDArray[np.int_],
    count: NDArray[np.int_],
    cell: NDArray[np.int_],
) -> NDArray[np.float64]:
    """The function at the corners (k, j, i) of ``count`` cells of voxels along i, j, k, from voxel ``first`` on."""
    axes = [np.arange(n + 1) * step - 0.5 for n, step in zip(count, cell, strict=True)]
    k, j, i = np.meshgrid(axes[2], axes[1], axes[0], indexing="ij")
    corners = _to_mm(np.stack((i, j, k), axis=-1).reshape(-1, 3) + first, ijk_to_mm)
    return surface.values(corners).reshape(k.shape)


def _extreme(values: NDArray[np.float64], of: np.ufunc) -> NDArray[np.float64]:
    """The least or greatest value of the eight corners of each cell."""
    for axis in range(3):
        below, above = (slice(None),) * axis + (slice(None, -1),), (slice(None),) * axis + (slice(1, None),)
        values = of(values[below], values[above])
    return values


def _holding(
    surface: RbfSurface,
    ijk_to_mm: NDArray[np.float64],
    first: NDArray[np.int_],
    cell: NDArray[np.int_],
    shape: tuple[int, ...],
) -> Mask:
    """Cells (k, j, i) in which a point of a contour lies."""
    held = np.zeros(shape, np.bool_)
    places = np.floor((_from_mm(surface.points, ijk_to_mm) - first + 0.5) / cell).astype(int)[:, ::-1]
    held[tuple(places[((places >= 0) & (places < shape)).all(axis=1)].T)] = True
    return held


def _from_mm(points: Points, ijk_to_mm: NDArray[np.float64]) -> Points:
    return np.asarray((points - ijk_to_mm[:3, 3]) @ np.linalg.inv(ijk_to_mm[:3, :3]).T)


def triangulated(
    surface: RbfSurface, ijk_to_mm: NDArray[np.float64], samples: int = _SAMPLES
) -> tuple[Points, Triangles]:
    """The surface as triangles: points (n, 3) in mm and corners (m, 3); closed, facing outwards.

    It is sampled on a grid along the image's axes with equal steps in mm, ``samples`` in all. Raises ToolError where
    vtk is not installed.
    """
    try:
        from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
        from vtkmodules.vtkCommonDataModel import vtkImageData
        from vtkmodules.vtkFiltersCore import vtkFlyingEdges3D
    except ImportError:
        raise ToolError("a surface of triangles needs the package vtk; install it: pip install vtk") from None
    low, high = reach(surface, ijk_to_mm)
    steps = np.linalg.norm(ijk_to_mm[:3, :3], axis=0)
    extent = np.maximum(high - low, 1e-3)
    step = float((np.prod(extent * steps) / samples) ** (1 / 3)) / steps
    count = np.ceil(extent / step).astype(int) + 3
    axes = [at - width + width * np.arange(n) for at, width, n in zip(low, step, count, strict=True)]
    k, j, i = np.meshgrid(axes[2], axes[1], axes[0], indexing="ij")
    values = surface.values(_to_mm(np.stack((i, j, k), axis=-1).reshape(-1, 3), ijk_to_mm)).reshape(k.shape)
    outside = float(step.min() * steps.min())
    for axis in range(3):
        for end in (0, -1):
            border: list[Any] = [slice(None)] * 3
            border[axis] = end
            values[tuple(border)] = outside
    grid = vtkImageData()
    grid.SetDimensions(*(int(n) for n in count))
    grid.GetPointData().SetScalars(numpy_to_vtk(values.reshape(-1), deep=True))
    edges = vtkFlyingEdges3D()
    edges.SetInputData(grid)
    edges.SetValue(0, 0.0)
    edges.ComputeNormalsOff()
    edges.ComputeScalarsOff()
    edges.Update()
    found = edges.GetOutput()
    if not found.GetNumberOfCells():
        return np.zeros((0, 3)), np.zeros((0, 3), np.int64)
    places = vtk_to_numpy(found.GetPoints().GetData()).astype(np.float64) * step + [axis[0] for axis in axes]
    triangles = vtk_to_numpy(found.GetPolys().GetConnectivityArray()).reshape(-1, 3).astype(np.int64)
    return _to_mm(places, ijk_to_mm), _outwards(_to_mm(places, ijk_to_mm), triangles)


def _outwards(points: Points, triangles: Triangles) -> Triangles:
    """Triangles whose enclosed volume is positive, so that they face outwards also on a mirrored grid."""
    a, b, c = (points[triangles[:, corner]] - points[0] for corner in range(3))
    return triangles if float((np.cross(a, b) * c).sum()) >= 0 else triangles[:, ::-1]
