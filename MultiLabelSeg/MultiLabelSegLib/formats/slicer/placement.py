"""Which group and which value each segment of a file belongs to.

Slicer merges layers and renumbers label values when it saves, so our tags decide, where there are any; else one layer
is one group and the label values are the values, as far as they are unique.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ...bridges.slicer_document import DocumentRecord, document_from_text
from ...bridges.slicer_tags import DOCUMENT_TAG, OwnTags, Segment, own_tags
from ...core.label import MAX_VALUE, PropertyValue
from ...errors import ValueSpaceFullError
from ..report import Report


@dataclass
class GroupSlot:
    """A group to be made: its name and properties, and the layer that it stands for (None: one of our own groups)."""

    name: str = ""
    properties: Mapping[str, PropertyValue] = field(default_factory=dict)
    layer: int | None = None


@dataclass(eq=False)
class Placed:
    """A segment with the index of its group slot and its value (0: not decided yet).

    ``number`` counts the file's segments. ``undeclared``: it stands for voxels without a label, found in a layer
    (``number`` is -1) or marked so by our tags. ``renumbered``: what the file says could not be kept.
    """

    segment: Segment
    number: int
    slot: int
    value: int = 0
    undeclared: bool = False
    renumbered: bool = False


@dataclass
class Placement:
    """What the tags of all segments say together. ``placed`` are the segments in their order, then the undeclared."""

    document: DocumentRecord | None
    slots: list[GroupSlot]
    placed: list[Placed]


def place_segments(
    segments: Sequence[Segment], originals: Mapping[int, int], present: Sequence[Sequence[int]], report: Report
) -> Placement:
    """Finds document, group and value of each segment, and of voxel values without one.

    ``present`` lists the voxel values of each layer; those in ``originals`` stand for higher ones. Raises LabelError
    for tags of ours that make no sense, ValueSpaceFullError when no value is free.
    """
    own = [own_tags(segment) for segment in segments]
    uid = _document_uid(own)
    own = [tags if tags.place is None or tags.place.document_uid == uid else OwnTags() for tags in own]
    document = _document(segments, own)
    slots, indices = _own_slots(own, document)
    placed = [
        Placed(segment, number, -1 if tags.place is None else indices[tags.place.group], 0, tags.undeclared)
        for number, (segment, tags) in enumerate(zip(segments, own, strict=True))
        if not tags.placeholder or segment.label_value in present[segment.layer]
    ]
    _place_by_layer(placed, slots, present)
    _find_values(placed, [tags.value for tags in own], originals, present)
    _note_changes(placed, originals, report)
    return Placement(document, slots, placed)


def _document_uid(own: Sequence[OwnTags]) -> str:
    """The document that most segments come from: segments that were copied in Slicer bring the tags of another."""
    uids = Counter(tags.place.document_uid for tags in own if tags.place is not None)
    return uids.most_common(1)[0][0] if uids else ""


def _document(segments: Sequence[Segment], own: Sequence[OwnTags]) -> DocumentRecord | None:
    for segment, tags in zip(segments, own, strict=True):
        text = segment.tags.get(DOCUMENT_TAG)
        if text is not None and tags.place is not None:
            record = document_from_text(text)
            if record.uid == tags.place.document_uid:
                return record
    return None


def _own_slots(own: Sequence[OwnTags], document: DocumentRecord | None) -> tuple[list[GroupSlot], dict[int, int]]:
    """Slots of our own groups and the slot of each group index; without a document the tags of segments must do."""
    groups = [] if document is None else list(document.groups)
    slots = [GroupSlot(name, properties) for name, properties in groups]
    indices = {index: index for index in range(len(slots))}
    named = {tags.place.group: tags.place.group_name for tags in own if tags.place is not None}
    for index in sorted(set(named) - set(indices)):
        indices[index] = len(slots)
        slots.append(GroupSlot(named[index]))
    return slots, indices


def _place_by_layer(placed: list[Placed], slots: list[GroupSlot], present: Sequence[Sequence[int]]) -> None:
    """Segments that were never ours join our group in their layer; layers without one become groups.

    Voxel values without a segment are appended as undeclared ones of the layer's group.
    """
    by_tags = bool(slots)
    inside: list[list[Placed]] = [[] for _ in present]
    for entry in placed:
        inside[entry.segment.layer].append(entry)
    for layer, (entries, values) in enumerate(zip(inside, present, strict=True)):
        if by_tags and not entries and not values:
            continue  # an empty group of ours, which has its slot already
        slot = min((entry.slot for entry in entries if entry.slot >= 0), default=len(slots))
        if slot == len(slots):
            slots.append(GroupSlot(layer=layer))
        for entry in entries:
            entry.slot = slot if entry.slot < 0 else entry.slot
        known = {entry.segment.label_value for entry in entries}
        for value in values:
            if value not in known:
                nameless = Segment("", f"voxels of layer {layer} without a segment", label_value=value, layer=layer)
                placed.append(Placed(nameless, -1, slot, undeclared=True))


def _find_values(
    placed: Sequence[Placed],
    wanted: Sequence[int | None],
    impossible: Collection[int],
    present: Sequence[Sequence[int]],
) -> None:
    """Values from our tags first, then label values that are free and possible; the others get new ones."""
    labels = [entry for entry in placed if not entry.undeclared]
    taken: set[int] = set()
    for entry in labels:
        value = wanted[entry.number]
        if value is not None and value not in taken:
            entry.value = value
            taken.add(value)
    for entry in labels:
        value = entry.segment.label_value
        if not entry.value and value <= MAX_VALUE and value not in impossible and value not in taken:
            entry.value = value
            taken.add(value)
    in_group = {(entry.slot, entry.value) for entry in labels if entry.value}
    for entry in placed:
        if entry.undeclared:
            own = wanted[entry.number] if entry.number >= 0 else None
            value = own or entry.segment.label_value
            unusable = value > MAX_VALUE or (own is None and value in impossible)
            entry.value = 0 if unusable or (entry.slot, value) in in_group else value
    waiting = [entry for entry in placed if not entry.value]
    used = taken.union((entry.value for entry in placed), *present)
    for entry, value in zip(waiting, _free_values(used), strict=False):
        entry.value = value
        entry.renumbered = True
    if waiting and not waiting[-1].value:
        raise ValueSpaceFullError(f"all label values 1...{MAX_VALUE} are taken")


def _note_changes(placed: Sequence[Placed], originals: Mapping[int, int], report: Report) -> None:
    changes = ", ".join(
        f"{entry.segment.name!r} {originals.get(entry.segment.label_value, entry.segment.label_value)} -> {entry.value}"
        for entry in placed
        if entry.renumbered
    )
    if changes:
        report.note(f"label values that are not unique in the file, or above {MAX_VALUE}, were changed: {changes}")


def _free_values(used: set[int]) -> Iterator[int]:
    """Values above the highest used one, then the lowest gaps."""
    top = max(used, default=0)
    yield from range(top + 1, MAX_VALUE + 1)
    yield from (value for value in range(1, top) if value not in used)
