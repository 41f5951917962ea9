"""Operations that make and number instances: split a label into its connected parts, renumber."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from ...core import Box, Segmentation
from ...core.label import MAX_VALUE
from ...core.naming import free_values
from ...core.run_components import RunComponents, components_of_runs
from ...core.runs import scan
from ...errors import OptionError, ValueSpaceFullError
from ..changes import Change, Command, LabelChange
from ..policy import resolve_stages
from ..proposal import MergeStyle, OverwriteStyle, Proposal
from .labels import change_values
from .selection import Selection, chosen


class SmallParts(str, Enum):
    """What becomes of parts below the minimum size; no voxel is lost either way.

    ``LARGEST``: they stay with the label, as the largest part does. ``TOGETHER``: all of them become one instance.
    """

    LARGEST = "largest"
    TOGETHER = "together"


def split_label(
    segmentation: Segmentation,
    value: int,
    *,
    connectivity: int = 26,
    minimum_voxels: int = 1,
    small: SmallParts = SmallParts.LARGEST,
    taken: Iterable[int] = (),
) -> Command:
    """Splits a label into instances, one a connected part: the largest keeps the value, the others get new ones.

    ``connectivity`` 6, 18 or 26; parts of following frames that share a voxel belong together, and voxels count over
    all frames. Locks do not count, since no voxel leaves the class. Instances share everything with the label but its
    value and its tracking, which names one finding. The command's values are the new ones, the largest part's first.
    A label of one part stays as it is. Values that are ``taken``, by labels that come into being with these, are left.

    Raises UnknownLabelError, OptionError for an impossible option, ValueSpaceFullError when there are more parts than
    free values.
    """
    if minimum_voxels < 1:
        raise OptionError("minimum_voxels", minimum_voxels, "1 or more")
    label = segmentation.label(value)
    title = f"Split {label.name}"
    extent = segmentation.extent(value)
    group = segmentation.group_index_of(value)
    if extent is None:
        return Command(title, ())
    mask = (segmentation.group(group).array[(slice(None), *extent.box.slices)] == value).view(np.uint8)
    t, k, j, i = mask.shape
    parts = components_of_runs(*scan(mask).runs_of(1), (t, k, j, i), connectivity)
    numbers = _numbers(parts.voxels, minimum_voxels, SmallParts(small))
    count = int(numbers.max())
    if not count:
        return Command(title, ())
    values = _values_for(segmentation, group, count, taken)
    region = _painted(parts, numbers, mask.shape)
    stage = [_proposal(region, group, frame, extent.box, values) for frame in range(t)]
    resolution = resolve_stages(segmentation, [[proposal for proposal in stage if proposal]], set(values))
    made = [label.with_(value=new, tracking_id="", tracking_uid="") for new in values]
    added: list[Change] = [LabelChange(group, new.value, new) for new in made]
    return Command(f"{title} into {count + 1} instances", [*added, *resolution.patches], resolution, values)


def renumber_labels(segmentation: Segmentation, values: Selection = None, first: int = 1) -> Command:
    """Gives labels the lowest values from ``first`` on, in the order in which they are named (or stand).

    Values of labels that are not named, and of voxels without a label, are left out. Raises UnknownLabelError,
    OptionError for an impossible first value, ValueSpaceFullError.
    """
    if not 1 <= first <= MAX_VALUE:
        raise OptionError("first", first, f"1...{MAX_VALUE}")
    found = chosen(segmentation, values)
    taken = set(segmentation.values) - set(found)
    taken |= {stray for group in segmentation.groups for stray in group.undeclared_values()}
    free = [value for value in range(first, MAX_VALUE + 1) if value not in taken][: len(found)]
    if len(free) < len(found):
        raise ValueSpaceFullError(f"{len(found)} values from {first} on are needed, only {len(free)} are free")
    return change_values(segmentation, dict(zip(found, free, strict=True)))


def _numbers(voxels: NDArray[np.int64], minimum: int, small: SmallParts) -> NDArray[np.int64]:
    """For each part the number of its new instance, from 1; 0 keeps the label's own value."""
    by_size = np.argsort(-voxels, kind="stable")
    kept = by_size[1:][voxels[by_size[1:]] >= minimum]
    numbers = np.zeros(len(voxels), np.int64)
    numbers[kept] = np.arange(1, len(kept) + 1)
    rest = by_size[1 + len(kept) :]
    if small is SmallParts.TOGETHER:
        numbers[rest] = len(kept) + 1
    return numbers


def _values_for(segmentation: Segmentation, group: int, count: int, taken: Iterable[int]) -> tuple[int, ...]:
    used = {*segmentation.values, *segmentation.group(group).undeclared_values(), *taken}
    try:
        return free_values(used, count)
    except ValueSpaceFullError as error:
        raise ValueSpaceFullError(f"{error}; a larger minimum size makes fewer instances") from None


def _painted(parts: RunComponents, numbers: NDArray[np.int64], shape: tuple[int, ...]) -> NDArray[np.uint16]:
    """The numbers of the instances, voxel by voxel."""
    lengths = np.diff(np.column_stack([parts.start, parts.stop]).reshape(-1), prepend=0)
    values = np.zeros(len(lengths) + 1, np.uint16)
    values[1:-1:2] = numbers[parts.component]
    rest = int(np.prod(shape)) - int(lengths.sum())
    return np.repeat(values, np.append(lengths, rest)).reshape(shape)


def _proposal(region: NDArray[np.uint16], group: int, t: int, box: Box, values: tuple[int, ...]) -> Proposal | None:
    found = scan(region[t]).statistics()
    if not len(found.values):
        return None
    mapping, boxes = {}, {}
    for number, lower, upper in zip(found.values.tolist(), found.lower.tolist(), found.upper.tolist(), strict=True):
        new = values[number - 1]
        mapping[number] = new
        boxes[new] = Box(tuple(lower), tuple(upper)).moved(box.lower)
    styles = MergeStyle.MERGE, OverwriteStyle.IGNORE_LOCKS
    return Proposal(group, region[t], mapping, box, t, *styles, boxes=boxes)
