"""Overlapping segments in few groups, also where putting one after the other takes more."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from MultiLabelSegLib.formats.dicom.bits import filled_span
from MultiLabelSegLib.formats.dicom.grouping import few_groups, overlaps_of
from MultiLabelSegLib.formats.registry import read_segmentation
from Testing.formats.dicom_cases import SegFile


def packed(frames: list[np.ndarray]) -> tuple[np.ndarray, dict[int, slice]]:
    rows = np.packbits(np.stack(frames), axis=1, bitorder="little")
    return rows, {number: filled_span(row) for number, row in enumerate(rows)}


@given(st.lists(st.lists(st.integers(0, 39), max_size=6), min_size=1, max_size=7))
def test_overlaps_are_those_of_the_voxels(pixels: list[list[int]]) -> None:
    frames = [np.isin(np.arange(40), list(some)).astype(np.uint8) for some in pixels]
    rows, spans = packed(frames)
    found = overlaps_of([[(number, 0)] for number in range(len(frames))], rows, spans)
    for one, other in combinations(range(len(frames)), 2):
        assert (other in found[one]) == (one in found[other]) == bool((frames[one] & frames[other]).any())


@given(st.integers(1, 8), st.data())
def test_no_two_of_a_group_overlap_and_two_groups_suffice_where_they_can(count: int, data: st.DataObject) -> None:
    side = data.draw(st.lists(st.booleans(), min_size=count, max_size=count))
    pairs = [pair for pair in combinations(range(count), 2) if side[pair[0]] != side[pair[1]]]
    chosen = data.draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    overlaps: list[set[int]] = [set() for _ in range(count)]
    for one, other in chosen:
        overlaps[one].add(other)
        overlaps[other].add(one)
    groups = few_groups(overlaps)
    assert all(groups[one] != groups[other] for one, other in chosen)
    assert max(groups) + 1 == (2 if chosen else 1)
    assert groups[0] == 0


def test_three_that_overlap_each_other_take_three_groups() -> None:
    assert few_groups([{1, 2}, {0, 2}, {0, 1}, set()]) == [0, 1, 2, 0]


def test_a_file_that_takes_three_groups_in_its_order_is_read_into_two(tmp_path) -> None:
    # a crown: a1 meets b2 and b3, a2 meets b1 and b3, ...; in the order a1 b1 a2 b2 a3 b3 each pair takes a new group
    meetings = {frozenset(pair): place for place, pair in enumerate(_crown())}
    frames = []
    for number, name in enumerate(["a1", "b1", "a2", "b2", "a3", "b3"], 1):
        pixels = np.zeros(12, np.uint8)
        pixels[[place for pair, place in meetings.items() if name in pair] + [6 + number - 1]] = 1
        frames.append((number, (0, 0, 0), pixels.reshape(3, 4)))
    found = read_segmentation(SegFile(frames).write(tmp_path / "a.dcm"))
    assert [group.values for group in found.groups] == [(1, 3, 5), (2, 4, 6)]
    for number, _place, pixels in frames:
        np.testing.assert_array_equal(found.group_of(number).array[0, 0] == number, pixels == 1)


def _crown() -> list[tuple[str, str]]:
    return [(f"a{one}", f"b{other}") for one in (1, 2, 3) for other in (1, 2, 3) if one != other]
