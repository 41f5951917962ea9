"""A run after a stroke gives, bit for bit, what a run from the start gives, compiled or in numpy."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from MultiLabelSegLib.errors import ToolError
from MultiLabelSegLib.ops.growing import Limits, SeededGrowing
from MultiLabelSegLib.ops.growing_noise import noise_level, without_noise


def forced(way: str) -> Any:
    return patch.dict("os.environ", {"MLSEG_KERNELS": way})


@st.composite
def strokes(draw: st.DrawFn) -> tuple[np.ndarray, dict[str, Any], list[np.ndarray]]:
    """An image, options, and seeds as they are drawn, overwritten and erased one after the other."""
    shape = draw(st.tuples(st.integers(1, 5), st.integers(1, 8), st.integers(1, 9)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    image = rng.integers(0, draw(st.sampled_from([1, 3, 300])), shape).astype(
        draw(st.sampled_from([np.int16, np.float32]))
    )
    options: dict[str, Any] = {"passes": draw(st.sampled_from([0, 2])), "penalty": draw(st.sampled_from([0.0, 0.7]))}
    if draw(st.booleans()):
        options["closed"] = rng.random(shape) < 0.3
    place = draw(st.sampled_from(["all", "margin", "box"]))
    if place == "margin":
        options |= {"margin_mm": 2.0, "background": draw(st.booleans())}
    elif place == "box":
        low = tuple(size // 3 for size in shape)
        options |= {"box": Limits((low[0], low[1], low[2]), shape), "background": draw(st.booleans())}
    seeds = np.zeros(shape, draw(st.sampled_from([np.uint8, np.uint16])))
    seeds[tuple(size // 2 for size in shape)] = 1
    drawn = [seeds]
    for _ in range(draw(st.integers(1, 4))):
        seeds = seeds.copy()
        k, j, i = (int(rng.integers(0, size)) for size in shape)
        seeds[k, j : j + 2, max(0, i - 2) : i + 2] = rng.integers(0, 4)
        drawn.append(seeds)
    return image, options, drawn


def outcome(growing: SeededGrowing, seeds: np.ndarray) -> Any:
    try:
        return growing.run(seeds).tolist()
    except ToolError as error:
        return str(error)


@given(strokes())
def test_after_every_stroke_the_labels_are_those_of_a_run_from_the_start(case: Any) -> None:
    image, options, drawn = case
    spacing, labels = (2.0, 1.0, 1.0), (1, 2, 3)
    with forced("always"):
        growing = SeededGrowing(image, spacing, labels, **options)
        for seeds in drawn:
            assert outcome(growing, seeds) == outcome(SeededGrowing(image, spacing, labels, **options), seeds)


@given(strokes())
def test_compiled_and_numpy_give_the_same_labels(case: Any) -> None:
    image, options, drawn = case
    found = []
    for way in ("always", "never"):
        with forced(way):
            growing = SeededGrowing(image, (2.0, 1.0, 1.0), (1, 2, 3), **options)
            found.append([outcome(growing, seeds) for seeds in drawn])
    assert found[0] == found[1]


def test_a_stroke_goes_on_from_the_run_before() -> None:
    image = np.random.default_rng(0).integers(0, 9, (4, 8, 16)).astype(np.int16)
    seeds = np.zeros(image.shape, np.uint8)
    seeds[1, 1, 1], seeds[2, 6, 14] = 1, 2
    growing = SeededGrowing(image, (1.0, 1.0, 1.0), (1, 2, 3))
    growing.run(seeds)
    assert not growing.incremental
    for value in (3, 0):  # a label that had no voxel, and erasing it again
        seeds[1, 4, 4] = value
        growing.run(seeds)
        assert growing.incremental
    growing.run(seeds.astype(np.uint16))
    assert not growing.incremental


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (5.0, 1.0, 1.0), (1.0, 1.0, 5.0)])
@pytest.mark.parametrize("dtype", [np.int16, np.float32, np.float64])
def test_the_noise_filter_is_the_same_compiled_and_in_numpy(spacing: tuple[float, float, float], dtype: Any) -> None:
    image = np.random.default_rng(1).normal(100, 20, (5, 7, 9)).astype(dtype)
    found = []
    for way in ("always", "never"):
        with forced(way):
            found.append(without_noise(image, spacing, 20.0, 2))
    np.testing.assert_array_equal(found[0], found[1])
    assert found[0].std() < 0.7 * image.std()


def test_the_noise_filter_keeps_edges_and_leaves_coarse_axes_alone() -> None:
    image = np.zeros((6, 12, 12), np.float32)
    image[3:] = 1000
    np.testing.assert_array_equal(without_noise(image, (5.0, 1.0, 1.0), 10.0, 2), image)
    kept = without_noise(image, (1.0, 1.0, 1.0), 10.0, 2)
    assert np.abs(kept - image).max() < 2


def test_noise_is_measured_beside_edges_and_padding() -> None:
    rng = np.random.default_rng(0)
    image = np.full((20, 60, 60), -1000.0)
    image[:, 20:50, 20:50] = rng.normal(40, 12, (20, 30, 30))
    image[:, 20:50, 35:50] += 300
    assert noise_level(image) == pytest.approx(12, rel=0.2)
    assert noise_level(np.zeros((3, 5, 5))) == 0
    assert noise_level(np.zeros((3, 5, 2))) == 0
