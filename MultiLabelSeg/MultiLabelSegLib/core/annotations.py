"""What is kept about a label beside its look: who made it, what was reviewed, notes. All of it lives in properties.

Keys that MITK or Slicer know are used where there are such, so that these programs show them too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..errors import OptionError
from .identity import present
from .label import Label, PropertyValue

#: how a label was made and by which algorithm: MITK's keys, from which it writes DICOM segmentations
ALGORITHM_TYPE, ALGORITHM_NAME = "algorithm_type", "algorithm_name"
ALGORITHM_TYPES = ("MANUAL", "SEMIAUTOMATIC", "AUTOMATIC")
#: the model, its version and the time (ISO 8601, UTC); no program has keys for these
MODEL, MODEL_VERSION, MADE_AT = "made_by.model", "made_by.version", "made_by.time"
#: Slicer's own tag: its segment editor shows the status as a flag
REVIEW_STATUS = "Slicer.Tag.Segmentation.Status"
REVIEW_STATUSES = ("notstarted", "inprogress", "completed", "flagged")
REVIEWER, REVIEWED_AT = "review.by", "review.time"
NOTES = "notes"


def now() -> str:
    """The present time in UTC, ISO 8601 in seconds."""
    return present().isoformat(timespec="seconds")


@dataclass(frozen=True)
class MadeBy:
    """Who made a label: tool, model with its version, and when; empty texts are not known.

    ``kind`` is MANUAL, SEMIAUTOMATIC or AUTOMATIC; manual labels have no algorithm. Raises OptionError for another.
    """

    tool: str = ""
    model: str = ""
    version: str = ""
    time: str = ""
    kind: str = "AUTOMATIC"

    def __post_init__(self) -> None:
        if self.kind not in ALGORITHM_TYPES:
            raise OptionError("kind", self.kind, ALGORITHM_TYPES)

    def properties(self) -> dict[str, PropertyValue]:
        """The properties of a label that say this."""
        texts = {ALGORITHM_NAME: self.tool, MODEL: self.model, MODEL_VERSION: self.version, MADE_AT: self.time}
        return {ALGORITHM_TYPE: self.kind, **{key: text for key, text in texts.items() if text}}


#: all keys that ``MadeBy`` sets
MADE_BY_KEYS = (ALGORITHM_TYPE, ALGORITHM_NAME, MODEL, MODEL_VERSION, MADE_AT)


def made_by(label: Label) -> MadeBy | None:
    """Who made a label; None when its properties do not say it."""
    kind = label.properties.get(ALGORITHM_TYPE)
    if kind not in ALGORITHM_TYPES:
        return None
    tool, model, version, time = (_text(label.properties, key) for key in MADE_BY_KEYS[1:])
    return MadeBy(tool, model, version, time, str(kind))


def review_status(label: Label) -> str:
    """The review status of a label; ``notstarted`` when there is none."""
    found = label.properties.get(REVIEW_STATUS)
    return found if isinstance(found, str) and found in REVIEW_STATUSES else REVIEW_STATUSES[0]


def notes_of(label: Label) -> str:
    """The notes on a label; empty when there are none."""
    return _text(label.properties, NOTES)


def _text(properties: Mapping[str, PropertyValue], key: str) -> str:
    found = properties.get(key)
    return found if isinstance(found, str) else ""
