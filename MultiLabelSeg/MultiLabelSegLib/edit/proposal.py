"""What tools and operations want to write, before any lock is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core import Box
from ..core.label import MAX_VALUE
from ..errors import LabelError, ToolError


class MergeStyle(str, Enum):
    """What happens to target voxels where the region says unlabelled: ``REPLACE`` clears them, ``MERGE`` keeps them."""

    REPLACE = "replace"
    MERGE = "merge"


class OverwriteStyle(str, Enum):
    """Whether locked labels, and the unlabelled lock, keep their voxels."""

    REGARD_LOCKS = "regard_locks"
    IGNORE_LOCKS = "ignore_locks"


@dataclass(frozen=True, eq=False)
class Proposal:
    """A write to one frame of one group; ``policy.resolve`` decides voxel by voxel.

    ``region`` holds source values, uint8 or uint16, or is a mask (True counts as 1): an array (k, j, i) of the box's
    shape, or of the whole frame's, of which only ``box`` counts. ``box`` None means the whole frame. ``mapping`` says
    which source value becomes which value of the group, all at once, so that swaps are safe: a target is a label of
    the group or 0, which erases. With ``REPLACE``, voxels of a target where the region is 0 become unlabelled. The
    locks of the labels in ``unlocked`` do not count, with 0 that of unlabelled space. ``boxes`` may say within which
    boxes of the frame single targets are written.

    Raises ToolError for a region that is no label array or an empty mapping, LabelError for an impossible value.
    """

    group: int
    region: NDArray[Any]
    mapping: Mapping[int, int]
    box: Box | None = None
    t: int = 0
    merge: MergeStyle = MergeStyle.REPLACE
    overwrite: OverwriteStyle = OverwriteStyle.REGARD_LOCKS
    unlocked: frozenset[int] = frozenset()
    boxes: Mapping[int, Box] = field(default_factory=dict)

    def __post_init__(self) -> None:
        region = self.region
        if region.dtype == np.bool_:
            object.__setattr__(self, "region", region.view(np.uint8))
        elif region.dtype not in (np.dtype(np.uint8), np.dtype(np.uint16)):
            raise ToolError(f"a region is a mask or holds uint8 or uint16 values, found {region.dtype}")
        if region.ndim != 3:
            raise ToolError(f"a region has the axes (k, j, i), found shape {region.shape}")
        if not self.mapping:
            raise ToolError("a proposal must map at least one value")
        for pair in self.mapping.items():
            if not (0 <= pair[0] <= MAX_VALUE and 0 <= pair[1] <= MAX_VALUE):
                raise LabelError(f"values must be within 0...{MAX_VALUE}, found the mapping {pair[0]} -> {pair[1]}")
