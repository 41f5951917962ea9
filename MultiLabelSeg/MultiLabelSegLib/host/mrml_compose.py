"""Label maps from segments, whatever images they live in: shared or own, cropped, of any whole-number type."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core import Box, Geometry
from ..core.label import MAX_VALUE
from .mrml_grid import SAME_LATTICE, geometry_of, labelmap_image, voxels_of


@dataclass(frozen=True, eq=False)
class Source:
    """One segment: voxels of ``stored`` in ``image`` are those of the label ``value``."""

    image: Any
    stored: int
    value: int


@dataclass(eq=False)
class Composed:
    """A frame (k, j, i) of label values.

    ``apart`` are values that overlap others and are not in the array; ``outside`` counts voxels beyond the grid.
    """

    array: NDArray[np.unsignedinteger]
    apart: list[int] = field(default_factory=list)
    outside: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Placed:
    """The voxels of an image that lie within a grid, at ``box``; ``whole`` are all of them."""

    inside: NDArray[Any]
    box: Box
    whole: NDArray[Any]


def compose(sources: Sequence[Source], geometry: Geometry) -> Composed:
    """Puts the voxels of segments onto one grid. Earlier images win where segments overlap.

    A segment that overlaps another one is left out as a whole and named in ``apart``. Images on another lattice are
    resampled to the nearest voxel.
    """
    highest = max((source.value for source in sources), default=0)
    made = Composed(np.zeros(geometry.shape, np.uint8 if highest < 256 else np.uint16))
    for image, members in by_image(sources):
        placed = place(image, geometry)
        if placed is None:
            continue
        table: dict[int, int] = {}
        for source in members:
            if source.stored in table:
                made.apart.append(source.value)  # two segments of the very same voxels
            else:
                table[source.stored] = source.value
        _add(made, placed, table)
    return made


def by_image(sources: Iterable[Source]) -> list[tuple[Any, list[Source]]]:
    """The sources of each image, images in the order of their first source."""
    found: dict[int, tuple[Any, list[Source]]] = {}
    for source in sources:
        # VTK gives the same Python object for the same image as long as somebody holds it, as the sources do
        found.setdefault(id(source.image), (source.image, []))[1].append(source)
    return list(found.values())


def place(image: Any, geometry: Geometry) -> Placed | None:
    """Where the voxels of an image lie in a grid; None for an image without voxels."""
    own = geometry_of(image)
    whole = voxels_of(image)
    if own is None or whole is None:
        return None
    start = geometry.offset_of(own, SAME_LATTICE)
    if start is None:
        whole, start = _resampled(image, geometry), (0, 0, 0)
    k, j, i = start
    there = Box(start, (k + whole.shape[0], j + whole.shape[1], i + whole.shape[2]))
    box = there.intersection(Box.whole(geometry.shape))
    if not box.voxels:
        return Placed(whole[:0], Box((0, 0, 0), (0, 0, 0)), whole)
    return Placed(whole[box.moved((-k, -j, -i)).slices], box, whole)


def lookup(voxels: NDArray[Any], table: Mapping[int, int], dtype: np.dtype[Any]) -> NDArray[Any]:
    """The voxels with stored values replaced as ``table`` says, all others 0."""
    if voxels.dtype == np.uint8 or voxels.dtype == np.uint16:
        values = np.zeros(int(np.iinfo(voxels.dtype).max) + 1, dtype)
        for stored, value in table.items():
            if 0 <= stored < values.size:
                values[stored] = value
        return np.take(values, voxels)
    found = np.zeros(voxels.shape, dtype)
    for stored, value in table.items():
        found[voxels == stored] = value
    return found


def _add(made: Composed, placed: Placed, table: Mapping[int, int]) -> None:
    found = lookup(placed.inside, table, made.array.dtype)
    if placed.inside.size < placed.whole.size:
        every = lookup(placed.whole, table, made.array.dtype)
        for value in table.values():
            beyond = int(np.count_nonzero(every == value)) - int(np.count_nonzero(found == value))
            if beyond:
                made.outside[value] = made.outside.get(value, 0) + beyond
    if not found.size:
        return
    target = made.array[placed.box.slices]
    lost = np.unique(found[(found != 0) & (target != 0)])
    if lost.size:
        made.apart += lost.tolist()
        keep = np.ones(MAX_VALUE + 1, np.bool_)
        keep[lost] = False
        found[~keep[found]] = 0
    np.copyto(target, found, where=found != 0)


def _resampled(image: Any, geometry: Geometry) -> NDArray[Any]:
    import slicer

    reference = labelmap_image(np.zeros(geometry.shape, np.uint8), geometry)
    output = slicer.vtkOrientedImageData()
    resample = slicer.vtkOrientedImageDataResample.ResampleOrientedImageToReferenceOrientedImage
    resample(image, reference, output, False, False)
    found = voxels_of(output)
    if found is None or found.shape != geometry.shape:
        return np.zeros(geometry.shape, np.uint8)
    return found.copy()
