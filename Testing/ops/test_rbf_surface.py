"""The surface through contours: analytic bodies, holes, flat and small contours, and the drawn slices of a mask."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from MultiLabelSegLib.errors import ToolError
from MultiLabelSegLib.ops.contour import fill_polygons
from MultiLabelSegLib.ops.iso_contours import drawn_slices, iso_contours
from MultiLabelSegLib.ops.plane_contours import contour_points
from MultiLabelSegLib.ops.rbf_function import RbfSurface
from MultiLabelSegLib.ops.rbf_grid import rasterized, triangulated
from MultiLabelSegLib.ops.rbf_surface import fit_surface

GRID = np.eye(4)
GRID[:3, 3] = -30
SHAPE = (60, 60, 60)


def circle(radius: float, axis: int, at: float = 0.0, count: int = 120) -> np.ndarray:
    angles = np.linspace(0, 2 * np.pi, count, endpoint=False)
    across = [other for other in range(3) if other != axis]
    points = np.full((count, 3), float(at))
    points[:, across[0]], points[:, across[1]] = radius * np.cos(angles), radius * np.sin(angles)
    return points


def fitted(planes: list[list[np.ndarray]], step: float = 1.0) -> RbfSurface:
    return fit_surface([contour_points(polygons, step) for polygons in planes])


def body(planes: list[list[np.ndarray]], step: float = 1.0) -> np.ndarray:
    corner, mask = rasterized(fitted(planes, step), GRID, SHAPE)
    whole = np.zeros(SHAPE, bool)
    whole[tuple(slice(first, first + size) for first, size in zip(corner, mask.shape, strict=True))] = mask
    return whole


def distances() -> np.ndarray:
    k, j, i = np.meshgrid(*[np.arange(60) - 30.0] * 3, indexing="ij")
    return np.stack((i, j, k))


def test_three_great_circles_give_a_sphere_within_one_voxel() -> None:
    surface = fitted([[circle(20, axis)] for axis in range(3)])
    directions = np.random.default_rng(0).normal(size=(400, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    assert (surface.values(directions * 19) < 0).all()
    assert (surface.values(directions * 21) > 0).all()


def test_parallel_contours_of_a_sphere_give_it_back_with_its_poles_within_one_voxel() -> None:
    planes = [[circle(np.sqrt(400.0 - z * z), 2, z)] for z in range(-16, 17, 4)]
    found, radius = body(planes), np.linalg.norm(distances(), axis=0)
    assert found[radius <= 19].all()
    assert not found[radius > 21].any()


def test_five_contours_of_a_tube_give_its_wall_within_one_voxel() -> None:
    found = body([[circle(10, 2, z)] for z in range(-20, 21, 10)])
    radius = np.linalg.norm(distances()[:2], axis=0)
    within = np.abs(distances()[2]) <= 20
    assert found[within & (radius <= 9)].all()
    assert not found[within & (radius > 11)].any()


def test_a_contour_within_another_is_a_hole_whichever_way_it_runs() -> None:
    for way in (1, -1):
        found = body([[circle(12, 2, z), circle(6, 2, z)[::way]] for z in range(-8, 9, 4)])
        radius = np.linalg.norm(distances()[:2], axis=0)
        within = np.abs(distances()[2]) <= 8
        assert not found[within & (radius <= 5)].any()
        assert found[within & (radius >= 7) & (radius <= 11)].all()


def test_normals_point_outwards_and_into_holes() -> None:
    both = contour_points([circle(12, 2), circle(6, 2)], 1.0)
    outwards = (both.points * both.normals).sum(axis=1)
    outer = np.linalg.norm(both.points, axis=1) > 9
    assert (outwards[outer] > 0).all()
    assert (outwards[~outer] < 0).all()


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_flat_set_of_contours_fills_one_slice_alone(axis: int) -> None:
    found = body([[circle(10, axis)]])
    held = found.any(axis=tuple(other for other in range(3) if other != 2 - axis)).nonzero()[0]
    assert held.tolist() == [30]
    assert np.count_nonzero(found) == pytest.approx(np.pi * 100, rel=0.05)


def test_the_surface_of_a_flat_set_is_closed_and_one_step_thick() -> None:
    pytest.importorskip("vtk")
    points, triangles = triangulated(fitted([[circle(10, 2)]]), GRID)
    assert len(triangles) > 100
    assert 0.4 <= np.abs(points[:, 2]).max() <= 0.75


def test_a_small_contour_beside_a_large_one_is_kept() -> None:
    diamond = np.array([[0.5, 0, 0], [0, 0.5, 0], [-0.5, 0, 0], [0, -0.5, 0]]) + [20, 0, 0]
    found = body([[circle(10, 2, z), diamond + [0, 0, z]] for z in (-4, 0, 4)])
    assert found[26, 30, 50]
    assert found[30, 30, 50]
    assert found[34, 30, 50]


def test_contours_on_an_anisotropic_grid_end_in_the_right_voxels() -> None:
    grid = np.diag([1.0, 1.0, 4.0, 1.0])
    grid[:3, 3] = (-30, -30, -32)
    corner, mask = rasterized(fitted([[circle(20, axis)] for axis in range(3)]), grid, (17, 60, 60))
    k, j, i = (np.arange(size) + first for size, first in zip(mask.shape, corner, strict=True))
    radius = np.sqrt(((4.0 * k - 32) ** 2)[:, None, None] + ((j - 30.0) ** 2)[:, None] + (i - 30.0) ** 2)
    assert mask[radius <= 19].all()
    assert not mask[radius > 21].any()


def test_cells_find_the_same_voxels_as_looking_at_every_one() -> None:
    rng = np.random.default_rng(1)
    planes = [[circle(15, axis, at) * (1, 1.3, 0.7)] for axis in range(3) for at in rng.uniform(-5, 5, 2)]
    surface = fitted(planes)
    corner, mask = rasterized(surface, GRID, SHAPE)
    k, j, i = np.meshgrid(*(np.arange(n) + c for n, c in zip(mask.shape, corner, strict=True)), indexing="ij")
    every = surface.values(np.stack((i, j, k), axis=-1).reshape(-1, 3) - 30.0).reshape(mask.shape) <= 1e-7
    assert np.array_equal(mask, every)


def test_triangles_are_closed_face_outwards_and_lie_on_the_sphere_also_on_a_mirrored_grid() -> None:
    pytest.importorskip("vtk")
    surface = fitted([[circle(20, axis)] for axis in range(3)])
    for grid in (GRID, np.diag([-1.0, 1.0, 1.0, 1.0])):
        points, triangles = triangulated(surface, grid, 20_000)
        assert np.abs(np.linalg.norm(points, axis=1) - 20).max() < 1
        edges = np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=1)
        assert set(np.unique(edges, axis=0, return_counts=True)[1].tolist()) == {2}
        a, b, c = (points[triangles[:, corner]] for corner in range(3))
        volume = float((np.cross(a, b) * c).sum()) / 6
        assert volume == pytest.approx(4 / 3 * np.pi * 8000, rel=0.03)


def test_thousands_of_points_take_few_centres() -> None:
    planes = [[circle(np.sqrt(22.0**2 - at * at), axis, at, 900)] for axis in range(3) for at in range(-20, 21, 2)]
    surface = fitted(planes, 0.5)
    assert len(surface.points) > 4000
    assert len(surface.centres) <= 1200
    assert np.abs(surface.values(surface.points)).max() < 1


def test_both_engines_give_the_same_values(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("numba")
    surface = fitted([[circle(20, axis)] for axis in range(3)])
    points = np.random.default_rng(5).uniform(-30, 30, (500, 3))
    found = []
    for engine in ("never", "always"):
        monkeypatch.setenv("MLSEG_KERNELS", engine)
        found.append(surface.values(points))
    assert found[0] == pytest.approx(found[1], abs=1e-8)


@pytest.mark.parametrize(
    ("polygon", "says"),
    [
        (np.zeros((2, 3)), "at least three"),
        (np.full((4, 3), np.nan), "finite"),
        (np.arange(12.0).reshape(4, 3), "on a line"),
        ([[0, 0, 0], [10, 0, 0], [10, 10, 9], [0, 10, -9]], "beside a plane"),
    ],
)
def test_what_is_no_contour_is_refused(polygon: object, says: str) -> None:
    with pytest.raises(ToolError, match=says):
        contour_points([polygon], 1.0)


def test_no_contours_are_refused() -> None:
    with pytest.raises(ToolError, match="no contours"):
        fit_surface([])


masks = arrays(np.bool_, st.tuples(st.integers(1, 7), st.integers(1, 7)))


@given(masks)
def test_iso_contours_filled_give_the_mask_back(mask: np.ndarray) -> None:
    (top, left), block = fill_polygons(iso_contours(mask), mask.shape)
    found = np.zeros(mask.shape, bool)
    found[top : top + block.shape[0], left : left + block.shape[1]] = block
    assert np.array_equal(found, mask)


def test_iso_contour_of_one_pixel_is_a_diamond_half_a_pixel_around() -> None:
    (diamond,) = iso_contours(np.array([[0, 0], [0, 1]]))
    assert sorted(diamond.tolist()) == [[0.5, 1.0], [1.0, 0.5], [1.0, 1.5], [1.5, 1.0]]


def test_iso_contours_of_an_empty_slice_are_none_and_a_hole_is_one_of_its_own() -> None:
    assert iso_contours(np.zeros((4, 4))) == []
    ring = np.ones((5, 5))
    ring[2, 2] = 0
    assert len(iso_contours(ring)) == 2


def test_drawn_slices_of_three_planes_are_told_from_the_lines_that_they_leave_in_others() -> None:
    k, j, i = np.ogrid[:20, :20, :20]
    ball = (k - 10) ** 2 + (j - 10) ** 2 + (i - 10) ** 2 <= 64
    mask = np.zeros_like(ball)
    for axis, index in ((0, 6), (0, 13), (1, 10), (2, 8)):
        where = (slice(None),) * axis + (index,)
        mask[where] |= ball[where]
    assert drawn_slices(mask) == [(0, 6), (0, 13), (1, 10), (2, 8)]


def test_slices_at_a_gap_count_as_drawn_where_none_stands_alone() -> None:
    mask = np.zeros((20, 8, 8), bool)
    mask[2:6, 1:7, 1:7] = mask[12:16, 1:7, 1:7] = True
    assert drawn_slices(mask) == [(0, 2), (0, 5), (0, 12), (0, 15)]
    assert drawn_slices(np.ones((5, 5, 5), bool)) == []


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (0.8, 0.8, 3.0)])
def test_voxels_far_from_the_surface_need_no_look_at_the_function_itself(spacing: tuple[float, float, float]) -> None:
    rng = np.random.default_rng(4)
    planes = []
    for z in (-9.0, -3.0, 3.0, 9.0):
        radius = np.sqrt(14.0**2 - z * z) + np.cumsum(rng.normal(0, 0.5, 60)) * np.hanning(60)
        angles = np.linspace(0, 2 * np.pi, 60, endpoint=False)
        ring = np.stack([radius * np.cos(angles), radius * np.sin(angles), np.full(60, z)], axis=1)
        planes.append(contour_points([ring], 1.0))
    surface = fit_surface(planes)
    affine = np.diag([*spacing, 1.0])
    affine[:3, 3] = -25
    shape = tuple(int(50 / step) for step in spacing[::-1])
    corner, mask = rasterized(surface, affine, shape)
    voxels = np.indices(mask.shape).reshape(3, -1)[::-1].T + corner[::-1]
    exact = (surface.values(voxels @ affine[:3, :3].T + affine[:3, 3]) <= 1e-7).reshape(mask.shape)
    assert mask.sum() > 1000
    assert 2 * (mask & exact).sum() / (mask.sum() + exact.sum()) > 0.999
