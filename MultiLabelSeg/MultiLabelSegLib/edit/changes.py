"""The changes beside voxels: labels, groups, their order, properties. Applying one returns its inverse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from ..core import Event, Group, Label, Segmentation
from ..errors import HistoryError, UnknownLabelError
from .policy import Resolution

#: bytes that a small change takes, roughly
_SMALL = 400


class Change(Protocol):
    """One step that can be taken back. Raises errors of the document when it does not fit; then nothing has changed."""

    @property
    def nbytes(self) -> int:
        """Memory that the change holds, for the history's limit."""
        ...

    def apply(self, segmentation: Segmentation) -> Change:
        """Changes the document, tells its listeners, returns the change that takes it back."""
        ...


@dataclass(frozen=True, eq=False)
class LabelChange:
    """Adds, replaces or drops one label; voxels stay as they are.

    Afterwards ``value`` of ``group`` is ``label``, or there is none where ``label`` is None. ``position`` places a new
    label among the group's (None: at the end).
    """

    group: int
    value: int
    label: Label | None
    position: int | None = None

    @property
    def nbytes(self) -> int:
        """Memory that the change holds."""
        return _SMALL

    def apply(self, segmentation: Segmentation) -> LabelChange:
        """See ``Change``. Raises UnknownLabelError, DuplicateValueError, GroupError."""
        group = segmentation.group(self.group)
        if self.label is None:
            if self.value not in group:
                raise UnknownLabelError(f"group {self.group} has no label {self.value} to take out")
            _, label, position = segmentation.drop_label(self.value)
            return LabelChange(self.group, self.value, label, position)
        former = group.label(self.value) if self.value in group else None
        segmentation.set_label(self.group, self.label, self.position)
        return LabelChange(self.group, self.value, former)


@dataclass(frozen=True, eq=False)
class GroupChange:
    """Inserts ``group`` before ``index``, or takes the group at ``index`` out where ``group`` is None."""

    index: int
    group: Group | None

    @property
    def nbytes(self) -> int:
        """Memory that the change holds: the group's voxels while it is out."""
        return _SMALL + (0 if self.group is None else self.group.array.nbytes + _SMALL * len(self.group.values))

    def apply(self, segmentation: Segmentation) -> GroupChange:
        """See ``Change``. Raises GroupError, DuplicateValueError."""
        if self.group is None:
            return GroupChange(self.index, segmentation.take_group(self.index))
        segmentation.insert_group(self.index, self.group)
        return GroupChange(self.index, None)


@dataclass(frozen=True, eq=False)
class OrderChange:
    """Puts the labels of ``group`` into the order of their values, or (``group`` None) the groups into a new order.

    For groups, ``order[n]`` is the present index of the group that comes n-th.
    """

    group: int | None
    order: tuple[int, ...]

    @property
    def nbytes(self) -> int:
        """Memory that the change holds."""
        return _SMALL + 32 * len(self.order)

    def apply(self, segmentation: Segmentation) -> OrderChange:
        """See ``Change``. Raises GroupError when the order does not name everything once."""
        if self.group is not None:
            former = segmentation.group(self.group).values
            segmentation.reorder_labels(self.group, self.order)
            return OrderChange(self.group, former)
        segmentation.reorder_groups(self.order)
        return OrderChange(None, tuple(sorted(range(len(self.order)), key=self.order.__getitem__)))


#: what a PropertyChange may set, of a group and of the whole segmentation
_OF_GROUP = ("name", "properties")
_OF_SEGMENTATION = ("unlabeled_locked", "properties", "extras", "uid")
PropertyField = Literal["name", "properties", "unlabeled_locked", "extras", "uid"]


@dataclass(frozen=True, eq=False)
class PropertyChange:
    """Sets one field of a group (``name``, ``properties``) or of the segmentation (``group`` None).

    The segmentation's are ``unlabeled_locked``, ``properties``, ``extras``, ``uid``. Dictionaries are set as a whole.
    """

    group: int | None
    field: PropertyField
    value: Any

    @property
    def nbytes(self) -> int:
        """Memory that the change holds, roughly."""
        return _SMALL + 100 * (len(self.value) if isinstance(self.value, (dict, str)) else 1)

    def apply(self, segmentation: Segmentation) -> PropertyChange:
        """See ``Change``. Raises GroupError, HistoryError for a field that there is not."""
        owner = segmentation if self.group is None else segmentation.group(self.group)
        allowed = _OF_SEGMENTATION if self.group is None else _OF_GROUP
        if self.field not in allowed:
            raise HistoryError(f"{self.field!r} is no field that can be set; there are {', '.join(allowed)}")
        former = getattr(owner, self.field)
        setattr(owner, self.field, dict(self.value) if isinstance(self.value, dict) else self.value)
        segmentation.changed.emit(Event("properties", self.group))
        return PropertyChange(self.group, self.field, former)


@dataclass(frozen=True, eq=False)
class Command:
    """What a user does, with the title that a menu shows: changes that happen together and are undone together.

    ``resolution`` says what a write does to voxels and locks; ``values`` are the labels that the command is about, a
    new label's first.
    """

    title: str
    changes: Sequence[Change]
    resolution: Resolution = Resolution()
    values: tuple[int, ...] = ()
