"""What a project has no place for, kept in files that Supervisely leaves alone: one a volume, one for the project.

Labels are linked to objects by their keys, so that a project that somebody changed still reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ....core import Geometry, Group, Segmentation
from ....core.label import PropertyValue
from ....errors import CorruptFileError, GeometryError
from ....formats.json_text import compact_json
from ....formats.label_json import GroupEntry, JsonRules, group_to_json, groups_from_json
from ....formats.mitk_properties import decode_properties, encode_properties
from ..key_ids import plain_key
from .meta import ClassMeta, ProjectMeta, read_json

_TYPE, _PROJECT_TYPE = "org.multilabelseg.supervisely-volume", "org.multilabelseg.supervisely-project"
_VERSION = 1


# ---- of a volume ------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class VolumeSidecar:
    """Everything about a segmentation but its voxels; ``keys`` are those of the labels' objects, group by group."""

    geometry: Geometry
    groups: tuple[GroupEntry, ...]
    keys: tuple[tuple[str, ...], ...]
    uid: str = ""
    unlabeled_locked: bool = False
    properties: Mapping[str, PropertyValue] = field(default_factory=dict)
    extras: Mapping[str, Any] = field(default_factory=dict)


def sidecar_text(segmentation: Segmentation, keys: Mapping[int, str], path: Path) -> str:
    """The sidecar of a volume; ``keys`` gives each label value its object. Raises UnsupportedFormatError."""
    geometry = segmentation.geometry
    document = {
        "type": _TYPE,
        "version": _VERSION,
        "uid": segmentation.uid,
        "unlabeled_locked": segmentation.unlabeled_locked,
        "properties": encode_properties(segmentation.properties),
        "extras": encode_properties(segmentation.extras),
        "shape": list(geometry.shape),
        "ijk_to_lps": geometry.ijk_to_lps.ravel().tolist(),
        "time_bounds": list(geometry.time_bounds or ()),
        "groups": [_group(group, keys) for group in segmentation.groups],
    }
    return compact_json(document, path) + "\n"


def _group(group: Group, keys: Mapping[int, str]) -> dict[str, Any] | None:
    entry = group_to_json(group, keep_meta=False)
    for label in (entry or {}).get("labels", ()):
        label["_object"] = keys[label["value"]]
    return entry


def read_sidecar(path: Path) -> VolumeSidecar:
    """The sidecar of a volume. Raises CorruptFileError, naming the place."""
    data = _document(path, _TYPE)
    entries = groups_from_json(data.get("groups"), "groups", JsonRules(path, keep_meta=False))
    try:
        affine = np.array(data["ijk_to_lps"], np.float64).reshape(4, 4)
        bounds = tuple(data.get("time_bounds") or ()) or None
        geometry = Geometry(tuple(data["shape"]), affine, 1, bounds)
    except (KeyError, TypeError, ValueError, GeometryError) as error:
        raise CorruptFileError(path, f"shape, ijk_to_lps, time_bounds: {error!s:.200}") from None
    keys = [tuple(plain_key(meta.get("_object")) for meta in entry.label_meta) for entry in entries]
    return VolumeSidecar(
        geometry,
        tuple(entries) or (GroupEntry(),),
        tuple(keys) or ((),),
        _typed(data, "uid", str, "", path),
        _typed(data, "unlabeled_locked", bool, False, path),
        decode_properties(_typed(data, "properties", dict, {}, path)),
        decode_properties(_typed(data, "extras", dict, {}, path)),
    )


# ---- of the project ---------------------------------------------------------------------------------------------
def project_text(meta: Mapping[str, Any], path: Path) -> str:
    """The sidecar of the project: its classes as they were written, so that a change of one is seen as one."""
    classes = {entry["title"]: [entry["color"], entry["description"]] for entry in meta["classes"]}
    return compact_json({"type": _PROJECT_TYPE, "version": _VERSION, "classes": classes}, path) + "\n"


def changed_classes(path: Path, meta: ProjectMeta) -> tuple[set[str], set[str]]:
    """The titles of the classes whose colour and those whose description somebody changed since they were written.

    Raises FormatError (CorruptFileError).
    """
    written = _typed(_document(path, _PROJECT_TYPE), "classes", dict, {}, path)
    colors, descriptions = set(), set()
    for title, entry in written.items():
        found = meta.classes.get(title)
        if found is None or not isinstance(entry, list) or len(entry) != 2:
            continue
        before = ClassMeta(title, str(entry[0]).upper(), str(entry[1]))
        colors |= {title} if found.color and found.color != before.color else set()
        descriptions |= {title} if found.text != before.text else set()
    return colors, descriptions


def _document(path: Path, kind: str) -> dict[str, Any]:
    data = read_json(path, "what a project has no place for")
    if not isinstance(data, dict) or data.get("type") != kind:
        raise CorruptFileError(path, f"type: expected {kind!r}")
    version = data.get("version")
    if type(version) is not int or not 1 <= version <= _VERSION:
        raise CorruptFileError(path, f"version: found {version!r:.60}, expected 1...{_VERSION}")
    return data


def _typed(data: Mapping[str, Any], key: str, kind: type, missing: Any, path: Path) -> Any:
    found = data.get(key, missing)
    if not isinstance(found, kind):
        raise CorruptFileError(path, f"{key}: found {found!r:.80}, expected JSON's kind of {kind.__name__}")
    return found
