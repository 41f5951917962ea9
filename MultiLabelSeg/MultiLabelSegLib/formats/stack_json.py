"""The ``.mitklabel.json`` of a stack: what it says, apart from any voxels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from ..core import Segmentation
from ..core.label import MAX_VALUE, PropertyValue
from ..errors import CorruptFileError, FormatError, UnsupportedFormatError
from .json_text import parse_json
from .label_json import GroupEntry, JsonRules, group_to_json, groups_from_json, needs_version_4
from .mitk_properties import decode_properties, encode_properties, properties_by_class, properties_from_classes
from .report import Report

STACK_TYPE = "org.mitk.multilabel.segmentation.stack"
#: the newest version that we know; MITK 2025.08 reads 3, MITK 2026.06 reads 4
NEWEST_VERSION, COMMON_VERSION = 4, 3
#: names of properties that MITK leaves out of stacks, because they mean something else in its other files
_RESERVED = ("NRRD", "MITK.IO", "modality", "org.mitk.", "path")
#: our own keys, which MITK passes over: it has no place for these in a stack
_LOCK_KEY, _TIME_KEY, _RESERVED_KEY = "unlabeled_locked", "time_bounds", "other_properties"


@dataclass(frozen=True)
class LabelSource:
    """Where the voxels of a label come from: those of ``file`` (None: the group's) that hold ``file_value``."""

    value: int
    file: str | None
    file_value: int


@dataclass(frozen=True)
class StackGroup:
    """A group of a stack: its labels, the image that it names itself, and one source for each label."""

    entry: GroupEntry
    file: str | None
    sources: tuple[LabelSource, ...]

    def files(self) -> tuple[str, ...]:
        """The images that the group and its labels name, the group's first, each once."""
        names = [self.file, *(source.file for source in self.sources)]
        return tuple(dict.fromkeys(name for name in names if name is not None))


@dataclass(frozen=True)
class StackDocument:
    """Everything that the JSON says. ``time_bounds`` are the borders of the frames in ms, where they are given."""

    groups: tuple[StackGroup, ...]
    uid: str
    properties: Mapping[str, PropertyValue]
    unlabeled_locked: bool = False
    time_bounds: tuple[float, ...] | None = None

    @property
    def geometry_file(self) -> str:
        """The image that decides the geometry: the first group's own, else the first that any group or label names."""
        return next(name for group in self.groups for name in group.files())


def read_document(path: Path, report: Report) -> StackDocument:
    """The stack's JSON, checked. Raises FormatError (CorruptFileError, UnsupportedFormatError), naming the place."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CorruptFileError(path, f"is no UTF-8 text (byte {error.start}); a stack's JSON is expected") from None
    except OSError as error:
        raise FormatError(path, f"cannot be read ({error.strerror or error})") from None
    return parse_document(text, path, report)


def parse_document(text: str, path: Path, report: Report) -> StackDocument:
    """The JSON text of a stack, checked as strictly as MITK checks it. Raises as ``read_document``."""
    data = parse_json(
        text, path, "the stack's description", lambda reason: report.note(f"{reason}; the last counts", path)
    )
    if not isinstance(data, dict):
        raise CorruptFileError(path, f"the JSON is {type(data).__name__}, a stack's is an object")
    _check_type(data, path)
    version = _version(data, path)
    rules = JsonRules(path, version, keep_meta=False, note=lambda reason: report.note(reason, path))
    listed = data.get("groups")
    if listed is None or listed == []:
        raise CorruptFileError(path, "the stack has no groups, and so no image that says where it lies")
    entries = groups_from_json(listed, "groups", rules)
    groups = tuple(_group(entry, f"groups[{index}]", path) for index, entry in enumerate(entries))
    if not any(group.files() for group in groups):
        raise CorruptFileError(path, "no group and no label names an image (_file), so the stack lies nowhere")
    uid = data.get("uid", "")
    if not isinstance(uid, str):
        raise CorruptFileError(path, f"uid is {uid!r:.80}, expected text")
    return StackDocument(groups, uid, _properties(data, path, report), *_own_keys(data, path, report))


def _check_type(data: Mapping[str, Any], path: Path) -> None:
    """MITK finds no reader for JSON of another type; presets and suggestions have the same file name."""
    found = data.get("type")
    if found == STACK_TYPE:
        return
    what = {
        "org.mitk.multilabel.segmentation.preset": "it is a preset of labels, not a segmentation",
        "org.mitk.multilabel.segmentation.suggestions": "it is a list of label suggestions, not a segmentation",
    }.get(str(found), f"its type is {found!r:.80}" if "type" in data else "it states no type")
    raise UnsupportedFormatError(path, f"{what}; expected type {STACK_TYPE!r}")


def _version(data: Mapping[str, Any], path: Path) -> int:
    version = data.get("version", NEWEST_VERSION)
    if isinstance(version, bool) or not isinstance(version, (int, float)) or not isfinite(version):
        raise CorruptFileError(path, f"version is {version!r:.80}, expected a number up to {NEWEST_VERSION}")
    if version > NEWEST_VERSION:
        reason = f"version {version} of the format is newer than {NEWEST_VERSION}, the newest that is known"
        raise UnsupportedFormatError(path, reason)
    return int(version)


def _group(entry: GroupEntry, where: str, path: Path) -> StackGroup:
    sources = []
    for index, (label, meta) in enumerate(zip(entry.labels, entry.label_meta, strict=True)):
        place = f"{where}.labels[{index}]"
        value = _file_value(meta, f"{place}._file_value", label.value, path)
        sources.append(LabelSource(label.value, _file(meta, f"{place}._file", path), value))
    return StackGroup(entry, _file(entry.meta, f"{where}._file", path), tuple(sources))


def _file(meta: Mapping[str, Any], where: str, path: Path) -> str | None:
    if "_file" not in meta:
        return None
    name = meta["_file"]
    if not isinstance(name, str) or not name.strip():
        raise CorruptFileError(path, f"{where}: found {name!r:.80}, expected the name of an image file")
    return name


def _file_value(meta: Mapping[str, Any], where: str, default: int, path: Path) -> int:
    value = meta.get("_file_value", default)
    number = isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value)
    if not number or value != int(value) or not 0 <= value <= MAX_VALUE:
        raise CorruptFileError(path, f"{where}: found {value!r:.80}, expected a whole number within 0...{MAX_VALUE}")
    return int(value)


def _properties(data: Mapping[str, Any], path: Path, report: Report) -> dict[str, PropertyValue]:
    classes = data.get("properties", {})
    if not isinstance(classes, dict):
        raise CorruptFileError(path, f"properties are {type(classes).__name__}, expected an object")
    properties = properties_from_classes(classes, lambda reason: report.note(reason, path))
    others = data.get(_RESERVED_KEY, {})
    if isinstance(others, dict):
        properties.update(decode_properties(others))
    else:
        report.leave_out(f"{_RESERVED_KEY} is {others!r:.80}, expected an object", path)
    return properties


def _own_keys(data: Mapping[str, Any], path: Path, report: Report) -> tuple[bool, tuple[float, ...] | None]:
    """The keys that only we write; one that is damaged costs no more than itself."""
    locked, bounds = data.get(_LOCK_KEY, False), data.get(_TIME_KEY)
    if not isinstance(locked, bool):
        report.leave_out(f"{_LOCK_KEY} is {locked!r:.80}, expected true or false", path)
        locked = False
    if bounds is None:
        return locked, None
    numbers = isinstance(bounds, list) and all(
        isinstance(bound, (int, float)) and not isinstance(bound, bool) and isfinite(bound) for bound in bounds
    )
    if not numbers or any(late <= early for early, late in zip(bounds, bounds[1:], strict=False)):
        report.leave_out(f"{_TIME_KEY} is {bounds!r:.80}, expected rising numbers", path)
        return locked, None
    return locked, tuple(float(bound) for bound in bounds)


def build_document(
    segmentation: Segmentation,
    group_files: Sequence[str | None],
    label_files: Mapping[int, str],
    file_value: int | None = None,
    version: int | None = None,
) -> dict[str, Any]:
    """The JSON of a stack. ``group_files`` has one name or None a group, ``label_files`` the names by label value.

    ``file_value`` is what the voxels of a label's own image hold, None where they hold its value. ``version`` is
    forced where it is given; else it is 3, which MITK 2025.08 reads too, unless labels have keys of version 4.
    Raises UnsupportedFormatError for a property that is no JSON.
    """
    groups = []
    for group, name in zip(segmentation.groups, group_files, strict=True):
        entry = group_to_json(group, keep_meta=False) or {}
        if name is not None:
            entry["_file"] = name
        for label in entry.get("labels", []):
            if label["value"] in label_files:
                label["_file"] = label_files[label["value"]]
                if file_value not in (None, label["value"]):
                    label["_file_value"] = file_value
        groups.append(entry or None)
    reserved = {key: value for key, value in segmentation.properties.items() if key.startswith(_RESERVED)}
    plain = {key: value for key, value in segmentation.properties.items() if key not in reserved}
    needed = NEWEST_VERSION if needs_version_4(segmentation.labels) else COMMON_VERSION
    document: dict[str, Any] = {
        "type": STACK_TYPE,
        "version": version or needed,
        "uid": segmentation.uid,
        "properties": properties_by_class(plain),
        "groups": groups,
    }
    if segmentation.unlabeled_locked:
        document[_LOCK_KEY] = True
    if segmentation.geometry.time_bounds is not None:
        document[_TIME_KEY] = list(segmentation.geometry.time_bounds)
    if reserved:
        document[_RESERVED_KEY] = encode_properties(reserved)
    return document
