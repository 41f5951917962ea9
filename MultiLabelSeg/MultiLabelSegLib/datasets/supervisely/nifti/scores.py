"""Scores of exported objects as tables, and what a table cannot hold of them."""

from __future__ import annotations

from collections.abc import Sequence

from ....core import Label
from ..object_properties import NORMALS, Scores, scores_of
from ..tables.score_table import two_decimals
from ..tables.scores import tables_of
from .item import Draft
from .layout import Layout


def tabulate(layout: Layout, draft: Draft, units: dict[int, list[Label]]) -> None:
    """The table of scores; what it cannot hold is for the sidecar."""
    held: list[tuple[int, Scores]] = []
    for number, labels in units.items():
        if all(scores_of(label) == scores_of(labels[0]) for label in labels):
            held.append((number, scores_of(labels[0])))
    scores, comments = tables_of(held, draft.plane)
    if scores or comments:
        draft.table = scores, comments
        frames = {frame for part in (scores, comments) for entries in part.values() for frame in entries}
        if any(set(scores.get(number, ())) != frames for number in {*scores, *comments}):
            layout.note(draft, "the table of scores has empty cells, for which Supervisely's SDK drops a whole table")
    read = {number: as_read(scores.get(number, {}), comments.get(number, {})) for number in units}
    for number, labels in units.items():
        for label in labels:
            if _without_nothing(scores_of(label)) != ({NORMALS[draft.plane]: read[number]} if read[number] else {}):
                draft.beside.append(f"scores and comments of label {label.value} that a table does not hold")
    draft.beside.extend(
        f"scores and comments of label {label.value}, which has no voxels"
        for label in draft.labels
        if label.value not in draft.layers and scores_of(label)
    )


def as_read(scores: dict[int, str], comments: dict[int, str]) -> dict[str, dict[str, str | None]]:
    """What an importer makes of the cells of one class."""
    return {
        str(frame): {
            "score": two_decimals(scores[frame]) if frame in scores else None,
            "comment": comments.get(frame),
        }
        for frame in sorted({*scores, *comments})
    }


def _without_nothing(scores: Scores) -> Scores:
    """Without planes that have no frames; a score or comment that is not there is None."""
    return {
        normal: {frame: {"score": None, "comment": None, **entry} for frame, entry in frames.items()}
        for normal, frames in scores.items()
        if frames
    }


def tables_for_all(drafts: Sequence[Draft], units: Sequence[dict[int, list[Label]]]) -> None:
    """Gives items without scores a table of none: Supervisely would take one of another item of the same plane."""
    if any(draft.table for draft in drafts):
        for draft, numbers in zip(drafts, units, strict=True):
            if numbers and not draft.table:
                draft.table = {number: {} for number in numbers}, {}
