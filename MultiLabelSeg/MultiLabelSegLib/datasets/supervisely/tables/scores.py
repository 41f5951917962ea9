"""Scores and comments of a table on the labels that they belong to, and those of labels as a table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from ....core import Label, Segmentation
from ....errors import OptionError
from ..discovery.cases import Plane, Remark
from ..object_properties import CLASS_ID, NORMALS, VALUE, Scores, scores_of, with_scores
from .score_table import ByFrame, ScoreTable, is_score, read_scores, score_table_text

Order = Literal["file", "geometry"]
#: the axis of (k, j, i) along which the slices of a plane follow each other, on a grid with the axes R, A, S
SLICE_AXIS = {"sag": 2, "cor": 1, "axl": 0}


def class_id_of(label: Label) -> int:
    """The number that ``Label-N`` of a table means this label by: its class number, else its voxel value."""
    for key in (CLASS_ID, VALUE):
        found = label.properties.get(key)
        if isinstance(found, int) and not isinstance(found, bool):
            return found
    return label.value


def attach_scores(
    segmentation: Segmentation,
    table: ScoreTable,
    plane: Plane,
    shape: tuple[int, int, int] | None = None,
    order: Order = "file",
    reversed_axis: bool = False,
) -> tuple[tuple[int, ...], tuple[Remark, ...]]:
    """Adds scores and comments to every label whose class number the table has; a label keeps those it had before.

    ``shape`` (k, j, i) is that of the volume with the axes R, A, S, the segmentation's own unless given. By ``order``
    ``file`` the frame of a layer is its number, as in Supervisely, whichever way the file ran; by ``geometry`` it is
    the slice that the file showed as this layer, which is another one when the file ran against R, A or S along this
    plane (``reversed_axis``).

    Returns the values of the changed labels, and remarks: frames that the volume does not have, and classes without an
    object. The table's own remarks are not among them. Raises OptionError for a case without plane or another order.
    """
    if plane not in SLICE_AXIS:
        raise OptionError("plane", plane, SLICE_AXIS)
    if order not in ("file", "geometry"):
        raise OptionError("scores order", order, ("file", "geometry"))
    slices = (shape or segmentation.geometry.shape)[SLICE_AXIS[plane]]
    remarks = _outside(table, slices, plane)
    turned = order == "geometry" and reversed_axis
    changed = []
    owners: set[int] = set()
    for index, group in enumerate(segmentation.groups):
        for label in group.labels:
            class_id = class_id_of(label)
            frames = _frames(table, class_id, slices, turned)
            if class_id in table.class_ids:
                owners.add(class_id)
            if frames:
                segmentation.set_label(index, with_scores(label, {NORMALS[plane]: frames}))
                changed.append(label.value)
    for class_id in table.class_ids:
        if class_id not in owners:
            remarks.append(Remark(table.path, f"Label-{class_id} is no object of this volume; its scores are left out"))
    return tuple(changed), tuple(remarks)


def _outside(table: ScoreTable, slices: int, plane: Plane) -> list[Remark]:
    found = sorted(frame for frame in table.lines if frame >= slices)
    return [
        Remark(
            table.path,
            f"layer {frame + table.layers_from} is left out: the volume has {slices} slices along {plane}",
            table.lines[frame],
        )
        for frame in found
    ]


def _frames(table: ScoreTable, class_id: int, slices: int, turned: bool) -> dict[str, dict[str, str | None]]:
    """What a table says of a class within the volume: frame as text -> score and comment."""
    scores, comments = table.scores.get(class_id, {}), table.comments.get(class_id, {})
    frames = sorted(frame for frame in {*scores, *comments} if frame < slices)
    return {
        str(slices - 1 - frame if turned else frame): {"score": scores.get(frame), "comment": comments.get(frame)}
        for frame in frames
    }


def tables_of(objects: Iterable[tuple[int, Scores]], plane: Plane) -> tuple[ByFrame, ByFrame]:
    """Scores and comments of objects along a plane, by class number and frame, for ``score_table_text``.

    Frames that are no numbers from 0 on, scores that are no numbers, and empty comments are left out.
    """
    scores, comments = ByFrame(), ByFrame()
    for class_id, found in objects:
        for frame, entry in found.get(NORMALS[plane], {}).items():
            if not (frame.isdecimal() and frame.isascii()):
                continue
            score, comment = entry.get("score"), entry.get("comment")
            if score is not None and is_score(str(score)):
                scores.setdefault(class_id, {})[int(frame)] = str(score)
            if isinstance(comment, str) and comment.strip():
                comments.setdefault(class_id, {})[int(frame)] = comment
    return scores, comments


__all__ = [
    "Order",
    "ScoreTable",
    "attach_scores",
    "class_id_of",
    "read_scores",
    "score_table_text",
    "scores_of",
    "tables_of",
]
