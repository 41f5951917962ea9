"""Operations on label classes: the instances of one group that share a name."""

from __future__ import annotations

from typing import Any

from ...core import Segmentation
from ...core.label import Color
from ..changes import Command
from .labels import add_label, rename_labels, set_visible
from .selection import Selection, chosen, counted


def instances_of(segmentation: Segmentation, value: int) -> tuple[int, ...]:
    """The values of all instances of a label's class: the labels of its name in its group. Raises UnknownLabelError."""
    group = segmentation.group_of(value)
    name = group.label(value).name
    return tuple(label.value for label in group.labels if label.name == name)


def all_but(segmentation: Segmentation, values: Selection, group: int | None = None) -> tuple[int, ...]:
    """The values of all other labels, of all groups or of one. Raises UnknownLabelError, GroupError."""
    spared = set(chosen(segmentation, values))
    return tuple(value for value in chosen(segmentation, None, group) if value not in spared)


def add_instance(
    segmentation: Segmentation,
    value: int,
    *,
    new_value: int | None = None,
    keep_tracking: bool = False,
    **fields: Any,
) -> Command:
    """Adds an empty instance of a label's class: the same name and everything else, with a value of its own.

    Tracking id and uid name one finding, so the new instance starts without; ``keep_tracking`` copies them, as MITK
    does. ``fields`` of ``Label`` may differ. Raises as ``add_label`` does, UnknownLabelError.
    """
    label = segmentation.label(value)
    if not keep_tracking:
        fields = {"tracking_id": "", "tracking_uid": ""} | fields
    made = add_label(segmentation, segmentation.group_index_of(value), value=new_value, label=label, **fields)
    return Command(f"Add instance of {label.name}", made.changes, values=made.values)


def rename_class(segmentation: Segmentation, value: int, name: str, color: Color | None = None) -> Command:
    """Names all instances of a label's class, and colours them where ``color`` is given.

    ``rename_labels`` with one value takes that instance out of its class instead. Raises UnknownLabelError, LabelError.
    """
    return rename_labels(segmentation, instances_of(segmentation, value), name, color)


def show_only(segmentation: Segmentation, values: Selection) -> Command:
    """Shows these labels and hides all others, of every group. Raises UnknownLabelError."""
    found = chosen(segmentation, values)
    hidden = set_visible(segmentation, False, all_but(segmentation, found))
    shown = set_visible(segmentation, True, found)
    title = f"Show only {counted(segmentation, found)}"
    return Command(title, (*hidden.changes, *shown.changes), values=found)
