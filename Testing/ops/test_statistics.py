"""Intensities and surface areas of labels: by eye, beside numpy, SimpleITK and analytic bodies; all paths the same."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from MultiLabelSegLib.core.runs import scan
from MultiLabelSegLib.ops.statistics import intensities_of, measure_at_once
from MultiLabelSegLib.ops.surface import marching_cubes
from MultiLabelSegLib.ops.surface_area import DIRECTIONS, count_exits, surface_areas
from MultiLabelSegLib.ops.threshold import intensity_range

PERCENTS = (0.0, 5.0, 33.3, 75.0, 100.0)


@pytest.fixture(params=["never", "always"])
def either_path(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Runs the test with numpy alone and with the kernels."""
    monkeypatch.setenv("MLSEG_KERNELS", request.param)
    return str(request.param)


def ball(radius: float, spacing: tuple[float, float, float]) -> np.ndarray:
    """A ball in mm off the centre of its grid (k, j, i)."""
    sizes = [int(np.ceil((radius + 3 * step) * 2 / step)) for step in spacing]
    axes = np.ogrid[tuple(slice(0, size) for size in sizes)]
    squares = (((axes[n] - (sizes[n] - 1) / 2 + 0.3) * spacing[n]) ** 2 for n in range(3))
    return (sum(squares) <= radius**2).astype(np.uint8)


def area_of(mask: np.ndarray, spacing: tuple[float, float, float]) -> float:
    """The surface area of a mask in mm2."""
    return float(surface_areas(count_exits(mask, np.array([1])), np.diag(spacing).astype(float))[0])


def itk_area(mask: np.ndarray, spacing: tuple[float, float, float]) -> float:
    """ITK's estimate; its weights are those of an isotropic grid."""
    image = sitk.GetImageFromArray(mask)
    image.SetSpacing(spacing[::-1])
    shape = sitk.LabelShapeStatisticsImageFilter()
    shape.Execute(image)
    return float(shape.GetPerimeter(1))


@pytest.mark.parametrize(
    ("spacing", "radius", "within"),
    [
        ((1, 1, 1), 5, 0.02),
        ((1, 1, 1), 20, 0.002),
        ((1.5, 0.8, 0.8), 5, 0.02),
        ((1.5, 0.8, 0.8), 20, 0.002),
        ((3, 0.7, 0.7), 10, 0.01),
        ((5, 0.7, 0.7), 20, 0.005),
    ],
)
def test_the_area_of_a_ball_is_that_of_a_sphere(either_path: str, spacing, radius: float, within: float) -> None:
    assert area_of(ball(radius, spacing), spacing) == pytest.approx(4 * np.pi * radius**2, rel=within)


def test_on_isotropic_grids_the_area_is_that_of_itk_for_any_shape(either_path: str) -> None:
    rng = np.random.default_rng(1)
    shapes = [ball(6, (1, 1, 1)), np.ones((4, 5, 6), np.uint8), (rng.random((6, 7, 8)) < 0.4).astype(np.uint8)]
    for mask in shapes:
        for step in (1.0, 0.5):
            assert area_of(mask, (step,) * 3) == pytest.approx(itk_area(mask, (step,) * 3), rel=1e-6)


def test_on_anisotropic_grids_it_is_at_least_as_close_as_that_of_itk(either_path: str) -> None:
    for spacing in ((3, 0.7, 0.7), (5, 0.7, 0.7), (2, 1, 1)):
        for radius in (3, 5, 10):
            mask, true = ball(radius, spacing), 4 * np.pi * radius**2
            ours, theirs = (abs(found - true) / true for found in (area_of(mask, spacing), itk_area(mask, spacing)))
            assert ours < theirs + 0.002


def ellipsoid_area(radii: tuple[float, float, float]) -> float:
    """The surface area of an ellipsoid, integrated over its parameters."""
    a, b, c = radii
    polar, around = np.meshgrid((np.arange(500) + 0.5) * np.pi / 500, (np.arange(500) + 0.5) * 2 * np.pi / 500)
    ring = (c * np.cos(around)) ** 2 * b**2 + (c * np.sin(around)) ** 2 * a**2
    tip = (a * b * np.cos(polar)) ** 2
    return float((np.sin(polar) * np.sqrt(ring * np.sin(polar) ** 2 + tip)).sum() * (np.pi / 500) * (2 * np.pi / 500))


@pytest.mark.parametrize("spacing", [(1, 1, 1), (3, 1, 1), (1.5, 0.8, 0.8)])
def test_the_area_of_a_tilted_ellipsoid_is_right_where_marching_cubes_are_not(either_path: str, spacing) -> None:
    radii = (40.0, 25.0, 25.0)
    sizes = [int(np.ceil(90 / step)) for step in spacing]
    k, j, i = (
        (np.arange(size) - size / 2 + 0.3).reshape([-1 if axis == n else 1 for axis in range(3)]) * spacing[n]
        for n, size in enumerate(sizes)
    )
    along, across = np.cos(0.5) * k + np.sin(0.5) * j, np.cos(0.5) * j - np.sin(0.5) * k
    mask = ((along / radii[0]) ** 2 + (across / radii[1]) ** 2 + (i / radii[2]) ** 2 <= 1).astype(np.uint8)
    true = ellipsoid_area((25.0, 25.0, 40.0))
    assert area_of(mask, spacing) == pytest.approx(true, rel=0.02)
    points, triangles = marching_cubes(mask.astype(bool))
    a, b, c = ((points * spacing[::-1])[triangles[:, corner]] for corner in range(3))
    meshed = np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2
    assert meshed > 1.07 * true


def test_a_box_is_as_large_as_its_faces_within_a_tenth_and_a_turned_grid_changes_nothing(either_path: str) -> None:
    mask = np.zeros((44, 44, 44), np.uint8)
    mask[2:42, 2:42, 2:42] = 1
    assert area_of(mask, (1, 1, 1)) == pytest.approx(6 * 40**2, rel=0.1)
    exits = count_exits(mask, np.array([1]))
    turn = np.array([[0.8, -0.6, 0], [0.6, 0.8, 0], [0, 0, 1]])
    assert surface_areas(exits, turn)[0] == pytest.approx(surface_areas(exits, np.eye(3))[0])


def test_exits_are_counted_by_eye(either_path: str) -> None:
    frame = np.array([[[1, 1, 0], [0, 1, 2]]], np.uint8)
    exits = count_exits(frame, np.array([1, 2, 5]))
    by_step = {tuple(step): exits[:, n].tolist() for n, step in enumerate(DIRECTIONS.tolist())}
    assert by_step[0, 0, 1] == [2, 1, 0]
    assert by_step[0, 1, 0] == [2, 1, 0]
    assert by_step[0, 1, 1] == [2, 1, 0]
    assert by_step[0, 1, -1] == [3, 1, 0]
    assert by_step[1, 0, 0] == [3, 1, 0]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_exits_are_the_same_with_and_without_kernels(monkeypatch: pytest.MonkeyPatch, dtype: type) -> None:
    rng = np.random.default_rng(0)
    for shape in [(3, 4, 5), (1, 6, 7), (5, 1, 8), (4, 5, 1), (6, 7, 9), (1, 1, 1)]:
        frame = rng.integers(0, 4, shape).astype(dtype)
        found = []
        for choice in ("never", "always"):
            monkeypatch.setenv("MLSEG_KERNELS", choice)
            found.append(count_exits(frame, np.array([3, 1])))
        np.testing.assert_array_equal(*found)


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int16, np.uint16, np.int32, np.int64, np.float32, np.float64])
@pytest.mark.parametrize("spread", [4, 100])
def test_intensities_are_those_of_numpy(either_path: str, dtype: type, spread: int) -> None:
    rng = np.random.default_rng(spread)
    frame = np.repeat(rng.integers(0, 4, (5, 6, 4)), 3, axis=2).astype(np.uint8)
    pixels = rng.normal(60, spread / 10, frame.shape).astype(dtype)
    limits, table, flat = intensity_range(pixels), scan(frame), pixels.reshape(-1)
    for value in (1, 2, 3):
        found = intensities_of(flat, *table.runs_of(value), limits, PERCENTS)
        mine = pixels[frame == value].astype(np.float64)
        assert found.counted == mine.size
        expected = [mine.mean(), mine.std(ddof=1), mine.min(), mine.max(), np.median(mine)]
        told = [found.mean, found.deviation, found.minimum, found.maximum, found.median]
        np.testing.assert_allclose(told, expected, rtol=1e-12)
        np.testing.assert_allclose(found.percentiles, np.percentile(mine, PERCENTS), rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.int32])
@pytest.mark.parametrize("columns", [8, 9])
def test_one_pass_over_all_labels_gives_what_runs_give(monkeypatch, dtype: type, columns: int) -> None:
    monkeypatch.setenv("MLSEG_KERNELS", "always")
    rng = np.random.default_rng(columns)
    for kind in (np.uint8, np.uint16):
        frame = np.repeat(rng.integers(0, 5, (4, 5, columns)), 4, axis=2).astype(kind)
        pixels = rng.integers(0, 90, frame.shape).astype(dtype)
        values, limits = np.array([4, 2, 77, 1]), intensity_range(pixels)
        found = measure_at_once(frame, pixels, values, limits, PERCENTS)
        table = scan(frame)
        stats = table.statistics()
        assert found.voxels.tolist() == [int((frame == value).sum()) for value in values]
        assert found.intensities[2] is None
        for number, value in enumerate(values.tolist()):
            row = stats.row(value)
            if row >= 0:
                for part in ("lower", "upper", "sums"):
                    assert getattr(found, part)[number].tolist() == getattr(stats, part)[row].tolist()
                along = intensities_of(pixels.reshape(-1), *table.runs_of(value), limits, PERCENTS)
                assert found.intensities[number] == along


def test_one_pass_is_left_to_the_kernels_and_to_tables_of_bearable_size(monkeypatch: pytest.MonkeyPatch) -> None:
    frame, values = np.ones((1, 2, 4), np.uint8), np.array([1])
    whole, wide = np.zeros(frame.shape, np.int16), np.array([0, 2**31 - 1] * 4, np.int32).reshape(frame.shape)
    monkeypatch.setenv("MLSEG_KERNELS", "never")
    assert measure_at_once(frame, whole, values, intensity_range(whole), ()) is None
    monkeypatch.setenv("MLSEG_KERNELS", "always")
    assert measure_at_once(frame, whole, values, intensity_range(whole), ()) is not None
    assert measure_at_once(frame, wide, values, intensity_range(wide), ()) is None
    real = whole.astype(np.float32)
    assert measure_at_once(frame, real, values, intensity_range(real), ()) is None


def test_voxels_that_are_no_numbers_are_left_out(either_path: str) -> None:
    flat = np.array([1, np.nan, 3, np.inf, 8], np.float32)
    start, stop = np.array([0, 4]), np.array([4, 5])
    found = intensities_of(flat, start, stop, intensity_range(flat), (50,))
    assert (found.counted, found.mean, found.minimum, found.maximum, found.median) == (3, 4, 1, 8, 3)
    assert intensities_of(flat, np.array([1]), np.array([2]), intensity_range(flat), ()) is None


def test_a_single_voxel_has_no_deviation(either_path: str) -> None:
    for dtype in (np.int16, np.float32):
        flat = np.array([5, 9], dtype)
        found = intensities_of(flat, np.array([1]), np.array([2]), intensity_range(flat), (10,))
        assert (found.counted, found.mean, found.deviation, found.percentiles) == (1, 9, 0, (9,))


def test_long_stretches_and_many_short_ones_take_the_same_way(either_path: str) -> None:
    """More than a million voxels at once, as pieces are cut there."""
    rng = np.random.default_rng(2)
    flat = rng.integers(0, 200, 2_600_000).astype(np.int16)
    start = np.concatenate([[0], np.arange(2_300_000, 2_590_000, 3)])
    stop = np.concatenate([[2_200_000], np.arange(2_300_000, 2_590_000, 3) + 2])
    chosen = np.zeros(flat.size, bool)
    for low, high in ((0, 2_200_000),):
        chosen[low:high] = True
    chosen[start[1:]] = chosen[start[1:] + 1] = True
    for pixels in (flat, flat.astype(np.float32) / 3):
        found = intensities_of(pixels, start, stop, intensity_range(pixels), (25,))
        mine = pixels[chosen].astype(np.float64)
        assert found.counted == mine.size
        assert found.mean == pytest.approx(mine.mean())
        assert found.percentiles[0] == pytest.approx(np.percentile(mine, 25))


@pytest.mark.parametrize("spacing", [(123.456, 3.0, 1e-4), (1e-4, 1e-4, 1.0), (1e-9, 1.0, 5.0), (1e4, 1.0, 1e-4)])
def test_the_area_of_a_box_is_told_on_grids_that_are_much_longer_along_one_axis(
    spacing: tuple[float, float, float],
) -> None:
    box = np.zeros((12, 14, 16), np.uint8)
    box[2:10, 2:12, 2:14] = 1
    k, j, i = 8 * spacing[0], 10 * spacing[1], 12 * spacing[2]
    assert 0.6 < area_of(box, spacing) / (2 * (k * j + j * i + i * k)) < 1.0


def test_an_area_grows_with_the_square_of_the_scale() -> None:
    box = np.zeros((4, 5, 6), np.uint8)
    box[1:3, 1:4, 1:4] = 1
    assert area_of(box, (2e-13, 1e-13, 1e-13)) == pytest.approx(area_of(box, (2, 1, 1)) * 1e-26)
