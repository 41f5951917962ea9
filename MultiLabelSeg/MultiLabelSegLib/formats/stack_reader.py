"""Reading a stack: the JSON says which voxels of which image belong to which label."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..core import Geometry, Group, Segmentation
from ..errors import CorruptFileError, FormatError, GeometryError
from .base import ReadRequest
from .image_io import describe_image
from .label_scatter import LabelScatter
from .many_files import expect_files
from .stack_json import StackDocument, StackGroup, read_document
from .voxel_file import inside_folder

#: an image whose corners lie this far off (in voxels) lies elsewhere; less is rounding of a header
_ROUNDING_VOXELS = 1e-3


@dataclass(frozen=True)
class Source:
    """One image and what is taken from it: ``values`` maps a value in the file to the label that it becomes."""

    path: Path
    values: dict[int, int]
    owner: str  #: for messages: whose image it is


@dataclass
class _Usage:
    """What a file holds and what was taken from it, over all its sources in a group."""

    taken: set[int] = field(default_factory=set)
    present: dict[int, int] = field(default_factory=dict)


def read_stack(request: ReadRequest) -> Segmentation:
    """A segmentation from a ``.mitklabel.json``.

    The rules are MITK's: the first image decides the geometry, images of labels override the image of their group,
    later labels override earlier ones, a smaller image of the same lattice is put in its place. Unlike in MITK group
    names come back, and pixels may be of any type that holds whole numbers. Values that no label claims are dropped,
    as by MITK, with a note.

    Raises FormatError (CorruptFileError, UnsupportedFormatError) naming label and file.
    """
    document = read_document(request.path, request.report)
    images = _Images(request, document)
    geometry = images.geometry()
    groups = []
    for index, group in enumerate(document.groups):
        array = _read_group(group, f"group {index}", geometry, images)
        groups.append(Group(array, group.entry.labels, group.entry.name, group.entry.properties))
    return Segmentation(
        geometry,
        groups,
        uid=document.uid,
        unlabeled_locked=document.unlabeled_locked,
        properties=document.properties,
    )


class _Images:
    """The images that the JSON names: found (outside of its folder only where that is allowed), read and counted."""

    def __init__(self, request: ReadRequest, document: StackDocument) -> None:
        self._request = request
        self._document = document
        self._scatter = LabelScatter()
        self._number = sum(len(group.files()) for group in document.groups)
        self._done = 0
        self.report = request.report

    def find(self, name: str, owner: str) -> Path:
        """The path of an image. Raises FormatError, naming the owner."""
        try:
            return inside_folder(self._request.path, name, self._request.allow_outside)
        except FormatError as error:
            raise type(error)(self._request.path, f"{owner} {error.reason}") from None

    def geometry(self) -> Geometry:
        """That of the first image, with the times that the JSON knows."""
        path = self.find(self._document.geometry_file, "the first image:")
        image = describe_image(path, self.report, self._request.allow_outside)
        image.check_size()
        expect_files(self._number, prod(image.geometry.full_shape))
        bounds = self._document.time_bounds
        if bounds is None:
            return image.geometry
        try:
            return image.geometry.with_time(image.geometry.time_steps, bounds)
        except GeometryError as error:
            self.report.leave_out(f"the times of the frames: {error}", path)
            return image.geometry

    def place(self, source: Source, target: NDArray[np.unsignedinteger], geometry: Geometry) -> dict[int, int]:
        """Puts the voxels of one image into a group; returns how many voxels of every value it holds."""
        image = describe_image(source.path, self.report, self._request.allow_outside)
        window = target[_window(source, image.geometry, geometry)]
        counts = self._scatter.place(image, window, source.values, self.report)
        self._done += 1
        self.report.step(min(self._done / self._number, 1.0), f"read {source.path.name}")
        return counts


def sources_of(group: StackGroup, where: str, images: _Images) -> Iterator[Source]:
    """The images of a group in the order in which they are applied; neighbours that share an image are one.

    First the group's own, for the labels without an own image, then those of the labels.
    """
    named = {label.value: f"label {label.value} {label.name!r}" for label in group.entry.labels}
    if group.file is not None:
        values = {source.file_value: source.value for source in group.sources if source.file is None}
        yield Source(images.find(group.file, where), values, where)
    last: Source | None = None
    for source in group.sources:
        if source.file is None:
            continue
        path = images.find(source.file, named[source.value])
        if last is not None and last.path == path:
            last.values[source.file_value] = source.value
            continue
        if last is not None:
            yield last
        last = Source(path, {source.file_value: source.value}, named[source.value])
    if last is not None:
        yield last


def _read_group(group: StackGroup, where: str, geometry: Geometry, images: _Images) -> NDArray[np.unsignedinteger]:
    """The voxels of a group, (t, k, j, i)."""
    top = max(group.entry.values, default=0)
    target: NDArray[np.unsignedinteger] = np.zeros(geometry.full_shape, np.uint8 if top < 256 else np.uint16)
    usage: dict[Path, _Usage] = {}
    for source in list(sources_of(group, where, images)):  # all are found before the first is read
        used = usage.setdefault(source.path, _Usage())
        used.taken.update(source.values)
        used.present.update(images.place(source, target, geometry))
    _note_leftovers(group, usage, images)
    return target


def _window(source: Source, found: Geometry, geometry: Geometry) -> tuple[slice, ...]:
    """Where an image lies within the group: everywhere, or in a box of the lattice.

    Raises CorruptFileError when it lies elsewhere, with what differs.
    """
    if found.time_steps != geometry.time_steps:
        reason = f"{source.owner}: {found.time_steps} frames where the first image has {geometry.time_steps}"
        raise CorruptFileError(source.path, reason)
    everywhere = (slice(None),) * 4
    if found.shape == geometry.shape and geometry.is_congruent(found, check_time=False):
        return everywhere
    start = geometry.offset_of(found, _ROUNDING_VOXELS)
    if start is not None and min(start) >= 0:
        stop = tuple(low + size for low, size in zip(start, found.shape, strict=True))
        if all(high <= size for high, size in zip(stop, geometry.shape, strict=True)):
            return slice(None), *(slice(low, high) for low, high in zip(start, stop, strict=True))
    differences = "; ".join(geometry.differences(found, check_time=False)) or "a turned or shifted grid"
    reason = f"{source.owner}: does not lie on the grid of the first image ({differences}), nor within it"
    raise CorruptFileError(source.path, reason)


def _note_leftovers(group: StackGroup, usage: dict[Path, _Usage], images: _Images) -> None:
    """Notes values that nobody claimed, and labels that came out empty although their image is not."""
    for path, used in usage.items():
        unclaimed = {value: count for value, count in used.present.items() if value not in used.taken}
        if unclaimed:
            shown = ", ".join(f"{value} ({count} voxels)" for value, count in list(unclaimed.items())[:8])
            more = f" and {len(unclaimed) - 8} more" if len(unclaimed) > 8 else ""
            images.report.note(f"values that no label claims were dropped: {shown}{more}", path)
    for source, label in zip(group.sources, group.entry.labels, strict=True):
        if source.file is None:
            continue
        used = usage[images.find(source.file, "")]
        if used.present and source.file_value and source.file_value not in used.present:
            images.report.note(
                f"label {label.value} {label.name!r} is empty: its image holds no voxel of value {source.file_value}"
                f" (it holds {', '.join(map(str, list(used.present)[:8]))})",
                images.find(source.file, ""),
            )
