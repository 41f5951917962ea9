"""Locking, showing and hiding as steps of a recipe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..core import Segmentation
from ..edit import operations as ops
from ..edit.changes import Command
from ..errors import OptionError
from ..tools.parameters import parameter
from .step_base import LABELS_HELP, Labels, Step
from .targets import group_index, label_values


@dataclass(frozen=True, kw_only=True)
class _Flag(Step):
    label: Labels | None = parameter(None, help=LABELS_HELP)
    group: int | str | None = parameter(None, help="all labels of a group, by index from 0 or by name")

    def _values(self, segmentation: Segmentation) -> tuple[int, ...] | None:
        """The labels that are meant; None for all of them."""
        if self.label is not None and self.group is not None:
            raise OptionError("group", self.group, "either a label or a group")
        if self.label is not None:
            return label_values(segmentation, self.label)
        return None if self.group is None else segmentation.group(group_index(segmentation, self.group)).values


@dataclass(frozen=True, kw_only=True)
class Lock(_Flag):
    """Locks labels: those named, those of a group, or all."""

    do: ClassVar[str] = "lock"

    def command(self, segmentation: Segmentation) -> Command:
        """See ``LabelStep``."""
        return ops.set_locked(segmentation, True, self._values(segmentation))


@dataclass(frozen=True, kw_only=True)
class Unlock(_Flag):
    """Unlocks labels: those named, those of a group, or all."""

    do: ClassVar[str] = "unlock"

    def command(self, segmentation: Segmentation) -> Command:
        """See ``LabelStep``."""
        return ops.set_locked(segmentation, False, self._values(segmentation))


@dataclass(frozen=True, kw_only=True)
class Show(_Flag):
    """Shows labels: those named, those of a group, or all."""

    do: ClassVar[str] = "show"

    def command(self, segmentation: Segmentation) -> Command:
        """See ``LabelStep``."""
        return ops.set_visible(segmentation, True, self._values(segmentation))


@dataclass(frozen=True, kw_only=True)
class Hide(_Flag):
    """Hides labels: those named, those of a group, or all."""

    do: ClassVar[str] = "hide"

    def command(self, segmentation: Segmentation) -> Command:
        """See ``LabelStep``."""
        return ops.set_visible(segmentation, False, self._values(segmentation))


@dataclass(frozen=True, kw_only=True)
class LockUnlabelled(Step):
    """Locks unlabelled space, or unlocks it."""

    do: ClassVar[str] = "lock_unlabelled"
    locked: bool = parameter(True, help="whether it is locked")

    def command(self, segmentation: Segmentation) -> Command:
        """See ``LabelStep``."""
        return ops.set_unlabeled_lock(segmentation, self.locked)
