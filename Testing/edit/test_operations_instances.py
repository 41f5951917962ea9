"""Instances of a class: add, rename, show, split, renumber; each undoable."""

from __future__ import annotations

import numpy as np
import pytest

from MultiLabelSegLib import Geometry, Group, Label, Segmentation
from MultiLabelSegLib.core.naming import display_names
from MultiLabelSegLib.edit import History
from MultiLabelSegLib.edit import operations as ops
from MultiLabelSegLib.edit.operations import SmallParts
from MultiLabelSegLib.errors import OptionError, UnknownLabelError, ValueSpaceFullError


def in_one_row(*rows: list[int], labels: list[Label], **fields: bool) -> Segmentation:
    """One group of one slice of one frame a row list; each row is a line of voxels."""
    array = np.array([[rows]], np.uint16)
    geometry = Geometry.from_parts(array.shape[1:])
    return Segmentation(geometry, [Group(array, labels)], **fields)


def lesions() -> Segmentation:
    """Lesion 3: parts of 2, 4, 1 and 1 voxels; a locked Bone 9 beside; voxels of 12 without a label."""
    return in_one_row(
        [3, 3, 0, 3, 3, 0, 3, 0],
        [0, 0, 0, 3, 3, 0, 0, 9],
        [3, 9, 9, 0, 0, 0, 0, 12],
        labels=[
            Label(3, "Lesion", (1, 0, 0), tracking_id="T1", tracking_uid="1.2", properties={"k": 1}),
            Label(9, "Bone", locked=True),
        ],
        unlabeled_locked=True,
    )


def rows(segmentation: Segmentation, t: int = 0) -> list[list[int]]:
    return segmentation.groups[0].array[t, 0].tolist()


def test_the_largest_part_keeps_the_value_and_others_get_new_ones_by_size() -> None:
    segmentation = lesions()
    before = rows(segmentation)
    history = History(segmentation)
    command = history.do(ops.split_label(segmentation, 3))
    assert command.values == (13, 14, 15)
    assert rows(segmentation) == [
        [13, 13, 0, 3, 3, 0, 14, 0],
        [0, 0, 0, 3, 3, 0, 0, 9],
        [15, 9, 9, 0, 0, 0, 0, 12],
    ]
    assert history.undo_titles == ("Split Lesion into 4 instances",)
    assert command.resolution.written == 4
    made, old = segmentation.label(13), segmentation.label(3)
    assert made == old.with_(value=13, tracking_id="", tracking_uid="")
    assert old.tracking_uid == "1.2"
    assert display_names(segmentation.groups[0].labels) == {
        3: "Lesion [3]",
        9: "Bone",
        13: "Lesion [13]",
        14: "Lesion [14]",
        15: "Lesion [15]",
    }
    assert segmentation.groups[0].index.box(13, 0) == ((0, 0, 0), (1, 1, 2))
    history.undo()
    assert (rows(segmentation), segmentation.values) == (before, (3, 9))
    history.redo()
    assert segmentation.voxels(13) == 2


def test_small_parts_stay_with_the_largest_or_become_one_instance() -> None:
    segmentation = lesions()
    history = History(segmentation)
    assert history.do(ops.split_label(segmentation, 3, minimum_voxels=2)).values == (13,)
    assert [segmentation.voxels(value) for value in (3, 13)] == [6, 2]
    history.undo()
    command = history.do(ops.split_label(segmentation, 3, minimum_voxels=2, small=SmallParts.TOGETHER))
    assert command.values == (13, 14)
    assert [segmentation.voxels(value) for value in (3, 13, 14)] == [4, 2, 2]
    history.undo()
    assert not ops.split_label(segmentation, 3, minimum_voxels=100).changes
    assert segmentation.voxels(3) == 8


@pytest.mark.parametrize(("connectivity", "parts"), [(6, 4), (18, 3), (26, 2)])
def test_neighbours_over_faces_edges_and_corners(connectivity: int, parts: int) -> None:
    array = np.zeros((4, 4, 4), np.uint8)
    # from the second voxel: the first lies over an edge, the third over a corner; the fourth is far
    for voxel in ((0, 0, 0), (0, 1, 1), (1, 2, 2), (3, 0, 0)):
        array[voxel] = 5
    segmentation = Segmentation(Geometry.from_parts((4, 4, 4)), [Group(array, [Label(5, "a")])])
    History(segmentation).do(ops.split_label(segmentation, 5, connectivity=connectivity))
    assert len(segmentation.labels) == parts


def test_a_part_goes_on_in_the_next_frame_where_it_shares_a_voxel() -> None:
    array = np.zeros((2, 1, 1, 6), np.uint8)
    array[0, 0, 0] = [1, 1, 0, 0, 1, 0]
    array[1, 0, 0] = [0, 1, 0, 0, 0, 1]
    geometry = Geometry.from_parts((1, 1, 6), time_steps=2)
    segmentation = Segmentation(geometry, [Group(array, [Label(1, "a")])])
    History(segmentation).do(ops.split_label(segmentation, 1))
    assert rows(segmentation) == [[1, 1, 0, 0, 2, 0]]
    assert rows(segmentation, 1) == [[0, 1, 0, 0, 0, 3]]


def test_more_parts_than_values_are_refused_and_nothing_changes() -> None:
    labels = [Label(value, "x") for value in range(1, 65535)]
    segmentation = in_one_row([1, 0, 1, 0, 1], labels=labels)
    with pytest.raises(ValueSpaceFullError, match="only 1 of 1...65535 are free; a larger minimum size"):
        ops.split_label(segmentation, 1)


def test_gaps_are_used_once_the_highest_value_is_taken() -> None:
    segmentation = in_one_row([65535, 0, 65535, 0, 65535], labels=[Label(65535, "x"), Label(2, "y")])
    command = History(segmentation).do(ops.split_label(segmentation, 65535))
    assert command.values == (1, 3)
    assert rows(segmentation) == [[65535, 0, 1, 0, 3]]


def test_what_cannot_be_split() -> None:
    segmentation = lesions()
    assert not ops.split_label(in_one_row([0, 0], labels=[Label(1, "empty")]), 1).changes
    assert not ops.split_label(in_one_row([1, 1], labels=[Label(1, "one")]), 1).changes
    with pytest.raises(UnknownLabelError):
        ops.split_label(segmentation, 12)
    with pytest.raises(OptionError, match="minimum_voxels"):
        ops.split_label(segmentation, 3, minimum_voxels=0)
    with pytest.raises(OptionError, match="connectivity"):
        ops.split_label(segmentation, 3, connectivity=8)


def test_a_merge_takes_a_split_back_by_name() -> None:
    segmentation = lesions()
    before = rows(segmentation)
    history = History(segmentation)
    history.do(ops.split_label(segmentation, 3))
    sources = ops.all_but(segmentation, [3, 9])
    history.do(ops.merge_labels(segmentation, 3, sources, remove_sources=True))
    assert (rows(segmentation), segmentation.values) == (before, (3, 9))


def test_a_new_instance_has_no_tracking_of_its_own_unless_asked() -> None:
    segmentation = lesions()
    history = History(segmentation)
    (value,) = history.do(ops.add_instance(segmentation, 3)).values
    assert segmentation.label(value) == segmentation.label(3).with_(value=13, tracking_id="", tracking_uid="")
    (value,) = history.do(ops.add_instance(segmentation, 3, keep_tracking=True, new_value=40, locked=False)).values
    assert segmentation.label(40) == segmentation.label(3).with_(value=40, locked=False)
    assert ops.instances_of(segmentation, 40) == (3, 13, 40)
    assert history.undo_titles == ("Add instance of Lesion",) * 2


def test_a_class_is_renamed_as_a_whole_and_an_instance_leaves_it() -> None:
    segmentation = lesions()
    history = History(segmentation)
    history.do(ops.add_instance(segmentation, 3))
    other = Group(np.zeros((1, 1, 3, 8), np.uint8), [Label(70, "Lesion")])
    history.do(ops.add_group(segmentation, "other", labels=other.labels))
    history.do(ops.rename_class(segmentation, 3, "Tumor", (0, 1, 0)))
    assert [(label.name, label.color) for label in segmentation.groups[0].labels[::2]] == [("Tumor", (0, 1, 0))] * 2
    assert segmentation.label(70).name == "Lesion", "a class belongs to one group"
    history.do(ops.rename_labels(segmentation, 13, "Cyst"))
    assert ops.instances_of(segmentation, 3) == (3,)
    assert display_names(segmentation.groups[0].labels)[3] == "Tumor"
    history.undo()
    history.undo()
    assert [label.name for label in segmentation.groups[0].labels] == ["Lesion", "Bone", "Lesion"]


def test_show_only_hides_all_others_in_one_step() -> None:
    segmentation = lesions()
    history = History(segmentation)
    history.do(ops.set_visible(segmentation, False, 3))
    history.do(ops.show_only(segmentation, [3]))
    assert [label.visible for label in segmentation.labels] == [True, False]
    history.do(ops.set_locked(segmentation, False, ops.all_but(segmentation, 3)))
    assert [label.locked for label in segmentation.labels] == [True, False]
    history.undo()
    history.undo()
    assert [label.visible for label in segmentation.labels] == [False, True]
    with pytest.raises(UnknownLabelError, match="77"):
        ops.show_only(segmentation, 77)


def test_renumbering_leaves_out_values_that_are_taken() -> None:
    segmentation = lesions()
    history = History(segmentation)
    history.do(ops.split_label(segmentation, 3))
    history.do(ops.renumber_labels(segmentation, [15, 14, 13, 3], first=8))
    assert [segmentation.voxels(value) for value in (8, 10, 11, 13)] == [1, 1, 2, 4]
    assert segmentation.label(9).name == "Bone"
    assert 12 in segmentation.groups[0].undeclared_values()
    history.do(ops.renumber_labels(segmentation))
    assert segmentation.values == (1, 2, 3, 4, 5)
    history.undo()
    history.undo()
    assert segmentation.values == (3, 9, 13, 14, 15)
    with pytest.raises(ValueSpaceFullError):
        ops.renumber_labels(segmentation, first=65535)
    with pytest.raises(OptionError):
        ops.renumber_labels(segmentation, first=0)
