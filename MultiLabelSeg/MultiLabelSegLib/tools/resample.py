"""Resample: the segmentation on another grid, of another spacing or that of an image."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from ..core import Geometry, Group, Segmentation
from ..edit.changes import Command
from ..edit.geometry_change import GeometryChange
from ..errors import OptionError, ToolError
from ..ops import resample as ops
from ..ops.progress import Progress, parts
from .base import Draft, PlannedDraft, Scene, Scope
from .parameters import check_ranges, parameter

Method = Literal["nearest", "smooth"]
#: of one frame: 4096 along each axis, 128 GB
_MOST_VOXELS = 2**36


@dataclass(frozen=True, kw_only=True)
class Resample:
    """Puts the whole segmentation onto another grid; what lies outside of that is cut off."""

    name: ClassVar[str] = "resample"
    title: ClassVar[str] = "Resample"
    scope: ClassVar[Scope] = "post"
    spacing: tuple[float, float, float] | None = parameter(
        None, unit="mm", help="the new spacing along i, j, k over the same space; the grid of the image unless given"
    )
    method: Method = parameter(
        "nearest", help="values of the nearest voxels, or labels interpolated and weighed against each other"
    )

    def __post_init__(self) -> None:
        check_ranges(self)

    def propose(self, scene: Scene) -> Draft:
        """See ``Tool``. Raises ToolError without spacing and image, OptionError for an impossible spacing."""
        geometry = self.grid(scene)
        if geometry == scene.geometry:
            return Draft("Resample", notes=("the segmentation is on that grid already",))
        return PlannedDraft("Resample", plan=self._plan(geometry), is_long=True)

    def _plan(self, geometry: Geometry) -> Callable[[Segmentation, Progress | None], Command]:
        return lambda document, progress: resample(document, geometry, self.method, progress)

    def grid(self, scene: Scene) -> Geometry:
        """The grid that is asked for, with the segmentation's frames."""
        if self.spacing is not None:
            return respaced(scene.geometry, self.spacing)
        if scene.image is None:
            raise ToolError("resampling needs a spacing, or an image whose grid is taken; there is neither")
        return _with_frames(scene.image.geometry, scene.geometry)


def resample(
    segmentation: Segmentation, geometry: Geometry, method: Method = "nearest", progress: Progress | None = None
) -> Command:
    """Puts a segmentation onto another grid, as one step that can be undone; the frames stay as they are.

    ``nearest`` takes the value of the nearest voxel. ``smooth`` interpolates each label linearly, blurred first where
    the new grid is coarser, and gives each voxel to the label (or background) that weighs most. Outside of the old grid
    all is unlabelled. ``progress`` as in ``base.propose``. Raises OptionError for another method.
    """
    if method not in ("nearest", "smooth"):
        raise OptionError("method", method, ("nearest", "smooth"))
    wanted = _with_frames(geometry, segmentation.geometry)
    matrix, offset = _positions(segmentation.geometry, wanted)
    arrays = [
        _resampled(group, matrix, offset, wanted.shape, method, part)
        for group, part in parts(segmentation.groups, progress)
    ]
    return Command("Resample", (GeometryChange(wanted, arrays),))


def respaced(geometry: Geometry, spacing: tuple[float, float, float]) -> Geometry:
    """A grid of another spacing (mm along i, j, k) over the same space: the outer borders of the first voxels agree.

    Sizes are rounded to whole voxels, at least one. Raises OptionError unless three positive numbers are given, and for
    a spacing so fine that no machine could hold the grid.
    """
    if np.shape(spacing) != (3,) or not (np.isfinite(spacing).all() and min(spacing) > 0):
        raise OptionError("spacing", spacing, "three positive numbers, mm along i, j, k")
    ratio = np.asarray(spacing, np.float64) / geometry.spacing
    wanted = np.maximum(1, np.floor(np.array(geometry.size) / ratio + 0.5))
    if wanted.prod() > _MOST_VOXELS:
        most = (geometry.voxels * float(np.prod(geometry.spacing)) / _MOST_VOXELS) ** (1 / 3)
        expected = (
            f"a coarser spacing (at least about {most:.2g} mm along each axis); this makes {wanted.prod():.2g} voxels"
        )
        raise OptionError("spacing", spacing, expected)
    size = wanted.astype(int).tolist()
    affine = np.array(geometry.ijk_to_lps)
    affine[:3, 3] = geometry.lps_from_ijk((ratio - 1) / 2)
    affine[:3, :3] *= ratio
    return Geometry((size[2], size[1], size[0]), affine, geometry.time_steps, geometry.time_bounds)


def _with_frames(geometry: Geometry, like: Geometry) -> Geometry:
    return Geometry(geometry.shape, geometry.ijk_to_lps, like.time_steps, like.time_bounds)


def _positions(old: Geometry, new: Geometry) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The matrix and offset that lead from indices (k, j, i) of the new grid into the old one."""
    relative = np.linalg.solve(old.ijk_to_lps, new.ijk_to_lps)
    return relative[2::-1, 2::-1].copy(), relative[2::-1, 3].copy()


def _resampled(
    group: Group,
    matrix: NDArray[np.float64],
    offset: NDArray[np.float64],
    shape: tuple[int, int, int],
    method: Method,
    progress: Progress | None,
) -> NDArray[np.unsignedinteger]:
    frames = []
    for (t, frame), part in parts(list(enumerate(group.array)), progress):
        if method == "nearest":
            frames.append(ops.nearest(frame, matrix, offset, shape))
            continue
        boxes = {value: group.index.box(value, t) for value in group.index.values(t)}
        known = {value: (box.lower, box.upper) for value, box in boxes.items() if box is not None}
        frames.append(ops.smooth(frame, known, matrix, offset, shape, part))
    return np.stack(frames)
