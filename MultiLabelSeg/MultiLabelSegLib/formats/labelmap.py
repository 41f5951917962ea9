"""A label map with a label table beside it, in any image format that ITK's world shares.

The table is looked for beside the image, in a NIfTI header extension (TotalSegmentator's), or named as an option.
Values that no table names are ``object-N`` with the colours of MITK's lookup table, as MITK names them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from ..core import Group, Label, Segmentation
from ..core.naming import lut_color
from ..errors import FormatError
from .base import Capabilities, Format, ReadRequest, WriteRequest
from .image_io import read_label_array
from .image_suffixes import WRITTEN_SUFFIXES, image_suffix
from .image_verify import array_difference, grid_difference
from .image_write import LabelImageWriter
from .label_tables import DIALECTS, LabelTable, extension_of, read_table, table_in_header, table_text
from .map_tables import is_prose, possible_tables, table_path, tables_beside
from .report import Report
from .values import UNNAMED_OPACITY


@dataclass(frozen=True)
class LabelmapReadOptions:
    """``label_table``: the table's path. ``empty_labels``: which rows without voxels become labels.

    ``auto`` keeps them from a table of this very image (beside it or within it) unless it is one of the long general
    lists (FreeSurfer's and the like), ``keep`` always, ``drop`` never.
    """

    label_table: str = ""
    empty_labels: Literal["auto", "keep", "drop"] = "auto"


@dataclass(frozen=True)
class LabelmapWriteOptions:
    """``label_table``: the dialect of the table beside the image; ``totalsegmentator`` lies in a NIfTI header."""

    label_table: Literal[
        "itksnap",
        "ctbl",
        "slicer-csv",
        "csv",
        "freesurfer",
        "bids",
        "cls_color_map",
        "json",
        "totalsegmentator",
        "none",
    ] = "itksnap"


_CAPABILITIES = Capabilities(time=True, names=True, colors=True, empty_labels=True, undeclared=True)


def _matches(path: Path, head: bytes) -> bool:
    return bool(head) and path.is_file() and image_suffix(path) is not None


def _read(request: ReadRequest) -> Segmentation:
    options: LabelmapReadOptions = request.options
    array, geometry = read_label_array(request.path, request.report, request.allow_outside)
    group = Group(array)
    table = _table(request, options)
    present = group.present_values()
    for label in _named(table, present, options, bool(options.label_table)):
        group.set_label(label)
    unnamed = [value for value in present if value not in group]
    digits = len(str(max(present, default=0)))
    for value in unnamed:
        name = f"object-{value:0{digits}d}"
        group.set_label(Label(value, name, lut_color(value), UNNAMED_OPACITY))
    if unnamed and table is not None:
        shown = ", ".join(map(str, unnamed[:8])) + (f" and {len(unnamed) - 8} more" if len(unnamed) > 8 else "")
        request.report.note(f"values without a row in the label table were named object-N: {shown}", request.path)
    group.reorder(sorted(group.values))
    return Segmentation(geometry, [group])


def _table(request: ReadRequest, options: LabelmapReadOptions) -> LabelTable | None:
    if options.label_table:
        return read_table(Path(options.label_table), request.report)
    return _table_beside(request.path, request.report) or table_in_header(request.path, request.report)


def _table_beside(image: Path, report: Report) -> LabelTable | None:
    """The first table beside an image that is one; files that are none are noted."""
    for beside in tables_beside(image):
        found = Report()
        try:
            table = read_table(beside, found)
        except FormatError as error:
            report.note(f"a file beside the image is no label table ({error.reason})", beside)
            continue
        if is_prose(beside, image, table):
            report.note("is not taken for a label table: no colours; else name it as label_table", beside)
            continue
        report.notes += found.notes
        report.left_out += found.left_out
        return table
    return None


def _named(
    table: LabelTable | None, present: tuple[int, ...], options: LabelmapReadOptions, is_foreign: bool
) -> tuple[Label, ...]:
    if table is None:
        return ()
    keep = options.empty_labels == "keep"
    if options.empty_labels == "auto":
        keep = not is_foreign and not table.is_general
    return table.to_labels(None if keep else present)


def _holds(options: LabelmapWriteOptions) -> Capabilities:
    """An image without a table holds neither names nor colours."""
    has_table = options.label_table != "none"
    return replace(_CAPABILITIES, names=has_table, colors=has_table, empty_labels=has_table)


def _write(request: WriteRequest) -> Path:
    """Writes the image, as uint8 where the values fit, and the table beside it; returns the image's path.

    Raises FormatError when the dialect cannot hold a name (naming the label and another dialect to choose).
    """
    options: LabelmapWriteOptions = request.options
    segmentation = request.segmentation
    group = segmentation.groups[0]
    writer = _writer(request)
    writer.write_array(request.stage, request.path, group.array)
    if options.label_table == "none":
        return request.path
    in_header = options.label_table == "totalsegmentator"
    beside = None if in_header else table_path(request.path, DIALECTS[options.label_table])
    _refuse_other_table(request.path, beside)
    if beside is not None:
        text = table_text(LabelTable.of(group.labels), options.label_table, beside)
        request.stage.file(beside).write_text(text, encoding="utf-8", newline="\n")
    return request.path


def _refuse_other_table(image: Path, ours: Path | None) -> None:
    """Raises FormatError when a table of another dialect lies beside the image and comes before ours (None: header)."""
    found = next((path for path in possible_tables(image) if path == ours or path.is_file()), ours)
    if found is not None and found != ours:
        name = "the table in the header" if ours is None else ours.name
        raise FormatError(
            found, f"would be read instead of {name}; remove it, or choose its dialect with the option label_table"
        )


def _writer(request: WriteRequest) -> LabelImageWriter:
    group = request.segmentation.groups[0]
    wide = max((*group.values, *group.present_values()), default=0) > 255
    extensions = []
    if request.options.label_table == "totalsegmentator":
        if image_suffix(request.path) not in (".nii", ".nii.gz"):
            raise FormatError(request.path, "TotalSegmentator's table lies in a NIfTI header; expected .nii or .nii.gz")
        extensions = [extension_of(LabelTable.of(group.labels), request.path)]
    kind = np.uint16 if wide else np.uint8
    return LabelImageWriter(request.path, request.segmentation.geometry, kind, extensions, report=request.report)


def _verify(request: WriteRequest, written: Path) -> list[str]:
    """The image against the voxels to the last byte, the table as it is read again against the labels."""
    group = request.segmentation.groups[0]
    writer, staged = _writer(request), request.stage.staged(written)
    found = [grid_difference(writer, staged), array_difference(writer, staged, group.array)]
    differences = [text for text in found if text is not None]
    if request.options.label_table == "none" or not group.labels:
        return differences
    table = _table_beside(staged, Report()) or table_in_header(staged, Report())
    rows = {} if table is None else {entry.value: entry for entry in table.entries}
    for label in group.labels:
        row = rows.get(label.value)
        if row is None or row.name != label.name:
            differences.append(f"label {label.value} is named {row and row.name!r}, not {label.name!r}")
        elif row.color_bytes != label.color_bytes:
            differences.append(f"label {label.value} has the colour {row.hex_color}, not {label.hex_color}")
    if table is not None and table.is_general:
        differences.append("the table of its labels would be taken for a general list")
    return differences


FORMAT = Format(
    id="labelmap",
    title="Label map with a label table",
    suffixes=(*WRITTEN_SUFFIXES,),
    capabilities=_CAPABILITIES,
    matches=_matches,
    reader=_read,
    writer=_write,
    verifier=_verify,
    limits=_holds,
    read_options=LabelmapReadOptions,
    write_options=LabelmapWriteOptions,
    reader_names=("Label map",),
)
