"""Properties of a whole segmentation as keys of an NRRD header, and back.

MITK writes the name ``my.prop`` as the key ``my_prop`` and reads every ``_`` as ``.``, knows text alone, and takes
keys like ``DICOM_0008_0060`` for JSON with a value for each slice and frame. What this cannot hold exactly is told
again in the key ``mlseg_properties``: for each such name its value and the key and text that MITK sees. An entry
counts only while that text is unchanged, so that a change made in MITK wins.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..core.label import PropertyValue
from ..errors import UnsupportedFormatError
from .mitk_properties import is_native, temporo_spatial
from .nrrd.text import is_writable_key, is_writable_text
from .report import Report

EXACT_KEY = "mlseg_properties"
_TAG = "[0-9A-F]{4}_[0-9A-F]{4}"
_DICOM = re.compile(rf"DICOM_{_TAG}(?:_\[[0-9]+\]_{_TAG})*")
_CLASS = "TemporoSpatialStringProperty"
#: what MITK keeps elsewhere, or makes anew each time
_NOT_PROPERTIES = (
    "org.mitk.uid", "org.mitk.timegeometry.", "org.mitk.multilabel.", "org.mitk.image.multilabel", "NRRD.space",
    "NRRD.kinds", "ITK.InputFilterName", "MITK.IO.", "mlseg.",
)  # fmt: skip


def _is_reserved(name: str) -> bool:
    """Whether a name, or what becomes of it, means something else in a header."""
    plain = name.replace("_", ".")
    return plain == "modality" or plain.startswith(_NOT_PROPERTIES) or "org.mitk.multilabel." in plain


# ---- reading ----------------------------------------------------------------------------------------------------
def read_data_properties(keyvalues: Mapping[str, str], note: Callable[[str], None]) -> dict[str, PropertyValue]:
    """The properties that a header holds, as MITK reads them, and exactly where we wrote them.

    ``note`` is told of DICOM values that are not what MITK expects (they are kept as text).
    """
    names: dict[str, str] = {}
    properties: dict[str, PropertyValue] = {}
    for key, text in keyvalues.items():
        name = key.replace("_", ".")
        if not _is_reserved(name):
            names[key] = name
            properties[name] = _dicom_value(key, text, note) if _DICOM.fullmatch(key) else text
    exact = _exact_entries(keyvalues.get(EXACT_KEY, ""), note)
    valid = {name: entry for name, entry in exact.items() if keyvalues.get(entry.get("key", "")) == entry.get("text")}
    for entry in valid.values():
        properties.pop(names.get(entry.get("key", ""), ""), None)
    properties.update({name: entry["value"] for name, entry in valid.items()})
    return properties


def _dicom_value(key: str, text: str, note: Callable[[str], None]) -> PropertyValue:
    """A value for each slice and frame; what is missing in an entry is 0 or empty, as MITK has it."""
    data = _parsed(text)
    values = data.get("values") if isinstance(data, dict) else None
    if isinstance(values, list) and all(isinstance(entry, dict) for entry in values):
        entries = [{"t": 0, "value": "", "z": 0, **entry} for entry in values]
        value: PropertyValue = {"type": _CLASS, "value": {"values": entries}}
        if is_native(value):
            return value
    note(f"key {key}: {text[:60]!r} is no DICOM value of MITK, which would refuse the file; it is kept as text")
    return text


def _exact_entries(text: str, note: Callable[[str], None]) -> dict[str, dict[str, Any]]:
    if not text:
        return {}
    data = _parsed(text)
    entries = list(data.values()) if isinstance(data, dict) else [None]
    if all(isinstance(entry, dict) and "value" in entry and _is_place(entry) for entry in entries):
        return dict(data)
    note(f"key {EXACT_KEY} is damaged and ignored: {text[:60]!r}")
    return {}


def _is_place(entry: Mapping[str, Any]) -> bool:
    """Whether an entry names the key and text that MITK sees, or neither."""
    return isinstance(entry.get("key", ""), str) and ("key" in entry) == ("text" in entry)


def _parsed(text: str) -> Any:
    """JSON data of any kind; None for text that is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


# ---- writing ----------------------------------------------------------------------------------------------------
def write_data_properties(properties: Mapping[str, PropertyValue], path: Path | None = None) -> dict[str, str]:
    """Keys and texts for a header, such that ``read_data_properties`` gives back the same and MITK what it can hold.

    Raises UnsupportedFormatError for a value that is no JSON.
    """
    written: dict[str, str] = {}
    exact: dict[str, dict[str, Any]] = {}
    for name, value in sorted(properties.items(), key=lambda item: ("_" in item[0], item[0])):
        key = name.replace(".", "_")
        try:
            text = _native_text(key, value)
        except (ValueError, TypeError, RecursionError) as error:
            raise UnsupportedFormatError(path, f"property {name!r}: {error}") from None
        free = key not in written and is_writable_key(key) and not _is_reserved(name)
        if text is None or not free or not is_writable_text(text):
            exact[name] = {"value": value}
            continue
        written[key] = text
        if read_data_properties({key: text}, Report().note) != {name: value}:
            exact[name] = {"key": key, "text": text, "value": value}
    if exact:
        try:
            written[EXACT_KEY] = json.dumps(exact, sort_keys=True)
        except (ValueError, TypeError, RecursionError) as error:
            raise UnsupportedFormatError(path, f"a property is no JSON: {error}") from None
    return written


def _native_text(key: str, value: PropertyValue) -> str | None:
    """The text that tells MITK most about a value; None where any text could make it refuse the file."""
    if key.startswith("DICOM_"):
        typed = temporo_spatial(value) if isinstance(value, str) else value
        if not (isinstance(typed, dict) and typed.get("type") == _CLASS and is_native(typed)):
            return None
        plain = isinstance(value, str) and _is_dicom_text(value)
        return value if plain and isinstance(value, str) else json.dumps(typed["value"], **_COMPACT)
    if isinstance(value, dict) and is_native(value):
        value = value["value"]
    return value if isinstance(value, str) else json.dumps(value)


_COMPACT: dict[str, Any] = {"ensure_ascii": False, "sort_keys": True, "separators": (",", ":")}


def _is_dicom_text(text: str) -> bool:
    """Whether a text is JSON that MITK takes for a DICOM value."""
    refused: list[str] = []
    _dicom_value("", text, refused.append)
    return not refused
