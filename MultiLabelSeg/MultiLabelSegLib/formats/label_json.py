"""The one mapping between labels and JSON: for MITK's headers, stacks and presets, and for our sidecar."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any, Protocol

from ..core.label import DEFAULT_OPACITY, MAX_VALUE, Color, Label, PropertyValue
from ..errors import CorruptFileError, LabelError
from .mitk_properties import decode_properties, encode_properties
from .report import Report

DEFAULT_NAME = "Unknown label name"
_TEXTS = ("name", "tracking_id", "tracking_uid", "description")
_FLAGS = ("locked", "visible")
_FIELDS = {*_TEXTS, *_FLAGS, "value", "color", "opacity"}
#: what MITK derives from the voxels or keeps elsewhere: never written as it is, not believed when read
_DERIVED = {"center.coordinates", "center.index", "DICOM.0062.0002.0062.0004", "DICOM.0062.0002.0062.0005"}
_GROUP_FIELDS = {"labels", "name"}
_CODED = ("anatomic_region", "primary_anatomic_structure")
_CODE_PARTS = ("value", "scheme", "meaning")
_SEMANTIC = (
    "algorithm_type",
    "algorithm_name",
    "segmented_property_",
    "anatomic_region.",
    "primary_anatomic_structure.",
)


@dataclass(frozen=True)
class JsonRules:
    """How to read: ``path`` is named in errors, ``version`` is that of the file, ``note`` is told what was tolerated.

    With ``keep_meta`` keys that begin with ``_`` are properties, as in MITK's .nrrd files; without it (stacks,
    presets) they are no properties and ``groups_from_json`` gives them apart.
    """

    path: Path | None = None
    version: int = 4
    keep_meta: bool = True
    note: Callable[[str], None] = field(default_factory=lambda: Report().note)


@dataclass(frozen=True)
class GroupEntry:
    """A group as JSON describes it: everything but its voxels.

    ``meta`` and ``label_meta`` (one a label) are the keys that begin with ``_``, where the rules set them apart.
    """

    labels: tuple[Label, ...] = ()
    name: str = ""
    properties: Mapping[str, PropertyValue] = field(default_factory=dict)
    meta: Mapping[str, Any] = field(default_factory=dict)
    label_meta: tuple[Mapping[str, Any], ...] = ()

    @property
    def values(self) -> tuple[int, ...]:
        """The values of the labels."""
        return tuple(label.value for label in self.labels)


class LabelGroup(Protocol):
    """What ``group_to_json`` needs to know: a core Group or a GroupEntry."""

    @property
    def name(self) -> str:
        """Name of the group, may be empty."""

    @property
    def labels(self) -> tuple[Label, ...]:
        """Labels in their order."""

    @property
    def properties(self) -> Mapping[str, PropertyValue]:
        """Properties of the group."""


# ---- writing ----------------------------------------------------------------------------------------------------
def label_to_json(label: Label, *, keep_meta: bool = True) -> dict[str, Any]:
    """A label as MITK writes it: numbers of colours and opacity as floats, empty texts left out.

    Properties that MITK could not read are written reversibly (see ``mitk_properties``); without ``keep_meta``
    (stacks, presets) also those whose keys begin with ``_``.
    """
    entry: dict[str, Any] = {
        "value": label.value,
        "name": label.name,
        "color": list(label.color),
        "opacity": label.opacity,
        "locked": label.locked,
        "visible": label.visible,
    }
    entry.update({key: getattr(label, key) for key in _TEXTS[1:] if getattr(label, key)})
    taken = _FIELDS | _DERIVED
    renamed = _with_index(label.properties)
    entry.update(encode_properties(renamed, taken, keep_meta=keep_meta))
    return entry


def group_to_json(group: LabelGroup, *, keep_meta: bool = True) -> dict[str, Any] | None:
    """A group as MITK writes it; None (``null``) for one without name, labels and properties."""
    entry = encode_properties(group.properties, _GROUP_FIELDS, scalars_only=True, keep_meta=keep_meta)
    if group.name:
        entry["name"] = group.name
    if group.labels:
        entry["labels"] = [label_to_json(label, keep_meta=keep_meta) for label in group.labels]
    return entry or None


def needs_version_4(labels: Sequence[Label]) -> bool:
    """Whether labels have codes or algorithms in the keys that came with version 4."""
    return any(key.startswith(_SEMANTIC) for label in labels for key in label.properties)


# ---- reading ----------------------------------------------------------------------------------------------------
def groups_from_json(entries: Any, where: str = "labelgroups", rules: JsonRules | None = None) -> list[GroupEntry]:
    """Groups of a JSON array; ``null`` is a group without anything.

    Raises CorruptFileError for wrong types, naming the place, and for a value that occurs twice.
    """
    rules = rules or JsonRules()
    if not isinstance(entries, list):
        raise _wrong(rules, where, entries, "an array of groups")
    groups = [_group_from_json(entry, f"{where}[{index}]", rules) for index, entry in enumerate(entries)]
    owners: dict[int, int] = {}
    for index, group in enumerate(groups):
        for value in group.values:
            if value in owners:
                reason = f"label value {value} occurs twice, in {where}[{owners[value]}] and {where}[{index}]"
                raise CorruptFileError(rules.path, reason)
            owners[value] = index
    return groups


def _group_from_json(entry: Any, where: str, rules: JsonRules) -> GroupEntry:
    if entry is None:
        return GroupEntry()
    if not isinstance(entry, dict):
        raise _wrong(rules, where, entry, "an object or null")
    labels = entry.get("labels")
    labels = [] if labels is None else labels
    if not isinstance(labels, list):
        raise _wrong(rules, f"{where}.labels", labels, "an array of labels")
    name = entry.get("name", "")
    if not isinstance(name, str):
        raise _wrong(rules, f"{where}.name", name, "text")
    rest = {key: value for key, value in entry.items() if key not in _GROUP_FIELDS}
    rest, meta = (rest, {}) if rules.keep_meta else _apart(rest)
    return GroupEntry(
        tuple(label_from_json(label, f"{where}.labels[{index}]", rules) for index, label in enumerate(labels)),
        name,
        decode_properties(rest),
        meta,
        tuple({} if rules.keep_meta else _apart(label)[1] for label in labels),
    )


def _apart(entry: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """An object without and only with the keys that begin with ``_``."""
    meta = {key: value for key, value in entry.items() if key.startswith("_")}
    return {key: value for key, value in entry.items() if key not in meta}, meta


def label_from_json(
    entry: Any, where: str = "label", rules: JsonRules | None = None, default_value: int | None = None
) -> Label:
    """A label from a JSON object; missing keys mean MITK's defaults, unknown keys are properties.

    ``default_value`` stands in where the value is missing or 0 (presets); without it that is refused. Raises
    CorruptFileError, naming the place, for wrong types and for values outside of 1...65535, which MITK would wrap.
    """
    rules = rules or JsonRules()
    if not isinstance(entry, dict):
        raise _wrong(rules, where, entry, "an object that describes a label")
    known: dict[str, Any] = {"name": DEFAULT_NAME}
    for key in (*_TEXTS, *_FLAGS):
        if key in entry:
            kind, expected = (str, "text") if key in _TEXTS else (bool, "true or false")
            if not isinstance(entry[key], kind):
                raise _wrong(rules, f"{where}.{key}", entry[key], expected)
            known[key] = entry[key]
    opacity = entry.get("opacity", DEFAULT_OPACITY)
    if not _is_number(opacity):
        raise _wrong(rules, f"{where}.opacity", opacity, "a number")
    known["opacity"] = float(opacity)
    if "color" in entry:
        known["color"] = _color(entry["color"], f"{where}.color", rules)
    rest = {key: value for key, value in entry.items() if key not in _FIELDS and key not in _DERIVED}
    if not rules.keep_meta:
        rest = _apart(rest)[0]
    try:
        value = _value(entry.get("value", 0), f"{where}.value", rules, default_value)
        return Label(value, properties=decode_properties(_with_index(rest)), **known)
    except LabelError as error:
        raise CorruptFileError(rules.path, f"{where}: {error}") from None


def _is_number(value: Any) -> bool:
    """Whether JSON holds a finite number; true and false are none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return isfinite(value) if isinstance(value, float) else abs(value) < 1 << 64


def _value(found: Any, where: str, rules: JsonRules, default: int | None) -> int:
    if _is_number(found) and found == 0 and default is not None:
        return default
    if not _is_number(found) or found != int(found) or not 1 <= found <= MAX_VALUE:
        raise _wrong(rules, where, found, f"a whole number within 1...{MAX_VALUE}")
    return int(found)


def _color(found: Any, where: str, rules: JsonRules) -> Color:
    """Red, green, blue as 0...1, whichever way they are written.

    MITK decides by the first number: a whole one means 0...255 (its older versions took 0 and 1 as they are).
    """
    typed = isinstance(found, dict) and found.get("type") == "ColorProperty"
    numbers = found.get("value") if typed else found
    if not isinstance(numbers, list) or len(numbers) < 3 or not all(map(_is_number, numbers)):
        raise _wrong(rules, where, found, "three numbers")
    channels = [float(number) for number in numbers[:3]]
    whole = isinstance(numbers[0], int) and not typed
    if whole and (rules.version >= 4 or max(channels) > 1):
        if any(isinstance(number, float) for number in numbers[:3]):
            rules.note(f"{where}: {numbers[:3]} begins with a whole number, so all are read as 0...255, as MITK does")
        channels = [int(channel) / 255 for channel in channels]
    red, green, blue = (min(max(channel, 0.0), 1.0) for channel in channels)
    if [red, green, blue] != channels:
        rules.note(f"{where}: {numbers[:3]} is not within 0...1; it is limited to that")
    return red, green, blue


def _with_index(properties: Mapping[str, PropertyValue]) -> dict[str, PropertyValue]:
    """Codes of anatomy without an index are those of the first: ``anatomic_region.[0].value``, as MITK has it."""
    renamed = {
        f"{name}.{part}": f"{name}.[0].{part}"
        for name in _CODED
        for part in _CODE_PARTS
        if f"{name}.{part}" in properties and f"{name}.[0].{part}" not in properties
    }
    return {renamed.get(key, key): value for key, value in properties.items()}


def _wrong(rules: JsonRules, where: str, found: Any, expected: str) -> CorruptFileError:
    return CorruptFileError(rules.path, f"{where}: found {repr(found)[:80]}, expected {expected}")
