"""From label mappings to few proposals over small boxes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any

from numpy.typing import NDArray

from ..core import Box, Group, Segmentation
from ..core.label_index import LabelIndex
from .proposal import MergeStyle, OverwriteStyle, Proposal

#: how much bigger than its parts a common box may be before the parts are visited one by one
_LOOSE = 2
Pairs = Sequence[tuple[int, int]]


@dataclass(frozen=True)
class Styles:
    """How a mapping is written, and which labels' locks are lifted for it."""

    merge: MergeStyle = MergeStyle.REPLACE
    overwrite: OverwriteStyle = OverwriteStyle.REGARD_LOCKS
    unlocked: frozenset[int] = field(default_factory=frozenset)


@dataclass(frozen=True, eq=False)
class Region:
    """One frame of a group that is read: its voxels on the destination's grid, and what is known of its labels.

    ``array`` covers ``box`` of the destination's frame. ``index`` is None where boxes are not known or not comparable.
    """

    array: NDArray[Any]
    box: Box
    index: LabelIndex | None = None
    t: int = 0

    @classmethod
    def of_group(cls, group: Group, t: int) -> Region:
        """A frame of a group of the same grid."""
        array = group.array[t]
        k, j, i = array.shape
        return cls(array, Box.whole((k, j, i)), group.index if group.index.is_scanned(t) else None, t)

    def box_of(self, value: int) -> Box | None:
        """A box that holds the value; None when it has no voxels."""
        return self.box if self.index is None else self.index.loose_box(value, self.t)


def distinct_sources(pairs: Iterable[tuple[int, int]]) -> list[dict[int, int]]:
    """Pairs in as few mappings as possible: a source that occurs twice goes into a later one, as if done in turn."""
    batches: list[dict[int, int]] = []
    for source, target in pairs:
        batch = next((batch for batch in batches if source not in batch), None)
        if batch is None:
            batch = {}
            batches.append(batch)
        batch[source] = target
    return batches


def proposals_of(
    region: Region,
    destination: Segmentation,
    group: int,
    t: int,
    mapping: dict[int, int],
    styles: Styles,
    targets_known: bool = True,
) -> list[Proposal]:
    """The proposals for one mapping between two frames; they do not meet in any voxel.

    One proposal over the common box of all labels, or several where the labels lie far apart. Labels without voxels
    cost nothing. ``targets_known`` is False where an earlier stage may have put targets outside their present boxes.
    """
    target_index = destination.group(group).index
    known = target_index if targets_known and target_index.is_scanned(t) else None
    parts: list[tuple[dict[int, int], Box]] = []
    for pairs in _separable(mapping, styles.merge):
        sources = [region.box_of(source) for source in pairs]
        boxes = [box for box in sources if box is not None]
        if styles.merge is MergeStyle.REPLACE:
            target = next(iter(pairs.values()))
            cleared = region.box if known is None else known.loose_box(target, t) if target else None
            boxes += [] if cleared is None else [cleared.intersection(region.box)]
        boxes = [box for box in boxes if box.voxels]
        if boxes:
            parts.append((pairs, reduce(Box.union, boxes)))
    if not parts:
        return []
    common = reduce(Box.union, (box for _, box in parts))
    if common.voxels <= _LOOSE * sum(box.voxels for _, box in parts):
        parts = [({source: target for pairs, _ in parts for source, target in pairs.items()}, common)]
    plain = Proposal(group, region.array, mapping, region.box, t, styles.merge, styles.overwrite, styles.unlocked)
    whole = region.array.shape == destination.geometry.shape
    return [_over_box(plain, region, pairs, box, whole) for pairs, box in parts]


def _separable(mapping: dict[int, int], merge: MergeStyle) -> list[dict[int, int]]:
    """The mapping in parts that can be written one by one: what REPLACE clears must see all sources of a target."""
    if merge is MergeStyle.MERGE:
        return [{source: target} for source, target in mapping.items()]
    by_target: dict[int, dict[int, int]] = {}
    for source, target in mapping.items():
        by_target.setdefault(target, {})[source] = target
    return list(by_target.values())


def _over_box(plain: Proposal, region: Region, pairs: dict[int, int], box: Box, whole: bool) -> Proposal:
    boxes: dict[int, Box] = {}
    for source, target in pairs.items():
        found = region.box_of(source) if target and region.index is not None else None
        if found is not None:
            boxes[target] = found if target not in boxes else boxes[target].union(found)
    array = region.array if whole else region.array[box.moved(region.box.lower, -1).slices]
    return replace(plain, region=array, mapping=pairs, box=box, boxes=boxes)
