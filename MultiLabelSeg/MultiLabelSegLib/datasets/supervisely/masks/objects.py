"""From the values of a mask to labels: class, colour, and a label value that is free in the whole case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ....core import Label
from ....core.label import MAX_VALUE, PropertyValue
from ....errors import ValueSpaceFullError
from ..discovery.cases import MaskFile
from ..object_properties import CLASS_ID, MODE, SOURCE, VALUE
from ..tables.class_colors import Bytes, ClassColors

#: name and colour (0...255) of classes by their number; None leaves the colour to us
ColorTable = Mapping[int, tuple[str, Bytes | None]]
#: how many stretches of changed values a note names
_NAMED = 12


class ObjectMaker:
    """Makes the labels of one case, mask by mask. ``colors`` may be shared by the cases of a data set."""

    def __init__(self, color_map: ColorTable, colors: ClassColors) -> None:
        self._map = color_map
        self._colors = colors
        self._given: dict[str, Bytes] = {}
        for name, color in color_map.values():
            if color is not None:
                red, green, blue = color
                self._given.setdefault(name, (red, green, blue))
        self._taken = frozenset(self._given.values())
        self._free = FreeValues()

    def labels(self, mask: MaskFile, values: Sequence[int]) -> list[Label]:
        """One label for each value in the file, in this order. Raises ValueSpaceFullError; nothing is taken then."""
        return [self._label(mask, value, given) for value, given in zip(values, self._free.take(values), strict=True)]

    def _label(self, mask: MaskFile, value: int, label_value: int) -> Label:
        class_id = {"named": 0, "instance": mask.class_id, "semantic": value}[mask.mode]
        known = self._map.get(class_id) if mask.mode != "named" else None
        name = mask.class_name if mask.mode == "named" else known[0] if known else f"Segment_{class_id}"
        # colours of a map belong to the classes that it numbers; the layout by name has no numbers
        color = self._given.get(name) if mask.mode != "named" else None
        red, green, blue = color or self._colors.color(name, class_id, self._taken)
        properties: dict[str, PropertyValue] = {SOURCE: mask.path, VALUE: value, MODE: mask.mode}
        if mask.mode != "named":
            properties[CLASS_ID] = class_id
        return Label(label_value, name, (red / 255, green / 255, blue / 255), properties=properties)


class FreeValues:
    """Label values that are still free. Objects keep the value of their file where they can."""

    def __init__(self) -> None:
        self._taken: set[int] = set()
        self._top = 0
        self._gap = 1

    def take(self, wanted: Sequence[int]) -> list[int]:
        """A label value for each wanted one: itself where it is 1...65535 and free, else the next free value.

        Next is the highest + 1, and the lowest gap once 65535 is taken. Raises ValueSpaceFullError.
        """
        if len(wanted) > MAX_VALUE - len(self._taken):
            left = MAX_VALUE - len(self._taken)
            raise ValueSpaceFullError(f"holds {len(wanted)} objects; of 65535 label values {left} are left")
        kept = {value for value in wanted if 0 < value <= MAX_VALUE and value not in self._taken}
        self._taken |= kept
        self._top = max(self._top, max(kept, default=0))
        return [value if value in kept else self._next() for value in wanted]

    def _next(self) -> int:
        if self._top < MAX_VALUE:
            self._top += 1
            value = self._top
        else:
            while self._gap in self._taken:
                self._gap += 1
            value = self._gap
        self._taken.add(value)
        return value


def changes_in_words(pairs: Iterable[tuple[int, int]]) -> str:
    """Which values became which, those that stay left out: ``1-40 -> 201-240, 77 -> 241``; empty when none changed.

    Of many stretches the first are named: every label keeps its own value as a property.
    """
    stretches: list[list[int]] = []
    for old, new in pairs:
        if old == new:
            continue
        if stretches and (old, new) == (stretches[-1][1] + 1, stretches[-1][3] + 1):
            stretches[-1][1], stretches[-1][3] = old, new
        else:
            stretches.append([old, old, new, new])
    words = [f"{_stretch(a, b)} -> {_stretch(c, d)}" for a, b, c, d in stretches[:_NAMED]]
    rest = sum(high - low + 1 for low, high, _, _ in stretches[_NAMED:])
    return ", ".join([*words, f"and {rest} more"] if rest else words)


def _stretch(low: int, high: int) -> str:
    return str(low) if low == high else f"{low} to {high}" if low < 0 else f"{low}-{high}"
