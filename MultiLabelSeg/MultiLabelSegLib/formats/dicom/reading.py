"""A segmentation from a parsed DICOM file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core import Geometry, Group, Label, Segmentation
from ...errors import CorruptFileError, UnsupportedFormatError
from ..report import Report
from .assembly import Part, place_segments, place_values
from .bits import Bytes, values_present
from .document import Document, read_document, with_public_changes
from .frames import Frame, read_frames
from .grid import place_frames
from .identity import identity_properties
from .parse import LABEL_MAP_SEGMENTATION, DicomFile, count_of, text_of
from .pixels import binary_frames, number_frames
from .required import understood
from .segments import label_of_segment, segment_items


@dataclass(frozen=True)
class FileContent:
    """What one file holds, and which part it is of how many (ours may be one a group)."""

    segmentation: Segmentation
    part: tuple[int, int]


def read_file(file: DicomFile, threshold: float, reference: Geometry | None, report: Report) -> FileContent:
    """The segmentation of a file; ``threshold`` is the least fraction that counts, ``reference`` a grid to prefer.

    Values are the segment numbers unless the file is ours. Overlapping segments are put into as many groups as needed.
    Raises CorruptFileError, UnsupportedFormatError (tiles, several directions, compressions without decoder).
    """
    kind = _kind(file)
    items = segment_items(file)
    count = count_of(file, "NumberOfFrames", 1)
    if count > len(file.stream.data):
        raise CorruptFileError(file.path, f"NumberOfFrames is {count}, more than the file has bytes")
    frames = read_frames(file, count, needs_segment=kind != "LABELMAP", report=report)
    with understood(file.path, "the private record"):
        document = read_document(file, list(items), report)
    known = reference if document is None else document.geometry
    geometry, slices = place_frames(frames, count_of(file, "Rows"), count_of(file, "Columns"), file.path, report, known)
    if document is not None and geometry is not document.geometry:
        report.note("frames do not lie on the recorded grid; groups and values are not restored", file.path)
        document = None
    labels = _labels(file, items, document, report)
    if kind == "LABELMAP":
        arrays, group_of = _placed_map(file, slices, geometry, labels, document, report)
    else:
        rows = binary_frames(file, count) if kind == "BINARY" else _above(file, count, threshold, report)
        arrays, group_of = _placed_segments(file, frames, slices, rows, geometry, labels, document, report)
    segmentation = _segmentation(file, geometry, arrays, group_of, labels, document)
    return FileContent(segmentation, (0, 1) if document is None else document.part)


def _kind(file: DicomFile) -> str:
    kind = text_of(file.header, "SegmentationType")
    if not kind and text_of(file.header, "SOPClassUID") == LABEL_MAP_SEGMENTATION:
        return "LABELMAP"
    if kind not in ("BINARY", "FRACTIONAL", "LABELMAP"):
        raise CorruptFileError(file.path, f"SegmentationType: found {kind!r}, expected BINARY, FRACTIONAL or LABELMAP")
    if text_of(file.header, "DimensionOrganizationType").startswith("TILED"):
        reason = "holds tiles of a whole slide image, which have no place in a patient's volume"
        raise UnsupportedFormatError(file.path, reason)
    return kind


def _labels(file: DicomFile, items: Mapping[int, Any], document: Document | None, report: Report) -> dict[int, Label]:
    """The label of each segment number."""
    with understood(file.path, "a segment"):
        if document is None:
            return {number: label_of_segment(item, number) for number, item in items.items()}
        recorded = {label.value: label for group in document.groups for label in group.labels}
        return {
            number: with_public_changes(document, recorded[document.values[number]], item, number, report)
            for number, item in items.items()
        }


def _group_index(document: Document | None) -> dict[int, int]:
    """The recorded group of each label value."""
    groups = [] if document is None else document.groups
    return {value: index for index, group in enumerate(groups) for value in group.values}


def _placed_segments(
    file: DicomFile,
    frames: Sequence[Frame],
    slices: Sequence[int],
    rows: Bytes,
    geometry: Geometry,
    labels: dict[int, Label],
    document: Document | None,
    report: Report,
) -> tuple[list[NDArray[np.unsignedinteger]], dict[int, int]]:
    wanted = _group_index(document)
    parts = {number: Part(label.value, group=wanted.get(label.value)) for number, label in labels.items()}
    seen: set[tuple[int, int]] = set()
    for index, (frame, k) in enumerate(zip(frames, slices, strict=True)):
        for number in frame.segments:
            if number == 0:
                raise CorruptFileError(file.path, f"frame {index + 1} belongs to segment 0; numbers begin at 1")
            if number not in parts:
                labels[number] = _nameless(file, number, report)
                parts[number] = Part(number)
            if (number, k) in seen:
                raise UnsupportedFormatError(
                    file.path,
                    f"two frames of segment {number} lie in the same place ({frame.position}); time series of "
                    "segmentations are not read",
                )
            seen.add((number, k))
            parts[number].frames.append(index)
            parts[number].slices.append(k)
    placed = place_segments(list(parts.values()), rows, geometry, 0 if document is None else len(document.groups))
    if placed.moved:
        report.note(
            f"labels {placed.moved} overlap others of their recorded group and got groups of their own", file.path
        )
    elif document is None and len(placed.arrays) > 1:
        report.note(f"segments overlap; they were put into {len(placed.arrays)} groups", file.path)
    return placed.arrays, placed.group_of


def _nameless(file: DicomFile, number: int, report: Report) -> Label:
    report.note(f"segment {number} has voxels but is not described; it is named Segment {number}", file.path)
    return label_of_segment({}, number)


def _placed_map(
    file: DicomFile,
    slices: Sequence[int],
    geometry: Geometry,
    labels: dict[int, Label],
    document: Document | None,
    report: Report,
) -> tuple[list[NDArray[np.unsignedinteger]], dict[int, int]]:
    numbers = number_frames(file, len(slices))
    if len(set(slices)) < len(slices):
        raise UnsupportedFormatError(file.path, "two frames lie in the same place; time series are not read")
    present = values_present(numbers.reshape(-1))
    padding = file.header.get("PixelPaddingValue", 0)
    background = {0, padding} if isinstance(padding, int) and padding not in labels else {0}
    for number in present:
        if number not in labels and number not in background:
            labels[number] = _nameless(file, number, report)
    wanted = _group_index(document)
    groups = 1 if document is None else max(1, len(document.groups))
    values = {number: label.value for number, label in labels.items()}
    return place_values(numbers, slices, geometry, values, wanted, groups, present), {
        value: wanted.get(value, 0) for value in values.values()
    }


def _above(file: DicomFile, count: int, threshold: float, report: Report) -> Bytes:
    """Packed bits of the pixels of at least this fraction; says how many were neither 0 nor full."""
    numbers = number_frames(file, count).reshape(count, -1)
    full = count_of(file, "MaximumFractionalValue", 255)
    least = max(1, int(np.ceil(threshold * full - 1e-9)))
    soft = sum(int(np.count_nonzero((frame > 0) & (frame < full))) for frame in numbers)
    what = text_of(file.header, "SegmentationFractionalType").lower() or "fractions"
    report.note(
        f"fractional segmentation ({what}): voxels of at least {threshold:g} count as inside; {soft} voxels lie "
        "between 0 and 1",
        file.path,
    )
    return np.packbits(numbers >= least, axis=1, bitorder="little")


def _segmentation(
    file: DicomFile,
    geometry: Geometry,
    arrays: Sequence[NDArray[np.unsignedinteger]],
    group_of: Mapping[int, int],
    labels: Mapping[int, Label],
    document: Document | None,
) -> Segmentation:
    by_value = {label.value: label for label in labels.values()}
    order = list(by_value)
    if document is not None:
        recorded = [value for group in document.groups for value in group.values]
        order = [*recorded, *(value for value in order if value not in recorded)]
    entries = [] if document is None else document.groups
    groups = []
    for index, array in enumerate(arrays):
        inside = [by_value[value] for value in order if group_of[value] == index]
        name, properties = (entries[index].name, entries[index].properties) if index < len(entries) else ("", {})
        groups.append(Group(array, inside, name, properties))
    if document is None:
        with understood(file.path, "the identity"):
            return Segmentation(geometry, groups, properties=identity_properties(file.header))
    return Segmentation(
        geometry,
        groups,
        uid=document.uid,
        unlabeled_locked=document.unlabeled_locked,
        properties=document.properties,
        extras=document.extras,
    )
