"""What somebody changed in the colour map or a score table of an exported data set counts, whatever the sidecar says.

The sidecar keeps each object's class, colour and scores as the files say them. What an import finds otherwise was
changed since; what the files never held, or do not hold any more, stays as the sidecar has it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....core import Label
from ..object_properties import CLASS_ID, NORMALS, SCORES, scores_of
from ..tables.color_map import ClassColor
from .item import Draft
from .scores import as_read


def as_written(draft: Draft, classes: Mapping[int, ClassColor]) -> dict[int, dict[str, Any]]:
    """What colour map and table say of every object, by label value; nothing in the layout by name."""
    scores, comments = draft.table or ({}, {})
    found = {}
    for value, number in draft.numbers.items():
        line = classes[number]
        frames = as_read(scores.get(number, {}), comments.get(number, {}))
        found[value] = {
            "class": line.name,
            "color": list(line.color),
            "scores": {NORMALS[draft.plane]: frames} if frames else {},
        }
    return found


def with_changes(label: Label, found: Label, written: Mapping[str, Any]) -> Label:
    """The described label with what an import ``found`` to be another than what was ``written``."""
    if "class" not in written:
        return label
    if found.name != f"Segment_{found.properties.get(CLASS_ID)}":  # the name of a number that no map knows
        if found.name != written["class"]:
            label = label.with_(name=found.name)
        if list(found.color_bytes) != written["color"]:
            label = label.with_(color=found.color)
    scores = scores_of(found)
    if not scores or scores == written["scores"]:
        return label
    merged = scores_of(label)
    for normal, frames in written["scores"].items():
        merged[normal] = {frame: entry for frame, entry in merged.get(normal, {}).items() if frame not in frames}
    for normal, frames in scores.items():
        merged[normal] = {**merged.get(normal, {}), **frames}
    return label.with_(properties={**label.properties, SCORES: merged})
