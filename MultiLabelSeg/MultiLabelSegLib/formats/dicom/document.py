"""What DICOM has no place for, as JSON in a private element: groups, values, locks, opacity, properties, the grid.

Other programs ignore it. It counts only while it agrees with the public elements: frames must lie on its grid, and
what was changed in a public element by another program wins.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...core import Geometry, Label, Segmentation
from ...errors import CorruptFileError, GeometryError, LabelError
from ..label_json import GroupEntry, group_to_json, groups_from_json
from ..report import Report
from .light import Header, LightItem
from .parse import DicomFile
from .segments import label_of_segment, segment_item

CREATOR = "MULTILABELSEG"
_GROUP, _ELEMENT = 0x0075, 0x01
_VERSION = 1
_PUBLIC_FIELDS = ("name", "color", "tracking_id", "tracking_uid", "description", "properties")


@dataclass(frozen=True)
class Document:
    """The private record.

    ``values`` gives the label value of each segment number, ``public`` the hash of what the segment said when it was
    written; ``part`` is (index, count).
    """

    geometry: Geometry
    groups: list[GroupEntry]
    values: dict[int, int]
    public: dict[int, str]
    part: tuple[int, int]
    uid: str
    unlabeled_locked: bool
    properties: dict[str, Any]
    extras: dict[str, Any]


def add_document(
    header: Any, segmentation: Segmentation, values: Mapping[int, int], part: tuple[int, int] = (0, 1)
) -> None:
    """Adds the record of a segmentation to a pydicom data set."""
    geometry = segmentation.geometry
    record = {
        "version": _VERSION,
        "uid": segmentation.uid,
        "unlabeled_locked": segmentation.unlabeled_locked,
        "properties": segmentation.properties,
        "extras": segmentation.extras,
        "shape": list(geometry.shape),
        "ijk_to_lps": geometry.ijk_to_lps.tolist(),
        "time_bounds": list(geometry.time_bounds or ()),
        "groups": [group_to_json(group) for group in segmentation.groups],
        "values": {str(number): value for number, value in values.items()},
        "public": {str(item.SegmentNumber): _public_hash(item) for item in header.SegmentSequence},
        "part": list(part),
    }
    block = header.private_block(_GROUP, CREATOR, create=True)
    block.add_new(_ELEMENT, "UT", json.dumps(record, separators=(",", ":")))


def read_document(file: DicomFile, numbers: Sequence[int], report: Report) -> Document | None:
    """The record of a file of ours whose segments have these numbers; None without one.

    One that is damaged, or of segments that were taken out or added since, is ignored with a note.
    """
    text = _text(file.header)
    if text is None:
        return None
    try:
        found = _document(json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, GeometryError, CorruptFileError) as error:
        report.note(f"the private record of groups and values is damaged and ignored ({error!s:.120})", file.path)
        return None
    declared = {value for group in found.groups for value in group.values}
    if sorted(found.values) != sorted(numbers) or set(found.values.values()) != declared:
        report.note("segments were added or removed by another program; groups and values are not restored", file.path)
        return None
    return found


def part_of(file: DicomFile) -> tuple[str, int, int]:
    """The uid of the segmentation, and which file of how many a file says it is; without a readable record "", 0, 1."""
    try:
        body = json.loads(_text(file.header) or "")
        index, count = body["part"]
        return str(body["uid"]), int(index), int(count)
    except (ValueError, KeyError, TypeError, RecursionError):
        return "", 0, 1


def _text(header: Header) -> str | None:
    if isinstance(header, LightItem):
        return header.private_text(_GROUP, CREATOR, _ELEMENT)
    return _text_of_data_set(header)


def _text_of_data_set(header: Any) -> str | None:
    try:
        element = header.private_block(_GROUP, CREATOR)[_ELEMENT]
    except KeyError:
        return None
    value = element.value
    if isinstance(value, bytes):
        return value.rstrip(b" \0").decode("ascii", "replace")
    return str(value)


def _document(body: Any) -> Document:
    """Raises KeyError, ValueError, TypeError, AttributeError, GeometryError, CorruptFileError for what is damaged."""
    if body["version"] > _VERSION:
        raise ValueError(f"version {body['version']}, this program knows up to {_VERSION}")
    for key, kind in (("uid", str), ("unlabeled_locked", bool), ("properties", dict), ("extras", dict)):
        if not isinstance(body[key], kind):
            raise TypeError(f"{key} is {body[key]!r:.60}")
    bounds = tuple(float(bound) for bound in body["time_bounds"]) or None
    index, count = body["part"]
    return Document(
        Geometry(tuple(body["shape"]), body["ijk_to_lps"], 1, bounds),
        groups_from_json(body["groups"], "groups"),
        {int(number): int(value) for number, value in body["values"].items()},
        {int(number): str(text) for number, text in body["public"].items()},
        (int(index), int(count)),
        body["uid"],
        body["unlabeled_locked"],
        body["properties"],
        body["extras"],
    )


def _public_hash(item: Any) -> str:
    """A hash of what a segment says of itself."""
    label = label_of_segment(item, int(item.get("SegmentNumber")))
    said = [getattr(label, name) for name in _PUBLIC_FIELDS]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode("ascii")).hexdigest()[:16]


def with_public_changes(document: Document, label: Label, item: Any, number: int, report: Report) -> Label:
    """A label of the record, with what another program changed in the segment since it was written."""
    if document.public.get(number) == _public_hash(item):
        return label
    written = label_of_segment(segment_item(label, number), number)
    found = label_of_segment(item, number)
    changed = {name: getattr(found, name) for name in _PUBLIC_FIELDS if getattr(found, name) != getattr(written, name)}
    if not changed:
        return label
    if "properties" in changed:
        kept = {key: value for key, value in label.properties.items() if key not in written.properties}
        changed["properties"] = {**kept, **found.properties}
    report.note(f"segment {number} {found.name!r} was changed by another program: {', '.join(sorted(changed))}")
    try:
        return label.with_(**changed)
    except LabelError:
        return label
