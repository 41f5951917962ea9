"""A group over the same voxels, for a thread that reads while the document goes on."""

from __future__ import annotations

import numpy as np

from MultiLabelSegLib.core import Box, Group, Label


def test_it_has_the_same_voxels_without_a_copy_and_an_index_of_its_own() -> None:
    array = np.zeros((1, 2, 3, 4), np.uint8)
    array[0, 1, 1, 1:3] = 5
    group = Group(array, [Label(5, "five")], "one", {"a": 1})
    assert group.index.voxels(5, 0) == 2
    shared = group.shared()
    assert np.shares_memory(shared.array, group.array)
    assert shared.index.is_scanned(0)
    assert (shared.name, shared.labels, shared.properties) == (group.name, group.labels, group.properties)
    group.writable()[0, 0, 0, 0] = 5
    group.index.record(0, Box((0, 0, 0), (1, 1, 1)), {0: 1}, {5: 1})
    group.set_label(Label(6, "six"))
    assert (group.index.voxels(5, 0), shared.index.voxels(5, 0)) == (3, 2)
    assert shared.index.box(5, 0) == Box((1, 1, 1), (2, 2, 3))
    assert 6 not in shared


def test_frames_that_were_not_scanned_are_scanned_by_each() -> None:
    shared = Group(np.full((2, 1, 1, 2), 3, np.uint8), [Label(3, "three")]).shared()
    assert not shared.index.is_scanned(1)
    assert shared.voxels(3) == 4
