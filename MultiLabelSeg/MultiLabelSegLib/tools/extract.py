"""Label maps and masks taken out of a segmentation as images, each with a table of what its values mean."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core import Geometry, Group, Image, Segmentation
from ..core.label import MAX_VALUE, Color
from ..core.naming import display_names, group_title
from ..errors import ToolError
from .autocrop import labelled_box
from .choice import LabelChoice, operands


@dataclass(frozen=True)
class Row:
    """One value of an extracted image: the class or label that it means, and the labels' values it comes from."""

    value: int
    name: str
    color: Color
    labels: tuple[int, ...]

    def as_json(self) -> dict[str, Any]:
        """``{"value", "name", "color", "labels"}``, the colour as ``[red, green, blue]`` within 0...1."""
        return {"value": self.value, "name": self.name, "color": list(self.color), "labels": list(self.labels)}


@dataclass(frozen=True, eq=False)
class Extract:
    """An image that was taken out, what it is called, and what its values mean. It is a copy."""

    name: str
    image: Image
    table: tuple[Row, ...]


def class_maps(segmentation: Segmentation, labels: LabelChoice = "all") -> list[Extract]:
    """One map a group: its classes (labels of one name), numbered from 1 in alphabetical order of their names.

    Only the labels that are named; groups without any are left out. Raises UnknownLabelError, OptionError.
    """
    return [_class_map(segmentation, index, mine) for index, mine in _by_group(segmentation, labels)]


def _class_map(segmentation: Segmentation, index: int, values: tuple[int, ...]) -> Extract:
    group = segmentation.group(index)
    names = sorted({group.label(value).name for value in values})
    rows = []
    table = np.zeros(MAX_VALUE + 1, np.uint8 if len(names) < 256 else np.uint16)
    for number, name in enumerate(names, 1):
        mine = tuple(value for value in values if group.label(value).name == name)
        table[list(mine)] = number
        rows.append(Row(number, name, group.label(mine[0]).color, mine))
    image = Image(table[group.array], segmentation.geometry)
    return Extract(f"{group_title(group.name, index)} classes", image, tuple(rows))


def instance_maps(segmentation: Segmentation, labels: LabelChoice = "all") -> list[Extract]:
    """One map a group with the labels' own values; other voxels are 0.

    Only the labels that are named; groups without any are left out. Raises UnknownLabelError, OptionError.
    """
    found = []
    for index, values in _by_group(segmentation, labels):
        group = segmentation.group(index)
        kept = np.zeros(MAX_VALUE + 1, group.array.dtype)
        fitting = [value for value in values if value <= np.iinfo(group.array.dtype).max]
        kept[fitting] = fitting
        name = f"{group_title(group.name, index)} instances"
        found.append(Extract(name, Image(kept[group.array], segmentation.geometry), _rows(group, values)))
    return found


def masks(segmentation: Segmentation, labels: LabelChoice = "all", *, binary: bool = False) -> Iterator[Extract]:
    """One mask a label, one after the other; its voxels hold the label's value, or 1 where ``binary``.

    Raises UnknownLabelError, OptionError.
    """
    for index, values in _by_group(segmentation, labels):
        group = segmentation.group(index)
        for value in values:
            yield _mask(group, value, segmentation.geometry, group.array, binary)


def cropped_mask(
    segmentation: Segmentation, label: int | str, margin: float = 0, *, in_mm: bool = False, binary: bool = False
) -> Extract:
    """The mask of one label, cut to its box over all frames with a margin in voxels or mm; it keeps its place in space.

    Raises UnknownLabelError, LabelError for a name of several, ToolError for a margin below 0, or without voxels.
    """
    if margin < 0:
        raise ToolError(f"a margin must not be negative, found {margin:g}")
    value = segmentation.label(label).value
    box = labelled_box(segmentation, [value], margin, in_mm=in_mm)
    group = segmentation.group_of(value)
    geometry = segmentation.geometry.cropped(box.lower, box.shape)
    return _mask(group, value, geometry, group.array[(slice(None), *box.slices)], binary)


def _mask(group: Group, value: int, geometry: Geometry, array: Any, binary: bool) -> Extract:
    held = array == value
    number = 1 if binary else value
    pixels = (
        held.view(np.uint8)
        if binary
        else held.astype(np.min_scalar_type(value)) * np.min_scalar_type(value).type(value)
    )
    label = group.label(value)
    row = Row(number, label.name, label.color, (value,))
    return Extract(display_names(group.labels)[value], Image(pixels, geometry), (row,))


def _rows(group: Group, values: tuple[int, ...]) -> tuple[Row, ...]:
    return tuple(Row(value, group.label(value).name, group.label(value).color, (value,)) for value in values)


def _by_group(segmentation: Segmentation, labels: LabelChoice) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Index of each group and those of its labels that are meant, in their order."""
    wanted = {value for values in operands(segmentation, labels) for value in values}
    for index, group in enumerate(segmentation.groups):
        mine = tuple(value for value in group.values if value in wanted)
        if mine:
            yield index, mine
