"""Labels and groups as recipes name them: by value, by name, by index."""

from __future__ import annotations

from difflib import get_close_matches

from ..core import Segmentation
from ..core.label import Color
from ..errors import GroupError, LabelError, UnknownLabelError
from ..presets.css_colors import EXPECTED, parse_color

LabelKey = int | str


def label_value(segmentation: Segmentation, key: LabelKey) -> int:
    """The value of one label. Raises UnknownLabelError (naming the nearest), LabelError for a name of several."""
    try:
        return segmentation.label(key).value
    except UnknownLabelError as error:
        near = get_close_matches(str(key), [label.name for label in segmentation.labels], 1)
        raise UnknownLabelError(f"{error}{f'; did you mean {near[0]!r}?' if near else ''}") from None


def label_values(segmentation: Segmentation, keys: LabelKey | tuple[LabelKey, ...]) -> tuple[int, ...]:
    """The values of labels; a name means every instance of the class. Raises UnknownLabelError."""
    found: list[int] = []
    for key in keys if isinstance(keys, tuple) else (keys,):
        named = segmentation.labels_named(key) if isinstance(key, str) else ()
        found += [label.value for label in named] or [label_value(segmentation, key)]
    return tuple(dict.fromkeys(found))


def group_index(segmentation: Segmentation, key: int | str) -> int:
    """The index of a group: itself, or that of the one group of a name. Raises GroupError."""
    if isinstance(key, bool) or not isinstance(key, (int, str)):
        raise GroupError(f"a group is named by index or name, found {key!r}")
    if isinstance(key, int):
        segmentation.group(key)
        return key
    found = [index for index, group in enumerate(segmentation.groups) if group.name == key]
    if len(found) != 1:
        names = ", ".join(f"{index} {group.name!r}" for index, group in enumerate(segmentation.groups))
        raise GroupError(f"{len(found)} groups are named {key!r}; there are {names}")
    return found[0]


def color_of(text: str) -> Color:
    """A colour as text, ``#rrggbb`` or a CSS name. Raises LabelError."""
    found = parse_color(text)
    if found is None:
        raise LabelError(f"colour {text!r}; expected {EXPECTED}")
    return found
