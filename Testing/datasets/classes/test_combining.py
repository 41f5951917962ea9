"""Overlapping groups as one array of combinations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from MultiLabelSegLib.core import Group, Label
from MultiLabelSegLib.datasets.classes.combining import combine
from MultiLabelSegLib.errors import LabelError

SHAPE = (1, 2, 3, 4)


def groups_of(arrays: list[np.ndarray]) -> list[Group]:
    """Values 1...3 of each array become labels of their own, 10 * group + value."""
    made = []
    for index, array in enumerate(arrays):
        values = np.where(array > 0, array + 10 * index, 0).astype(np.uint8)
        made.append(Group(values, [Label(10 * index + value, f"g{index} v{value}") for value in (1, 2, 3)]))
    return made


def test_two_boxes_that_overlap() -> None:
    first, second = np.zeros((2, *SHAPE), np.uint8)
    first[0, 0, 0, :3] = 1
    second[0, 0, 0, 2:] = 1
    found = combine(groups_of([first, second]))
    assert found.counts() == {frozenset({1}): 2, frozenset({1, 11}): 1, frozenset({11}): 1}
    assert found.translated({frozenset({1}): 1, frozenset({1, 11}): 3, frozenset({11}): 2})[0, 0, 0].tolist() == [
        1,
        1,
        3,
        2,
    ]


@settings(max_examples=60, deadline=None)
@given(st.lists(hnp.arrays(np.uint8, SHAPE, elements=st.integers(0, 3)), min_size=1, max_size=4))
def test_every_voxel_has_exactly_the_labels_of_all_groups(arrays: list[np.ndarray]) -> None:
    groups = groups_of(arrays)
    found = combine(groups)
    for place in np.ndindex(*SHAPE):
        expected = frozenset(int(group.array[place]) for group in groups if group.array[place])
        assert found.members[found.codes[place]] == expected
    labelled = sum(found.counts().values())
    assert labelled == np.count_nonzero(np.any([array != 0 for array in arrays], axis=0))


def test_values_without_a_label_count_as_unlabelled() -> None:
    array = np.zeros(SHAPE, np.uint8)
    array[0, 0, 0, 0] = 9
    assert combine([Group(array)]).counts() == {}


def test_more_combinations_than_values_are_refused() -> None:
    side = np.arange(1, 301, dtype=np.uint16)
    first = np.repeat(side, 300).reshape(1, 1, 300, 300)
    second = np.tile(side, 300).reshape(1, 1, 300, 300) + 300
    groups = [
        Group(first, [Label(int(v), f"{v}") for v in side]),
        Group(second, [Label(int(v) + 300, f"{v}") for v in side]),
    ]
    with pytest.raises(LabelError, match="more than 65535 ways"):
        combine(groups)
