"""What each frame says of itself: its place, its direction and the segments it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from ...errors import CorruptFileError, UnsupportedFormatError
from ..report import Report
from .elements import Element, Stream
from .parse import DicomFile

_PLANE_POSITION, _POSITION = 0x00209113, 0x00200032
_PLANE_ORIENTATION, _ORIENTATION = 0x00209116, 0x00200037
_MEASURES, _PIXEL_SPACING, _BETWEEN_SLICES = 0x00289110, 0x00280030, 0x00180088
_SEGMENT, _SEGMENT_NUMBER = 0x0062000A, 0x0062000B
_SLIDE_POSITION = 0x0048021A
_WANTED = (_PLANE_POSITION, _PLANE_ORIENTATION, _MEASURES, _SEGMENT)
Numbers = tuple[float, ...]


@dataclass(frozen=True)
class Frame:
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
    reader = _FrameReader(file, needs_segment)
    entries = [] if file.per_frame is None else list(file.stream.items(file.per_frame))
    if not entries and count == 1:
        entries = [(0, 0)]  # a single frame may be described by the shared groups alone
    if len(entries) < count:
        raise CorruptFileError(file.path, f"{len(entries)} frames are described, NumberOfFrames says {count}")
    if len(entries) > count:
        report.leave_out(f"{len(entries)} frames are described, pixels are there for {count}", file.path)
    return [reader.frame(number, start, stop) for number, (start, stop) in enumerate(entries[:count])]


class _FrameReader:
    """Reads the groups of frames; equal values of many frames are turned into numbers once."""

    def __init__(self, file: DicomFile, needs_segment: bool) -> None:
        self._stream: Stream = file.stream
        self._shared = file.stream.first_item(file.shared)
        self._needs_segment = needs_segment
        self._numbers: dict[bytes, Numbers] = {}

    def frame(self, number: int, start: int, stop: int) -> Frame:
        groups = self._stream.elements(start, stop)
        if _SLIDE_POSITION in groups or _SLIDE_POSITION in self._shared:
            raise UnsupportedFormatError(
                self._stream.path, "holds tiles of a whole slide image, which have no place in a patient's volume"
            )
        position, orientation, measures, segment = (
            self._stream.first_item(groups.get(tag) or self._shared.get(tag)) for tag in _WANTED
        )
        segments = self._stream.whole_numbers(segment.get(_SEGMENT_NUMBER))
        if self._needs_segment and not segments:
            raise self._missing(number, "ReferencedSegmentNumber")
        between = self._read(measures, _BETWEEN_SLICES)
        return Frame(
            self._expect(number, position, _POSITION, 3, "ImagePositionPatient"),
            self._expect(number, orientation, _ORIENTATION, 6, "ImageOrientationPatient"),
            self._expect(number, measures, _PIXEL_SPACING, 2, "PixelSpacing"),
            between[0] if between else None,
            segments,
        )

    def _expect(self, number: int, group: dict[int, Element], tag: int, count: int, name: str) -> Numbers:
        found = self._read(group, tag)
        if found is None:
            raise self._missing(number, name)
        if len(found) != count or not all(map(isfinite, found)):
            raise CorruptFileError(
                self._stream.path, f"frame {number + 1}: {name} is {found}, expected {count} numbers"
            )
        return found

    def _read(self, group: dict[int, Element], tag: int) -> Numbers | None:
        text = self._stream.value(group.get(tag))
        if text is None:
            return None
        known = self._numbers.get(text)
        if known is None:
            try:
                stripped = text.strip(b" \0")
                known = tuple(float(part) for part in stripped.split(b"\\")) if stripped else ()
            except ValueError:
                raise CorruptFileError(
                    self._stream.path, f"element ({tag >> 16:04X},{tag & 0xFFFF:04X}): {text[:60]!r} are no numbers"
                ) from None
            self._numbers[text] = known
        return known

    def _missing(self, number: int, name: str) -> CorruptFileError:
        return CorruptFileError(
            self._stream.path, f"frame {number + 1} has no {name}, neither have all frames together"
        )
