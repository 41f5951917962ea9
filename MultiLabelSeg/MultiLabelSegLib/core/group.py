"""A group: one exclusive label map with its labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DuplicateValueError, GroupError, UnknownLabelError
from .label import MAX_VALUE, Label, PropertyValue
from .label_index import Extent, LabelIndex, merge_extents

LabelArray = NDArray[np.unsignedinteger]


class Group:
    """Labels that exclude each other: one array of values and the labels that explain them.

    ``array`` is (t, k, j, i), unsigned, 0 = unlabelled; it is taken over, not copied, where it is C-ordered uint8 or
    uint16 already. It is held as uint8 while its values fit and becomes uint16 by itself. ``properties`` are the
    group's own; voxels whose value has no label are kept as they are and count as unlabelled.

    Raises GroupError for arrays of other types and shapes, DuplicateValueError for two labels of one value.
    """

    def __init__(
        self,
        array: NDArray[Any],
        labels: Iterable[Label] = (),
        name: str = "",
        properties: Mapping[str, PropertyValue] | None = None,
    ) -> None:
        self._array = _as_labels(array)
        self._index = LabelIndex(self._array)
        self._labels: dict[int, Label] = {}
        self._unlocked: NDArray[np.bool_] | None = None
        self.name = name
        self.properties: dict[str, PropertyValue] = dict(properties or {})
        for label in labels:
            if label.value in self._labels:
                raise DuplicateValueError(f"label value {label.value} occurs twice in group {name!r}")
            self._labels[label.value] = label

    @property
    def array(self) -> LabelArray:
        """The values, (t, k, j, i), as a view that cannot be written to."""
        view = self._array.view()
        view.flags.writeable = False
        return view

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(t, k, j, i)."""
        t, k, j, i = self._array.shape
        return t, k, j, i

    @property
    def labels(self) -> tuple[Label, ...]:
        """The labels in their order."""
        return tuple(self._labels.values())

    @property
    def values(self) -> tuple[int, ...]:
        """The label values in the labels' order."""
        return tuple(self._labels)

    @property
    def unlocked(self) -> NDArray[np.bool_]:
        """For each of 65,536 values whether it is not that of a locked label; kept at hand, cannot be written to."""
        if self._unlocked is None:
            table = np.ones(MAX_VALUE + 1, np.bool_)
            table[[label.value for label in self._labels.values() if label.locked]] = False
            table.flags.writeable = False
            self._unlocked = table
        return self._unlocked

    @property
    def index(self) -> LabelIndex:
        """Counts and boxes of all values, also of those without a label."""
        return self._index

    def __contains__(self, value: object) -> bool:
        return value in self._labels

    def label(self, value: int) -> Label:
        """The label of a value. Raises UnknownLabelError."""
        try:
            return self._labels[value]
        except KeyError:
            known = ", ".join(map(str, sorted(self._labels))) or "none"
            raise UnknownLabelError(f"group {self.name!r} has no label {value}; it has {known}") from None

    def voxels(self, value: int) -> int:
        """Voxels of a value over all frames."""
        return sum(self._index.voxels(value, t) for t in range(self.shape[0]))

    def counts(self) -> dict[int, int]:
        """Voxels over all frames of all values that have any, at once."""
        found = self._index.counts(0)
        for t in range(1, self.shape[0]):
            for value, voxels in self._index.counts(t).items():
                found[value] = found.get(value, 0) + voxels
        return found

    def extent(self, value: int) -> Extent | None:
        """Count, exact box and index sums of a value over all frames; None when it has no voxels."""
        found = (self._index.extent(value, t) for t in range(self.shape[0]))
        return merge_extents([extent for extent in found if extent is not None])

    def present_values(self) -> tuple[int, ...]:
        """Values that have voxels in any frame, ascending, with or without a label."""
        return tuple(sorted({value for t in range(self.shape[0]) for value in self._index.values(t)}))

    def undeclared_values(self) -> tuple[int, ...]:
        """Values that have voxels but no label in this group, ascending."""
        return tuple(value for value in self.present_values() if value not in self._labels)

    # ---- for changes (edit) and readers only -------------------------------------------------------------------
    def set_label(self, label: Label, position: int | None = None) -> None:
        """Adds a label (at ``position``, else at the end) or replaces the one of its value in place."""
        self._unlocked = None
        if position is None or position >= len(self._labels) or label.value in self._labels:
            self._labels[label.value] = label
            return
        items = list(self._labels.items())
        items.insert(position, (label.value, label))
        self._labels = dict(items)

    def drop_label(self, value: int) -> tuple[Label, int]:
        """Takes a label out, voxels untouched; returns it and its position. Raises UnknownLabelError."""
        label = self.label(value)
        # the last one is the usual case: additions are taken back in reverse
        is_last = next(reversed(self._labels)) == value
        position = len(self._labels) - 1 if is_last else list(self._labels).index(value)
        self._unlocked = None
        del self._labels[value]
        return label, position

    def reorder(self, values: Iterable[int]) -> None:
        """Puts the labels in this order. Raises GroupError unless exactly the group's values are given."""
        order = list(values)
        if sorted(order) != sorted(self._labels):
            raise GroupError(f"order {order} does not name exactly the labels {sorted(self._labels)}")
        self._labels = {value: self._labels[value] for value in order}

    def writable(self, top: int = 0) -> LabelArray:
        """The array itself, wide enough for ``top``; whoever writes calls ``index.record`` or ``index.invalidate``."""
        self._index.touch()  # a write of a frame that is not scanned is not recorded
        if top > np.iinfo(self._array.dtype).max:
            self._array = self._array.astype(np.uint16)
            self._index.replace_array(self._array)
        return self._array

    def replace_array(self, array: NDArray[Any]) -> LabelArray:
        """Takes over other voxels, perhaps of another shape, and returns the former ones. Raises GroupError."""
        former = self._array
        self._array = _as_labels(array)
        self._index = LabelIndex(self._array)
        return former

    def shared(self) -> Group:
        """A group over the same voxels with labels and index of its own: to be read by another thread, not written."""
        made = Group(self._array, self._labels.values(), self.name, self.properties)
        made._index = self._index.copy()
        return made

    def copy(self) -> Group:
        """An independent copy: own voxels, same (immutable) labels."""
        return Group(self._array.copy(), self._labels.values(), self.name, self.properties)

    def __repr__(self) -> str:
        return f"<Group {self.name!r}: {len(self._labels)} labels, {self._array.dtype} {self.shape}>"


def _as_labels(array: NDArray[Any]) -> LabelArray:
    """The array as C-ordered, writeable uint8 or uint16 of four axes; values are checked, never wrapped."""
    array = np.asarray(array)
    if array.ndim == 3:
        array = array[np.newaxis]
    if array.ndim != 4 or 0 in array.shape:
        raise GroupError(f"a group needs an array (t, k, j, i), found shape {array.shape}")
    if array.dtype == np.bool_:
        array = array.view(np.uint8)
    if array.dtype.kind not in "ui":
        raise GroupError(f"a group holds whole numbers, found {array.dtype}")
    if array.dtype not in (np.dtype(np.uint8), np.dtype(np.uint16)):
        low, high = int(array.min()), int(array.max())
        if low < 0 or high > MAX_VALUE:
            raise GroupError(f"label values must be within 0...{MAX_VALUE}, found {low}...{high}")
        array = array.astype(np.uint8 if high < 256 else np.uint16)
    array = np.ascontiguousarray(array)
    return array if array.flags.writeable and array.flags.aligned else array.copy()
