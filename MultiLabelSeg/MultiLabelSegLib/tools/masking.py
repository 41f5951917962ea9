"""Limits that every tool knows: an intensity range, and labels inside or outside of which it may write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core import Box
from ..errors import ToolError
from .base import Scene
from .parameters import check_ranges, parameter

LabelKey = int | str


@dataclass(frozen=True, kw_only=True)
class Masked:
    """Base of tools: where they may write at all. Locks are not asked here."""

    intensity_lower: float | None = parameter(None, help="write only where the image is at least this bright")
    intensity_upper: float | None = parameter(None, help="write only where the image is at most this bright")
    inside: tuple[LabelKey, ...] = parameter((), help="write only inside these labels (values or names)")
    outside: tuple[LabelKey, ...] = parameter((), help="write only outside of these labels (values or names)")

    def __post_init__(self) -> None:
        check_ranges(self)

    def masked(self, scene: Scene, box: Box, mask: NDArray[Any]) -> NDArray[Any]:
        """``mask`` (k, j, i) of the box, with 0 where the tool may not write; itself where nothing limits it.

        Raises ToolError when a range is asked for without an image, UnknownLabelError, LabelError.
        """
        allowed: NDArray[np.bool_] | None = None
        if self.intensity_lower is not None or self.intensity_upper is not None:
            allowed = self._in_range(scene.pixels()[box.slices])
        for keys, wanted in ((self.inside, True), (self.outside, False)):
            if keys:
                held = _in_labels(scene, keys, box) == wanted
                allowed = held if allowed is None else allowed & held
        if allowed is None:
            return mask
        result: NDArray[Any] = np.where(allowed, mask, mask.dtype.type(0))
        return result

    def _in_range(self, pixels: NDArray[Any]) -> NDArray[np.bool_]:
        low, high = self.intensity_lower, self.intensity_upper
        if low is not None and high is not None and low > high:
            raise ToolError(f"the intensity range is empty: lower {low:g} is above upper {high:g}")
        allowed = np.ones(pixels.shape, np.bool_)
        if low is not None:
            allowed &= pixels >= low
        if high is not None:
            allowed &= pixels <= high
        return allowed


def _in_labels(scene: Scene, keys: tuple[LabelKey, ...], box: Box) -> NDArray[np.bool_]:
    """Where any of the labels is; a name means all labels of that name."""
    values: dict[int, list[int]] = {}
    for key in keys:
        named = scene.segmentation.labels_named(key) if isinstance(key, str) else ()
        for label in named or (scene.segmentation.label(key),):
            values.setdefault(scene.segmentation.group_index_of(label.value), []).append(label.value)
    held = np.zeros(box.shape, np.bool_)
    for group, wanted in values.items():
        held |= np.isin(scene.segmentation.group(group).array[scene.checked_frame()][box.slices], wanted)
    return held
