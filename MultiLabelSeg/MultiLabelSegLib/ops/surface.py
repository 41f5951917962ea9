"""Surfaces of labels as triangles, and the voxels inside of a surface; VTK does the work, arrays go in and out.

Points are (i, j, k) in voxels, as many as the caller's grid wants; triangles have their corners counter-clockwise seen
from outside.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .progress import Progress, part_of, told

Points = NDArray[np.float32]
Triangles = NDArray[np.int64]
#: how far smoothing may move a point along each axis, in voxels
_FURTHEST = 0.5


def marching_cubes(mask: NDArray[np.bool_]) -> tuple[Points, Triangles]:
    """The closed surface half way between the voxels of a mask (k, j, i) and those around it.

    Voxels at the border of the array are closed off. VTK's flying edges, which give the surface of marching cubes
    (Lorensen and Cline 1987) with every vertex shared.
    """
    from vtkmodules.vtkFiltersCore import vtkFlyingEdges3D

    edges = vtkFlyingEdges3D()
    edges.SetInputData(_image(np.pad(mask, 1).view(np.uint8)))
    edges.SetValue(0, 0.5)
    edges.ComputeNormalsOff()
    edges.ComputeGradientsOff()
    edges.ComputeScalarsOff()
    edges.Update()
    points, triangles, _ = _arrays(edges.GetOutput())
    return points - 1, triangles


def surface_nets(
    values: NDArray[np.unsignedinteger],
    labels: NDArray[np.int64],
    iterations: int,
    progress: Progress | None = None,
) -> dict[int, tuple[Points, Triangles]]:
    """Smooth closed surfaces of many labels of one array (k, j, i) in a single pass; neighbours share their border.

    ``iterations`` of smoothing move no point further than half a voxel along an axis. Labels without voxels have no
    entry. ``progress`` is called with the share that is done; what it raises ends the work. VTK's surface nets (Gibson
    1998; Frisken 2022 for many labels).
    """
    from vtkmodules.vtkFiltersCore import vtkSurfaceNets3D

    if labels.size == 0:
        return {}
    numbers = np.zeros(int(max(values.max(), labels.max())) + 1, np.uint16)
    numbers[labels] = np.arange(1, len(labels) + 1)  # other values are background, and VTK's tables stay small
    nets = vtkSurfaceNets3D()
    nets.SetInputData(_image(np.pad(numbers[values], 1)))
    nets.GenerateValues(len(labels), 1, len(labels))
    nets.SetBackgroundLabel(0)
    nets.SetSmoothing(iterations > 0)
    nets.SetNumberOfIterations(max(iterations, 1))
    # VTK's own limit of two voxels melts small labels away
    nets.SetAutomaticSmoothingConstraints(False)
    nets.SetConstraintStrategyToConstraintBox()
    nets.SetConstraintBox(*3 * (_FURTHEST,))
    nets.SetOutputMeshTypeToTriangles()
    _watched(nets, part_of(progress, 0, 0.8))
    points, triangles, sides = _arrays(nets.GetOutput(), "BoundaryLabels")
    if sides is None:
        return {}
    found = _apart(points - 1, triangles, np.asarray(sides, np.uint16), len(labels), part_of(progress, 0.8, 1))
    return {int(labels[number - 1]): surface for number, surface in found.items()}


def _watched(work: Any, progress: Progress | None) -> None:
    """Updates a filter of VTK, which tells how far it is; what ``progress`` raises ends it."""
    raised: list[BaseException] = []

    def told_by_vtk(caller: Any, event: str) -> None:
        del event
        try:
            if progress is not None and not raised:
                progress(float(caller.GetProgress()))
        except BaseException as error:  # VTK would print it and go on
            raised.append(error)
            caller.AbortExecuteOn()

    if progress is not None:
        work.AddObserver("ProgressEvent", told_by_vtk)
    work.Update()
    if raised:
        raise raised[0]


def _apart(
    points: Points, triangles: Triangles, sides: NDArray[np.uint16], count: int, progress: Progress | None
) -> dict[int, tuple[Points, Triangles]]:
    """The triangles of each of ``count`` labels, numbered from 1.

    Those of a border between two belong to both, turned round for the second.
    """
    owner = np.concatenate((sides[:, 0], sides[:, 1]))
    order = np.argsort(owner, kind="stable")  # of two bytes each: a radix sort
    first = np.searchsorted(owner[order], np.arange(1, count + 2))
    narrow = triangles.astype(np.int32)
    number = np.empty(len(points), np.int32)
    found: dict[int, tuple[Points, Triangles]] = {}
    inward = False
    for label in told(range(1, count + 1), progress):
        mine = order[first[label - 1] : first[label]]
        if not len(mine):
            continue
        turned = mine >= len(narrow)
        corners = narrow[np.where(turned, mine - len(narrow), mine)]
        corners[turned] = corners[turned, ::-1]
        used = _distinct(corners)
        number[used] = np.arange(len(used), dtype=np.int32)
        surface = points[used], number[corners].astype(np.int64)
        if not found:  # VTK turns all of them alike
            inward = enclosed_volume(*surface) < 0
        found[label] = surface[0], surface[1][:, ::-1] if inward else surface[1]
    return found


def _distinct(corners: NDArray[np.int32]) -> NDArray[np.int64]:
    """The indices that occur, ascending; quicker than sorting them, as those of a label lie near each other."""
    low, high = int(corners.min()), int(corners.max())
    seen = np.zeros(high - low + 1, np.bool_)
    seen[corners.reshape(-1) - low] = True
    return np.flatnonzero(seen) + low


def enclosed_volume(points: NDArray[np.floating[Any]], triangles: Triangles) -> float:
    """The volume that a closed surface encloses, in the cube of the points' unit; negative when it is inside out."""
    corners = np.asarray(points, np.float64)[triangles]
    return float(np.einsum("ij,ij->", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])) / 6)


def surface_area(points: NDArray[np.floating[Any]], triangles: Triangles) -> float:
    """The area of a surface, in the square of the points' unit."""
    corners = np.asarray(points, np.float64)[triangles]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    return float(np.linalg.norm(across, axis=1).sum() / 2)


def decimated(points: Points, triangles: Triangles, share: float) -> tuple[Points, Triangles]:
    """The surface with about this share (0...1) of its triangles taken away, where they matter least.

    Quadric error metrics (Garland and Heckbert 1997), VTK's.
    """
    from vtkmodules.vtkFiltersCore import vtkQuadricDecimation

    if share <= 0 or len(triangles) < 8:
        return points, triangles
    reduce = vtkQuadricDecimation()
    reduce.SetInputData(poly_data(points, triangles))
    reduce.SetTargetReduction(share)
    reduce.VolumePreservationOn()
    reduce.Update()
    found_points, found, _ = _arrays(reduce.GetOutput())
    return found_points, found


def voxels_inside(points: NDArray[np.floating[Any]], triangles: Triangles, shape: tuple[int, int, int]) -> NDArray[Any]:
    """The voxels of a grid (k, j, i) whose centre lies inside of a closed surface of points (i, j, k): a mask."""
    from vtkmodules.util.numpy_support import vtk_to_numpy
    from vtkmodules.vtkImagingStencil import vtkImageStencilToImage, vtkPolyDataToImageStencil

    k, j, i = shape
    stencil = vtkPolyDataToImageStencil()
    stencil.SetInputData(poly_data(np.asarray(points, np.float32), triangles))
    stencil.SetOutputWholeExtent(0, i - 1, 0, j - 1, 0, k - 1)
    stencil.SetTolerance(0.0)
    image = vtkImageStencilToImage()
    image.SetInputConnection(stencil.GetOutputPort())
    image.SetOutputScalarTypeToUnsignedChar()
    image.SetInsideValue(1)
    image.SetOutsideValue(0)
    image.Update()
    flat = vtk_to_numpy(image.GetOutput().GetPointData().GetScalars())
    return np.asarray(flat.reshape(shape) != 0)


def poly_data(points: NDArray[np.floating[Any]], triangles: Triangles) -> Any:
    """The surface as ``vtkPolyData`` (copies)."""
    from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
    from vtkmodules.vtkCommonCore import vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData

    places = vtkPoints()
    places.SetData(numpy_to_vtk(np.ascontiguousarray(points, np.float32), deep=1))
    cells = vtkCellArray()
    flat = np.ascontiguousarray(triangles, np.int64).reshape(-1)
    offsets = np.arange(0, len(flat) + 1, 3, dtype=np.int64)
    cells.SetData(numpy_to_vtkIdTypeArray(offsets, deep=1), numpy_to_vtkIdTypeArray(flat, deep=1))
    surface = vtkPolyData()
    surface.SetPoints(places)
    surface.SetPolys(cells)
    return surface


def _image(array: NDArray[Any]) -> Any:
    """A ``vtkImageData`` of voxels (k, j, i) with unit spacing; it holds the array alive."""
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonDataModel import vtkImageData

    image = vtkImageData()
    image.SetDimensions(*array.shape[::-1])
    image.GetPointData().SetScalars(numpy_to_vtk(np.ascontiguousarray(array).reshape(-1), deep=0))
    return image


def _arrays(surface: Any, name: str = "") -> tuple[Points, Triangles, NDArray[Any] | None]:
    """Points, triangles and an array of the cells, as copies; empty ones for an empty surface."""
    from vtkmodules.util.numpy_support import vtk_to_numpy

    if surface.GetNumberOfCells() == 0:
        return np.zeros((0, 3), np.float32), np.zeros((0, 3), np.int64), None
    points = np.array(vtk_to_numpy(surface.GetPoints().GetData()), np.float32)
    cells = np.array(vtk_to_numpy(surface.GetPolys().GetConnectivityArray()), np.int64).reshape(-1, 3)
    sides = surface.GetCellData().GetArray(name) if name else None
    return points, cells, None if sides is None else np.array(vtk_to_numpy(sides))
