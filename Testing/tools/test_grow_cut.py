"""GrowCut as a tool: what grows, what stays, and a second run after a stroke; on a real chest CT beside Slicer's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import MultiLabelSegLib as mls
from MultiLabelSegLib.core import Box, Group, Image, Label, Segmentation
from MultiLabelSegLib.datasets.demo import sample_folder, sample_image
from MultiLabelSegLib.edit import History
from MultiLabelSegLib.edit.proposal import MergeStyle, Proposal
from MultiLabelSegLib.errors import OptionError, ToolError, UnknownLabelError
from MultiLabelSegLib.formats.image_io import read_image
from MultiLabelSegLib.tools.base import Draft, Scene
from MultiLabelSegLib.tools.confirm import ConfirmOptions, confirm
from MultiLabelSegLib.tools.grow_cut import GrowCut, GrowCutSession
from Testing.ops.growing_cases import eroded_seeds, mean_dice, slicer_grow_cut
from Testing.tools.preview_cases import a_scene, confirmed, row


def seeds_of(marks: str) -> np.ndarray:
    return np.array([".ABC".index(mark) for mark in marks], np.uint8).reshape(1, 1, 1, -1)


def marked(array: np.ndarray) -> str:
    return "".join(".ABC"[value] for value in array.reshape(-1))


EDGE = row(0, 0, 0, 0, 90, 90, 90, 90)


def test_every_label_grows_up_to_the_edge_and_keeps_its_seeds() -> None:
    done = confirmed(a_scene(EDGE, seeds_of("A......B")), GrowCut())
    assert marked(done.array) == "AAAABBBB"
    assert done.preview.into == "same"
    assert [(label.value, label.name, label.target) for label in done.preview.labels] == [(1, "A", 1), (2, "B", 2)]
    assert done.cleared == {}


def test_locked_labels_grow_and_lose_no_voxel() -> None:
    """A is locked, and its seed lies in the middle of what B takes."""
    done = confirmed(a_scene(EDGE, seeds_of("B...BA.B"), label=2, locks=(1,)), GrowCut())
    assert done.array.reshape(-1)[5] == 1
    assert set(marked(done.array)) == {"A", "B"}


def test_a_locked_label_that_does_not_grow_is_a_wall() -> None:
    scene = a_scene(row(*[5] * 8), seeds_of("A..C...B"), locks=(3,))
    assert marked(confirmed(scene, GrowCut(labels=("A", "B"))).array) == "AAACBBBB"


def test_an_unlocked_label_that_does_not_grow_is_overgrown() -> None:
    scene = a_scene(row(*[5] * 8), seeds_of("A..C...B"), locks=())
    assert marked(confirmed(scene, GrowCut(labels=("A", "B"))).array) == "AAAABBBB"


def test_locked_background_is_not_written_to() -> None:
    scene = a_scene(EDGE, seeds_of("A......B"))
    scene.segmentation.unlabeled_locked = True
    assert marked(confirmed(scene, GrowCut()).array) == "A......B"


def test_one_label_grows_with_automatic_background() -> None:
    image = np.zeros((1, 1, 30, 30), np.int16)
    image[0, 0, 12:18, 12:18] = 300
    seeds = np.zeros(image.shape, np.uint8)
    seeds[0, 0, 14:16, 14:16] = 1
    tool = GrowCut(automatic_background=True, smoothing=0, margin_mm=8)
    done = confirmed(a_scene(image, seeds), tool)
    np.testing.assert_array_equal(done.array == 1, image > 0)
    assert [label.value for label in done.preview.labels] == [1]


def test_automatic_background_takes_room_by_itself_where_there_is_room() -> None:
    image, seeds = np.zeros((1, 1, 5, 99), np.int16), np.zeros((1, 1, 5, 99), np.uint8)
    seeds[0, 0, 2, 50] = 1
    preview = GrowCut(automatic_background=True).propose(a_scene(image, seeds))
    assert preview.frames[0].box == Box((0, 0, 30), (1, 5, 71))  # 20 mm of voxels of 1 mm
    with pytest.raises(ToolError, match="room around"):
        GrowCut(automatic_background=True).propose(a_scene(EDGE, seeds_of("...A....")))


@pytest.mark.parametrize(
    ("tool", "expected"),
    [
        (GrowCut(margin_mm=1), "...AABB........"),
        (GrowCut(roi_ijk=((2, 0, 0), (5, 0, 0))), "..AAAB........."),
    ],
)
def test_a_margin_or_a_box_bounds_the_work(tool: GrowCut, expected: str) -> None:
    image = row(*[0] * 5, *[90] * 10)
    scene = a_scene(image, seeds_of("....AB........."))
    assert marked(confirmed(scene, tool).array) == expected


def test_masking_bounds_what_is_written() -> None:
    scene = a_scene(row(0, 1, 2, 3, 94, 95, 96, 97), seeds_of("A......B"))
    assert marked(confirmed(scene, GrowCut(intensity_lower=2)).array) == "A.AABBBB"


@pytest.mark.parametrize("marks", ["A.......", "AA....A.", "........"])
def test_too_few_labels_with_voxels_are_refused(marks: str) -> None:
    with pytest.raises(ToolError, match="two labels with voxels"):
        GrowCut().propose(a_scene(EDGE, seeds_of(marks)))


def test_a_box_without_the_seeds_of_two_labels_is_refused() -> None:
    with pytest.raises(ToolError, match="there is one in the box"):
        GrowCut(roi_ijk=((0, 0, 0), (5, 0, 0))).propose(a_scene(EDGE, seeds_of("A......B")))


@pytest.mark.parametrize(
    "box",
    [
        ((0, 0, 0), (8, 0, 0)),
        ((-1, 0, 0), (5, 0, 0)),
        ((5, 0, 0), (2, 0, 0)),
        ((0, 0), (1, 1)),
        "all",
        ((0.5, 0, 0),) * 2,
    ],
)
def test_a_box_that_is_none_is_refused(box: Any) -> None:
    with pytest.raises(OptionError, match="roi_ijk"):
        GrowCut(roi_ijk=box).propose(a_scene(EDGE, seeds_of("A......B")))


@pytest.mark.parametrize(
    "options", [{"distance_penalty": 1.5}, {"distance_penalty": -0.1}, {"smoothing": 5}, {"margin_mm": -1.0}]
)
def test_parameters_out_of_their_range_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(OptionError):
        GrowCut(**options)


def test_unknown_labels_labels_of_two_groups_and_a_missing_image_are_refused() -> None:
    scene = a_scene(EDGE, seeds_of("A......B"))
    with pytest.raises(UnknownLabelError):
        GrowCut(labels=("A", 77)).propose(scene)
    with pytest.raises(ToolError, match="several groups"):
        GrowCut(labels=("A", "Other")).propose(scene)
    with pytest.raises(ToolError, match="needs the image"):
        GrowCut().propose(Scene(scene.segmentation, None, 1))
    with pytest.raises(ToolError, match="no label is active"):
        GrowCut().propose(Scene(scene.segmentation, scene.image, None))


def test_all_frames_grow_by_themselves_and_one_without_seeds_stays() -> None:
    image = np.concatenate([EDGE, EDGE[..., ::-1], EDGE])
    frames = np.concatenate([seeds_of("A......B"), seeds_of("A..B...."), seeds_of("..A.....")])
    tool = GrowCut(frames="all")
    done = confirmed(a_scene(image, frames), tool, frames="all", merge="replace")
    assert [marked(frame) for frame in done.array] == ["AAAABBBB", "AABBBBBB", "..A....."]
    assert done.preview.notes == (
        "frame 2 stays as it is: GrowCut needs two labels with voxels, or one and automatic background; "
        "there is one in group 0",
    )
    assert done.cleared == {}
    assert marked(confirmed(a_scene(image, frames, t=1), GrowCut()).array[1]) == "AABBBBBB"


def painted(scene: Scene, history: History, value: int, box: Box) -> None:
    """A stroke with the value, or one that erases, whatever is locked."""
    region = np.ones(box.shape, np.bool_)
    proposal = Proposal(0, region, {1: value}, box, scene.t, MergeStyle.MERGE, unlocked=frozenset((0, 1, 2, 3)))
    history.do(Draft("Stroke", ((proposal,),)).command(scene.segmentation))


@given(st.integers(0, 2**32 - 1), st.booleans())
def test_a_session_gives_after_every_stroke_and_undo_what_a_fresh_run_gives(number: int, margin: bool) -> None:
    rng = np.random.default_rng(number)
    image = rng.integers(0, 50, (1, 3, 6, 8)).astype(np.int16)
    seeds = np.zeros(image.shape, np.uint8)
    seeds[0, 0, 0, 0], seeds[0, 2, 5, 7] = 1, 2
    scene = a_scene(image, seeds)
    tool = GrowCut(labels=("A", "B"), margin_mm=2.0 if margin else None)
    session, history = GrowCutSession(tool), History(scene.segmentation)
    first = session.preview(scene)
    held = first.frames[0].region.copy()
    for _ in range(4):
        k, j, i = (int(rng.integers(0, size)) for size in scene.geometry.shape)
        box = Box((k, j, i), (k + 1, min(j + 2, 6), min(i + 3, 8)))
        if rng.random() < 0.25 and history.can_undo:
            history.undo()
        else:
            painted(scene, history, int(rng.integers(0, 4)), box)
        try:
            fresh = tool.propose(scene)
        except ToolError as error:
            with pytest.raises(ToolError, match=str(error)[:20]):
                session.preview(scene)
            continue
        again = session.preview(scene)
        assert again.frames[0].box == fresh.frames[0].box
        np.testing.assert_array_equal(again.frames[0].region, fresh.frames[0].region)
        assert again.labels == fresh.labels
    np.testing.assert_array_equal(first.frames[0].region, held)  # an earlier preview is not drawn over


def test_a_session_goes_on_after_a_stroke_and_starts_anew_for_another_image() -> None:
    scene = a_scene(EDGE, seeds_of("A......B"))
    session, history = GrowCutSession(GrowCut()), History(scene.segmentation)
    session.preview(scene)
    assert not session.incremental
    painted(scene, history, 3, Box((0, 0, 5), (1, 1, 6)))
    assert set(np.unique(session.preview(scene).frames[0].region)) == {1, 2, 3}
    assert session.incremental
    other = Image(EDGE[..., ::-1].copy(), scene.geometry)
    changed = session.preview(Scene(scene.segmentation, other, 1))
    assert not session.incremental
    expected = GrowCut().propose(Scene(scene.segmentation, other, 1))
    np.testing.assert_array_equal(changed.frames[0].region, expected.frames[0].region)


class Stop(Exception):
    pass


def test_cancelling_changes_nothing_and_the_next_run_is_whole() -> None:
    scene = a_scene(EDGE, seeds_of("A......B"))
    session = GrowCutSession(GrowCut())
    expected = session.preview(scene).frames[0].region.copy()

    def stop(done: float) -> None:
        raise Stop

    painted(scene, History(scene.segmentation), 2, Box((0, 0, 6), (1, 1, 7)))
    before = scene.segmentation.groups[0].array.copy()
    with pytest.raises(Stop):
        session.preview(scene, stop)
    np.testing.assert_array_equal(scene.segmentation.groups[0].array, before)
    np.testing.assert_array_equal(session.preview(scene).frames[0].region, expected)


def test_replacing_says_how_many_voxels_it_would_take_away() -> None:
    scene = a_scene(EDGE, seeds_of("AA.....B"))
    preview = GrowCut(roi_ijk=((1, 0, 0), (7, 0, 0))).propose(scene)
    assert dict(confirm(scene, preview, ConfirmOptions(merge="replace")).cleared) == {1: 1}


# ---- a real chest CT of 128 x 128 x 34 voxels, 3.05 x 3.05 x 10 mm ---------------------------------------------------
@pytest.fixture(scope="module")
def chest() -> Scene:
    """The CT, and seeds in a few slices of each label of its segmentation, which stays as the truth in a group."""
    truth = mls.read(sample_folder() / "Segmentation.seg.nrrd")
    image = read_image(sample_image())
    seeds = eroded_seeds(joined(truth), by=2)
    names = {1: "ribs", 2: "vertebrae", 3: "right lung", 4: "left lung", 5: "tissue", 6: "air"}
    labels = [Label(value, name) for value, name in names.items()]
    return Scene(Segmentation(image.geometry, [Group(seeds, labels)]), image, 1)


def joined(truth: Segmentation) -> np.ndarray:
    """The truth (k, j, i): the three parts of the spine as one label, what has no label as one more."""
    table = np.array([6, 1, 2, 2, 2, 3, 4, 5], np.uint8)
    return table[truth.groups[0].array[0]]


@pytest.fixture(scope="module")
def truth() -> np.ndarray:
    return joined(mls.read(sample_folder() / "Segmentation.seg.nrrd"))


def test_on_a_real_ct_all_labels_grow_to_the_organs(chest: Scene, truth: np.ndarray) -> None:
    scene = Scene(chest.segmentation.copy(), chest.image, 1)
    before = scene.segmentation.groups[0].array.copy()
    history = History(scene.segmentation)
    history.do(confirm(scene, GrowCut().propose(scene)).command)
    after = scene.segmentation.groups[0].array
    assert mean_dice(after[0], truth) > 0.94
    np.testing.assert_array_equal(after[before > 0], before[before > 0])
    history.undo()
    np.testing.assert_array_equal(scene.segmentation.groups[0].array, before)


def test_on_a_real_ct_numpy_and_kernels_give_the_same(chest: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for way in ("always", "never"):
        monkeypatch.setenv("MLSEG_KERNELS", way)
        found.append(GrowCut(distance_penalty=0.5).propose(chest).frames[0].region)
    np.testing.assert_array_equal(found[0], found[1])


def test_on_a_real_ct_one_lung_grows_with_automatic_background(chest: Scene, truth: np.ndarray) -> None:
    preview = GrowCut(labels="right lung", automatic_background=True, margin_mm=25).propose(chest)
    frame = preview.frames[0]
    lung = truth[frame.box.slices] == 3
    assert frame.box.voxels < truth.size / 3
    assert mean_dice((frame.region == 3).astype(np.uint8), lung.astype(np.uint8)) > 0.9


@pytest.mark.slicer_core
def test_on_a_real_ct_dice_is_at_least_that_of_slicer(chest: Scene, truth: np.ndarray) -> None:
    seeds, pixels = chest.segmentation.groups[0].array[0], chest.pixels()
    k, j, i = chest.geometry.spacing[::-1]
    slicer = mean_dice(slicer_grow_cut(pixels, seeds, (k, j, i))["labels"], truth)
    assert slicer > 0.9
    assert mean_dice(GrowCut().propose(chest).frames[0].region, truth) >= slicer
    assert mean_dice(GrowCut(smoothing=0).propose(chest).frames[0].region, truth) >= slicer - 0.002
