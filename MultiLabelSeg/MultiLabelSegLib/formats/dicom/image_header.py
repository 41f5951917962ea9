"""What the header of an image says of its place: read from the first bytes of its file, elements where they lie.

A series has hundreds of files of which a dozen values are asked; a general parser takes ten times as long.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from ...errors import CorruptFileError, UnsupportedFormatError
from ..report import Report
from .elements import Element, Stream
from .frames import Frame, Numbers, numbers_of, read_frames
from .parse import STORAGE_CLASSES, open_stream, parse_image
from .signature import is_dicom

#: bytes in which the header of an image of one frame usually ends
_HEAD_BYTES = 1 << 14
_LAST = 0x00280030
_TAGS = {
    "SOPClassUID": 0x00080016,
    "SOPInstanceUID": 0x00080018,
    "SpacingBetweenSlices": 0x00180088,
    "SeriesInstanceUID": 0x0020000E,
    "ImagePositionPatient": 0x00200032,
    "ImageOrientationPatient": 0x00200037,
    "NumberOfFrames": 0x00280008,
    "Rows": 0x00280010,
    "Columns": 0x00280011,
    "PixelSpacing": 0x00280030,
}


@dataclass(frozen=True)
class ImageHeader:
    """One image file of a series: who it is, how large its frames are and where each of them lies.

    ``is_multi_frame`` says that its frames are counted; a file of one frame may be of that kind too.
    """

    path: Path
    sop_class: str
    sop_instance: str
    series: str
    rows: int
    columns: int
    is_multi_frame: bool
    frames: tuple[Frame, ...]


@dataclass(frozen=True)
class _Head:
    """The elements of a file as far as they were looked at."""

    stream: Stream
    elements: dict[int, Element]

    def text(self, name: str) -> str:
        value = self.stream.value(self.elements.get(_TAGS[name]))
        return "" if value is None else value.strip(b" \0").decode("ascii", "replace")

    def count(self, name: str) -> int:
        """A 16 bit number; 0 where it is missing."""
        value = self.stream.value(self.elements.get(_TAGS[name])) or b""
        return int.from_bytes(value[:2], "little" if self.stream.is_little else "big")

    def numbers(self, name: str) -> Numbers | None:
        value = self.stream.value(self.elements.get(_TAGS[name]))
        return None if value is None else numbers_of(value, self.stream.path, _TAGS[name])


def series_of(path: Path) -> str | None:
    """The SeriesInstanceUID of an image, "" where it has none; None for what is no image (segmentations, reports).

    Raises CorruptFileError, OSError.
    """
    head = _head(path)
    return head.text("SeriesInstanceUID") if _is_image(head) else None


def read_image_header(path: Path) -> ImageHeader | None:
    """The header of an image file; None for what is no image.

    Raises CorruptFileError for images without a place, UnsupportedFormatError for slides, OSError.
    """
    head = _head(path)
    if not _is_image(head):
        return None
    text = head.text("NumberOfFrames")
    frames = _frames_within(path) if text not in ("", "1") or _is_enhanced(head) else (_only_frame(head),)
    return ImageHeader(
        path,
        head.text("SOPClassUID"),
        head.text("SOPInstanceUID"),
        head.text("SeriesInstanceUID"),
        head.count("Rows"),
        head.count("Columns"),
        bool(text) and (len(frames) > 1 or _is_enhanced(head)),
        frames,
    )


def _head(path: Path) -> _Head:
    with path.open("rb") as file:
        data = file.read(_HEAD_BYTES)
        if not is_dicom(data):
            raise CorruptFileError(path, f"found {data[128:132]!r} at byte 128, expected DICM: this is no DICOM file")
        try:
            return _taken_apart(data, path)
        except CorruptFileError:
            # a long header, or a deflated one: cut off in the middle
            return _taken_apart(data + file.read(), path)


def _taken_apart(data: bytes, path: Path) -> _Head:
    stream, body, _syntax = open_stream(data, path)
    return _Head(stream, stream.elements(body, len(stream.data), last=_LAST))


def _is_image(head: _Head) -> bool:
    return head.text("SOPClassUID") not in STORAGE_CLASSES and head.count("Rows") > 0 and head.count("Columns") > 0


def _is_enhanced(head: _Head) -> bool:
    """Whether the place of frames is said by functional groups."""
    return _TAGS["ImagePositionPatient"] not in head.elements and bool(head.text("NumberOfFrames"))


def _frames_within(path: Path) -> tuple[Frame, ...]:
    file = parse_image(path)
    count = file.header.get("NumberOfFrames")
    if not isinstance(count, int) or not 1 <= count <= len(file.stream.data):
        raise CorruptFileError(path, f"NumberOfFrames: found {count!r}, expected 1...{len(file.stream.data)}")
    if not file.frame_items and file.shared_item is None:
        raise UnsupportedFormatError(path, "holds several frames and does not say where they lie; no volume")
    return tuple(read_frames(file, count, needs_segment=False, report=Report()))


def _only_frame(head: _Head) -> Frame:
    values: list[Numbers] = []
    for name, count in (("ImagePositionPatient", 3), ("ImageOrientationPatient", 6), ("PixelSpacing", 2)):
        found = head.numbers(name) or ()
        if len(found) != count or not all(map(isfinite, found)):
            raise CorruptFileError(head.stream.path, f"{name}: found {found}, expected {count} numbers")
        values.append(found)
    between: Sequence[float] | None = head.numbers("SpacingBetweenSlices")
    return Frame(values[0], values[1], values[2], abs(between[0]) if between else None, ())
