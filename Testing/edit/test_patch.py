"""Patches: applying one returns its inverse, small in memory, told to the index and to listeners."""

from __future__ import annotations

import numpy as np
import pytest

from MultiLabelSegLib import Geometry, Group, Label, Segmentation
from MultiLabelSegLib.core import Box, Event
from MultiLabelSegLib.edit import Proposal, VoxelPatch, resolve
from MultiLabelSegLib.errors import GroupError, HistoryError


def a_segmentation(shape: tuple[int, int, int, int] = (2, 3, 4, 5)) -> Segmentation:
    array = (np.arange(np.prod(shape)) % 3).astype(np.uint8).reshape(shape)
    group = Group(array, [Label(1, "a", locked=False), Label(2, "b", locked=False), Label(7, "c")])
    return Segmentation(Geometry.from_parts(shape[1:], time_steps=shape[0]), [group])


def test_a_patch_and_its_inverse_leave_nothing_behind() -> None:
    segmentation = a_segmentation()
    before = segmentation.groups[0].array.copy()
    box = Box((1, 0, 2), (3, 3, 5))
    patch = VoxelPatch.of_array(0, 1, box, np.full(box.shape, 9, np.uint16))
    inverse = patch.apply(segmentation)
    assert (segmentation.groups[0].array[1][box.slices] == 9).all()
    assert (segmentation.groups[0].array[0] == before[0]).all()
    again = inverse.apply(segmentation)
    np.testing.assert_array_equal(segmentation.groups[0].array, before)
    again.apply(segmentation)
    assert (segmentation.groups[0].array[1][box.slices] == 9).all()


def test_uniform_values_are_one_number_and_small_ones_bytes() -> None:
    box = Box((0, 0, 0), (1, 2, 2))
    assert VoxelPatch.of_array(0, 0, box, np.full((1, 2, 2), 500, np.uint16)).values == 500
    mixed = VoxelPatch.of_array(0, 0, box, np.array([[[1, 2], [1, 1]]], np.uint16))
    assert mixed.values.dtype == np.uint8
    assert mixed.counts == {1: 3, 2: 1}
    assert VoxelPatch.of_array(0, 0, box, 4).voxels == 4


def test_a_mask_costs_a_bit_a_voxel() -> None:
    group = Group(np.zeros((40, 64, 64), np.uint16), [Label(1, "a")])
    segmentation = Segmentation(Geometry.from_parts((40, 64, 64)), [group])
    region = np.random.default_rng(1).random((40, 64, 64)) < 0.5
    (patch,) = resolve(segmentation, Proposal(0, region, {1: 1})).patches
    inverse = patch.apply(segmentation)
    assert inverse.nbytes < region.size / 8 + 1000
    assert group.voxels(1) == region.sum()


def test_a_big_mask_is_cut_to_the_planes_and_rows_that_change() -> None:
    group = Group(np.zeros((40, 64, 64), np.uint8), [Label(1, "a")])
    segmentation = Segmentation(Geometry.from_parts((40, 64, 64)), [group])
    region = np.zeros((40, 64, 64), np.bool_)
    region[10:12, 30, 5:9] = True
    (patch,) = resolve(segmentation, Proposal(0, region, {1: 1})).patches
    assert patch.box == Box((10, 30, 0), (12, 31, 64))
    patch.apply(segmentation)
    np.testing.assert_array_equal(group.array[0], region)


def test_listeners_hear_frame_box_and_labels() -> None:
    segmentation = a_segmentation()
    heard: list[Event] = []
    segmentation.changed.connect(heard.append)
    box = Box((0, 0, 0), (1, 1, 3))
    VoxelPatch.of_array(0, 1, box, 7).apply(segmentation)
    assert heard == [Event("voxels", 0, (1, 2, 7), 1, box)]


def test_the_index_is_exact_afterwards() -> None:
    segmentation = a_segmentation()
    group = segmentation.groups[0]
    assert group.present_values() == (1, 2)
    VoxelPatch.of_array(0, 1, Box((1, 1, 1), (3, 4, 5)), 7).apply(segmentation)
    fresh = Group(group.array.copy())
    assert group.present_values() == fresh.present_values() == (1, 2, 7)
    for value in (1, 2, 7):
        assert group.extent(value) == fresh.extent(value)


def test_patches_that_do_not_fit_are_refused_and_change_nothing() -> None:
    segmentation = a_segmentation()
    before = segmentation.groups[0].array.copy()
    with pytest.raises(HistoryError, match="does not fit"):
        VoxelPatch.of_array(0, 0, Box((0, 0, 0), (4, 1, 1)), 7).apply(segmentation)
    with pytest.raises(HistoryError, match="frame 2"):
        VoxelPatch.of_array(0, 2, Box((0, 0, 0), (1, 1, 1)), 7).apply(segmentation)
    with pytest.raises(GroupError, match="no group 3"):
        VoxelPatch.of_array(3, 0, Box((0, 0, 0), (1, 1, 1)), 7).apply(segmentation)
    with pytest.raises(HistoryError, match="fill the box"):
        VoxelPatch.of_array(0, 0, Box((0, 0, 0), (1, 1, 1)), np.zeros((1, 1, 2), np.uint8))
    np.testing.assert_array_equal(segmentation.groups[0].array, before)
