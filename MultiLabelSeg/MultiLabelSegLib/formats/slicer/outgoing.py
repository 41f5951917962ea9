"""From a segmentation to the keys and arrays of a ``.seg.nrrd`` file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ...bridges.slicer_document import document_text
from ...bridges.slicer_tags import (
    DOCUMENT_TAG,
    Place,
    Segment,
    default_id,
    preferred_id,
    segment_from_label,
    undeclared_segment,
)
from ...core import Box, Geometry, Group, Segmentation
from ...core.naming import lut_color
from ..nrrd.text import is_writable_text
from .grid import join_parameters, split_parameters
from .incoming import CONTAINED_PROPERTY, CONVERSION_PROPERTY
from .segment_keys import CONTAINED, CONVERSION, LABELMAP, OFFSET, REPRESENTATION, segment_keys

#: a record of the document up to this long is carried by every segment, so that deleting some in Slicer loses nothing;
#: a longer one by the first segment of each group
_CARRIED_BY_ALL = 2048


def stored_box(segmentation: Segmentation, crop: bool) -> Box:
    """The part of the grid that is stored, in voxels (k, j, i): all of it, or the box around all labelled voxels."""
    shape = segmentation.geometry.shape
    if not crop:
        return Box.whole(shape)
    found: Box | None = None
    for group in segmentation.groups:
        for value in group.present_values():
            extent = group.extent(value)
            if extent is not None:
                found = extent.box if found is None else found.union(extent.box)
    return found or Box((0, 0, 0), (1, 1, 1))


def stored_arrays(segmentation: Segmentation, box: Box) -> list[NDArray[np.unsignedinteger]]:
    """The layers, one a group."""
    return [group.array[(slice(None), *box.slices)] for group in segmentation.groups]


def stored_geometry(segmentation: Segmentation, box: Box) -> Geometry:
    """The grid of the stored part."""
    geometry = segmentation.geometry
    return geometry if box == Box.whole(geometry.shape) else geometry.cropped(box.lower, box.shape)


def header_keys(segmentation: Segmentation, box: Box) -> dict[str, str]:
    """All keys of the header."""
    keys, left_out = _document_keys(segmentation, box)
    segments = _segments(segmentation)
    text = document_text(segmentation, left_out)
    if not segments:
        keys[DOCUMENT_TAG] = text
    carried: set[int] = set()
    for number, segment in enumerate(segments):
        if len(text) <= _CARRIED_BY_ALL or segment.layer not in carried:
            segment = replace(segment, tags={**segment.tags, DOCUMENT_TAG: text})
            carried.add(segment.layer)
        group = segmentation.groups[segment.layer]
        keys.update(segment_keys(number, segment, _box_within(group, segment.label_value, box)))
    return keys


def _document_keys(segmentation: Segmentation, box: Box) -> tuple[dict[str, str], list[str]]:
    """Keys of the file, and the properties that need no other place because such a key holds them."""
    left_out = []
    contained, parameters = LABELMAP + "|", ""
    own_names = segmentation.properties.get(CONTAINED_PROPERTY)
    if isinstance(own_names, str) and is_writable_text(own_names) and LABELMAP in own_names.split("|"):
        contained = own_names
        left_out.append(CONTAINED_PROPERTY)
    own_parameters = segmentation.properties.get(CONVERSION_PROPERTY)
    if isinstance(own_parameters, str) and is_writable_text(own_parameters):
        others, reference = split_parameters(own_parameters)
        if reference is None and others == own_parameters:
            parameters = own_parameters
            left_out.append(CONVERSION_PROPERTY)
    (k, j, i), _ = box
    keys = {
        REPRESENTATION: LABELMAP,
        CONTAINED: contained,
        CONVERSION: join_parameters(parameters, segmentation.geometry),
        OFFSET: f"{i} {j} {k}",
    }
    return keys, left_out


def _segments(segmentation: Segmentation) -> list[Segment]:
    """One segment a label, group by group, then one for each value without a label; all with different IDs."""
    taken: set[str] = set()
    found = []
    for index, group in enumerate(segmentation.groups):
        place = Place(index, group.name, segmentation.uid)
        for label in group.labels:
            segment_id = _free_id(preferred_id(label), label.value, taken)
            found.append(segment_from_label(label, place, segment_id))
        for value in group.undeclared_values():
            segment_id = _free_id(default_id(value), value, taken)
            found.append(undeclared_segment(value, f"object-{value}", lut_color(value), place, segment_id))
    return found


def _free_id(wanted: str, value: int, taken: set[str]) -> str:
    """The wanted ID, or one that no segment has yet."""
    candidate, number = wanted, 1
    while candidate in taken:
        number += 1
        candidate = f"{default_id(value)}_{number}"
    taken.add(candidate)
    return candidate


def _box_within(group: Group, value: int, stored: Box) -> Box | None:
    """The box of a value, in voxels of the stored part; None when it has no voxels."""
    extent = group.extent(value)
    if extent is None:
        return None
    (k, j, i), ((k0, j0, i0), (k1, j1, i1)) = stored.lower, extent.box
    return Box((k0 - k, j0 - j, i0 - i), (k1 - k, j1 - j, i1 - i))


def highest_value(groups: Sequence[Group]) -> int:
    """The highest value of a label or a voxel."""
    return max((value for group in groups for value in (*group.values, *group.present_values())), default=0)
