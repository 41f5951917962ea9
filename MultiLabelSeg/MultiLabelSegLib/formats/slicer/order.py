"""The order of segments in Slicer's list, where it is not simply that of the labels group by group."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...core import Group, Segmentation

#: property of the data set: the label values in the order of Slicer's list, with blanks between them
ORDER_PROPERTY = "Slicer.Order"


def order_text(values: Iterable[int], groups: Sequence[Group]) -> str | None:
    """The property for segments that a file lists in the order ``values``; None where groups tell it already."""
    listed = list(values)
    return None if listed == _by_group(groups) else " ".join(map(str, listed))


def values_in_order(segmentation: Segmentation) -> list[int]:
    """Label values in the order in which segments are written.

    The property is followed where it keeps the order that labels have in their groups; labels that it does not name
    come last.
    """
    plain = _by_group(segmentation.groups)
    text = segmentation.properties.get(ORDER_PROPERTY)
    if not isinstance(text, str):
        return plain
    known = set(plain)
    named = dict.fromkeys(int(word) for word in text.split() if word.isascii() and word.isdigit() and len(word) < 6)
    listed = [value for value in named if value in known]
    listed += [value for value in plain if value not in named]
    place = {value: position for position, value in enumerate(listed)}
    for group in segmentation.groups:
        positions = [place[value] for value in group.values]
        if positions != sorted(positions):
            return plain
    return listed


def _by_group(groups: Sequence[Group]) -> list[int]:
    return [value for group in groups for value in group.values]
