"""What a segmentation tells its listeners."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .box import Box

Kind = Literal["voxels", "labels", "groups", "properties", "geometry"]


@dataclass(frozen=True)
class Event:
    """One change of a segmentation.

    ``kind`` says what changed (``geometry``: the grid, and with it all voxels); ``group`` is the index of the group
    concerned (None: all or none), ``values`` the label values concerned, ``t`` and ``box`` the frame and the box of
    changed voxels (None: whole frame, all frames).
    """

    kind: Kind
    group: int | None = None
    values: tuple[int, ...] = ()
    t: int | None = None
    box: Box | None = None
