"""Intervals of groups: what they hold, and back to voxels and run tables."""

from __future__ import annotations

import numpy as np
import pytest

from MultiLabelSegLib.core.runs import scan
from MultiLabelSegLib.errors import GroupError
from MultiLabelSegLib.formats.codec.intervals import Intervals, intervals_of, intervals_of_runs
from Testing.formats.codec.run_cases import random_stretches


def made(groups: list[np.ndarray], itemsize: int = 2) -> Intervals:
    found = intervals_of(groups, itemsize)
    assert found is not None
    return found


def test_intervals_begin_where_any_group_changes(engine: str) -> None:
    first = np.array([0, 0, 5, 5, 5, 0], np.uint8)
    second = np.array([0, 0, 0, 258, 258, 258], np.uint16)
    found = made([first, second])
    assert found.start.tolist() == [0, 2, 3, 5]
    assert found.stop.tolist() == [2, 3, 5, 6]
    assert found.items.tolist() == [[0, 0, 0, 0], [5, 0, 0, 0], [5, 0, 2, 1], [0, 0, 2, 1]]
    assert (found.groups, found.total, found.content_bytes) == (2, 6, 24)
    assert found.values(1).tolist() == [0, 0, 258, 258]


def test_groups_come_back_from_their_intervals(engine: str) -> None:
    for case in random_stretches(7, 60, longest=3000):
        found = made(list(case.groups), case.itemsize)
        assert (found.start[1:] > found.start[:-1]).all()
        assert (found.items[1:] != found.items[:-1]).any(axis=1).all(), "neighbours differ"
        for number, group in enumerate(case.groups):
            array = found.array(number)
            assert array.dtype == (np.uint16 if group.max() > 255 else np.uint8)
            assert (array == group).all()
            values, counts = np.unique(group, return_counts=True)
            want = dict(zip(values.tolist(), counts.tolist(), strict=True))
            want.pop(0, None)
            assert found.counts(number) == want


def test_the_run_table_of_a_group_is_that_of_a_scan(engine: str) -> None:
    rng = np.random.default_rng(8)
    groups = [np.repeat(rng.integers(0, 5, 60), 14).astype(np.uint16).reshape(2, 4, 5, 21) for _ in range(2)]
    found = made(groups)
    for number, group in enumerate(groups):
        mine, want = found.table(number, group.shape), scan(group)
        assert mine.shape == want.shape
        for name in ("values", "offsets", "start", "stop"):
            assert getattr(mine, name).tolist() == getattr(want, name).tolist()
        assert mine.statistics().sums.tolist() == want.statistics().sums.tolist()


def test_touching_runs_join_and_ends_are_kept() -> None:
    found = intervals_of_runs(np.array([0, 3, 5]), np.array([2, 5, 9]), 9, 258, 2)
    assert found.start.tolist() == [0, 2, 3]
    assert found.items.tolist() == [[2, 1], [0, 0], [2, 1]]
    assert intervals_of_runs(np.array([1]), np.array([2]), 4, 258, 2, big_endian=True).items.tolist() == [
        [0, 0],
        [1, 2],
        [0, 0],
    ]
    assert intervals_of_runs(np.array([1]), np.array([2]), 4, 258, 2, big_endian=True).values(0).tolist() == [0, 258, 0]


def test_a_mask_without_runs_is_one_interval_of_zeros() -> None:
    none = np.zeros(0, np.int64)
    found = intervals_of_runs(none, none, 7, 1, 1)
    assert (found.start.tolist(), found.items.tolist(), found.total) == ([0], [[0]], 7)


def test_same_as_sees_every_difference() -> None:
    group = np.array([0, 1, 1, 2, 0], np.uint8)
    found = made([group])
    assert found.same_as(made([group.copy()]))
    for at in range(group.size):
        other = group.copy()
        other[at] = 7
        assert not found.same_as(made([other]))
    assert not found.same_as(made([group[:-1]]))
    assert not found.same_as(made([group], itemsize=1))


def test_more_changes_than_the_limit_end_the_search(engine: str) -> None:
    noise = np.arange(3_000_000, dtype=np.uint32).astype(np.uint16)
    assert intervals_of([noise], 2, limit=1000) is None
    assert intervals_of([np.zeros(50, np.uint8)], 2, limit=1) is not None


def test_painting_writes_mapped_values_and_leaves_the_rest_alone(engine: str) -> None:
    found = made([np.array([0, 3, 3, 300, 0, 7], np.uint16)])
    mapping = np.zeros(65536, np.uint8)
    mapping[[3, 300]] = [9, 255]
    out = np.array([1, 1, 0, 0, 2, 2], np.uint8)
    found.paint(0, out, mapping)
    assert out.tolist() == [1, 9, 9, 255, 2, 2], "7 maps to nothing"
    wide = np.full(6, 5, np.uint16)
    found.paint(0, wide)
    assert wide.tolist() == [5, 3, 3, 300, 5, 7]


def test_an_array_that_cannot_hold_the_values_is_refused() -> None:
    found = made([np.array([0, 300], np.uint16)])
    with pytest.raises(GroupError, match="300"):
        found.paint(0, np.zeros(2, np.uint8))
    for other in (np.zeros(3, np.uint16), np.zeros(2, np.int32), np.zeros((2, 2), np.uint16)[:, 0]):
        with pytest.raises(GroupError, match="2 voxels"):
            found.paint(0, other)
