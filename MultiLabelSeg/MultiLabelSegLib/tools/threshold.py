"""Threshold and upper/lower threshold: voxels whose intensity lies within bounds become a preview."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal
from weakref import WeakKeyDictionary

import numpy as np

from ..core import Box, Image
from ..core.label import Color
from ..errors import ToolError
from ..ops.progress import Progress, told
from ..ops.threshold import IntensityRange, extent_of, intensity_range, within
from .base import Preview, PreviewFrame, PreviewLabel, Scene, Scope, scenes_asked
from .masking import Masked
from .parameters import parameter

#: MITK's colour of what would become the active label
PREVIEW_COLOR: Color = (0.0, 1.0, 0.0)
#: images do not change, and a slider asks again at every step
_KNOWN: WeakKeyDictionary[Image, IntensityRange] = WeakKeyDictionary()


def image_range(scene: Scene) -> IntensityRange:
    """What the scene's image spans over all its frames, and the step of a slider: 1 for whole numbers.

    Raises ToolError without an image, for one of another grid, of colours, or without any finite number.
    """
    scene.pixels()
    image = scene.image
    if image is None:
        raise ToolError("this tool needs the image; there is none")
    if image not in _KNOWN:
        _KNOWN[image] = intensity_range(image.array)
    return _KNOWN[image]


@dataclass(frozen=True, kw_only=True)
class IntensityBounds(Masked):
    """Base of the threshold tools: a lower and an upper bound, both included."""

    title: ClassVar[str]
    scope: ClassVar[Scope] = "3d"
    lower: float | None = parameter(None, help="darkest value to take; follows from the image unless given")
    upper: float | None = parameter(None, help="brightest value to take; follows from the image unless given")
    frames: Literal["current", "all"] = parameter("current", help="the current frame alone, or all frames")

    @staticmethod
    @abstractmethod
    def defaults(found: IntensityRange) -> tuple[float, float]:
        """The bounds where none are given, from the range of the image over all frames."""

    def bounds(self, scene: Scene) -> tuple[float, float, tuple[str, ...]]:
        """Lower and upper bound, and notes. One beyond the image's range is drawn in, which takes the same voxels.

        Raises ToolError for a lower bound above the upper one, and for bounds that hold nothing of the image's range.
        """
        found = image_range(scene)
        lower, upper = self.defaults(found)
        lower = lower if self.lower is None else float(self.lower)
        upper = upper if self.upper is None else float(self.upper)
        has = f"the image has {found.lower:g} to {found.upper:g}"
        if lower > upper:
            raise ToolError(f"lower {lower:g} is above upper {upper:g}; {has}")
        if upper < found.lower or lower > found.upper:
            raise ToolError(f"no voxel lies between {lower:g} and {upper:g}; {has}")
        notes = []
        if lower < found.lower:
            notes.append(f"lower {lower:g} was drawn in to {found.lower:g}; {has}")
        if upper > found.upper:
            notes.append(f"upper {upper:g} was drawn in to {found.upper:g}; {has}")
        if found.skipped:
            notes.append(f"{found.skipped} voxels of the image hold no finite number and are left out")
        return max(lower, found.lower), min(upper, found.upper), tuple(notes)

    def propose(self, scene: Scene, progress: Progress | None = None) -> Preview:
        """See ``Tool``. Without an active label the preview can only be confirmed into a new one. Raises ToolError."""
        label = None if scene.label is None else scene.active_label()
        lower, upper, notes = self.bounds(scene)
        title = type(self).title
        name = title if label is None else label.name
        frames = {}
        for at in told(scenes_asked(scene, self.frames), progress):
            mask = self.masked(at, Box.whole(at.geometry.shape), within(at.pixels(), lower, upper))
            box = Box(*extent_of(mask))
            frames[at.t] = PreviewFrame(box, mask[box.slices].view(np.uint8))
        target = None if label is None else label.value
        labels = (PreviewLabel(1, name, PREVIEW_COLOR, target),)
        group = 0 if label is None else scene.active_group()
        notes = (f"values from {lower:g} to {upper:g}", *notes)
        return Preview(f"{title} {lower:g} to {upper:g}: {name}", frames, labels, "active", group, notes=notes)


@dataclass(frozen=True, kw_only=True)
class Threshold(IntensityBounds):
    """Takes the voxels from a bound up: by default from the middle of the image's range to its top."""

    name: ClassVar[str] = "threshold"
    title: ClassVar[str] = "Threshold"

    @staticmethod
    def defaults(found: IntensityRange) -> tuple[float, float]:
        """The upper half of the range, as MITK begins."""
        return found.rounded((found.lower + found.upper) / 2), found.upper


@dataclass(frozen=True, kw_only=True)
class UpperLowerThreshold(IntensityBounds):
    """Takes the voxels between two bounds: by default the middle third of the image's range."""

    name: ClassVar[str] = "threshold_ul"
    title: ClassVar[str] = "UL Threshold"

    @staticmethod
    def defaults(found: IntensityRange) -> tuple[float, float]:
        """The middle third of the range, as MITK begins."""
        third = (found.upper - found.lower) / 3
        return found.rounded(found.lower + third), found.rounded(found.lower + 2 * third)
