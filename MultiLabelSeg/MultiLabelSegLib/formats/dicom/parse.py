"""A DICOM file taken apart: its header as pydicom understands it, its frames and pixels as bytes."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import CorruptFileError, UnsupportedFormatError
from .elements import Element, Stream
from .frame_items import FrameItems, Pattern, Tags
from .light import Header, light_header
from .required import load_pydicom, understood
from .signature import is_dicom

SEGMENTATION = "1.2.840.10008.5.1.4.1.1.66.4"
LABEL_MAP_SEGMENTATION = "1.2.840.10008.5.1.4.1.1.66.7"
STORAGE_CLASSES = (SEGMENTATION, LABEL_MAP_SEGMENTATION)
_IMPLICIT, _BIG_ENDIAN = "1.2.840.10008.1.2", "1.2.840.10008.1.2.2"
_EXPLICIT, _DEFLATED = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99"
_PER_FRAME, _SHARED, _PIXELS = 0x52009230, 0x52009229, 0x7FE00010
#: what frames say: tags of the sequence and of the value in it
POSITION, ORIENTATION = (0x00209113, 0x00200032), (0x00209116, 0x00200037)
PIXEL_SPACING, BETWEEN_SLICES = (0x00289110, 0x00280030), (0x00289110, 0x00180088)
SEGMENT_NUMBER = (0x0062000A, 0x0062000B)
INTERCEPT, SLOPE = (0x00289145, 0x00281052), (0x00289145, 0x00281053)
SLIDE_POSITION = 0x0048021A
_WANTED = (POSITION, ORIENTATION, PIXEL_SPACING, BETWEEN_SLICES, SEGMENT_NUMBER, INTERCEPT, SLOPE)
_SYNTAX, _CLASS = 0x00020010, 0x00080016
#: deflated files larger than this are taken for an attack rather than a segmentation
_MOST_INFLATED = 1 << 34


@dataclass(frozen=True)
class DicomFile:
    """A parsed file. ``header`` answers for everything but per-frame groups and pixels; ``body`` is where it begins."""

    path: Path
    header: Header
    stream: Stream
    syntax: str
    shared_item: tuple[Pattern, int] | None
    frame_items: list[tuple[Pattern, int]]
    elements: dict[int, Element]
    body: int

    @property
    def pixels(self) -> Element | None:
        """Where the pixels lie; None where there are none."""
        return self.elements.get(_PIXELS)

    def data_set(self) -> Any:
        """The header as a pydicom data set. Raises CorruptFileError, UnsupportedFormatError without pydicom."""
        load_pydicom(self.path)
        return _data_set(self.stream, self.body, self.elements)

    @property
    def is_native(self) -> bool:
        """Whether the pixels are not compressed."""
        return self.syntax in (_IMPLICIT, _EXPLICIT, _BIG_ENDIAN, _DEFLATED)


def is_segmentation(path: Path) -> bool:
    """Whether a file is a DICOM segmentation, from its first bytes. Raises OSError."""
    with path.open("rb") as file:
        head = file.read(4096)
    return is_dicom(head) and any(
        uid.encode() + end in head for uid in STORAGE_CLASSES for end in (b"\0", b" ", b"\x08")
    )


def parse(path: Path) -> DicomFile:
    """Takes a DICOM segmentation apart.

    Raises UnsupportedFormatError for other DICOM objects, and without pydicom for headers in unusual character sets,
    CorruptFileError for damaged files.
    """
    return parse_image(path, _expect_segmentation)


def parse_with(path: Path, wanted: Collection[Tags]) -> DicomFile:
    """The same; frames also say what lies under the wanted tags."""
    return parse_image(path, _expect_segmentation, wanted)


def parse_image(
    path: Path, check: Callable[[bytes | None, Path], None] | None = None, wanted: Collection[Tags] = ()
) -> DicomFile:
    """Takes any image apart; ``check`` is asked about its SOP class before more is done. Errors as ``parse``."""
    data = path.read_bytes()
    if not is_dicom(data):
        raise CorruptFileError(path, f"found {data[128:132]!r} at byte 128, expected DICM: this is no DICOM file")
    stream, body, syntax = open_stream(data, path)
    elements, frames, shared = _taken_apart(stream, body, wanted)
    if check is not None:
        check(stream.value(elements.get(_CLASS)), path)
    header: Header | None = light_header(stream, elements)
    if header is None:
        load_pydicom(path)
        header = _data_set(stream, body, elements)
    return DicomFile(path, header, stream, syntax, shared, frames, elements, body)


def open_stream(data: bytes, path: Path) -> tuple[Stream, int, str]:
    """The bytes of a file as a stream of elements, where the data set begins in it, and the transfer syntax.

    Raises CorruptFileError.
    """
    syntax, body = _file_meta(data, path)
    if syntax == _DEFLATED:
        data, body = _inflated(data[body:], path), 0
    return Stream(data, path, syntax != _BIG_ENDIAN, syntax != _IMPLICIT), body, syntax


def _taken_apart(
    stream: Stream, body: int, wanted: Collection[Tags]
) -> tuple[dict[int, Element], list[tuple[Pattern, int]], tuple[Pattern, int] | None]:
    """The elements of the data set, the items of all frames and the item that they share."""
    walker = FrameItems(stream, (*_WANTED, *wanted), (SLIDE_POSITION,))
    elements = stream.elements(body, len(stream.data), stop_at=_PER_FRAME)
    frames: list[tuple[Pattern, int]] = []
    if _PER_FRAME in elements:
        sequence = elements[_PER_FRAME]
        frames, after = walker.walk(sequence)
        elements[_PER_FRAME] = sequence._replace(next=after)
        elements.update(stream.elements(after, len(stream.data)))
    if _SHARED not in elements:
        return elements, frames, None
    shared = walker.walk(elements[_SHARED])[0]
    return elements, frames, shared[0] if shared else None


def _file_meta(data: bytes, path: Path) -> tuple[str, int]:
    """The transfer syntax, and where the data set begins; the file meta information is always explicit."""
    stream = Stream(data, path)
    at, syntax = 132, None
    while at + 8 <= len(data) and data[at : at + 2] == b"\x02\x00":
        tag, _vr, start, length = stream.head(at, len(data))
        at = start + length
        if at > len(data):
            raise stream.wrong(start, f"a value of {length} bytes reaches beyond the end of the file")
        if tag == _SYNTAX:
            syntax = data[start:at].rstrip(b" \0").decode("ascii", "replace")
    if not syntax:
        raise CorruptFileError(path, "the file does not say how it is encoded: (0002,0010) is missing")
    return syntax, at


def _inflated(deflated: bytes, path: Path) -> bytes:
    engine = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        data = engine.decompress(deflated, _MOST_INFLATED)
    except zlib.error as error:
        raise CorruptFileError(path, f"the deflated data set is damaged ({error})") from None
    if not engine.eof:
        raise CorruptFileError(path, "the deflated data set is cut off")
    return data


def _expect_segmentation(found: bytes | None, path: Path) -> None:
    if found is None:
        raise CorruptFileError(path, "(0008,0016) SOP Class UID is missing")
    uid = found.rstrip(b" \0").decode("ascii", "replace")
    if uid not in STORAGE_CLASSES:
        raise UnsupportedFormatError(
            path, f"holds {_class_name(uid)}; expected a DICOM segmentation (Segmentation Storage)"
        )


def _class_name(uid: str) -> str:
    """What kind of object a SOP class is; the UID itself where nobody knows."""
    try:
        return str(load_pydicom(None).uid.UID(uid).name)
    except UnsupportedFormatError:
        return uid


def _data_set(stream: Stream, body: int, elements: dict[int, Element]) -> Any:
    """All but frames and pixels as a pydicom data set, which knows character sets and number texts."""
    from pydicom.filereader import read_dataset

    large = (_PER_FRAME, _PIXELS)
    at, pieces = body, []
    for element in sorted((elements[tag] for tag in large if tag in elements), key=lambda found: found.begin):
        pieces.append(stream.data[at : element.begin])
        at = element.next
    pieces.append(stream.data[at:])
    with understood(stream.path, "the header"):
        header = read_dataset(io.BytesIO(b"".join(pieces)), not stream.is_explicit, stream.is_little)
        for _element in header:
            pass  # pydicom converts values when they are first asked for; what is damaged is found here
        return header


def text_of(data_set: Header, keyword: str) -> str:
    """A value as text without blanks at its ends; empty where it is missing."""
    value = data_set.get(keyword)
    return "" if value is None else str(value).strip(" \0")


def count_of(file: DicomFile, keyword: str, default: int | None = None) -> int:
    """A whole number of the header, at least 1. Raises CorruptFileError."""
    found = file.header.get(keyword, default)
    if not isinstance(found, int) or found < 1:
        raise CorruptFileError(file.path, f"{keyword}: found {found!r}, expected a whole number of at least 1")
    return int(found)
