"""From the header and the layers of a ``.seg.nrrd`` file to a segmentation."""

from __future__ import annotations

from collections.abc import Sequence

from ...bridges.slicer_tags import Segment, default_id, label_from_segment, own_tags
from ...core import Geometry, Group, Label, Segmentation
from ...core.label import PropertyValue
from ...core.naming import lut_color
from ..nrrd import NrrdHeader
from ..report import Report
from .assembly import Assembly
from .grid import chosen_parameters, on_full_grid, split_parameters
from .order import ORDER_PROPERTY, order_text
from .placement import Placed, place_segments
from .segment_keys import CONTAINED, CONVERSION, LABELMAP, OFFSET, SegmentKeys, other_keys

#: properties of the data set that stand for keys which Slicer knows
CONVERSION_PROPERTY = "Slicer.ConversionParameters"
CONTAINED_PROPERTY = "Slicer.ContainedRepresentationNames"
#: properties that stand for keys which Slicer does not know, of the file and of its segments
_KEY_PROPERTY = "Slicer.Key."
_LABEL_VALUE_PROPERTY = "Slicer.LabelValue"


def segmentation_from_layers(
    header: NrrdHeader, keys: SegmentKeys, stored: Geometry, layers: Sequence[Group], report: Report
) -> Segmentation:
    """The segmentation that a file holds: ``layers`` are its arrays on the grid ``stored``, still without labels.

    Raises LabelError (also ValueSpaceFullError) for contents that make no sense.
    """
    present = [layer.present_values() for layer in layers]
    if not keys.segments:
        keys = _one_each(present, keys.originals)
    placement = place_segments(keys.segments, keys.originals, present, report)
    groups = Assembly(layers, placement.slots, report).groups(placement.placed)
    for entry in placement.placed:
        if not entry.undeclared:
            groups[entry.slot].set_label(_label(entry, keys))
    document = placement.document
    others, reference = split_parameters(header.keyvalues.get(CONVERSION, ""))
    own = None if document is None else document.geometry
    geometry, groups = on_full_grid(stored, groups, own, reference, report)
    if document is not None and CONVERSION_PROPERTY not in document.native:
        others = chosen_parameters(others)
    properties = _document_properties(header, others, reference)
    order = order_text((entry.value for entry in placement.placed if not entry.undeclared), groups)
    if order is not None:
        properties[ORDER_PROPERTY] = order
    if document is None:
        return Segmentation(geometry, groups, properties=properties)
    if own is not None:
        geometry = geometry.with_time(1, own.time_bounds)
    return Segmentation(
        geometry,
        groups,
        uid=document.uid,
        unlabeled_locked=document.unlabeled_locked,
        properties={**properties, **document.properties},
        extras=document.extras,
    )


def _one_each(present: Sequence[Sequence[int]], originals: dict[int, int]) -> SegmentKeys:
    """A file without any segment: each voxel value becomes one, as in Slicer."""
    found = [
        Segment(default_id(value), default_id(originals.get(value, value)), lut_color(value), value, layer)
        for layer, values in enumerate(present)
        for value in values
    ]
    return SegmentKeys(found, [{} for _ in found], originals)


def _label(entry: Placed, keys: SegmentKeys) -> Label:
    label = label_from_segment(entry.segment, entry.value)
    unknown = keys.unknown[entry.number]
    added: dict[str, PropertyValue] = {_KEY_PROPERTY + key: value for key, value in unknown.items()}
    if entry.renumbered and own_tags(entry.segment).value is None:
        value = entry.segment.label_value
        added[_LABEL_VALUE_PROPERTY] = keys.originals.get(value, value)
    return label.with_(properties={**added, **label.properties}) if added else label


def _document_properties(header: NrrdHeader, parameters: str, reference: Geometry | None) -> dict[str, PropertyValue]:
    """What the file says about itself, as properties; what we write by ourselves says nothing."""
    found: dict[str, PropertyValue] = {_KEY_PROPERTY + key: value for key, value in other_keys(header).items()}
    if parameters:
        found[CONVERSION_PROPERTY] = parameters
    contained = header.keyvalues.get(CONTAINED, "")
    if contained.strip("|") not in ("", LABELMAP):
        found[CONTAINED_PROPERTY] = contained
    offset = header.keyvalues.get(OFFSET, "0 0 0")
    if reference is None and offset.split() != ["0", "0", "0"]:
        found[_KEY_PROPERTY + OFFSET] = offset
    return found
