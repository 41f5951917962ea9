"""Images of a scene and of the library share their voxels and agree about every millimetre."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from MultiLabelSegLib.core import Geometry, Image
from MultiLabelSegLib.errors import HostError, OptionError
from MultiLabelSegLib.host.mrml_images import channels_of, image_from_volume, set_volume, volume_from_image
from Testing.host.mrml_cases import OBLIQUE, new_scene

pytestmark = pytest.mark.slicer_core


@pytest.fixture
def scene() -> Any:
    return new_scene()


def image(dtype: Any = np.int16, time_steps: int = 1) -> Image:
    where = Geometry.from_parts((2, 3, 4), (0.5, 1.0, 2.5), (10.0, -20.0, 30.0), OBLIQUE, time_steps)
    return Image(np.arange(24 * time_steps, dtype=dtype).reshape(where.full_shape), where)


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int16, np.uint16, np.int32, np.float32, np.float64])
def test_a_volume_shares_the_voxels_of_its_image_in_both_directions(scene: Any, dtype: Any) -> None:
    mine = image(dtype)
    volume = volume_from_image(scene, mine, "CT")
    theirs = image_from_volume(volume)
    assert theirs.geometry.is_congruent(mine.geometry)
    np.testing.assert_array_equal(theirs.array, mine.array)
    assert theirs.array.dtype == mine.array.dtype
    assert np.shares_memory(theirs.array, mine.array)


def test_positions_are_lps_here_and_ras_there(scene: Any) -> None:
    import vtk

    mine = image()
    volume = volume_from_image(scene, mine, "CT")
    matrix = vtk.vtkMatrix4x4()
    volume.GetIJKToRASMatrix(matrix)
    x, y, z = mine.geometry.lps_from_ijk([3, 1, 1])
    np.testing.assert_allclose(matrix.MultiplyPoint((3, 1, 1, 1))[:3], (-x, -y, z), atol=1e-9)
    assert volume.GetImageData().GetScalarComponentAsDouble(3, 1, 1, 0) == mine.array[0, 1, 1, 3]


def test_voxels_outlive_the_image_that_they_came_from(scene: Any) -> None:
    volume = volume_from_image(scene, image(), "CT")
    assert image_from_volume(volume).array.sum() == sum(range(24))


def test_truth_values_and_foreign_byte_order_are_converted_and_others_refused(scene: Any) -> None:
    mine = image()
    flags = Image(mine.array > 5, mine.geometry)
    assert image_from_volume(volume_from_image(scene, flags, "mask")).array.sum() == 18
    swapped = Image(mine.array.astype(">i2"), mine.geometry)
    np.testing.assert_array_equal(image_from_volume(volume_from_image(scene, swapped, "big")).array, mine.array)
    with pytest.raises(HostError, match="complex128"):
        volume_from_image(scene, Image(mine.array.astype(complex), mine.geometry), "no")


def test_a_frame_is_chosen(scene: Any) -> None:
    mine = image(time_steps=2)
    volume = volume_from_image(scene, mine, "4D", 1)
    np.testing.assert_array_equal(image_from_volume(volume).array[0], mine.array[1])
    set_volume(volume, mine, 0)
    np.testing.assert_array_equal(image_from_volume(volume).array[0], mine.array[0])
    with pytest.raises(HostError, match="no frame 2"):
        volume_from_image(scene, mine, "4D", 2)


def test_a_channel_of_a_vector_volume_must_be_chosen(scene: Any) -> None:
    from vtkmodules.util.numpy_support import numpy_to_vtk

    mine = image(np.uint8)
    volume = volume_from_image(scene, mine, "color")
    colors = np.arange(72, dtype=np.uint8).reshape(24, 3)
    volume.GetImageData().GetPointData().SetScalars(numpy_to_vtk(colors, deep=True))
    assert channels_of(volume) == 3
    for wrong in (None, 3, -1):
        with pytest.raises(OptionError, match="channel"):
            image_from_volume(volume, wrong)
    np.testing.assert_array_equal(image_from_volume(volume, 1).array.ravel(), colors[:, 1])


def test_volumes_without_voxels_and_sheared_grids_are_refused(scene: Any) -> None:
    empty = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "empty")
    with pytest.raises(HostError, match="'empty' has no voxels"):
        image_from_volume(empty)
    affine = np.eye(4)
    affine[0, 1] = 0.5
    with pytest.raises(HostError, match="right angles"):
        volume_from_image(scene, Image(np.zeros((2, 2, 2)), Geometry((2, 2, 2), affine)), "sheared")


def test_only_the_channel_of_a_scalar_volume_is_allowed(scene: Any) -> None:
    volume = volume_from_image(scene, image(), "CT")
    assert image_from_volume(volume, 0).array.shape == (1, 2, 3, 4)
    with pytest.raises(OptionError, match="the only one"):
        image_from_volume(volume, 1)


def test_the_first_window_shows_soft_tissue_of_ct_and_nearly_all_of_others() -> None:
    from MultiLabelSegLib.host.mrml_volumes import first_window

    def image(values: list[float]) -> Image:
        kind = np.int16 if np.isfinite(values).all() else np.float32
        return Image(np.resize(np.array(values, kind), (1, 5, 10, 20)), Geometry((5, 10, 20), np.eye(4)))

    assert first_window(image([-1000, 0, 40, 900])) == (-160, 240)
    assert first_window(image([0, 100, 700])) == (0, 700)
    assert first_window(image([7])) == (7, 8)
    assert first_window(image([0.0, np.nan, 100.0, np.inf, 700.0])) == (0, 700)
    assert first_window(image([np.nan])) == (0, 1)
