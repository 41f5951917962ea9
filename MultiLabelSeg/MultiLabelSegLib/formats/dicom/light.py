"""The header of a segmentation, read where its values lie: only what is asked for is turned into Python.

Turning every element of a header with hundreds of references into objects takes longer than everything else in a file.
What is unusual (character sets with escape sequences, compressed pixels) is left to pydicom.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from .elements import Element, Stream

#: SpecificCharacterSet -> Python's name; others are left to pydicom
CHARACTER_SETS = {
    "": "latin-1",  # ASCII is meant; what is not comes from Latin machines that forgot to say so
    "ISO_IR 6": "latin-1",
    "ISO_IR 100": "latin-1",
    "ISO_IR 192": "utf-8",
    "GB18030": "gb18030",
    "ISO_IR 101": "iso8859-2",
    "ISO_IR 144": "iso8859-5",
    "ISO_IR 148": "iso8859-9",
}
_CHARACTER_SET = 0x00080005
_CREATOR_RANGE = range(0x10, 0x100)
_TEXT, _UNSIGNED, _INTEGER, _ITEMS = "text", "unsigned", "integer", "items"
#: keyword -> tag and how its value is understood
_KNOWN = {
    "SOPClassUID": (0x00080016, _TEXT),
    "StudyDate": (0x00080020, _TEXT),
    "StudyTime": (0x00080030, _TEXT),
    "AccessionNumber": (0x00080050, _TEXT),
    "ReferringPhysicianName": (0x00080090, _TEXT),
    "CodeValue": (0x00080100, _TEXT),
    "CodingSchemeDesignator": (0x00080102, _TEXT),
    "CodeMeaning": (0x00080104, _TEXT),
    "LongCodeValue": (0x00080119, _TEXT),
    "URNCodeValue": (0x00080120, _TEXT),
    "StudyDescription": (0x00081030, _TEXT),
    "ReferencedSeriesSequence": (0x00081115, _ITEMS),
    "ReferencedInstanceSequence": (0x0008114A, _ITEMS),
    "ReferencedSOPClassUID": (0x00081150, _TEXT),
    "ReferencedSOPInstanceUID": (0x00081155, _TEXT),
    "AnatomicRegionSequence": (0x00082218, _ITEMS),
    "AnatomicRegionModifierSequence": (0x00082220, _ITEMS),
    "PrimaryAnatomicStructureSequence": (0x00082228, _ITEMS),
    "PrimaryAnatomicStructureModifierSequence": (0x00082230, _ITEMS),
    "PatientName": (0x00100010, _TEXT),
    "PatientID": (0x00100020, _TEXT),
    "PatientBirthDate": (0x00100030, _TEXT),
    "PatientSex": (0x00100040, _TEXT),
    "PatientAge": (0x00101010, _TEXT),
    "StudyInstanceUID": (0x0020000D, _TEXT),
    "SeriesInstanceUID": (0x0020000E, _TEXT),
    "StudyID": (0x00200010, _TEXT),
    "FrameOfReferenceUID": (0x00200052, _TEXT),
    "PositionReferenceIndicator": (0x00201040, _TEXT),
    "DimensionOrganizationType": (0x00209311, _TEXT),
    "NumberOfFrames": (0x00280008, _INTEGER),
    "Rows": (0x00280010, _UNSIGNED),
    "Columns": (0x00280011, _UNSIGNED),
    "BitsAllocated": (0x00280100, _UNSIGNED),
    "PixelPaddingValue": (0x00280120, _UNSIGNED),
    "TrackingID": (0x00620020, _TEXT),
    "TrackingUID": (0x00620021, _TEXT),
    "SegmentationType": (0x00620001, _TEXT),
    "SegmentSequence": (0x00620002, _ITEMS),
    "SegmentedPropertyCategoryCodeSequence": (0x00620003, _ITEMS),
    "SegmentNumber": (0x00620004, _UNSIGNED),
    "SegmentLabel": (0x00620005, _TEXT),
    "SegmentDescription": (0x00620006, _TEXT),
    "SegmentAlgorithmType": (0x00620008, _TEXT),
    "SegmentAlgorithmName": (0x00620009, _TEXT),
    "RecommendedDisplayCIELabValue": (0x0062000D, _UNSIGNED),
    "MaximumFractionalValue": (0x0062000E, _UNSIGNED),
    "SegmentedPropertyTypeCodeSequence": (0x0062000F, _ITEMS),
    "SegmentationFractionalType": (0x00620010, _TEXT),
    "SegmentedPropertyTypeModifierCodeSequence": (0x00620011, _ITEMS),
}


class Header(Protocol):
    """What is asked of a header or of an item in it; pydicom's data sets answer alike."""

    def get(self, keyword: str, default: Any = None) -> Any:
        """The value of an element: text, a number or several, a list of items; ``default`` where it is missing."""


class LightItem:
    """A data set or an item of a sequence over the bytes of a stream."""

    def __init__(self, stream: Stream, elements: dict[int, Element], codec: str) -> None:
        self._stream, self._elements, self._codec = stream, elements, codec
        self._as: dict[str, Callable[[Element], Any]] = {
            _TEXT: self._text, _UNSIGNED: self._unsigned, _INTEGER: self._integer, _ITEMS: self._items,
        }  # fmt: skip

    def get(self, keyword: str, default: Any = None) -> Any:
        """As ``Header`` says. Raises CorruptFileError for what is no number and no sequence, KeyError otherwise."""
        tag, kind = _KNOWN[keyword]
        element = self._elements.get(tag)
        return default if element is None else self._as[kind](element)

    def private_text(self, group: int, creator: str, number: int) -> str | None:
        """The text of a private element of a creator; None where there is none."""
        for block in _CREATOR_RANGE:
            found = self._elements.get(group << 16 | block)
            if found is not None and self._text(found).strip(" \0") == creator:
                element = self._elements.get(group << 16 | block << 8 | number)
                return None if element is None else self._text(element).rstrip(" \0")
        return None

    def _value(self, element: Element) -> bytes:
        return self._stream.data[element.start : element.stop]

    def _text(self, element: Element) -> str:
        return self._value(element).decode(self._codec, "replace")

    def _unsigned(self, element: Element) -> int | list[int]:
        """16 bit numbers: one as itself, others as a list."""
        value = self._value(element)
        numbers: list[int] = np.frombuffer(
            value[: len(value) // 2 * 2], "<u2" if self._stream.is_little else ">u2"
        ).tolist()
        return numbers[0] if len(numbers) == 1 else numbers

    def _integer(self, element: Element) -> int:
        text = self._text(element).strip(" \0")
        try:
            return int(text)
        except ValueError:
            raise self._stream.wrong(element.begin, f"{text[:60]!r} is no whole number") from None

    def _items(self, element: Element) -> list[LightItem]:
        # unknown sequences are always encoded without value representations (PS3.5 section 6.2.2)
        inner = Stream(self._stream.data, self._stream.path, True, False) if element.vr == b"UN" else self._stream
        return [LightItem(inner, inner.elements(*span), self._codec) for span in inner.items(element)]


def light_header(stream: Stream, elements: dict[int, Element]) -> LightItem | None:
    """The header over its elements; None where the character set is one that only pydicom knows."""
    found = elements.get(_CHARACTER_SET)
    name = "" if found is None else stream.data[found.start : found.stop].strip(b" \0").decode("ascii", "replace")
    codec = CHARACTER_SETS.get(name)
    if codec is None:
        return None
    return LightItem(stream, elements, codec)
