"""Fill, Erase and Close: they act on the region that is clicked in a slice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..core import Box
from ..core.naming import display_names
from ..edit.proposal import MergeStyle, Proposal
from ..errors import LockedError
from ..ops.regions import Mask, holes_of, region_at
from .base import Draft, Scene, Scope
from .masking import Masked
from .parameters import parameter
from .points import Point, voxel_of
from .slices import PLANES, Plane, SliceOf


@dataclass(frozen=True, eq=False)
class _Click:
    """A click into a slice: the value there, and the joined region of that value."""

    where: SliceOf
    value: int
    box: Box
    region: Mask  #: rows and columns of the box


@dataclass(frozen=True, kw_only=True)
class _Clicked(Masked):
    """Base of the tools that take a click."""

    point_ijk: Point | None = parameter(None, help="the clicked point [i, j, k]")
    point_lps: Point | None = parameter(None, unit="mm", help="the clicked point in LPS mm, instead of point_ijk")
    plane: Plane = parameter("axial", help="the plane of the slice that is clicked")

    def _click(self, scene: Scene) -> _Click:
        """The region under the click. Raises ToolError outside of the image, LockedError for a locked region."""
        i, j, k = voxel_of(scene, self.point_ijk, self.point_lps)
        where = SliceOf(scene.geometry, self.plane, (k, j, i)[PLANES.index(self.plane)])
        pixels = where.take(scene.values())
        column, row = where.point_of((i, j, k))
        value = int(pixels[int(row), int(column)])
        _refuse_locked(scene, value)
        (top, bottom, left, right), region = region_at(pixels, int(row), int(column))
        return _Click(where, value, where.box_of((top, left), (bottom, right)), region)

    def _proposal(
        self, scene: Scene, click: _Click, mask: NDArray[Any], target: int, unlocked: frozenset[int] = frozenset()
    ) -> Draft:
        """A draft that gives the mask (rows, columns of the click's box) to ``target``."""
        region = self.masked(scene, click.box, click.where.thick(mask))
        style = MergeStyle.MERGE
        group, t = scene.active_group(), scene.checked_frame()
        proposal = Proposal(group, region, {1: target}, click.box, t, style, unlocked=unlocked)
        return Draft(f"{type(self).__name__} {_name(scene, target or click.value)}", ((proposal,),))


@dataclass(frozen=True, kw_only=True)
class Fill(_Clicked):
    """Gives the clicked region to the active label."""

    name: ClassVar[str] = "fill"
    title: ClassVar[str] = "Fill"
    scope: ClassVar[Scope] = "2d"

    def propose(self, scene: Scene) -> Draft:
        """See ``Tool``. Raises ToolError, LockedError."""
        label, click = scene.active_label(), self._click(scene)
        return self._proposal(scene, click, click.region, label.value)


@dataclass(frozen=True, kw_only=True)
class Erase(_Clicked):
    """Erases the clicked region; on unlabelled background nothing, or the whole slice where that is asked for."""

    name: ClassVar[str] = "erase"
    title: ClassVar[str] = "Erase"
    scope: ClassVar[Scope] = "2d"
    background: bool = parameter(
        False, help="a click on unlabelled background erases the active label and unlocked ones in the whole slice"
    )

    def propose(self, scene: Scene) -> Draft:
        """See ``Tool``. Raises ToolError, LockedError."""
        active, click = scene.active_label(), self._click(scene)
        if click.value:
            return self._proposal(scene, click, click.region, 0, frozenset((click.value,)))
        if not self.background:
            return Draft("Erase", notes=("the click is on unlabelled background; nothing was erased",))
        whole = _Click(click.where, 0, click.where.box, np.ones(click.where.shape, np.bool_))
        return self._proposal(scene, whole, whole.region, 0, frozenset((active.value,)))


@dataclass(frozen=True, kw_only=True)
class Close(_Clicked):
    """Fills the holes of the clicked region with the region's own label."""

    name: ClassVar[str] = "close"
    title: ClassVar[str] = "Close"
    scope: ClassVar[Scope] = "2d"

    def propose(self, scene: Scene) -> Draft:
        """See ``Tool``. Raises ToolError, LockedError."""
        scene.active_label()
        click = self._click(scene)
        if not click.value:
            return Draft("Close", notes=("the click is on unlabelled background; there is nothing to close",))
        return self._proposal(scene, click, holes_of(click.region), click.value)


def _refuse_locked(scene: Scene, value: int) -> None:
    """Raises LockedError when the clicked label, or unlabelled space, is locked and not the active label."""
    segmentation = scene.segmentation
    if value == 0 and segmentation.unlabeled_locked:
        raise LockedError("unlabelled space is locked")
    group = segmentation.group(scene.active_group())
    if value and value != scene.label and value in group and group.label(value).locked:
        raise LockedError(f"the clicked region belongs to {_name(scene, value)}, which is locked")


def _name(scene: Scene, value: int) -> str:
    if value not in scene.segmentation:
        return f"the value {value}" if value else "background"
    return display_names(scene.segmentation.group_of(value).labels)[value]
