"""2D interpolation as a tool: planes, key slices, locks, masking, undo, contours of a preview, a real chest CT."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from MultiLabelSegLib.core import Geometry, Group, Image, Label, Segmentation
from MultiLabelSegLib.edit import History
from MultiLabelSegLib.errors import OptionError, ToolError, UnknownLabelError
from MultiLabelSegLib.ops.contour import fill_polygons
from MultiLabelSegLib.tools.base import Scene
from MultiLabelSegLib.tools.interpolate_2d import Interpolate2D, suggestion_contours, suggestion_state
from MultiLabelSegLib.tools.slices import PLANES, Plane, SliceOf


def document(array: np.ndarray, *labels: Label, unlabeled_locked: bool = False) -> Segmentation:
    frames = array if array.ndim == 4 else array[np.newaxis]
    geometry = Geometry.from_parts(frames.shape[1:], (1.0, 2.0, 4.0), time_steps=len(frames))
    values = sorted(set(np.unique(frames).tolist()) - {0} | {1})
    made = labels or tuple(Label(value, f"label {value}") for value in values)
    return Segmentation(geometry, [Group(frames.astype(np.uint8), made)], unlabeled_locked=unlabeled_locked)


def run(segmentation: Segmentation, label: int | None, **parameters: object) -> History:
    history = History(segmentation)
    draft = Interpolate2D(**parameters).propose(Scene(segmentation, label=label))  # type: ignore[arg-type]
    history.do(draft.command(segmentation))
    return history


def frame(segmentation: Segmentation, t: int = 0) -> np.ndarray:
    return segmentation.groups[0].array[t]


def bar(height: int = 7) -> np.ndarray:
    """A 2 x 2 column in the first and last axial slice."""
    array = np.zeros((height, 6, 8), np.uint8)
    array[0, 2:4, 3:5] = array[-1, 2:4, 3:5] = 1
    return array


@pytest.mark.parametrize("plane", PLANES)
def test_mitks_square_and_pixel_give_the_two_by_two_block_in_every_plane(plane: Plane) -> None:
    segmentation = document(np.zeros((9, 9, 9), np.uint8))
    where = [SliceOf(segmentation.geometry, plane, index) for index in (3, 4, 5)]
    array = frame(segmentation).copy()
    where[0].take(array)[3:6, 3:6] = 1
    where[2].take(array)[5, 5] = 1
    segmentation = document(array)
    run(segmentation, 1, plane=plane, slices=4)
    expected = np.zeros((9, 9), np.uint8)
    expected[4:6, 4:6] = 1
    assert np.array_equal(where[1].take(frame(segmentation)), expected)


def test_all_slices_are_one_step_that_undo_takes_back_exactly() -> None:
    segmentation = document(bar())
    history = run(segmentation, 1)
    assert frame(segmentation)[:, 2:4, 3:5].all()
    assert np.count_nonzero(frame(segmentation)) == 28
    assert history.undo_titles == ("Interpolate label 1 (axial)",)
    history.undo()
    assert np.array_equal(frame(segmentation), bar())


@pytest.mark.parametrize("slices", [3, (2, 3), [2, 3]])
def test_only_the_asked_slices_change(slices: object) -> None:
    segmentation = document(bar())
    run(segmentation, 1, slices=slices)
    filled = frame(segmentation).any(axis=(1, 2)).nonzero()[0].tolist()
    assert filled == sorted({0, 6, *([slices] if isinstance(slices, int) else slices)})


def test_confirming_a_single_slice_only_adds_and_spares_unlocked_labels_beside() -> None:
    array = bar()
    array[3, 0, 0] = 2  # MITK erases this
    segmentation = document(array, Label(1, "a"), Label(2, "b", locked=False))
    run(segmentation, 1, slices=3)
    assert frame(segmentation)[3, 0, 0] == 2
    assert frame(segmentation)[3, 2:4, 3:5].all()


def test_other_labels_in_a_slice_do_not_suppress_its_suggestion_and_locked_ones_keep_their_voxels() -> None:
    array = bar()
    array[3, 2, 3] = 2
    for locked, expected in ((True, 2), (False, 1)):
        segmentation = document(array.copy(), Label(1, "a"), Label(2, "b", locked=locked))
        scene = Scene(segmentation, label=1)
        command = Interpolate2D(slices=3).propose(scene).command(segmentation)
        assert dict(command.resolution.protected) == ({2: 1} if locked else {})
        History(segmentation).do(command)
        assert frame(segmentation)[3, 2, 3] == expected
        assert frame(segmentation)[3, 3, 4] == 1


def test_locks_can_be_ignored_and_locked_unlabelled_space_is_kept() -> None:
    array = bar()
    array[3, 2, 3] = 2
    segmentation = document(array, Label(1, "a"), Label(2, "b"))
    run(segmentation, 1, locks="ignore")
    assert frame(segmentation)[3, 2, 3] == 1
    locked = document(bar(), unlabeled_locked=True)
    run(locked, 1)
    assert np.array_equal(frame(locked), bar())


def test_all_labels_at_once_keep_each_others_key_slices_and_groups_stay_apart() -> None:
    first = bar()
    first[3, 2:4, 3:5] = 2
    first[5, 2:4, 4:6] = 2
    geometry = Geometry.from_parts(first.shape)
    unlocked = [Label(value, str(value), locked=False) for value in (1, 2)]
    other = Group(bar() * 9, [Label(9, "9")])
    segmentation = Segmentation(geometry, [Group(first.copy(), unlocked), other])
    run(segmentation, None, labels="all")
    found = frame(segmentation)
    assert np.array_equal(found[first > 0], first[first > 0])
    assert (found[1, 2:4, 3:5] == 1).all()
    assert (found[4] == 2).any()
    assert (segmentation.groups[1].array[0][:, 2:4, 3:5] == 9).all()


def test_labels_by_name_and_active_mean_what_they_say() -> None:
    array = bar()
    array[0, 0, 0] = array[-1, 0, 0] = 2
    for labels, filled in (("active", {1}), ((), {1}), ("label 2", {2}), ((1, "label 2"), {1, 2}), ("all", {1, 2})):
        segmentation = document(array.copy())
        run(segmentation, 1, labels=labels)
        assert set(np.unique(frame(segmentation)[3]).tolist()) - {0} == filled


def test_masking_limits_what_is_written_and_a_second_run_still_changes_nothing() -> None:
    segmentation = document(bar())
    pixels = np.zeros(bar().shape, np.int16)
    pixels[:, 2] = 100
    image = Image(pixels, segmentation.geometry)
    tool = Interpolate2D(intensity_lower=50)
    history = History(segmentation)
    history.do(tool.propose(Scene(segmentation, image, 1)).command(segmentation))
    assert frame(segmentation)[1:-1, 2, 3:5].all()
    assert not frame(segmentation)[1:-1, 3].any()
    assert tool.propose(Scene(segmentation, image, 1)).command(segmentation).resolution.written == 0


def test_only_the_frame_that_is_meant_is_filled() -> None:
    both = np.stack([bar(), bar()])
    one, every = document(both.copy()), document(both.copy())
    scene = Scene(one, label=1, t=1)
    History(one).do(Interpolate2D().propose(scene).command(one))
    assert np.array_equal(frame(one, 0), bar())
    assert frame(one, 1)[3].any()
    run(every, 1, frames="all")
    assert frame(every, 0)[3].any()
    assert frame(every, 1)[3].any()


def test_state_says_which_slices_are_key_which_get_a_suggestion_and_why_not() -> None:
    array = np.zeros((9, 4, 4), np.uint8)
    array[2, 1, 1] = array[5, 1, 1] = 1
    states = suggestion_state(Scene(document(array), label=1), "axial")
    kinds = "".join(state.kind[0] for state in states)
    assert kinds == "nnkssknnn"
    assert (states[3].below, states[3].above) == (2, 5)
    assert "between the slices 2 and 5" in states[3].reason
    assert "no slice below" in states[0].reason
    assert "no slice above" in states[8].reason
    sagittal = suggestion_state(Scene(document(array), label=1), "sagittal", 1)
    assert [state.kind for state in sagittal] == ["none", "key", "none", "none"]
    empty = suggestion_state(Scene(document(np.zeros((3, 3, 3))), label=1), "coronal")
    assert {state.reason for state in empty} == {"no slice holds the label"}


def test_contours_of_a_preview_enclose_what_confirming_writes() -> None:
    rng = np.random.default_rng(2)
    array = np.zeros((9, 20, 24), np.uint8)
    for value in (1, 2):
        for k in (0, 8):
            row, column = rng.integers(4, 16, 2)
            array[k, row - 3 : row + 3, column - 4 : column + 2] = value
    segmentation = document(array)
    for plane, index in (("axial", 4), ("coronal", 8)):
        found = suggestion_contours(Scene(segmentation, label=1), plane, index, "all")  # type: ignore[arg-type]
        copy = document(frame(segmentation).copy())
        run(copy, None, labels="all", plane=plane, slices=index)
        where = SliceOf(segmentation.geometry, plane, index)  # type: ignore[arg-type]
        new = where.take(frame(copy)) * (where.take(array) == 0)
        drawn = np.zeros(where.shape, np.uint8)
        for value, polygons in found.items():
            (top, left), block = fill_polygons(polygons, where.shape)
            drawn[top : top + block.shape[0], left : left + block.shape[1]][block] = value
        assert np.array_equal(drawn, new)
    assert set(suggestion_contours(Scene(segmentation, label=1), "axial", 4)) == {1}
    assert suggestion_contours(Scene(segmentation, label=1), "axial", 0, "all") == {}


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"slices": 0}, "axial slice 0 gets no suggestion: it holds the label"),
        ({"plane": "coronal"}, "no clear coronal slice lies between"),
        ({"labels": 2}, "1 axial slices hold label 2; it takes two"),
        ({"labels": (2, 3)}, "no label has a clear slice"),
    ],
)
def test_a_draft_without_suggestions_says_why(parameters: dict[str, object], says: str) -> None:
    array = bar()
    array[2, 0, 0], array[2, 0, 7] = 2, 3
    draft = Interpolate2D(**parameters).propose(Scene(document(array), label=1))  # type: ignore[arg-type]
    assert not draft.stages
    assert says in draft.notes[0]


def test_what_cannot_be_meant_is_refused() -> None:
    scene = Scene(document(bar()), label=1)
    for slices in ("some", True, 1.5, (1, "2")):
        with pytest.raises(OptionError, match="slices"):
            Interpolate2D(slices=slices)  # type: ignore[arg-type]
    with pytest.raises(ToolError, match="slice 7 is outside"):
        Interpolate2D(slices=7).propose(scene)
    with pytest.raises(UnknownLabelError):
        Interpolate2D(labels=5).propose(scene)
    with pytest.raises(ToolError, match="no label is active"):
        Interpolate2D().propose(Scene(scene.segmentation))
    with pytest.raises(OptionError, match="plane"):
        Interpolate2D(plane="oblique")  # type: ignore[arg-type]


arrays_of_labels = arrays(np.uint8, (6, 5, 7), elements=st.sampled_from([0, 0, 0, 0, 1, 2, 3]), fill=st.just(0))


@given(
    arrays_of_labels,
    st.sampled_from(PLANES),
    st.sampled_from(["active", "all"]),
    st.tuples(st.booleans(), st.booleans(), st.booleans()),
    st.booleans(),
)
def test_any_document_keeps_key_slices_and_locked_labels_runs_twice_alike_and_undoes(
    array: np.ndarray, plane: Plane, labels: str, locks: tuple[bool, bool, bool], space: bool
) -> None:
    made = [Label(value, str(value), locked=lock) for value, lock in enumerate(locks, 1)]
    segmentation = document(array.copy(), *made, unlabeled_locked=space)
    history = run(segmentation, 1, plane=plane, labels=labels)
    after = frame(segmentation).copy()
    axis = PLANES.index(plane)
    for value, lock in enumerate(locks, 1):
        if lock and (value != 1 or labels == "all"):
            assert (after[array == value] == value).all()
    for value in (1, 2, 3) if labels == "all" else (1,):
        keys = (array == value).any(axis=tuple(other for other in range(3) if other != axis))
        cut = (slice(None),) * axis + (keys,)
        assert np.array_equal(after[cut] == value, array[cut] == value)
    again = Interpolate2D(plane=plane, labels=labels).propose(Scene(segmentation, label=1))
    assert again.command(segmentation).resolution.written == 0
    while history.can_undo:
        history.undo()
    assert np.array_equal(frame(segmentation), array)


@lru_cache(maxsize=1)
def chest() -> Segmentation:
    pytest.importorskip("slicerio")
    from MultiLabelSegLib.datasets.demo import sample_folder
    from MultiLabelSegLib.formats.registry import read_segmentation

    return read_segmentation(sample_folder() / "Segmentation.seg.nrrd")


@pytest.mark.parametrize("plane", PLANES)
def test_lungs_of_a_real_chest_ct_without_every_second_slice_come_back(plane: Plane) -> None:
    real = chest()
    truth = real.groups[0].array[0]
    lungs = tuple(label.value for label in real.labels if "lung" in label.name)
    assert len(lungs) == 2
    gone = np.zeros(truth.shape, bool)
    gone[(slice(None),) * PLANES.index(plane) + (slice(1, None, 2),)] = True
    sparse = np.where(gone & np.isin(truth, lungs), 0, truth)
    segmentation = Segmentation(real.geometry, [Group(sparse, real.labels)])
    history = run(segmentation, None, plane=plane, labels=lungs)
    after = frame(segmentation)
    for value in lungs:
        found, wanted = (after == value) & gone, (truth == value) & gone
        assert 2 * np.count_nonzero(found & wanted) / (np.count_nonzero(found) + np.count_nonzero(wanted)) > 0.9
    others = ~np.isin(truth, lungs) & (truth > 0)
    assert np.array_equal(after[others], truth[others])
    history.undo()
    assert np.array_equal(frame(segmentation), sparse)
