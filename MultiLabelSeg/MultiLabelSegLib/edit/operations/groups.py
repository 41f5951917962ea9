"""Operations on groups: add, remove, rename, reorder, and labels that go from one group to another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core import Group, Label, Segmentation
from ...errors import GroupError
from ..changes import Change, Command, GroupChange, LabelChange, OrderChange, PropertyChange
from ..planning import Region, Styles, proposals_of
from ..policy import Resolution, resolve_stages
from ..proposal import MergeStyle, OverwriteStyle, Proposal
from .labels import new_value
from .voxels import erasure, refuse_loss


def add_group(
    segmentation: Segmentation,
    name: str = "",
    *,
    index: int | None = None,
    labels: Iterable[Label] = (),
    array: NDArray[Any] | None = None,
) -> Command:
    """Adds a group before ``index``, or at the end; later groups move up by one.

    ``array`` (t, k, j, i) brings voxels, else it is empty; an array that fits is taken over, not copied.
    Raises GroupError, DuplicateValueError for values that are taken.
    """
    place = len(segmentation.groups) if index is None else index
    voxels = np.zeros(segmentation.geometry.full_shape, np.uint8) if array is None else array
    group = Group(voxels, labels, name)
    return Command(f"Add group {name or place + 1}", (GroupChange(place, group),), values=group.values)


def remove_group(segmentation: Segmentation, index: int) -> Command:
    """Removes a group with its labels and voxels; later groups move down by one.

    Raises GroupError for an unknown group and for the last one.
    """
    group = segmentation.group(index)
    if len(segmentation.groups) == 1:
        raise GroupError("the last group cannot be removed")
    return Command(f"Remove group {group.name or index + 1}", (GroupChange(index, None),), values=group.values)


def rename_group(segmentation: Segmentation, index: int, name: str) -> Command:
    """Names a group; names need not differ, an empty one is shown as "Group N". Raises GroupError."""
    if segmentation.group(index).name == name:
        return Command("Rename group", ())
    return Command(f"Rename group {index + 1} to {name}", (PropertyChange(index, "name", name),))


def reorder_groups(segmentation: Segmentation, order: Sequence[int]) -> Command:
    """Puts the groups into a new order: ``order[n]`` is the present index of the group that comes n-th.

    Raises GroupError unless every index occurs exactly once.
    """
    indices = tuple(range(len(segmentation.groups)))
    if tuple(sorted(order)) != indices:
        raise GroupError(f"order {list(order)} does not name each of the groups 0...{indices[-1]} once")
    return Command("Reorder groups", () if tuple(order) == indices else (OrderChange(None, tuple(order)),))


def copy_label_to_group(
    segmentation: Segmentation,
    value: int,
    group: int | None = None,
    overwrite: OverwriteStyle = OverwriteStyle.REGARD_LOCKS,
    *,
    group_name: str = "",
) -> Command:
    """Copies a label with its voxels into another group, or into a new one at the end (``group`` None).

    The copy gets a new value, the command's first, and shares everything else with the original; so does its lock.
    Under REGARD_LOCKS it spares locked labels of that group and locked unlabelled space.
    Raises UnknownLabelError, GroupError, ValueSpaceFullError.
    """
    source = segmentation.group_of(value)
    label = source.label(value)
    copied = label.with_(value=new_value(segmentation, group))
    title = f"Copy {label.name} to {_title(segmentation, group, group_name)}"
    if group is None:
        voxels = np.where(source.array == value, np.min_scalar_type(copied.value).type(copied.value), np.uint8(0))
        made = Group(voxels, [copied], group_name)
        change = GroupChange(len(segmentation.groups), made)
        return Command(title, (change,), values=(copied.value,))
    resolution = _written(segmentation, value, group, copied.value, overwrite)
    changes: list[Change] = [LabelChange(group, copied.value, copied), *resolution.patches]
    return Command(title, changes, resolution, (copied.value,))


def move_label_to_group(
    segmentation: Segmentation,
    value: int,
    group: int,
    overwrite: OverwriteStyle = OverwriteStyle.REGARD_LOCKS,
) -> Command:
    """Moves a label with its voxels and its value into another group, at the end of its labels.

    Raises UnknownLabelError, GroupError for an unknown group and for the label's own, and LockedError when locks of
    that group would keep voxels out, since they would be lost; IGNORE_LOCKS overwrites them.
    """
    home = segmentation.group_index_of(value)
    label = segmentation.label(value)
    if home == group:
        raise GroupError(f"label {value} is in {_title(segmentation, group)} already")
    if value in segmentation.group(group).undeclared_values():
        raise GroupError(f"voxels of {_title(segmentation, group)} hold {value} without a label, and would become part")
    into = _written(segmentation, value, group, value, overwrite)
    refuse_loss(segmentation, into, f"moving {label.name!r} to {_title(segmentation, group)}")
    out = erasure(segmentation, [value])
    changes: list[Change] = [LabelChange(home, value, None), *out.patches]
    changes += [LabelChange(group, value, label), *into.patches]
    return Command(f"Move {label.name} to {_title(segmentation, group)}", changes, into, (value,))


def _written(segmentation: Segmentation, value: int, group: int, target: int, overwrite: OverwriteStyle) -> Resolution:
    segmentation.group(group)
    stage: list[Proposal] = []
    for t in range(segmentation.geometry.time_steps):
        region = Region.of_group(segmentation.group_of(value), t)
        stage += proposals_of(region, segmentation, group, t, {value: target}, Styles(MergeStyle.MERGE, overwrite))
    return resolve_stages(segmentation, [stage], (target,))


def _title(segmentation: Segmentation, group: int | None, name: str = "") -> str:
    if group is None:
        return f"new group {name}".rstrip()
    return f"group {segmentation.group(group).name or group + 1}"
