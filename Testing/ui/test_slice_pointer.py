"""Pixels of a slice view and voxels of the grid, on grids that are flipped, anisotropic and turned."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from MultiLabelSegLib import Geometry
from MultiLabelSegLib.ui.tools.slice_pointer import SlicePointer

#: i to the left, j to the back, k up; 0.5, 1 and 3 mm
A_GRID = Geometry((10, 20, 30), np.diag([0.5, 1.0, 3.0, 1.0]))


def a_view(right: tuple[float, ...], down: tuple[float, ...], corner: tuple[float, ...]) -> np.ndarray:
    matrix = np.eye(4)
    matrix[:3, 0], matrix[:3, 1], matrix[:3, 3] = right, down, corner
    matrix[:3, 2] = np.cross(matrix[:3, 0], matrix[:3, 1])
    return matrix


def test_an_axial_view_tells_plane_slice_and_point() -> None:
    pointer = SlicePointer(A_GRID, a_view((0.25, 0, 0), (0, 0.25, 0), (1.0, 2.0, 12.4)))
    assert (pointer.plane, pointer.slice, pointer.pixel_mm) == ("axial", 4, 0.25)
    assert pointer.point_ijk(2, 4) == pytest.approx((3.0, 3.0, 4))
    assert pointer.point_lps(2, 4) == pytest.approx((1.5, 3.0, 12.0))


def test_coronal_and_sagittal_views_are_told_apart() -> None:
    coronal = SlicePointer(A_GRID, a_view((1, 0, 0), (0, 0, -1), (0, 7.0, 20)))
    sagittal = SlicePointer(A_GRID, a_view((0, 1, 0), (0, 0, -1), (4.1, 0, 20)))
    assert (coronal.plane, coronal.slice) == ("coronal", 7)
    assert (sagittal.plane, sagittal.slice) == ("sagittal", 8)
    assert coronal.point_ijk(5, 5) == pytest.approx((10, 7, 5))


def test_a_tilted_view_is_oblique_and_keeps_its_points() -> None:
    pointer = SlicePointer(A_GRID, a_view((1, 0, 0), (0, 0.96, 0.28), (0, 0, 3)))
    assert (pointer.plane, pointer.slice) == (None, 0)
    assert pointer.point_ijk(2, 10) == pytest.approx((4, 9.6, (3 + 2.8) / 3))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_pixels_come_back_on_any_grid(seed: int) -> None:
    draw = np.random.default_rng(seed)
    turn, _ = np.linalg.qr(draw.normal(size=(3, 3)))
    affine = np.eye(4)
    affine[:3, :3] = turn * draw.uniform(0.3, 4, 3)
    affine[:3, 3] = draw.uniform(-100, 100, 3)
    geometry = Geometry((9, 8, 7), affine)
    axis = int(draw.integers(3))
    others = [turn[:, other] * draw.choice([-0.4, 0.4]) for other in range(3) if other != axis]
    middle = geometry.lps_from_ijk([[3, 4, 5]])[0]
    pointer = SlicePointer(geometry, a_view(tuple(others[0]), tuple(others[1]), tuple(middle)))
    assert (pointer.plane, pointer.slice) == (("sagittal", "coronal", "axial")[axis], (3, 4, 5)[axis])
    assert pointer.pixel_mm == pytest.approx(0.4)
    xy = draw.uniform(-50, 50, (5, 2))
    there = np.array([pointer.point_ijk(x, y) for x, y in xy])
    np.testing.assert_allclose(pointer.pixels(there), xy, atol=1e-6)
