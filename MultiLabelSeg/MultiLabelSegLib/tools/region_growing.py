"""Region growing: what is joined to a seed and about as bright, in a slice or in the volume."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from ..core import Box
from ..edit.proposal import MergeStyle, Proposal
from ..errors import ToolError
from ..ops.region_growing import Window, dragged, first_window, grow, seed_value, value_range
from .base import Draft, Scene, Scope
from .masking import Masked
from .parameters import parameter
from .points import Point, voxel_of
from .slices import PLANES, Plane, SliceOf


@dataclass(frozen=True, kw_only=True)
class RegionGrowing(Masked):
    """Gives the active label what is joined to the seed and as bright: unlabelled space and unlocked labels."""

    name: ClassVar[str] = "region_growing"
    title: ClassVar[str] = "Region growing"
    scope: ClassVar[Scope] = "2d"
    point_ijk: Point | None = parameter(None, help="the seed [i, j, k]")
    point_lps: Point | None = parameter(None, unit="mm", help="the seed in LPS mm, instead of point_ijk")
    plane: Plane = parameter("axial", help="the plane of the slice that is clicked")
    volume: bool = parameter(False, help="grow in the whole volume instead of the slice")
    level_lower: float | None = parameter(
        None, help="lower end of the display's level window; the darkest value of the slice or volume unless given"
    )
    level_upper: float | None = parameter(
        None, help="upper end of the display's level window; the brightest value of the slice or volume unless given"
    )
    lower: float | None = parameter(None, help="lowest value to take, instead of the one that the level window gives")
    upper: float | None = parameter(None, help="highest value to take, instead of the one that the level window gives")
    dx: float = parameter(0, unit="pixels", help="drag to the right on the screen: shifts the range of values up")
    dy: float = parameter(0, unit="pixels", help="drag upwards on the screen: widens the range of values")
    holes: Literal["fill", "keep"] = parameter("fill", help="whether holes of the region are filled")
    smooth: bool = parameter(True, help="smooth the region: a majority of the 5 x 5 (x 5) voxels around each")

    def propose(self, scene: Scene) -> Draft:
        """See ``Tool``. Raises ToolError."""
        label = scene.active_label()
        group = scene.segmentation.group_index_of(label.value)
        box, mask, notes = self.region(scene)
        title = f"Region growing {label.name}"
        if not mask.any():
            return Draft(title, notes=notes)
        region = self.masked(scene, box, mask)
        proposal = Proposal(group, region, {1: label.value}, box, scene.checked_frame(), MergeStyle.MERGE)
        return Draft(title, ((proposal,),), notes=notes)

    def region(self, scene: Scene) -> tuple[Box, NDArray[np.bool_], tuple[str, ...]]:
        """The region as a box of the frame, its mask (k, j, i), and notes; what a drag shows. Raises ToolError."""
        i, j, k = voxel_of(scene, self.point_ijk, self.point_lps)
        pixels = scene.pixels()
        if self.volume:
            lower, upper, (start, mask, stayed) = self._grown(pixels, (k, j, i))
            (k, j, i), size = start, mask.shape
            box = Box((k, j, i), (k + size[0], j + size[1], i + size[2]))
        else:
            where = SliceOf(scene.geometry, self.plane, (k, j, i)[PLANES.index(self.plane)])
            column, row = where.point_of((i, j, k))
            lower, upper, ((top, left), flat, stayed) = self._grown(where.take(pixels), (int(row), int(column)))
            box = where.box_of((top, left), (top + flat.shape[0], left + flat.shape[1]))
            mask = where.thick(flat)
        notes = [f"values from {lower:g} to {upper:g}"]
        if not mask.size:
            notes.append("the seed itself is not in this range; nothing was changed")
        elif not stayed:
            notes.append("smoothing would have taken the seed away; the region is not smoothed")
        return box, mask, tuple(notes)

    def _grown(self, pixels: NDArray[Any], seed: tuple[int, ...]) -> tuple[float, float, Any]:
        lower, upper = self.window(pixels, seed)
        return lower, upper, grow(pixels, seed, (lower, upper), self.smooth, self.holes == "fill")

    def window(self, pixels: NDArray[Any], seed: tuple[int, ...]) -> Window:
        """The range of values that is taken, after the drag. Raises ToolError for an empty level window or range."""
        limits = value_range(pixels)
        lower, upper = self.lower, self.upper
        if lower is None or upper is None or self.dx or self.dy:
            value, level = seed_value(pixels, seed), self._level(pixels)
            window = first_window(value, level, limits)
            window = (window[0] if lower is None else lower, window[1] if upper is None else upper)
            lower, upper = dragged(window, value, (self.dx, self.dy), level, limits) if self.dx or self.dy else window
        if lower > upper:
            raise ToolError(f"the range of values is empty: lower {lower:g} is above upper {upper:g}")
        return lower, upper

    def _level(self, pixels: NDArray[Any]) -> Window:
        low, high = self.level_lower, self.level_upper
        if low is None or high is None:
            numbers = pixels[np.isfinite(pixels)] if pixels.dtype.kind == "f" else pixels
            low = float(numbers.min()) if low is None else low
            high = float(numbers.max()) if high is None else high
        if low > high:
            raise ToolError(f"the level window is empty: lower {low:g} is above upper {high:g}")
        return low, high
