"""The region growing tool: windows from the level window, drags, planes, volume, holes, locks, a real chest."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from MultiLabelSegLib.core import Image
from MultiLabelSegLib.errors import OptionError, ToolError
from MultiLabelSegLib.tools.base import Scene
from MultiLabelSegLib.tools.region_growing import RegionGrowing
from Testing.tools.slice_cases import KIDNEY, LIVER, SHAPE, SPLEEN, a_scene, chest, empty, run


def ramp() -> np.ndarray:
    """Rising along i: 0, 10, 20... 190, alike in every row and slice."""
    return np.broadcast_to(np.arange(20, dtype=np.int16) * 10, SHAPE).copy()


def columns(new: np.ndarray, k: int = 2, j: int = 8) -> list[int]:
    return np.flatnonzero(new[k, j] == LIVER).tolist()


LEVEL = {"level_lower": 0.0, "level_upper": 400.0, "smooth": False}


def test_a_click_takes_a_tenth_of_the_level_window_around_the_seed() -> None:
    command, new = run(a_scene(image=ramp()), RegionGrowing(point_ijk=(10, 8, 2), **LEVEL))
    assert columns(new) == [8, 9, 10, 11, 12]  # 100 +- 20
    assert np.flatnonzero((new == LIVER).any(axis=(1, 2))).tolist() == [2]
    assert command.title == "Region growing Liver"
    assert RegionGrowing(point_ijk=(10, 8, 2), **LEVEL).propose(a_scene(image=ramp())).notes == (
        "values from 80 to 120",
    )


@pytest.mark.parametrize(
    ("dx", "dy", "expected"),
    [(0, 40, range(6, 15)), (0, -20, range(9, 12)), (40, 0, range(10, 15)), (-40, 0, range(6, 11)), (0, -900, [10])],
)
def test_a_drag_widens_narrows_and_shifts_the_range(dx: float, dy: float, expected: range | list[int]) -> None:
    _, new = run(a_scene(image=ramp()), RegionGrowing(point_ijk=(10, 8, 2), dx=dx, dy=dy, **LEVEL))
    assert columns(new) == list(expected)


def test_drags_work_on_an_image_of_fractions() -> None:
    fields = {"level_lower": 0.0, "level_upper": 0.4, "smooth": False}
    _, new = run(a_scene(image=ramp() / 1000), RegionGrowing(point_ijk=(10, 8, 2), dy=42.0, **fields))
    assert columns(new) == list(range(6, 15))


def test_without_a_level_window_the_range_of_the_slice_counts() -> None:
    image = ramp()
    image[3] *= 10
    tool = RegionGrowing(point_ijk=(10, 8, 2), smooth=False)
    assert tool.propose(a_scene(image=image)).notes == ("values from 90.5 to 109.5",)


def test_the_range_can_be_given() -> None:
    _, new = run(a_scene(image=ramp()), RegionGrowing(point_ijk=(10, 8, 2), lower=30, upper=110, smooth=False))
    assert columns(new) == list(range(3, 12))


def test_a_seed_that_is_not_in_the_range_changes_nothing_and_says_so() -> None:
    tool = RegionGrowing(point_ijk=(10, 8, 2), lower=150, upper=190)
    draft = tool.propose(a_scene(image=ramp()))
    assert draft.notes[1] == "the seed itself is not in this range; nothing was changed"
    _, new = run(a_scene(image=ramp()), tool)
    assert not new.any()


def test_locked_labels_stop_the_writing_but_not_the_growing() -> None:
    frame = empty()
    frame[2, :, 10] = KIDNEY
    frame[2, :, 12] = SPLEEN
    tool = RegionGrowing(point_ijk=(8, 8, 2), lower=0, upper=150, smooth=False)
    command, new = run(a_scene(frame, ramp()), tool)
    assert columns(new) == [*range(10), *range(11, 16)]
    assert command.resolution.protected == {KIDNEY: 16}


def test_holes_are_filled_or_kept() -> None:
    image = np.zeros(SHAPE, np.uint8)
    image[2, 3:12, 3:12] = 200
    image[2, 6:9, 6:9] = 0
    fields = {"point_ijk": (4, 4, 2), "lower": 150, "upper": 250, "smooth": False}
    _, filled = run(a_scene(image=image), RegionGrowing(**fields))
    assert (filled == LIVER).sum() == 81
    _, kept = run(a_scene(image=image), RegionGrowing(**fields, holes="keep"))
    np.testing.assert_array_equal(kept == LIVER, image == 200)


@pytest.mark.parametrize("plane", ["axial", "coronal", "sagittal"])
def test_it_grows_in_the_clicked_plane_alone(plane: str) -> None:
    image = np.full(SHAPE, 100, np.int16)
    _, new = run(
        a_scene(image=image), RegionGrowing(point_ijk=(7, 5, 3), plane=plane, lower=90, upper=110, smooth=False)
    )
    expected = np.zeros(SHAPE, np.bool_)
    expected[{"axial": np.s_[3], "coronal": np.s_[:, 5], "sagittal": np.s_[:, :, 7]}[plane]] = True
    np.testing.assert_array_equal(new == LIVER, expected)


def test_it_grows_in_the_volume() -> None:
    image = np.zeros(SHAPE, np.int16)
    image[1:5, 4:12, 4:16] = 300
    image[0, 0, 0] = 300
    tool = RegionGrowing(point_ijk=(8, 8, 3), volume=True, lower=200, upper=400, smooth=False)
    _, new = run(a_scene(image=image), tool)
    expected = image == 300
    expected[0, 0, 0] = False
    np.testing.assert_array_equal(new == LIVER, expected)


def test_masking_limits_the_region() -> None:
    frame = empty()
    frame[2, 8:] = SPLEEN
    tool = RegionGrowing(point_ijk=(10, 8, 2), lower=0, upper=999, smooth=False, inside=("Spleen",))
    _, new = run(a_scene(frame, ramp()), tool)
    np.testing.assert_array_equal(new[2] == LIVER, frame[2] == SPLEEN)


def test_the_image_of_the_frame_is_grown_in() -> None:
    scene = a_scene()
    array = np.stack([np.zeros(SHAPE, np.int16), ramp()])
    later = Scene(scene.segmentation, Image(array, scene.geometry), LIVER, t=1)
    _, new = run(later, RegionGrowing(point_ijk=(10, 8, 1), **LEVEL))
    assert columns(new, k=1) == [8, 9, 10, 11, 12]


def test_what_cannot_be_is_refused() -> None:
    cases = [
        ({}, "one point"),
        ({"point_ijk": (1, 99, 1)}, "outside of the image"),
        ({"point_ijk": (1, 1, 1), "lower": 5, "upper": 4}, "lower 5 is above upper 4"),
        ({"point_ijk": (1, 1, 1), "level_lower": 5, "level_upper": 4}, "lower 5 is above upper 4"),
    ]
    for fields, said in cases:
        with pytest.raises(ToolError, match=said):
            RegionGrowing(**fields).propose(a_scene(image=ramp()))
    with pytest.raises(ToolError, match="needs the image"):
        RegionGrowing(point_ijk=(1, 1, 1)).propose(a_scene())
    with pytest.raises(ToolError, match="no label is active"):
        RegionGrowing(point_ijk=(1, 1, 1)).propose(a_scene(image=ramp(), label=None))
    with pytest.raises(OptionError):
        RegionGrowing(point_ijk=(1, 1, 1), holes="some")


@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([LIVER, SPLEEN, KIDNEY]),
    st.booleans(),
    st.booleans(),
    st.floats(-300, 300),
    st.floats(-300, 300),
)
def test_whatever_grows_locks_hold_undo_is_exact_and_the_range_holds(
    seed: int, label: int, volume: bool, smooth: bool, dx: float, dy: float
) -> None:
    rng = np.random.default_rng(seed)
    frame = rng.integers(0, 4, SHAPE).astype(np.uint8)
    image = ndimage.gaussian_filter(rng.normal(size=SHAPE), 1.5).astype(np.float32)
    k, j, i = (int(rng.integers(size)) for size in SHAPE)
    tool = RegionGrowing(point_ijk=(i, j, k), volume=volume, smooth=smooth, dx=dx, dy=dy, holes="keep")
    scene = a_scene(frame, image, label=label)
    old = scene.values().copy()
    _, new = run(scene, tool)
    assert (new[new != old] == label).all()
    if not smooth and (new != old).any():
        where = np.s_[:] if volume else np.s_[k]
        lower, upper = tool.window(image[where], (k, j, i) if volume else (j, i))
        grown = image[new != old]
        assert (lower <= grown).all()
        assert (grown <= upper).all()


def lungs(scene: Scene) -> np.ndarray:
    """Both lungs: in this slice their air is joined by the airways."""
    return np.isin(scene.values(), [scene.segmentation.label(f"{side} lung").value for side in ("right", "left")])


def dice(one: np.ndarray, other: np.ndarray) -> float:
    return 2 * np.count_nonzero(one & other) / (np.count_nonzero(one) + np.count_nonzero(other))


@pytest.mark.parametrize("plane", ["axial", "sagittal"])
def test_on_a_real_chest_the_air_of_the_lung_grows_in_a_slice(plane: str) -> None:
    scene = chest("right lung")
    before = scene.values().copy()
    where = (20, slice(None), slice(None)) if plane == "axial" else (slice(None), slice(None), 84)
    tool = RegionGrowing(point_ijk=(84, 66, 20), plane=plane, lower=-1100, upper=-400)
    box, mask, _ = tool.region(scene)
    found = np.zeros(before.shape, np.bool_)
    found[box.slices] = mask
    assert dice(found[where], lungs(scene)[where]) > 0.9
    assert found.sum() == found[where].sum()
    _, new = run(scene, tool)
    assert (before[new != before] == 0).all(), "everything else is locked"


def test_on_a_real_chest_the_level_window_and_a_drag_find_the_lung() -> None:
    scene = chest("right lung")
    narrow = RegionGrowing(point_ijk=(84, 66, 20), level_lower=-1400, level_upper=200)
    wide = RegionGrowing(point_ijk=(84, 66, 20), level_lower=-1400, level_upper=200, dx=20.0, dy=160.0)
    found = []
    for tool in (narrow, wide):
        box, mask, _ = tool.region(scene)
        found.append(np.zeros((128, 128), np.bool_))
        found[-1][box.slices[1:]] = mask[0]
    expected = lungs(scene)[20]
    assert dice(found[1], expected) > 0.9
    assert dice(found[0], expected) < dice(found[1], expected)
