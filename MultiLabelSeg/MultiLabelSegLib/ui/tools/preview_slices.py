"""The part of a preview that one slice shows."""

from __future__ import annotations

import numpy as np

from ...ops.threshold import within
from ...tools.base import PreviewFrame, Scene
from ...tools.slices import SliceOf
from ...tools.threshold import IntensityBounds


def threshold_slice(tool: IntensityBounds, scene: Scene, where: SliceOf) -> PreviewFrame:
    """What a threshold takes in one slice, without looking at the rest of the volume.

    The same voxels as in the slice of its ``propose``. Raises ToolError as that does.
    """
    lower, upper, _ = tool.bounds(scene)
    pixels = np.ascontiguousarray(where.take(scene.pixels()))
    mask = tool.masked(scene, where.box, where.thick(within(pixels, lower, upper)))
    return PreviewFrame(where.box, mask.view(np.uint8))


def cut_of(frame: PreviewFrame, where: SliceOf) -> PreviewFrame | None:
    """The part of a frame of a preview that lies in a slice; None for nothing."""
    box = where.box.intersection(frame.box)
    if not box.voxels:
        return None
    return PreviewFrame(box, frame.region[box.moved(frame.box.lower, -1).slices])
