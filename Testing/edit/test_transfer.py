"""Transfer between segmentations: frames, grids, groups, errors; MITK's results are in the golden and interop tests."""

from __future__ import annotations

import numpy as np
import pytest

from MultiLabelSegLib import Geometry, Group, Label, Segmentation
from MultiLabelSegLib.edit import History, MergeStyle, OverwriteStyle, transfer_labels
from MultiLabelSegLib.errors import GeometryError, ToolError, UnknownLabelError

GRID = Geometry.from_parts((1, 1, 6), (1.0, 2.0, 3.0), (5.0, 6.0, 7.0))


def one_row(values: list[list[int]], labels: list[Label], geometry: Geometry = GRID) -> Segmentation:
    array = np.array(values, np.uint8).reshape(geometry.full_shape)
    return Segmentation(geometry, [Group(array, labels)])


def a_source(geometry: Geometry = GRID, frames: int = 1) -> Segmentation:
    return one_row([[1, 1, 0, 2, 2, 0]] * frames, [Label(1, "a"), Label(2, "b")], geometry)


def a_target(frames: int = 1) -> Segmentation:
    labels = [Label(10, "x"), Label(20, "y"), Label(30, "z", locked=False)]
    return one_row([[20, 0, 10, 30, 20, 10]] * frames, labels, GRID.with_time(frames))


def rows(segmentation: Segmentation, group: int = 0) -> list[list[int]]:
    return segmentation.groups[group].array[:, 0, 0].tolist()


def test_replace_clears_the_target_where_the_source_is_unlabelled() -> None:
    target = a_target()
    command = transfer_labels(a_source(), target, {1: 10})
    History(target).do(command)
    assert rows(target) == [[20, 10, 0, 30, 20, 0]]
    assert command.resolution.protected == {20: 1}
    assert command.values == (10,)


def test_merge_keeps_it() -> None:
    target = a_target()
    History(target).do(transfer_labels(a_source(), target, {1: 10, 2: 20}, MergeStyle.MERGE))
    assert rows(target) == [[20, 10, 10, 20, 20, 10]]


def test_a_repeated_source_is_written_last_to_its_last_target() -> None:
    target = a_target()
    styles = MergeStyle.MERGE, OverwriteStyle.IGNORE_LOCKS
    History(target).do(transfer_labels(a_source(), target, [(1, 10), (1, 20)], *styles))
    assert rows(target)[0][:2] == [20, 20]
    target = a_target()
    History(target).do(transfer_labels(a_source(), target, [(1, 20), (1, 10)], *styles))
    assert rows(target)[0][:2] == [10, 10]


def test_within_one_segmentation_the_source_is_read_as_it_was() -> None:
    source = a_source()
    styles = MergeStyle.MERGE, OverwriteStyle.IGNORE_LOCKS
    History(source).do(transfer_labels(source, source, {1: 2, 2: 1}, *styles))
    assert rows(source) == [[2, 2, 0, 1, 1, 0]]


def test_all_frames_or_the_one_that_is_named() -> None:
    geometry = GRID.with_time(2)
    source, target = a_source(geometry, 2), a_target(2)
    History(target).do(transfer_labels(source, target, {1: 30}, t=1))
    assert rows(target) == [[20, 0, 10, 30, 20, 10], [20, 30, 10, 30, 20, 10]]
    History(target).do(transfer_labels(source, target, {1: 30}))
    assert rows(target)[0] == [20, 30, 10, 30, 20, 10]
    still = a_source()
    History(target).do(transfer_labels(still, target, {2: 10}, t=1, source_t=0))
    assert rows(target) == [[20, 30, 10, 30, 20, 10], [20, 30, 0, 10, 20, 0]]


def test_frames_that_do_not_fit() -> None:
    with pytest.raises(GeometryError, match="1 time steps, the destination 2"):
        transfer_labels(a_source(), a_target(2), {1: 10})
    with pytest.raises(ToolError, match="frame 1 of 1"):
        transfer_labels(a_source(), a_target(2), {1: 10}, t=1)
    with pytest.raises(ToolError, match="none of the destination"):
        transfer_labels(a_source(), a_target(), {1: 10}, source_t=0)


@pytest.mark.parametrize(("merge", "left"), [(MergeStyle.REPLACE, [0, 0]), (MergeStyle.MERGE, [30, 30])])
def test_a_source_on_a_part_of_the_grid_is_unlabelled_outside(merge: MergeStyle, left: list[int]) -> None:
    part = one_row([[7, 0, 7]], [Label(7, "p")], GRID.cropped((0, 0, 1), (1, 1, 3)))
    target = one_row([[30, 0, 30, 0, 0, 30]], [Label(30, "z")])
    History(target).do(transfer_labels(part, target, {7: 30}, merge))
    assert rows(target) == [[left[0], 30, left[0] if merge is MergeStyle.REPLACE else 30, 30, 0, left[1]]]


def test_a_part_that_begins_with_the_grid() -> None:
    part = one_row([[7, 0, 7]], [Label(7, "p")], GRID.cropped((0, 0, 0), (1, 1, 3)))
    target = one_row([[0] * 6], [Label(30, "z")])
    History(target).do(transfer_labels(part, target, {7: 30}, MergeStyle.MERGE))
    assert rows(target) == [[30, 0, 30, 0, 0, 0]]


@pytest.mark.parametrize(
    "other",
    [
        Geometry.from_parts((1, 1, 6), (1.0, 2.0, 3.1), (5.0, 6.0, 7.0)),
        Geometry.from_parts((1, 1, 6), (1.0, 2.0, 3.0), (5.5, 6.0, 7.0)),
        GRID.cropped((0, 0, 1), (1, 1, 6)),
        GRID.cropped((0, 0, -1), (1, 1, 3)),
        GRID.cropped((0, 0, 0), (2, 1, 6)),
    ],
    ids=["other spacing", "between voxels", "sticks out", "begins before", "too deep"],
)
def test_other_grids_are_refused_with_what_differs(other: Geometry) -> None:
    source = Segmentation(other, [Group(np.zeros(other.full_shape, np.uint8), [Label(1, "a")])])
    with pytest.raises(GeometryError, match="not on the destination's grid.*against"):
        transfer_labels(source, a_target(), {1: 10})


@pytest.mark.parametrize(
    ("mapping", "error", "what"),
    [
        ({3: 10}, UnknownLabelError, "source has no label 3; it has 1, 2"),
        ({1: 11}, UnknownLabelError, "destination has no label 11; it has 10, 20, 30"),
        ({0: 10}, UnknownLabelError, "source has no label 0"),
        ({1: 0}, UnknownLabelError, "destination has no label 0"),
        ({}, ToolError, "at least one pair"),
    ],
)
def test_labels_that_there_are_not(mapping: dict[int, int], error: type[Exception], what: str) -> None:
    with pytest.raises(error, match=what):
        transfer_labels(a_source(), a_target(), mapping)


def two_groups() -> Segmentation:
    first = Group(np.array([[[1, 1, 1, 0, 0, 0]]], np.uint8), [Label(1, "a")])
    second = Group(np.array([[[3, 0, 0, 3, 0, 0]]], np.uint8), [Label(3, "c")])
    return Segmentation(GRID, [first, second])


@pytest.mark.parametrize("indexed", [False, True])
@pytest.mark.parametrize(("exactly", "row"), [(False, [10, 10, 10, 10, 0, 0]), (True, [10, 0, 0, 10, 0, 0])])
def test_one_target_of_two_groups_is_their_union_unless_mitks_way_is_asked_for(
    exactly: bool, row: list[int], indexed: bool
) -> None:
    source, target = two_groups(), one_row([[0, 0, 0, 0, 10, 0]], [Label(10, "x")])
    if indexed:
        for group in (*source.groups, *target.groups):
            group.present_values()
    History(target).do(transfer_labels(source, target, {1: 10, 3: 10}, exactly_as_mitk=exactly))
    assert rows(target) == [row]


def test_labels_far_apart_are_visited_one_by_one() -> None:
    shape = (8, 8, 64)
    array = np.zeros(shape, np.uint8)
    array[0, 0, 0], array[7, 7, 63] = 1, 2
    geometry = Geometry.from_parts(shape)
    source = Segmentation(geometry, [Group(array, [Label(1, "a"), Label(2, "b")])])
    target = Segmentation(geometry, [Group(np.zeros(shape, np.uint8), [Label(5, "x"), Label(6, "y")])])
    source.groups[0].present_values()
    target.groups[0].present_values()
    command = transfer_labels(source, target, {1: 5, 2: 6})
    assert [change.box.voxels for change in command.changes] == [1, 1]
    History(target).do(command)
    assert target.groups[0].array[0].nonzero()[0].tolist() == [0, 7]
