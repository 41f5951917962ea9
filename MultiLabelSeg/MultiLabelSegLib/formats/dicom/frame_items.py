"""Stepping through the groups of all frames, which look alike.

Thousands of frames have the same elements at the same places and differ in a few values. The first one is taken apart;
of the others only the bytes between their values are compared with it. A frame that differs is taken apart itself.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from .elements import UNDEFINED, Element, Stream

_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
#: patterns that are kept: lengths of positions and of the UIDs of images vary a little
_MOST_PATTERNS = 24
_DEEPEST = 16
#: tags from the frame to a value
Tags = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Pattern:
    """A frame's structure: bytes that must be the same, as (offset, bytes), and where the wanted values lie."""

    length: int
    fixed: tuple[tuple[int, bytes], ...]
    places: dict[Tags, tuple[int, int]]

    def fits(self, data: bytes, at: int, end: int) -> bool:
        """Whether the frame that begins at ``at`` has this structure."""
        if at + self.length > end:
            return False
        return all(data.startswith(piece, at + offset) for offset, piece in self.fixed)


class FrameItems:
    """Finds the values of ``wanted`` tags in every item of a sequence; of nested sequences in their first items.

    A tag of ``marks`` is found when an item holds it at all.
    """

    def __init__(self, stream: Stream, wanted: Collection[Tags], marks: Collection[int] = ()) -> None:
        self._stream = stream
        self._wanted = frozenset(wanted)
        self._parents = frozenset(tags[:depth] for tags in wanted for depth in range(1, len(tags)))
        self._marks = frozenset(marks)
        self._fixed: list[tuple[int, int]] = []
        self._places: dict[Tags, tuple[int, int]] = {}

    def walk(self, sequence: Element) -> tuple[list[tuple[Pattern, int]], int]:
        """The pattern and the first byte of every item, and where the sequence ends. Raises CorruptFileError."""
        data, at, stop = self._stream.data, sequence.start, sequence.next
        patterns: list[Pattern] = []
        found: list[tuple[Pattern, int]] = []
        while at < stop or sequence.is_open:
            place = next((number for number, known in enumerate(patterns) if known.fits(data, at, stop)), -1)
            if place < 0:
                tag, _vr, start, _length = self._stream.head(at, stop)
                if tag == _SEQUENCE_END and sequence.is_open:
                    return found, start
                pattern = self._taken_apart(at, stop)
                del patterns[_MOST_PATTERNS - 1 :]
            else:
                pattern = patterns.pop(place)
            patterns.insert(0, pattern)
            found.append((pattern, at))
            at += pattern.length
        return found, stop

    def _taken_apart(self, at: int, end: int) -> Pattern:
        self._fixed, self._places = [], {}
        after = self._item(at, end, (), 0)
        pieces: list[list[int]] = []
        for low, high in self._fixed:
            if pieces and pieces[-1][1] == low:
                pieces[-1][1] = high
            else:
                pieces.append([low, high])
        fixed = tuple((low - at, self._stream.data[low:high]) for low, high in pieces)
        places = {tags: (low - at, high - at) for tags, (low, high) in self._places.items()}
        return Pattern(after - at, fixed, places)

    def _item(self, at: int, end: int, tags: Tags | None, depth: int) -> int:
        """Takes one item apart; returns where it ends."""
        tag, _vr, start, length = self._stream.head(at, end)
        if tag != _ITEM:
            raise self._stream.wrong(at, f"tag {tag:08X} where an item of a sequence is expected")
        self._fixed.append((at, start))
        if length == UNDEFINED:
            return self._elements(start, end, tags, True, depth)
        if start + length > end:
            raise self._stream.wrong(start, f"an item of {length} bytes, of which {end - start} are there")
        return self._elements(start, start + length, tags, False, depth)

    def _elements(self, at: int, end: int, tags: Tags | None, is_open: bool, depth: int) -> int:
        while is_open or at < end:
            tag, vr, start, length = self._stream.head(at, end)
            self._fixed.append((at, start))
            if tag == _ITEM_END and is_open:
                return start
            here = None if tags is None else (*tags, tag)
            if tag in self._marks:
                self._places[tag,] = (start, start)
            if length == UNDEFINED or here in self._parents:
                at = self._sequence(vr, start, length, end, here, depth + 1)
                continue
            at = start + length
            if at > end:
                raise self._stream.wrong(start, f"a value of {length} bytes, of which {end - start} are there")
            if here in self._wanted:
                self._places[here] = (start, at)
        return at

    def _sequence(self, vr: bytes, start: int, length: int, end: int, tags: Tags | None, depth: int) -> int:
        if depth > _DEEPEST:
            raise self._stream.wrong(start, f"sequences are nested more than {_DEEPEST} deep")
        outer = self._stream
        if vr == b"UN":  # unknown sequences are always encoded without value representations
            self._stream = Stream(outer.data, outer.path, True, False)
        try:
            stop = end if length == UNDEFINED else start + length
            if stop > end:
                raise self._stream.wrong(start, f"a sequence of {length} bytes, of which {end - start} are there")
            at, inside = start, tags
            while at < stop or length == UNDEFINED:
                tag, _vr, after, _length = self._stream.head(at, stop)
                if tag == _SEQUENCE_END and length == UNDEFINED:
                    self._fixed.append((at, after))
                    return after
                at = self._item(at, stop, inside, depth)
                inside = None
            return at
        finally:
            self._stream = outer
