"""Reading a frame on an oblique plane."""

from __future__ import annotations

import numpy as np
import pytest

from MultiLabelSegLib.core import Geometry
from MultiLabelSegLib.errors import ToolError
from MultiLabelSegLib.ops.reslice import reslice
from MultiLabelSegLib.tools.oblique import ObliquePlane


@pytest.fixture
def frame() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 1000, (6, 9, 11)).astype(np.int16)


def test_planes_along_the_axes_are_the_slices(frame: np.ndarray) -> None:
    for method in ("nearest", "linear"):
        np.testing.assert_array_equal(reslice(frame, (2, 0, 0), (0, 1, 0), (0, 0, 1), (9, 11), method), frame[2])
        np.testing.assert_array_equal(reslice(frame, (0, 4, 0), (1, 0, 0), (0, 0, 1), (6, 11), method), frame[:, 4])
        np.testing.assert_array_equal(reslice(frame, (0, 0, 7), (1, 0, 0), (0, 1, 0), (6, 9), method), frame[:, :, 7])


def test_linear_reading_of_a_linear_field_is_exact_on_any_plane() -> None:
    k, j, i = np.ogrid[:20, :20, :20]
    frame = 3.0 * k - 2.0 * j + 0.5 * i + 7
    origin, down, right = np.array([5.2, 4.1, 6.3]), np.array([0.3, 0.4, -0.1]), np.array([0.2, -0.1, 0.6])
    found = reslice(frame, origin, down, right, (12, 10), "linear")
    for row, column in ((0, 0), (11, 9), (4, 7)):
        at = origin + row * down + column * right
        assert found[row, column] == pytest.approx(3 * at[0] - 2 * at[1] + 0.5 * at[2] + 7)


def test_reading_agrees_with_scipys_map_coordinates(frame: np.ndarray) -> None:
    from scipy import ndimage

    origin, down, right = (
        np.array([0.41, 1.23, 0.37]),
        np.array([0.313, 0.527, 0.103]),
        np.array([0.137, -0.061, 0.717]),
    )
    at = origin[:, None, None] + down[:, None, None] * np.arange(9)[:, None] + right[:, None, None] * np.arange(12)
    within = ((at >= 0) & (at <= np.array(frame.shape).reshape(3, 1, 1) - 1)).all(axis=0)
    found = reslice(frame, origin, down, right, (9, 12), "linear", outside=-5)
    expected = ndimage.map_coordinates(frame.astype(np.float64), at, order=1)
    assert within.sum() > 50
    np.testing.assert_allclose(found[within], expected[within])
    np.testing.assert_array_equal(
        reslice(frame, origin, down, right, (9, 12))[within],
        ndimage.map_coordinates(frame, np.floor(at + 0.5), order=0)[within],
    )


def test_a_voxel_ends_half_a_step_from_its_centre() -> None:
    frame = np.array([[[5, 7]]], np.uint8)
    found = reslice(frame, (0, 0, -0.75), (0, 1, 0), (0, 0, 0.25), (1, 11), outside=9)
    assert found.dtype == np.uint8
    assert found.tolist() == [[9, 5, 5, 5, 5, 7, 7, 7, 7, 9, 9]]
    linear = reslice(frame, (0, 0, -0.75), (0, 1, 0), (0, 0, 0.25), (1, 11), "linear", 9)
    assert linear.tolist() == [[9, 5, 5, 5, 5.5, 6, 6.5, 7, 7, 9, 9]]


def test_what_is_no_number_spoils_no_neighbour_that_it_does_not_reach() -> None:
    frame = np.array([[[1.0, np.nan, 3.0]]], np.float32)
    found = reslice(frame, (0, 0, 0), (0, 1, 0), (0, 0, 1), (1, 3), "linear")
    assert found.dtype == np.float32
    assert found[0, 0] == 1
    assert found[0, 2] == 3
    assert np.isnan(found[0, 1])


@pytest.mark.parametrize(
    ("origin", "down", "right", "shape", "said"),
    [
        ((0, 0, 0), (0, 0, 0), (0, 0, 1), (2, 2), "span no plane"),
        ((0, 0, 0), (0, 1, 1), (0, 2, 2), (2, 2), "span no plane"),
        ((0, 0, np.nan), (0, 1, 0), (0, 0, 1), (2, 2), "finite"),
        ((0, 0), (0, 1), (1, 0), (2, 2), "three"),
        ((0, 0, 0), (0, 1, 0), (0, 0, 1), (0, 2), "at least one sample"),
    ],
)
def test_a_plane_that_is_none_is_refused(
    frame: np.ndarray, origin: object, down: object, right: object, shape: tuple[int, int], said: str
) -> None:
    with pytest.raises(ToolError, match=said):
        reslice(frame, origin, down, right, shape)
    with pytest.raises(ToolError, match="cubic"):
        reslice(frame, (0, 0, 0), (0, 1, 0), (0, 0, 1), (2, 2), "cubic")


def test_an_oblique_plane_in_mm_meets_the_voxels_at_their_places() -> None:
    turned = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])
    geometry = Geometry.from_parts((6, 9, 11), (2.0, 3.0, 4.0), (10, 20, 30), turned)
    frame = np.arange(6 * 9 * 11).reshape(6, 9, 11)
    corner = geometry.lps_from_ijk([1, 2, 3])
    right, down = tuple(5 * geometry.direction[:, 0]), tuple(geometry.direction[:, 2])
    plane = ObliquePlane(geometry, tuple(corner), right, down, (3, 8), (4.0, 2.0))
    np.testing.assert_array_equal(plane.take(frame), frame[3:6, 2, 1:9])
    np.testing.assert_allclose(plane.point_lps(4, 2), geometry.lps_from_ijk([5, 2, 5]))


def test_a_plane_at_45_degrees_reads_the_diagonal() -> None:
    geometry = Geometry.from_parts((8, 8, 8), (1, 1, 1))
    frame = np.random.default_rng(1).integers(0, 99, (8, 8, 8))
    plane = ObliquePlane(geometry, (0, 0, 0), (1, 1, 0), (0, 0, 1), (8, 8), (1.0, 2**0.5))
    np.testing.assert_array_equal(plane.take(frame), frame[:, np.arange(8), np.arange(8)])
    for fields in ({"spacing": (0.0, 1.0)}, {"right_lps": (0, 0, 0)}, {"down_lps": (0, np.nan, 1)}):
        given = {"spacing": (1.0, 1.0), "right_lps": (1, 1, 0), "down_lps": (0, 0, 1)} | fields
        with pytest.raises(ToolError, match=r"positive|finite"):
            ObliquePlane(geometry, (0, 0, 0), shape=(8, 8), **given)
