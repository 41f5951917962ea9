"""The sidecar ``<full output name>.mlseg.json``: what a target has no place for, kept beside it.

It carries a hash of the main file, so that it is used only with the file for which it was written.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..core import Geometry, Group, Segmentation
from ..core.label import MAX_VALUE
from ..errors import CorruptFileError, MultiLabelSegError
from .base import Capabilities
from .json_text import is_utf8
from .label_json import group_to_json, groups_from_json
from .overlap import taken_apart
from .report import Report
from .staging import absolute

SUFFIX = ".mlseg.json"
_TYPE = "org.multilabelseg.sidecar"
_VERSION = 1
_CHUNK = 1 << 20
#: what reading a sidecar that was damaged or written by something else ends with
NOT_UNDERSTOOD = (
    MultiLabelSegError,
    OSError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    RecursionError,
)


@dataclass
class SidecarContent:
    """What a sidecar says beside the labels and groups of ``segmentation``.

    ``combinations`` maps a value in the file to the label values that it stands for; ``values`` maps original values
    to those in the file where they were changed on request; ``overlap`` names the strategy that was used.
    """

    segmentation: Segmentation
    overlap: str = ""
    combinations: dict[int, tuple[int, ...]] = field(default_factory=dict)
    values: dict[int, int] = field(default_factory=dict)


def sidecar_path(main: Path) -> Path:
    """Where the sidecar of a file or folder lies; that of the root, which has no name, lies in it."""
    if main.name in ("", ".."):
        # a folder that is named by its place, such as the working folder
        main = absolute(main)
    return main.with_name(main.name + SUFFIX) if main.name else main / SUFFIX


def content_hash(path: Path) -> str:
    """SHA-256 of a file, or of the names and contents of the files directly in a folder.

    The voxels beside an .mhd are part of it.
    """
    digest = hashlib.sha256()
    files = [path] if path.is_file() else sorted(file for file in path.iterdir() if file.is_file())
    if path.is_file() and path.name.lower().endswith(".mhd"):
        from .image_write import voxel_path

        files += [voxels for voxels in [voxel_path(path)] if voxels.is_file()]
    for file in files:
        if path.is_dir():
            digest.update(file.name.encode("utf-8") + b"\0")
        with file.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
    return digest.hexdigest()


def sidecar_text(content: SidecarContent, main_name: str, main_hash: str) -> str:
    """The sidecar of a written file as JSON text."""
    segmentation = content.segmentation
    document: dict[str, Any] = {
        "uid": segmentation.uid,
        "unlabeled_locked": segmentation.unlabeled_locked,
        "properties": segmentation.properties,
        "extras": segmentation.extras,
        "time_bounds": list(segmentation.geometry.time_bounds or ()),
    }
    body: dict[str, Any] = {
        "type": _TYPE,
        "version": _VERSION,
        "main": {"file": main_name, "sha256": main_hash},
        "document": document,
        "groups": [group_to_json(group) for group in segmentation.groups],
    }
    if content.overlap:
        body["overlap"] = {
            "strategy": content.overlap,
            "combinations": {str(value): list(parts) for value, parts in content.combinations.items()},
        }
    if content.values:
        body["values"] = {str(old): new for old, new in content.values.items()}
    return json.dumps({**body, "seal": seal(body)}, indent=1, ensure_ascii=not is_utf8(body)) + "\n"


def seal(body: dict[str, Any]) -> str:
    """SHA-256 of a sidecar's own content: one that was damaged or edited by hand must not change what is read."""
    rest = {key: value for key, value in body.items() if key != "seal"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode("ascii")).hexdigest()


def sealed_body(path: Path, kind: str, version: int) -> dict[str, Any]:
    """The content of a sealed JSON file of a kind, up to a version. Raises one of ``NOT_UNDERSTOOD``."""
    body = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(body, dict) or body.get("type") != kind:
        raise CorruptFileError(path, f"'type' is not {kind}")
    if type(body.get("version")) is not int or body["version"] > version:
        raise CorruptFileError(path, f"version {body.get('version')!r}; this program knows up to {version}")
    if body.get("seal") != seal(body):
        raise CorruptFileError(path, "it was changed after it was written")
    return body


def apply_sidecar(segmentation: Segmentation, path: Path, capabilities: Capabilities, report: Report) -> Segmentation:
    """What was read, completed by the sidecar beside it, if there is one and its hash fits.

    A sidecar that does not fit or cannot be understood is ignored with a note.
    """
    beside = sidecar_path(path)
    if not beside.is_file():
        return segmentation
    try:
        body = sealed_body(beside, _TYPE, _VERSION)
        if body["main"]["sha256"] != content_hash(path):
            report.note(f"the file changed after {beside.name} was written; the sidecar is ignored", beside)
            return segmentation
        return _completed(segmentation, body, capabilities)
    except NOT_UNDERSTOOD as error:
        ignored(error, beside, report)
        return segmentation


def ignored(error: BaseException, path: Path, report: Report) -> None:
    """Notes that a sidecar is ignored, and which of ``NOT_UNDERSTOOD`` is why."""
    is_deep = isinstance(error, RecursionError)
    report.note(f"the sidecar is ignored: {'its JSON is nested too deeply' if is_deep else f'{error!s:.200}'}", path)


def _document(body: dict[str, Any]) -> dict[str, Any]:
    """What is said of the document, each of its kind. Raises ValueError, KeyError."""
    document: dict[str, Any] = body["document"]
    for key, kind in (("uid", str), ("unlabeled_locked", bool), ("properties", dict), ("extras", dict)):
        if not isinstance(document[key], kind):
            raise ValueError(f"document.{key}: found {document[key]!r:.60}, expected JSON's kind of {kind.__name__}")
    return document


def _combinations(body: dict[str, Any], owned: list[set[int]]) -> dict[int, list[int]]:
    """The labels that a value stands for, of one group each. Raises ValueError for anything else."""
    everyone = set().union(*owned)
    result = {}
    for text, parts in body.get("overlap", {}).get("combinations", {}).items():
        value = int(text) if text.isdecimal() and len(text) <= 5 else 0
        groups = [index for part in parts for index, values in enumerate(owned) if part in values]
        if not 0 < value <= MAX_VALUE or value in everyone or len(parts) < 2:
            raise ValueError(f"value {text!r:.60} cannot stand for the labels {parts!r:.60}")
        if len(groups) != len(parts) or len(set(groups)) != len(groups):
            raise ValueError(f"value {value} stands for {parts!r:.60}, which are no labels of one group each")
        result[value] = list(parts)
    return result


def _completed(segmentation: Segmentation, body: dict[str, Any], capabilities: Capabilities) -> Segmentation:
    document = _document(body)
    if capabilities.groups and not body.get("overlap", {}).get("combinations"):
        segmentation.extras.update(document["extras"])
        return segmentation
    described = groups_from_json(body["groups"], "groups")
    owned = [set(group.values) for group in described]
    arrays = taken_apart(segmentation.groups[0].array, owned, _combinations(body, owned))
    groups = [
        Group(array, group.labels, group.name, group.properties) for array, group in zip(arrays, described, strict=True)
    ]
    geometry = segmentation.geometry
    if document.get("time_bounds"):
        geometry = Geometry(geometry.shape, geometry.ijk_to_lps, geometry.time_steps, tuple(document["time_bounds"]))
    return Segmentation(
        geometry,
        groups,
        uid=document["uid"],
        unlabeled_locked=document["unlabeled_locked"],
        properties=document["properties"],
        extras=document["extras"],
    )


__all__ = ["SUFFIX", "SidecarContent", "apply_sidecar", "content_hash", "sidecar_path", "sidecar_text"]
