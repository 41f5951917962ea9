"""How two segmentations differ, label by label."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from ..errors import GeometryError, LabelError
from .group import Group
from .label import Label
from .segmentation import Segmentation

Match = Literal["value", "name"]
_ATTRIBUTES = (
    "value",
    "name",
    "color",
    "opacity",
    "locked",
    "visible",
    "description",
    "tracking_id",
    "tracking_uid",
    "properties",
)


@dataclass
class LabelDifference:
    """One label of both. ``dice`` is 1 for two empty labels; ``centroid_shift_mm`` is None when one is empty."""

    key: str
    voxels_a: int
    voxels_b: int
    dice: float
    centroid_shift_mm: float | None
    attributes: dict[str, tuple[Any, Any]]

    @property
    def identical(self) -> bool:
        """Whether voxels and attributes are the same."""
        return self.dice == 1.0 and not self.attributes


@dataclass
class Comparison:
    """Everything that ``mlseg diff`` says. Labels are named by ``value`` or ``name``, as they were matched."""

    match: Match
    only_in_a: list[str] = field(default_factory=list)
    only_in_b: list[str] = field(default_factory=list)
    labels: list[LabelDifference] = field(default_factory=list)
    document: list[str] = field(default_factory=list)

    @property
    def identical(self) -> bool:
        """Whether nothing differs."""
        return not (self.only_in_a or self.only_in_b or self.document) and all(row.identical for row in self.labels)

    def to_json(self) -> dict[str, Any]:
        """As JSON data."""
        return {
            "identical": self.identical,
            "match": self.match,
            "only_in_a": self.only_in_a,
            "only_in_b": self.only_in_b,
            "document": self.document,
            "labels": [
                {
                    self.match: row.key,
                    "identical": row.identical,
                    "voxels_a": row.voxels_a,
                    "voxels_b": row.voxels_b,
                    "dice": row.dice,
                    "centroid_shift_mm": row.centroid_shift_mm,
                    "attributes": {name: list(pair) for name, pair in row.attributes.items()},
                }
                for row in self.labels
            ],
        }


def compare(a: Segmentation, b: Segmentation, match: Match = "value") -> Comparison:
    """Compares two segmentations on the same grid; labels are matched by value or by name.

    Raises GeometryError for different grids, LabelError when names are not unique.
    """
    problems = a.geometry.differences(b.geometry, 1e-3, 1e-5)
    if problems:
        raise GeometryError("the segmentations lie on different grids: " + "; ".join(problems))
    mine, theirs = _by_key(a, match), _by_key(b, match)
    result = Comparison(match)
    result.only_in_a = [str(key) for key in mine if key not in theirs]
    result.only_in_b = [str(key) for key in theirs if key not in mine]
    for key in mine:
        if key in theirs:
            result.labels.append(_compare_labels(str(key), a, mine[key], b, theirs[key]))
    result.document = _document_differences(a, b, match)
    return result


def _by_key(segmentation: Segmentation, match: Match) -> dict[int | str, Label]:
    if match == "value":
        return {label.value: label for label in segmentation.labels}
    found: dict[int | str, Label] = {}
    for label in segmentation.labels:
        if label.name in found:
            raise LabelError(f"several labels are named {label.name!r}; match by value")
        found[label.name] = label
    return found


def _compare_labels(key: str, a: Segmentation, mine: Label, b: Segmentation, theirs: Label) -> LabelDifference:
    first, second = a.group_of(mine.value), b.group_of(theirs.value)
    count_a, count_b = first.voxels(mine.value), second.voxels(theirs.value)
    common = _common_voxels(first, mine.value, second, theirs.value)
    dice = 2 * common / (count_a + count_b) if count_a + count_b else 1.0
    shift = None
    here, there = a.centroid_lps(mine.value), b.centroid_lps(theirs.value)
    if here is not None and there is not None:
        shift = float(np.linalg.norm(np.subtract(here, there)))
    attributes = {
        name: (getattr(mine, name), getattr(theirs, name))
        for name in _ATTRIBUTES
        if getattr(mine, name) != getattr(theirs, name)
    }
    return LabelDifference(key, count_a, count_b, dice, shift, attributes)


def _common_voxels(first: Group, mine: int, second: Group, theirs: int) -> int:
    """Voxels that hold both values, looked for only where both boxes meet."""
    common = 0
    for t in range(first.shape[0]):
        here, there = first.index.loose_box(mine, t), second.index.loose_box(theirs, t)
        if here is None or there is None:
            continue
        box = here.intersection(there)
        if box.voxels:
            both = (first.array[t][box.slices] == mine) & (second.array[t][box.slices] == theirs)
            common += int(np.count_nonzero(both))
    return common


def _document_differences(a: Segmentation, b: Segmentation, match: Match) -> list[str]:
    found = []
    if len(a.groups) != len(b.groups):
        found.append(f"{len(a.groups)} against {len(b.groups)} groups")
    else:
        for index, (mine, theirs) in enumerate(zip(a.groups, b.groups, strict=True)):
            if mine.name != theirs.name:
                found.append(f"group {index} is named {mine.name!r} against {theirs.name!r}")
            if match == "value" and sorted(mine.values) != sorted(theirs.values):
                found.append(f"group {index} holds the labels {sorted(mine.values)} against {sorted(theirs.values)}")
            if mine.undeclared_values() != theirs.undeclared_values():
                undeclared = f"{list(mine.undeclared_values())} against {list(theirs.undeclared_values())}"
                found.append(f"group {index} has voxels without a label of the values {undeclared}")
    if a.unlabeled_locked != b.unlabeled_locked:
        found.append(f"the lock of the unlabelled is {a.unlabeled_locked} against {b.unlabeled_locked}")
    return found
