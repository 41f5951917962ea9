"""Autocrop: the segmentation, and its image, cut to the box of its labels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import ClassVar

import numpy as np

from ..core import Box, Image, Segmentation
from ..core.label_index import Extent
from ..edit.changes import Command
from ..edit.geometry_change import GeometryChange
from ..errors import GeometryError, ToolError
from .base import Draft, PlannedDraft, Scene, Scope
from .choice import LabelChoice, chosen_values, shown
from .labelwise import grown
from .parameters import check_ranges, parameter


@dataclass(frozen=True, kw_only=True)
class Autocrop:
    """Cuts the segmentation to the box around its labels over all groups and frames. Nothing moves in space."""

    name: ClassVar[str] = "autocrop"
    title: ClassVar[str] = "Autocrop"
    scope: ClassVar[Scope] = "post"
    labels: LabelChoice = parameter(
        "all", help="labels that the box is made for, values or names; all that is labelled unless given"
    )
    margin: int = parameter(0, minimum=0, maximum=100000, unit="voxels", help="voxels to leave around on each side")
    margin_mm: float | None = parameter(
        None, minimum=0, maximum=100000, unit="mm", help="the same in mm instead of voxels, rounded up to voxels"
    )

    def __post_init__(self) -> None:
        check_ranges(self)

    def propose(self, scene: Scene) -> Draft:
        """See ``Tool``. Raises ToolError when there is nothing to crop to, UnknownLabelError."""
        segmentation = scene.segmentation
        box = self.box(scene)
        if box == Box.whole(segmentation.geometry.shape):
            return Draft("Autocrop", notes=("the segmentation is as small as that already",))
        notes = [
            f"{shown(segmentation, value) if value in segmentation else f'the value {value}'} loses {voxels} voxels "
            "that lie outside"
            for value, voxels in lost_by_crop(segmentation, box).items()
        ]
        return PlannedDraft("Autocrop", notes=tuple(notes), plan=lambda document: crop(document, box, "Autocrop"))

    def box(self, scene: Scene) -> Box:
        """The box that is cropped to, margin included. Raises ToolError when the labels have no voxels."""
        values = None if self.labels == "all" else chosen_values(scene, self.labels)
        margin: float = self.margin if self.margin_mm is None else self.margin_mm
        return labelled_box(scene.segmentation, values, margin, in_mm=self.margin_mm is not None)


def labelled_box(
    segmentation: Segmentation, values: Sequence[int] | None = None, margin: float = 0, *, in_mm: bool = False
) -> Box:
    """The smallest box around labels over all frames, with a margin in voxels or mm, as far as the grid goes.

    ``values`` None means every voxel that is not 0, with or without a label. Raises ToolError when there is none.
    """
    boxes = []
    for group in segmentation.groups:
        mine = group.present_values() if values is None else [value for value in values if value in group]
        boxes += [extent.box for extent in map(group.extent, mine) if extent is not None]
    if not boxes:
        raise ToolError("there is nothing to crop to: no label that is meant has voxels")
    i, j, k = segmentation.geometry.spacing
    steps = (k, j, i) if in_mm else (1.0, 1.0, 1.0)
    by = [math.ceil(margin / step * (1 - 1e-9)) for step in steps]
    return grown(reduce(Box.union, boxes), (by[0], by[1], by[2]), segmentation.geometry.shape)


def crop(segmentation: Segmentation, box: Box, title: str = "Crop") -> Command:
    """Cuts a segmentation to a box of its grid, as one step that can be undone.

    Raises GeometryError for a box that is empty or reaches beyond the grid.
    """
    _check(box, segmentation.geometry.shape)
    geometry = segmentation.geometry.cropped(box.lower, box.shape)
    arrays = [group.array[(slice(None), *box.slices)].copy() for group in segmentation.groups]
    return Command(title, (GeometryChange(geometry, arrays),))


def crop_image(image: Image, box: Box) -> Image:
    """An image cut to a box of its grid; a copy. Raises GeometryError as ``crop``."""
    _check(box, image.geometry.shape)
    array = np.ascontiguousarray(image.array[(slice(None), *box.slices)])
    return Image(array, image.geometry.cropped(box.lower, box.shape), dict(image.metadata))


def lost_by_crop(segmentation: Segmentation, box: Box) -> dict[int, int]:
    """How many voxels each value has outside of a box; values that have none are left out."""
    lost: dict[int, int] = {}
    for group in segmentation.groups:
        cut = [value for value in group.present_values() if not _holds(box, group.extent(value))]
        if not cut:
            continue
        inside = np.zeros(65536, np.int64)
        for frame in group.array:
            inside += np.bincount(frame[box.slices].reshape(-1), minlength=65536)
        lost.update({value: group.voxels(value) - int(inside[value]) for value in cut})
    return lost


def _holds(box: Box, extent: Extent | None) -> bool:
    return extent is None or box.contains(extent.box)


def _check(box: Box, shape: tuple[int, int, int]) -> None:
    if not box.voxels or not Box.whole(shape).contains(box):
        raise GeometryError(f"the box {box.lower} to {box.upper} (k, j, i) is empty or beyond the grid of {shape}")
