"""Connected components on runs, against a flood fill voxel by voxel."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from MultiLabelSegLib.core.run_components import CONNECTIVITIES, components_of_runs
from MultiLabelSegLib.core.runs import scan
from MultiLabelSegLib.errors import OptionError


def steps_of(connectivity: int) -> list[tuple[int, ...]]:
    """All neighbours (t, k, j, i) of a voxel; frames are neighbours in the same voxel only."""
    most = {6: 1, 18: 2, 26: 3}[connectivity]
    within = [(0, *step) for step in product((-1, 0, 1), repeat=3) if 0 < sum(map(abs, step)) <= most]
    return [*within, (-1, 0, 0, 0), (1, 0, 0, 0)]


def flood(mask: np.ndarray, connectivity: int) -> tuple[np.ndarray, list[int]]:
    """The component of each voxel, from 1 by first voxel, and the sizes."""
    found, sizes = np.zeros(mask.shape, int), []
    for seed in zip(*np.nonzero(mask), strict=True):
        if found[seed]:
            continue
        sizes.append(0)
        found[seed], waiting = len(sizes), [seed]
        while waiting:
            at = waiting.pop()
            sizes[-1] += 1
            for step in steps_of(connectivity):
                to = tuple(int(a + b) for a, b in zip(at, step, strict=True))
                inside = all(0 <= a < size for a, size in zip(to, mask.shape, strict=True))
                if inside and mask[to] and not found[to]:
                    found[to] = len(sizes)
                    waiting.append(to)
    return found, sizes


@pytest.mark.parametrize("connectivity", CONNECTIVITIES)
def test_the_components_are_those_of_a_flood_fill(connectivity: int) -> None:
    rng = np.random.default_rng(connectivity)
    for shape in [(1, 4, 5, 6), (3, 2, 3, 4), (1, 1, 6, 9), (1, 9, 1, 5), (2, 5, 5, 1), (1, 1, 1, 30), (4, 1, 1, 7)]:
        for density in (0.1, 0.3, 0.5, 0.9, 1.0):
            mask = (rng.random(shape) < density).astype(np.uint8)
            expected, sizes = flood(mask, connectivity)
            found = components_of_runs(*scan(mask).runs_of(1), shape, connectivity)
            painted = np.zeros(mask.size, int)
            for start, stop, component in zip(found.start, found.stop, found.component, strict=True):
                painted[start:stop] = component + 1
            np.testing.assert_array_equal(painted.reshape(shape), expected)
            assert found.voxels.tolist() == sizes


def test_a_run_over_the_end_of_a_row_is_two_pieces() -> None:
    mask = np.zeros((1, 1, 2, 4), np.uint8)
    mask[0, 0, 0, 3] = mask[0, 0, 1, 0] = 1
    start, stop = scan(mask).runs_of(1)
    assert len(start) == 1
    assert components_of_runs(start, stop, (1, 1, 2, 4), 26).voxels.tolist() == [1, 1]


def test_a_long_spiral_is_one_component() -> None:
    mask = np.zeros((1, 1, 41, 41), np.uint8)
    mask[0, 0, ::2] = 1
    mask[0, 0, 1::4, -1] = 1
    mask[0, 0, 3::4, 0] = 1
    assert components_of_runs(*scan(mask).runs_of(1), (1, 1, 41, 41), 6).voxels.tolist() == [int(mask.sum())]


def test_there_are_three_kinds_of_neighbourhood() -> None:
    empty = np.zeros(0, np.int64)
    with pytest.raises(OptionError, match="connectivity: 8 is not allowed; expected 6, 18, 26"):
        components_of_runs(empty, empty, (1, 1, 1, 1), 8)
    assert components_of_runs(empty, empty, (1, 1, 1, 1), 6).voxels.tolist() == []
