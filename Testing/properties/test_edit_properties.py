"""What holds for every edit of every document: undo restores, locks protect, values differ, the index is exact."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any
from unittest.mock import patch as replaced

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from MultiLabelSegLib import Segmentation
from MultiLabelSegLib.core import Box
from MultiLabelSegLib.core.annotations import MadeBy
from MultiLabelSegLib.edit import (
    Command,
    History,
    MergeStyle,
    OverwriteStyle,
    Proposal,
    resolve,
    transfer_labels,
)
from MultiLabelSegLib.edit import operations as ops
from MultiLabelSegLib.edit import patch as patch_module
from MultiLabelSegLib.edit import policy as policy_module
from MultiLabelSegLib.errors import MultiLabelSegError, ValueSpaceFullError
from Testing.edit.reference import apply_rule, locked_of, transfer_in_turn
from Testing.properties.documents import SHAPES, check_invariants, segmentations, snapshot

MERGES = st.sampled_from(MergeStyle)
OVERWRITES = st.sampled_from(OverwriteStyle)


@contextmanager
def engine(compiled: bool) -> Iterator[None]:
    """The compiled kernels however small the boxes are, or numpy a plane at a time."""
    smallest = 0 if compiled else 1 << 15
    with (
        replaced.dict(os.environ, {"MLSEG_KERNELS": "always" if compiled else "never"}),
        replaced.object(policy_module, "KERNEL_FROM", smallest),
        replaced.object(patch_module, "KERNEL_FROM", smallest),
        replaced.object(patch_module, "_STEP", 1),
        replaced("MultiLabelSegLib.edit.resolve_numpy._STEP", 30),
        replaced("MultiLabelSegLib.edit.values.LENGTH_BYTES", 0),
    ):
        yield


def on_both_engines(test: Callable[[st.DataObject], None]) -> Callable[[], None]:
    """A property that is searched with both engines in turn; ``test`` draws all that it needs from its data."""

    def run(compiled: bool, data: st.DataObject) -> None:
        with engine(compiled and find_spec("numba") is not None):
            test(data)

    run.__name__, run.__qualname__, run.__module__ = test.__name__, test.__qualname__, test.__module__
    return given(st.booleans(), st.data())(run)


@st.composite
def proposals(draw: Any, segmentation: Segmentation) -> Proposal:
    """A write of any kind to any box; regions are masks, bytes or words, of the box or of the frame."""
    group = draw(st.integers(0, len(segmentation.groups) - 1))
    shape = segmentation.geometry.shape
    lower = tuple(draw(st.integers(0, size - 1)) for size in shape)
    upper = tuple(draw(st.integers(low + 1, size)) for low, size in zip(lower, shape, strict=True))
    box = draw(st.sampled_from([None, Box(lower, upper)]))  # type: ignore[arg-type]
    of_box = box is not None and draw(st.booleans())
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    sources = draw(st.lists(st.sampled_from([1, 2, 3, 200, 255, 256, 65535, 0]), min_size=1, max_size=4, unique=True))
    dtype = draw(st.sampled_from([np.bool_, np.uint8, np.uint16]))
    held = [value for value in (0, 1, 2, 3, 200, 255, 256, 65535) if value <= 1 or value <= np.iinfo(np.uint8).max]
    choice = np.array([0, 1, 2, 3, 200, 256, 65535] if dtype is np.uint16 else held, np.uint16)
    region = rng.choice(choice, box.shape if of_box and box else shape).astype(dtype)
    targets = st.sampled_from([0, *segmentation.groups[group].values])
    mapping = {source: draw(targets) for source in sources}
    unlocked = draw(st.frozensets(st.sampled_from([0, *segmentation.values]), max_size=2))
    t = draw(st.integers(0, segmentation.geometry.time_steps - 1))
    return Proposal(group, region, mapping, box, t, draw(MERGES), draw(OVERWRITES), unlocked)


@on_both_engines
def test_resolving_is_the_rule_voxel_by_voxel(data: st.DataObject) -> None:
    segmentation = data.draw(segmentations())
    proposal = data.draw(proposals(segmentation))
    group, t = segmentation.groups[proposal.group], proposal.t
    box = proposal.box or Box.whole(segmentation.geometry.shape)
    before = group.array.copy()
    region = proposal.region if proposal.region.shape == box.shape else proposal.region[box.slices]
    locked = locked_of(segmentation, proposal.group) - proposal.unlocked
    styles = proposal.merge, proposal.overwrite
    expected = apply_rule(region, before[t][box.slices], dict(proposal.mapping), *styles, locked)

    resolution = resolve(segmentation, proposal)
    np.testing.assert_array_equal(group.array, before, "resolving changes nothing")
    assert resolution.written == expected.written
    assert resolution.protected == expected.protected
    assert resolution.touched == tuple(sorted(expected.touched))
    history = History(segmentation)
    history.do(Command("Write", resolution.patches, resolution))
    np.testing.assert_array_equal(group.array[t][box.slices], expected.array)
    check_invariants(segmentation)
    if resolution.written:
        history.undo()
    np.testing.assert_array_equal(group.array, before)
    check_invariants(segmentation)


@on_both_engines
def test_locked_labels_but_the_target_never_change_under_regard_locks(data: st.DataObject) -> None:
    segmentation = data.draw(segmentations())
    group = data.draw(st.sampled_from(range(len(segmentation.groups))))
    labels = segmentation.groups[group].labels
    if not labels:
        return
    target = data.draw(st.sampled_from(labels)).value
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    region = rng.integers(0, 3, segmentation.geometry.shape, np.uint8)
    before = segmentation.groups[group].array.copy()
    resolution = resolve(segmentation, Proposal(group, region, {1: target, 2: target}, merge=data.draw(MERGES)))
    History(segmentation).do(Command("Write", resolution.patches))
    after = segmentation.groups[group].array
    for label in labels:
        if label.locked and label.value != target:
            np.testing.assert_array_equal(before == label.value, after == label.value)
    if segmentation.unlabeled_locked:
        np.testing.assert_array_equal(before == 0, after == 0)


def some_mapping(draw: Any, sources: tuple[int, ...], targets: tuple[int, ...]) -> list[tuple[int, int]]:
    pair = st.tuples(st.sampled_from(sources), st.sampled_from(targets))
    return draw(st.lists(pair, min_size=1, max_size=5))


@on_both_engines
def test_a_transfer_is_its_pairs_one_after_the_other_on_separate_documents(data: st.DataObject) -> None:
    shape, merge, overwrite = data.draw(SHAPES), data.draw(MERGES), data.draw(OVERWRITES)
    source, target = data.draw(segmentations(shape)), data.draw(segmentations(shape))
    pairs = some_mapping(data.draw, source.values, target.values)
    exactly = data.draw(st.booleans())
    expected = transfer_in_turn(source, target, pairs, merge, overwrite, union=not exactly)
    untouched = snapshot(source)
    command = transfer_labels(source, target, pairs, merge, overwrite, exactly_as_mitk=exactly)
    History(target).do(command)
    for group, array in zip(target.groups, expected, strict=True):
        np.testing.assert_array_equal(group.array, array)
    assert snapshot(source) == untouched
    check_invariants(target)


@on_both_engines
def test_a_transfer_within_a_document_reads_it_as_it_was(data: st.DataObject) -> None:
    merge, overwrite = data.draw(MERGES), data.draw(OVERWRITES)
    segmentation = data.draw(segmentations())
    pairs = some_mapping(data.draw, segmentation.values, segmentation.values)
    expected = transfer_in_turn(segmentation.copy(), segmentation, pairs, merge, overwrite)
    History(segmentation).do(transfer_labels(segmentation, segmentation, pairs, merge, overwrite, exactly_as_mitk=True))
    for group, array in zip(segmentation.groups, expected, strict=True):
        np.testing.assert_array_equal(group.array, array)
    check_invariants(segmentation)


@on_both_engines
def test_relabelling_is_a_transfer_from_a_copy(data: st.DataObject) -> None:
    overwrite, keep_untouched = data.draw(OVERWRITES), data.draw(st.booleans())
    segmentation = data.draw(segmentations())
    pairs = some_mapping(data.draw, segmentation.values, segmentation.values)
    blank = segmentation.copy()
    if not keep_untouched:
        for group in blank.groups:
            group.writable()[...] = 0
    expected = transfer_in_turn(segmentation, blank, pairs, MergeStyle.REPLACE, overwrite)
    command = ops.relabel(segmentation, pairs, keep_untouched=keep_untouched, overwrite=overwrite, exactly_as_mitk=True)
    History(segmentation).do(command)
    for group, array in zip(segmentation.groups, expected, strict=True):
        np.testing.assert_array_equal(group.array, array)
    check_invariants(segmentation)


@on_both_engines
def test_merging_is_a_transfer_with_the_sources_locks_lifted(data: st.DataObject) -> None:
    overwrite = data.draw(OVERWRITES)
    segmentation = data.draw(segmentations())
    target = data.draw(st.sampled_from(segmentation.values))
    sources = data.draw(st.lists(st.sampled_from(segmentation.values), min_size=1, max_size=4))
    pairs = [(value, target) for value in sources]
    lifted = frozenset((0, *sources))
    expected = transfer_in_turn(segmentation.copy(), segmentation, pairs, MergeStyle.MERGE, overwrite, lifted)
    History(segmentation).do(ops.merge_labels(segmentation, target, sources, overwrite))
    for group, array in zip(segmentation.groups, expected, strict=True):
        np.testing.assert_array_equal(group.array, array)
    check_invariants(segmentation)


def any_command(draw: Any, segmentation: Segmentation) -> Command:
    """Any operation with any arguments, also impossible ones."""
    values = st.sampled_from([*segmentation.values, 77])
    group = st.integers(0, len(segmentation.groups))
    some = st.lists(values, min_size=1, max_size=3)
    pairs = st.lists(st.tuples(values, values), min_size=1, max_size=3)
    makers: dict[str, Callable[[], Command]] = {
        "add": lambda: ops.add_label(segmentation, draw(group), value=draw(st.sampled_from([None, 1, 256, 65535]))),
        "remove": lambda: ops.remove_labels(segmentation, draw(some)),
        "rename": lambda: ops.rename_labels(segmentation, draw(some), draw(st.sampled_from(["n", "", "ü"]))),
        "lock": lambda: ops.set_locked(segmentation, draw(st.booleans()), draw(st.one_of(st.none(), some))),
        "order": lambda: ops.reorder_labels(segmentation, 0, draw(st.permutations(segmentation.groups[0].values))),
        "values": lambda: ops.change_values(segmentation, dict(draw(st.lists(st.tuples(values, values), max_size=3)))),
        "clear": lambda: ops.clear_labels(segmentation, draw(some)),
        "clear group": lambda: ops.clear_group(segmentation, draw(group)),
        "merge": lambda: ops.merge_labels(
            segmentation, draw(values), draw(some), draw(OVERWRITES), remove_sources=draw(st.booleans())
        ),
        "relabel": lambda: ops.relabel(segmentation, draw(pairs), keep_untouched=draw(st.booleans())),
        "transfer": lambda: transfer_labels(segmentation, segmentation, draw(pairs), draw(MERGES), draw(OVERWRITES)),
        "copy": lambda: ops.copy_label_to_group(segmentation, draw(values), draw(st.one_of(st.none(), group))),
        "move": lambda: ops.move_label_to_group(segmentation, draw(values), draw(group), draw(OVERWRITES)),
        "add group": lambda: ops.add_group(segmentation, "new", index=draw(st.one_of(st.none(), group))),
        "remove group": lambda: ops.remove_group(segmentation, draw(group)),
        "rename group": lambda: ops.rename_group(segmentation, draw(group), "renamed"),
        "order groups": lambda: ops.reorder_groups(
            segmentation, draw(st.permutations(range(len(segmentation.groups))))
        ),
        "space": lambda: ops.set_unlabeled_lock(segmentation, draw(st.booleans())),
        "properties": lambda: ops.set_properties(segmentation, {"k": draw(st.integers())}),
        "label properties": lambda: ops.set_label_properties(segmentation, draw(some), {"k": draw(st.integers())}),
    }
    makers |= class_commands(draw, segmentation, values)
    return makers[draw(st.sampled_from(sorted(makers)))]()


def class_commands(draw: Any, segmentation: Segmentation, values: Any) -> dict[str, Callable[[], Command]]:
    """Operations on classes, instances, folders and what is known about labels."""
    some = st.lists(values, min_size=1, max_size=3)
    folder = st.sampled_from(["", "A", "A/B", "/ A //C"])
    return {
        "instance": lambda: ops.add_instance(segmentation, draw(values)),
        "class": lambda: ops.rename_class(segmentation, draw(values), draw(st.sampled_from(["L1", "new"]))),
        "show only": lambda: ops.show_only(segmentation, draw(some)),
        "split": lambda: ops.split_label(
            segmentation,
            draw(values),
            connectivity=draw(st.sampled_from([6, 18, 26])),
            minimum_voxels=draw(st.integers(1, 3)),
            small=draw(st.sampled_from(ops.SmallParts)),
        ),
        "renumber": lambda: ops.renumber_labels(
            segmentation, draw(st.one_of(st.none(), some)), draw(st.sampled_from([1, 5, 65530]))
        ),
        "folder": lambda: ops.set_folder(segmentation, draw(some), draw(folder)),
        "rename folder": lambda: ops.rename_folder(segmentation, draw(folder), draw(folder)),
        "hide folder": lambda: ops.set_folder_visible(segmentation, draw(st.booleans()), draw(folder)),
        "lock folder": lambda: ops.set_folder_locked(segmentation, draw(st.booleans()), draw(folder)),
        "made by": lambda: ops.set_made_by(segmentation, draw(some), MadeBy("tool", kind="MANUAL")),
        "review": lambda: ops.set_review(segmentation, draw(some), draw(st.sampled_from(["flagged", "nonsense"]))),
    }


@on_both_engines
def test_a_split_moves_no_voxel_out_of_its_class(data: st.DataObject) -> None:
    segmentation = data.draw(segmentations())
    value = data.draw(st.sampled_from(segmentation.values))
    group = segmentation.group_of(value)
    before = group.array.astype(np.uint16)
    minimum = data.draw(st.integers(1, 4))
    small = data.draw(st.sampled_from(ops.SmallParts))
    try:
        command = ops.split_label(segmentation, value, minimum_voxels=minimum, small=small)
    except ValueSpaceFullError:
        return
    History(segmentation).do(command)
    mine = [value, *command.values]
    np.testing.assert_array_equal(np.isin(group.array, mine), before == value)
    np.testing.assert_array_equal(group.array[before != value], before[before != value])
    sizes = [segmentation.voxels(made) for made in mine]
    if small is ops.SmallParts.LARGEST:
        assert sizes[1:] == sorted(sizes[1:], reverse=True)
        assert all(size >= minimum for size in sizes[1:])
    assert all(size > 0 for size in sizes[1:])
    assert {label.name for label in map(segmentation.label, mine)} == {segmentation.label(value).name}
    check_invariants(segmentation)


@on_both_engines
def test_any_edits_undone_and_redone_any_times_are_the_identity(data: st.DataObject) -> None:
    segmentation = data.draw(segmentations())
    history = History(segmentation)
    states = [snapshot(segmentation)]
    for _ in range(data.draw(st.integers(1, 6))):
        steps = len(history.undo_titles)
        try:
            history.do(any_command(data.draw, segmentation))
        except MultiLabelSegError:
            assert snapshot(segmentation) == states[-1], "what is refused changes nothing"
        if len(history.undo_titles) > steps:
            states.append(snapshot(segmentation))
        else:
            assert snapshot(segmentation) == states[-1]
        if data.draw(st.booleans()):
            check_invariants(segmentation)
    for _ in range(2):
        for state in reversed(states[:-1]):
            history.undo()
            assert snapshot(segmentation) == state
        check_invariants(segmentation)
        assert not history.can_undo
        for state in states[1:]:
            history.redo()
            assert snapshot(segmentation) == state
        check_invariants(segmentation)
        assert not history.can_redo
