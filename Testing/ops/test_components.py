"""Connected components beside a flood fill, SimpleITK and the components of whole groups; both paths the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

import MultiLabelSegLib as mls
from MultiLabelSegLib.core.run_components import components_of_runs
from MultiLabelSegLib.core.runs import scan
from MultiLabelSegLib.errors import OptionError
from MultiLabelSegLib.ops.components import CONNECTIVITIES, components, island_at

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "slicer"
SHAPES = [(3, 4, 5), (1, 6, 7), (5, 1, 8), (4, 5, 1), (6, 7, 9), (1, 1, 1), (1, 1, 30), (9, 1, 1)]


@pytest.fixture(params=["never", "always"])
def either_path(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Runs the test with scipy and with the kernels."""
    monkeypatch.setenv("MLSEG_KERNELS", request.param)
    return str(request.param)


def drawn(*slices: str) -> np.ndarray:
    """A mask written by hand: rows of a slice are parted by blanks."""
    return np.array([[[mark == "#" for mark in row] for row in each.split()] for each in slices])


def numbers(mask: np.ndarray, connectivity: int) -> list[list[str]]:
    """The component of each voxel as a digit."""
    found = components(mask, connectivity)
    marks = np.full(mask.shape, ".", "U1")
    for number in range(len(found.voxels)):
        marks[found.mask_of((number,))] = str(number)
    return [["".join(row) for row in each] for each in marks]


def test_faces_edges_and_corners_join_as_they_should(either_path: str) -> None:
    mask = drawn("#.. ... ..#", "... .#. ...", "... ... ###")
    assert numbers(mask, 6) == [["0..", "...", "..1"], ["...", ".2.", "..."], ["...", "...", "333"]]
    assert numbers(mask, 18) == [["0..", "...", "..1"], ["...", ".2.", "..."], ["...", "...", "222"]]
    assert numbers(mask, 26) == [["0..", "...", "..0"], ["...", ".0.", "..."], ["...", "...", "000"]]


def test_runs_never_join_over_the_ends_of_rows_and_slices(either_path: str) -> None:
    mask = drawn("..# #..", "..# ...")
    assert numbers(mask, 26) == [["..0", "1.."], ["..0", "..."]]
    assert components(np.ones((2, 3, 4), bool)).voxels.tolist() == [24]
    assert components(np.zeros((2, 3, 4), bool)).voxels.tolist() == []


def test_forks_that_meet_later_are_one(either_path: str) -> None:
    assert numbers(drawn("#.#.# #.#.# ###.# ....# #####"), 6) == [["0.0.1", "0.0.1", "000.1", "....1", "11111"]]
    assert numbers(drawn("#.#.# #.#.# #.#.# #####"), 6) == [["0.0.0", "0.0.0", "0.0.0", "00000"]]


@pytest.mark.parametrize("connectivity", CONNECTIVITIES)
def test_they_are_the_components_that_whole_groups_are_split_by(either_path: str, connectivity: int) -> None:
    rng = np.random.default_rng(connectivity)
    for shape in SHAPES:
        for density in (0.0, 0.1, 0.3, 0.5, 0.8, 1.0):
            mask = rng.random(shape) < density
            found = components(mask, connectivity)
            expected = components_of_runs(*scan(mask.view(np.uint8)).runs_of(1), (1, *shape), connectivity)
            for part in ("start", "stop", "component", "voxels"):
                np.testing.assert_array_equal(getattr(found, part), getattr(expected, part))
            for number in range(min(2, len(found.voxels))):
                alone = found.mask_of((number,))
                assert alone.sum() == found.voxels[number]
                assert mask[alone].all()
                assert {found.at(*place) for place in np.argwhere(alone).tolist()} == {number}
            assert all(found.at(*place) == -1 for place in np.argwhere(~mask)[:5].tolist())


@pytest.mark.parametrize(("connectivity", "fully"), [(6, False), (26, True)])
def test_organs_of_a_real_ct_fall_apart_as_simpleitk_says(either_path: str, connectivity: int, fully: bool) -> None:
    chest = mls.read(GOLDEN / "Segmentation.seg.nrrd")
    for label in chest.labels:
        mask = chest.mask(label.value)[0]
        expected = sitk.GetArrayFromImage(sitk.ConnectedComponent(sitk.GetImageFromArray(mask.view(np.uint8)), fully))
        found = components(mask, connectivity)
        assert len(found.voxels) == expected.max()
        largest = int(np.argmax(found.voxels))
        alone = found.mask_of((largest,))
        np.testing.assert_array_equal(alone, expected == expected[alone][0])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_an_island_is_cut_out_tightly_in_any_layout(either_path: str, dtype: type) -> None:
    values = np.zeros((4, 5, 6), dtype)
    values[1:3, 2:4, 3:5] = 7
    values[3, 4, 5] = 7
    for array in (values, np.asfortranarray(values), values[::1, ::1, :5]):
        lower, mask = island_at(array, (2, 2, 3))
        assert (lower, mask.tolist()) == ((1, 2, 3), np.ones((2, 2, 2), bool).tolist())
    lower, mask = island_at(values, (2, 2, 3), 26)
    assert (lower, mask.sum(), mask.shape) == ((1, 2, 3), 9, (3, 3, 3))
    lower, mask = island_at(values, (0, 0, 0))
    np.testing.assert_array_equal(mask, values == 0)


def test_there_are_three_kinds_of_neighbourhood() -> None:
    with pytest.raises(OptionError, match="connectivity: 8 is not allowed; expected 6, 18, 26"):
        components(np.ones((1, 1, 1), bool), 8)
    with pytest.raises(OptionError, match="connectivity: 4"):
        island_at(np.ones((1, 1, 1), np.uint8), (0, 0, 0), 4)
