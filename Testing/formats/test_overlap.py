"""Overlapping groups in one array: what collides, by priority, by combination."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from MultiLabelSegLib import Geometry, Group, Label, Segmentation
from MultiLabelSegLib.formats.overlap import colliding_pairs, describe_pairs, flatten, taken_apart

GEOMETRY = Geometry.from_parts((1, 2, 3))


def a_segmentation(*frames: list[list[int]], first_value: tuple[int, ...] = ()) -> Segmentation:
    groups = []
    for frame in frames:
        array = np.array([frame], np.uint16)
        labels = [Label(int(value), f"label {value}") for value in np.unique(array) if value]
        groups.append(Group(array, labels))
    return Segmentation(GEOMETRY, groups)


def test_pairs_name_the_labels_and_the_shared_voxels() -> None:
    segmentation = a_segmentation([[1, 1, 0], [2, 0, 0]], [[9, 0, 9], [9, 0, 0]])
    assert colliding_pairs(segmentation) == {(1, 9): 1, (2, 9): 1}
    sentences = describe_pairs(segmentation, {(1, 9): 1})
    assert sentences == ["the overlap of 1 'label 1' and 9 'label 9' (1 voxels)"]


def test_by_priority_earlier_groups_cover_later_ones_and_the_hidden_voxels_are_counted() -> None:
    flat = flatten(a_segmentation([[1, 1, 0], [0, 0, 0]], [[9, 0, 9], [8, 0, 0]]), "priority")
    assert flat.segmentation.groups[0].array[0, 0].tolist() == [[1, 1, 9], [8, 0, 0]]
    assert flat.hidden == {9: 1}
    assert [label.value for label in flat.segmentation.labels] == [1, 8, 9]


def test_by_combination_each_combination_has_a_value_above_all_others() -> None:
    flat = flatten(a_segmentation([[1, 1, 0], [0, 0, 0]], [[9, 9, 9], [8, 0, 0]], [[20, 0, 0], [0, 0, 20]]), "combine")
    assert flat.combinations == {21: (1, 9), 22: (1, 9, 20)}
    assert flat.segmentation.groups[0].array[0, 0].tolist() == [[22, 21, 9], [8, 0, 20]]


def test_combinations_take_the_lowest_free_values_once_the_highest_is_taken() -> None:
    flat = flatten(a_segmentation([[1, 1, 3], [0, 0, 0]], [[65535, 9, 9], [0, 0, 65535]]), "combine")
    assert flat.combinations == {2: (1, 9), 4: (1, 65535), 5: (3, 9)}
    assert flat.segmentation.groups[0].array[0, 0].tolist() == [[4, 2, 5], [0, 0, 65535]]


@given(st.lists(arrays(np.uint8, (1, 2, 3), elements=st.integers(0, 3)), min_size=2, max_size=5))
def test_a_combination_is_taken_apart_again_exactly(frames: list[np.ndarray]) -> None:
    groups = []
    for number, frame in enumerate(frames):
        array = np.where(frame > 0, frame + 10 * number, 0).astype(np.uint16)
        groups.append(Group(array, [Label(value + 10 * number, f"{number}/{value}") for value in (1, 2, 3)]))
    segmentation = Segmentation(GEOMETRY, groups)
    flat = flatten(segmentation, "combine")
    combinations = {value: list(parts) for value, parts in flat.combinations.items()}
    owned = [set(group.values) for group in groups]
    parts = taken_apart(flat.segmentation.groups[0].array, owned, combinations)
    for part, group in zip(parts, groups, strict=True):
        assert np.array_equal(part, group.array)
