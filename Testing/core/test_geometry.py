"""Where voxels are: parts and affine, LPS and RAS, boxes of a lattice, MITK's tolerances, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from MultiLabelSegLib.core import Geometry
from MultiLabelSegLib.core.geometry import lps_from_ras, ras_from_lps
from MultiLabelSegLib.errors import GeometryError

#: i, j, k run along -y, z, -x: a rotation that no identity hides
TURNED = [[0.0, 0.0, -1.0], [-1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]


def a_geometry() -> Geometry:
    return Geometry.from_parts((2, 3, 4), (0.5, 1.5, 3.0), (10.0, 20.0, 30.0), TURNED)


def test_voxel_centres_follow_the_columns_of_direction() -> None:
    geometry = a_geometry()
    assert geometry.lps_from_ijk([0, 0, 0]).tolist() == [10, 20, 30]
    assert geometry.lps_from_ijk([2, 0, 0]).tolist() == [10, 19, 30]
    assert geometry.lps_from_ijk([0, 2, 0]).tolist() == [10, 20, 33]
    assert geometry.lps_from_ijk([[0, 0, 1], [0, 0, 2]]).tolist() == [[7, 20, 30], [4, 20, 30]]


def test_parts_come_back_from_the_affine() -> None:
    geometry = a_geometry()
    assert geometry.spacing == (0.5, 1.5, 3.0)
    assert geometry.origin == (10.0, 20.0, 30.0)
    assert geometry.direction.tolist() == TURNED
    assert geometry.size == (4, 3, 2)
    assert geometry.full_shape == (1, 2, 3, 4)
    assert geometry.voxels == 24
    assert geometry.voxel_volume_mm3 == pytest.approx(2.25)


def test_ras_differs_from_lps_by_the_signs_of_x_and_y() -> None:
    geometry = a_geometry()
    assert (geometry.ijk_to_ras[:3, 3]).tolist() == [-10, -20, 30]
    assert lps_from_ras(ras_from_lps(geometry.ijk_to_lps)).tolist() == geometry.ijk_to_lps.tolist()


@given(st.lists(st.floats(-500, 500), min_size=3, max_size=3))
def test_points_return_to_their_indices(point: list[float]) -> None:
    geometry = a_geometry()
    np.testing.assert_allclose(geometry.ijk_from_lps(geometry.lps_from_ijk(point)), point, atol=1e-9)


@pytest.mark.parametrize(
    ("parts", "what"),
    [
        ({"shape": (2, 3)}, "three whole sizes"),
        ({"shape": (2, 3, 4, 5)}, "three whole sizes"),
        ({"shape": (2, 0, 4)}, "at least 1"),
        ({"shape": (2, 3.5, 4)}, "whole"),
        ({"spacing": (1, 1)}, "spacing must be 3 numbers"),
        ({"spacing": (1, 0, 1)}, "positive"),
        ({"spacing": (1, -1, 1)}, "positive"),
        ({"spacing": (1, float("nan"), 1)}, "finite"),
        ({"spacing": "abc"}, "numbers"),
        ({"origin": (1, 2)}, "origin"),
        ({"origin": (1, 2, float("inf"))}, "finite"),
        ({"direction": np.eye(2)}, "direction"),
        ({"direction": np.zeros((3, 3))}, "singular"),
        ({"direction": [[1, 1, 0], [0, 0, 0], [0, 0, 1]]}, "singular"),
        ({"spacing": (1e300, 1e300, 1e300)}, "singular"),
        ({"time_steps": 0}, "time steps"),
        ({"time_steps": 2.5}, "time steps"),
        ({"time_steps": 2, "time_bounds": (0, 1)}, "time bounds"),
        ({"time_steps": 2, "time_bounds": (0, 2, 1)}, "rising"),
        ({"time_steps": 1, "time_bounds": (0, "x")}, "numbers"),
    ],
)
def test_impossible_geometries_are_refused(parts: dict[str, object], what: str) -> None:
    given_parts: dict[str, object] = {"shape": (2, 3, 4), **parts}
    with pytest.raises(GeometryError, match=what):
        Geometry.from_parts(**given_parts)  # type: ignore[arg-type]


def test_affine_must_be_4x4_and_is_not_changed_afterwards() -> None:
    with pytest.raises(GeometryError, match="4 x 4"):
        Geometry((1, 1, 1), np.eye(3))
    affine = np.eye(4)
    geometry = Geometry((1, 1, 1), affine)
    affine[0, 3] = 7
    assert geometry.origin == (0, 0, 0)
    with pytest.raises(ValueError, match="read-only"):
        geometry.ijk_to_lps[0, 0] = 2


def test_congruent_within_mitks_tolerances_only() -> None:
    geometry = a_geometry()
    moved = Geometry.from_parts((2, 3, 4), (0.5, 1.5, 3.0), (10.00009, 20.0, 30.0), TURNED)
    farther = Geometry.from_parts((2, 3, 4), (0.5, 1.5, 3.0), (10.0002, 20.0, 30.0), TURNED)
    assert geometry.is_congruent(moved)
    assert not geometry.is_congruent(farther)
    assert geometry.is_congruent(farther, tolerance_mm=1e-3)
    assert "origin" in geometry.differences(farther)[0]
    turned = np.array(TURNED) + [[0, 0, 0], [0, 3e-6, 0], [0, 0, 0]]
    assert not geometry.is_congruent(Geometry.from_parts((2, 3, 4), (0.5, 1.5, 3.0), (10.0, 20.0, 30.0), turned))


def test_differences_name_size_spacing_and_time() -> None:
    geometry = a_geometry()
    other = Geometry.from_parts((2, 3, 5), (0.5, 1.6, 3.0), (10.0, 20.0, 30.0), TURNED, 2)
    assert [text.split()[0] for text in geometry.differences(other)] == ["size", "spacing", "1"]
    assert len(geometry.differences(other, check_time=False)) == 2


def test_a_crop_lies_where_it_was_cut() -> None:
    geometry = Geometry.from_parts((6, 7, 8), (0.5, 1.5, 3.0), (10.0, 20.0, 30.0), TURNED)
    part = geometry.cropped((1, 2, 3), (2, 3, 4))
    assert part.shape == (2, 3, 4)
    np.testing.assert_allclose(part.lps_from_ijk([0, 0, 0]), geometry.lps_from_ijk([3, 2, 1]))
    assert geometry.offset_of(part) == (1, 2, 3)
    assert part.offset_of(geometry) == (-1, -2, -3)


def test_another_lattice_has_no_offset() -> None:
    geometry = a_geometry()
    assert geometry.offset_of(Geometry.from_parts((2, 3, 4), (0.5, 1.5, 3.1), (10.0, 20.0, 30.0), TURNED)) is None
    shifted = Geometry.from_parts((2, 3, 4), (0.5, 1.5, 3.0), (10.2, 20.0, 30.0), TURNED)
    assert geometry.offset_of(shifted) is None


def test_equal_geometries_are_equal_and_hash_alike() -> None:
    assert a_geometry() == a_geometry()
    assert len({a_geometry(), a_geometry()}) == 1
    assert a_geometry() != a_geometry().with_time(2)
    assert a_geometry() != "geometry"


def test_plain_time_bounds_are_the_same_as_none() -> None:
    plain = Geometry.from_parts((1, 1, 1), time_steps=2, time_bounds=(0, 1, 2))
    assert plain.time_bounds is None
    assert plain == Geometry.from_parts((1, 1, 1), time_steps=2)
    assert plain.bounds == (0, 1, 2)
    assert plain.with_time(2, (0, 5, 7)).bounds == (0, 5, 7)


def test_shear_is_noticed_and_rotation_is_not() -> None:
    assert not a_geometry().is_sheared
    sheared = np.eye(4)
    sheared[0, 1] = 0.1
    assert Geometry((1, 1, 1), sheared).is_sheared


def test_text_names_sizes_along_i_j_k_and_frames() -> None:
    assert str(a_geometry()) == "4 x 3 x 2, spacing (0.5, 1.5, 3) mm, origin (10, 20, 30) mm"
    assert "x 5 frames" in str(a_geometry().with_time(5))
