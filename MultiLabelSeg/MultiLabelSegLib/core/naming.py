"""Values, names and colours that new labels get: MITK's choices."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable

from ..errors import ValueSpaceFullError
from .label import MAX_VALUE, Color, Label

#: the named entries of MITK's multi-label lookup table, entry 1 first
LUT_COLORS: tuple[Color, ...] = (
    (0.745, 0.0, 0.196), (0.952, 0.764, 0.0), (0.552, 0.713, 0.0), (0.631, 0.792, 0.945), (0.639, 0.250, 0.725),
    (0.0, 0.403, 0.647), (0.952, 0.517, 0.0), (0.666, 0.956, 0.0), (0.109, 1.0, 0.807), (0.823, 0.603, 0.639),
    (0.533, 0.176, 0.090), (1.0, 0.803, 0.6), (0.447, 0.188, 0.588), (0.988, 0.109, 0.749), (0.0, 0.325, 0.0),
    (1.0, 0.0, 0.0), (0.047, 0.752, 0.352), (0.196, 0.513, 0.996), (1.0, 1.0, 0.501), (0.811, 0.396, 0.254),
    (0.941, 0.627, 1.0), (0.231, 0.0, 0.984), (0.086, 1.0, 0.196), (0.109, 0.513, 0.337), (0.984, 0.894, 0.149),
)  # fmt: skip
#: what the table repeats from entry 26 on, by value modulo 12
_CYCLE: tuple[Color, ...] = (
    (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0), (1.0, 1.0, 0.0), (0.0, 1.0, 1.0), (1.0, 0.0, 1.0),
    (1.0, 0.5, 0.0), (0.0, 1.0, 0.5), (0.5, 0.0, 1.0), (1.0, 1.0, 0.5), (0.5, 1.0, 1.0), (1.0, 0.5, 1.0),
)  # fmt: skip
#: entries that MITK offers to new labels; later ones only when all of these are taken
_OFFERED = 24
#: how a label without a name is shown, and what it is called when its name is taken away
UNNAMED = "Unnamed"
_NUMBERED = re.compile(r"Label ([1-9][0-9]*)")


def lut_color(entry: int) -> Color:
    """Colour of an entry of MITK's lookup table; entry 0 is black."""
    if entry <= 0:
        return (0.0, 0.0, 0.0)
    return LUT_COLORS[entry - 1] if entry <= len(LUT_COLORS) else _CYCLE[entry % 12]


def next_color(labels: Collection[Label]) -> Color:
    """The first colour of MITK's table that no label uses (compared in 8 bits), as MITK chooses."""
    used = {label.color_bytes for label in labels}
    for color in LUT_COLORS[:_OFFERED]:
        red, green, blue = (int(round(channel * 255)) for channel in color)
        if (red, green, blue) not in used:
            return color
    return lut_color(len(labels))


def next_name(names: Iterable[str]) -> str:
    """``Label N`` with N one above the highest that is there."""
    numbers = [int(match[1]) for match in map(_NUMBERED.fullmatch, names) if match]
    return f"Label {max(numbers, default=0) + 1}"


def free_value(used: Collection[int]) -> int:
    """Highest used value + 1; the lowest gap once 65535 is taken.

    Raises ValueSpaceFullError when all values are taken.
    """
    top = max(used, default=0)
    if top < MAX_VALUE:
        return top + 1
    taken = set(used)
    for value in range(1, MAX_VALUE + 1):
        if value not in taken:
            return value
    raise ValueSpaceFullError(f"all label values 1...{MAX_VALUE} are taken")


def free_values(used: Collection[int], count: int) -> tuple[int, ...]:
    """Values for several new labels at once, as ``free_value`` would give them one after the other.

    Raises ValueSpaceFullError when fewer are free.
    """
    top = max(used, default=0)
    above = range(top + 1, min(top + count, MAX_VALUE) + 1)
    found = list(above)
    if len(found) < count:
        taken = set(used)
        gaps = (value for value in range(1, top) if value not in taken)
        found += [value for value, _ in zip(gaps, range(count - len(found)), strict=False)]
    if len(found) < count:
        raise ValueSpaceFullError(f"{count} label values are needed, only {len(found)} of 1...{MAX_VALUE} are free")
    return tuple(found)


def display_names(labels: Collection[Label]) -> dict[int, str]:
    """How the labels of one group are shown, by value: their name, with ``[value]`` where several share it."""
    shared = Counter(label.name for label in labels)
    return {
        label.value: (label.name or UNNAMED) + (f" [{label.value}]" if shared[label.name] > 1 else "")
        for label in labels
    }


def group_title(name: str, index: int) -> str:
    """How a group is shown: its name, or ``Group N`` counted from 1."""
    return name or f"Group {index + 1}"
