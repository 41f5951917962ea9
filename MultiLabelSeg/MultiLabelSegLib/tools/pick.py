"""Picking: islands that are clicked are kept, or given to the active label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from ..core import Box
from ..core.naming import display_names
from ..errors import ToolError
from ..ops.components import Components, components
from ..ops.progress import Progress, told
from .base import Preview, PreviewFrame, PreviewLabel, Scene, Scope, scenes_asked
from .masking import Masked
from .parameters import parameter
from .points import Point, voxel_of
from .slices import Plane, SliceOf
from .threshold import PREVIEW_COLOR

Voxel = tuple[int, int, int]
Mask = NDArray[np.bool_]
_NOTHING = Box((0, 0, 0), (0, 0, 0))


@dataclass(frozen=True, kw_only=True)
class Pick(Masked):
    """Keeps only the islands of the active label that are picked, or gives picked islands of any label to it.

    With mode pick what is not picked is taken away from the active label when the preview is confirmed (it
    replaces), and islands of locked labels stay; with relabel picked islands are added whatever their lock.
    """

    name: ClassVar[str] = "pick"
    title: ClassVar[str] = "Picking"
    scope: ClassVar[Scope] = "3d"
    points_ijk: tuple[Point, ...] = parameter((), help="the picked points, [i, j, k] each")
    points_lps: tuple[Point, ...] = parameter((), unit="mm", help="picked points in LPS mm, beside or instead")
    point_ijk: Point | None = parameter(None, help="one picked point [i, j, k]")
    point_lps: Point | None = parameter(None, unit="mm", help="one picked point in LPS mm")
    points_slice: tuple[tuple[float, float], ...] = parameter(
        (), unit="pixels", help="picked points of a slice, [column, row] each, with plane and slice"
    )
    plane: Plane = parameter("axial", help="the plane of points_slice")
    slice: int | None = parameter(None, minimum=0, help="the slice of points_slice")
    mode: Literal["pick", "relabel"] = parameter(
        "pick", help="pick: the active label keeps only picked islands; relabel: picked islands become the active label"
    )
    connectivity: Literal[6, 18, 26] = parameter(6, help="voxels join over faces, over edges too, or over corners too")
    frames: Literal["current", "all"] = parameter("current", help="the current frame alone, or the same points in all")

    def propose(self, scene: Scene, progress: Progress | None = None) -> Preview:
        """See ``Tool``. A frame in which no island is hit stays as it is. Raises ToolError without points or label."""
        label, group = scene.active_label(), scene.active_group()
        voxels = self.voxels(scene)
        frames, notes = {}, []
        for at in told(scenes_asked(scene, self.frames), progress):
            where = f"frame {at.t}: " if scene.geometry.time_steps > 1 else ""
            frames[at.t], found = self._frame(at, group, voxels)
            notes += [where + note for note in found]
        labels = (PreviewLabel(1, label.name, PREVIEW_COLOR, label.value),)
        count = f"{len(voxels)} point" + "s" * (len(voxels) > 1)
        if self.mode == "pick":
            title = f"Pick islands of {label.name} ({count})"
            return Preview(title, frames, labels, "active", group, "replace", "regard", tuple(notes))
        title = f"Relabel islands as {label.name} ({count})"
        return Preview(title, frames, labels, "active", group, "merge", "ignore", tuple(notes))

    def voxels(self, scene: Scene) -> list[Voxel]:
        """The picked voxels (k, j, i), each once. Raises ToolError for none, and for points outside of the image."""
        points_ijk = [*self.points_ijk, *self._of_slice(scene)] + [self.point_ijk] * (self.point_ijk is not None)
        points_lps = [*self.points_lps] + [self.point_lps] * (self.point_lps is not None)
        found = [voxel_of(scene, point, None) for point in points_ijk]
        found += [voxel_of(scene, None, point) for point in points_lps]
        if not found:
            raise ToolError("nothing is picked: points_ijk, points_lps or points_slice is needed")
        return list(dict.fromkeys((k, j, i) for i, j, k in found))

    def _of_slice(self, scene: Scene) -> list[Point]:
        if not self.points_slice:
            return []
        if self.slice is None:
            raise ToolError("points_slice needs the slice, and its plane")
        where = SliceOf(scene.geometry, self.plane, self.slice)
        rows, columns = (axis for axis in range(3) if axis != where.axis)
        points: list[Point] = []
        for point in self.points_slice:
            if np.shape(point) != (2,):
                raise ToolError(f"a point of a slice is two numbers [column, row], found {point!r}")
            place = [float(self.slice)] * 3
            place[2 - columns], place[2 - rows] = point
            points.append((place[0], place[1], place[2]))
        return points

    def _frame(self, scene: Scene, group: int, voxels: Sequence[Voxel]) -> tuple[PreviewFrame, list[str]]:
        values = scene.values(group)
        by_value: dict[int, list[Voxel]] = {}
        for voxel in voxels:
            by_value.setdefault(int(values[voxel]), []).append(voxel)
        missed = by_value.pop(0, [])
        notes = [f"the point {[i, j, k]} is on unlabelled background; it picks nothing" for k, j, i in missed]
        parts = [self._islands(scene, group, value, picked) for value, picked in by_value.items()]
        if self.mode == "pick":
            notes += _warnings(scene, group, by_value)
            if not parts:
                notes.append("no island is picked; everything stays as it is")
                return _united(_kept(scene, group)), notes
        return self._limited(scene, group, _united(parts)), notes

    def _islands(self, scene: Scene, group: int, value: int, picked: Sequence[Voxel]) -> tuple[Box, Mask]:
        """The picked islands of one value, within the box that the value is known to lie in."""
        box = scene.segmentation.group(group).index.loose_box(value, scene.t) or _NOTHING
        low_k, low_j, low_i = box.lower
        found: Components = components(scene.values(group)[box.slices] == value, self.connectivity)
        numbers = {found.at(k - low_k, j - low_j, i - low_i) for k, j, i in picked}
        return box, found.mask_of(numbers)

    def _limited(self, scene: Scene, group: int, frame: PreviewFrame) -> PreviewFrame:
        """The frame without what masking forbids: there, nothing is added and nothing taken away."""
        if not (self.inside or self.outside or self.intensity_lower is not None or self.intensity_upper is not None):
            return frame
        if self.mode == "relabel":
            return PreviewFrame(frame.box, self.masked(scene, frame.box, frame.region))
        # what is not in the region is taken away from the active label, also outside of the frame's box
        whole = _united([(frame.box, frame.region.view(np.bool_)), *_kept(scene, group)])
        picked = np.zeros(whole.box.shape, np.bool_)
        picked[frame.box.moved(whole.box.lower, -1).slices] = frame.region
        allowed = self.masked(scene, whole.box, np.ones(whole.box.shape, np.bool_))
        held = scene.values(group)[whole.box.slices] == scene.label
        return PreviewFrame(whole.box, np.where(allowed, picked, held).view(np.uint8))


@dataclass
class PickEditor:
    """The points that were picked so far, as clicks and keys change them."""

    points_ijk: list[Point] = field(default_factory=list)

    def add(self, point_ijk: Point) -> None:
        """A click on a point (i, j, k)."""
        self.points_ijk.append(point_ijk)

    def remove_last(self) -> Point | None:
        """Takes the last pick back and returns it; None when there is none."""
        return self.points_ijk.pop() if self.points_ijk else None

    def reset(self) -> None:
        """Takes all picks back."""
        self.points_ijk.clear()

    def tool(self, mode: Literal["pick", "relabel"] = "pick", connectivity: Literal[6, 18, 26] = 6) -> Pick:
        """The tool with the points as they are. Confirming makes sense from one point on."""
        return Pick(points_ijk=tuple(self.points_ijk), mode=mode, connectivity=connectivity)


def _warnings(scene: Scene, group: int, by_value: dict[int, list[Voxel]]) -> list[str]:
    """What keeping only picked islands would do that a user may not expect."""
    held = scene.segmentation.group(group)
    names = display_names(held.labels)
    notes = [
        f"the picked island belongs to {names[value]}, which is locked: it stays unless locks are ignored"
        for value in by_value
        if value != scene.label and value in held and held.label(value).locked
    ]
    active = scene.label
    if by_value and active is not None and active not in by_value and held.index.voxels(active, scene.t):
        lost = held.index.voxels(active, scene.t)
        notes.append(f"no island of {names[active]} itself is picked: its {lost} voxels would go")
    return notes


def _kept(scene: Scene, group: int) -> list[tuple[Box, Mask]]:
    """The active label as it is."""
    value = scene.active_label().value
    box = scene.segmentation.group(group).index.loose_box(value, scene.t)
    return [] if box is None else [(box, scene.values(group)[box.slices] == value)]


def _united(parts: Sequence[tuple[Box, Mask]]) -> PreviewFrame:
    """Masks over boxes as one."""
    if not parts:
        return PreviewFrame(_NOTHING, np.zeros((0, 0, 0), np.uint8))
    if len(parts) == 1:
        return PreviewFrame(parts[0][0], parts[0][1].view(np.uint8))
    box = reduce(Box.union, (part for part, _ in parts))
    region = np.zeros(box.shape, np.bool_)
    for part, mask in parts:
        region[part.moved(box.lower, -1).slices] |= mask
    return PreviewFrame(box, region.view(np.uint8))
