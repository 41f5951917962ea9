"""Images between a scene and the library: ``vtkMRMLScalarVolumeNode`` and ``core.Image`` share their voxels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core import Geometry, Image
from ..core.geometry import lps_from_ras
from ..errors import HostError, OptionError
from .mrml_grid import affine_from_matrix, matrix_from_affine, scalars_from, shifted, voxels_of

#: types that VTK scalars can share with numpy
_VTK_KINDS = "iuf"


def channels_of(volume: Any) -> int:
    """Numbers a voxel: 1 for a scalar image, 3 for a colour image; 0 without voxels."""
    data = volume.GetImageData()
    return 0 if data is None else int(data.GetNumberOfScalarComponents())


def geometry_of_volume(volume: Any) -> Geometry:
    """The grid of a volume node in LPS. Raises HostError for a node without voxels."""
    import vtk

    data = volume.GetImageData()
    if data is None or not data.GetNumberOfPoints():
        raise HostError(f"volume {volume.GetName()!r} has no voxels")
    matrix = vtk.vtkMatrix4x4()
    volume.GetIJKToRASMatrix(matrix)
    i0, i1, j0, j1, k0, k1 = data.GetExtent()
    affine = shifted(lps_from_ras(affine_from_matrix(matrix)), (i0, j0, k0))
    return Geometry((k1 - k0 + 1, j1 - j0 + 1, i1 - i0 + 1), affine)


def image_from_volume(volume: Any, channel: int | None = None) -> Image:
    """The image of a volume node: a view of its voxels (1, k, j, i), no copy; it follows what is written there.

    ``channel`` chooses one number of each voxel (0, 1, ...) of a vector volume, where there must be a choice.
    Raises HostError for a node without voxels, OptionError for a missing or impossible channel.
    """
    geometry = geometry_of_volume(volume)
    voxels = voxels_of(volume.GetImageData())
    if voxels is None:
        raise HostError(f"volume {volume.GetName()!r} has no voxels")
    channels = channels_of(volume)
    if channels == 1:
        if channel not in (None, 0):
            raise OptionError("channel", channel, "0, the only one")
    elif channel is None or not 0 <= channel < channels:
        raise OptionError("channel", channel, range(channels))
    else:
        voxels = voxels[..., channel]
    return Image(voxels, geometry, {"name": volume.GetName() or "", "node": volume.GetID() or ""})


def volume_from_image(scene: Any, image: Image, name: str, frame: int = 0) -> Any:
    """A new volume node that shows one frame of an image and shares its voxels where VTK can hold their type.

    Raises HostError for a frame that there is not and for a grid that MRML cannot hold (sheared axes).
    """
    if not 0 <= frame < image.geometry.time_steps:
        raise HostError(f"there is no frame {frame}; image {name!r} has {image.geometry.time_steps}")
    if image.geometry.is_sheared:
        raise HostError(f"image {name!r} has axes that are not at right angles; a volume node cannot hold that")
    volume = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", scene.GenerateUniqueName(name or "Image"))
    set_volume(volume, image, frame)
    volume.CreateDefaultDisplayNodes()
    return volume


def set_volume(volume: Any, image: Image, frame: int = 0) -> None:
    """Makes a volume node show a frame of an image, also of another grid or type than before."""
    import vtk

    array = _for_vtk(image.array[frame])
    data = vtk.vtkImageData()
    i, j, k = image.geometry.size
    data.SetDimensions(i, j, k)
    data.GetPointData().SetScalars(scalars_from(array))
    state = volume.StartModify()
    volume.SetIJKToRASMatrix(matrix_from_affine(image.geometry.ijk_to_ras))
    volume.SetAndObserveImageData(data)
    volume.EndModify(state)


def _for_vtk(array: NDArray[Any]) -> NDArray[Any]:
    if array.dtype == np.bool_:
        array = array.view(np.uint8)
    if array.dtype.kind not in _VTK_KINDS or array.dtype == np.float16:
        raise HostError(f"a volume node cannot hold voxels of type {array.dtype}")
    return np.ascontiguousarray(array, array.dtype.newbyteorder("="))
