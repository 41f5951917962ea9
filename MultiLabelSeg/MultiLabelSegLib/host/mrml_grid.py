"""Grids and voxels of MRML: RAS at the door, LPS inside; voxels as numpy views, never copied."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core import Geometry
from ..core.geometry import lps_from_ras

#: how far two lattices may be apart, in voxels, and still be the same: MRML stores matrices as text
SAME_LATTICE = 1e-3
LABELMAP = "Binary labelmap"
REFERENCE_GRID = "Reference image geometry"


def matrix_from_affine(affine_ras: NDArray[np.float64]) -> Any:
    """A 4x4 affine into RAS mm as a ``vtkMatrix4x4``."""
    import vtk

    matrix = vtk.vtkMatrix4x4()
    matrix.DeepCopy(np.asarray(affine_ras, np.float64).ravel().tolist())
    return matrix


def affine_from_matrix(matrix: Any) -> NDArray[np.float64]:
    """A ``vtkMatrix4x4`` as a 4x4 array."""
    return np.array([[matrix.GetElement(row, column) for column in range(4)] for row in range(4)])


def shifted(affine_lps: NDArray[np.float64], start_ijk: tuple[int, int, int]) -> NDArray[np.float64]:
    """The affine of the box that starts at voxel ``start_ijk`` of a grid with this affine."""
    moved = affine_lps.copy()
    moved[:3, 3] += affine_lps[:3, :3] @ np.array(start_ijk, np.float64)
    return moved


def geometry_of(image: Any) -> Geometry | None:
    """The grid (LPS) of a ``vtkOrientedImageData``, from the first voxel of its extent; None without voxels."""
    i0, i1, j0, j1, k0, k1 = image.GetExtent()
    if i1 < i0 or j1 < j0 or k1 < k0:
        return None
    import vtk

    matrix = vtk.vtkMatrix4x4()
    image.GetImageToWorldMatrix(matrix)
    affine = shifted(lps_from_ras(affine_from_matrix(matrix)), (i0, j0, k0))
    return Geometry((k1 - k0 + 1, j1 - j0 + 1, i1 - i0 + 1), affine)


def voxels_of(image: Any) -> NDArray[Any] | None:
    """The scalars of an image as a view (k, j, i), or (k, j, i, channel) where there are several; None without any."""
    from vtkmodules.util.numpy_support import vtk_to_numpy

    scalars = image.GetPointData().GetScalars()
    i0, i1, j0, j1, k0, k1 = image.GetExtent()
    if scalars is None or i1 < i0 or j1 < j0 or k1 < k0 or not scalars.GetNumberOfTuples():
        return None
    array: NDArray[Any] = vtk_to_numpy(scalars)
    shape = (k1 - k0 + 1, j1 - j0 + 1, i1 - i0 + 1)
    return array.reshape(shape if array.ndim == 1 else (*shape, array.shape[1]))


def scalars_from(array: NDArray[Any]) -> Any:
    """A C-ordered array (k, j, i) as VTK scalars that share its memory and keep it alive."""
    from vtkmodules.util.numpy_support import numpy_to_vtk

    return numpy_to_vtk(array.reshape(-1), deep=False)


def labelmap_image(array: NDArray[Any], geometry: Geometry) -> Any:
    """A C-ordered array (k, j, i) as a ``vtkOrientedImageData`` on the grid, sharing its memory."""
    import slicer

    image = slicer.vtkOrientedImageData()
    i, j, k = geometry.size
    image.SetExtent(0, i - 1, 0, j - 1, 0, k - 1)
    image.GetPointData().SetScalars(scalars_from(array))
    image.SetGeometryFromImageToWorldMatrix(matrix_from_affine(geometry.ijk_to_ras))
    return image


def set_reference_grid(node: Any, geometry: Geometry) -> None:
    """Tells a segmentation node its whole grid, which Slicer otherwise guesses from the segments."""
    import slicer

    i, j, k = geometry.size
    matrix = matrix_from_affine(geometry.ijk_to_ras)
    text = slicer.vtkSegmentationConverter.SerializeImageGeometry(matrix, (0, i - 1, 0, j - 1, 0, k - 1))
    node.GetSegmentation().SetConversionParameter(REFERENCE_GRID, text)


def reference_grid(node: Any) -> Geometry | None:
    """The grid (LPS) that a segmentation node names as its reference; None when it names none."""
    import slicer

    segmentation = node.GetSegmentation()
    if REFERENCE_GRID not in _parameters(segmentation):
        return None
    image = slicer.vtkOrientedImageData()
    text = segmentation.GetConversionParameter(REFERENCE_GRID)
    if not text or not slicer.vtkSegmentationConverter.DeserializeImageGeometry(text, image, False):
        return None
    return geometry_of(image)


def _parameters(segmentation: Any) -> str:
    """All conversion parameters as one text: asking for one that there is not logs an error."""
    return str(segmentation.SerializeAllConversionParameters())
