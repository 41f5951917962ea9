"""What each frame says of itself, as bytes: place, segment and the image that it was drawn on.

The functional groups of thousands of frames are put together from a few finished pieces; building them as objects
takes longer than everything else together.
"""

from __future__ import annotations

from collections.abc import Sequence
from struct import pack
from typing import NamedTuple

import numpy as np

from ...core import Geometry
from .frames_write import FrameList

_LONG = (b"SQ", b"OB", b"OW", b"UT")


class SourceImage(NamedTuple):
    """The image of one slice: SOP class and instance, and the number of its frame (0: it has one only)."""

    sop_class: str
    sop_instance: str
    frame: int = 0


def decimal_string(value: float) -> str:
    """A number as text of at most 16 characters, as exact as that allows."""
    number = float(value) + 0.0  # no negative zero
    for digits in range(17, 5, -1):
        text = f"{number:.{digits}g}"
        if len(text) <= 16:
            return text
    return f"{number:.9e}"[:16]


def element(group: int, number: int, vr: bytes, value: bytes) -> bytes:
    """One element, explicit and little endian, its value filled up to an even length."""
    if len(value) % 2:
        value += b"\0" if vr in (b"UI", b"OB") else b" "
    if vr in _LONG:
        return pack("<HH2sHI", group, number, vr, 0, len(value)) + value
    return pack("<HH2sH", group, number, vr, len(value)) + value


def _sequence(group: int, number: int, *items: bytes) -> bytes:
    return element(group, number, b"SQ", b"".join(_item(content) for content in items))


def _item(content: bytes) -> bytes:
    return pack("<HHI", 0xFFFE, 0xE000, len(content)) + content


def per_frame_groups(frames: FrameList, geometry: Geometry, sources: Sequence[SourceImage | None]) -> bytes:
    """The element (5200,9230), explicit and little endian; ``sources`` has an entry a slice.

    Elements follow each other by tag: derivation (0008), content and position (0020), segment (0062).
    """
    derivations = [_derivation(source) for source in sources]
    positions = [_plane_position(geometry, k) for k in range(geometry.shape[0])]
    segments = {number: _segment(number) for number in set(frames.numbers) if number}
    items = []
    for number, k in zip(frames.numbers, frames.slices, strict=True):
        index = pack("<II", number, k + 1) if number else pack("<I", k + 1)
        content = _sequence(0x0020, 0x9111, element(0x0020, 0x9157, b"UL", index))
        items.append(_item(derivations[k] + content + positions[k] + segments.get(number, b"")))
    return element(0x5200, 0x9230, b"SQ", b"".join(items))


def _plane_position(geometry: Geometry, k: int) -> bytes:
    position = geometry.lps_from_ijk(np.array([0.0, 0.0, k]))
    text = "\\".join(decimal_string(part) for part in position.tolist())
    return _sequence(0x0020, 0x9113, element(0x0020, 0x0032, b"DS", text.encode("ascii")))


def _segment(number: int) -> bytes:
    return _sequence(0x0062, 0x000A, element(0x0062, 0x000B, b"US", pack("<H", number)))


def _derivation(source: SourceImage | None) -> bytes:
    if source is None:
        return b""
    image = b"".join(
        [
            element(0x0008, 0x1150, b"UI", source.sop_class.encode("ascii")),
            element(0x0008, 0x1155, b"UI", source.sop_instance.encode("ascii")),
            element(0x0008, 0x1160, b"IS", str(source.frame).encode("ascii")) if source.frame else b"",
            element(0x0028, 0x135A, b"CS", b"YES"),
            _sequence(0x0040, 0xA170, _code("121322", "Source image for image processing operation")),
        ]
    )
    content = _sequence(0x0008, 0x2112, image) + _sequence(0x0008, 0x9215, _code("113076", "Segmentation"))
    return _sequence(0x0008, 0x9124, content)


def _code(value: str, meaning: str) -> bytes:
    parts = ((0x0100, b"SH", value), (0x0102, b"SH", "DCM"), (0x0104, b"LO", meaning))
    return b"".join(element(0x0008, number, vr, text.encode("ascii")) for number, vr, text in parts)
