"""What MITK's own tests of label set images and transfers say, on volumes made here with the same counts."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from MultiLabelSegLib import Geometry, Group, Label, Segmentation
from MultiLabelSegLib.edit import History, MergeStyle, OverwriteStyle
from MultiLabelSegLib.edit import operations as ops
from MultiLabelSegLib.edit.transfer import transfer_labels
from MultiLabelSegLib.errors import GroupError, UnknownLabelError

#: of mitkLabelSetImageTest: label -> voxels
COUNTS = {1: 411, 3: 1893, 5: 2143, 6: 507, 7: 823}


def mitks_image() -> Segmentation:
    """96 x 128 x 52 voxels in one group, whose labels have MITK's counts."""
    array = np.zeros((1, 52, 128, 96), np.uint16)
    array.flat[5000 : 5000 + sum(COUNTS.values())] = np.repeat(list(COUNTS), list(COUNTS.values()))
    labels = [Label(value, f"Label{value}", locked=False) for value in COUNTS]
    return Segmentation(Geometry.from_parts((52, 128, 96)), [Group(array, labels)])


def counted(segmentation: Segmentation) -> dict[int, int]:
    found = {value: segmentation.voxels(value) for value in segmentation.values}
    array = segmentation.group(0).array
    assert found == {value: int(np.count_nonzero(array == value)) for value in segmentation.values}
    return found


def test_labels_have_the_counts_of_mitks_test_image_and_a_mask_of_one_holds_its_voxels() -> None:
    segmentation = mitks_image()
    assert counted(segmentation) == COUNTS
    assert np.count_nonzero(segmentation.mask(6)) == 507


def test_removing_three_labels_leaves_two_and_no_other_value() -> None:
    segmentation = mitks_image()
    History(segmentation).do(ops.remove_labels(segmentation, [1, 3, 7]))
    assert counted(segmentation) == {5: 2143, 6: 507}
    assert np.unique(segmentation.group(0).array).tolist() == [0, 5, 6]


def test_erasing_three_labels_keeps_all_five() -> None:
    segmentation = mitks_image()
    History(segmentation).do(ops.clear_labels(segmentation, [1, 3, 7]))
    assert counted(segmentation) == {**dict.fromkeys(COUNTS, 0), 5: 2143, 6: 507}


def test_merging_adds_up_and_keeps_the_labels() -> None:
    segmentation = mitks_image()
    history = History(segmentation)
    history.do(ops.merge_labels(segmentation, 6, [7]))
    assert segmentation.voxels(6) == 507 + 823 == 1330
    history.do(ops.merge_labels(segmentation, 3, [5, 6]))
    assert segmentation.voxels(3) == 1893 + 2143 + 1330 == 5366
    assert segmentation.values == tuple(COUNTS)
    history.undo()
    history.undo()
    assert counted(segmentation) == COUNTS


def test_groups_and_labels_are_found_as_in_mitks_test() -> None:
    segmentation = Segmentation(Geometry.from_parts((52, 128, 96)))
    history = History(segmentation)
    assert len(segmentation.groups) == 1
    assert segmentation.values == ()
    assert not segmentation.unlabeled_locked
    heard: list[object] = []
    segmentation.changed.connect(heard.append)
    history.do(ops.add_group(segmentation))
    assert len(heard) == 1
    assert len(segmentation.groups) == 2
    for value, name in ((20, "Label2"), (22, "Label2"), (30, "Label3")):
        history.do(ops.add_label(segmentation, 1, name, value=value))
    history.do(ops.add_label(segmentation, 0, "Label1", value=1))
    history.do(ops.add_group(segmentation))
    assert [group.values for group in segmentation.groups] == [(1,), (20, 22, 30), ()]
    assert len(segmentation.labels) == 4
    assert [label.value for label in segmentation.labels_named("Label2")] == [20, 22]
    assert sorted({label.name for label in segmentation.group(1).labels}) == ["Label2", "Label3"]
    with pytest.raises(UnknownLabelError, match="1000"):
        segmentation.label(1000)
    with pytest.raises(GroupError, match="no group 3"):
        segmentation.group(3)
    history.do(ops.remove_group(segmentation, 1))
    history.do(ops.remove_group(segmentation, 1))
    assert [group.values for group in segmentation.groups] == [(1,)]
    with pytest.raises(GroupError, match="last group"):
        ops.remove_group(segmentation, 0)


@pytest.mark.parametrize("frame", [None, 0, 1])
def test_several_pairs_at_once_replace_and_ignore_locks(frame: int | None) -> None:
    """MITK's pairs 1 -> 1, 3 -> 1, 2 -> 4, 4 -> 2, for every value of the source over every one of the destination."""
    cells = np.array(list(itertools.product(range(5), range(6))), np.uint8).T
    source, before = (np.broadcast_to(row, (2, 1, 1, 30)).copy() for row in cells)
    geometry = Geometry.from_parts((1, 1, 30), time_steps=2)
    labels = [Label(value, str(value), locked=value != 2) for value in range(1, 6)]
    given = Segmentation(geometry, [Group(source, labels[:4])])
    target = Segmentation(geometry, [Group(before.copy(), labels)], unlabeled_locked=True)
    pairs = [(1, 1), (3, 1), (2, 4), (4, 2)]
    expected = before.copy()
    for t in (0, 1) if frame is None else (frame,):
        for value, goal in pairs:
            expected[t][(source[t] == 0) & (before[t] == goal)] = 0
            expected[t][source[t] == value] = goal
    history = History(target)
    styles = MergeStyle.REPLACE, OverwriteStyle.IGNORE_LOCKS
    history.do(transfer_labels(given, target, pairs, *styles, t=frame))
    np.testing.assert_array_equal(target.group(0).array, expected)
    assert target.group(0).values == (1, 2, 3, 4, 5)
    history.undo()
    np.testing.assert_array_equal(target.group(0).array, before)
