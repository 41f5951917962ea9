"""Properties in MITK's JSON: what its strict reader takes is written as it is, the rest so that it cannot harm.

MITK takes text, true and false, whole numbers of 32 bits, single precision numbers, and its own classes in the form
``{"type": "DoubleProperty", "value": 1.5}``. One value of any other kind makes MITK refuse the whole file. Such a
value is written as JSON in a text, under its key with ``mlseg.`` in front: MITK keeps it as a text property, and
reading it here gives back exactly what was there. Keys that MITK cannot hold go together into the key ``mlseg.``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from math import isfinite
from typing import Any

import numpy as np

from ..core.label import PropertyValue
from ..errors import UnsupportedFormatError
from .json_text import is_utf8

PREFIX = "mlseg."
_INT32 = range(-(1 << 31), 1 << 31)
_FLOAT32_MAX = float(np.finfo(np.float32).max)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and is_utf8(value)


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value in _INT32


def _is_double(value: Any) -> bool:
    return isinstance(value, float) and isfinite(value) or _is_int(value)


def _is_float(value: Any) -> bool:
    return _is_double(value) and abs(value) <= _FLOAT32_MAX


def _list_of(check: Callable[[Any], bool], count: int | None = None) -> Callable[[Any], bool]:
    def fits(value: Any) -> bool:
        return isinstance(value, list) and count in (None, len(value)) and all(map(check, value))

    return fits


def _is_unsigned(bits: int) -> Callable[[Any], bool]:
    return lambda value: _is_int(value) and 0 <= value < 1 << min(bits, 31)


def _is_temporo_spatial(value: Any) -> bool:
    """A text for each slice and frame: ``{"values": [{"t": 0, "z": 0, "value": "SEG"}]}``."""
    if not isinstance(value, dict) or set(value) != {"values"} or not isinstance(value["values"], list):
        return False
    for entry in value["values"]:
        if not isinstance(entry, dict) or not {"t", "z", "value"} <= set(entry) <= {"t", "z", "value", "tmax", "zmax"}:
            return False
        if not all(_is_text(item) if key == "value" else _is_unsigned(31)(item) for key, item in entry.items()):
            return False
    return True


#: MITK's classes with what their ``value`` must be, as the real reader takes them
_CLASSES: dict[str, Callable[[Any], bool]] = {
    "StringProperty": _is_text,
    "IntProperty": _is_int,
    "UIntProperty": _is_unsigned(32),
    "UShortProperty": _is_unsigned(16),
    "FloatProperty": _is_float,
    "DoubleProperty": _is_double,
    "BoolProperty": lambda value: isinstance(value, bool),
    "ColorProperty": _list_of(_is_float, 3),
    "Point3dProperty": _list_of(_is_double, 3),
    "Point4dProperty": _list_of(_is_double, 4),
    "Point3iProperty": _list_of(_is_int, 3),
    "Vector3DProperty": _list_of(_is_double, 3),
    "IntVectorProperty": _list_of(_is_int),
    "DoubleVectorProperty": _list_of(_is_double),
    "TemporoSpatialStringProperty": _is_temporo_spatial,
}


def is_scalar(value: PropertyValue) -> bool:
    """Whether MITK takes the value without a type: text, bool, whole number of 32 bits, single precision number."""
    return isinstance(value, bool) or _is_text(value) or _is_int(value) or isinstance(value, float) and _is_float(value)


def is_native(value: PropertyValue) -> bool:
    """Whether MITK takes the value, as it is or as one of its classes with a type."""
    if isinstance(value, dict):
        check = _CLASSES.get(value["type"]) if set(value) == {"type", "value"} and _is_text(value["type"]) else None
        return check is not None and check(value["value"])
    return is_scalar(value)


def temporo_spatial(text: str) -> dict[str, Any]:
    """A text as MITK holds DICOM values: one for all slices and frames."""
    values = [{"t": 0, "value": text, "z": 0}]
    return {"type": "TemporoSpatialStringProperty", "value": {"values": values}}


def encode_properties(
    properties: Mapping[str, PropertyValue],
    taken: Collection[str] = (),
    *,
    scalars_only: bool = False,
    keep_meta: bool = True,
) -> dict[str, Any]:
    """Properties as keys of a JSON object that MITK can read; ``decode_properties`` gives them back.

    ``taken`` are keys that mean something else there; ``scalars_only`` is for groups, where MITK knows no types;
    without ``keep_meta`` keys that begin with ``_`` are written as text too, because MITK would drop them.
    Raises UnsupportedFormatError for a value that is no JSON.
    """
    fits = is_scalar if scalars_only else is_native
    written: dict[str, Any] = {}
    odd: dict[str, PropertyValue] = {}
    for key, value in properties.items():
        if not key or "\0" in key or not is_utf8(key):
            odd[key] = value
        elif key in taken or key.startswith(PREFIX) or (key.startswith("_") and not keep_meta) or not fits(value):
            written[PREFIX + key] = _as_text(key, value)
        else:
            written[key] = value
    if odd:
        written[PREFIX] = _as_text(PREFIX, odd)
    return written


def _as_text(key: str, value: Any) -> str:
    try:
        return json.dumps(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise UnsupportedFormatError(None, f"property {key!r}: {error}") from None


def decode_properties(entries: Mapping[str, Any]) -> dict[str, PropertyValue]:
    """The inverse of ``encode_properties``; what others wrote under such keys stays as it is."""
    properties: dict[str, PropertyValue] = {}
    for key, value in entries.items():
        if key.startswith(PREFIX) and isinstance(value, str):
            try:
                decoded = json.loads(value)
            except (ValueError, RecursionError):
                properties[key] = value
                continue
            if key != PREFIX:
                properties[key.removeprefix(PREFIX)] = decoded
            elif isinstance(decoded, dict):
                properties.update(decoded)
            else:
                properties[key] = value
        else:
            properties[key] = value
    return properties


def properties_by_class(properties: Mapping[str, PropertyValue]) -> dict[str, dict[str, Any]]:
    """Properties of a data set as a stack holds them: an object for each class, ``{"IntProperty": {"n": 3}}``."""
    classes: dict[str, dict[str, Any]] = {}
    for key, value in encode_properties(properties).items():
        if isinstance(value, dict):
            classes.setdefault(value["type"], {})[key] = value["value"]
        else:
            classes.setdefault(_class_of(value), {})[key] = value
    return classes


def _class_of(value: str | bool | int | float) -> str:
    if isinstance(value, str):
        return "StringProperty"
    if isinstance(value, bool):
        return "BoolProperty"
    return "IntProperty" if isinstance(value, int) else "FloatProperty"


def properties_from_classes(classes: Mapping[str, Any], note: Callable[[str], None]) -> dict[str, PropertyValue]:
    """The inverse of ``properties_by_class``; ``note`` is told of blocks that are no objects (MITK ignores them)."""
    found: dict[str, Any] = {}
    for name, block in classes.items():
        if not isinstance(block, dict):
            note(f"properties.{name} is no object, it is ignored")
            continue
        for key, value in block.items():
            plain = name in ("StringProperty", "BoolProperty", "IntProperty", "FloatProperty")
            found[key] = value if plain and is_scalar(value) else {"type": name, "value": value}
    return decode_properties(found)
