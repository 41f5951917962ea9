"""SimpleITK images and ours: both in LPS mm, SimpleITK's arrays are (k, j, i)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..core import Geometry, Image
from ..errors import GeometryError

if TYPE_CHECKING:
    import SimpleITK as sitk


def geometry_from_sitk(image: sitk.Image) -> Geometry:
    """Geometry of an image of 2 (one slice), 3 or 4 (3D+t, the last axis is time) dimensions.

    Raises GeometryError for other dimensions.
    """
    dimension = image.GetDimension()
    if dimension not in (2, 3, 4):
        raise GeometryError(f"images of 2, 3 or 4 dimensions are expected, found {dimension}")
    size = list(image.GetSize()) + [1, 1]
    direction = np.eye(3)
    given = np.asarray(image.GetDirection(), np.float64).reshape(dimension, dimension)
    spatial = min(dimension, 3)
    direction[:spatial, :spatial] = given[:spatial, :spatial]
    spacing = (list(image.GetSpacing()) + [1.0])[:3]
    origin = (list(image.GetOrigin()) + [0.0])[:3]
    frames = size[3] if dimension == 4 else 1
    return Geometry.from_parts((size[2], size[1], size[0]), spacing, origin, direction, frames)


def array_from_sitk(image: sitk.Image) -> NDArray[Any]:
    """The voxels as a copy (t, k, j, i). Raises GeometryError for images of several components."""
    import SimpleITK

    if image.GetNumberOfComponentsPerPixel() != 1:
        raise GeometryError(f"{image.GetNumberOfComponentsPerPixel()} components a voxel; a label map has one")
    array = np.asarray(SimpleITK.GetArrayFromImage(image))
    while array.ndim < 4:
        array = array[np.newaxis]
    return array


def image_from_sitk(image: sitk.Image) -> Image:
    """An image with its voxels as a copy. Raises GeometryError for images of several components, or dimensions."""
    return Image(array_from_sitk(image), geometry_from_sitk(image))


def sitk_from_array(array: NDArray[Any], geometry: Geometry) -> sitk.Image:
    """A SimpleITK image of a frame (k, j, i), or 4D of frames (t, k, j, i), on a geometry; voxels are copied."""
    import SimpleITK

    image = SimpleITK.GetImageFromArray(array, isVector=False)
    flat = geometry.direction.ravel().tolist()
    if array.ndim == 4:
        whole = np.eye(4)
        whole[:3, :3] = geometry.direction
        image.SetSpacing((*geometry.spacing, 1.0))
        image.SetOrigin((*geometry.origin, 0.0))
        image.SetDirection(whole.ravel().tolist())
        return image
    image.SetSpacing(geometry.spacing)
    image.SetOrigin(geometry.origin)
    image.SetDirection(flat)
    return image
