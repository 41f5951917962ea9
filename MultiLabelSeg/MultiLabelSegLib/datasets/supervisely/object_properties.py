"""What Supervisely knows about an object and a label has no field for, kept as properties of the label."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...core import Label

#: where the object came from: file (relative to the data set), voxel value in it, class number, ``MaskMode``
SOURCE, VALUE = "supervisely.source", "supervisely.value"
CLASS_ID, MODE = "supervisely.class_id", "supervisely.mode"
#: scores and comments: ``{normal: {frame: {"score": "0.80", "comment": None}}}``; frames count from 0, as text
SCORES = "supervisely.scores"
#: keys, tags and whatever else of an object in a project survives there and back
OBJECT_KEY, OBJECT = "supervisely.object_key", "supervisely.object"

Scores = dict[str, dict[str, dict[str, Any]]]
#: the direction through the slices of a plane, as Supervisely writes it
NORMALS = {"axl": "0-0-1", "cor": "0-1-0", "sag": "1-0-0"}


def scores_of(label: Label) -> Scores:
    """The scores and comments of a label; empty when it has none or when the property holds something else."""
    found = label.properties.get(SCORES)
    if not isinstance(found, Mapping):
        return {}
    return {
        str(normal): {str(frame): dict(entry) for frame, entry in frames.items() if isinstance(entry, Mapping)}
        for normal, frames in found.items()
        if isinstance(frames, Mapping)
    }


def with_scores(label: Label, scores: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Label:
    """The label with these scores and comments added to those that it has; the new ones win frame by frame."""
    merged = scores_of(label)
    for normal, frames in scores.items():
        merged.setdefault(normal, {}).update({str(frame): dict(entry) for frame, entry in frames.items()})
    return label.with_(properties={**label.properties, SCORES: merged})
