"""Confirming previews: merge and replace, locks, targets, frames, chosen labels, what a replace would clear."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from MultiLabelSegLib.core import Box
from MultiLabelSegLib.edit import History
from MultiLabelSegLib.errors import OptionError, ToolError
from MultiLabelSegLib.tools.base import Preview, PreviewFrame, PreviewLabel, Scene
from MultiLabelSegLib.tools.confirm import Confirmation, ConfirmOptions, confirm
from Testing.properties.documents import check_invariants, snapshot
from Testing.tools.slice_cases import KIDNEY, LIVER, SHAPE, SPLEEN, TUMOUR, a_scene, as_text, empty

COLOR = (1.0, 0.0, 0.0)
BOX = Box((2, 1, 2), (3, 3, 10))


def a_preview(**fields: object) -> Preview:
    """Values 1 and 2 in a box of slice 2: rows 1 and 2, columns 2 to 9."""
    region = np.array([[[1, 1, 1, 1, 2, 2, 2, 2], [1, 0, 1, 0, 2, 0, 2, 0]]], np.uint8)
    labels = (PreviewLabel(1, "one", COLOR), PreviewLabel(2, "two", COLOR))
    return Preview("Example", fields.pop("frames", {0: PreviewFrame(BOX, region)}), labels, **fields)


def a_frame() -> np.ndarray:
    frame = empty()
    frame[2, 1, 2:10] = [0, LIVER, SPLEEN, KIDNEY] * 2
    frame[2, 2, 2:10] = [0, LIVER, SPLEEN, KIDNEY] * 2
    return frame


def applied(scene: Scene, preview: Preview, options: ConfirmOptions | None = None) -> tuple[Confirmation, np.ndarray]:
    """Confirms, does, checks undo and redo; the frame of group 0 afterwards."""
    segmentation = scene.segmentation
    before = snapshot(segmentation)
    confirmation = confirm(scene, preview, options)
    assert snapshot(segmentation) == before, "nothing changes before it is done"
    history = History(segmentation)
    history.do(confirmation.command)
    after = snapshot(segmentation)
    check_invariants(segmentation)
    if history.can_undo:
        history.undo()
        assert snapshot(segmentation) == before
        assert not history.can_undo, "one step"
        history.redo()
        assert snapshot(segmentation) == after
    return confirmation, segmentation.group(0).array[scene.t].copy()


def test_by_default_all_values_merge_into_the_active_label_and_locks_hold() -> None:
    confirmation, new = applied(a_scene(a_frame()), a_preview())
    assert as_text(new[2])[1:3] == ["..11131113..........", "..11131113.........."]
    assert confirmation.command.title == "Example"
    assert confirmation.command.resolution.protected == {KIDNEY: 2}
    assert dict(confirmation.cleared) == {}


def test_locks_can_be_ignored() -> None:
    _, new = applied(a_scene(a_frame()), a_preview(), ConfirmOptions(locks="ignore"))
    assert as_text(new[2])[1:3] == ["..11111111..........", "..11131113.........."]
    _, new = applied(a_scene(a_frame()), a_preview(locks="ignore"))
    assert as_text(new[2])[1] == "..11111111.........."


def test_replacing_clears_the_target_first_also_beyond_the_previews_box() -> None:
    frame = a_frame()
    frame[0, 0, 0] = frame[5, 15, 19] = LIVER
    confirmation, new = applied(a_scene(frame), a_preview(), ConfirmOptions(merge="replace"))
    assert as_text(new[2])[1:3] == ["..11131113..........", "..1.131.13.........."]
    assert (new[0, 0, 0], new[5, 15, 19]) == (0, 0)
    # the two far ones, and the two in the second row where the region says nothing
    assert dict(confirmation.cleared) == {LIVER: 4}
    assert np.count_nonzero((frame == LIVER) & (new != LIVER)) == 4


def test_replacing_with_an_empty_region_tells_and_clears_all_of_the_label() -> None:
    nothing = PreviewFrame(Box((0, 0, 0), (0, 0, 0)), np.zeros((0, 0, 0), np.uint8))
    confirmation, new = applied(a_scene(a_frame()), a_preview(frames={0: nothing}, merge="replace"))
    assert dict(confirmation.cleared) == {LIVER: 4}
    assert not (new == LIVER).any()
    confirmation, new = applied(a_scene(a_frame()), a_preview(frames={0: nothing}))
    np.testing.assert_array_equal(new, a_frame())


def test_chosen_values_alone_are_written_and_others_count_as_nothing() -> None:
    _, new = applied(a_scene(a_frame()), a_preview(), ConfirmOptions(labels=(2,)))
    expected = a_frame()
    region = a_preview().frames[0].region
    part = expected[BOX.slices]
    part[(region == 2) & (part != KIDNEY)] = LIVER
    np.testing.assert_array_equal(new, expected)


def test_replacing_by_chosen_values_clears_the_target_where_the_others_are() -> None:
    confirmation, new = applied(a_scene(a_frame()), a_preview(), ConfirmOptions(labels=(1,), merge="replace"))
    np.testing.assert_array_equal(new == LIVER, np.isin(a_frame(), [0, LIVER, SPLEEN]) & placed(1))
    assert dict(confirmation.cleared) == {LIVER: np.count_nonzero((a_frame() == LIVER) & ~placed(1))}


def placed(value: int) -> np.ndarray:
    """Where the preview has a value."""
    whole = np.zeros(SHAPE, np.bool_)
    whole[BOX.slices] = a_preview().frames[0].region == value
    return whole


def test_locked_unlabelled_space_keeps_a_replace_from_clearing_and_the_number_says_so() -> None:
    scene = a_scene(a_frame(), unlabeled_locked=True)
    confirmation, new = applied(scene, a_preview(), ConfirmOptions(merge="replace"))
    assert dict(confirmation.cleared) == {}
    assert (new[a_frame() == LIVER] == LIVER).all()
    assert confirmation.command.resolution.protected[0] > 0


def test_into_the_same_labels_each_goes_to_its_own() -> None:
    labels = (PreviewLabel(1, "one", COLOR, LIVER), PreviewLabel(2, "two", COLOR, SPLEEN))
    region = a_preview().frames[0].region
    preview = Preview("Example", {0: PreviewFrame(BOX, region)}, labels, into="same")
    _, new = applied(a_scene(a_frame(), label=None), preview)
    # the liver is locked, so the spleen does not get its voxels
    part, expected = a_frame()[BOX.slices], a_frame()
    target = np.array([0, LIVER, SPLEEN])[region]
    writable = (part == 0) | (part == SPLEEN)
    expected[BOX.slices] = np.where((target > 0) & writable, target, part)
    np.testing.assert_array_equal(new, expected)


def test_into_new_labels_each_value_gets_one_of_its_own() -> None:
    scene = a_scene(a_frame())
    confirmation, new = applied(scene, a_preview(), ConfirmOptions(into="new"))
    made = confirmation.command.values
    assert made == (10, 11), "the highest value there is is 9"
    assert [scene.segmentation.label(value).name for value in made] == ["one", "two"]
    assert [scene.segmentation.group_index_of(value) for value in made] == [0, 0]
    # unlabelled and unlocked voxels are theirs, locked ones not
    region, part = a_preview().frames[0].region, a_frame()[BOX.slices]
    for value, label in ((1, 10), (2, 11)):
        np.testing.assert_array_equal(new[BOX.slices] == label, (region == value) & np.isin(part, [0, SPLEEN]))


def test_new_labels_lie_in_the_group_that_the_preview_names() -> None:
    scene = a_scene(a_frame())
    confirmation, _ = applied(scene, a_preview(into="new", group=1))
    assert [scene.segmentation.group_index_of(value) for value in confirmation.command.values] == [1, 1]
    assert scene.segmentation.voxels(confirmation.command.values[0]) > 0


def test_new_labels_for_values_whose_label_is_gone() -> None:
    labels = (PreviewLabel(1, "one", COLOR, 77), PreviewLabel(2, "two", COLOR, SPLEEN))
    preview = Preview("Example", {0: PreviewFrame(BOX, a_preview().frames[0].region)}, labels, into="same")
    scene = a_scene(a_frame())
    confirmation, _ = applied(scene, preview)
    assert confirmation.command.values == (10,)
    assert scene.segmentation.label(10).name == "one"


def test_all_frames_are_written_where_that_is_wanted() -> None:
    region = a_preview().frames[0].region
    frames = {t: PreviewFrame(BOX, region) for t in (0, 1)}
    scene = a_scene(a_frame())
    _, new = applied(scene, a_preview(frames=frames))
    assert not (scene.segmentation.group(0).array[1] == LIVER).any(), "the current frame alone"
    scene = a_scene(a_frame())
    confirmation, _ = applied(scene, a_preview(frames=frames), ConfirmOptions(frames="all"))
    later = scene.segmentation.group(0).array[1]
    assert (later[2] == KIDNEY).all(), "locked there"
    assert confirmation.command.resolution.protected == {KIDNEY: 2 + np.count_nonzero(region)}
    later_scene = Scene(a_scene(a_frame()).segmentation, None, LIVER, t=1)
    applied(later_scene, a_preview(frames=frames), ConfirmOptions(locks="ignore"))
    assert (later_scene.segmentation.group(0).array[1] == LIVER).sum() == np.count_nonzero(region)


def test_cleared_counts_all_frames() -> None:
    region = a_preview().frames[0].region
    frames = {t: PreviewFrame(BOX, region) for t in (0, 1)}
    scene = a_scene(a_frame(), label=KIDNEY)
    old = scene.segmentation.group(0).array.copy()
    confirmation, _ = applied(scene, a_preview(frames=frames), ConfirmOptions(frames="all", merge="replace"))
    new = scene.segmentation.group(0).array
    assert dict(confirmation.cleared) == {KIDNEY: np.count_nonzero((old == KIDNEY) & (new != KIDNEY))}


def test_the_active_label_decides_the_group() -> None:
    scene = a_scene(a_frame(), label=TUMOUR)
    _, new = applied(scene, a_preview())
    np.testing.assert_array_equal(new, a_frame())
    assert (scene.segmentation.group(1).array[0][BOX.slices][a_preview().frames[0].region > 0] == TUMOUR).all()


def test_what_cannot_be_confirmed_is_refused_and_changes_nothing() -> None:
    with pytest.raises(ToolError, match="no label is active"):
        confirm(a_scene(label=None), a_preview())
    with pytest.raises(ToolError, match="the preview has no frame 1; it has 0"):
        confirm(a_scene(), a_preview(), ConfirmOptions(frames="all"))
    with pytest.raises(ToolError, match="no labels to confirm"):
        confirm(a_scene(), a_preview(), ConfirmOptions(labels=()))
    with pytest.raises(OptionError) as caught:
        confirm(a_scene(), a_preview(), ConfirmOptions(labels=(1, 5)))
    assert (caught.value.option, caught.value.allowed) == ("labels", "1, 2")
    labels = (PreviewLabel(1, "one", COLOR, LIVER), PreviewLabel(2, "two", COLOR, TUMOUR))
    preview = Preview("Example", a_preview().frames, labels, into="same")
    with pytest.raises(ToolError, match="several groups: 0, 1"):
        confirm(a_scene(), preview)


@pytest.mark.parametrize(
    "fields",
    [{"merge": "mix"}, {"locks": "no"}, {"frames": "some"}, {"into": "old"}, {"labels": "both"}],
)
def test_options_that_are_not_allowed_are_refused_by_name(fields: dict[str, str]) -> None:
    with pytest.raises(OptionError) as caught:
        ConfirmOptions(**fields)
    assert caught.value.option == next(iter(fields))


def test_a_preview_counts_its_voxels() -> None:
    assert a_preview().voxels(0) == {1: 6, 2: 6}
    assert a_preview().voxels(1) == {}


@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from(["merge", "replace"]),
    st.sampled_from(["active", "same", "new"]),
    st.sampled_from([LIVER, SPLEEN, KIDNEY]),
    st.sampled_from(["all", (1,), (2,)]),
    st.booleans(),
)
def test_whatever_is_confirmed_locks_hold_cleared_is_right_and_undo_exact(
    seed: int, merge: str, into: str, label: int, labels: object, unlabeled_locked: bool
) -> None:
    rng = np.random.default_rng(seed)
    frame = rng.integers(0, 4, SHAPE).astype(np.uint8)
    lower = [int(rng.integers(0, size)) for size in SHAPE]
    upper = [int(rng.integers(low, size + 1)) for low, size in zip(lower, SHAPE, strict=True)]
    box = Box(tuple(lower), tuple(upper))
    region = rng.integers(0, 3, box.shape).astype(np.uint8)
    shown = (PreviewLabel(1, "one", COLOR, SPLEEN), PreviewLabel(2, "two", COLOR, label))
    preview = Preview("Example", {0: PreviewFrame(box, region)}, shown)
    scene = a_scene(frame, label=label, unlabeled_locked=unlabeled_locked)
    options = ConfirmOptions(merge=merge, into=into, labels=labels)
    confirmation, new = applied(scene, preview, options)
    targets = {"active": {label}, "same": {SPLEEN, label}, "new": set(confirmation.command.values)}[into]
    for value in (LIVER, KIDNEY):
        if value not in targets:
            np.testing.assert_array_equal(new == value, frame == value)
    if unlabeled_locked:
        np.testing.assert_array_equal(new == 0, frame == 0)
    outside = np.ones(SHAPE, np.bool_)
    outside[box.slices] = False
    if merge == "merge":
        np.testing.assert_array_equal(new[outside], frame[outside])
        assert not confirmation.cleared
    else:
        became_unlabelled = (frame != 0) & (new == 0)
        assert sum(confirmation.cleared.values()) == np.count_nonzero(became_unlabelled)
    assert not scene.segmentation.group(0).array[1][1::2].any()
