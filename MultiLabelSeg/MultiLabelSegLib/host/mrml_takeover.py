"""An existing segmentation node as a document: with our tags, or as any Slicer module made it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..bridges.slicer_document import DocumentRecord, document_from_text
from ..bridges.slicer_tags import DOCUMENT_TAG, OwnTags, Segment, label_from_segment, own_tags
from ..core import Geometry, Group, Segmentation
from ..core.label import MAX_VALUE
from ..core.naming import free_values
from ..errors import HostError
from .mrml_compose import Composed, Source, compose
from .mrml_grid import LABELMAP, SAME_LATTICE, geometry_of, reference_grid, voxels_of
from .mrml_record import read_frames, read_record
from .mrml_segments import SURFACE, read_look, read_segment


@dataclass(frozen=True, eq=False)
class Taken:
    """A document made of a node: ``ids`` are the segments of its labels by value, ``frame`` is the shown one.

    ``notes`` say in plain words what could not be kept as it was.
    """

    document: Segmentation
    ids: Mapping[int, str]
    frame: int
    notes: tuple[str, ...]


@dataclass(eq=False)
class _Entry:
    segment: Segment
    own: OwnTags
    image: Any
    group: int = -1
    value: int = 0


def document_from_node(node: Any) -> Taken:
    """Reads a ``vtkMRMLSegmentationNode``; the node is not changed, unless its segments are surfaces only.

    Where our tags say so, groups and values are those of the document that was shown; otherwise one layer is one
    group, label values are kept as far as they are unique, and segments that overlap others get a group of their own.
    Raises HostError for segments that have no voxels, LabelError for tags of ours that make no sense.
    """
    notes: list[str] = []
    _need_labelmap(node, notes)
    entries = _entries(node)
    record = _record(node, entries)
    _place_groups(entries, len(record.groups) if record is not None else 0)
    _place_values(entries, notes)
    geometry = _grid(node, record, entries)
    groups = _groups(entries, geometry, record, notes)
    frames = read_frames(node, geometry)
    frame, shape = 0, geometry
    if frames is not None:
        frame, shape, arrays = frames
        groups = _with_frames(groups, frames, notes) if len(arrays) == len(groups) else groups
        shape = geometry.with_time(groups[0].shape[0], shape.time_bounds) if groups[0].shape[0] > 1 else geometry
        frame = frame if groups[0].shape[0] > 1 else 0
    _put_labels(node, groups, entries)
    document = Segmentation(
        shape,
        groups,
        uid=record.uid if record else "",
        unlabeled_locked=bool(record and record.unlabeled_locked),
        properties=record.properties if record else None,
        extras=record.extras if record else None,
    )
    if node.GetParentTransformNode() is not None:
        notes.append(f"{node.GetName()!r} lies under a transform; positions are those before it is applied")
    return Taken(document, {entry.value: entry.segment.id for entry in entries}, frame, tuple(notes))


def _need_labelmap(node: Any, notes: list[str]) -> None:
    segmentation = node.GetSegmentation()
    segments = [segmentation.GetSegment(segment_id) for segment_id in segmentation.GetSegmentIDs()]
    # vtkSegmentation itself looks at the first segment only
    surfaces = [one for one in segments if one.GetRepresentation(LABELMAP) is None and one.GetRepresentation(SURFACE)]
    if not surfaces:
        return
    segmentation.CreateRepresentation(LABELMAP)
    missing = [one.GetName() for one in surfaces if one.GetRepresentation(LABELMAP) is None]
    if missing:
        names = ", ".join(map(repr, missing))
        raise HostError(f"segments of {node.GetName()!r} have no voxels and Slicer cannot make any of them: {names}")
    notes.append(f"{len(surfaces)} segments of {node.GetName()!r} were surfaces; voxels were made of them")


def _entries(node: Any) -> list[_Entry]:
    segmentation = node.GetSegmentation()
    found = []
    for segment_id in segmentation.GetSegmentIDs():
        segment = segmentation.GetSegment(segment_id)
        read = read_segment(segment, segment_id)
        found.append(_Entry(read, own_tags(read), segment.GetRepresentation(LABELMAP)))
    uids = Counter(entry.own.place.document_uid for entry in found if entry.own.place is not None)
    uid = uids.most_common(1)[0][0] if uids else None
    for entry in found:
        if entry.own.place is not None and entry.own.place.document_uid != uid:
            entry.own = OwnTags()  # a copy from another document brings the tags of that one
    return found


def _record(node: Any, entries: Sequence[_Entry]) -> DocumentRecord | None:
    record = read_record(node)
    if record is not None:
        return record
    texts = (entry.segment.tags.get(DOCUMENT_TAG) for entry in entries if entry.own.place is not None)
    text = next((text for text in texts if text), None)
    return None if text is None else document_from_text(text)


def _place_groups(entries: Sequence[_Entry], declared: int) -> None:
    """Our tags first; then segments of one image, which are one layer, join the group of that image or make one."""
    homes: dict[int, int] = {}
    for entry in entries:
        if entry.own.place is not None:
            entry.group = entry.own.place.group
            if entry.image is not None:
                homes.setdefault(id(entry.image), entry.group)
    free = max([declared, *(entry.group + 1 for entry in entries)])
    for entry in entries:
        if entry.group >= 0:
            continue
        if entry.image is None:
            entry.group = 0
            continue
        if id(entry.image) not in homes:
            homes[id(entry.image)] = free
            free += 1
        entry.group = homes[id(entry.image)]


def _place_values(entries: Sequence[_Entry], notes: list[str]) -> None:
    taken: set[int] = set()
    for by_tag in (True, False):
        for entry in entries:
            value = entry.own.value if by_tag else entry.segment.label_value
            if not entry.value and value is not None and 0 < value <= MAX_VALUE and value not in taken:
                entry.value = value
                taken.add(value)
    waiting = [entry for entry in entries if not entry.value]
    for entry, value in zip(waiting, free_values(taken, len(waiting)), strict=True):
        entry.value = value
        notes.append(f"{entry.segment.name!r} has the value {value}; {entry.segment.label_value} was taken or too high")


def _grid(node: Any, record: DocumentRecord | None, entries: Sequence[_Entry]) -> Geometry:
    """The grid of the document or of the reference image, made large enough for every stored voxel."""
    images = {id(entry.image): entry.image for entry in entries if entry.image is not None}
    own = [geometry for geometry in map(geometry_of, images.values()) if geometry is not None]
    wanted = (record.geometry if record is not None else None) or reference_grid(node) or (own[0] if own else None)
    if wanted is None:
        raise HostError(f"{node.GetName()!r} has neither voxels nor a reference image, so that its grid is not known")
    low, high = [0, 0, 0], list(wanted.shape)
    for image in images.values():
        geometry, voxels = geometry_of(image), voxels_of(image)
        start = None if geometry is None else wanted.offset_of(geometry, SAME_LATTICE)
        if geometry is None or start is None or voxels is None:
            continue
        ends = [first + size for first, size in zip(start, geometry.shape, strict=True)]
        if min(start) < 0 or any(end > size for end, size in zip(ends, wanted.shape, strict=True)):
            low, high = _stretched(low, high, start, voxels)
    if low == [0, 0, 0] and tuple(high) == wanted.shape:
        return wanted
    return wanted.cropped(low, [last - first for first, last in zip(low, high, strict=True)])


def _stretched(
    low: list[int], high: list[int], start: tuple[int, int, int], voxels: NDArray[Any]
) -> tuple[list[int], list[int]]:
    """The box made larger for labelled voxels; empty margins, which Slicer pads with, do not count."""
    filled = voxels != 0
    for axis in range(3):
        others = tuple(other for other in range(3) if other != axis)
        hit = np.flatnonzero(filled.any(axis=others))
        if hit.size:
            low[axis] = min(low[axis], start[axis] + int(hit[0]))
            high[axis] = max(high[axis], start[axis] + int(hit[-1]) + 1)
    return low, high


def _groups(
    entries: Sequence[_Entry], geometry: Geometry, record: DocumentRecord | None, notes: list[str]
) -> list[Group]:
    declared = list(record.groups) if record is not None else []
    count = max([1, len(declared), *(entry.group + 1 for entry in entries)])
    used = {entry.group for entry in entries} | set(range(len(declared)))
    order = [index for index in range(count) if index in used] or [0]
    place = {index: number for number, index in enumerate(order)}
    for entry in entries:
        entry.group = place[entry.group]
    groups: list[Group] = []
    number = 0
    while number < max(len(order), max((entry.group for entry in entries), default=0) + 1):
        members = [entry for entry in entries if entry.group == number]
        composed = _composed(members, entries, geometry)
        apart = [entry for entry in members if entry.value in composed.apart]
        if apart:
            fresh = max(len(order), max(entry.group for entry in entries) + 1)
            for entry in apart:
                entry.group = fresh
            names = ", ".join(repr(entry.segment.name) for entry in apart)
            notes.append(f"segments that overlap others of their group were put into a new group: {names}")
        for value, voxels in composed.outside.items():
            notes.append(f"{voxels} voxels of label {value} lie outside of the grid and were not taken")
        name, properties = declared[number] if number < len(declared) else ("", {})
        groups.append(Group(composed.array[np.newaxis], (), name, properties))
        number += 1
    return groups


def _composed(members: Sequence[_Entry], entries: Sequence[_Entry], geometry: Geometry) -> Composed:
    """One layer that is exactly this group is copied as it is, with voxels of values that have no segment."""
    images = {id(entry.image): entry.image for entry in members if entry.image is not None}
    if len(images) == 1:
        image = next(iter(images.values()))
        alone = all(entry in members for entry in entries if entry.image is image)
        kept = all(entry.value == entry.segment.label_value for entry in members)
        voxels, own = voxels_of(image), geometry_of(image)
        if alone and kept and voxels is not None and own is not None and voxels.dtype in (np.uint8, np.uint16):
            distinct = len({entry.value for entry in members}) == len(members)
            if distinct and own.shape == geometry.shape and geometry.offset_of(own, SAME_LATTICE) == (0, 0, 0):
                return Composed(voxels.copy())
    sources = [Source(e.image, e.segment.label_value, e.value) for e in members if e.image is not None]
    return compose(sources, geometry)


def _with_frames(
    groups: list[Group], frames: tuple[int, Geometry, list[NDArray[Any]]], notes: list[str]
) -> list[Group]:
    """All frames, with the shown one as it is in the node: others may have changed it."""
    frame, geometry, arrays = frames
    if geometry.shape != groups[0].shape[1:]:
        notes.append("the other frames have another grid than the node and were not taken")
        return groups
    made = []
    for group, array in zip(groups, arrays, strict=True):
        dtype = np.promote_types(array.dtype, group.array.dtype)
        whole = array.astype(dtype)
        whole[frame] = group.array[0]
        made.append(Group(whole, (), group.name, group.properties))
    return made


def _put_labels(node: Any, groups: list[Group], entries: Sequence[_Entry]) -> None:
    display = node.GetDisplayNode()
    for entry in entries:
        label = label_from_segment(entry.segment, entry.value)
        if display is not None:
            label = label.with_(visible=read_look(display, entry.segment.id).visible)
        groups[entry.group].set_label(label)
