"""Otsu's thresholds beside ITK's, on made and real images; both paths of the code give the same."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
import SimpleITK as sitk

from MultiLabelSegLib.datasets.demo import sample_image
from MultiLabelSegLib.errors import ToolError
from MultiLabelSegLib.formats.image_io import read_image
from MultiLabelSegLib.ops.otsu import Histogram, histogram, split, thresholds

SETTINGS = [(2, 128), (2, 64), (3, 128), (3, 17), (4, 40), (2, 1000), (5, 20), (2, 7)]
DTYPES = [np.int8, np.int16, np.uint8, np.uint16, np.int32, np.float32, np.float64]


@pytest.fixture(params=["never", "always"])
def either_path(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Runs the test with numpy alone and with the kernels."""
    monkeypatch.setenv("MLSEG_KERNELS", request.param)
    return str(request.param)


def itk_otsu(pixels: np.ndarray, regions: int, bins: int, valley: bool) -> tuple[np.ndarray, np.ndarray]:
    """ITK's thresholds and regions, from 1."""
    otsu = sitk.OtsuMultipleThresholdsImageFilter()
    otsu.SetNumberOfThresholds(regions - 1)
    otsu.SetNumberOfHistogramBins(bins)
    otsu.SetValleyEmphasis(valley)
    found = otsu.Execute(sitk.GetImageFromArray(pixels))
    return np.array(otsu.GetThresholds()), sitk.GetArrayFromImage(found) + 1


def an_image(seed: int, dtype: type) -> np.ndarray:
    """Some tissues of different brightness, spread and size."""
    rng = np.random.default_rng(seed)
    tissues = [
        rng.normal(rng.uniform(-1000, 1000), rng.uniform(1, 100), rng.integers(50, 3000))
        for _ in range(rng.integers(1, 6))
    ]
    pixels = np.concatenate(tissues)
    pixels = pixels[: len(pixels) // 10 * 10].reshape(10, -1, 1)
    if dtype in (np.uint8, np.uint16, np.int8):
        pixels = (
            (pixels - pixels.min()) / np.ptp(pixels) * (127 if dtype == np.int8 else 255 if dtype == np.uint8 else 4095)
        )
    return pixels.astype(dtype)


def criterion(found: Histogram, limits: np.ndarray, valley: bool) -> float:
    """What is maximised, written out: the mean squared class mean, times the share outside of the thresholds' bins."""
    bins = np.searchsorted(found.high, limits)
    share = found.counts / found.counts.sum()
    value = 0.0
    for part in np.split(np.arange(len(share)), bins + 1):
        if share[part].sum() > 0:
            value += (share[part] @ found.centres[part]) ** 2 / share[part].sum()
    return value * (1 - share[bins].sum()) if valley else value


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("seed", range(2))
def test_thresholds_and_regions_are_those_of_itk(either_path: str, seed: int, dtype: type) -> None:
    pixels = an_image(seed, dtype)
    for regions, bins in SETTINGS:
        found = histogram(pixels, bins)
        limits = thresholds(found, regions)
        expected, labels = itk_otsu(pixels, regions, bins, False)
        np.testing.assert_allclose(limits, expected, rtol=1e-6)
        np.testing.assert_array_equal(split(pixels, limits), labels)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("seed", range(2))
def test_with_valley_emphasis_they_are_itks_unless_ours_are_better(either_path: str, seed: int, dtype: type) -> None:
    """ITK weighs the very first combination, the lowest bins, by its last threshold alone, and so may keep it."""
    pixels = an_image(seed, dtype)
    same = 0
    for regions, bins in SETTINGS:
        found = histogram(pixels, bins)
        limits = thresholds(found, regions, valley_emphasis=True)
        expected, labels = itk_otsu(pixels, regions, bins, True)
        if np.allclose(limits, expected, rtol=1e-6):
            same += 1
            np.testing.assert_array_equal(split(pixels, limits), labels)
        else:
            np.testing.assert_allclose(expected, found.high[: regions - 1], rtol=1e-6)
            assert criterion(found, limits, True) >= criterion(found, expected, True) * (1 - 1e-12)
    assert same >= 6


@pytest.mark.parametrize("valley", [False, True])
def test_no_combination_of_all_is_better(either_path: str, valley: bool) -> None:
    rng = np.random.default_rng(3)
    for turn in range(20):
        counts = rng.integers(0, 40, 12) * (rng.random(12) < (0.5 if turn % 2 else 1.0))
        counts[[0, 3, 6, 11]] += 1
        edges = np.arange(13.0) * 3 - (0 if turn % 3 else 20)
        found = Histogram(edges[:-1], edges[1:], counts)
        for regions in (2, 3, 4):
            best = max(
                criterion(found, found.high[list(bins)], valley) for bins in combinations(range(11), regions - 1)
            )
            assert criterion(found, thresholds(found, regions, valley), valley) == pytest.approx(best, rel=1e-12)


@pytest.mark.parametrize("valley", [False, True])
def test_a_real_ct_is_divided_as_by_itk(either_path: str, valley: bool) -> None:
    pixels = read_image(sample_image()).array[0]
    for dtype in (np.int32, np.int16, np.float32):
        for regions, bins in [(2, 128), (3, 128), (4, 40), (3, 300)]:
            limits = thresholds(histogram(pixels.astype(dtype), bins), regions, valley)
            expected, labels = itk_otsu(pixels.astype(dtype), regions, bins, valley)
            np.testing.assert_allclose(limits, expected, rtol=1e-6)
            np.testing.assert_array_equal(split(pixels.astype(dtype), limits), labels)


def test_a_small_histogram_by_eye() -> None:
    pixels = np.repeat([0, 1, 50, 51, 100, 101], 5).astype(np.int16)
    limits = thresholds(histogram(pixels, 101), 3)
    assert split(pixels, limits).reshape(6, 5)[:, 0].tolist() == [1, 1, 2, 2, 3, 3]
    assert [int(limit) for limit in limits] == [1, 51]


def test_thirty_two_regions_of_4096_bins_are_found(either_path: str) -> None:
    pixels = np.random.default_rng(0).integers(0, 60000, (20, 40, 50)).astype(np.uint16)
    found = histogram(pixels, 4096)
    limits = thresholds(found, 32)
    assert len(limits) == 31
    assert (np.diff(limits) > 0).all()
    np.testing.assert_allclose(np.diff(limits), 60000 / 32, rtol=0.15)
    assert np.unique(split(pixels, limits)).tolist() == list(range(1, 33))


def test_both_paths_give_the_same_bins_thresholds_and_regions(monkeypatch: pytest.MonkeyPatch) -> None:
    for dtype in (*DTYPES, np.uint32, np.int64, np.bool_):
        pixels = an_image(11, np.int16).astype(dtype) if dtype != np.bool_ else an_image(11, np.int16) > 0
        bins = 2 if dtype == np.bool_ else 50
        made = []
        for choice in ("never", "always"):
            monkeypatch.setenv("MLSEG_KERNELS", choice)
            found = histogram(pixels, bins)
            limits = np.concatenate([thresholds(found, 2, valley) for valley in (False, True)])
            many = np.linspace(float(pixels.min()), float(pixels.max()) - 1e-9, 31)
            made.append((found.counts, limits, split(pixels, limits[:1]), split(pixels, many)))
        for plain, compiled in zip(*made, strict=True):
            np.testing.assert_array_equal(plain, compiled)


def test_voxels_that_are_no_numbers_are_in_no_region_and_in_no_bin(either_path: str) -> None:
    pixels = np.array([np.nan, 0, 1, 9, 10, np.inf], np.float32)
    found = histogram(pixels, 10)
    assert found.counts.sum() == 4
    assert split(pixels, thresholds(found, 2)).tolist() == [0, 1, 1, 2, 2, 0]


def test_images_that_cannot_be_divided_are_refused() -> None:
    with pytest.raises(ToolError, match="all voxels of the image hold 7"):
        histogram(np.full((2, 2), 7, np.int16))
    with pytest.raises(ToolError, match="2 bins of the histogram hold voxels; 3 regions need as many"):
        thresholds(histogram(np.array([0, 1], np.uint8), 128), 3)
    with pytest.raises(ToolError, match="no finite number"):
        histogram(np.array([np.nan]))
