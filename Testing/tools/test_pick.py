"""Picking: islands that are kept or relabelled, clicks that miss, frames, locks and the editor's picks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st

from MultiLabelSegLib.errors import OptionError, ToolError
from MultiLabelSegLib.tools.base import Scene
from MultiLabelSegLib.tools.pick import Pick, PickEditor
from Testing.properties.documents import segmentations
from Testing.tools.preview_cases import a_scene, confirmed
from Testing.tools.slice_cases import chest


def of_row(*values: int, **fields) -> Scene:
    """A scene of one row of values; the label 1 is active, 1 and 3 are locked."""
    frames = np.array(values).reshape(1, 1, 1, -1)
    return a_scene(frames.astype(np.int16) * 10, frames, **fields)


def i_at(*places: int) -> tuple[tuple[float, float, float], ...]:
    """Points of the row."""
    return tuple((float(place), 0.0, 0.0) for place in places)


def test_only_picked_islands_of_the_active_label_stay() -> None:
    done = confirmed(of_row(1, 1, 0, 1, 0, 1, 1), Pick(points_ijk=i_at(1, 5)))
    assert done.array.ravel().tolist() == [1, 1, 0, 0, 0, 1, 1]
    assert done.cleared == {1: 1}
    assert done.preview.title == "Pick islands of A (2 points)"


def test_islands_of_other_labels_come_along_when_they_are_unlocked() -> None:
    done = confirmed(of_row(1, 2, 2, 0, 2, 3, 0), Pick(points_ijk=i_at(0, 1, 5)))
    assert done.array.ravel().tolist() == [1, 1, 1, 0, 2, 3, 0]
    assert "the picked island belongs to C, which is locked: it stays unless locks are ignored" in done.preview.notes
    done = confirmed(of_row(1, 2, 2, 0, 2, 3, 0), Pick(points_ijk=i_at(0, 1, 5)), locks="ignore")
    assert done.array.ravel().tolist() == [1, 1, 1, 0, 2, 1, 0]


def test_relabelling_adds_picked_islands_whatever_their_lock() -> None:
    done = confirmed(of_row(1, 0, 3, 3, 0, 3, 2), Pick(points_ijk=i_at(3, 6), mode="relabel"))
    assert done.array.ravel().tolist() == [1, 0, 1, 1, 0, 3, 1]
    assert done.cleared == {}
    done = confirmed(of_row(1, 0, 3, 3, 0, 3, 2), Pick(points_ijk=i_at(3, 6), mode="relabel"), locks="regard")
    assert done.array.ravel().tolist() == [1, 0, 3, 3, 0, 3, 1]


def test_clicks_on_background_pick_nothing_and_are_said() -> None:
    done = confirmed(of_row(1, 0, 1), Pick(points_ijk=i_at(0, 1)))
    assert done.array.ravel().tolist() == [1, 0, 0]
    assert done.preview.notes == ("the point [1, 0, 0] is on unlabelled background; it picks nothing",)


def test_when_every_click_misses_nothing_changes() -> None:
    for mode in ("pick", "relabel"):
        scene = of_row(1, 0, 1, 2)
        done = confirmed(scene, Pick(points_ijk=i_at(1), mode=mode))
        assert done.array.ravel().tolist() == [1, 0, 1, 2]
        assert not done.command.changes
    assert "no island is picked; everything stays as it is" in Pick(points_ijk=i_at(1)).propose(scene).notes


def test_it_warns_when_the_active_label_itself_would_vanish() -> None:
    done = confirmed(of_row(1, 1, 0, 2), Pick(points_ijk=i_at(3)))
    assert done.array.ravel().tolist() == [0, 0, 0, 1]
    assert "no island of A itself is picked: its 2 voxels would go" in done.preview.notes
    assert done.cleared == {1: 2}


def test_voxels_join_over_faces_unless_more_is_asked_for() -> None:
    frames = np.array([[[1, 0, 0], [0, 1, 0]], [[0, 0, 0], [0, 0, 1]]]).reshape(1, 2, 2, 3)
    for connectivity, kept in ((6, 1), (18, 3), (26, 3)):
        done = confirmed(a_scene(frames, frames), Pick(point_ijk=(0, 0, 0), connectivity=connectivity))
        assert int((done.array == 1).sum()) == kept
    with pytest.raises(OptionError, match="connectivity: 8"):
        Pick(connectivity=8)


def test_points_in_mm_and_in_slices_mean_the_same_voxels() -> None:
    rng = np.random.default_rng(5)
    frames = rng.integers(0, 3, (1, 4, 5, 6))
    scene = a_scene(frames, frames)
    picked = [(2, 3, 1), (5, 0, 1), (0, 4, 1)]  # i, j, k
    expected = Pick(points_ijk=tuple(map(tuple, np.array(picked, float)))).voxels(scene)
    assert expected == [(k, j, i) for i, j, k in picked]
    lps = scene.geometry.lps_from_ijk(picked)
    assert Pick(points_lps=tuple(map(tuple, lps + 0.4))).voxels(scene) == expected
    assert Pick(points_slice=tuple((i, j) for i, j, _ in picked), slice=1).voxels(scene) == expected
    assert Pick(points_slice=((2, 1),), plane="coronal", slice=3).voxels(scene) == expected[:1]
    assert Pick(points_slice=((3, 1),), plane="sagittal", slice=2).voxels(scene) == expected[:1]
    assert Pick(points_slice=((2, 3),), slice=1, point_ijk=(5, 0, 1), point_lps=tuple(lps[2])).voxels(scene) == [
        expected[0],
        expected[1],
        expected[2],
    ]


def test_points_that_make_no_sense_are_refused() -> None:
    scene = of_row(1, 0, 1)
    for tool, complaint in (
        (Pick(), "nothing is picked"),
        (Pick(points_ijk=i_at(3)), "outside of the image"),
        (Pick(point_lps=(-0.6, 0, 0)), "outside of the image"),
        (Pick(points_ijk=((1.0, 2.0),)), "three finite numbers"),
        (Pick(points_slice=((1.0, 2.0, 3.0),), slice=0), r"two numbers \[column, row\]"),
        (Pick(points_slice=((1.0, 0.0),)), "needs the slice"),
        (Pick(points_slice=((1.0, 0.0),), slice=7), "axial slice 7 is outside"),
    ):
        with pytest.raises(ToolError, match=complaint):
            tool.propose(scene)
    with pytest.raises(ToolError, match="no label is active"):
        Pick(points_ijk=i_at(0)).propose(replace(scene, label=None))


def test_frames_in_which_nothing_is_hit_stay_as_they_are() -> None:
    frames = np.array([[1, 0, 1], [0, 1, 1], [2, 0, 1]]).reshape(3, 1, 1, 3)
    scene = a_scene(frames, frames)
    done = confirmed(scene, Pick(points_ijk=i_at(0), frames="all"), frames="all")
    assert done.array.reshape(3, 3).tolist() == [[1, 0, 0], [0, 1, 1], [1, 0, 0]]
    assert "frame 1: no island is picked; everything stays as it is" in done.preview.notes
    done = confirmed(a_scene(frames, frames, t=2), Pick(points_ijk=i_at(2)))
    assert done.array.reshape(3, 3).tolist() == [[1, 0, 1], [0, 1, 1], [2, 0, 1]]


def test_masking_keeps_its_hands_off_both_ways() -> None:
    scene = of_row(1, 1, 0, 1, 1, 0)  # intensities are ten times the values
    scene.image.array[0, 0, 0] = [0, 9, 0, 0, 9, 0]
    done = confirmed(scene, Pick(points_ijk=i_at(0), intensity_lower=5))
    assert done.array.ravel().tolist() == [1, 1, 0, 1, 0, 0]
    scene = of_row(2, 2, 0, 1)
    scene.image.array[0, 0, 0] = [0, 9, 0, 0]
    done = confirmed(scene, Pick(points_ijk=i_at(0), mode="relabel", intensity_lower=5))
    assert done.array.ravel().tolist() == [2, 1, 0, 1]


def test_the_editor_keeps_picks_takes_back_the_last_and_all() -> None:
    editor = PickEditor()
    for place in i_at(0, 3, 5):
        editor.add(place)
    assert editor.remove_last() == (5.0, 0.0, 0.0)
    scene = of_row(1, 0, 0, 1, 0, 1)
    assert confirmed(scene, editor.tool()).array.ravel().tolist() == [1, 0, 0, 1, 0, 0]
    assert (editor.tool("relabel", 26).mode, editor.tool("relabel", 26).connectivity) == ("relabel", 26)
    editor.reset()
    assert (editor.points_ijk, editor.remove_last()) == ([], None)
    with pytest.raises(ToolError, match="nothing is picked"):
        editor.tool().propose(scene)


@pytest.mark.parametrize("kernels", ["never", "always"])
def test_a_vertebra_of_a_real_ct_is_the_island_that_simpleitk_grows(kernels: str, monkeypatch) -> None:
    monkeypatch.setenv("MLSEG_KERNELS", kernels)
    scene = chest("thoracic vertebral column")
    mask = scene.values() == scene.label
    k, j, i = np.argwhere(mask)[0].tolist()
    grown = sitk.ConnectedThreshold(sitk.GetImageFromArray(mask.view(np.uint8)), [(i, j, k)], 1, 1)
    island = sitk.GetArrayFromImage(grown) == 1
    assert 0 < island.sum() < mask.sum()
    done = confirmed(scene, Pick(point_ijk=(i, j, k)))
    np.testing.assert_array_equal(done.array[0] == scene.label, island)
    scene = replace(chest("ribs"), t=0)
    done = confirmed(scene, Pick(points_slice=((j, k),), plane="sagittal", slice=i, mode="relabel"))
    ribs = chest("ribs").values() == scene.label
    np.testing.assert_array_equal(done.array[0] == scene.label, ribs | island)


@given(segmentations(), st.sampled_from(["pick", "relabel"]), st.sampled_from([6, 18, 26]), st.data())
def test_no_other_locked_label_changes_unless_locks_are_ignored_and_undo_is_exact(
    segmentation, mode: str, connectivity: int, data
) -> None:
    frames, k, j, i = segmentation.geometry.full_shape
    scene = Scene(
        segmentation, None, data.draw(st.sampled_from(segmentation.values)), data.draw(st.integers(0, frames - 1))
    )
    places = st.tuples(st.integers(0, i - 1), st.integers(0, j - 1), st.integers(0, k - 1))
    points = data.draw(st.lists(places, min_size=1, max_size=4))
    asked = data.draw(st.sampled_from(["current", "all"]))
    before = scene.values().copy()
    tool = Pick(points_ijk=tuple(points), mode=mode, connectivity=connectivity, frames=asked)
    done = confirmed(scene, tool, frames=asked)
    active, unlabelled = scene.label, segmentation.unlabeled_locked
    now = done.array[scene.t]
    hit = {int(before[place[::-1]]) for place in points} - {0}
    if mode == "relabel":
        assert (now[before == active] == active).all()
    elif not hit:
        np.testing.assert_array_equal(now, before)
    elif not unlabelled:
        kept = [place for place in points if before[place[::-1]] == active]
        assert (now == active).any() == bool(kept) or len(hit - {active})
