"""The rule of locks written out voxel by voxel: slow, plain, and the judge of everything quick."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from MultiLabelSegLib import Segmentation
from MultiLabelSegLib.edit import MergeStyle, OverwriteStyle


@dataclass
class Outcome:
    """What the rule does to an array, and what it counts."""

    array: np.ndarray
    written: int = 0
    protected: Counter[int] = field(default_factory=Counter)
    touched: set[int] = field(default_factory=set)


def one_voxel(
    source: int,
    old: int,
    mapping: dict[int, int],
    merge: MergeStyle,
    overwrite: OverwriteStyle,
    locked: set[int],
) -> tuple[int, int | None]:
    """The new value of one voxel, and the label whose lock kept it (0: unlabelled space), or None.

    ``locked`` holds the values of locked labels, and 0 where unlabelled space is locked.
    """
    regard = overwrite is OverwriteStyle.REGARD_LOCKS
    if source in mapping:
        target = mapping[source]
        if old == target:
            return old, None
        return (old, old) if regard and old in locked else (target, None)
    if merge is MergeStyle.REPLACE and source == 0 and old != 0 and old in mapping.values():
        return (old, 0) if regard and 0 in locked else (0, None)
    return old, None


def apply_rule(
    region: np.ndarray,
    old: np.ndarray,
    mapping: dict[int, int],
    merge: MergeStyle,
    overwrite: OverwriteStyle,
    locked: set[int],
) -> Outcome:
    """The rule on every voxel of two arrays of one shape."""
    outcome = Outcome(old.astype(np.int64))
    for place, before in np.ndenumerate(old):
        after, keeper = one_voxel(int(region[place]), int(before), mapping, merge, overwrite, locked)
        if keeper is not None:
            outcome.protected[keeper] += 1
        if after != before:
            outcome.array[place] = after
            outcome.written += 1
            outcome.touched |= {int(before), after} - {0}
    return outcome


def locked_of(segmentation: Segmentation, group: int) -> set[int]:
    """Locked values of a group, and 0 where unlabelled space is locked."""
    found = {label.value for label in segmentation.groups[group].labels if label.locked}
    return found | {0} if segmentation.unlabeled_locked else found


def transfer_in_turn(
    source: Segmentation,
    destination: Segmentation,
    pairs: Iterable[tuple[int, int]],
    merge: MergeStyle,
    overwrite: OverwriteStyle,
    lifted: frozenset[int] = frozenset(),
    union: bool = False,
) -> list[np.ndarray]:
    """One pair after the other on separate arrays, groups in rising order, as MITK does; returns the groups' arrays.

    With ``union`` targets of several source groups are cleared beforehand, where all of these groups are unlabelled.
    """
    arrays = [group.array.astype(np.int64) for group in destination.groups]
    listed = [(source.group_index_of(s), destination.group_index_of(d), s, d) for s, d in pairs]
    locked = {d: locked_of(destination, group) - lifted for _, group, _, d in listed}
    shared = shared_targets(listed) if union and merge is MergeStyle.REPLACE else {}
    for target, sources in shared.items():
        held = np.any([source.groups[index].array != 0 for index in sources], axis=0).astype(np.uint8)
        group = destination.group_index_of(target)
        rule = {2: target}, MergeStyle.REPLACE, overwrite, locked[target]
        arrays[group] = apply_rule(held, arrays[group], *rule).array
    for index, group, value, target in sorted(listed, key=lambda entry: entry[:2]):
        style = MergeStyle.MERGE if target in shared else merge
        rule = {value: target}, style, overwrite, locked[target]
        arrays[group] = apply_rule(source.groups[index].array, arrays[group], *rule).array
    return arrays


def shared_targets(listed: list[tuple[int, int, int, int]]) -> dict[int, set[int]]:
    """Targets that get labels of several source groups, with these groups."""
    found: dict[int, set[int]] = {}
    for index, _, _, target in listed:
        found.setdefault(target, set()).add(index)
    return {target: groups for target, groups in found.items() if len(groups) > 1}
