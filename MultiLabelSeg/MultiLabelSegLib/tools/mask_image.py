"""The image with only what lies inside, or outside, of labels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from ..core import Image
from ..errors import GeometryError, OptionError, ToolError
from .base import ImageResult, Scene, Scope
from .choice import LabelChoice, chosen_values, shown
from .parameters import check_ranges, parameter


@dataclass(frozen=True, kw_only=True)
class MaskImage:
    """Makes an image in which only the voxels of labels keep their brightness. Nothing else changes."""

    name: ClassVar[str] = "mask_image"
    title: ClassVar[str] = "Mask image"
    scope: ClassVar[Scope] = "post"
    labels: LabelChoice = parameter((), help="labels that mask, values or names, or all; the active one unless given")
    keep: Literal["inside", "outside"] = parameter(
        "inside", help="what keeps its brightness: inside of the labels or not"
    )
    value: float | Literal["minimum"] = parameter(
        0.0, help="brightness of all other voxels: a number, or the minimum of the image"
    )
    frames: Literal["all", "current"] = parameter("all", help="all frames of the image, or the current one alone")

    def __post_init__(self) -> None:
        check_ranges(self)
        number = isinstance(self.value, (int, float)) and not isinstance(self.value, bool)
        if self.value != "minimum" and not (number and math.isfinite(self.value)):
            raise OptionError("value", self.value, "a number, or minimum")

    def propose(self, scene: Scene) -> ImageResult:
        """See ``Tool``. Raises ToolError without an image on the segmentation's grid, UnknownLabelError."""
        values = chosen_values(scene, self.labels)
        scene.pixels()
        image = scene.image
        assert image is not None
        if self.frames == "current":
            frame = scene.pixels()
            image = Image(frame[np.newaxis], replace(image.geometry, time_steps=1, time_bounds=None), image.metadata)
        mask = self._mask(scene, values, len(image.array))
        masked, notes = mask_image(image, mask if self.keep == "inside" else ~mask, self.value)
        names = " ".join(shown(scene.segmentation, value) for value in values)
        return ImageResult(masked, f"Masked by {names}", notes)

    def _mask(self, scene: Scene, values: Sequence[int], frames: int) -> NDArray[np.bool_]:
        """Where the labels are, with as many frames as the image or one for all of them."""
        segmentation = scene.segmentation
        held = np.zeros(segmentation.geometry.full_shape, np.bool_)
        for group in segmentation.groups:
            mine = [value for value in values if value in group]
            if mine:
                held |= np.isin(group.array, mine)
        if self.frames == "current":
            return np.asarray(held[scene.checked_frame()][np.newaxis])
        if len(held) not in (1, frames):
            raise ToolError(
                f"the segmentation has {len(held)} frames, the image {frames}; mask the current frame alone"
            )
        return held


def mask_image(
    image: Image, mask: NDArray[np.bool_], value: float | Literal["minimum"] = 0.0
) -> tuple[Image, tuple[str, ...]]:
    """An image of the same type whose voxels outside of a mask are all ``value``; and notes on what was rounded.

    ``mask`` is (t, k, j, i), or has one frame that counts for all. A value that the image's type does not hold is
    rounded and cut to its range. Raises GeometryError for a mask of another shape.
    """
    expected = image.array.shape
    if mask.shape not in (expected, (1, *expected[1:])):
        raise GeometryError(f"a mask (t, k, j, i) {mask.shape} for an image of {expected}")
    notes: tuple[str, ...] = ()
    fill: Any = image.array.min() if value == "minimum" else value
    if value != "minimum" and image.array.dtype.kind in "ui":
        limits = np.iinfo(image.array.dtype)
        fill = min(max(math.floor(float(value) + 0.5), int(limits.min)), int(limits.max))
        if fill != value:
            notes = (f"the value {value:g} became {fill}, as the image holds {image.array.dtype} numbers",)
    array = np.where(mask, image.array, image.array.dtype.type(fill))
    return Image(array, image.geometry, dict(image.metadata)), notes
