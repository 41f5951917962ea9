"""Colours of classes that no colour map knows: distinct, and the same for a class in every case."""

from __future__ import annotations

import colorsys
from collections.abc import Collection, Iterator

from ....core.label import Color
from ....core.naming import LUT_COLORS, lut_color

Bytes = tuple[int, int, int]
#: a step of the golden ratio round the circle of hues never comes near where it was
_GOLDEN = 0.6180339887498949


class ClassColors:
    """Colours by the names of classes. One for a whole data set, so that a class keeps its colour from case to case."""

    def __init__(self) -> None:
        self._colors: dict[str, Bytes] = {}
        self._used: set[Bytes] = set()

    def color(self, name: str, class_id: int = 0, taken: Collection[Bytes] = ()) -> Bytes:
        """The colour of a class: the one that it has, else MITK's of ``class_id``, else the first that is free.

        ``taken`` are colours that a map gives to other classes.
        """
        if name not in self._colors:
            offered = _offered(class_id)
            self._colors[name] = next(color for color in offered if color not in self._used and color not in taken)
            self._used.add(self._colors[name])
        return self._colors[name]


def _offered(class_id: int) -> Iterator[Bytes]:
    """Endlessly many colours, the one of the class's number first."""
    if 0 < class_id <= len(LUT_COLORS):
        yield as_bytes(lut_color(class_id))
    yield from (as_bytes(color) for color in LUT_COLORS)
    turn = 0
    while True:
        turn += 1
        saturation, brightness = 0.55 + 0.4 * (turn % 5) / 4, 0.95 - 0.4 * (turn % 7) / 6
        yield as_bytes(colorsys.hsv_to_rgb(turn * _GOLDEN % 1.0, saturation, brightness))


def as_bytes(color: Color) -> Bytes:
    """Red, green, blue as 0...255."""
    red, green, blue = (int(round(channel * 255)) for channel in color)
    return red, green, blue
