"""Slices of a frame: shapes, spacing, points and boxes of every plane."""

from __future__ import annotations

import numpy as np
import pytest

from MultiLabelSegLib.core import Box, Geometry
from MultiLabelSegLib.errors import ToolError
from MultiLabelSegLib.tools.slices import PLANES, SliceOf

GEOMETRY = Geometry.from_parts((4, 5, 6), (0.5, 1.0, 2.0))
FRAME = np.arange(120).reshape(4, 5, 6)


@pytest.mark.parametrize(
    ("plane", "shape", "spacing", "last"),
    [("axial", (5, 6), (1.0, 0.5), 3), ("coronal", (4, 6), (2.0, 0.5), 4), ("sagittal", (4, 5), (2.0, 1.0), 5)],
)
def test_shape_and_spacing_are_those_of_rows_and_columns(
    plane: str, shape: tuple[int, int], spacing: tuple[float, float], last: int
) -> None:
    where = SliceOf(GEOMETRY, plane, last)
    assert (where.shape, where.spacing) == (shape, spacing)
    assert where.take(FRAME).shape == shape
    with pytest.raises(ToolError, match=rf"{plane} slice {last + 1} is outside of the image, which has 0...{last}"):
        SliceOf(GEOMETRY, plane, last + 1)
    with pytest.raises(ToolError, match="outside"):
        SliceOf(GEOMETRY, plane, -1)


@pytest.mark.parametrize("plane", PLANES)
def test_points_boxes_and_pixels_belong_together(plane: str) -> None:
    where = SliceOf(GEOMETRY, plane, 2)
    pixels = where.take(FRAME)
    for row, column in np.ndindex(where.shape):
        i, j, k = where.point_ijk(column, row)
        assert FRAME[int(k), int(j), int(i)] == pixels[row, column]
        assert where.point_of((i, j, k)) == (column, row)
        box = where.box_of((row, column), (row + 1, column + 1))
        assert FRAME[box.slices].item() == pixels[row, column]
    np.testing.assert_array_equal(FRAME[where.box.slices], where.thick(pixels))
    points = np.array([where.point_ijk(1.5, 0.25), where.point_ijk(3, 2)])
    assert where.flattened(points).tolist() == [[1.5, 0.25], [3, 2]]


def test_a_slice_is_a_view_of_the_frame() -> None:
    frame = FRAME.copy()
    SliceOf(GEOMETRY, "coronal", 1).take(frame)[0, 0] = 999
    assert frame[0, 1, 0] == 999


def test_a_rectangle_is_one_voxel_thick() -> None:
    assert SliceOf(GEOMETRY, "sagittal", 3).box_of((1, 2), (3, 5)) == Box((1, 2, 3), (3, 5, 4))


def test_planes_have_three_names() -> None:
    with pytest.raises(ToolError, match="no plane 'oblique'; there are axial, coronal, sagittal"):
        SliceOf(GEOMETRY, "oblique", 0)
