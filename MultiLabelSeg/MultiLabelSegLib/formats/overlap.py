"""Groups that overlap, and targets that hold one value a voxel."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..core import Group, Segmentation
from ..core.label import MAX_VALUE, Label
from ..errors import LabelError

Strategy = Literal["error", "split-files", "priority", "combine"]
STRATEGIES: tuple[Strategy, ...] = ("error", "split-files", "priority", "combine")


@dataclass
class Flattened:
    """One array in place of several groups.

    ``combinations`` gives, for each value that stands for several labels at once, their values; ``hidden`` counts the
    voxels of each label that a label of an earlier group covers.
    """

    segmentation: Segmentation
    combinations: dict[int, tuple[int, ...]] = field(default_factory=dict)
    hidden: dict[int, int] = field(default_factory=dict)


def colliding_pairs(segmentation: Segmentation) -> dict[tuple[int, int], int]:
    """Which labels of different groups share voxels: pairs of values and the number of shared voxels."""
    pairs: Counter[tuple[int, int]] = Counter()
    groups = segmentation.groups
    for first in range(len(groups)):
        for second in range(first + 1, len(groups)):
            for t, k in np.ndindex(*groups[first].shape[:2]):
                _count_pairs(groups[first].array[t, k], groups[second].array[t, k], pairs)
    return dict(sorted(pairs.items()))


def _count_pairs(
    mine: NDArray[np.unsignedinteger], theirs: NDArray[np.unsignedinteger], pairs: Counter[tuple[int, int]]
) -> None:
    """Adds the pairs of one slice; slice by slice keeps the temporaries small."""
    both = np.logical_and(mine, theirs)
    if not both.any():
        return
    keys = mine[both].astype(np.uint32) << np.uint32(16) | theirs[both]
    for key, count in zip(*np.unique(keys, return_counts=True), strict=True):
        pairs[int(key) >> 16, int(key) & 0xFFFF] += int(count)


def describe_pairs(segmentation: Segmentation, pairs: dict[tuple[int, int], int]) -> list[str]:
    """Sentences that name the colliding labels and how many voxels they share."""
    names = {label.value: label.name for label in segmentation.labels}
    return [
        f"the overlap of {first} {names.get(first, '')!r} and {second} {names.get(second, '')!r} ({count} voxels)"
        for (first, second), count in pairs.items()
    ]


def flatten_by_priority(segmentation: Segmentation) -> Flattened:
    """One group in which labels of earlier groups cover those of later ones; says how many voxels were covered."""
    groups = segmentation.groups
    flat: NDArray[np.unsignedinteger] = groups[0].array.astype(_flat_type(segmentation))
    hidden: Counter[int] = Counter()
    for group in groups[1:]:
        for t, k in np.ndindex(*flat.shape[:2]):
            target, source = flat[t, k], group.array[t, k]
            free = target == 0
            covered = source[~free & (source != 0)]
            if covered.size:
                hidden.update(
                    dict(zip(*(part.tolist() for part in np.unique(covered, return_counts=True)), strict=True))
                )
            np.copyto(target, source, where=free)
    return Flattened(_single(segmentation, flat, segmentation.labels), {}, dict(sorted(hidden.items())))


def flatten_by_combination(segmentation: Segmentation) -> Flattened:
    """One group in which each combination of labels has a value of its own, above all others while there are such
    values, then the lowest free ones; invertible.

    Raises LabelError when the combinations need more values than there are.
    """
    groups = segmentation.groups
    flat = groups[0].array.astype(np.uint16)
    used = {value for group in groups for value in (*group.values, *group.present_values())}
    known: dict[tuple[int, ...], int] = {}
    members: dict[int, tuple[int, ...]] = {}
    free = _free_values(used)
    for group in groups[1:]:
        for t, k in np.ndindex(*flat.shape[:2]):
            target, source = flat[t, k], group.array[t, k]
            both = (target != 0) & (source != 0)
            if both.any():
                keys = target[both].astype(np.uint32) << np.uint32(16) | source[both]
                pairs, inverse = np.unique(keys, return_inverse=True)
                new = np.empty(len(pairs), np.uint16)
                for row, key in enumerate(pairs.tolist()):
                    under, over = key >> 16, key & 0xFFFF
                    combination = (*members.get(under, (under,)), over)
                    if combination not in known:
                        value = next(free, None)
                        if value is None:
                            raise LabelError(f"labels and their combinations need more than {MAX_VALUE} values")
                        known[combination], members[value] = value, combination
                    new[row] = known[combination]
                target[both] = new[inverse]
            np.copyto(target, source, where=(target == 0))
    return _combined(segmentation, flat, members)


def _free_values(used: set[int]) -> Iterator[int]:
    highest = max(used, default=0)
    yield from range(highest + 1, MAX_VALUE + 1)
    yield from (value for value in range(1, highest) if value not in used)


def _combined(segmentation: Segmentation, flat: NDArray[np.uint16], members: dict[int, tuple[int, ...]]) -> Flattened:
    """Drops combinations that a third group turned into larger ones and adds a label for each that is left."""
    names = {label.value: label for label in segmentation.labels}
    group = Group(flat)
    present = set(group.present_values())
    used = {value: combination for value, combination in members.items() if value in present}
    labels = list(segmentation.labels)
    for value, combination in used.items():
        parts = [names[part] for part in combination if part in names]
        color = tuple(float(np.mean([part.color[channel] for part in parts] or [1.0])) for channel in range(3))
        name = " + ".join(part.name for part in parts) or "unlabelled combination"
        labels.append(Label(value, name, (color[0], color[1], color[2])))
    return Flattened(_single(segmentation, flat, labels), used)


def _flat_type(segmentation: Segmentation) -> type[np.uint8] | type[np.uint16]:
    wide = any(group.array.dtype == np.uint16 for group in segmentation.groups)
    return np.uint16 if wide else np.uint8


def _single(
    segmentation: Segmentation, flat: NDArray[np.unsignedinteger], labels: tuple[Label, ...] | list[Label]
) -> Segmentation:
    return segmentation.with_groups([Group(flat, labels, segmentation.groups[0].name)])


def group_part(segmentation: Segmentation, index: int) -> Segmentation:
    """A segmentation that holds only one group: the very same object, not a copy, so for reading only."""
    return segmentation.with_groups([segmentation.groups[index]])


def flatten(segmentation: Segmentation, strategy: Strategy) -> Flattened:
    """One group in place of several by ``priority`` or ``combine``; without overlaps both give the same."""
    if len(segmentation.groups) == 1:
        return Flattened(segmentation)
    return flatten_by_combination(segmentation) if strategy == "combine" else flatten_by_priority(segmentation)


def taken_apart(flat: NDArray[Any], owned: list[set[int]], combinations: dict[int, list[int]]) -> list[NDArray[Any]]:
    """The inverse of flattening: one array a group from an array (t, k, j, i).

    ``owned`` holds each group's label values, ``combinations`` the labels that a value stands for. A value goes to the
    group that owns it, a combination to all groups that own its parts, any other value to the first group.
    """
    if len(owned) == 1 and not combinations:
        return [flat]
    everyone = set().union(*owned)
    arrays = []
    for index, values in enumerate(owned):
        table = np.zeros(MAX_VALUE + 1, np.uint16)
        mine = values if index else values | (set(range(1, MAX_VALUE + 1)) - everyone - set(combinations))
        chosen = np.fromiter(mine, np.int64, len(mine))
        table[chosen] = chosen
        for value, parts in combinations.items():
            table[value] = next((part for part in parts if part in values), 0)
        narrow = int(table[: int(np.iinfo(flat.dtype).max) + 1].max()) < 256
        arrays.append(table.astype(np.uint8 if narrow else np.uint16)[flat])
    return arrays
