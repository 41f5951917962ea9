"""Numbers of classes that hold for a whole data set, as its one colour map demands.

A class may own several numbers: in a semantic mask every object is a value of its own, and the map then names the class
for each of them. Which object of the class gets which is decided item by item.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ....core import Label
from ....core.label import MAX_VALUE
from ....errors import ValueSpaceFullError
from ..object_properties import CLASS_ID
from .class_colors import Bytes
from .color_map import ClassColor


def preferred_id(label: Label) -> int | None:
    """The class number that a label came with; None when it has none that a mask could hold."""
    found = label.properties.get(CLASS_ID)
    return found if isinstance(found, int) and not isinstance(found, bool) and 0 < found <= MAX_VALUE else None


class ClassIds:
    """The numbers of one data set.

    ``most`` is the highest number that labels may ask for: higher wishes count as none. Numbers that nobody asked for
    are the lowest free ones.
    """

    def __init__(self, most: int = MAX_VALUE) -> None:
        self._most = most
        self._owner: dict[int, str] = {}
        self._numbers: dict[str, dict[int, None]] = {}  #: the numbers of each class, the first one first
        self._free = 1

    def introduce(self, labels: Iterable[Label]) -> list[str]:
        """Gives every class of these labels its first number; returns sentences about wishes that were not met.

        Numbers that labels came with go before label values, whichever class is seen first.
        """
        by_class: dict[str, list[Label]] = {}
        for label in labels:
            by_class.setdefault(label.name, []).append(label)
        wishes = {name: [wish for wish in map(preferred_id, owned) if wish] for name, owned in by_class.items()}
        values = {name: [label.value for label in owned] for name, owned in by_class.items()}
        for wanted in (wishes, values):
            for name, numbers in wanted.items():
                free = (number for number in numbers if number <= self._most and number not in self._owner)
                granted = next(free, 0) if name not in self._numbers else 0
                if granted:
                    self._take(name, granted)
        for name in by_class:
            if name not in self._numbers:
                self._take(name, self._lowest_free())
        return [
            f"class {name!r} has number {self.first(name)}: {numbers[0]} {self._why_not(numbers[0])}"
            for name, numbers in wishes.items()
            if numbers and self.first(name) not in numbers
        ]

    def _why_not(self, number: int) -> str:
        return f"is {self._owner[number]!r}" if number in self._owner else f"is above {self._most}"

    def first(self, name: str) -> int:
        """The number that stands for a class where one is enough."""
        return next(iter(self._numbers[name]))

    def for_units(self, name: str, wishes: Sequence[Sequence[int]]) -> list[int]:
        """A different number of a class for each of its objects (or files) in one item, in their order.

        ``wishes`` are the numbers that each would like, the best first; one is met where it is the class's or free.
        The class's first number is always among the result.
        """
        own = self._numbers[name]
        result: list[int] = []
        used: set[int] = set()
        for wanted in wishes:
            result.append(next((number for number in wanted if number in own and number not in used), 0))
            used.add(result[-1])
        first = next(iter(own))
        if first not in used:
            used.discard(result[0])
            result[0] = first
            used.add(first)
        spare = iter([number for number in own if number not in used])
        for index, wanted in enumerate(wishes):
            if not result[index]:
                free = (number for number in wanted if 0 < number <= self._most and number not in self._owner)
                result[index] = next(spare, 0) or next(free, 0) or self._lowest_free()
                self._take(name, result[index])
        return result

    def table(self, colors: dict[str, Bytes], written: dict[str, str]) -> dict[int, ClassColor]:
        """The colour map: every number with the name that its line holds and the colour of its class."""
        return {number: ClassColor(written[name], colors[name]) for number, name in sorted(self._owner.items())}

    def _take(self, name: str, number: int) -> None:
        self._owner[number] = name
        self._numbers.setdefault(name, {})[number] = None

    def _lowest_free(self) -> int:
        while self._free in self._owner:
            self._free += 1
        if self._free > MAX_VALUE:
            raise ValueSpaceFullError(f"the data set needs more than {MAX_VALUE} class numbers")
        return self._free
