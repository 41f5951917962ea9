"""Surfaces for the 3D view: made in the background from a copy, coarser where the image is large."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..core import Box, Geometry, Group, Label, Segmentation
from ..core.surface import Surface
from ..host.base import Progress
from ..tools.surface import SMOOTHING, polygon_models

#: voxels of a copy; larger images are thinned out, which the eye hardly sees on a screen
MOST_VOXELS = 12_000_000
#: labels with fewer voxels are copied as they are, for little would be left of them
SMALL_LABEL = 20_000


@dataclass(frozen=True, eq=False)
class SurfaceWork:
    """Copies of what surfaces are made of, one small document each; ``make`` may run in any thread."""

    parts: tuple[Segmentation, ...]

    @classmethod
    def of(cls, document: Segmentation, values: Sequence[int], t: int = 0) -> SurfaceWork:
        """Copies frame ``t`` of these labels. Raises UnknownLabelError for a value that no label has."""
        geometry = document.geometry.with_time(1)
        step = 1
        while geometry.voxels / step**3 > MOST_VOXELS:
            step += 1
        parts = []
        for index in sorted({document.group_index_of(value) for value in values}):
            group = document.group(index)
            mine = [group.label(value) for value in dict.fromkeys(values) if value in group]
            small = [label for label in mine if step > 1 and group.index.voxels(label.value, t) <= SMALL_LABEL]
            large = [label for label in mine if label not in small and group.index.voxels(label.value, t)]
            if large:
                parts.append(_thinned(geometry, group, large, t, step))
            parts += [part for label in small if (part := _cropped(geometry, group, label, t)) is not None]
        return cls(tuple(parts))

    def make(self, progress: Progress) -> list[Surface]:
        """The surfaces in LPS mm; those made so far when ``progress`` says that it is enough."""
        found: list[Surface] = []
        for number, part in enumerate(self.parts):
            if not progress(number / len(self.parts)):
                break
            found += polygon_models(part, smoothing=SMOOTHING)
        return found


def _thinned(geometry: Geometry, group: Group, labels: Sequence[Label], t: int, step: int) -> Segmentation:
    array = group.array[t, ::step, ::step, ::step]
    affine = np.array(geometry.ijk_to_lps)
    affine[:3, :3] *= step
    depth, high, wide = array.shape
    return Segmentation(Geometry((depth, high, wide), affine), [Group(np.array(array), labels)])


def _cropped(geometry: Geometry, group: Group, label: Label, t: int) -> Segmentation | None:
    box = group.index.box(label.value, t)
    if box is None:
        return None
    (k0, j0, i0), (k1, j1, i1) = box
    grown = Box((k0 - 1, j0 - 1, i0 - 1), (k1 + 1, j1 + 1, i1 + 1)).intersection(Box.whole(geometry.shape))
    part = np.array(group.array[t][grown.slices])
    part[part != label.value] = 0
    return Segmentation(geometry.cropped(grown.lower, grown.shape), [Group(part, [label])])
