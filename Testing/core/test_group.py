"""A group: its array, its labels, and what is no group."""

from __future__ import annotations

import numpy as np
import pytest

from MultiLabelSegLib import Group, Label
from MultiLabelSegLib.core import Box
from MultiLabelSegLib.errors import DuplicateValueError, GroupError, UnknownLabelError


def a_group() -> Group:
    array = np.zeros((1, 2, 3, 4), np.uint8)
    array[0, 1, 1, 1:3] = 5
    array[0, 0, 2, 3] = 9
    return Group(array, [Label(5, "five"), Label(7, "seven", locked=False)], "G")


def test_arrays_are_taken_over_as_they_are_when_they_fit() -> None:
    array = np.zeros((2, 3, 4), np.uint16)
    group = Group(array)
    assert group.shape == (1, 2, 3, 4)
    assert np.shares_memory(group.array, array)


@pytest.mark.parametrize(
    ("array", "dtype"),
    [
        (np.ones((2, 2, 2), np.bool_), np.uint8),
        (np.full((2, 2, 2), 255, np.int64), np.uint8),
        (np.full((2, 2, 2), 256, np.int32), np.uint16),
        (np.full((2, 2, 2), 65535, np.uint64), np.uint16),
        (np.full((2, 2, 2), 300, ">u2"), np.uint16),
        (np.asfortranarray(np.full((2, 3, 2), 3, np.uint8)), np.uint8),
        (np.frombuffer(b"\0" + b"\3\0" * 8, np.uint16, offset=1).reshape(2, 2, 2), np.uint16),
    ],
)
def test_other_arrays_are_converted_with_their_values(array: np.ndarray, dtype: type) -> None:
    group = Group(array)
    assert group.array.dtype == dtype
    assert group.array.dtype.isnative
    assert group.array.flags.c_contiguous
    assert group.array.flags.aligned
    np.testing.assert_array_equal(group.array[0], array)


@pytest.mark.parametrize(
    ("array", "what"),
    [
        (np.zeros((2, 2)), "(t, k, j, i)"),
        (np.zeros((1, 1, 1, 1, 1), np.uint8), "(t, k, j, i)"),
        (np.zeros((2, 0, 2), np.uint8), "(t, k, j, i)"),
        (np.zeros((2, 2, 2), np.float32), "whole numbers"),
        (np.zeros((2, 2, 2), object), "whole numbers"),
        (np.full((2, 2, 2), 70000), "65535"),
        (np.full((2, 2, 2), -1), "-1"),
    ],
)
def test_what_holds_no_labels_is_refused(array: np.ndarray, what: str) -> None:
    with pytest.raises(GroupError, match=what.replace("(", r"\(").replace(")", r"\)")):
        Group(array)


def test_a_readers_array_cannot_be_written_through_the_view() -> None:
    with pytest.raises(ValueError, match="read-only"):
        a_group().array[0, 0, 0, 0] = 1


def test_a_read_only_array_is_copied() -> None:
    array = np.zeros((2, 2, 2), np.uint8)
    array.flags.writeable = False
    assert not np.shares_memory(Group(array).array, array)


def test_labels_keep_their_order_and_values_differ() -> None:
    group = a_group()
    assert group.values == (5, 7)
    group.set_label(Label(3, "three"), 1)
    group.set_label(Label(5, "FIVE"))
    assert [label.name for label in group.labels] == ["FIVE", "three", "seven"]
    assert group.drop_label(3) == (Label(3, "three"), 1)
    with pytest.raises(DuplicateValueError, match="5"):
        Group(np.zeros((1, 1, 1), np.uint8), [Label(5, "a"), Label(5, "b")])


def test_reordering_must_name_every_label_once() -> None:
    group = a_group()
    group.reorder([7, 5])
    assert group.values == (7, 5)
    for wrong in ([7], [7, 5, 5], [7, 6]):
        with pytest.raises(GroupError, match="exactly"):
            group.reorder(wrong)


def test_unknown_labels_are_named_with_those_that_there_are() -> None:
    with pytest.raises(UnknownLabelError, match="no label 4; it has 5, 7"):
        a_group().label(4)
    with pytest.raises(UnknownLabelError):
        a_group().drop_label(4)


def test_counts_and_values_that_nobody_declared() -> None:
    group = a_group()
    assert (group.voxels(5), group.voxels(7), group.voxels(9)) == (2, 0, 1)
    assert group.present_values() == (5, 9)
    assert group.undeclared_values() == (9,)
    extent = group.extent(5)
    assert extent is not None
    assert extent.box == Box((1, 1, 1), (2, 2, 3))
    assert extent.centroid_kji == (1, 1, 1.5)
    assert group.extent(7) is None


def test_it_widens_by_itself_and_the_index_follows() -> None:
    group = a_group()
    assert group.voxels(5) == 2
    array = group.writable(255)
    assert array.dtype == np.uint8
    array = group.writable(256)
    assert array.dtype == np.uint16
    array[0, 0, 0, 0] = 256
    group.index.invalidate()
    assert group.present_values() == (5, 9, 256)


def test_unlocked_follows_the_labels() -> None:
    group = a_group()
    assert not group.unlocked[5]
    assert group.unlocked[[0, 7, 9, 65535]].all()
    group.set_label(Label(5, "five", locked=False))
    group.set_label(Label(9, "nine"))
    assert group.unlocked[5]
    assert not group.unlocked[9]
    group.drop_label(9)
    assert group.unlocked[9]


def test_a_copy_shares_no_voxels() -> None:
    group = a_group()
    twin = group.copy()
    twin.writable()[...] = 0
    assert group.voxels(5) == 2
    assert (twin.name, twin.labels) == (group.name, group.labels)
