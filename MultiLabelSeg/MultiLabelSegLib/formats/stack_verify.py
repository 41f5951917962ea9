"""After a stack is written: every image against the voxels that it came from, and the JSON against the labels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core import Geometry, Group, Label
from ..core.runs import RunTable, scan
from ..errors import FormatError
from .base import WriteRequest
from .image_io import read_label_array
from .report import Report
from .stack_json import StackDocument, read_document
from .stack_writer import StackPlan, plan_stack

#: single precision headers move a corner by less than this many voxels
_CORNER_VOXELS = 1e-3
#: what a label must have kept; other properties are compared by tests, not at every write
_FIELDS = ("value", "name", "color", "opacity", "visible", "locked", "tracking_id", "tracking_uid", "description")


def verify_stack(request: WriteRequest, written: Path) -> list[str]:
    """Sentences about what differs between the staged files and the segmentation; empty when all is well.

    The JSON is parsed and compared; of every image geometry and voxels are compared with the group's, exactly.
    """
    plan = plan_stack(request.segmentation, request.path, request.options)
    try:
        document = read_document(request.stage.staged(written), Report())
        found = _document_differences(request, plan, document)
        for index, group in enumerate(request.segmentation.groups):
            found.extend(_group_differences(request, plan, index, group))
    except FormatError as error:
        found = [f"it cannot be read back: {error}"]
    return found


def _document_differences(request: WriteRequest, plan: StackPlan, document: StackDocument) -> list[str]:
    groups = request.segmentation.groups
    if len(document.groups) != len(groups):
        return [f"{len(document.groups)} groups where {len(groups)} were written"]
    found = []
    for index, (mine, theirs) in enumerate(zip(groups, document.groups, strict=True)):
        if theirs.entry.name != mine.name:
            found.append(f"group {index} is named {theirs.entry.name!r}, not {mine.name!r}")
        if theirs.entry.values != mine.values:
            found.append(f"group {index} has the labels {theirs.entry.values}, not {mine.values}")
            continue
        found.extend(
            f"label {label.value}: {name} is {getattr(other, name)!r}, not {getattr(label, name)!r}"
            for label, other in zip(mine.labels, theirs.entry.labels, strict=True)
            for name in _FIELDS
            if getattr(label, name) != getattr(other, name)
        )
        for source in theirs.sources:
            own = plan.labels.get(source.value)
            if source.file != (None if own is None else f"./{own.name}"):
                found.append(f"label {source.value} names the image {source.file}")
            elif source.file_value != (source.value if own is None else plan.voxel_value(source.value)):
                found.append(f"label {source.value} is to be looked for as {source.file_value}")
    return found


def _group_differences(request: WriteRequest, plan: StackPlan, index: int, group: Group) -> list[str]:
    if index in plan.groups:
        path = plan.groups[index]
        array, found = _staged_array(request, path)
        if not found and not all(
            np.array_equal(array[t, k], group.array[t, k]) for t, k in np.ndindex(*array.shape[:2])
        ):
            found = [f"{path.name}: the voxels differ from those of group {index}"]
        return found
    table = scan(group.array)
    return [sentence for label in group.labels for sentence in _label_differences(request, plan, label, table)]


def _label_differences(request: WriteRequest, plan: StackPlan, label: Label, table: RunTable) -> list[str]:
    path, value = plan.labels[label.value], plan.voxel_value(label.value)
    array, found = _staged_array(request, path)
    if found:
        return found
    mine, theirs = table.runs_of(label.value), scan(array)
    other = theirs.runs_of(value)
    alone = theirs.values.tolist() in ([], [value])
    if alone and np.array_equal(mine[0], other[0]) and np.array_equal(mine[1], other[1]):
        return []
    voxels = int((other[1] - other[0]).sum())
    return [f"{path.name}: {voxels} voxels of label {label.value} where {int((mine[1] - mine[0]).sum())} were written"]


def _staged_array(request: WriteRequest, path: Path) -> tuple[NDArray[Any], list[str]]:
    """The voxels of a staged image, and how its grid differs from the segmentation's."""
    array, geometry = read_label_array(request.stage.staged(path), Report())
    return array, _grid_differences(path, request.segmentation.geometry, geometry)


def _grid_differences(path: Path, expected: Geometry, found: Geometry) -> list[str]:
    same = expected.full_shape == found.full_shape and expected.offset_of(found, _CORNER_VOXELS) == (0, 0, 0)
    return [] if same else [f"{path.name}: lies at {found} instead of {expected}"]
