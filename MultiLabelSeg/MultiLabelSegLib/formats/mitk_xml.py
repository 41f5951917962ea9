"""Labels in the XML of MITK's older files: headers of LabelSetImages and .lsetp presets."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

from ..core import Label
from ..errors import CorruptFileError
from .label_json import JsonRules, label_from_json

_COORDINATES = {"ColorProperty": ("r", "g", "b"), "Point3dProperty": ("x", "y", "z")}
#: classes with one attribute ``value``, and how its text is read
_SCALARS: dict[str, Callable[[str], Any]] = {
    "StringProperty": str,
    "BoolProperty": lambda text: text == "true",  # as MITK has it: any other text is false
    "FloatProperty": float,
    "IntProperty": int,
    "DoubleProperty": float,
    "UIntProperty": int,
    "UShortProperty": int,
}
_BARE = {"StringProperty", "BoolProperty", "FloatProperty", "IntProperty"}


def parse_xml(text: str, where: str, rules: JsonRules) -> ElementTree.Element:
    """The root of an XML text. Raises CorruptFileError; document types are refused, because they can explode."""
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise CorruptFileError(rules.path, f"{where}: XML with a document type is refused")
    try:
        return ElementTree.fromstring(text.encode("utf-8"))
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise CorruptFileError(rules.path, f"{where} is no XML: {error}") from None


def label_from_xml(element: ElementTree.Element, where: str, rules: JsonRules) -> Label | None:
    """The label of a ``Label`` element; None for the value 0, the "exterior" of old files.

    Raises CorruptFileError for another element, a value that is no UShortProperty, and wrong payloads.
    """
    if element.tag != "Label":
        raise CorruptFileError(rules.path, f"{where}: found the element {element.tag!r}, expected 'Label'")
    entry: dict[str, Any] = {}
    for child in element.iter("property"):
        key, kind = child.get("key", ""), child.get("type", "")
        if key == "value" and kind != "UShortProperty":
            raise CorruptFileError(rules.path, f"{where}: the value is of type {kind!r}, expected 'UShortProperty'")
        entry[key] = _payload(child, kind, f"{where}, property {key!r}", rules)
    value = entry.get("value", 0)
    entry["value"] = value["value"] if isinstance(value, dict) else value
    return None if entry["value"] == 0 else label_from_json(entry, where, rules)


def _payload(child: ElementTree.Element, kind: str, where: str, rules: JsonRules) -> Any:
    """What a property element holds, in the form of the JSON: bare, or with its class."""
    payload = next(iter(child), None)
    try:
        if payload is None:
            raise ValueError("no payload")
        if kind in _SCALARS:
            value = _SCALARS[kind](payload.attrib["value"])
            return value if kind in _BARE else {"type": kind, "value": value}
        if kind in _COORDINATES:
            return {"type": kind, "value": [float(payload.attrib[axis]) for axis in _COORDINATES[kind]]}
        if kind == "TemporoSpatialStringProperty":
            return {"type": kind, "value": json.loads(payload.text or "")}
    except (ValueError, KeyError, RecursionError) as error:
        raise CorruptFileError(rules.path, f"{where}: found no valid {kind} ({error})") from None
    rules.note(f"{where}: class {kind!r} is not known; its attributes are kept")
    return {"type": kind, "value": dict(payload.attrib)}
