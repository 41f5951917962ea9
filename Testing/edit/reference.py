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
) -> list[np.ndarray]:
    """One pair after the other on separate arrays, groups in rising order, as MITK does; returns the groups' arrays."""
    arrays = [group.array.astype(np.int64) for group in destination.groups]
    listed = [(source.group_index_of(s), destination.group_index_of(d), s, d) for s, d in pairs]
    for source_group, target_group, value, target in sorted(listed, key=lambda entry: entry[:2]):
        locked = locked_of(destination, target_group) - lifted
        region = source.groups[source_group].array
        arrays[target_group] = apply_rule(region, arrays[target_group], {value: target}, merge, overwrite, locked).array
    return arrays
