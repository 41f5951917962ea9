"""Paint and Wipe: a round brush along a stroke, in a slice or as a ball in the volume."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from ..core import Box
from ..edit.proposal import MergeStyle, Proposal
from ..errors import ToolError
from ..ops.brush import ball_mm, disk_pixels, stroke
from .base import Draft, Scene, Scope
from .masking import Masked
from .parameters import parameter
from .points import Point
from .slices import Plane, SliceOf, slice_of_points


def _is_finite(number: Any) -> bool:
    return isinstance(number, (int, float, np.number)) and math.isfinite(number)


@dataclass(frozen=True, kw_only=True)
class Brush(Masked):
    """The brush that paints and wipes."""

    stroke_ijk: tuple[Point, ...] = parameter((), help="points of the stroke, [i, j, k] each")
    stroke_lps: tuple[Point, ...] = parameter((), help="points of the stroke in LPS mm, instead of stroke_ijk")
    plane: Plane = parameter("axial", help="the slice's plane")
    slice: int | None = parameter(None, minimum=0, help="the slice; the one that all points lie in unless given")
    diameter: int = parameter(10, minimum=1, maximum=1000, unit="pixels", help="size of the brush in pixels")
    diameter_mm: float | None = parameter(
        None, minimum=0.01, maximum=10000, unit="mm", help="size in mm instead of pixels, round on any spacing"
    )
    ball: bool = parameter(False, help="a ball in the volume instead of a disk in the slice (its size is in mm)")

    def covered(self, scene: Scene) -> tuple[Box, NDArray[np.bool_]]:
        """The box that the stroke covers and its mask (k, j, i), cut at the borders, without what masking forbids.

        Raises ToolError for a stroke without points, a slice outside of the image, a stroke that is wholly outside.
        """
        points = self._points(scene)
        if self.ball:
            box, mask = self._ball(scene, points)
        else:
            box, mask = self._disk(scene, points)
        if not mask.size:
            raise ToolError(f"the stroke is outside of the image of {list(scene.geometry.size)} voxels")
        return box, self.masked(scene, box, mask)

    def _points(self, scene: Scene) -> list[Point]:
        given = self.stroke_ijk or self.stroke_lps
        if not given or (self.stroke_ijk and self.stroke_lps):
            raise ToolError("a stroke needs points: stroke_ijk or stroke_lps, one of them")
        listed: list[Any] = list(given)
        for point in listed:
            if not (isinstance(point, (tuple, list)) and len(point) == 3 and all(map(_is_finite, point))):
                raise ToolError(f"a point of a stroke is three finite numbers, found {point!r}")
        if self.stroke_ijk:
            return listed
        found: list[Any] = scene.geometry.ijk_from_lps(given).tolist()
        return found

    def _disk(self, scene: Scene, points: list[Point]) -> tuple[Box, NDArray[np.bool_]]:
        if self.slice is None:
            where = slice_of_points(scene.geometry, self.plane, np.array(points, np.float64))
        else:
            where = SliceOf(scene.geometry, self.plane, self.slice)
        flat = [where.point_of(point)[::-1] for point in points]
        if self.diameter_mm is not None:
            mask, centre = ball_mm(float(self.diameter_mm), where.spacing)
            half, steps = self.diameter_mm / 2, where.spacing
        else:
            mask, middle = disk_pixels(self.diameter)
            centre, half, steps = (middle, middle), self.diameter / 2, (1.0, 1.0)
        start, block = stroke(flat, mask, centre, where.shape, half, steps)
        rows, columns = block.shape
        box = where.box_of((start[0], start[1]), (start[0] + rows, start[1] + columns))
        return box, where.thick(block)

    def _ball(self, scene: Scene, points: list[Point]) -> tuple[Box, NDArray[np.bool_]]:
        spacing = scene.geometry.spacing[::-1]
        diameter = float(self.diameter_mm) if self.diameter_mm is not None else self.diameter * min(spacing)
        mask, centre = ball_mm(diameter, spacing)
        shape = scene.geometry.shape
        start, block = stroke([point[::-1] for point in points], mask, centre, shape, diameter / 2, spacing)
        k, j, i = start[0], start[1], start[2]
        size = block.shape
        return Box((k, j, i), (k + size[0], j + size[1], i + size[2])), block


@dataclass(frozen=True, kw_only=True)
class Paint(Brush):
    """Paints the active label: unlabelled space and unlocked labels become it, locked ones stay."""

    name: ClassVar[str] = "paint"
    title: ClassVar[str] = "Paint"
    scope: ClassVar[Scope] = "2d"

    def propose(self, scene: Scene) -> Draft:
        """See ``Tool``. Raises ToolError."""
        label = scene.active_label()
        group = scene.segmentation.group_index_of(label.value)
        box, mask = self.covered(scene)
        proposal = Proposal(group, mask, {1: label.value}, box, scene.checked_frame(), MergeStyle.MERGE)
        return Draft(f"Paint {label.name}", ((proposal,),))


@dataclass(frozen=True, kw_only=True)
class Wipe(Brush):
    """Erases with the brush: the active label, or every unlocked one."""

    name: ClassVar[str] = "wipe"
    title: ClassVar[str] = "Wipe"
    scope: ClassVar[Scope] = "2d"
    erase: Literal["active", "unlocked"] = parameter(
        "active", help="what is erased: the active label, or also every unlocked label of the group (MITK's way)"
    )

    def propose(self, scene: Scene) -> Draft:
        """See ``Tool``. Raises ToolError."""
        label = scene.active_label()
        group = scene.segmentation.group_index_of(label.value)
        box, mask = self.covered(scene)
        if self.erase == "active":
            mask = mask & (scene.values()[box.slices] == label.value)
        unlocked = frozenset((label.value,))
        t = scene.checked_frame()
        proposal = Proposal(group, mask, {1: 0}, box, t, MergeStyle.MERGE, unlocked=unlocked)
        return Draft(f"Wipe {label.name}", ((proposal,),))
