"""Presets in MITK's JSON (``.mitklabel.json``), which its versions from 2025.12 on write."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import Any

from ..errors import FormatError, PresetError
from ..formats.json_text import parse_json, pretty_json
from ..formats.label_json import GroupEntry, JsonRules, group_to_json, label_from_json
from ..formats.mitk_properties import decode_properties
from ..formats.report import Report
from .preset import FIELDS, LabelSetPreset, PresetGroup, PresetLabel

PRESET_TYPE = "org.mitk.multilabel.segmentation.preset"
VERSION = 4
#: the value of the template where a label of the preset has none of its own
_OPEN_VALUE = 1


def describes_groups(data: Any) -> bool:
    """Whether JSON data lists groups of labels, as presets, stacks, suggestions and sidecars do."""
    return isinstance(data, dict) and isinstance(data.get("groups"), list)


def parse_preset(text: str, path: Path, report: Report | None = None) -> LabelSetPreset:
    """A preset from JSON text. As in MITK the type does not matter, so the JSON of a stack is one too.

    A label without a value, or of value 0, gets the next free one when the preset is applied. ``path`` is named in
    messages. Raises PresetError naming the entry.
    """
    report = report or Report()
    try:
        data = parse_json(text, path, "the preset", lambda reason: report.note(f"{reason}; the last counts", path))
        if not describes_groups(data):
            raise PresetError(f"{path}: found no list 'groups', which a preset has")
        rules = JsonRules(path, _version(data, path), keep_meta=False, note=lambda reason: report.note(reason, path))
        groups = [_group(entry, f"groups[{index}]", rules) for index, entry in enumerate(data["groups"])]
    except FormatError as error:
        raise PresetError(str(error)) from None
    return LabelSetPreset(tuple(groups), path)


def _version(data: Mapping[str, Any], path: Path) -> int:
    version = data.get("version", VERSION)
    if isinstance(version, bool) or not isinstance(version, (int, float)) or not isfinite(version):
        raise PresetError(f"{path}: version is {version!r:.80}, expected a number up to {VERSION}")
    if version > VERSION:
        raise PresetError(f"{path}: version {version} is newer than {VERSION}, the newest that is known")
    return int(version)


def _group(entry: Any, where: str, rules: JsonRules) -> PresetGroup:
    if entry is None:
        return PresetGroup()
    if not isinstance(entry, dict):
        raise PresetError(f"{rules.path}: {where}: found {entry!r:.80}, expected an object or null")
    name, labels = entry.get("name", ""), entry.get("labels")
    if not isinstance(name, str):
        raise PresetError(f"{rules.path}: {where}.name: found {name!r:.80}, expected text")
    if labels is not None and not isinstance(labels, list):
        raise PresetError(f"{rules.path}: {where}.labels: found {labels!r:.80}, expected an array of labels")
    others = {key: value for key, value in entry.items() if key not in ("name", "labels") and not key.startswith("_")}
    entries = [_label(label, f"{where}.labels[{index}]", rules) for index, label in enumerate(labels or [])]
    return PresetGroup(tuple(entries), name, decode_properties(others))


def _label(entry: Any, where: str, rules: JsonRules) -> PresetLabel:
    label = label_from_json(entry, where, rules, default_value=_OPEN_VALUE)
    stated = {key for key in entry if key in FIELDS}
    return PresetLabel(label, frozenset(stated if entry.get("value") else stated - {"value"}))


def preset_text(preset: LabelSetPreset, path: Path | None = None) -> str:
    """The JSON text of a preset, as MITK writes it. ``path`` is named in messages. Raises PresetError."""
    try:
        groups = [_group_json(group) for group in preset.groups]
        return pretty_json({"type": PRESET_TYPE, "version": VERSION, "groups": groups}, path)
    except FormatError as error:
        raise PresetError(str(error)) from None


def _group_json(group: PresetGroup) -> dict[str, Any] | None:
    labels = tuple(entry.label for entry in group.labels)
    written = group_to_json(GroupEntry(labels, group.name or "", group.properties), keep_meta=False)
    for entry, described in zip(group.labels, (written or {}).get("labels", []), strict=True):
        for unstated in FIELDS - entry.stated:
            described.pop(unstated, None)
    return written
