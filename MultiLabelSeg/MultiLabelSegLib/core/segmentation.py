"""The document: a segmentation made of groups and labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DuplicateValueError, GroupError, LabelError, UnknownLabelError
from ..signal import Signal
from .events import Event
from .geometry import Geometry
from .group import Group
from .identity import new_uuid
from .label import Label, PropertyValue
from .label_index import Extent
from .naming import free_value


class Segmentation:
    """Groups of labels on one geometry.

    Labels of one group exclude each other, labels of different groups may overlap. Values are unique over all groups
    and never change by themselves; a label without voxels stays. There is always at least one group: without
    ``groups`` an empty unnamed one is made. ``properties`` belong to the whole data set, ``extras`` is JSON that only
    our sidecar carries. ``changed`` emits an ``Event`` for every change.

    Raises GroupError when an array does not have the geometry's shape, DuplicateValueError for a value used twice.
    """

    def __init__(
        self,
        geometry: Geometry,
        groups: Iterable[Group] = (),
        *,
        uid: str = "",
        unlabeled_locked: bool = False,
        properties: Mapping[str, PropertyValue] | None = None,
        extras: Mapping[str, Any] | None = None,
    ) -> None:
        self._geometry = geometry
        self._groups: list[Group] = []
        self.uid = uid or str(new_uuid())
        self.unlabeled_locked = unlabeled_locked
        self.properties: dict[str, PropertyValue] = dict(properties or {})
        self.extras: dict[str, Any] = dict(extras or {})
        self.changed = Signal()
        for group in groups:
            self._check_new_group(group)
            self._groups.append(group)
        if not self._groups:
            self._groups.append(Group(np.zeros(geometry.full_shape, np.uint8)))

    # ---- reading -----------------------------------------------------------------------------------------------
    @property
    def geometry(self) -> Geometry:
        """Shape, affine and time of every group."""
        return self._geometry

    @property
    def groups(self) -> tuple[Group, ...]:
        """The groups in their order."""
        return tuple(self._groups)

    @property
    def labels(self) -> tuple[Label, ...]:
        """All labels, group by group."""
        return tuple(label for group in self._groups for label in group.labels)

    @property
    def values(self) -> tuple[int, ...]:
        """All label values, group by group."""
        return tuple(value for group in self._groups for value in group.values)

    def __contains__(self, label: object) -> bool:
        if isinstance(label, str):
            return any(found.name == label for found in self.labels)
        return any(label in group for group in self._groups)

    def group_index_of(self, value: int) -> int:
        """Index of the group that holds a label. Raises UnknownLabelError."""
        for index, group in enumerate(self._groups):
            if value in group:
                return index
        known = ", ".join(map(str, sorted(self.values))) or "none"
        raise UnknownLabelError(f"no label has the value {value}; there are {known}")

    def group_of(self, value: int) -> Group:
        """The group that holds a label. Raises UnknownLabelError."""
        return self._groups[self.group_index_of(value)]

    def group(self, index: int) -> Group:
        """A group by index. Raises GroupError."""
        if not 0 <= index < len(self._groups):
            raise GroupError(f"there is no group {index}; there are {len(self._groups)} (0...{len(self._groups) - 1})")
        return self._groups[index]

    def label(self, key: int | str) -> Label:
        """A label by value, or by name when only one has it. Raises UnknownLabelError, LabelError (several)."""
        if isinstance(key, (int, np.integer)) and not isinstance(key, bool):
            return self.group_of(int(key)).label(int(key))
        if not isinstance(key, str):
            raise LabelError(f"a label is asked for by value or name, found {key!r}")
        found = self.labels_named(key)
        if not found:
            known = ", ".join(repr(label.name) for label in self.labels) or "none"
            raise UnknownLabelError(f"no label is named {key!r}; there are {known}")
        if len(found) > 1:
            values = ", ".join(str(label.value) for label in found)
            raise LabelError(f"{len(found)} labels are named {key!r} (values {values}); ask by value")
        return found[0]

    def __getitem__(self, key: int | str) -> Label:
        return self.label(key)

    def labels_named(self, name: str) -> tuple[Label, ...]:
        """All labels of a name, the instances of the class."""
        return tuple(label for label in self.labels if label.name == name)

    def mask(self, key: int | str) -> NDArray[np.bool_]:
        """Where a label is: a new array (t, k, j, i). Raises as ``label`` does."""
        value = self.label(key).value
        return np.asarray(self.group_of(value).array == value)

    def extent(self, value: int) -> Extent | None:
        """Count, box and index sums of a label over all frames; None when it has no voxels."""
        return self.group_of(value).extent(value)

    def voxels(self, value: int) -> int:
        """Voxels of a label over all frames."""
        return self.group_of(value).voxels(value)

    def centroid_lps(self, value: int) -> tuple[float, float, float] | None:
        """Mean position of a label's voxels over all frames in LPS mm; None when it has no voxels."""
        extent = self.extent(value)
        if extent is None:
            return None
        x, y, z = self._geometry.lps_from_ijk(extent.centroid_kji[::-1]).tolist()
        return x, y, z

    def free_value(self) -> int:
        """The value that a new label gets. Raises ValueSpaceFullError."""
        return free_value(self.values)

    def copy(self) -> Segmentation:
        """An independent copy with the same uid."""
        return self.with_groups([group.copy() for group in self._groups])

    def with_groups(self, groups: Iterable[Group], geometry: Geometry | None = None) -> Segmentation:
        """The same document (uid, lock, properties) made of other groups, perhaps on another geometry.

        The groups are taken over, not copied. Raises GroupError and DuplicateValueError as the constructor does.
        """
        return Segmentation(
            geometry or self._geometry,
            groups,
            uid=self.uid,
            unlabeled_locked=self.unlabeled_locked,
            properties=self.properties,
            extras=self.extras,
        )

    def __repr__(self) -> str:
        return f"<Segmentation: {len(self._groups)} groups, {len(self.labels)} labels, {self._geometry}>"

    def _repr_html_(self) -> str:
        from .html import segmentation_table

        return segmentation_table(self)

    # ---- for changes (edit) and readers only -------------------------------------------------------------------
    def set_label(self, group_index: int, label: Label, position: int | None = None) -> None:
        """Adds a label to a group or replaces the one of its value there.

        Raises DuplicateValueError when another group holds the value, GroupError for an unknown group.
        """
        group = self.group(group_index)
        if label.value not in group and label.value in self:
            other = self.group_index_of(label.value)
            raise DuplicateValueError(f"label value {label.value} is taken in group {other}")
        group.set_label(label, position)
        self.changed.emit(Event("labels", group_index, (label.value,)))

    def drop_label(self, value: int) -> tuple[int, Label, int]:
        """Takes a label out, voxels untouched; returns group index, label and position. Raises UnknownLabelError."""
        group_index = self.group_index_of(value)
        label, position = self._groups[group_index].drop_label(value)
        self.changed.emit(Event("labels", group_index, (value,)))
        return group_index, label, position

    def insert_group(self, index: int, group: Group) -> None:
        """Inserts a group before ``index``. Raises GroupError, DuplicateValueError."""
        if not 0 <= index <= len(self._groups):
            raise GroupError(f"a group cannot be inserted at {index}; there are {len(self._groups)}")
        self._check_new_group(group)
        self._groups.insert(index, group)
        self.changed.emit(Event("groups", index, group.values))

    def take_group(self, index: int) -> Group:
        """Takes a group out and returns it. Raises GroupError for the last one and for an unknown index."""
        group = self.group(index)
        if len(self._groups) == 1:
            raise GroupError("the last group cannot be removed")
        del self._groups[index]
        self.changed.emit(Event("groups", index, group.values))
        return group

    def reorder_groups(self, order: Sequence[int]) -> None:
        """Puts the groups in a new order: ``order[n]`` is the present index of the group that comes n-th.

        Raises GroupError unless every index occurs exactly once.
        """
        if sorted(order) != list(range(len(self._groups))):
            raise GroupError(f"order {list(order)} does not name each of the groups 0...{len(self._groups) - 1} once")
        self._groups = [self._groups[index] for index in order]
        self.changed.emit(Event("groups"))

    def reorder_labels(self, group_index: int, values: Sequence[int]) -> None:
        """Puts the labels of a group in this order. Raises GroupError unless exactly its values are given."""
        self.group(group_index).reorder(values)
        self.changed.emit(Event("labels", group_index, tuple(values)))

    def replace_grid(
        self, geometry: Geometry, arrays: Sequence[NDArray[Any]]
    ) -> tuple[Geometry, tuple[NDArray[np.unsignedinteger], ...]]:
        """Puts all groups onto another grid at once: one array (t, k, j, i) a group, in their order.

        Arrays are taken over where they are C-ordered uint8 or uint16. Returns the former geometry and arrays. Raises
        GroupError, before anything is changed, for another number of arrays and for one that does not have the
        geometry's shape or holds no label values.
        """
        if len(arrays) != len(self._groups):
            raise GroupError(f"{len(arrays)} arrays are given for {len(self._groups)} groups")
        checked = [Group(array).writable() for array in arrays]
        for group, array in zip(self._groups, checked, strict=True):
            if array.shape != geometry.full_shape:
                raise GroupError(f"group {group.name!r} would get {array.shape}, the geometry {geometry.full_shape}")
        former = self._geometry
        self._geometry = geometry
        old = tuple(group.replace_array(array) for group, array in zip(self._groups, checked, strict=True))
        self.changed.emit(Event("geometry"))
        return former, old

    def _check_new_group(self, group: Group) -> None:
        if any(group is known for known in self._groups):
            raise GroupError(f"group {group.name!r} is part of the segmentation already; insert a copy")
        if group.shape != self._geometry.full_shape:
            expected = self._geometry.full_shape
            raise GroupError(f"group {group.name!r} has (t, k, j, i) {group.shape}, the geometry {expected}")
        taken = set(self.values).intersection(group.values)
        if taken:
            raise DuplicateValueError(f"label values {sorted(taken)} of group {group.name!r} are taken already")
