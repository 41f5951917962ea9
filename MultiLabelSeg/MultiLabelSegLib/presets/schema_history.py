"""A history that keeps a segmentation to its schema."""

from __future__ import annotations

from ..core import Label, Segmentation
from ..edit.changes import Command, GroupChange, LabelChange
from ..edit.history import DEFAULT_LIMIT, History
from .schema import Schema


class SchemaHistory(History):
    """A ``History`` that refuses commands whose labels the schema does not allow.

    Only what a command would make worse counts: a label that departs already may be locked, moved or cleared, but not
    be given another name, value or colour that is against the schema. Undo and redo are never refused. Without a
    schema (None, may be set at any time) it is a ``History`` like any other.
    """

    def __init__(self, segmentation: Segmentation, schema: Schema | None = None, limit_bytes: int = DEFAULT_LIMIT):
        super().__init__(segmentation, limit_bytes)
        self.schema = schema

    def do(self, command: Command) -> Command:
        """As ``History.do``; raises LabelError, naming labels, when the schema refuses; nothing has changed then."""
        if self.schema is not None:
            for label in made_labels(command):
                if not self._is_known(label):
                    self.schema.check_label(label.name, label.value, label.color)
        return super().do(command)

    def _is_known(self, label: Label) -> bool:
        """Whether a label has this value, name and colour already."""
        if label.value not in self.segmentation:
            return False
        former = self.segmentation.label(label.value)
        return (former.name, former.color) == (label.name, label.color)


def made_labels(command: Command) -> list[Label]:
    """The labels that a command adds or replaces, with groups or alone."""
    found: list[Label] = []
    for change in command.changes:
        if isinstance(change, LabelChange) and change.label is not None:
            found.append(change.label)
        elif isinstance(change, GroupChange) and change.group is not None:
            found.extend(change.group.labels)
    return found
