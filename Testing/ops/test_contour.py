"""Polygons on a pixel grid: which centres they hold, and outlines that give the mask back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from MultiLabelSegLib.errors import ToolError
from MultiLabelSegLib.ops.contour import fill_polygon, fill_polygons, outlines


def filled(polygons: object, shape: tuple[int, int]) -> np.ndarray:
    (top, left), block = fill_polygons(polygons, shape)
    whole = np.zeros(shape, np.bool_)
    whole[top : top + block.shape[0], left : left + block.shape[1]] = block
    return whole


def text(mask: np.ndarray) -> list[str]:
    return ["".join(".#"[int(value)] for value in row) for row in mask]


def winding_inside(polygon: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Another way: a ray to the right from each centre, one pixel at a time."""
    result = np.zeros(shape, np.bool_)
    for row, column in np.ndindex(shape):
        for (x0, y0), (x1, y1) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
            if (y0 > row) != (y1 > row) and column < x0 + (row - y0) * (x1 - x0) / (y1 - y0):
                result[row, column] ^= True
    return result


def test_centres_on_the_border_belong() -> None:
    assert text(filled([[(1, 1), (4, 1), (4, 3), (1, 3)]], (5, 6))) == [
        "......",
        ".####.",
        ".####.",
        ".####.",
        "......",
    ]
    assert text(filled([[(3, 0), (6, 3), (3, 6), (0, 3)]], (7, 7))) == [
        "...#...",
        "..###..",
        ".#####.",
        "#######",
        ".#####.",
        "..###..",
        "...#...",
    ]


def test_rounding_does_not_move_centres_off_the_border() -> None:
    near = np.array([(1, 1), (4, 1), (4, 3), (1, 3)]) + np.array([(1, 1), (-1, 1), (-1, -1), (1, -1)]) * 1e-9
    np.testing.assert_array_equal(filled([near], (5, 6)), filled([[(1, 1), (4, 1), (4, 3), (1, 3)]], (5, 6)))


def test_a_polygon_in_another_is_a_hole_and_its_border_belongs() -> None:
    outer = [(0, 0), (8, 0), (8, 6), (0, 6)]
    inner = [(1.5, 1.5), (6.5, 1.5), (6.5, 4.5), (1.5, 4.5)]
    assert text(filled([outer, inner], (7, 9)))[2] == "##.....##"
    assert text(filled([outer, [(2, 2), (6, 2), (6, 4), (2, 4)]], (7, 9)))[3] == "###...###"


def test_a_figure_of_eight_holds_both_loops() -> None:
    found = filled([[(0, 0), (8, 8), (8, 0), (0, 8)]], (9, 9))
    assert found[4, 0]
    assert found[4, 8]
    assert not found[0, 4]
    assert found.sum() == 2 * 25 - 1


@given(
    hnp.arrays(np.float64, st.tuples(st.integers(3, 9), st.just(2)), elements=st.floats(-6, 22, width=16)),
    st.tuples(st.integers(1, 14), st.integers(1, 14)),
)
def test_inside_is_what_a_ray_finds_but_for_centres_on_the_border(polygon: np.ndarray, shape: tuple[int, int]) -> None:
    polygon = polygon + (2**0.5 / 100, 3**0.5 / 70)  # off the centres
    np.testing.assert_array_equal(filled([polygon], shape), winding_inside(polygon, shape))


@given(hnp.arrays(np.int16, st.tuples(st.integers(3, 8), st.just(2)), elements=st.integers(-4, 16)))
def test_what_is_cut_off_at_the_border_does_not_matter(polygon: np.ndarray) -> None:
    wide = filled([polygon + 10], (40, 40))
    np.testing.assert_array_equal(filled([polygon], (9, 11)), wide[10:19, 10:21])


@pytest.mark.slicer_core
def test_polygons_are_filled_as_vtks_stencil_fills_them_which_mitk_uses() -> None:
    import vtk
    from vtk.util.numpy_support import vtk_to_numpy

    def stencilled(polygon: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
        points, lines = vtk.vtkPoints(), vtk.vtkCellArray()
        lines.InsertNextCell(len(polygon) + 1)
        for number, (x, y) in enumerate(polygon):
            points.InsertNextPoint(x, y, 0)
            lines.InsertCellPoint(number)
        lines.InsertCellPoint(0)
        data, stencil, image = vtk.vtkPolyData(), vtk.vtkPolyDataToImageStencil(), vtk.vtkImageStencilToImage()
        data.SetPoints(points)
        data.SetLines(lines)
        stencil.SetInputData(data)
        stencil.SetTolerance(1e-7)
        stencil.SetOutputWholeExtent(0, shape[1] - 1, 0, shape[0] - 1, 0, 0)
        stencil.Update()
        image.SetInputData(stencil.GetOutput())
        image.SetInsideValue(1)
        image.SetOutsideValue(0)
        image.Update()
        return vtk_to_numpy(image.GetOutput().GetPointData().GetScalars()).reshape(shape).astype(np.bool_)

    rng = np.random.default_rng(1)
    for number in range(300):
        corners = rng.integers(3, 10)
        on_grid = rng.integers(-2, 20, (corners, 2)).astype(np.float64)
        polygon = on_grid if number % 2 else rng.uniform(-3, 22, (corners, 2))
        np.testing.assert_array_equal(filled([polygon], (18, 20)), stencilled(polygon, (18, 20)), str(polygon.tolist()))


def test_polygons_without_area_or_outside_hold_nothing() -> None:
    for polygon in ([], [(1, 1)], [(0.2, 0.2), (0.7, 0.2), (0.4, 0.8)], [(20, 2), (30, 2), (25, 9)]):
        assert not filled([polygon], (5, 6)).any()


def test_far_away_points_cost_no_memory() -> None:
    far = [(-1e12, -1e12), (1e12, -1e12), (1e12, 1e12), (-1e12, 1e12)]
    assert filled([far], (4, 5)).all()


@pytest.mark.parametrize("points", [[(1, 2, 3)] * 3, [(0, 0), (1, np.nan), (2, 2)], [(0, np.inf), (1, 1), (2, 2)]])
def test_points_that_are_no_finite_pairs_are_refused(points: list[tuple[float, ...]]) -> None:
    with pytest.raises(ToolError, match="finite points"):
        fill_polygon(points, (5, 5))


@given(hnp.arrays(np.bool_, st.tuples(st.integers(1, 9), st.integers(1, 9))))
def test_outlines_give_the_mask_back(mask: np.ndarray) -> None:
    found = outlines(mask)
    np.testing.assert_array_equal(filled(found, mask.shape), mask)
    for polygon in found:
        steps = np.diff(np.vstack((polygon, polygon[:1])), axis=0)
        assert ((steps == 0).sum(axis=1) == 1).all(), "only along pixel edges"
        following = np.roll(steps, -1, axis=0)
        assert ((steps * following).sum(axis=1) == 0).all(), "only corners are kept"


def test_pixels_that_touch_at_corners_are_apart_and_holes_run_the_other_way() -> None:
    assert len(outlines(np.eye(3, dtype=np.bool_))) == 3
    ring = np.ones((3, 3), np.bool_)
    ring[1, 1] = False
    outer, hole = outlines(ring)
    assert (outer.tolist(), hole.tolist()) == (
        [[-0.5, -0.5], [2.5, -0.5], [2.5, 2.5], [-0.5, 2.5]],
        [[0.5, 0.5], [0.5, 1.5], [1.5, 1.5], [1.5, 0.5]],
    )
    assert outlines(np.zeros((4, 4), np.bool_)) == []
