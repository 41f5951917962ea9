"""A folder with one mask a label, as TotalSegmentator and many others keep segmentations.

Written by us, the folder also holds ``labels.json``, which says which file is which label of which group, with
everything else about them; so nothing is lost. Any other folder of masks is read by its file names.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from ..core import Segmentation
from ..core.runs import scan
from ..errors import FormatError
from .base import EVERYTHING, Format, ReadRequest, WriteRequest
from .folder_read import DESCRIPTION, FOLDER_TYPE, is_described, mask_files, read_described, read_plain
from .image_verify import content_difference, grid_difference
from .image_write import LabelImageWriter
from .json_text import parse_json, pretty_json
from .label_json import group_to_json
from .mask_names import mask_names
from .mitk_properties import encode_properties

_VERSION = 1


@dataclass(frozen=True)
class FolderReadOptions:
    """``label_table``: a label table that gives values and colours to the file names of a plain folder."""

    label_table: str = ""


@dataclass(frozen=True)
class FolderWriteOptions:
    """``image_suffix``: the format of the masks."""

    image_suffix: Literal[".nii.gz", ".nii", ".nrrd", ".mha", ".mhd", ".gipl.gz", ".gipl"] = ".nii.gz"


def _matches(path: Path, _head: bytes) -> bool:
    return path.is_dir() and (is_described(path) or bool(mask_files(path)))


def _read(request: ReadRequest) -> Segmentation:
    folder = request.path
    if not folder.is_dir():
        raise FormatError(folder, "is not a folder; one with a mask for each label is expected")
    if is_described(folder):
        return read_described(request)
    if not mask_files(folder):
        raise FormatError(folder, "holds no image files; one with a mask for each label is expected")
    return read_plain(request, request.options.label_table)


def _write(request: WriteRequest) -> Path:
    """Writes the masks, then ``labels.json``; returns the folder.

    Raises UnsupportedFormatError when the image format cannot hold the geometry.
    """
    segmentation, folder = request.segmentation, request.path
    if folder.exists() and not folder.is_dir():
        raise FormatError(folder, "is a file; a folder for the masks is expected")
    suffix = request.options.image_suffix
    names = mask_names(segmentation.labels, suffix)
    writer = _writer(request)
    groups: list[dict[str, Any]] = []
    for group in segmentation.groups:
        table = scan(group.array)
        entry = group_to_json(group, keep_meta=False) or {}
        for described in entry.get("labels", []):
            value = described["value"]
            described["_file"] = names[value]
            content = writer.intervals_of_runs(*table.runs_of(value), 1)
            writer.write_intervals(request.stage, folder / names[value], content)
        groups.append(entry)
    if not segmentation.labels:
        # without any mask the geometry would be lost
        grid = f"geometry{suffix}"
        none = np.zeros(0, np.int64)
        writer.write_intervals(request.stage, folder / grid, writer.intervals_of_runs(none, none, 1))
    document = {
        "type": FOLDER_TYPE,
        "version": _VERSION,
        "groups": groups,
        "uid": segmentation.uid,
        "unlabeled_locked": segmentation.unlabeled_locked,
        "properties": encode_properties(segmentation.properties),
        "time_bounds": list(segmentation.geometry.time_bounds or ()),
        "geometry": next(iter(names.values()), f"geometry{suffix}"),
    }
    staged = request.stage.file(folder / DESCRIPTION)
    staged.write_text(pretty_json(document, folder / DESCRIPTION), encoding="utf-8", newline="\n")
    return folder


def _writer(request: WriteRequest) -> LabelImageWriter:
    like = request.path / f"mask{request.options.image_suffix}"
    return LabelImageWriter(like, request.segmentation.geometry, np.uint8, report=request.report)


def _verify(request: WriteRequest, _written: Path) -> list[str]:
    """Every staged mask against its label's voxels to the last byte, and the description against the labels."""
    segmentation, folder = request.segmentation, request.path
    stage, writer = request.stage, _writer(request)
    names = mask_names(segmentation.labels, request.options.image_suffix)
    text = stage.staged(folder / DESCRIPTION).read_text(encoding="utf-8")
    described = parse_json(text, folder / DESCRIPTION, "the description")
    expected = [group_to_json(group, keep_meta=False) or {} for group in segmentation.groups]
    for entry in (entry for group in expected for entry in group.get("labels", [])):
        entry["_file"] = names[entry["value"]]
    found = [] if described["groups"] == expected else ["the description of the labels differs"]
    first = stage.staged(folder / described["geometry"])
    moved = grid_difference(writer, first)
    found += [] if moved is None else [f"{first.name}: {moved}"]
    for group in segmentation.groups:
        table = scan(group.array)
        for value in group.values:
            content = writer.intervals_of_runs(*table.runs_of(value), 1)
            difference = content_difference(writer, stage.staged(folder / names[value]), content)
            found += [] if difference is None else [f"{names[value]}: {difference}"]
    return found


FORMAT = Format(
    id="label-folder",
    title="Folder with one mask a label",
    suffixes=(),
    capabilities=replace(EVERYTHING, undeclared=False),
    matches=_matches,
    reader=_read,
    writer=_write,
    verifier=_verify,
    read_options=FolderReadOptions,
    write_options=FolderWriteOptions,
    reader_names=("Folder with one mask a label",),
)

__all__ = ["FORMAT", "FolderReadOptions", "FolderWriteOptions"]
