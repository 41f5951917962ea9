"""Writing a segmentation as one DICOM file, or one a group."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from ...core import Segmentation
from ...errors import FormatError, LossError, MultiLabelSegError, WriteError
from ..overlap import colliding_pairs, describe_pairs, group_part
from ..report import Report
from ..staging import Stage
from .frame_groups import element, per_frame_groups
from .frames_write import binary_frames_of, label_map_frames_of
from .header import Content, header_bytes
from .required import load_pydicom
from .segments import has_codes
from .signature import Encoding
from .source import Source

#: elements whose length is counted in four bytes
_MOST_BYTES = (1 << 32) - 2
_LISTED = 5


@dataclass(frozen=True)
class Output:
    """One file to write: where, what, and which part of how many it is."""

    path: Path
    segmentation: Segmentation
    part: tuple[int, int] = (0, 1)


def outputs(segmentation: Segmentation, path: Path, per_group: bool) -> list[Output]:
    """The files: one, or one a group named as MITK names them (``name.dcm``, ``name_1.dcm``).

    Raises FormatError for a file without any label, which DICOM does not know.
    """
    count = len(segmentation.groups)
    found = [Output(path, segmentation)]
    if per_group and count > 1:
        found = [
            Output(part_path(path, index), group_part(segmentation, index), (index, count)) for index in range(count)
        ]
    for output in found:
        if not output.segmentation.labels:
            what = f"group {output.part[0]} has no label" if output.part[1] > 1 else "there is no label"
            raise FormatError(output.path, f"{what}; a DICOM segmentation needs at least one")
    return found


def part_path(path: Path, index: int) -> Path:
    """The name of the file of a group beside that of the first."""
    return path if index == 0 else path.with_name(f"{path.stem}_{index}{path.suffix}")


def expect_writable(segmentation: Segmentation, path: Path) -> None:
    """Raises LossError for several frames of time, FormatError for rows and columns that are not at right angles."""
    load_pydicom(path)
    geometry = segmentation.geometry
    if geometry.time_steps > 1:
        raise LossError(path, [f"{geometry.time_steps - 1} of {geometry.time_steps} time steps"])
    slant = float(abs(geometry.direction[:, 0] @ geometry.direction[:, 1]))
    if slant > 1e-4:
        raise FormatError(path, f"rows and columns are {np.degrees(np.arccos(slant)):.4g} degrees apart, not 90")
    if max(geometry.shape[1:]) > 65535:
        raise FormatError(path, f"slices of {geometry.size[:2]} pixels; DICOM counts up to 65535")


def write_file(
    output: Output, stage: Stage, source: Source, encoding: Encoding, series_uid: str, when: datetime, report: Report
) -> int:
    """Writes one file; returns the CRC of its bytes.

    Raises LossError for a label map of overlapping labels, FormatError for more than 4 GB.
    """
    segmentation = output.segmentation
    pairs = {} if len(segmentation.groups) == 1 else colliding_pairs(segmentation)
    if pairs and encoding == "labelmap":
        raise LossError(output.path, describe_pairs(segmentation, pairs)[:_LISTED])
    is_label_map = encoding == "labelmap" or (encoding == "auto" and not pairs)
    if encoding == "auto" and is_label_map:
        report.note("written as LABELMAP, which older programs do not read; the option encoding binary is for them")
    numbers = segment_numbers(segmentation, is_label_map)
    make = label_map_frames_of if is_label_map else binary_frames_of
    frames = make(segmentation.groups, dict(numbers), segmentation.geometry)
    content = Content(segmentation, numbers, frames, is_label_map, bool(pairs), output.part)
    _note_codes(segmentation, report)
    if len(frames.pixels) > _MOST_BYTES:
        raise FormatError(output.path, f"{len(frames.pixels)} bytes of pixels; DICOM holds {_MOST_BYTES} in one file")
    header = _header(content, source, series_uid, when, output.path)
    groups = per_frame_groups(frames, segmentation.geometry, source.images)
    checksum = 0
    with stage.file(output.path).open("wb") as file:
        for piece in (header, groups, element(0x7FE0, 0x0010, b"OW" if frames.bits == 16 else b"OB", frames.pixels)):
            file.write(piece)
            checksum = zlib.crc32(piece, checksum)
    return checksum


def _header(content: Content, source: Source, series_uid: str, when: datetime, path: Path) -> bytes:
    """The header; WriteError where pydicom refuses a value, which then came from the source."""
    try:
        return header_bytes(content, source, series_uid, when)
    except (MultiLabelSegError, MemoryError):
        raise
    except Exception as error:  # pydicom promises nothing
        reason = f"the header cannot be written: {error!s:.160}; is the source of it damaged?"
        raise WriteError(path, reason) from None


def segment_numbers(segmentation: Segmentation, is_label_map: bool) -> Mapping[int, int]:
    """The segment number of each value: the value itself where the standard allows that, else 1...N in order.

    Segments of binary files are numbered without gaps; those of label maps need not be.
    """
    values = segmentation.values
    if is_label_map or sorted(values) == list(range(1, len(values) + 1)):
        return {value: value for value in values}
    return {value: number for number, value in enumerate(values, 1)}


def _note_codes(segmentation: Segmentation, report: Report) -> None:
    names = [label.name for label in segmentation.labels if not has_codes(label)]
    if names:
        listed = ", ".join(names[:_LISTED]) + (f" and {len(names) - _LISTED} more" if len(names) > _LISTED else "")
        report.note(f"labels without codes are written as Tissue (SCT 85756007): {listed}")
