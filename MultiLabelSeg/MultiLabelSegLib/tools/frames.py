"""Static segmentations made dynamic, and dynamic ones static."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..core import Geometry, Segmentation
from ..edit.changes import Command
from ..edit.geometry_change import GeometryChange
from ..errors import ToolError
from .base import Draft, PlannedDraft, Scene, Scope
from .parameters import check_ranges, parameter


@dataclass(frozen=True, kw_only=True)
class ToDynamic:
    """Gives a static segmentation frames of its own; each begins with what the static one holds."""

    name: ClassVar[str] = "to_dynamic"
    title: ClassVar[str] = "Make dynamic"
    scope: ClassVar[Scope] = "post"
    count: int | None = parameter(
        None, minimum=2, maximum=100000, unit="frames", help="how many frames; those of the image unless given"
    )
    bounds: tuple[float, ...] = parameter(
        (), unit="ms", help="borders of the frames, one more than frames; those of the image, or equal, unless given"
    )

    def __post_init__(self) -> None:
        check_ranges(self)

    def propose(self, scene: Scene) -> Draft:
        """See ``Tool``. Raises ToolError for a dynamic segmentation, or where nothing says how many frames to make."""
        count, bounds = self.count, self.bounds or None
        image = None if scene.image is None else scene.image.geometry
        if count is None and bounds is not None:
            count = len(bounds) - 1
        if count is None:
            if image is None or image.time_steps < 2:
                raise ToolError("how many frames? give a count, or an image with several frames")
            count = image.time_steps
        if bounds is None and image is not None and image.time_steps == count:
            bounds = image.time_bounds
        made = _repeated(scene.geometry, count, bounds)
        return PlannedDraft(
            f"Make dynamic with {made.time_steps} frames", plan=lambda document: to_dynamic(document, count, bounds)
        )


@dataclass(frozen=True, kw_only=True)
class ToStatic:
    """Keeps one frame of a dynamic segmentation, for all of its time."""

    name: ClassVar[str] = "to_static"
    title: ClassVar[str] = "Make static"
    scope: ClassVar[Scope] = "post"
    frame: int | None = parameter(None, minimum=0, help="the frame that is kept; the current one unless given")

    def __post_init__(self) -> None:
        check_ranges(self)

    def propose(self, scene: Scene) -> Draft:
        """See ``Tool``. Raises ToolError for a static segmentation and for a frame that there is not."""
        t = scene.checked_frame() if self.frame is None else self.frame
        _single(scene.geometry, t)
        lost = sum(
            group.index.voxels(value, other)
            for group in scene.segmentation.groups
            for other in range(group.shape[0])
            if other != t
            for value in group.index.values(other)
        )
        notes = (f"{lost} labelled voxels of other frames are dropped",) if lost else ()
        return PlannedDraft(f"Make static from frame {t}", notes=notes, plan=lambda document: to_static(document, t))


def to_dynamic(segmentation: Segmentation, frames: int, bounds: Sequence[float] | None = None) -> Command:
    """Repeats a static segmentation in each of ``frames``; ``bounds`` are their borders in ms. Can be undone.

    Raises ToolError for a segmentation that has several frames already and for fewer than two, GeometryError for
    bounds that do not fit.
    """
    made = _repeated(segmentation.geometry, frames, bounds)
    arrays = [np.repeat(group.array, frames, axis=0) for group in segmentation.groups]
    return Command(f"Make dynamic with {frames} frames", (GeometryChange(made, arrays),))


def _repeated(geometry: Geometry, frames: int, bounds: Sequence[float] | None) -> Geometry:
    if geometry.time_steps > 1:
        raise ToolError(f"the segmentation is dynamic already: it has {geometry.time_steps} frames")
    if frames < 2:
        raise ToolError(f"a dynamic segmentation has two frames or more, not {frames}")
    return Geometry(geometry.shape, geometry.ijk_to_lps, frames, None if bounds is None else tuple(bounds))


def to_static(segmentation: Segmentation, t: int) -> Command:
    """Keeps frame ``t`` alone; its time spans that of all frames, as MITK's static segmentations do. Can be undone.

    Raises ToolError for a segmentation of one frame and for a frame that there is not.
    """
    made = _single(segmentation.geometry, t)
    arrays = [group.array[t : t + 1].copy() for group in segmentation.groups]
    return Command(f"Make static from frame {t}", (GeometryChange(made, arrays),))


def _single(geometry: Geometry, t: int) -> Geometry:
    if geometry.time_steps == 1:
        raise ToolError("the segmentation is static already: it has one frame")
    if not 0 <= t < geometry.time_steps:
        raise ToolError(f"there is no frame {t}; the segmentation has 0...{geometry.time_steps - 1}")
    borders = geometry.time_bounds or (0.0, float(geometry.time_steps))
    return Geometry(geometry.shape, geometry.ijk_to_lps, 1, (borders[0], borders[-1]))
