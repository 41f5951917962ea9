"""The rule of locks: MITK's truth table cell by cell, what is refused, and both engines alike."""

from __future__ import annotations

import numpy as np
import pytest

from MultiLabelSegLib import Geometry, Group, Label, Segmentation
from MultiLabelSegLib.core import Box
from MultiLabelSegLib.edit import MergeStyle, OverwriteStyle, Proposal, resolve, resolve_stages
from MultiLabelSegLib.errors import GroupError, LabelError, ToolError, UnknownLabelError

#: a mapped and another region value; the target, another label, a value that has no label
S, X, D, O, STRAY = 1, 2, 10, 11, 99  # noqa: E741


def truth(old: int, region: int, o_locked: bool, space_locked: bool) -> tuple[int, int, int, int]:
    """The table of results: Replace + Regard, Merge + Regard, Replace + Ignore, Merge + Ignore."""
    if region == S:
        if old == 0:
            free = 0 if space_locked else D
            return free, free, D, D
        if old == O and o_locked:
            return O, O, D, D
        return D, D, D, D
    if region == 0 and old == D:
        return (D if space_locked else 0), D, 0, D
    return old, old, old, old


def a_segmentation(old: int, d_locked: bool, o_locked: bool, space_locked: bool) -> Segmentation:
    labels = [Label(D, "D", locked=d_locked), Label(O, "O", locked=o_locked)]
    group = Group(np.full((1, 1, 1), old, np.uint8), labels)
    return Segmentation(Geometry.from_parts((1, 1, 1)), [group], unlabeled_locked=space_locked)


@pytest.mark.parametrize("d_locked", [False, True])
@pytest.mark.parametrize("o_locked", [False, True])
@pytest.mark.parametrize("space_locked", [False, True])
@pytest.mark.parametrize("old", [0, D, O, STRAY])
@pytest.mark.parametrize("region", [0, S, X])
def test_every_cell_of_the_truth_table(
    region: int, old: int, space_locked: bool, o_locked: bool, d_locked: bool
) -> None:
    styles = [
        (MergeStyle.REPLACE, OverwriteStyle.REGARD_LOCKS),
        (MergeStyle.MERGE, OverwriteStyle.REGARD_LOCKS),
        (MergeStyle.REPLACE, OverwriteStyle.IGNORE_LOCKS),
        (MergeStyle.MERGE, OverwriteStyle.IGNORE_LOCKS),
    ]
    for (merge, overwrite), expected in zip(styles, truth(old, region, o_locked, space_locked), strict=True):
        segmentation = a_segmentation(old, d_locked, o_locked, space_locked)
        source = np.full((1, 1, 1), region, np.uint8)
        resolution = resolve(segmentation, Proposal(0, source, {S: D}, merge=merge, overwrite=overwrite))
        for patch in resolution.patches:
            patch.apply(segmentation)
        assert segmentation.groups[0].array.item() == expected, (merge, overwrite)
        assert resolution.written == (expected != old)


def test_erasing_clears_unlocked_labels_and_nothing_locked() -> None:
    for old, o_locked, left in (
        (O, False, 0),
        (O, True, O),
        (D, False, 0),
        (D, True, D),
        (STRAY, True, 0),
        (0, True, 0),
    ):
        segmentation = a_segmentation(old, o_locked, o_locked, True)
        mask = np.ones((1, 1, 1), np.bool_)
        for patch in resolve(segmentation, Proposal(0, mask, {1: 0})).patches:
            patch.apply(segmentation)
        assert segmentation.groups[0].array.item() == left


def a_row(values: list[int], locked: tuple[int, ...] = (), space_locked: bool = False) -> Segmentation:
    labels = [Label(value, str(value), locked=value in locked) for value in (1, 2, 3, 400)]
    group = Group(np.array(values, np.uint16).reshape(1, 1, -1), labels)
    return Segmentation(Geometry.from_parts((1, 1, len(values))), [group], unlabeled_locked=space_locked)


def row_of(segmentation: Segmentation) -> list[int]:
    return segmentation.groups[0].array.reshape(-1).tolist()


def test_a_swap_is_simultaneous() -> None:
    segmentation = a_row([1, 1, 2, 3, 0])
    group = segmentation.groups[0]
    resolution = resolve(segmentation, Proposal(0, group.array[0], {1: 2, 2: 1}, merge=MergeStyle.MERGE))
    for patch in resolution.patches:
        patch.apply(segmentation)
    assert row_of(segmentation) == [2, 2, 1, 3, 0]


def test_the_result_says_what_it_did() -> None:
    segmentation = a_row([0, 1, 2, 3, 3, 400], locked=(1, 3))
    resolution = resolve(segmentation, Proposal(0, np.ones((1, 1, 6), np.bool_), {1: 400}))
    assert resolution.written == 2
    assert resolution.protected == {1: 1, 3: 2}
    assert resolution.touched == (2, 400)
    assert row_of(segmentation) == [0, 1, 2, 3, 3, 400], "resolving changes nothing"


def test_locked_space_is_counted_as_0() -> None:
    segmentation = a_row([0, 0, 1, 2], space_locked=True)
    resolution = resolve(segmentation, Proposal(0, np.array([[[5, 5, 0, 5]]], np.uint8), {5: 1}))
    assert resolution.protected == {0: 3}, "two voxels that stay unlabelled, one that may not become it"
    assert resolution.touched == (1, 2)


def test_locks_can_be_lifted_one_by_one() -> None:
    segmentation = a_row([1, 2, 0], locked=(1, 2), space_locked=True)
    mask = np.ones((1, 1, 3), np.bool_)
    resolution = resolve(segmentation, Proposal(0, mask, {1: 3}, unlocked=frozenset({1})))
    assert (resolution.touched, resolution.protected) == ((1, 3), {2: 1, 0: 1})
    resolution = resolve(segmentation, Proposal(0, mask, {1: 3}, unlocked=frozenset({0, 2, 65535})))
    assert (resolution.touched, resolution.protected) == ((2, 3), {1: 1})


def test_a_region_may_cover_its_box_or_the_whole_frame() -> None:
    segmentation = a_row([0] * 6)
    box = Box((0, 0, 2), (1, 1, 4))
    whole = np.array([[[1, 1, 0, 1, 1, 1]]], np.uint8)
    for region in (whole, whole[box.slices]):
        proposal = Proposal(0, region, {1: 400}, box)
        (patch,) = resolve(segmentation, proposal).patches
        inverse = patch.apply(segmentation)
        assert row_of(segmentation) == [0, 0, 0, 400, 0, 0]
        inverse.apply(segmentation)


def test_a_group_of_bytes_widens_for_a_high_target() -> None:
    group = Group(np.zeros((1, 1, 3), np.uint8), [Label(400, "a")])
    segmentation = Segmentation(Geometry.from_parts((1, 1, 3)), [group])
    (patch,) = resolve(segmentation, Proposal(0, np.array([[[1, 0, 1]]], np.uint8), {1: 400})).patches
    inverse = patch.apply(segmentation)
    assert row_of(segmentation) == [400, 0, 400]
    inverse.apply(segmentation)
    assert row_of(segmentation) == [0, 0, 0]


def test_an_empty_box_writes_nothing() -> None:
    segmentation = a_row([1, 2, 3])
    box = Box((0, 0, 1), (1, 1, 1))
    resolution = resolve(segmentation, Proposal(0, np.zeros(box.shape, np.uint8), {1: 2}, box))
    assert (resolution.patches, resolution.written, resolution.protected, resolution.touched) == ((), 0, {}, ())


def test_stages_see_what_the_ones_before_leave() -> None:
    segmentation = a_row([1, 2, 0])
    frame = segmentation.groups[0].array[0]
    first = Proposal(0, frame, {1: 400, 2: 400}, merge=MergeStyle.MERGE)
    second = Proposal(0, np.array([[[0, 1, 1]]], np.uint8), {1: 400})
    resolution = resolve_stages(segmentation, [[first], [second]])
    for patch in resolution.patches:
        patch.apply(segmentation)
    assert row_of(segmentation) == [0, 400, 400]
    assert resolution.written == 4


MASK = np.ones((1, 1, 3), np.bool_)


@pytest.mark.parametrize(
    ("fields", "error", "what"),
    [
        ({"group": 1}, GroupError, "no group 1"),
        ({"t": 1}, ToolError, "frame 1"),
        ({"t": -1}, ToolError, "frame -1"),
        ({"mapping": {1: 7}}, UnknownLabelError, "no label 7 to write to; it has 1, 2, 3, 400"),
        ({"mapping": {}}, ToolError, "at least one"),
        ({"mapping": {1: 65536}}, LabelError, "65535"),
        ({"mapping": {-1: 1}}, LabelError, "65535"),
        ({"region": MASK.astype(np.int32)}, ToolError, "int32"),
        ({"region": MASK.astype(np.float64)}, ToolError, "float64"),
        ({"region": MASK[0]}, ToolError, "axes"),
        ({"region": np.ones((1, 1, 2), np.bool_)}, ToolError, "fits neither"),
        ({"box": Box((0, 0, 1), (1, 1, 4))}, ToolError, "beyond"),
    ],
)
def test_proposals_that_do_not_fit_are_refused(fields: dict, error: type[Exception], what: str) -> None:
    with pytest.raises(error, match=what):
        resolve(a_row([0, 0, 0]), Proposal(**{"group": 0, "region": MASK, "mapping": {1: 2}, **fields}))


def test_a_target_may_come_into_being_in_the_same_command() -> None:
    assert resolve(a_row([0, 0, 0]), Proposal(0, MASK, {1: 7}), new_values=(7,)).written == 3
