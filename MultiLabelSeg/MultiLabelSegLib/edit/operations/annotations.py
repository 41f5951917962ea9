"""Operations on what is known about labels: description, tracking, who made them, review, notes."""

from __future__ import annotations

from typing import Any

from ...core import Segmentation
from ...core.annotations import (
    MADE_BY_KEYS,
    NOTES,
    REVIEW_STATUS,
    REVIEW_STATUSES,
    REVIEWED_AT,
    REVIEWER,
    MadeBy,
)
from ...errors import OptionError
from ..changes import Command
from .labels import change_labels, set_label_properties
from .selection import Selection, chosen, counted


def set_description(segmentation: Segmentation, values: Selection, description: str) -> Command:
    """Describes labels. Raises UnknownLabelError."""
    return change_labels(segmentation, values, description=description)


def set_tracking(
    segmentation: Segmentation, values: Selection, tracking_id: str | None = None, tracking_uid: str | None = None
) -> Command:
    """Sets what names a finding over several studies: a readable id and a DICOM uid; None leaves one as it is.

    Raises UnknownLabelError, LabelError when neither is given.
    """
    given: dict[str, Any] = {"tracking_id": tracking_id, "tracking_uid": tracking_uid}
    return change_labels(segmentation, values, **{key: text for key, text in given.items() if text is not None})


def set_made_by(segmentation: Segmentation, values: Selection, maker: MadeBy) -> Command:
    """Notes who made labels; what was known before is replaced as a whole. Raises UnknownLabelError."""
    found = chosen(segmentation, values)
    made = maker.properties()
    stale = [key for key in MADE_BY_KEYS if key not in made]
    command = set_label_properties(segmentation, found, made, stale)
    return Command(f"Note the maker of {counted(segmentation, found)}", command.changes, values=found)


def set_review(
    segmentation: Segmentation, values: Selection, status: str, reviewer: str = "", time: str = ""
) -> Command:
    """Sets the review status: notstarted, inprogress, completed or flagged; reviewer and time where they are given.

    Raises UnknownLabelError, OptionError for another status.
    """
    if status not in REVIEW_STATUSES:
        raise OptionError("review status", status, REVIEW_STATUSES)
    found = chosen(segmentation, values)
    texts = {REVIEW_STATUS: status, REVIEWER: reviewer, REVIEWED_AT: time}
    known = {key: text for key, text in texts.items() if text}
    command = set_label_properties(segmentation, found, known, [key for key in texts if key not in known])
    return Command(f"Review {counted(segmentation, found)}: {status}", command.changes, values=found)


def set_notes(segmentation: Segmentation, values: Selection, notes: str) -> Command:
    """Sets the notes on labels; empty ones are removed. Raises UnknownLabelError."""
    found = chosen(segmentation, values)
    command = set_label_properties(segmentation, found, {NOTES: notes} if notes else {}, () if notes else [NOTES])
    return Command(f"Note on {counted(segmentation, found)}", command.changes, values=found)
