"""From a segmentation to the keys and arrays of a ``.seg.nrrd`` file."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import chain, count

import numpy as np
from numpy.typing import NDArray

from ...bridges.slicer_document import document_text
from ...bridges.slicer_tags import (
    DOCUMENT_TAG,
    Place,
    Segment,
    default_id,
    placeholder_segment,
    preferred_id,
    segment_from_label,
    undeclared_segment,
)
from ...core import Box, Geometry, Group, Segmentation
from ...core.naming import lut_color
from ..nrrd.text import is_writable_text
from .grid import join_parameters, split_parameters
from .incoming import CONTAINED_PROPERTY, CONVERSION_PROPERTY
from .order import ORDER_PROPERTY, order_text, values_in_order
from .segment_keys import CONTAINED, CONVERSION, LABELMAP, OFFSET, REPRESENTATION, segment_keys

#: a record of the document up to this long is carried by every segment, so that deleting some in Slicer loses nothing;
#: a longer one by the first segment of each group
_CARRIED_BY_ALL = 2048


def stored_box(segmentation: Segmentation, crop: bool) -> Box:
    """The part of the grid that is stored, in voxels (k, j, i): all of it, or the box around all labelled voxels.

    Never a single voxel, of which Slicer (5.13) crashes: then the next one is stored too, even beyond the grid.
    """
    box = _labelled_box(segmentation) if crop else Box.whole(segmentation.geometry.shape)
    (k, j, i), _ = box
    return box if box.voxels > 1 else Box(box.lower, (k + 1, j + 1, i + 2))


def _labelled_box(segmentation: Segmentation) -> Box:
    found: Box | None = None
    for group in segmentation.groups:
        for value in group.present_values():
            extent = group.extent(value)
            if extent is not None:
                found = extent.box if found is None else found.union(extent.box)
    return found or Box((0, 0, 0), (1, 1, 1))


def stored_arrays(segmentation: Segmentation, box: Box) -> list[NDArray[np.unsignedinteger]]:
    """The layers, one a group; zero beyond the grid."""
    inside = [group.array[(slice(None), *box.slices)] for group in segmentation.groups]
    missing = [(0, 0), *((0, size - there) for size, there in zip(box.shape, inside[0].shape[1:], strict=True))]
    return [np.pad(array, missing) for array in inside] if np.any(missing) else inside


def stored_geometry(segmentation: Segmentation, box: Box) -> Geometry:
    """The grid of the stored part."""
    geometry = segmentation.geometry
    return geometry if box == Box.whole(geometry.shape) else geometry.cropped(box.lower, box.shape)


def header_keys(segmentation: Segmentation, box: Box) -> dict[str, str]:
    """All keys of the header."""
    keys, native = _document_keys(segmentation, box)
    text = document_text(segmentation, native)
    present = [set(group.present_values()) for group in segmentation.groups]
    carried: set[int] = set()
    for number, (group, segment) in enumerate(_segments(segmentation)):
        if len(text) <= _CARRIED_BY_ALL or group not in carried:
            segment = replace(segment, tags={**segment.tags, DOCUMENT_TAG: text})
            carried.add(group)
        segment = replace(segment, layer=_layer(group, segment.label_value, present))
        own_box = _box_within(segmentation.groups[group], segment.label_value, box)
        keys.update(segment_keys(number, segment, own_box))
    return keys


def _layer(group: int, value: int, present: Sequence[Collection[int]]) -> int:
    """The layer of a segment: its group, or a group with voxels where its own has none.

    Slicer (5.13) loses voxels when it merges layers into one whose segments are all empty and whose values exceed 254.
    ``present`` are the voxel values of each group.
    """
    others = (index for index, values in enumerate(present) if values and value not in values)
    return group if present[group] else next(others, group)


def _document_keys(segmentation: Segmentation, box: Box) -> tuple[dict[str, str], list[str]]:
    """Keys of the file, and the properties that need no other place because the header tells them by itself."""
    native = []
    contained, parameters = LABELMAP + "|", ""
    own_names = segmentation.properties.get(CONTAINED_PROPERTY)
    if isinstance(own_names, str) and is_writable_text(own_names) and LABELMAP in own_names.split("|"):
        contained = own_names
        native.append(CONTAINED_PROPERTY)
    own_parameters = segmentation.properties.get(CONVERSION_PROPERTY)
    if isinstance(own_parameters, str) and is_writable_text(own_parameters):
        others, reference = split_parameters(own_parameters)
        if reference is None and others == own_parameters:
            parameters = own_parameters
            native.append(CONVERSION_PROPERTY)
    order = order_text(values_in_order(segmentation), segmentation.groups)
    if order is not None and order == segmentation.properties.get(ORDER_PROPERTY):
        native.append(ORDER_PROPERTY)
    (k, j, i), _ = box
    keys = {
        REPRESENTATION: LABELMAP,
        CONTAINED: contained,
        CONVERSION: join_parameters(parameters, segmentation.geometry),
        OFFSET: f"{i} {j} {k}",
    }
    return keys, native


def _segments(segmentation: Segmentation) -> list[tuple[int, Segment]]:
    """One segment a label, then one for each value without a label, with their groups; all have different IDs."""
    taken: set[str] = set()
    places = [Place(index, group.name, segmentation.uid) for index, group in enumerate(segmentation.groups)]
    labels = {label.value: (label, place) for place in places for label in segmentation.groups[place.group].labels}
    found = []
    for value in values_in_order(segmentation):
        label, place = labels[value]
        segment_id = _free_id(preferred_id(label), value, taken)
        found.append((place.group, segment_from_label(label, place, segment_id)))
    for place in places:
        for value in segmentation.groups[place.group].undeclared_values():
            segment_id = _free_id(default_id(value), value, taken)
            segment = undeclared_segment(value, f"object-{value}", lut_color(value), place, segment_id)
            found.append((place.group, segment))
    return found or [(0, placeholder_segment(segmentation.uid))]


def _free_id(wanted: str, value: int, taken: set[str]) -> str:
    """The wanted ID, or one that no segment has yet."""
    default = default_id(value)
    others = (default if number < 2 else f"{default}_{number}" for number in count(1))
    candidate = next(segment_id for segment_id in chain([wanted], others) if segment_id not in taken)
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
