"""Where views go to see a label."""

from __future__ import annotations

import numpy as np

from ...core import Segmentation
from ...errors import ToolError


def middle_of(segmentation: Segmentation, value: int, t: int) -> tuple[int, tuple[int, int, int]]:
    """A frame (``t`` where the label has voxels there) and a voxel (i, j, k) of the label near its mean position.

    The mean itself may lie outside of a bent label. Raises UnknownLabelError, ToolError for a label without voxels.
    """
    group = segmentation.group_of(value)
    frames = [t, *(other for other in range(segmentation.geometry.time_steps) if other != t)]
    for frame in frames:
        extent = group.index.extent(value, frame)
        if extent is None:
            continue
        middle = np.array(extent.centroid_kji)
        low, box = np.array(extent.box.lower), extent.box
        k = int(np.clip(round(middle[0]), low[0], box.upper[0] - 1))
        slab = group.array[frame][k : k + 1][(slice(None), *box.slices[1:])] == value
        if not slab.any():  # parts above and below, nothing between
            k, slab = int(low[0]), group.array[frame][box.slices] == value
        found = np.argwhere(slab) + (k, low[1], low[2])
        nearest = found[np.argmin(((found - middle) ** 2).sum(axis=1))].tolist()
        return frame, (nearest[2], nearest[1], nearest[0])
    raise ToolError(f"label {value} {group.label(value).name!r} has no voxels yet; there is nowhere to go")
