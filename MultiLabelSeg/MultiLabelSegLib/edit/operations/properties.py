"""Operations on what belongs to groups and to the whole data set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ...core import Segmentation
from ...core.label import PropertyValue
from ..changes import Command, PropertyChange


def set_unlabeled_lock(segmentation: Segmentation, locked: bool) -> Command:
    """Locks or unlocks unlabelled space: while locked, writes that regard locks neither fill nor make it."""
    title = f"{'Lock' if locked else 'Unlock'} unlabelled space"
    same = segmentation.unlabeled_locked == locked
    return Command(title, () if same else (PropertyChange(None, "unlabeled_locked", locked),))


def set_properties(
    segmentation: Segmentation,
    updates: Mapping[str, PropertyValue],
    remove: Iterable[str] = (),
    *,
    group: int | None = None,
) -> Command:
    """Sets and removes properties of the data set, or of a group; other properties stay. Raises GroupError."""
    former = segmentation.properties if group is None else segmentation.group(group).properties
    gone = set(remove)
    made = {key: value for key, value in former.items() if key not in gone} | dict(updates)
    whose = "the data set" if group is None else f"group {segmentation.group(group).name or group + 1}"
    changes = () if made == former else (PropertyChange(group, "properties", made),)
    return Command(f"Change properties of {whose}", changes)
