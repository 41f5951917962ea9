"""Surfaces of masks and labels: closed, facing outward, in the right place."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from MultiLabelSegLib.ops.surface import (
    decimated,
    enclosed_volume,
    marching_cubes,
    surface_area,
    surface_nets,
    voxels_inside,
)


def ball(radius: float, size: int = 30) -> NDArray[np.bool_]:
    grid = np.ogrid[:size, :size, :size]
    return np.asarray(sum((axis - (size - 1) / 2) ** 2 for axis in grid) < radius**2)


def edge_counts(triangles: NDArray[np.int64]) -> set[int]:
    edges = np.concatenate((triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]))
    return set(np.unique(np.sort(edges, axis=1), axis=0, return_counts=True)[1].tolist())


def test_one_voxel_is_an_octahedron_half_a_voxel_around_its_centre() -> None:
    mask = np.zeros((1, 1, 1), np.bool_)
    mask[:] = True
    points, triangles = marching_cubes(mask)
    assert sorted(map(tuple, points.tolist())) == sorted(
        tuple(sign * 0.5 if axis == other else 0.0 for other in range(3)) for axis in range(3) for sign in (-1, 1)
    )
    assert len(triangles) == 8
    assert enclosed_volume(points, triangles) == pytest.approx(1 / 6)
    assert surface_area(points, triangles) == pytest.approx(8 * np.sqrt(3) / 8)


def test_points_are_in_the_order_i_j_k() -> None:
    mask = np.zeros((3, 5, 9), np.bool_)
    mask[1, 2, 7] = True
    assert marching_cubes(mask)[0].mean(axis=0).tolist() == [7.0, 2.0, 1.0]
    nets = surface_nets(mask.view(np.uint8), np.array([1]), 0)
    assert nets[1][0].mean(axis=0).tolist() == [7.0, 2.0, 1.0]


def test_a_ball_encloses_its_voxels_and_is_watertight_also_at_the_border() -> None:
    mask = ball(10)
    points, triangles = marching_cubes(mask)
    assert edge_counts(triangles) == {2}
    assert enclosed_volume(points, triangles) == pytest.approx(mask.sum(), rel=0.01)
    cut = mask[15:]
    assert edge_counts(marching_cubes(cut)[1]) == {2}
    assert enclosed_volume(*marching_cubes(cut)) == pytest.approx(cut.sum(), rel=0.04)


def test_smoothing_brings_the_area_of_a_ball_near_that_of_a_sphere() -> None:
    mask = ball(12)
    rough, smooth = (surface_nets(mask.view(np.uint8), np.array([1]), count)[1] for count in (0, 16))
    exact = 4 * np.pi * 12**2
    assert surface_area(*rough) > 1.2 * exact
    assert surface_area(*smooth) == pytest.approx(exact, rel=0.07)
    assert enclosed_volume(*smooth) == pytest.approx(mask.sum(), rel=0.02)


def test_neighbours_share_their_border_and_both_face_outward() -> None:
    values = ball(10).astype(np.uint16) * 300
    values[:15][ball(10)[:15]] = 70
    found = surface_nets(values, np.array([70, 300, 5]), 16)
    assert set(found) == {70, 300}
    for value, (points, triangles) in found.items():
        assert edge_counts(triangles) == {2}
        assert enclosed_volume(points, triangles) == pytest.approx((values == value).sum(), rel=0.08)
    shared = {tuple(point) for point in found[70][0].tolist()} & {tuple(point) for point in found[300][0].tolist()}
    assert len(shared) > 200


def test_decimation_takes_the_share_of_triangles_and_keeps_the_volume() -> None:
    points, triangles = marching_cubes(ball(10))
    fewer_points, fewer = decimated(points, triangles, 0.5)
    assert len(fewer) == pytest.approx(len(triangles) / 2, rel=0.02)
    assert enclosed_volume(fewer_points, fewer) == pytest.approx(enclosed_volume(points, triangles), rel=0.01)


@pytest.mark.parametrize("radius", [0.9, 3.2, 9.7])
def test_the_voxels_inside_of_a_surface_are_those_that_it_was_made_of(radius: float) -> None:
    mask = ball(radius)[:, :25, 2:]
    np.testing.assert_array_equal(voxels_inside(*marching_cubes(mask), mask.shape), mask)
