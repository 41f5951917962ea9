"""What the label operations of recipes share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

from ..core import Segmentation
from ..edit.changes import Command
from ..tools.parameters import check_ranges
from .targets import LabelKey

Labels = LabelKey | tuple[LabelKey, ...]
LABELS_HELP = "a label by value or name (a name: all its instances), or a list of them"


class LabelStep(Protocol):
    """A step on labels and groups. ``do`` is its name in recipes."""

    do: ClassVar[str]

    def command(self, segmentation: Segmentation) -> Command:
        """The step as a command. Raises what the operation raises."""
        ...


@dataclass(frozen=True, kw_only=True)
class Step:
    """Base of the steps: checks the ranges of their parameters. Raises OptionError."""

    def __post_init__(self) -> None:
        check_ranges(self)
