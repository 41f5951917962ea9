"""Smoothing of labels: each by itself, or all labels of a group together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import ClassVar, Literal

import numpy as np

from ..core import Box
from ..errors import ToolError
from ..ops import smoothing
from ..ops.progress import Progress, part_of, parts, told
from ..ops.settle import Claim
from .base import Draft, Scene, scenes_asked
from .choice import chosen_values
from .labelwise import SHAPED, Found, Labelwise, Mask, Spacing, grown, spacing_kji, written
from .parameters import parameter


@dataclass(frozen=True, kw_only=True)
class Smooth(Labelwise):
    """Smooths borders. Joint smoothing moves the borders between neighbours without gaps and overlaps.

    It works on the named labels then; without any on all unlocked labels of the active group, or with "all" of every
    group. What it does not work on keeps its voxels.
    """

    name: ClassVar[str] = "smooth"
    title: ClassVar[str] = "Smooth"
    method: Literal["median", "gaussian", "joint"] = parameter(
        "median", help="majority in a window, Gaussian, or a Gaussian of all labels of the group at once"
    )
    radius: float = parameter(
        1.0, minimum=0.1, maximum=100, unit="voxels", help="median: half the window; Gaussians: standard deviation"
    )
    radius_mm: float | None = parameter(
        None, minimum=0.001, maximum=1000, unit="mm", help="the same in mm instead of voxels, true on any spacing"
    )

    def _sizes(self, spacing: Spacing) -> tuple[float, float, float]:
        """The radius in voxels along k, j, i."""
        if self.radius_mm is None:
            return self.radius, self.radius, self.radius
        k, j, i = (self.radius_mm / step for step in spacing)
        return k, j, i

    def _window(self, spacing: Spacing) -> tuple[int, int, int]:
        k, j, i = (int(size * (1 + 1e-9)) for size in self._sizes(spacing))
        return k, j, i

    def margin(self, spacing: Spacing) -> tuple[int, int, int]:
        """See ``Labelwise``."""
        if self.method == "median":
            return self._window(spacing)
        return smoothing.gaussian_reach(self._sizes(spacing))

    def shaped(self, mask: Mask, spacing: Spacing) -> Mask:
        """See ``Labelwise``."""
        if self.method == "median":
            return smoothing.median(mask, self._window(spacing))
        return smoothing.gaussian(mask, self._sizes(spacing))

    def result_name(self, name: str) -> str:
        """See ``Labelwise``."""
        size = f"{self.radius_mm:g} mm" if self.radius_mm is not None else f"{self.radius:g}"
        return f"Smooth ({self.method}, {size}) {name}"

    def remarks(self, spacing: Spacing) -> tuple[str, ...]:
        """See ``Labelwise``."""
        if self.method != "median" or any(self._window(spacing)):
            return ()
        steps = " x ".join(f"{step:g}" for step in spacing[::-1])
        size = f"{self.radius_mm:g} mm" if self.radius_mm is not None else f"{self.radius:g} voxels"
        return (f"a window of {size} to each side reaches no other voxel on a grid of {steps} mm",)

    def lifted(self, values: Sequence[int]) -> frozenset[int]:
        """See ``Labelwise``: neighbours that are smoothed together give voxels to each other."""
        return frozenset(values) if self.method == "joint" and self.into == "same" else frozenset()

    def propose(self, scene: Scene, progress: Progress | None = None) -> Draft:
        """See ``Tool`` and ``base.propose``. Raises ToolError, OptionError, UnknownLabelError."""
        if self.method != "joint":
            return super().propose(scene, progress)
        values = self._together(scene)
        found = Found()
        groups = sorted({scene.segmentation.group_index_of(value) for value in values})
        todo = [(group, at) for group in groups for at in scenes_asked(scene, self.frames)]
        for (group, at), part in parts(todo, part_of(progress, 0, SHAPED)):
            mine = [value for value in values if value in scene.segmentation.group(group)]
            self._add_joint(at, group, mine, found, part)
        return written(self, scene, values, found, [], part_of(progress, SHAPED, 1))

    def _together(self, scene: Scene) -> tuple[int, ...]:
        """The labels that are smoothed together. Raises ToolError when all that could be meant are locked."""
        if self.labels not in ((), "all"):
            return chosen_values(scene, self.labels)
        segmentation = scene.segmentation
        labels = segmentation.labels if self.labels == "all" else segmentation.group(scene.active_group()).labels
        free = tuple(label.value for label in labels if not label.locked)
        if not free:
            raise ToolError("all labels are locked; unlock those to smooth together, or name them")
        return free

    def _add_joint(
        self, scene: Scene, group: int, values: Sequence[int], found: Found, progress: Progress | None
    ) -> None:
        """Adds the claims of one group's labels in one frame."""
        index = scene.segmentation.group(group).index
        reach = self.margin(spacing_kji(scene))
        tight = {value: index.box(value, scene.t) for value in index.values(scene.t)}
        boxes = {value: grown(box, reach, scene.geometry.shape) for value, box in tight.items() if box is not None}
        mine = [value for value in values if value in boxes]
        if not mine:
            return
        block = reduce(Box.union, (boxes[value] for value in mine))
        winners = self._winners(scene, group, mine, boxes, block, progress)
        frame = scene.segmentation.group(group).array[scene.t]
        for number, value in enumerate(mine, 1):
            box = boxes[value]
            held = np.asarray(frame[box.slices] == value)
            wanted = np.asarray(winners[box.moved(block.lower, -1).slices] == number)
            found.add(scene.t, value, Claim(box.lower, self.limited(scene, box, held, wanted), held))

    def _winners(
        self,
        scene: Scene,
        group: int,
        mine: Sequence[int],
        boxes: dict[int, Box],
        block: Box,
        progress: Progress | None,
    ) -> smoothing.Numbers:
        """Which of ``mine`` (from 1) gets each voxel of the block; 0 also where another label holds the voxel."""
        frame = scene.segmentation.group(group).array[scene.t]
        sizes = self._sizes(spacing_kji(scene))
        joint = smoothing.JointSmoothing(block.shape)
        numbers = {value: number for number, value in enumerate(mine, 1)}
        for value, box in told(list(boxes.items()), progress, [box.voxels for box in boxes.values()]):
            common = box.intersection(block)
            if not common.voxels:
                continue
            weights = smoothing.blurred(np.asarray(frame[box.slices] == value), sizes)
            part = weights[common.moved(box.lower, -1).slices]
            joint.add(numbers.get(value, 0), part, common.moved(block.lower, -1).slices, value not in numbers)
        winners = joint.winners()
        free = np.zeros(np.iinfo(frame.dtype).max + 1, np.bool_)
        free[[0, *mine]] = True
        winners[~free[frame[block.slices]]] = 0
        return winners
