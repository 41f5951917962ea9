"""After a stack is written: every image against the voxels that it came from, and the JSON against the labels."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ..core import Group
from ..errors import FormatError
from .base import WriteRequest
from .codec.intervals import Intervals
from .image_verify import array_difference, content_difference, grid_difference
from .image_write import LabelImageWriter
from .report import Report
from .stack_json import StackDocument, read_document
from .stack_writer import StackPlan, plan_stack

#: what a label must have kept; other properties are compared by tests, not at every write
_FIELDS = ("value", "name", "color", "opacity", "visible", "locked", "tracking_id", "tracking_uid", "description")


def verify_stack(request: WriteRequest, written: Path) -> list[str]:
    """Sentences about what differs between the staged files and the segmentation; empty when all is well.

    The JSON is parsed and compared with the labels; every image is compared with the voxels of its label or group to
    the last byte.
    """
    plan = plan_stack(request.segmentation, request.path, request.options)
    try:
        document = read_document(request.stage.staged(written), Report())
    except FormatError as error:
        return [f"it cannot be read back: {error}"]
    return [*_document_differences(request, plan, document), *_image_differences(request, plan)]


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
        own = plan.groups.get(index)
        if theirs.file != (None if own is None else f"./{own.name}"):
            found.append(f"group {index} names the image {theirs.file}")
        for source in theirs.sources:
            own = plan.labels.get(source.value)
            if source.file != (None if own is None else f"./{own.name}"):
                found.append(f"label {source.value} names the image {source.file}")
            elif source.file_value != (source.value if own is None else plan.voxel_value(source.value)):
                found.append(f"label {source.value} is to be looked for as {source.file_value}")
    return found


def _image_differences(request: WriteRequest, plan: StackPlan) -> list[str]:
    """Every image against its label or group. The first header is parsed; the others must have the same bytes."""
    stage = request.stage
    first = next(iter([*plan.groups.values(), *plan.labels.values()]))
    writer = LabelImageWriter(first, request.segmentation.geometry)
    differences: list[tuple[str, str | None]] = [(first.name, grid_difference(writer, stage.staged(first)))]
    contents: Mapping[int, Intervals] = request.made
    for index, group in enumerate(request.segmentation.groups):
        if index in plan.groups:
            path = plan.groups[index]
            differences.append((path.name, array_difference(writer, stage.staged(path), group.array)))
            continue
        differences.append((f"group {index}", _missing_voxels(group, contents)))
        for value in group.values:
            path = plan.labels[value]
            differences.append((path.name, content_difference(writer, stage.staged(path), contents[value])))
    return [f"{name}: {found}" for name, found in differences if found is not None]


def _missing_voxels(group: Group, contents: Mapping[int, Intervals]) -> str | None:
    """Whether the labels' images together hold as many voxels as the group, which is counted anew for that."""
    written = 0
    for value in group.values:
        content = contents[value]
        written += int((content.stop - content.start)[content.values(0) != 0].sum())
    present = int(np.count_nonzero(group.array))
    return None if written == present else f"the images of its labels hold {written} voxels, the group {present}"
