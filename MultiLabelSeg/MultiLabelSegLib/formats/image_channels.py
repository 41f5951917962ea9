"""Images with several numbers a voxel, such as colours: one image for each of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..bridges.sitk import geometry_from_sitk
from ..core import Geometry, Image
from ..errors import UnsupportedFormatError


def read_channels(path: Path) -> tuple[Image, ...]:
    """The channels of any image that SimpleITK reads, (1, k, j, i) each; an ordinary image has one.

    Raises UnsupportedFormatError for what it cannot read and for voxels that are no real numbers.
    """
    import SimpleITK as sitk

    try:
        image = sitk.ReadImage(str(path))
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[-1]
        raise UnsupportedFormatError(path, f"is no image that can be read ({reason})") from None
    array = np.asarray(sitk.GetArrayFromImage(image))
    geometry: Geometry = geometry_from_sitk(image)
    count = image.GetNumberOfComponentsPerPixel()
    if array.dtype.kind not in "iuf":
        raise UnsupportedFormatError(path, f"has voxels of type {array.dtype}; numbers are expected")
    shape = geometry.full_shape
    if count == 1:
        return (Image(array.reshape(shape), geometry),)
    parts = (np.ascontiguousarray(array[..., channel]).reshape(shape) for channel in range(count))
    return tuple(Image(part, geometry) for part in parts)
