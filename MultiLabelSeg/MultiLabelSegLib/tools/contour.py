"""Add and Subtract: a closed contour in a slice gives what it encloses to the active label, or takes it away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from ..edit.proposal import MergeStyle, Proposal
from ..errors import ToolError
from ..ops.contour import fill_polygon
from .base import Draft, Scene, Scope
from .masking import Masked
from .parameters import parameter
from .points import Point, points_of
from .slices import Plane, SliceOf, slice_of_points

Mode = Literal["add", "subtract"]


@dataclass(frozen=True, kw_only=True)
class InSlice(Masked):
    """Base of tools that draw in a slice: given points, the slice that they lie in, and writing a mask of it."""

    plane: Plane = parameter("axial", help="the slice's plane")
    slice: int | None = parameter(None, minimum=0, help="the slice; the one that all points lie in unless given")

    def slice_of(self, scene: Scene, points_ijk: NDArray[np.float64]) -> SliceOf:
        """The slice that is drawn in. Raises ToolError for one outside of the image, points of several."""
        if self.slice is not None:
            return SliceOf(scene.geometry, self.plane, self.slice)
        return slice_of_points(scene.geometry, self.plane, points_ijk)

    def draft(self, scene: Scene, where: SliceOf, start: tuple[int, int], mask: NDArray[np.bool_], mode: Mode) -> Draft:
        """Gives a block of the slice to the active label (``add``), or takes that label away there (``subtract``).

        ``start`` is row and column of the block's first pixel. Adding leaves locked labels as they are, subtracting
        every other label.
        """
        label, group, t = scene.active_label(), scene.active_group(), scene.checked_frame()
        verb = "Add to" if mode == "add" else "Subtract from"
        if not mask.any():
            return Draft(f"{verb} {label.name}", notes=("no voxel centre lies within; nothing was changed",))
        rows, columns = mask.shape
        box = where.box_of(start, (start[0] + rows, start[1] + columns))
        region = self.masked(scene, box, where.thick(mask))
        if mode == "subtract":
            region = region & (scene.values()[box.slices] == label.value)
            unlocked = frozenset((label.value,))
            proposal = Proposal(group, region, {1: 0}, box, t, MergeStyle.MERGE, unlocked=unlocked)
        else:
            proposal = Proposal(group, region, {1: label.value}, box, t, MergeStyle.MERGE)
        return Draft(f"{verb} {label.name}", ((proposal,),))


@dataclass(frozen=True, kw_only=True)
class Contoured(InSlice):
    """Base of tools that take a closed contour."""

    contour_ijk: tuple[Point, ...] = parameter((), help="points of the closed contour, [i, j, k] each")
    contour_lps: tuple[Point, ...] = parameter((), unit="mm", help="the points in LPS mm, instead of contour_ijk")

    def enclosed(self, scene: Scene) -> tuple[SliceOf, tuple[int, int], NDArray[np.bool_]]:
        """The slice, and the block of it that the contour encloses, cut at the borders.

        Raises ToolError for fewer than three points, a slice outside of the image, a contour wholly outside of it.
        """
        points = points_of(scene, self.contour_ijk, self.contour_lps, "contour", 3)
        where = self.slice_of(scene, points)
        return (where, *filled(where, where.flattened(points)))


def filled(where: SliceOf, polygon: NDArray[np.float64]) -> tuple[tuple[int, int], NDArray[np.bool_]]:
    """What a polygon (x, y) of a slice encloses. Raises ToolError when all of it is outside of the slice."""
    low, high = polygon.min(axis=0), polygon.max(axis=0)
    rows, columns = where.shape
    if (high < -0.5).any() or (low > (columns - 0.5, rows - 0.5)).any():
        raise ToolError(
            f"the contour is outside of the image: columns {low[0]:g}...{high[0]:g}, rows {low[1]:g}...{high[1]:g} "
            f"of a slice of {columns} x {rows}"
        )
    return fill_polygon(polygon, where.shape)


@dataclass(frozen=True, kw_only=True)
class _Drawn(Contoured):
    """What Add and Subtract share: the modifier key makes each the other."""

    invert: bool = parameter(False, help="do the opposite, as while the modifier key is held")
    mode: ClassVar[Mode]

    def propose(self, scene: Scene) -> Draft:
        """See ``Tool``. Raises ToolError."""
        scene.active_label()
        mode: Mode = "add" if (self.mode == "add") != self.invert else "subtract"
        where, start, mask = self.enclosed(scene)
        return self.draft(scene, where, start, mask, mode)


@dataclass(frozen=True, kw_only=True)
class Add(_Drawn):
    """Gives what the contour encloses to the active label: unlabelled space and unlocked labels; locked ones stay."""

    name: ClassVar[str] = "add"
    title: ClassVar[str] = "Add"
    scope: ClassVar[Scope] = "2d"
    mode: ClassVar[Mode] = "add"


@dataclass(frozen=True, kw_only=True)
class Subtract(_Drawn):
    """Takes the active label away within the contour; no other label changes."""

    name: ClassVar[str] = "subtract"
    title: ClassVar[str] = "Subtract"
    scope: ClassVar[Scope] = "2d"
    mode: ClassVar[Mode] = "subtract"
