"""Surfaces for the 3D view: made in the background from a copy, coarser where the image is large."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...core import Box, Geometry, Group, Label, Segmentation
from ...core.surface import Surface
from ...host.base import Progress
from ...tools.surface import SMOOTHING, polygon_models

#: voxels of a copy; larger images are thinned out, which the eye hardly sees on a screen
MOST_VOXELS = 4_000_000
#: labels with fewer voxels are copied as they are, for little would be left of them
SMALL_LABEL = 30_000


@dataclass(frozen=True, eq=False)
class SurfaceWork:
    """What surfaces are made of: one frame of groups, and their labels. ``make`` may run in any thread.

    Voxels are read when ``make`` begins; what changes meanwhile may or may not be seen.
    """

    geometry: Geometry
    groups: tuple[tuple[NDArray[np.unsignedinteger], tuple[Label, ...]], ...]

    @classmethod
    def of(cls, document: Segmentation, values: Sequence[int], t: int = 0) -> SurfaceWork:
        """Of frame ``t`` of these labels. Raises UnknownLabelError for a value that no label has."""
        groups = []
        for index in sorted({document.group_index_of(value) for value in values}):
            group = document.group(index)
            labels = tuple(group.label(value) for value in dict.fromkeys(values) if value in group)
            groups.append((group.array[t], labels))
        return cls(document.geometry.with_time(1), tuple(groups))

    def parts(self) -> list[Segmentation]:
        """Copies of the voxels, one small document each."""
        step = 1
        while self.geometry.voxels / step**3 > MOST_VOXELS:
            step += 1
        found = []
        for frame, labels in self.groups:
            group = Group(np.array(frame)[np.newaxis], labels)
            index = group.index
            small = [label for label in labels if step > 1 and index.voxels(label.value, 0) <= SMALL_LABEL]
            large = [label for label in labels if label not in small and index.voxels(label.value, 0)]
            if large:
                found.append(_thinned(self.geometry, group, large, step))
            found += [part for label in small if (part := _cropped(self.geometry, group, label)) is not None]
        return found

    def make(self, progress: Progress) -> list[Surface]:
        """The surfaces in LPS mm; those made so far when ``progress`` says that it is enough."""
        if not progress(0.0):
            return []
        parts, found = self.parts(), []
        for number, part in enumerate(parts, 1):
            found += polygon_models(part, smoothing=SMOOTHING)
            if not progress(number / len(parts)):
                break
        return found


def _thinned(geometry: Geometry, group: Group, labels: Sequence[Label], step: int) -> Segmentation:
    array = group.array[0, ::step, ::step, ::step]
    affine = np.array(geometry.ijk_to_lps)
    affine[:3, :3] *= step
    depth, high, wide = array.shape
    return Segmentation(Geometry((depth, high, wide), affine), [Group(np.array(array), labels)])


def _cropped(geometry: Geometry, group: Group, label: Label) -> Segmentation | None:
    box = group.index.box(label.value, 0)
    if box is None:
        return None
    (k0, j0, i0), (k1, j1, i1) = box
    grown = Box((k0 - 1, j0 - 1, i0 - 1), (k1 + 1, j1 + 1, i1 + 1)).intersection(Box.whole(geometry.shape))
    part = np.array(group.array[0][grown.slices])
    part[part != label.value] = 0
    return Segmentation(geometry.cropped(grown.lower, grown.shape), [Group(part, [label])])
