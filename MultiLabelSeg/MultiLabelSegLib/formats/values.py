"""Changing label values on request: the only place where a conversion renumbers, and always with the table."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from ..core import Group, Label, Segmentation
from ..core.label import MAX_VALUE
from ..core.naming import lut_color
from ..errors import LabelError

#: as MITK shows labels that it had to name itself
UNNAMED_OPACITY = 0.4


def consecutive_values(segmentation: Segmentation) -> dict[int, int]:
    """Old value -> new value with 1, 2, 3... in the order of the old values."""
    return {old: new for new, old in enumerate(sorted(segmentation.values), start=1)}


def renumbered(segmentation: Segmentation, mapping: Mapping[int, int]) -> Segmentation:
    """The segmentation with other label values; swaps are safe, undeclared voxel values stay as they are.

    Raises LabelError when a new value is impossible, taken twice, or meets an undeclared voxel value.
    """
    final = [mapping.get(value, value) for value in segmentation.values]
    if len(set(final)) < len(final):
        raise LabelError(f"the new values {sorted(final)} are not unique")
    if any(not 0 < value <= MAX_VALUE for value in final):
        raise LabelError(f"the new values must be within 1...{MAX_VALUE}, found {min(final)}...{max(final)}")
    groups = []
    for group in segmentation.groups:
        undeclared = set(group.undeclared_values()).intersection(final)
        if undeclared:
            raise LabelError(f"voxels without a label hold the values {sorted(undeclared)} that labels would get")
        table = np.arange(MAX_VALUE + 1, dtype=np.uint16)
        for value in group.values:
            table[value] = mapping.get(value, value)
        present = group.present_values()
        narrow = max((int(table[value]) for value in present), default=0) < 256
        array = table.astype(np.uint8 if narrow else np.uint16)[group.array]
        labels = [label.with_(value=mapping.get(label.value, label.value)) for label in group.labels]
        groups.append(Group(array, labels, group.name, group.properties))
    return segmentation.with_groups(groups)


def is_made_up(label: Label) -> bool:
    """Whether a label has the name and look that values of a label map get which no table names."""
    return label.opacity == UNNAMED_OPACITY and re.fullmatch(f"object-0*{label.value}", label.name) is not None


def declared(segmentation: Segmentation) -> tuple[Segmentation, list[Label]]:
    """The segmentation with a label ``object-N`` for every voxel value without one, and those labels.

    Raises LabelError when such a value belongs to a label of another group.
    """
    groups: list[Group] = []
    added: list[Label] = []
    present = (value for group in segmentation.groups for value in group.present_values())
    digits = len(str(max(present, default=0)))
    for index, group in enumerate(segmentation.groups):
        new = []
        for value in group.undeclared_values():
            if value in segmentation or any(value == label.value for label in added):
                raise LabelError(f"voxels of group {index} hold {value}, which is a label of another group")
            new.append(Label(value, f"object-{value:0{digits}d}", lut_color(value)))
        added.extend(new)
        groups.append(Group(group.array, [*group.labels, *new], group.name, group.properties) if new else group)
    return segmentation.with_groups(groups), added
