"""Clear, merge and relabel within one segmentation, over frames, with locks."""

from __future__ import annotations

import numpy as np
import pytest

from MultiLabelSegLib import Geometry, Group, Label, Segmentation
from MultiLabelSegLib.edit import History, OverwriteStyle
from MultiLabelSegLib.edit import operations as ops
from MultiLabelSegLib.errors import GroupError, LockedError, ToolError, UnknownLabelError


def a_segmentation(space_locked: bool = False) -> Segmentation:
    first = np.array([[[1, 1, 2, 3, 0, 9]], [[2, 0, 0, 3, 1, 0]]], np.uint8)[:, np.newaxis]
    second = np.array([[[5, 6, 5, 0, 5, 6]], [[0, 5, 0, 6, 6, 0]]], np.uint8)[:, np.newaxis]
    groups = [
        Group(first, [Label(1, "a"), Label(2, "b"), Label(3, "c", locked=False)]),
        Group(second, [Label(5, "e"), Label(6, "f")]),
    ]
    return Segmentation(Geometry.from_parts((1, 1, 6), time_steps=2), groups, unlabeled_locked=space_locked)


def rows(segmentation: Segmentation, group: int) -> list[list[int]]:
    return segmentation.groups[group].array[:, 0, 0].tolist()


def test_clearing_labels_leaves_the_labels_and_other_groups() -> None:
    segmentation = a_segmentation()
    history = History(segmentation)
    history.do(ops.clear_labels(segmentation, [1, 6], t=1))
    assert rows(segmentation, 0) == [[1, 1, 2, 3, 0, 9], [2, 0, 0, 3, 0, 0]]
    assert rows(segmentation, 1) == [[5, 6, 5, 0, 5, 6], [0, 5, 0, 0, 0, 0]]
    history.do(ops.clear_labels(segmentation, None))
    assert rows(segmentation, 0) == [[0, 0, 0, 0, 0, 9], [0] * 6]
    assert segmentation.values == (1, 2, 3, 5, 6)
    with pytest.raises(ToolError, match="no frame 2"):
        ops.clear_labels(segmentation, 1, t=2)


def test_clearing_a_group_takes_values_without_labels_too() -> None:
    segmentation = a_segmentation()
    history = History(segmentation)
    history.do(ops.clear_group(segmentation, 0, t=0))
    assert rows(segmentation, 0) == [[0] * 6, [2, 0, 0, 3, 1, 0]]
    history.do(ops.clear_group(segmentation, 0))
    assert not segmentation.groups[0].array.any()
    history.do(ops.clear_group(segmentation, 0))
    assert len(history.undo_titles) == 2, "nothing was left to clear"
    history.undo()
    history.undo()
    assert rows(segmentation, 0)[0] == [1, 1, 2, 3, 0, 9]
    with pytest.raises(ToolError, match="no frame -1"):
        ops.clear_group(segmentation, 0, t=-1)
    with pytest.raises(GroupError):
        ops.clear_group(segmentation, 2)


def test_merging_lifts_the_sources_locks_and_spares_others() -> None:
    segmentation = a_segmentation(space_locked=True)
    command = ops.merge_labels(segmentation, 3, [1, 5])
    History(segmentation).do(command)
    assert rows(segmentation, 0) == [[3, 3, 2, 3, 3, 9], [2, 3, 0, 3, 3, 0]]
    assert rows(segmentation, 1) == [[5, 6, 5, 0, 5, 6], [0, 5, 0, 6, 6, 0]], "sources of other groups stay"
    assert command.resolution.protected == {2: 1}
    assert segmentation.values == (1, 2, 3, 5, 6)


def test_merging_can_ignore_locks() -> None:
    segmentation = a_segmentation()
    History(segmentation).do(ops.merge_labels(segmentation, 3, [5], OverwriteStyle.IGNORE_LOCKS))
    assert rows(segmentation, 0)[0] == [3, 1, 3, 3, 3, 9]


def test_removing_the_sources_never_loses_voxels() -> None:
    segmentation = a_segmentation()
    history = History(segmentation)
    with pytest.raises(LockedError, match=r"'a' \(1 voxels\), 'b' \(1 voxels\)"):
        ops.merge_labels(segmentation, 3, [5], remove_sources=True)
    history.do(ops.merge_labels(segmentation, 3, [1, 2, 5, 3], remove_sources=True))
    assert [group.values for group in segmentation.groups] == [(3,), (6,)]
    assert rows(segmentation, 0) == [[3, 3, 3, 3, 3, 9], [3, 3, 0, 3, 3, 0]]
    assert rows(segmentation, 1) == [[0, 6, 0, 0, 0, 6], [0, 0, 0, 6, 6, 0]]
    history.undo()
    assert [group.values for group in segmentation.groups] == [(1, 2, 3), (5, 6)]
    assert rows(segmentation, 1)[0] == [5, 6, 5, 0, 5, 6]


@pytest.mark.parametrize(
    ("target", "sources", "error"),
    [(77, [1], UnknownLabelError), (1, [77], UnknownLabelError), (1, [], ToolError), (1, [0], UnknownLabelError)],
)
def test_merges_that_cannot_be(target: int, sources: list[int], error: type[Exception]) -> None:
    with pytest.raises(error):
        ops.merge_labels(a_segmentation(), target, sources)


def test_relabelling_swaps_and_ignores_locks() -> None:
    segmentation = a_segmentation()
    History(segmentation).do(ops.relabel(segmentation, {1: 2, 2: 1}))
    assert rows(segmentation, 0) == [[2, 2, 1, 3, 0, 9], [1, 0, 0, 3, 2, 0]]


def test_relabelling_can_clear_the_rest() -> None:
    segmentation = a_segmentation()
    history = History(segmentation)
    history.do(ops.relabel(segmentation, {1: 3}, keep_untouched=False))
    assert rows(segmentation, 0) == [[3, 3, 0, 0, 0, 0], [0, 0, 0, 0, 3, 0]]
    assert not segmentation.groups[1].array.any()
    assert segmentation.values == (1, 2, 3, 5, 6)
    history.undo()
    assert rows(segmentation, 1)[0] == [5, 6, 5, 0, 5, 6]


def test_relabelling_two_groups_into_one_label_loses_neither() -> None:
    for keep in (True, False):
        segmentation = a_segmentation()
        History(segmentation).do(ops.relabel(segmentation, {2: 3, 6: 3}, keep_untouched=keep))
        held = np.array(rows(segmentation, 0)) == 3
        assert held.tolist() == [[False, True, True, keep, False, True], [True, False, False, True, True, False]]
    segmentation = a_segmentation()
    History(segmentation).do(ops.relabel(segmentation, {2: 3, 6: 3}, keep_untouched=False, exactly_as_mitk=True))
    assert rows(segmentation, 0)[1] == [0, 0, 0, 3, 3, 0], "MITK clears label 3 where group 1 is unlabelled"


def test_relabelling_regards_locks_on_request() -> None:
    segmentation = a_segmentation()
    command = ops.relabel(segmentation, {1: 2, 3: 2}, overwrite=OverwriteStyle.REGARD_LOCKS)
    History(segmentation).do(command)
    assert rows(segmentation, 0) == [[1, 1, 2, 2, 0, 9], [2, 0, 0, 2, 1, 0]]
    assert command.resolution.protected == {1: 3}
    with pytest.raises(UnknownLabelError, match="destination has no label 77"):
        ops.relabel(segmentation, {1: 77})
    with pytest.raises(ToolError, match="at least one pair"):
        ops.relabel(segmentation, {})


def test_a_merge_needs_labels_and_one_with_itself_changes_nothing() -> None:
    segmentation = a_segmentation()
    with pytest.raises(ToolError, match="label 1 can only be merged with others"):
        ops.merge_labels(segmentation, 1, [])
    before = segmentation.group(0).array.copy()
    History(segmentation).do(ops.merge_labels(segmentation, 1, [1, 1]))
    np.testing.assert_array_equal(segmentation.group(0).array, before)
