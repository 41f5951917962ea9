"""Walking through the data elements of a DICOM stream without turning them into objects.

A segmentation has thousands of small sequences, one a frame. Reading their few interesting values where they lie is
some twenty times faster than a general parser. Encoding: DICOM PS3.5, section 7 and annex A.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from struct import Struct
from typing import NamedTuple

from ...errors import CorruptFileError

UNDEFINED = 0xFFFFFFFF
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
#: value representations whose length takes four bytes
_LONG = frozenset({b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"})
_SHORT = frozenset(
    bytes(name, "ascii")
    for name in "AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split()  # noqa: SIM905
)
_DEEPEST = 24


class Element(NamedTuple):
    """Where an element lies: its tag begins at ``begin``, its value is ``start`` to ``stop``, the next is at ``next``.

    ``is_open`` says that its length is not given, so that items follow until a delimiter.
    """

    vr: bytes
    begin: int
    start: int
    stop: int
    next: int
    is_open: bool


@dataclass(frozen=True)
class Stream:
    """Bytes with the encoding of their elements. ``path`` is named in errors."""

    data: bytes
    path: Path
    is_little: bool = True
    is_explicit: bool = True

    def __post_init__(self) -> None:
        order = "<" if self.is_little else ">"
        object.__setattr__(self, "_tag", Struct(order + "HH").unpack_from)
        object.__setattr__(self, "_long", Struct(order + "I").unpack_from)
        object.__setattr__(self, "_short", Struct(order + "H").unpack_from)

    def elements(self, at: int, end: int, stop_at: int = -1, last: int = -1) -> dict[int, Element]:
        """The elements from ``at`` to ``end`` by tag; the content of sequences is stepped over.

        ``stop_at`` is the last that is looked at: where its length is open, it seems to reach to ``end``. Tags ascend,
        so that nothing behind the tag ``last`` (-1: all) needs to be looked at.

        Raises CorruptFileError for lengths that lead out of the file and for bytes that are no elements.
        """
        found: dict[int, Element] = {}
        while at < end:
            tag, vr, start, length = self.head(at, end)
            if tag == _ITEM_END or -1 < last < tag:
                break
            if tag == stop_at and length == UNDEFINED:
                found[tag] = Element(vr, at, start, end, end, True)
                break
            stop, after = self._end(vr, start, length, end, 0)
            found[tag] = Element(vr, at, start, stop, after, length == UNDEFINED)
            at = after
            if tag == stop_at:
                break
        return found

    def items(self, sequence: Element) -> list[tuple[int, int]]:
        """Where the content of each item of a sequence begins and ends. Raises CorruptFileError."""
        found = []
        at, end = sequence.start, sequence.stop
        while at < end:
            tag, _vr, start, length = self.head(at, end)
            if tag != _ITEM:
                raise self.wrong(at, f"tag {_name(tag)} where an item of a sequence is expected")
            if length == UNDEFINED:
                stop, at = self._open_item_end(start, end, 0)
            else:
                stop = at = start + length
                if at > end:
                    raise self.wrong(start, f"an item of {length} bytes, of which {end - start} are there")
            found.append((start, stop))
        return found

    def value(self, element: Element | None) -> bytes | None:
        """The bytes of a value; None for an element that is not there."""
        return None if element is None else self.data[element.start : element.stop]

    def head(self, at: int, end: int) -> tuple[int, bytes, int, int]:
        """Tag, value representation, start and length of the value of an element. Raises CorruptFileError."""
        if at + 8 > end:
            raise self.wrong(at, "the file or a sequence ends within an element")
        group, number = self._tag(self.data, at)  # type: ignore[attr-defined]
        tag = group << 16 | number
        if group == 0xFFFE or not self.is_explicit:
            return tag, b"", at + 8, self._long(self.data, at + 4)[0]  # type: ignore[attr-defined]
        vr = self.data[at + 4 : at + 6]
        if vr in _SHORT:
            return tag, vr, at + 8, self._short(self.data, at + 6)[0]  # type: ignore[attr-defined]
        if vr not in _LONG:
            raise self.wrong(at, f"element {_name(tag)} has the value representation {vr!r}")
        if at + 12 > end:
            raise self.wrong(at, "the file or a sequence ends within an element")
        return tag, vr, at + 12, self._long(self.data, at + 8)[0]  # type: ignore[attr-defined]

    def _end(self, vr: bytes, start: int, length: int, end: int, depth: int) -> tuple[int, int]:
        """Where a value ends and where the next element begins."""
        if length != UNDEFINED:
            stop = start + length
            if stop > end:
                raise self.wrong(start, f"a value of {length} bytes, of which {end - start} are there")
            return stop, stop
        if depth > _DEEPEST:
            raise self.wrong(start, f"sequences are nested more than {_DEEPEST} deep")
        # unknown sequences are always encoded without value representations (PS3.5 section 6.2.2)
        inner = Stream(self.data, self.path, True, False) if vr == b"UN" else self
        at = start
        while True:
            tag, _vr, item, size = inner.head(at, end)
            if tag == _SEQUENCE_END:
                return at, item
            if tag != _ITEM:
                raise self.wrong(at, f"tag {_name(tag)} where an item of a sequence is expected")
            if size == UNDEFINED:
                at = inner._open_item_end(item, end, depth + 1)[1]
            else:
                at = item + size
                if at > end:
                    raise self.wrong(item, f"an item of {size} bytes, of which {end - item} are there")

    def _open_item_end(self, at: int, end: int, depth: int) -> tuple[int, int]:
        while True:
            tag, vr, start, length = self.head(at, end)
            if tag == _ITEM_END:
                return at, start
            at = self._end(vr, start, length, end, depth + 1)[1]

    def wrong(self, at: int, reason: str) -> CorruptFileError:
        """The error for something found at a position."""
        return CorruptFileError(self.path, f"at byte {at}: {reason}")


def _name(tag: int) -> str:
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X})"
