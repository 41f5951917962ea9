"""Operations on groups and on labels that go from one to another; on properties and the unlabelled lock."""

from __future__ import annotations

import numpy as np
import pytest

from MultiLabelSegLib import Geometry, Group, Label, Segmentation
from MultiLabelSegLib.edit import History, OverwriteStyle
from MultiLabelSegLib.edit import operations as ops
from MultiLabelSegLib.errors import DuplicateValueError, GroupError, LockedError, UnknownLabelError


def a_segmentation() -> Segmentation:
    first = np.array([[[1, 1, 2, 2, 0, 0]], [[0, 0, 0, 1, 1, 0]]], np.uint8)[:, np.newaxis]
    second = np.array([[[5, 6, 0, 0, 5, 6]], [[0, 0, 0, 0, 6, 0]]], np.uint8)[:, np.newaxis]
    groups = [
        Group(first, [Label(1, "a", properties={"k": 1}), Label(2, "b")], "A"),
        Group(second, [Label(5, "e"), Label(6, "f", locked=False)], "B"),
    ]
    return Segmentation(Geometry.from_parts((1, 1, 6), time_steps=2), groups)


def rows(segmentation: Segmentation, group: int) -> list[list[int]]:
    return segmentation.groups[group].array[:, 0, 0].tolist()


def test_groups_come_and_go() -> None:
    segmentation = a_segmentation()
    history = History(segmentation)
    history.do(ops.add_group(segmentation, "first", index=0, labels=[Label(9, "n")]))
    assert [group.name for group in segmentation.groups] == ["first", "A", "B"]
    history.do(ops.add_group(segmentation, array=np.full((2, 1, 1, 6), 3, np.uint8), labels=[Label(3, "m")]))
    assert segmentation.voxels(3) == 12
    history.do(ops.remove_group(segmentation, 1))
    assert segmentation.values == (9, 5, 6, 3)
    for _ in range(3):
        history.undo()
    assert segmentation.values == (1, 2, 5, 6)
    assert rows(segmentation, 0)[0] == [1, 1, 2, 2, 0, 0]


def test_what_no_group_can_be() -> None:
    segmentation = a_segmentation()
    with pytest.raises(DuplicateValueError):
        History(segmentation).do(ops.add_group(segmentation, labels=[Label(1, "x")]))
    with pytest.raises(GroupError, match="inserted at 7"):
        History(segmentation).do(ops.add_group(segmentation, index=7))
    with pytest.raises(GroupError, match="no group 2"):
        ops.remove_group(segmentation, 2)
    with pytest.raises(GroupError, match="last group"):
        ops.remove_group(Segmentation(segmentation.geometry), 0)


def test_groups_are_renamed_and_reordered() -> None:
    segmentation = a_segmentation()
    history = History(segmentation)
    history.do(ops.rename_group(segmentation, 1, "Läsionen"))
    history.do(ops.reorder_groups(segmentation, [1, 0]))
    assert [group.name for group in segmentation.groups] == ["Läsionen", "A"]
    history.do(ops.rename_group(segmentation, 0, "Läsionen"))
    history.do(ops.reorder_groups(segmentation, [0, 1]))
    assert len(history.undo_titles) == 2, "nothing changed"
    history.undo()
    history.undo()
    assert [group.name for group in segmentation.groups] == ["A", "B"]
    with pytest.raises(GroupError, match="once"):
        ops.reorder_groups(segmentation, [1, 1])


def test_a_copy_spares_locked_labels_and_says_so() -> None:
    segmentation = a_segmentation()
    history = History(segmentation)
    command = history.do(ops.copy_label_to_group(segmentation, 1, 1))
    assert command.values == (7,)
    assert rows(segmentation, 1) == [[5, 7, 0, 0, 5, 6], [0, 0, 0, 7, 7, 0]]
    assert rows(segmentation, 0) == [[1, 1, 2, 2, 0, 0], [0, 0, 0, 1, 1, 0]]
    assert segmentation.label(7) == segmentation.label(1).with_(value=7)
    assert command.resolution.protected == {5: 1}
    history.undo()
    assert rows(segmentation, 1) == [[5, 6, 0, 0, 5, 6], [0, 0, 0, 0, 6, 0]]
    assert 7 not in segmentation


def test_a_copy_may_ignore_locks_or_stay_at_home() -> None:
    segmentation = a_segmentation()
    history = History(segmentation)
    history.do(ops.copy_label_to_group(segmentation, 1, 1, OverwriteStyle.IGNORE_LOCKS))
    assert rows(segmentation, 1)[0] == [7, 7, 0, 0, 5, 6]
    history.do(ops.set_locked(segmentation, False))
    history.do(ops.copy_label_to_group(segmentation, 2, 0))
    assert rows(segmentation, 0)[0] == [1, 1, 8, 8, 0, 0]


def test_a_copy_into_a_new_group() -> None:
    segmentation = a_segmentation()
    history = History(segmentation)
    history.do(ops.copy_label_to_group(segmentation, 1, group_name="C"))
    assert [group.name for group in segmentation.groups] == ["A", "B", "C"]
    assert rows(segmentation, 2) == [[7, 7, 0, 0, 0, 0], [0, 0, 0, 7, 7, 0]]
    history.undo()
    assert len(segmentation.groups) == 2


def test_a_move_keeps_the_value_and_loses_nothing() -> None:
    segmentation = a_segmentation()
    history = History(segmentation)
    with pytest.raises(LockedError, match=r"to group B would lose .*'e' \(1 voxels\)"):
        ops.move_label_to_group(segmentation, 1, 1)
    history.do(ops.move_label_to_group(segmentation, 1, 1, OverwriteStyle.IGNORE_LOCKS))
    assert [group.values for group in segmentation.groups] == [(2,), (5, 6, 1)]
    assert rows(segmentation, 0) == [[0, 0, 2, 2, 0, 0], [0] * 6]
    assert rows(segmentation, 1) == [[1, 1, 0, 0, 5, 6], [0, 0, 0, 1, 1, 0]]
    history.undo()
    assert [group.values for group in segmentation.groups] == [(1, 2), (5, 6)]
    assert rows(segmentation, 1) == [[5, 6, 0, 0, 5, 6], [0, 0, 0, 0, 6, 0]]


def test_moves_that_cannot_be() -> None:
    segmentation = a_segmentation()
    with pytest.raises(GroupError, match="in group A already"):
        ops.move_label_to_group(segmentation, 1, 0)
    with pytest.raises(UnknownLabelError):
        ops.move_label_to_group(segmentation, 77, 0)
    with pytest.raises(GroupError, match="no group 5"):
        ops.copy_label_to_group(segmentation, 1, 5)
    stray = Group(np.full((2, 1, 1, 6), 1, np.uint8))
    segmentation.insert_group(2, stray)
    with pytest.raises(GroupError, match="voxels of group 3 hold 1 without a label"):  # as lists show its number
        ops.move_label_to_group(segmentation, 1, 2)


def test_properties_of_the_data_set_and_of_groups() -> None:
    segmentation = a_segmentation()
    history = History(segmentation)
    history.do(ops.set_properties(segmentation, {"patient": "x", "n": 1}))
    history.do(ops.set_properties(segmentation, {}, remove=["n"]))
    history.do(ops.set_properties(segmentation, {"g": True}, group=1))
    assert segmentation.properties == {"patient": "x"}
    assert segmentation.groups[1].properties == {"g": True}
    history.do(ops.set_properties(segmentation, {"g": True}, group=1))
    assert len(history.undo_titles) == 3, "nothing changed"
    for _ in range(3):
        history.undo()
    assert (segmentation.properties, segmentation.groups[1].properties) == ({}, {})


def test_the_unlabelled_lock() -> None:
    segmentation = a_segmentation()
    history = History(segmentation)
    history.do(ops.set_unlabeled_lock(segmentation, True))
    history.do(ops.set_unlabeled_lock(segmentation, True))
    assert segmentation.unlabeled_locked
    assert history.undo_titles == ("Lock unlabelled space",)
    history.undo()
    assert not segmentation.unlabeled_locked
