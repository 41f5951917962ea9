"""The per-label index: exact after a scan, and kept exact by what writes tell it."""

from __future__ import annotations

import numpy as np
import pytest

from MultiLabelSegLib.core import Box, Extent, Group
from MultiLabelSegLib.core.label_index import LabelIndex, merge_extents
from MultiLabelSegLib.core.tally import tally


def an_array() -> np.ndarray:
    array = np.zeros((2, 4, 5, 6), np.uint16)
    array[0, 1, 2, 1:4] = 3
    array[0, 3, 4, 5] = 500
    array[1, 0, 0, 0] = 3
    return array


def write(index: LabelIndex, array: np.ndarray, t: int, box: Box, value: int) -> None:
    part = array[t][box.slices]
    lost = tally(part)
    part[...] = value
    index.record(t, box, lost, {value: part.size})


def test_a_scan_finds_count_box_and_sums_of_every_value() -> None:
    index = LabelIndex(an_array())
    assert index.values(0) == (3, 500)
    assert index.extent(3, 0) == Extent(3, Box((1, 2, 1), (2, 3, 4)), (3, 6, 6))
    assert index.box(500, 0) == Box((3, 4, 5), (4, 5, 6))
    assert index.voxels(3, 1) == 1
    assert index.extent(4, 0) is None
    assert index.box(4, 0) is None
    assert index.voxels(4, 0) == 0


def test_nothing_is_scanned_before_it_is_asked_for() -> None:
    index = LabelIndex(an_array())
    index.record(0, Box((0, 0, 0), (1, 1, 1)), {}, {9: 1})
    assert not index.is_scanned(0)
    assert index.values(0) == (3, 500)
    assert index.is_scanned(0)
    assert not index.is_scanned(1)
    index.invalidate(0)
    assert not index.is_scanned(0)


def test_writes_keep_it_exact() -> None:
    array = an_array()
    index = LabelIndex(array)
    index.values(0)
    write(index, array, 0, Box((1, 2, 2), (2, 4, 3)), 7)
    assert index.voxels(3, 0) == 2
    assert index.voxels(7, 0) == 2
    assert index.extent(3, 0) == Extent(2, Box((1, 2, 1), (2, 3, 4)), (2, 4, 4))
    write(index, array, 0, Box((1, 2, 3), (2, 3, 6)), 0)
    assert index.extent(3, 0) == Extent(1, Box((1, 2, 1), (2, 3, 2)), (1, 2, 1))


def test_a_value_that_is_overwritten_is_gone_and_may_come_back_elsewhere() -> None:
    array = an_array()
    index = LabelIndex(array)
    index.values(0)
    write(index, array, 0, Box((3, 4, 5), (4, 5, 6)), 0)
    assert index.values(0) == (3,)
    assert index.loose_box(500, 0) is None
    write(index, array, 0, Box((0, 0, 0), (1, 1, 1)), 500)
    assert index.box(500, 0) == Box((0, 0, 0), (1, 1, 1))


def test_boxes_of_single_values_keep_it_sharp() -> None:
    array = an_array()
    index = LabelIndex(array)
    index.values(0)
    array[0, 0, 0, 0] = 8
    index.record(0, Box.whole((4, 5, 6)), {0: 1}, {8: 1}, {8: Box((0, 0, 0), (1, 1, 2))})
    assert index.loose_box(8, 0) == Box((0, 0, 0), (1, 1, 2))
    assert index.box(8, 0) == Box((0, 0, 0), (1, 1, 1))


def test_many_stale_boxes_are_renewed_together() -> None:
    array = np.arange(1, 9, dtype=np.uint8).repeat(8).reshape(1, 4, 4, 4)
    index = LabelIndex(array)
    index.values(0)
    swapped = np.array([0, *range(8, 0, -1)], np.uint8)[array]
    whole = Box.whole((4, 4, 4))
    counts = dict.fromkeys(range(1, 9), 7)
    array[...] = swapped
    index.record(0, whole, counts, counts)
    for value in range(1, 9):
        assert index.box(value, 0) == Box.of_mask(array[0] == value)


def test_the_array_may_be_replaced_by_a_wider_one() -> None:
    array = np.ones((1, 2, 2, 2), np.uint8)
    index = LabelIndex(array)
    index.values(0)
    wider = array.astype(np.uint16)
    index.replace_array(wider)
    write(index, wider, 0, Box((0, 0, 0), (1, 2, 2)), 300)
    assert index.extent(300, 0) == Extent(4, Box((0, 0, 0), (1, 2, 2)), (0, 2, 2))


def test_extents_of_frames_add_up() -> None:
    index = LabelIndex(an_array())
    extents = [extent for t in range(2) if (extent := index.extent(3, t)) is not None]
    assert merge_extents(extents) == Extent(4, Box((0, 0, 0), (2, 3, 4)), (3, 6, 6))
    assert merge_extents([]) is None


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("size", [0, 1, 300, 20000])
def test_tally_counts_like_unique(dtype: type, size: int) -> None:
    values = np.random.default_rng(size).integers(0, np.iinfo(dtype).max, size, dtype, endpoint=True)
    found, counts = np.unique(values, return_counts=True)
    assert tally(values) == dict(zip(found.tolist(), counts.tolist(), strict=True))


def test_counts_of_a_group_are_those_of_all_frames_at_once() -> None:
    array = np.zeros((2, 1, 2, 3), np.uint8)
    array[0, 0, 0] = (1, 1, 2)
    array[1, 0, 1] = (2, 5, 0)

    assert Group(array).counts() == {1: 2, 2: 2, 5: 1}


def test_every_write_gives_a_version_that_no_index_had() -> None:
    array = an_array()
    group = Group(array)
    seen = [LabelIndex(array).version, group.index.version]

    def is_new() -> bool:
        seen.append(group.index.version)
        return seen[-1] not in seen[:-1]

    assert not is_new()
    assert group.index.values(0)
    assert not is_new()
    group.writable()
    assert is_new()
    group.index.record(1, Box((0, 0, 0), (1, 1, 1)), {}, {})  # frame 1 is not scanned
    assert is_new()
    group.index.invalidate()
    assert is_new()
    group.replace_array(an_array())
    assert is_new()
    assert group.copy().index.version not in seen
