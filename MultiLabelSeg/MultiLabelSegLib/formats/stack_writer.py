"""Writing a stack: an image for each label or group, then the JSON that explains them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Literal

from ..core import Group, Segmentation
from ..core.runs import scan
from ..errors import WriteError
from .base import WriteRequest
from .codec.intervals import Intervals
from .image_io import WRITTEN_SUFFIXES, LabelImageWriter, image_suffix
from .json_text import pretty_json
from .many_files import expect_files
from .nifti import fits_nifti1
from .stack_json import build_document

JSON_SUFFIX = ".mitklabel.json"
_DEFAULT_SUFFIX, _EXACT_SUFFIX = ".nii.gz", ".nrrd"
Suffix = Literal["auto", ".nii.gz", ".nii", ".nrrd", ".mha", ".mhd", ".gipl.gz", ".gipl"]


@dataclass(frozen=True)
class StackWriteOptions:
    """MITK's options with its defaults, and the suffix of the images.

    ``save_strategy``: one image a label (``instance``) or one a group. ``instance_value``: voxels of a label's image
    hold its value, or 1 (``binary``). ``image_suffix``: ``auto`` takes that of the output's name, else ``.nii.gz``,
    or ``.nrrd`` where NIfTI-1 cannot hold the grid.
    ``version`` of the JSON: 3 opens in MITK 2025.08 too; ``auto`` takes 4 only where labels have codes or algorithms.
    """

    save_strategy: Literal["instance", "group"] = "instance"
    instance_value: Literal["original", "binary"] = "original"
    image_suffix: Suffix = "auto"
    version: Literal["auto", 3, 4] = "auto"


@dataclass(frozen=True)
class StackPlan:
    """Which files a stack consists of.

    ``groups`` are the indices of the groups that get an image of their own, ``labels`` map a label value to its image;
    ``file_value`` is what the voxels of those hold, None for the label's value.
    """

    json: Path
    groups: dict[int, Path]
    labels: dict[int, Path]
    file_value: int | None

    def voxel_value(self, value: int) -> int:
        """What the voxels of a label's own image hold."""
        return value if self.file_value is None else self.file_value


def stack_json(path: Path) -> Path:
    """The JSON of a stack whose output is named ``path``.

    The stem of an image's name ends at its first dot, as MITK cuts it; that of a JSON's name ends before the suffix.
    Raises WriteError for a name that begins with a dot.
    """
    name = path.name
    is_json = name.lower().endswith(JSON_SUFFIX)
    stem = name[: -len(JSON_SUFFIX)] if is_json else name.split(".")[0]
    if not stem:
        raise WriteError(path, f"the name {name!r} leaves nothing for the names of the images")
    return path if is_json else path.with_name(stem + JSON_SUFFIX)


def plan_stack(segmentation: Segmentation, path: Path, options: StackWriteOptions) -> StackPlan:
    """The files of a stack whose output is named ``path``: the JSON, or as in MITK an image's name.

    A group without labels gets an image of its own, so that geometry and groups survive. Raises WriteError for a name
    that begins with a dot.
    """
    json = stack_json(path)
    stem = json.name[: -len(JSON_SUFFIX)]
    asked = image_suffix(path)
    suffix: str = options.image_suffix
    if suffix == "auto":
        # MITK reads no NIfTI-2, which a grid needs that single precision cannot describe
        usual = _DEFAULT_SUFFIX if fits_nifti1(segmentation.geometry) else _EXACT_SUFFIX
        suffix = asked if asked in WRITTEN_SUFFIXES and asked is not None else usual
    by_group = options.save_strategy == "group"
    groups = {
        index: path.with_name(f"{stem}_group_{index}{suffix}")
        for index, group in enumerate(segmentation.groups)
        if by_group or not group.labels
    }
    labels = (
        {} if by_group else {value: path.with_name(f"{stem}_label_{value}{suffix}") for value in segmentation.values}
    )
    binary = options.instance_value == "binary" and not by_group
    return StackPlan(json, groups, labels, 1 if binary else None)


def write_stack(request: WriteRequest) -> Path:
    """Writes all images, uint16 as MITK wants them, then the JSON; returns the JSON's path.

    Each group is scanned once, whatever the number of its labels; what the labels' images were meant to hold is left
    for the verifier. Raises UnsupportedFormatError when the image format cannot hold the geometry, WriteError.
    """
    segmentation, options = request.segmentation, request.options
    plan = plan_stack(segmentation, request.path, options)
    images = [*plan.groups.values(), *plan.labels.values()]
    writer = LabelImageWriter(images[0], segmentation.geometry, report=request.report)
    expect_files(len(images), segmentation.geometry.voxels * segmentation.geometry.time_steps, written=True)
    written = count(1)
    request.made = {}
    for index, group in enumerate(segmentation.groups):
        for path in _write_group(request, plan, writer, index, group):
            request.report.step(next(written) / len(images), f"wrote {path.name}")
    document = build_document(
        segmentation,
        [_relative(plan.groups.get(index)) for index in range(len(segmentation.groups))],
        {value: f"./{path.name}" for value, path in plan.labels.items()},
        plan.file_value,
        None if options.version == "auto" else options.version,
    )
    request.stage.file(plan.json).write_text(pretty_json(document, plan.json), encoding="utf-8", newline="\n")
    return plan.json


def _write_group(
    request: WriteRequest, plan: StackPlan, writer: LabelImageWriter, index: int, group: Group
) -> Iterator[Path]:
    """Writes the images of a group, its own or those of its labels, one at a time."""
    if index in plan.groups:
        writer.write_array(request.stage, plan.groups[index], group.array)
        yield plan.groups[index]
        return
    table = scan(group.array)
    contents: dict[int, Intervals] = request.made
    for value in group.values:
        contents[value] = writer.intervals_of_runs(*table.runs_of(value), plan.voxel_value(value))
        writer.write_intervals(request.stage, plan.labels[value], contents[value])
        yield plan.labels[value]


def _relative(path: Path | None) -> str | None:
    return None if path is None else f"./{path.name}"
