"""Presets in MITK's XML (``.lsetp``), which its versions up to 2025.08 write and all of them read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

import numpy as np

from ..core.label import PropertyValue
from ..errors import FormatError, PresetError
from ..formats.label_json import JsonRules
from ..formats.mitk_properties import PREFIX, encode_properties
from ..formats.mitk_xml import label_from_xml, parse_xml
from ..formats.report import Report
from .preset import FIELDS, TEXTS, LabelSetPreset, PresetGroup, PresetLabel

ROOT = "LabelSetImagePreset"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")
#: what XML 1.0 cannot hold, not even escaped
_IMPOSSIBLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
#: blanks that a parser would turn into spaces within an attribute
_BLANKS = {"\t": "&#9;", "\n": "&#10;", "\r": "&#13;", '"': "&quot;"}
#: what MITK's JSON writes without a class, and with one; these its XML knows too
_BARE = {"StringProperty", "BoolProperty", "IntProperty", "FloatProperty"}
_TYPED = {
    "DoubleProperty", "UIntProperty", "UShortProperty", "ColorProperty", "Point3dProperty",
    "TemporoSpatialStringProperty",
}  # fmt: skip
_AXES = {"ColorProperty": "rgb", "Point3dProperty": "xyz"}
#: the element that holds the value
_ELEMENTS = {
    "StringProperty": "string",
    "BoolProperty": "bool",
    "FloatProperty": "float",
    "DoubleProperty": "double",
    "IntProperty": "int",
    "UIntProperty": "unsigned",
    "UShortProperty": "unsigned",
    "ColorProperty": "color",
    "Point3dProperty": "point",
}
#: a label without voxels and name, which MITK skips: without it MITK would skip all layers after an empty one
_PLACEHOLDER = '<Label><property key="value" type="UShortProperty"><unsigned value="0"/></property></Label>'


# ---- reading ----------------------------------------------------------------------------------------------------
def parse_lsetp(text: str, path: Path, report: Report | None = None) -> LabelSetPreset:
    """A preset from the text of a ``.lsetp`` file; its groups have no names.

    As in MITK labels of the value 0 are passed over; all layers and labels are read even where the counts in the file
    say less or MITK would stop at an empty layer (both noted). XML with a document type or entities is refused.
    Raises PresetError naming the entry.
    """
    report = report or Report()
    rules = JsonRules(path, keep_meta=False, note=lambda reason: report.note(reason, path))
    try:
        # as MITK's parser does, the text is taken for UTF-8 whatever it declares
        root = parse_xml(_DECLARATION.sub("", text, count=1).strip(), "the preset", rules)
        if root.tag != ROOT:
            raise PresetError(f"{path}: found the element {root.tag!r:.80}, expected {ROOT!r}")
        layers = root.findall("Layer")
        _compare_count(root, "layers", len(layers), "the preset", rules)
        groups = [_layer(layer, f"layer {index}", rules) for index, layer in enumerate(layers)]
    except FormatError as error:
        raise PresetError(str(error)) from None
    return LabelSetPreset(tuple(groups), path)


def _compare_count(element: Element, attribute: str, found: int, where: str, rules: JsonRules) -> None:
    stated = element.get(attribute, str(found))
    if stated != str(found):
        rules.note(f"{where} says that it has {stated!r:.40} {attribute}, it has {found}; all are read")


def _layer(layer: Element, where: str, rules: JsonRules) -> PresetGroup:
    _compare_count(layer, "labels", len(layer), where, rules)
    entries = []
    for index, element in enumerate(layer):
        label = label_from_xml(element, f"{where}, label {index}", rules)
        if label is not None:
            stated = {child.get("key", "") for child in element.iter("property")} & FIELDS
            entries.append(PresetLabel(label, frozenset(stated | {"value"})))
    return PresetGroup(tuple(entries), None)


# ---- writing ----------------------------------------------------------------------------------------------------
def lsetp_text(preset: LabelSetPreset, path: Path | None = None) -> str:
    """The text of a ``.lsetp`` file, as MITK writes it: every field of every label, properties with their classes.

    Names and properties of groups have no place in it (see ``lsetp_losses``). ``path`` is named in messages.
    Raises PresetError for a label without a value and for characters that XML cannot hold.
    """
    layers = [
        f'<Layer index="{index}" labels="{len(group.labels) or 1}">'
        + ("".join(_label_text(entry, path) for entry in group.labels) or _PLACEHOLDER)
        + "</Layer>"
        for index, group in enumerate(preset.groups)
    ]
    return f'{_HEAD}<{ROOT} layers="{len(layers)}">{"".join(layers)}</{ROOT}>\n'


def lsetp_losses(preset: LabelSetPreset) -> list[str]:
    """What a ``.lsetp`` file has no place for, as sentences."""
    named = [group.name for group in preset.groups if group.name]
    losses = [f"names of groups ({', '.join(map(repr, named))})"] if named else []
    return losses + (["properties of groups"] if any(group.properties for group in preset.groups) else [])


def _label_text(entry: PresetLabel, path: Path | None) -> str:
    label = entry.label
    where = f"{'' if path is None else f'{path}: '}label {label.value} {label.name!r}"
    if entry.value is None:
        raise PresetError(f"{where} has no value of its own, which a .lsetp file needs; choose .mitklabel.json")
    written: dict[str, str] = {"value": _element("unsigned", {"value": str(label.value)})}
    types = {"value": "UShortProperty"}
    for key, kind, value in _properties(entry, where):
        types[key], written[key] = kind, _payload(kind, value, f"{where}, property {key!r}")
    return "<Label>" + "".join(
        f'<property key="{_attribute(key, where)}" type="{types[key]}">{written[key]}</property>'
        for key in sorted(written)
    ) + "</Label>"  # fmt: skip


def _properties(entry: PresetLabel, where: str) -> Iterator[tuple[str, str, Any]]:
    """Key, class and value of everything that is written about a label but its value."""
    label, written = entry.label, set(entry.stated)
    if written >= FIELDS - TEXTS:
        written.add("description")  # MITK writes it even where it is empty
    yield "center.coordinates", "Point3dProperty", [0, 0, 0]
    yield "center.index", "Point3dProperty", [0, 0, 0]
    for name in sorted(written - {"value"}):
        value = getattr(label, name)
        if name == "color":
            yield name, "ColorProperty", [_single(channel) for channel in value]
        else:
            yield name, _class_of(value)[0], _single(value) if name == "opacity" else value
    for key, value in _encoded(label.properties, where).items():
        kind, bare = _class_of(value)
        typed = isinstance(value, dict)
        if kind not in (_TYPED if typed else _BARE) or (isinstance(bare, str) and _IMPOSSIBLE.search(bare)):
            # MITK's XML knows fewer classes than its JSON: what it lacks goes as JSON into a text
            yield PREFIX + key, "StringProperty", json.dumps(value)
        else:
            yield key, kind, bare


def _encoded(properties: Mapping[str, PropertyValue], where: str) -> dict[str, Any]:
    """Properties as MITK's JSON holds them; keys that XML has no characters for join those that MITK cannot hold."""
    possible = {key: value for key, value in properties.items() if not _IMPOSSIBLE.search(key)}
    odd = {key: value for key, value in properties.items() if key not in possible}
    try:
        encoded = encode_properties(possible, {*FIELDS, "center.coordinates", "center.index"}, keep_meta=False)
        if odd:
            encoded[PREFIX] = json.dumps({**json.loads(encoded.get(PREFIX, "{}")), **odd})
    except (FormatError, TypeError, ValueError, RecursionError) as error:
        raise PresetError(f"{where}: {error}") from None
    return encoded


def _class_of(value: Any) -> tuple[str, Any]:
    if isinstance(value, dict):
        return value["type"], value["value"]
    if isinstance(value, bool):
        return "BoolProperty", value
    if isinstance(value, str):
        return "StringProperty", value
    return ("IntProperty" if isinstance(value, int) else "FloatProperty"), value


def _single(value: float) -> float:
    """A single precision number with all its digits, as MITK writes it: 0.6000000238418579."""
    return float(np.float32(value))


def _payload(kind: str, value: Any, where: str) -> str:
    if kind == "TemporoSpatialStringProperty":
        text = json.dumps(value, ensure_ascii=False)
        text = json.dumps(value) if _IMPOSSIBLE.search(text) else text
        return f"<temporo_spatial_string>{escape(text)}</temporo_spatial_string>"
    if kind in _AXES:
        form = repr if kind == "ColorProperty" else "{:.17g}".format
        return _element(_ELEMENTS[kind], {axis: form(part) for axis, part in zip(_AXES[kind], value, strict=True)})
    if kind == "BoolProperty":
        return _element("bool", {"value": "true" if value else "false"})
    return _element(_ELEMENTS[kind], {"value": _attribute(str(value), where)})


def _element(name: str, attributes: dict[str, str]) -> str:
    return f"<{name} " + " ".join(f'{key}="{value}"' for key, value in attributes.items()) + "/>"


def _attribute(text: str, where: str) -> str:
    return escape(_possible(text, where), _BLANKS)


def _possible(text: str, where: str) -> str:
    found = _IMPOSSIBLE.search(text)
    if found:
        raise PresetError(
            f"{where}: XML cannot hold the character {found[0]!r} of {text!r:.60}; choose .mitklabel.json"
        )
    return text
