"""Boxes of voxels: half-open, (k, j, i)."""

from __future__ import annotations

import numpy as np

from MultiLabelSegLib.core import Box


def test_box_of_a_mask_is_tight() -> None:
    mask = np.zeros((4, 5, 6), np.bool_)
    mask[1, 2, 5] = mask[2, 4, 3] = True
    box = Box.of_mask(mask)
    assert box == Box((1, 2, 3), (3, 5, 6))
    assert mask[box.slices].sum() == 2
    assert Box.of_mask(np.zeros((2, 2, 2), np.bool_)) is None


def test_sizes_are_never_negative() -> None:
    assert Box((1, 2, 3), (2, 4, 6)).shape == (1, 2, 3)
    assert Box((1, 2, 3), (2, 4, 6)).voxels == 6
    assert Box((3, 0, 0), (1, 2, 2)).shape == (0, 2, 2)
    assert Box((3, 0, 0), (1, 2, 2)).voxels == 0


def test_union_and_intersection() -> None:
    a, b = Box((0, 1, 2), (2, 3, 4)), Box((1, 0, 3), (3, 2, 9))
    assert a.union(b) == Box((0, 0, 2), (3, 3, 9))
    assert a.intersection(b) == Box((1, 1, 3), (2, 2, 4))
    assert a.intersection(Box((5, 5, 5), (6, 6, 6))).voxels == 0


def test_contains_what_lies_wholly_inside() -> None:
    whole = Box.whole((3, 4, 5))
    assert whole.contains(Box((0, 0, 0), (3, 4, 5)))
    assert whole.contains(Box((2, 3, 4), (3, 4, 5)))
    assert not whole.contains(Box((2, 3, 4), (3, 4, 6)))
    assert not whole.contains(Box((-1, 0, 0), (1, 1, 1)))


def test_moved_there_and_back() -> None:
    box = Box((1, 2, 3), (2, 4, 6))
    assert box.moved((10, 20, 30)) == Box((11, 22, 33), (12, 24, 36))
    assert box.moved((10, 20, 30)).moved((10, 20, 30), -1) == box


def test_reports_show_i_j_k_with_the_last_voxel() -> None:
    assert Box((1, 2, 3), (2, 4, 6)).inclusive_ijk() == [[3, 5], [2, 3], [1, 1]]
