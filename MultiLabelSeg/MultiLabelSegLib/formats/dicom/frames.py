"""What each frame says of itself: its place, its direction and the segments it belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ...errors import CorruptFileError, UnsupportedFormatError
from ..report import Report
from .frame_items import Pattern, Tags
from .parse import (
    BETWEEN_SLICES,
    ORIENTATION,
    PIXEL_SPACING,
    POSITION,
    SEGMENT_NUMBER,
    SLIDE_POSITION,
    DicomFile,
)

Numbers = tuple[float, ...]


class Frame(NamedTuple):
    """One frame: LPS mm of its first pixel, direction cosines of its rows and columns, mm between rows and columns.

    ``between_slices`` is what the file says of the distance of slices, None where it says nothing.
    """

    position: Numbers
    orientation: Numbers
    pixel_spacing: Numbers
    between_slices: float | None
    segments: tuple[int, ...]


def read_frames(file: DicomFile, count: int, needs_segment: bool, report: Report) -> list[Frame]:
    """All frames in their order; what a frame does not say is looked up in the shared groups.

    Descriptions beyond the number of frames are noted: files are cut down without touching them.

    Raises CorruptFileError where something is missing or no number, UnsupportedFormatError for whole slide images.
    """
    entries: list[tuple[Pattern, int] | None] = [*file.frame_items]
    if not entries and count == 1:
        entries = [None]  # a single frame may be described by the shared groups alone
    if len(entries) < count:
        raise CorruptFileError(file.path, f"{len(entries)} frames are described, NumberOfFrames says {count}")
    if len(entries) > count:
        report.leave_out(f"{len(entries)} frames are described, pixels are there for {count}", file.path)
    described = [item[0].places for item in (*entries, file.shared_item) if item is not None]
    if any((SLIDE_POSITION,) in places for places in described):
        reason = "holds tiles of a whole slide image, which have no place in a patient's volume"
        raise UnsupportedFormatError(file.path, reason)
    reader = _FrameReader(file, needs_segment)
    return [reader.frame(number, item) for number, item in enumerate(entries[:count])]


def frame_values(file: DicomFile, count: int, wanted: Sequence[Tags]) -> list[tuple[Numbers | None, ...]]:
    """What each of the first frames says under the wanted tags; None where neither it nor all together say it.

    Raises CorruptFileError for what is no number.
    """
    reader = _FrameReader(file, needs_segment=False)
    items: list[tuple[Pattern, int] | None] = [*file.frame_items[:count]]
    items += [None] * (count - len(items))
    return [tuple(reader.read(item, tags) for tags in wanted) for item in items]


def numbers_of(text: bytes, path: Path, tag: int) -> Numbers:
    """The numbers of a decimal string of DICOM; the tag is named by the CorruptFileError for anything else."""
    stripped = text.strip(b" \0")
    try:
        return tuple(float(part) for part in stripped.split(b"\\")) if stripped else ()
    except ValueError:
        name = f"({tag >> 16:04X},{tag & 0xFFFF:04X})"
        raise CorruptFileError(path, f"element {name}: {text[:60]!r} are no numbers") from None


class _FrameReader:
    """Turns values of frames into numbers; equal values of many frames once."""

    def __init__(self, file: DicomFile, needs_segment: bool) -> None:
        self._data, self._path = file.stream.data, file.path
        self._word = "<u2" if file.stream.is_little else ">u2"
        self._shared = file.shared_item
        self._needs_segment = needs_segment
        self._numbers: dict[bytes, Numbers] = {}
        self._segments: dict[bytes, tuple[int, ...]] = {}
        self._common: dict[Pattern, tuple[Numbers, Numbers, float | None] | None] = {}

    def frame(self, number: int, item: tuple[Pattern, int] | None) -> Frame:
        """What an item of the per-frame groups says, and where it says nothing, all frames together."""
        text = self._raw(item, SEGMENT_NUMBER)
        if self._needs_segment and not text:
            raise self._missing(number, "ReferencedSegmentNumber")
        segments = () if text is None else self._segments.get(text)
        if segments is None:
            assert text is not None
            segments = tuple(np.frombuffer(text[: len(text) // 2 * 2], self._word).tolist())
            self._segments[text] = segments
        position = self._expect(number, item, POSITION, 3, "ImagePositionPatient")
        return Frame(position, *self._plane(number, item), segments)

    def _plane(self, number: int, item: tuple[Pattern, int] | None) -> tuple[Numbers, Numbers, float | None]:
        """Directions, distances within and between slices; looked up once where all frames together say them."""
        if item is None:
            return self._plane_of(number, item)
        pattern = item[0]
        if pattern not in self._common:
            says_itself = any(tags in pattern.places for tags in (ORIENTATION, PIXEL_SPACING, BETWEEN_SLICES))
            self._common[pattern] = None if says_itself else self._plane_of(number, item)
        return self._common[pattern] or self._plane_of(number, item)

    def _plane_of(self, number: int, item: tuple[Pattern, int] | None) -> tuple[Numbers, Numbers, float | None]:
        between = self.read(item, BETWEEN_SLICES)
        return (
            self._expect(number, item, ORIENTATION, 6, "ImageOrientationPatient"),
            self._expect(number, item, PIXEL_SPACING, 2, "PixelSpacing"),
            between[0] if between else None,
        )

    def _raw(self, item: tuple[Pattern, int] | None, tags: Tags) -> bytes | None:
        """The bytes of a value; those of the shared groups where the frame has none."""
        if item is not None:
            pattern, at = item
            place = pattern.places.get(tags)
            if place is not None:
                return self._data[at + place[0] : at + place[1]]
        if self._shared is not None:
            pattern, at = self._shared
            place = pattern.places.get(tags)
            if place is not None:
                return self._data[at + place[0] : at + place[1]]
        return None

    def _expect(self, number: int, item: tuple[Pattern, int] | None, tags: Tags, count: int, name: str) -> Numbers:
        found = self.read(item, tags)
        if found is None:
            raise self._missing(number, name)
        if len(found) != count or not all(map(isfinite, found)):
            raise CorruptFileError(self._path, f"frame {number + 1}: {name} is {found}, expected {count} numbers")
        return found

    def read(self, item: tuple[Pattern, int] | None, tags: Tags) -> Numbers | None:
        """The numbers of a value; None where it is nowhere."""
        text = self._raw(item, tags)
        if text is None:
            return None
        known = self._numbers.get(text)
        if known is None:
            known = self._numbers[text] = numbers_of(text, self._path, tags[-1])
        return known

    def _missing(self, number: int, name: str) -> CorruptFileError:
        return CorruptFileError(self._path, f"frame {number + 1} has no {name}, neither have all frames together")
