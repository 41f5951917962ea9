"""Fill, Erase, Close: the clicked region, locks of what is clicked, background, undo."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from MultiLabelSegLib.errors import LockedError, ToolError
from MultiLabelSegLib.tools.base import Scene
from MultiLabelSegLib.tools.fill import Close, Erase, Fill
from Testing.tools.slice_cases import KIDNEY, LIVER, SHAPE, SPLEEN, TUMOUR, a_scene, as_text, chest, drawn, empty, run

PICTURE = [
    "....................",
    ".222222.....3333....",
    ".2....2.....3..3....",
    ".2.3..2.....3..3....",
    ".2....2.....3333....",
    ".222222.............",
    "....................",
    "..1111....22........",
    "..1..1....22........",
    "..1..1......22......",
    "..1111......22......",
    "....................",
    "....................",
    "....................",
    "....................",
    "....................",
]


@pytest.fixture
def scene() -> Scene:
    frame = empty()
    frame[2] = drawn(PICTURE)
    return a_scene(frame)


def changed(new: np.ndarray) -> dict[int, str]:
    """The rows of slice 2 that differ from the picture."""
    return {row: text for row, text in enumerate(as_text(new[2])) if text != PICTURE[row]}


def test_fill_gives_the_clicked_region_to_the_active_label(scene: Scene) -> None:
    command, new = run(scene, Fill(point_ijk=(1.2, 2.8, 2)))
    assert changed(new) == {
        1: ".111111.....3333....",
        2: ".1....1.....3..3....",
        3: ".1.3..1.....3..3....",
        4: ".1....1.....3333....",
        5: ".111111.............",
    }
    assert command.title == "Fill Liver"
    assert command.resolution.written == 18


def test_regions_that_touch_at_a_corner_are_two(scene: Scene) -> None:
    _, new = run(scene, Fill(point_ijk=(10, 7, 2)))
    assert changed(new) == {7: "..1111....11........", 8: "..1..1....11........"}


def test_unlabelled_space_within_a_ring_is_filled_alone(scene: Scene) -> None:
    _, new = run(scene, Fill(point_ijk=(13, 2, 2)))
    assert changed(new) == {2: ".2....2.....3113....", 3: ".2.3..2.....3113...."}


def test_filling_the_active_label_changes_nothing(scene: Scene) -> None:
    command, new = run(scene, Fill(point_ijk=(2, 7, 2)))
    assert not changed(new)
    assert command.resolution.written == 0


@pytest.mark.parametrize("tool", [Fill, Erase, Close])
def test_a_click_on_a_locked_label_is_refused_by_name_and_changes_nothing(tool: type, scene: Scene) -> None:
    with pytest.raises(LockedError, match="the clicked region belongs to Kidney, which is locked"):
        tool(point_ijk=(12, 1, 2)).propose(scene)


def test_the_lock_of_the_active_label_does_not_stop_erase_and_close(scene: Scene) -> None:
    own = Scene(scene.segmentation, None, KIDNEY)
    _, new = run(own, Close(point_ijk=(12, 1, 2)))
    assert changed(new) == {2: ".2....2.....3333....", 3: ".2.3..2.....3333...."}
    _, new = run(own, Erase(point_ijk=(12, 1, 2)))
    assert "3" not in "".join(text for row, text in enumerate(as_text(new[2])) if row != 3)
    assert as_text(new[2])[3] == ".2.3..2............."


def test_locked_unlabelled_space_refuses_a_fill() -> None:
    with pytest.raises(LockedError, match="unlabelled space is locked"):
        Fill(point_ijk=(3, 3, 1)).propose(a_scene(unlabeled_locked=True))


def test_erase_takes_the_clicked_region_of_an_unlocked_label(scene: Scene) -> None:
    command, new = run(scene, Erase(point_ijk=(12, 9, 2)))
    assert changed(new) == {9: "..1..1..............", 10: "..1111.............."}
    assert command.title == "Erase Spleen"


def test_erase_on_background_does_nothing_and_says_so(scene: Scene) -> None:
    draft = Erase(point_ijk=(0, 0, 2)).propose(scene)
    assert draft.notes == ("the click is on unlabelled background; nothing was erased",)
    _, new = run(scene, Erase(point_ijk=(0, 0, 2)))
    assert not changed(new)


def test_erase_on_background_clears_the_slice_where_that_is_wanted(scene: Scene) -> None:
    frame = scene.values().copy()
    frame[3] = drawn(PICTURE)
    scene = a_scene(frame)
    command, new = run(scene, Erase(point_ijk=(0, 0, 2), background=True))
    np.testing.assert_array_equal(new[2], np.where(frame[2] == KIDNEY, KIDNEY, 0))
    np.testing.assert_array_equal(new[3], frame[3])
    assert command.resolution.protected == {KIDNEY: 13}


def test_close_fills_the_holes_with_the_clicked_label_and_keeps_locked_ones(scene: Scene) -> None:
    command, new = run(scene, Close(point_ijk=(1, 1, 2)))
    assert changed(new) == {
        2: ".222222.....3..3....",
        3: ".223222.....3..3....",
        4: ".222222.....3333....",
    }
    assert command.resolution.protected == {KIDNEY: 1}
    assert command.title == "Close Spleen"


def test_close_gives_unlocked_labels_in_a_hole_to_the_region(scene: Scene) -> None:
    frame = scene.values().copy()
    frame[2, 8:10, 3:5] = SPLEEN
    _, new = run(a_scene(frame), Close(point_ijk=(2, 7, 2)))
    assert as_text(new[2])[7:11] == [
        "..1111....22........",
        "..1111....22........",
        "..1111......22......",
        "..1111......22......",
    ]


def test_background_that_reaches_the_border_of_the_slice_is_no_hole() -> None:
    frame = empty((1, 4, 5))
    frame[0] = drawn(["22.22", "2...2", "2...2", "22222"])
    _, new = run(a_scene(frame, time_steps=1), Close(point_ijk=(0, 0, 0)))
    np.testing.assert_array_equal(new, frame)
    frame[0, 0, 2] = SPLEEN
    _, new = run(a_scene(frame, time_steps=1), Close(point_ijk=(0, 0, 0)))
    assert (new == SPLEEN).all()


def test_close_on_background_does_nothing_and_says_so(scene: Scene) -> None:
    assert "nothing to close" in Close(point_ijk=(0, 0, 2)).propose(scene).notes[0]
    _, new = run(scene, Close(point_ijk=(0, 0, 2)))
    assert not changed(new)


@pytest.mark.parametrize("plane", ["axial", "coronal", "sagittal"])
def test_regions_are_those_of_the_clicked_plane(plane: str) -> None:
    rng = np.random.default_rng(4)
    frame = rng.integers(0, 3, SHAPE).astype(np.uint8) // 2 * SPLEEN
    k, j, i = np.argwhere(frame == SPLEEN)[40].tolist()
    axis = ("axial", "coronal", "sagittal").index(plane)
    where = tuple((k, j, i)[n] if n == axis else slice(None) for n in range(3))
    flat = frame[where]
    labelled = ndimage.label(flat)[0]
    expected = frame.copy()
    at = tuple(place for n, place in enumerate((k, j, i)) if n != axis)
    expected[where] = np.where(labelled == labelled[at], LIVER, flat)
    _, new = run(a_scene(frame), Fill(point_ijk=(i, j, k), plane=plane))
    np.testing.assert_array_equal(new, expected)


def test_a_click_in_mm_is_the_voxel_that_it_lies_in(scene: Scene) -> None:
    x, y, z = scene.geometry.lps_from_ijk([1.3, 2.6, 2.2]).tolist()
    _, new = run(scene, Fill(point_lps=(x, y, z)))
    assert changed(new)[1] == ".111111.....3333...."


def test_masking_limits_the_clicked_region() -> None:
    frame, image = empty(), np.zeros(SHAPE, np.int16)
    image[:, 4:] = 100
    _, new = run(a_scene(frame, image), Fill(point_ijk=(0, 0, 1), intensity_lower=50))
    assert not new[1, :4].any()
    assert (new[1, 4:] == LIVER).all()


@pytest.mark.parametrize("tool", [Fill, Erase, Close])
def test_clicks_that_cannot_be_are_refused(tool: type, scene: Scene) -> None:
    cases = [
        ({}, "one point"),
        ({"point_ijk": (1, 1, 1), "point_lps": (1, 1, 1)}, "one point"),
        ({"point_ijk": (20, 1, 1)}, r"outside of the image of \[20, 16, 6\] voxels"),
        ({"point_ijk": (1, -0.6, 1)}, "outside of the image"),
        ({"point_lps": (1e9, 0, 0)}, "outside of the image"),
        ({"point_ijk": (1, 1)}, "three finite numbers"),
        ({"point_ijk": (1, 1, float("inf"))}, "three finite numbers"),
        ({"point_ijk": "abc"}, "three finite numbers"),
    ]
    for fields, said in cases:
        with pytest.raises(ToolError, match=said):
            tool(**fields).propose(scene)
    with pytest.raises(ToolError, match="no label is active"):
        tool(point_ijk=(1, 1, 1)).propose(a_scene(label=None))


@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([Fill, Erase, Close]),
    st.sampled_from([LIVER, SPLEEN, KIDNEY, TUMOUR]),
    st.sampled_from(["axial", "coronal", "sagittal"]),
    st.booleans(),
)
def test_wherever_is_clicked_locks_hold_and_undo_is_exact(
    seed: int, kind: type, label: int, plane: str, background: bool
) -> None:
    rng = np.random.default_rng(seed)
    frame = np.where(rng.random(SHAPE) < 0.35, rng.integers(0, 4, SHAPE), SPLEEN).astype(np.uint8)
    scene = a_scene(frame, label=label)
    k, j, i = (int(rng.integers(size)) for size in SHAPE)
    fields = {"background": background} if kind is Erase else {}
    tool = kind(point_ijk=(i, j, k), plane=plane, **fields)
    clicked = int(scene.values()[k, j, i])
    if clicked in (LIVER, KIDNEY) and clicked != label:
        with pytest.raises(LockedError):
            tool.propose(scene)
        return
    old = scene.values().copy()
    _, new = run(scene, tool)
    given_to = {Fill: label, Erase: 0, Close: clicked}[kind]
    assert (new[new != old] == given_to).all()


@pytest.mark.parametrize("plane", ["axial", "sagittal"])
def test_on_a_real_chest_the_lung_of_a_slice_is_erased_filled_and_closed(plane: str) -> None:
    scene = chest("right lung")
    before, lung = scene.values().copy(), scene.label
    where = (20, slice(None), slice(None)) if plane == "axial" else (slice(None), slice(None), 84)
    seed = (66, 84) if plane == "axial" else (20, 66)
    labelled = ndimage.label(before[where] == lung)[0]
    region = labelled == labelled[seed]
    _, erased = run(scene, Erase(point_ijk=(84, 66, 20), plane=plane))
    np.testing.assert_array_equal(before[where] != erased[where], region)
    i, j, k = np.argwhere(before == scene.segmentation.label("tissue").value)[500][::-1].tolist()
    with pytest.raises(LockedError, match="tissue"):
        Fill(point_ijk=(i, j, k), plane=plane).propose(scene)
    _, filled = run(scene, Fill(point_ijk=(84, 66, 20), plane=plane))
    assert (filled[where][region] == lung).all()
    scene = chest("right lung")
    command, closed = run(scene, Close(point_ijk=(84, 66, 20), plane=plane))
    holes = ndimage.binary_fill_holes(region) & ~region
    # what lies in the holes is locked tissue or unlabelled: only the latter becomes lung
    np.testing.assert_array_equal(closed[where] != before[where], holes & (before[where] == 0))
    assert sum(command.resolution.protected.values()) == np.count_nonzero(holes & (before[where] != 0))
