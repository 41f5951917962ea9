"""Label maps of a data set taken apart again: the groups and labels that their values stand for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core import Geometry, Group, Label, Segmentation
from ...core.label import MAX_VALUE
from ...core.naming import free_value, lut_color
from ...formats.label_json import GroupEntry, groups_from_json
from ...formats.report import Report
from .examined import from_document
from .plan import ClassPlan


def restore(
    array: NDArray[Any], geometry: Geometry, plan: ClassPlan, document: Mapping[str, Any] | None, report: Report
) -> Segmentation:
    """The segmentation of a label map (t, k, j, i) whose values a plan explains.

    ``document`` describes the case's own labels; without it (predictions, other cases) the data set's are taken.
    Values that the plan does not know become labels ``object-N``, noted.
    """
    entries = groups_from_json((document or {}).get("groups", list(plan.groups)), "groups")
    owners = _owners(entries, report)
    codes = {code: tuple(names) for code, names in plan.codes.items()}
    if plan.ignore and plan.ignore_code is not None:
        codes[plan.ignore_code] = (plan.ignore,)
    tables = [np.zeros(MAX_VALUE + 1, np.uint16) for _ in entries]
    for code, names in codes.items():
        for name in names:
            if name in owners:
                index, label = owners[name]
                tables[index][code] = label.value
    kept = [[label for label in entry.labels if owners[label.name][1] is label] for entry in entries]
    arrays = _taken(array, tables)
    strange = _strange(array, {0, *codes})
    if strange and not entries:
        entries, kept, arrays = [GroupEntry()], [[]], [np.zeros(array.shape, np.uint16)]
    groups = [
        Group(part, labels, entry.name, entry.properties)
        for part, labels, entry in zip(arrays, kept, entries, strict=True)
    ]
    segmentation = from_document(document or {}, geometry, groups)
    return _with_strange(segmentation, array, strange, report)


def _owners(entries: Sequence[GroupEntry], report: Report) -> dict[str, tuple[int, Label]]:
    """Name -> its group and label; of several labels of one name, which were made one class, the first."""
    owners: dict[str, tuple[int, Label]] = {}
    merged: dict[str, int] = {}
    for index, entry in enumerate(entries):
        for label in entry.labels:
            if label.name in owners:
                merged[label.name] = merged.get(label.name, 1) + 1
            else:
                owners[label.name] = (index, label)
    for name, count in merged.items():
        report.note(f"{count} labels named {name!r} were made one class; they come back as one label")
    return owners


def _taken(array: NDArray[Any], tables: Sequence[NDArray[np.uint16]]) -> list[NDArray[Any]]:
    top = int(np.iinfo(array.dtype).max) + 1
    return [table[:top].astype(np.uint8 if int(table[:top].max()) < 256 else np.uint16)[array] for table in tables]


def _strange(array: NDArray[Any], known: set[int]) -> list[int]:
    """The values that are not known, ascending; slice by slice, for counting needs memory."""
    present = np.zeros(MAX_VALUE + 1, np.bool_)
    for t, k in np.ndindex(*array.shape[:2]):
        present |= np.bincount(array[t, k].ravel(), minlength=MAX_VALUE + 1) > 0
    return [value for value in np.flatnonzero(present).tolist() if value not in known]


def _with_strange(
    segmentation: Segmentation, array: NDArray[Any], strange: Sequence[int], report: Report
) -> Segmentation:
    """Adds a label for every value that nothing explains, so that no voxel is lost."""
    if not strange:
        return segmentation
    group = segmentation.groups[0]
    labels, voxels = list(group.labels), group.array.astype(np.uint16)
    used = set(segmentation.values)
    for value in strange:
        own = value if value not in used else free_value(used)
        used.add(own)
        labels.append(Label(own, f"object-{value}", lut_color(value)))
        voxels[array == value] = own
        report.note(f"the value {value} is none of the data set's; its voxels are the label 'object-{value}'")
    groups = [Group(voxels, labels, group.name, group.properties), *segmentation.groups[1:]]
    return segmentation.with_groups(groups)
