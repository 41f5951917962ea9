"""Axes toward R, A, S by permuting and flipping alone, held against nibabel; masks found on a volume's grid."""

from __future__ import annotations

from itertools import permutations, product

import nibabel as nib
import numpy as np
import pytest

from MultiLabelSegLib.core import Geometry
from MultiLabelSegLib.core.geometry import lps_from_ras
from MultiLabelSegLib.datasets.supervisely.masks.alignment import Reordering, lattice_place, placed_on, ras_reordering

SIZE = (2, 3, 4)  #: i, j, k
SPACING = (0.5, 1.25, 2.0)
ORIGIN_RAS = (-7.375, 11.0625, 5.5)
ALL_48 = [Reordering(axes, flips) for axes in permutations(range(3)) for flips in product((False, True), repeat=3)]


def tilted(axis: int, degrees: float) -> np.ndarray:
    """A rotation about an axis of RAS, 3x3."""
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    matrix = np.eye(3)
    a, b = (axis + 1) % 3, (axis + 2) % 3
    matrix[a, a] = matrix[b, b] = cos
    matrix[b, a], matrix[a, b] = sin, -sin
    return matrix


def ras_geometry(rotation: np.ndarray | None = None) -> Geometry:
    """A small grid whose axes run toward R, A, S, turned by ``rotation``."""
    affine = np.eye(4)
    affine[:3, :3] = (np.eye(3) if rotation is None else rotation) * SPACING
    affine[:3, 3] = ORIGIN_RAS
    return Geometry((SIZE[2], SIZE[1], SIZE[0]), lps_from_ras(affine))


def numbered(geometry: Geometry) -> np.ndarray:
    """Every voxel (k, j, i) another number."""
    return np.arange(geometry.voxels, dtype=np.int16).reshape(geometry.shape)


def canonical_of_nibabel(array: np.ndarray, geometry: Geometry) -> tuple[np.ndarray, np.ndarray]:
    image = nib.as_closest_canonical(nib.Nifti1Image(array.T, geometry.ijk_to_ras))
    return np.asarray(image.dataobj).T, image.affine


@pytest.mark.parametrize("stored", ALL_48, ids=str)
def test_every_orientation_comes_back_to_ras_as_in_nibabel(stored: Reordering) -> None:
    ras = ras_geometry()
    geometry, array = stored.geometry(ras), stored.array(numbered(ras))
    found = ras_reordering(geometry)
    expected, affine = canonical_of_nibabel(array, geometry)
    assert found == stored.inverse
    assert np.array_equal(found.array(array), expected)
    assert np.array_equal(found.array(array), numbered(ras))
    assert np.array_equal(found.geometry(geometry).ijk_to_ras, affine)
    assert np.array_equal(found.geometry(geometry).ijk_to_ras, ras.ijk_to_ras)


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("stored", [ALL_48[0], ALL_48[7], ALL_48[13], ALL_48[26], ALL_48[39]], ids=str)
def test_a_tilt_of_20_degrees_is_kept_and_not_mirrored(stored: Reordering, axis: int) -> None:
    ras = ras_geometry(tilted(axis, 20.0))
    geometry, array = stored.geometry(ras), stored.array(numbered(ras))
    found = ras_reordering(geometry)
    expected, affine = canonical_of_nibabel(array, geometry)
    assert np.array_equal(found.array(array), expected)
    assert np.allclose(found.geometry(geometry).ijk_to_ras, affine, rtol=0, atol=1e-12)
    # a mirrored tilt would change the sign of the sine
    a, b = (axis + 1) % 3, (axis + 2) % 3
    assert found.geometry(geometry).ijk_to_ras[b, a] / SPACING[a] == pytest.approx(np.sin(np.radians(20)))


@pytest.mark.parametrize("degrees", [30.0, 44.0, 46.0, 70.0, 135.5])
def test_strong_tilts_choose_their_axes_as_nibabel_does(degrees: float) -> None:
    for axis in range(3):
        geometry = ras_geometry(tilted(axis, degrees) @ tilted((axis + 1) % 3, 17.0))
        array = numbered(geometry)
        expected, affine = canonical_of_nibabel(array, geometry)
        found = ras_reordering(geometry)
        assert np.array_equal(found.array(array), expected)
        assert np.allclose(found.geometry(geometry).ijk_to_ras, affine, rtol=0, atol=1e-12)


@pytest.mark.parametrize("reordering", ALL_48, ids=str)
def test_a_reordering_moves_no_voxel_in_space_and_can_be_taken_back(reordering: Reordering) -> None:
    geometry = ras_geometry(tilted(1, 20.0))
    array = numbered(geometry)[np.newaxis]
    moved, turned = reordering.geometry(geometry), reordering.array(array)
    assert turned.base is not None
    assert turned.shape == moved.full_shape
    for index in np.ndindex(*moved.shape):
        here = moved.lps_from_ijk(index[::-1])
        there = np.rint(geometry.ijk_from_lps(here)).astype(int)
        assert np.allclose(geometry.lps_from_ijk(there), here, rtol=0, atol=1e-9)
        assert turned[(0, *index)] == array[(0, *there[::-1])]
    back = reordering.inverse
    assert np.array_equal(back.array(turned), array)
    assert np.allclose(back.geometry(moved).ijk_to_lps, geometry.ijk_to_lps, rtol=0, atol=1e-12)
    assert back.inverse == reordering


def test_only_the_reordering_that_changes_nothing_is_the_identity() -> None:
    assert [reordering for reordering in ALL_48 if reordering.is_identity] == [Reordering()]


@pytest.mark.parametrize("stored", ALL_48, ids=str)
def test_a_mask_stored_in_another_order_is_placed_on_the_volume(stored: Reordering) -> None:
    reference = ras_geometry(tilted(2, 20.0))
    rounded = stored.geometry(reference).ijk_to_lps.astype(np.float32)
    mask = Geometry(stored.geometry(reference).shape, rounded)
    assert placed_on(mask, reference) == stored.inverse


def test_a_grid_that_is_shifted_turned_or_of_another_size_is_not_placed() -> None:
    reference = ras_geometry()
    affine = np.array(reference.ijk_to_lps)
    affine[0, 3] += 0.002 * SPACING[0]
    assert placed_on(Geometry(reference.shape, affine), reference) is None
    assert placed_on(ras_geometry(tilted(0, 1.0)), reference) is None
    assert placed_on(reference.cropped((0, 0, 0), (3, 3, 2)), reference) is None
    assert placed_on(ras_geometry(tilted(0, 45.0) @ tilted(1, 45.0)), reference) is None
    affine[0, 3] = reference.ijk_to_lps[0, 3] + 0.0005 * SPACING[0]
    assert placed_on(Geometry(reference.shape, affine), reference) == Reordering()


def test_a_box_of_the_lattice_is_found_where_it_starts() -> None:
    reference = ras_geometry()
    stored = Reordering((2, 0, 1), (True, False, True))
    box = stored.geometry(reference.cropped((1, 0, 1), (2, 2, 1)))
    assert lattice_place(box, reference) == (stored.inverse, (1, 0, 1))
    beyond = stored.geometry(reference.cropped((-1, 2, 0), (9, 2, 1)))
    assert lattice_place(beyond, reference) == (stored.inverse, (-1, 2, 0))
    affine = np.array(reference.ijk_to_lps)
    affine[:3, 1] *= 2
    assert lattice_place(Geometry(reference.shape, affine), reference) is None
