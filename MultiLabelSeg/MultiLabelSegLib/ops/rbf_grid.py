"""A surface of radial basis functions as voxels of an image's grid, and as triangles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ToolError
from .progress import Progress, part_of, told
from .rbf_function import Points, RbfSurface

Mask = NDArray[np.bool_]
Triangles = NDArray[np.int64]
Whole = NDArray[np.int_]
#: how far beyond the contours the surface may close, as a share of their extent
_MARGIN = 0.1
#: voxels along the edge of a large cell, where they are cubes; only cells that the surface may cross are divided
_CELL = 4
#: places that the function is asked for between two reports of progress
_ASKED = 100_000
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
    surface: RbfSurface,
    ijk_to_mm: NDArray[np.float64],
    shape: tuple[int, int, int],
    progress: Progress | None = None,
) -> tuple[tuple[int, int, int], Mask]:
    """The voxels (k, j, i) of a grid of ``shape`` whose centres are inside: first voxel and block, which may be empty.

    ``ijk_to_mm`` is the 4x4 affine from (i, j, k) to the mm of the surface. ``progress`` is called with the share that
    is done; what it raises ends the work.
    """
    low, high = reach(surface, ijk_to_mm)
    first = np.maximum(np.ceil(low), 0).astype(int)
    behind = np.minimum(np.floor(high) + 1, shape[::-1]).astype(int)
    size = behind - first
    corner = (int(first[2]), int(first[1]), int(first[0]))
    if (size <= 0).any():
        return corner, np.zeros((0, 0, 0), np.bool_)
    if surface.slab is not None:
        return corner, _of_slab(surface, ijk_to_mm, first, size)
    steps = np.linalg.norm(ijk_to_mm[:3, :3], axis=0)
    twice = np.rint(_CELL / 2 * steps.min() / steps).astype(int)
    cells = _Cells(surface, ijk_to_mm, first, size, np.maximum(twice, 1), np.where(twice > 0, 2, 1))
    mask = cells.coarse(part_of(progress, 0, 0.5))
    cells.refine(mask, part_of(progress, 0.5, 1))
    return corner, mask


class _Cells:
    """The block of voxels from ``first`` on in cells: small ones of ``half`` voxels along i, j, k, and large ones of
    ``ratio`` (1 or 2) small ones along each axis.

    The function is asked for at the corners of all large cells, at those of the small ones that the surface may cross,
    and at voxels that lie near the surface.
    """

    def __init__(
        self, surface: RbfSurface, ijk_to_mm: NDArray[np.float64], first: Whole, size: Whole, half: Whole, ratio: Whole
    ) -> None:
        self._surface, self._ijk_to_mm, self._first = surface, ijk_to_mm, first
        self._half, self._ratio = half[::-1], ratio[::-1]
        self._size = size[::-1]
        count = -(-self._size // (self._half * self._ratio))  # large cells along k, j, i
        self._values = np.full(count * self._ratio + 1, np.nan)
        steps = np.linalg.norm(ijk_to_mm[:3, :3], axis=0)[::-1]
        #: the function runs like a distance near the surface, which may bulge into a cell whose corners are on one side
        self._near = float(np.linalg.norm(steps * self._half)) / 4
        self._crossed: Mask = np.zeros(0, np.bool_)

    def coarse(self, progress: Progress | None) -> Mask:
        """The voxels (k, j, i) by the corners of large cells, and from then on the small cells to look at."""
        lattice = tuple(slice(None, None, by) for by in self._ratio)
        self._ask(np.argwhere(np.isnan(self._values[lattice])) * self._ratio, progress)
        values = self._values[lattice]
        high = _extreme(values, np.maximum)
        near = 2 * self._near
        crossed = (_extreme(values, np.minimum) < near) & (high > -near)
        crossed |= self._holding(self._half * self._ratio, crossed.shape)
        self._crossed = _enlarged(crossed, self._ratio)
        return np.ascontiguousarray(_enlarged(high <= 0, self._half * self._ratio)[self._block])

    def refine(self, mask: Mask, progress: Progress | None) -> None:
        """Puts right what large cells could not tell."""
        corners = np.zeros(self._values.shape, np.bool_)
        for number in np.ndindex(2, 2, 2):
            at = tuple(slice(1, None) if one else slice(None, -1) for one in number)
            corners[at] |= self._crossed
        self._ask(np.argwhere(corners & np.isnan(self._values)), part_of(progress, 0, 0.5))
        cells = np.argwhere(self._crossed)
        ends = [self._values[tuple((cells + number).T)] for number in np.ndindex(2, 2, 2)]
        low, high = np.min(ends, axis=0), np.max(ends, axis=0)
        held = self._holding(self._half, self._crossed.shape)[tuple(cells.T)]
        near = (low < self._near) & (high > -self._near) | held
        within = np.indices(tuple(self._half)).reshape(3, -1).T
        self._enter(mask, cells[~near], within, (high[~near] <= 0)[:, np.newaxis])
        guess = _interpolated([end[near] for end in ends], (within + 0.5) / self._half)
        self._enter(mask, cells[near], within, guess <= 0)
        exact = (np.abs(guess) < self._near / 3) | held[near][:, np.newaxis]
        cell, place = np.nonzero(exact)
        voxels = cells[near][cell] * self._half + within[place]
        voxels = voxels[(voxels < self._size).all(axis=1)]
        found = self._at(voxels.astype(np.float64), part_of(progress, 0.5, 1))
        mask[tuple(voxels.T)] = found <= _ZERO

    @property
    def _block(self) -> tuple[slice, ...]:
        return tuple(slice(0, int(n)) for n in self._size)

    def _ask(self, nodes: NDArray[np.intp], progress: Progress | None) -> None:
        """Asks for the function at corners (n, 3) of small cells."""
        self._values[tuple(nodes.T)] = self._at(nodes * self._half - 0.5, progress)

    def _at(self, places: NDArray[np.floating[Any]], progress: Progress | None) -> NDArray[np.float64]:
        """The function at places (n, 3) along k, j, i of the block."""
        found = np.empty(len(places))
        for low in told(range(0, len(places), _ASKED), progress):
            some = slice(low, low + _ASKED)
            found[some] = self._surface.values(_to_mm(places[some, ::-1] + self._first, self._ijk_to_mm))
        return found

    def _enter(self, mask: Mask, cells: NDArray[np.intp], within: NDArray[np.intp], inside: Mask) -> None:
        """Sets the voxels ``within`` cells (n, 3) to ``inside`` (n, voxels or 1)."""
        inside = np.broadcast_to(inside, (len(cells), len(within)))
        for number, place in enumerate(within):
            voxels = cells * self._half + place
            there = (voxels < self._size).all(axis=1)
            mask[tuple(voxels[there].T)] = inside[there, number]

    def _holding(self, cell: Whole, shape: tuple[int, ...]) -> Mask:
        """Cells (k, j, i) in which a point of a contour lies."""
        held = np.zeros(shape, np.bool_)
        places = np.floor((_from_mm(self._surface.points, self._ijk_to_mm) - self._first + 0.5)[:, ::-1] / cell)
        places = places[((places >= 0) & (places < shape)).all(axis=1)].astype(int)
        held[tuple(places.T)] = True
        return held


def _of_slab(surface: RbfSurface, ijk_to_mm: NDArray[np.float64], first: Whole, size: Whole) -> Mask:
    """The voxels of a block in the slab that are inside, each looked at."""
    mask = np.zeros(size[::-1], np.bool_)
    voxels = np.indices(mask.shape).reshape(3, -1)[::-1].T + first
    if surface.slab is not None:
        places = _to_mm(voxels.astype(np.float64), ijk_to_mm)
        held = np.flatnonzero(surface.slab.holds(places))
        mask.reshape(-1)[held] = surface.values(places[held]) <= _ZERO
    return mask


def _enlarged(cells: Mask, by: Whole) -> Mask:
    """Each cell as so many along each axis."""
    for axis in range(3):
        cells = np.repeat(cells, by[axis], axis=axis)
    return cells


def _interpolated(ends: Sequence[NDArray[np.float64]], at: NDArray[np.float64]) -> NDArray[np.float64]:
    """The function within cells from their eight corners, linearly along each axis; ``at`` (m, 3) runs from 0 to 1."""
    found = np.zeros((len(ends[0]), len(at)))
    for end, number in zip(ends, np.ndindex(2, 2, 2), strict=True):
        found += np.multiply.outer(end, np.where(number, at, 1 - at).prod(axis=1))
    return found


def _to_mm(ijk: NDArray[Any], ijk_to_mm: NDArray[np.float64]) -> Points:
    i, j, k = (column[:, np.newaxis] * way for column, way in zip(ijk.T, ijk_to_mm[:3, :3].T, strict=True))
    return np.asarray(i + j + k + ijk_to_mm[:3, 3])


def _extreme(values: NDArray[np.float64], of: np.ufunc) -> NDArray[np.float64]:
    """The least or greatest value of the eight corners of each cell."""
    for axis in range(3):
        below, above = (slice(None),) * axis + (slice(None, -1),), (slice(None),) * axis + (slice(1, None),)
        values = of(values[below], values[above])
    return values


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
