"""What NIfTI masks, colour map and score tables have no place for, beside each volume: ``<volume>.mlseg.json``.

It describes every label and group in full and says which object, as file and voxel value, is which label. Other
programs pass it over; our importer takes the labels from it as long as the masks are those that it was written with.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ....core import Group, Label, Segmentation
from ....formats.json_text import is_utf8
from ....formats.label_json import GroupEntry, group_to_json, groups_from_json
from ....formats.report import Report
from ....formats.sidecar import NOT_UNDERSTOOD, SUFFIX, content_hash, ignored, seal, sealed_body
from ..object_properties import SOURCE, VALUE
from .changes import with_changes

_TYPE = "org.multilabelseg.supervisely-nifti"
_VERSION = 1
#: label value -> (mask file relative to the volume's folder, voxel value)
Objects = Mapping[int, tuple[str, int]]


def sidecar_of(folder: Path, stem: str) -> Path:
    """Where the sidecar of a volume lies."""
    return folder / (stem + SUFFIX)


def nifti_sidecar_text(
    segmentation: Segmentation,
    objects: Objects,
    hashes: Mapping[str, str],
    written: Mapping[int, Mapping[str, Any]] | None = None,
) -> str:
    """The sidecar as JSON text.

    ``hashes`` are those of the mask files, by their names in ``objects``; ``written`` is what else the data set's files
    say of each object (``nifti_changes``).
    """
    told = written or {}
    body: dict[str, Any] = {
        "type": _TYPE,
        "version": _VERSION,
        "masks": dict(hashes),
        "document": {
            "uid": segmentation.uid,
            "unlabeled_locked": segmentation.unlabeled_locked,
            "properties": segmentation.properties,
            "extras": segmentation.extras,
        },
        "groups": [group_to_json(group) for group in segmentation.groups],
        "objects": {
            str(value): {"file": name, "value": voxel, **told.get(value, {})}
            for value, (name, voxel) in objects.items()
        },
    }
    return json.dumps({**body, "seal": seal(body)}, indent=1, ensure_ascii=not is_utf8(body)) + "\n"


def apply_nifti_sidecar(
    segmentation: Segmentation, folder: Path, stem: str, prefix: str = "", report: Report | None = None
) -> Segmentation:
    """What was imported, with the labels, values and groups that its sidecar describes, if there is one that fits.

    ``folder`` and ``stem`` are those of the volume, ``prefix`` is the folder as ``SOURCE`` properties of the labels
    begin with it (relative to the data set). A sidecar whose masks have changed, that is damaged, or that describes
    other objects is ignored with a note; the grid stays that of the import. Classes, colours and scores that were
    changed in the data set's files since go before those of the sidecar.
    """
    report = report or Report()
    path = sidecar_of(folder, stem)
    if not path.is_file():
        return segmentation
    try:
        body = sealed_body(path, _TYPE, _VERSION)
        for name, expected in body["masks"].items():
            if not _is_inside(name) or not (folder / name).is_file() or content_hash(folder / name) != expected:
                report.note(f"the mask {name} is not the one that {path.name} was written with; it is ignored", path)
                return segmentation
        return _described(segmentation, body, prefix)
    except NOT_UNDERSTOOD as error:
        ignored(error, path, report)
        return segmentation


def _is_inside(name: str) -> bool:
    """Whether a file name of a sidecar stays in the volume's folder or directly below it."""
    parts = name.split("/")
    return len(parts) <= 2 and all(part not in ("", ".", "..") and "\\" not in part for part in parts)


def _described(segmentation: Segmentation, body: dict[str, Any], prefix: str) -> Segmentation:
    """The groups of the sidecar with the voxels of the imported objects."""
    described = groups_from_json(body["groups"], "groups")
    found = {(label.properties.get(SOURCE), label.properties.get(VALUE)): label for label in segmentation.labels}
    names: dict[int, int] = {}
    changed: dict[int, Label] = {}
    by_value = {label.value: label for entry in described for label in entry.labels}
    for text, entry in body["objects"].items():
        key = (f"{prefix}/{entry['file']}" if prefix else entry["file"], entry["value"])
        label = found.pop(key)
        names[label.value] = int(text)
        changed[int(text)] = with_changes(by_value[int(text)], label, entry)
    if found:
        raise ValueError(f"it does not describe {len(found)} of the objects, such as {next(iter(found))}")
    groups = [_group(segmentation, entry, names, changed) for entry in described]
    document = body["document"]
    return Segmentation(
        segmentation.geometry,
        groups,
        uid=document["uid"],
        unlabeled_locked=document["unlabeled_locked"] is True,
        properties=document["properties"],
        extras={**segmentation.extras, **document["extras"]},
    )


def _group(
    segmentation: Segmentation, entry: GroupEntry, names: Mapping[int, int], changed: Mapping[int, Label]
) -> Group:
    """One group: the imported values ``names`` lists as the described ones, in the group's array."""
    labels = [changed.get(label.value, label) for label in entry.labels]
    values = set(entry.values)
    wide = max(values, default=0) > 255
    array = np.zeros(segmentation.geometry.full_shape, np.uint16 if wide else np.uint8)
    for group in segmentation.groups:
        table = np.zeros(65536, array.dtype)
        mine = {old: names[old] for old in group.values if names.get(old) in values}
        if not mine:
            continue
        table[list(mine)] = list(mine.values())
        for t, k in np.ndindex(*array.shape[:2]):
            mapped = table[group.array[t, k]]
            np.copyto(array[t, k], mapped, where=mapped != 0)
    return Group(array, labels, entry.name, entry.properties)
