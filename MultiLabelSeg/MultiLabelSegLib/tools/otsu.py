"""Otsu: divides the image into regions of similar brightness, of which those that are wanted become labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from ..core import Box, Label
from ..core.label import Color
from ..core.naming import next_color
from ..errors import OptionError
from ..ops.otsu import histogram, split, thresholds
from ..ops.progress import Progress, told
from ..ops.threshold import extent_of
from .base import Preview, PreviewFrame, PreviewLabel, Scene, Scope, scenes_asked
from .masking import Masked
from .parameters import parameter


@dataclass(frozen=True, kw_only=True)
class Otsu(Masked):
    """Divides the image into regions by Otsu's method, from the darkest (region 1, "Otsu 0") to the brightest."""

    name: ClassVar[str] = "otsu"
    title: ClassVar[str] = "Otsu"
    scope: ClassVar[Scope] = "3d"
    regions: int = parameter(2, minimum=2, maximum=32, help="how many regions")
    bins: int = parameter(128, minimum=2, maximum=4096, help="bins of the histogram; at least as many as regions")
    valley_emphasis: bool = parameter(False, help="prefer thresholds in valleys of the histogram (for small objects)")
    keep: tuple[int, ...] = parameter((), help="the regions to keep, counted from 1, the darkest; all unless given")
    frames: Literal["current", "all"] = parameter("current", help="the current frame alone, or all, each by itself")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.bins < self.regions:
            raise OptionError("bins", self.bins, f"at least as many as regions, {self.regions}")
        for region in self.keep:
            if region not in range(1, self.regions + 1) or isinstance(region, bool):
                raise OptionError("keep", region, f"regions from 1, the darkest, to {self.regions}")

    def propose(self, scene: Scene, progress: Progress | None = None) -> Preview:
        """See ``Tool``; an active label is not needed. Raises ToolError."""
        group = 0 if scene.label is None else scene.active_group()
        frames, notes = {}, []
        for at in told(scenes_asked(scene, self.frames), progress):
            found = thresholds(histogram(at.pixels(), self.bins), self.regions, self.valley_emphasis)
            where = f"frame {at.t}: " if scene.geometry.time_steps > 1 else ""
            notes.append(f"{where}thresholds {', '.join(f'{limit:.6g}' for limit in found)}")
            frames[at.t] = self._frame(at, found)
        kept = sorted(set(self.keep) or range(1, self.regions + 1))
        labels = tuple(
            PreviewLabel(region, f"Otsu {region - 1}", color)
            for region, color in zip(kept, _colors(scene, len(kept)), strict=True)
        )
        return Preview(f"Otsu with {self.regions} regions", frames, labels, "new", group, notes=tuple(notes))

    def _frame(self, scene: Scene, limits: NDArray[np.float64]) -> PreviewFrame:
        box = Box.whole(scene.geometry.shape)
        region = split(scene.pixels(), limits)
        if self.keep:
            table = np.zeros(256, np.uint8)
            table[list(self.keep)] = list(self.keep)
            if len(set(self.keep)) < self.regions:
                region = table[region]
                box = Box(*extent_of(region))
        return PreviewFrame(box, np.asarray(self.masked(scene, box, region[box.slices]), np.uint8))


def _colors(scene: Scene, count: int) -> list[Color]:
    """Colours that no label has yet, one for each new label."""
    taken = list(scene.segmentation.labels)
    found = []
    for _ in range(count):
        color = next_color(taken)
        taken.append(Label(1, "", color))
        found.append(color)
    return found
