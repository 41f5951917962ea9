"""Operations on labels: add, remove, rename, change their values and their look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from ...core import Label, Segmentation
from ...core.label import Color, PropertyValue
from ...core.naming import UNNAMED, free_value, next_color, next_name
from ...errors import DuplicateValueError, LabelError
from ..changes import Change, Command, LabelChange, OrderChange
from ..planning import Region, Styles, proposals_of
from ..policy import resolve_stages
from ..proposal import MergeStyle, OverwriteStyle, Proposal
from .selection import Selection, chosen, counted
from .voxels import erasure


def add_label(
    segmentation: Segmentation,
    group: int = 0,
    name: str | None = None,
    color: Color | None = None,
    *,
    value: int | None = None,
    label: Label | None = None,
    position: int | None = None,
    **fields: Any,
) -> Command:
    """Adds an empty label to a group; without arguments named, coloured and numbered as MITK would.

    ``label`` is a template, for example another instance of the same class; the other arguments and ``fields`` (those
    of ``Label``) win over it. Without ``value`` the highest value + 1 is taken, or the lowest gap once 65535 is used.
    The command's first value is the new label's.

    Raises GroupError, DuplicateValueError for a value that is taken or has voxels without a label in the group,
    LabelError, ValueSpaceFullError.
    """
    holder = segmentation.group(group)
    value = new_value(segmentation, group) if value is None else value
    if value in segmentation:
        raise DuplicateValueError(f"label value {value} is taken in group {segmentation.group_index_of(value)}")
    if value in holder.undeclared_values():
        raise DuplicateValueError(f"voxels of group {group} hold {value} without a label already")
    labels = segmentation.labels
    if label is None:
        made = Label(value, next_name(known.name for known in labels), next_color(labels))
    else:
        made = label.with_(value=value)
    fields |= {key: given for key, given in (("name", name), ("color", color)) if given is not None}
    made = made.with_(**fields)
    return Command(f"Add {made.name}", (LabelChange(group, value, made, position),), values=(value,))


def new_value(segmentation: Segmentation, group: int | None = None) -> int:
    """The value of a new label: free in all groups, and without voxels in the group that gets it.

    Raises ValueSpaceFullError, GroupError.
    """
    stray = () if group is None else segmentation.group(group).undeclared_values()
    return free_value({*segmentation.values, *stray})


def remove_labels(segmentation: Segmentation, values: Selection) -> Command:
    """Removes labels with their voxels in all frames; locks do not count. Raises UnknownLabelError."""
    found = chosen(segmentation, values)
    resolution = erasure(segmentation, found)
    changes: list[Change] = list(resolution.patches)
    changes += [LabelChange(segmentation.group_index_of(value), value, None) for value in found]
    return Command(f"Remove {counted(segmentation, found)}", changes, resolution, found)


def change_labels(
    segmentation: Segmentation,
    values: Selection = None,
    *,
    group: int | None = None,
    title: str | None = None,
    **fields: Any,
) -> Command:
    """Sets fields of ``Label`` (not the value) for one label, several, all, or all of a group.

    For example ``change_labels(segmentation, [3, 4], locked=False)``. Labels that have the fields already are left out.
    Raises UnknownLabelError, GroupError, LabelError for a field that there is not or an impossible content.
    """
    known = set(Label.__dataclass_fields__) - {"value"}
    if not fields or not known.issuperset(fields):
        raise LabelError(f"fields {sorted(fields)} of a label cannot be set; there are {', '.join(sorted(known))}")
    found = chosen(segmentation, values, group)
    title = title or f"Change {' and '.join(fields)} of {counted(segmentation, found)}"
    return _changed(segmentation, found, title, fields)


def _changed(segmentation: Segmentation, values: tuple[int, ...], title: str, fields: Mapping[str, Any]) -> Command:
    homes = {label.value: (index, label) for index, group in enumerate(segmentation.groups) for label in group.labels}
    changes = []
    for value in values:
        index, former = homes[value]
        made = former.with_(**fields)
        if made != former:
            changes.append(LabelChange(index, value, made))
    return Command(title, changes, values=values)


def rename_labels(segmentation: Segmentation, values: Selection, name: str, color: Color | None = None) -> Command:
    """Names labels, all instances of a class alike, and colours them where ``color`` is given.

    A blank name becomes "Unnamed". Raises UnknownLabelError, LabelError.
    """
    found = chosen(segmentation, values)
    fields: dict[str, Any] = {"name": name if name.strip() else UNNAMED}
    if color is not None:
        fields["color"] = color
    title = f"Rename {counted(segmentation, found)} to {fields['name']}"
    return change_labels(segmentation, found, title=title, **fields)


def set_locked(
    segmentation: Segmentation, locked: bool, values: Selection = None, *, group: int | None = None
) -> Command:
    """Locks or unlocks one label, several, all, or all of a group. Raises UnknownLabelError, GroupError."""
    found = chosen(segmentation, values, group)
    title = f"{'Lock' if locked else 'Unlock'} {counted(segmentation, found)}"
    return _changed(segmentation, found, title, {"locked": locked})


def set_visible(
    segmentation: Segmentation, visible: bool, values: Selection = None, *, group: int | None = None
) -> Command:
    """Shows or hides one label, several, all, or all of a group. Raises UnknownLabelError, GroupError."""
    found = chosen(segmentation, values, group)
    title = f"{'Show' if visible else 'Hide'} {counted(segmentation, found)}"
    return _changed(segmentation, found, title, {"visible": visible})


def set_opacity(
    segmentation: Segmentation, opacity: float, values: Selection = None, *, group: int | None = None
) -> Command:
    """Sets the opacity (0...1) of one label, several, all, or all of a group.

    Raises UnknownLabelError, GroupError, LabelError for an opacity outside 0...1.
    """
    if not 0.0 <= opacity <= 1.0:
        raise LabelError(f"opacity must be within 0...1, found {opacity!r}")
    return change_labels(segmentation, values, group=group, opacity=opacity)


def set_color(
    segmentation: Segmentation, color: Color, values: Selection = None, *, group: int | None = None
) -> Command:
    """Colours (red, green, blue within 0...1) one label, several, all, or all of a group.

    Raises UnknownLabelError, GroupError, LabelError.
    """
    return change_labels(segmentation, values, group=group, color=color)


def set_label_properties(
    segmentation: Segmentation,
    values: Selection,
    updates: Mapping[str, PropertyValue],
    remove: Iterable[str] = (),
) -> Command:
    """Sets and removes properties of labels; other properties stay. Raises UnknownLabelError."""
    found = chosen(segmentation, values)
    gone = set(remove)
    made = []
    for label in map(segmentation.label, found):
        kept = {key: value for key, value in label.properties.items() if key not in gone}
        made.append(label.with_(properties=kept | dict(updates)))
    title = f"Change properties of {counted(segmentation, found)}"
    return Command(title, _replacements(segmentation, made), values=found)


def reorder_labels(segmentation: Segmentation, group: int, values: Iterable[int]) -> Command:
    """Puts the labels of a group into a new order. Raises GroupError unless exactly the group's values are given."""
    order = tuple(values)
    changes = () if order == segmentation.group(group).values else (OrderChange(group, order),)
    return Command("Reorder labels", changes, values=order)


def change_values(segmentation: Segmentation, mapping: Mapping[int, int]) -> Command:
    """Gives labels other values, all at once, voxels included; labels keep their groups, places and everything else.

    Unlike ``relabel`` the label itself moves: new values must be free, or be given up in the same mapping.
    Raises UnknownLabelError, DuplicateValueError, LabelError for an impossible value.
    """
    chosen(segmentation, mapping)
    moves = {old: new for old, new in mapping.items() if old != new}
    _check_free(segmentation, moves)
    dropped: list[Change] = []
    added: list[Change] = []
    stage: list[Proposal] = []
    for index, group in enumerate(segmentation.groups):
        mine = {old: new for old, new in moves.items() if old in group}
        for t in range(group.shape[0]) if mine else ():
            how = Styles(MergeStyle.MERGE, OverwriteStyle.IGNORE_LOCKS)
            stage += proposals_of(Region.of_group(group, t), segmentation, index, t, mine, how)
        for position, label in enumerate(group.labels):
            if label.value in mine:
                made = label.with_(value=mine[label.value])
                dropped.append(LabelChange(index, label.value, None))
                added.append(LabelChange(index, made.value, made, position))
    resolution = resolve_stages(segmentation, [stage], set(moves.values()))
    changes = [*dropped, *added, *resolution.patches]
    return Command(f"Change {len(moves)} label values", changes, resolution, tuple(moves.values()))


def _check_free(segmentation: Segmentation, moves: Mapping[int, int]) -> None:
    wanted = list(moves.values())
    twice = sorted(new for new, count in Counter(wanted).items() if count > 1)
    if twice:
        raise DuplicateValueError(f"values {twice} are each wanted for several labels")
    stray = [set(group.undeclared_values()) for group in segmentation.groups] if moves else []
    for old, new in moves.items():
        if new in segmentation and new not in moves:
            raise DuplicateValueError(f"label value {new} is taken in group {segmentation.group_index_of(new)}")
        if new in stray[segmentation.group_index_of(old)]:
            raise DuplicateValueError(f"voxels of the group of label {old} hold {new} without a label already")


def _replacements(segmentation: Segmentation, labels: Iterable[Label]) -> list[LabelChange]:
    return [
        LabelChange(segmentation.group_index_of(label.value), label.value, label)
        for label in labels
        if label != segmentation.label(label.value)
    ]
