"""Labels, groups and colours as people name them on the command line."""

from __future__ import annotations

import argparse
from collections.abc import Iterable

from ..core import Segmentation
from ..core.label import Color
from ..edit.operations import all_but, in_folder, instances_of
from ..errors import GroupError, LabelError, OptionError, UnknownLabelError
from ..presets.css_colors import EXPECTED, parse_color

_HOW = "labels by value or name, or --all, --in-group, --in-folder"


def add_choice(parser: argparse.ArgumentParser) -> None:
    """The options that choose labels."""
    parser.add_argument(
        "labels",
        nargs="*",
        metavar="LABEL",
        help="by value, or by name: all labels of that name (value:7 and name:7 where both could be meant)",
    )
    choice = parser.add_argument_group("many labels at once")
    choice.add_argument("--all", action="store_true", help="all labels")
    choice.add_argument("--in-group", metavar="GROUP", help="all labels of a group, by index (from 0) or name")
    choice.add_argument("--in-folder", metavar="PATH", help="all labels of a display folder and of those in it")
    choice.add_argument("--class", dest="whole_class", action="store_true", help="all instances of the classes chosen")
    choice.add_argument("--but", action="store_true", help="all labels but the chosen ones")


def chosen_labels(segmentation: Segmentation, arguments: argparse.Namespace) -> tuple[int, ...]:
    """The values of the labels that the options choose, each once.

    Raises OptionError when none is chosen, UnknownLabelError, GroupError.
    """
    found = [value for text in arguments.labels for value in labels_meant(segmentation, text)]
    if arguments.all:
        found += segmentation.values
    if arguments.in_group is not None:
        found += segmentation.group(group_meant(segmentation, arguments.in_group)).values
    if arguments.in_folder is not None:
        found += in_folder(segmentation, arguments.in_folder)
    if not (arguments.labels or arguments.all or arguments.in_group is not None or arguments.in_folder is not None):
        raise OptionError("labels", None, _HOW)
    if arguments.whole_class:
        found = [instance for value in found for instance in instances_of(segmentation, value)]
    return all_but(segmentation, found) if arguments.but else tuple(dict.fromkeys(found))


def labels_meant(segmentation: Segmentation, text: str) -> tuple[int, ...]:
    """The values that a text means: one value, or all labels of a name. Raises UnknownLabelError."""
    kind, colon, rest = text.partition(":")
    if colon and kind == "value":
        return (segmentation.label(_number(rest)).value,)
    if colon and kind == "name":
        return _named(segmentation, rest)
    if text.isascii() and text.isdigit() and (int(text) in segmentation or text not in segmentation):
        return (segmentation.label(int(text)).value,)
    return _named(segmentation, text)


def label_meant(segmentation: Segmentation, text: str) -> int:
    """The value of the one label that a text means. Raises UnknownLabelError, LabelError when it means several."""
    found = labels_meant(segmentation, text)
    if len(found) > 1:
        raise LabelError(f"{len(found)} labels are named {text!r} (values {', '.join(map(str, found))}); name a value")
    return found[0]


def group_meant(segmentation: Segmentation, text: str) -> int:
    """The index of a group by its index (from 0) or name. Raises GroupError."""
    if text.isascii() and text.isdigit():
        segmentation.group(int(text))
        return int(text)
    found = [index for index, group in enumerate(segmentation.groups) if group.name == text]
    if len(found) != 1:
        known = ", ".join(f"{index} {group.name!r}" for index, group in enumerate(segmentation.groups))
        raise GroupError(f"{len(found) or 'no'} groups are named {text!r}; there are {known}")
    return found[0]


def color_meant(text: str | None) -> Color | None:
    """A colour as text; None for None. Raises OptionError."""
    if text is None:
        return None
    found = parse_color(text)
    if found is None:
        raise OptionError("color", text, EXPECTED)
    return found


def new_values(pairs: Iterable[str]) -> dict[int, int]:
    """The mapping of texts such as ``3=7``. Raises OptionError for anything else and for a value given twice."""
    mapping: dict[int, int] = {}
    for pair in pairs:
        old, equals, new = pair.partition("=")
        if not equals or not (old.strip().isdecimal() and new.strip().isdecimal()) or int(old) in mapping:
            raise OptionError("values", pair, "pairs such as 3=7, each old value once")
        mapping[int(old)] = int(new)
    return mapping


def _named(segmentation: Segmentation, name: str) -> tuple[int, ...]:
    found = tuple(label.value for label in segmentation.labels_named(name))
    if not found:
        known = ", ".join(dict.fromkeys(repr(label.name) for label in segmentation.labels)) or "none"
        raise UnknownLabelError(f"no label is named {name!r}; there are {known}")
    return found


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise OptionError("labels", f"value:{text}", "a whole number after value:")
    return int(text)
