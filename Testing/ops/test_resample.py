"""Label maps on other grids, against SimpleITK and by eye."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

from MultiLabelSegLib.ops.resample import nearest, smooth

EYE, ZERO = np.eye(3), np.zeros(3)


def some_labels(shape: tuple[int, int, int] = (8, 10, 12)) -> np.ndarray:
    coarse = np.random.default_rng(4).integers(0, 4, [-(-size // 3) for size in shape])
    whole = coarse.repeat(3, 0).repeat(3, 1).repeat(3, 2)
    return np.ascontiguousarray(whole[: shape[0], : shape[1], : shape[2]]).astype(np.uint8)


def boxes_of(frame: np.ndarray) -> dict[int, tuple[tuple[int, int, int], tuple[int, int, int]]]:
    found = {}
    for value in np.unique(frame[frame > 0]).tolist():
        places = np.argwhere(frame == value)
        found[value] = (tuple(places.min(axis=0).tolist()), tuple((places.max(axis=0) + 1).tolist()))
    return found


def turned(degrees: float, step: float) -> tuple[np.ndarray, np.ndarray]:
    angle = np.radians(degrees)
    rotation = np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
    return rotation * step, np.array([0.31, 1.17, -0.42])


def by_itk(frame: np.ndarray, matrix: np.ndarray, offset: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    """Both in voxels of the old grid as mm: SimpleITK's axes are x, y, z."""
    steps = np.linalg.norm(matrix, axis=0)
    direction = (matrix / steps)[::-1, ::-1]
    image = sitk.GetImageFromArray(frame)
    size = [int(length) for length in shape[::-1]]
    spacing, origin = steps[::-1].tolist(), offset[::-1].tolist()
    moved = sitk.Resample(image, size, sitk.Transform(), sitk.sitkNearestNeighbor, origin, spacing, direction.ravel())
    return sitk.GetArrayFromImage(moved)


def test_the_nearest_voxel_on_a_turned_grid_is_that_of_simpleitk() -> None:
    frame = some_labels()
    matrix, offset = turned(23, 0.87)
    np.testing.assert_array_equal(nearest(frame, matrix, offset, (9, 9, 9)), by_itk(frame, matrix, offset, (9, 9, 9)))


def test_the_nearest_voxel_along_the_axes_is_that_of_simpleitk_and_of_the_general_way() -> None:
    frame = some_labels()
    matrix, offset = np.diag([0.6, 1.7, 2.3]), np.array([-2.2, 0.4, -1.1])
    expected = by_itk(frame, matrix, offset, (20, 9, 8))
    np.testing.assert_array_equal(nearest(frame, matrix, offset, (20, 9, 8)), expected)
    almost = matrix + 1e-5 * np.array([[0, 1, 0], [0, 0, 0], [0, 0, 0]])
    np.testing.assert_array_equal(nearest(frame, almost, offset, (20, 9, 8)), expected)


def test_a_flipped_axis_and_a_grid_far_away() -> None:
    frame = some_labels()
    flipped = nearest(frame, np.diag([1.0, 1.0, -1.0]), np.array([0, 0, 11.0]), frame.shape)  # type: ignore[arg-type]
    np.testing.assert_array_equal(flipped, frame[:, :, ::-1])
    assert not nearest(frame, EYE, np.array([100.0, 0, 0]), (3, 3, 3)).any()
    assert not smooth(frame, boxes_of(frame), EYE, np.array([100.0, 0, 0]), (3, 3, 3)).any()


def test_both_ways_keep_every_voxel_on_the_same_grid() -> None:
    frame = some_labels()
    np.testing.assert_array_equal(nearest(frame, EYE, ZERO, frame.shape), frame)  # type: ignore[arg-type]
    np.testing.assert_array_equal(smooth(frame, boxes_of(frame), EYE, ZERO, frame.shape), frame)  # type: ignore[arg-type]


def a_ball(size: int, radius: float) -> np.ndarray:
    """Voxel centres of a cube of 24 mm that lie within a ball in its middle."""
    at = (np.arange(size) + 0.5) * 24 / size - 12
    return np.asarray(at[:, None, None] ** 2 + at[:, None] ** 2 + at**2 <= radius**2)


def test_smooth_labels_on_a_finer_grid_are_rounder_than_nearest_ones() -> None:
    frame = a_ball(12, 8).astype(np.uint8)
    matrix, offset = EYE / 4, np.full(3, (1 / 4 - 1) / 2)
    fine = a_ball(48, 8)
    blocky = nearest(frame, matrix, offset, (48, 48, 48)).astype(bool)
    round_ones = smooth(frame, boxes_of(frame), matrix, offset, (48, 48, 48)).astype(bool)
    np.testing.assert_array_equal(blocky, frame.astype(bool).repeat(4, 0).repeat(4, 1).repeat(4, 2))
    assert (round_ones ^ fine).sum() < 0.7 * (blocky ^ fine).sum()


def test_a_coarser_grid_keeps_what_fills_most_of_its_voxels() -> None:
    frame = np.zeros((1, 12, 12), np.uint8)
    frame[:, :, :6], frame[:, :, 6:] = 1, 2
    frame[0, 5, 3] = 2  # noise that a coarse voxel must not show
    matrix, offset = np.diag([1.0, 3.0, 3.0]), np.array([0.0, 1, 1])
    coarse = smooth(frame, boxes_of(frame), matrix, offset, (1, 4, 4))
    assert coarse[0].tolist() == [[1, 1, 2, 2]] * 4


def test_touching_labels_leave_no_gap_on_a_turned_finer_grid() -> None:
    frame = some_labels((9, 12, 12)) % 2 + 1
    matrix, offset = turned(15, 0.5)
    result = smooth(frame, boxes_of(frame), matrix, offset + (2, 3, 4), (8, 8, 8))
    assert (result > 0).all()
    assert set(np.unique(result)) == {1, 2}
