"""Operations on display folders (see ``core.folders``)."""

from __future__ import annotations

from collections.abc import Iterable

from ...core import Label, Segmentation
from ...core.folders import folder_of, labels_within, normal_path, with_folder
from ...errors import UnknownLabelError
from ..changes import Change, Command, LabelChange
from .labels import change_labels
from .selection import Selection, chosen, counted


def in_folder(segmentation: Segmentation, path: str, group: int | None = None) -> tuple[int, ...]:
    """The values of all labels in a folder and in the folders in it, of all groups or of one.

    Raises UnknownLabelError when there are none, GroupError.
    """
    labels = segmentation.labels if group is None else segmentation.group(group).labels
    found = tuple(label.value for label in labels_within(labels, path))
    if not found:
        known = ", ".join(sorted({folder_of(label) for label in labels} - {""})) or "none"
        raise UnknownLabelError(f"no label is in the folder {normal_path(path)!r}; there are {known}")
    return found


def set_folder(segmentation: Segmentation, values: Selection, path: str) -> Command:
    """Puts labels into a folder such as ``Bones/Spine``; ``""`` takes them out of theirs. Raises UnknownLabelError."""
    found = chosen(segmentation, values)
    normal = normal_path(path)
    title = (
        f"Put {counted(segmentation, found)} into {normal}" if normal else f"Take {counted(segmentation, found)} out"
    )
    labels = (segmentation.label(value) for value in found)
    return Command(title, _replaced(segmentation, [with_folder(label, normal) for label in labels]), values=found)


def rename_folder(segmentation: Segmentation, path: str, new_path: str, group: int | None = None) -> Command:
    """Gives a folder another path, with all folders in it; ``""`` dissolves it into the top of the tree.

    Raises UnknownLabelError when no label is in it, GroupError.
    """
    old, new = normal_path(path), normal_path(new_path)
    found = in_folder(segmentation, old, group)
    made = []
    for value in found:
        label = segmentation.label(value)
        rest = folder_of(label)[len(old) :]
        made.append(with_folder(label, f"{new}/{rest}"))
    return Command(f"Rename folder {old} to {new}", _replaced(segmentation, made), values=found)


def set_folder_visible(segmentation: Segmentation, visible: bool, path: str, group: int | None = None) -> Command:
    """Shows or hides the labels of a folder and of those in it. Raises UnknownLabelError, GroupError."""
    title = f"{'Show' if visible else 'Hide'} folder {normal_path(path)}"
    return change_labels(segmentation, in_folder(segmentation, path, group), title=title, visible=visible)


def set_folder_locked(segmentation: Segmentation, locked: bool, path: str, group: int | None = None) -> Command:
    """Locks or unlocks the labels of a folder and of those in it. Raises UnknownLabelError, GroupError."""
    title = f"{'Lock' if locked else 'Unlock'} folder {normal_path(path)}"
    return change_labels(segmentation, in_folder(segmentation, path, group), title=title, locked=locked)


def _replaced(segmentation: Segmentation, labels: Iterable[Label]) -> list[Change]:
    return [
        LabelChange(segmentation.group_index_of(label.value), label.value, label)
        for label in labels
        if label != segmentation.label(label.value)
    ]
