"""What belongs to a whole segmentation, as one text that segments carry through Slicer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..core import Geometry, Segmentation
from ..core.label import PropertyValue
from ..errors import GeometryError, LabelError
from .slicer_text import decode_json, encode_json

_WHAT = "MultiLabelSeg.Document"
_VERSION = 1


@dataclass(frozen=True)
class DocumentRecord:
    """All of a segmentation but its voxels and labels; ``groups`` are (name, properties) in their order.

    ``native`` names properties of the data set that are not in the record because Slicer has a place for them.
    """

    uid: str = ""
    unlabeled_locked: bool = False
    properties: Mapping[str, PropertyValue] = field(default_factory=dict)
    extras: Mapping[str, Any] = field(default_factory=dict)
    geometry: Geometry | None = None
    groups: Sequence[tuple[str, Mapping[str, PropertyValue]]] = ()
    native: Sequence[str] = ()


def document_text(segmentation: Segmentation, native: Sequence[str] = ()) -> str:
    """The record of a segmentation as percent-encoded JSON, without the properties named in ``native``."""
    geometry = segmentation.geometry
    record = {
        "version": _VERSION,
        "uid": segmentation.uid,
        "unlabeled_locked": segmentation.unlabeled_locked,
        "properties": {key: value for key, value in segmentation.properties.items() if key not in native},
        "native": list(native),
        "extras": segmentation.extras,
        "groups": [{"name": group.name, "properties": group.properties} for group in segmentation.groups],
        "geometry": {
            "shape": list(geometry.shape),
            "ijk_to_lps": geometry.ijk_to_lps[:3].ravel().tolist(),
            "time_bounds": list(geometry.time_bounds or ()),
        },
    }
    return encode_json({key: value for key, value in record.items() if value not in ({}, [], "", False)})


def document_from_text(text: str) -> DocumentRecord:
    """The inverse of ``document_text``. Raises LabelError for text that is no such record."""
    record = decode_json(text, dict, _WHAT)
    version = record.get("version")
    if not isinstance(version, int) or version > _VERSION:
        raise LabelError(f"{_WHAT}: version {version!r}; this program knows up to {_VERSION}")
    groups = [
        (_part(group, "name", str, ""), _part(group, "properties", dict, {}))
        for group in _part(record, "groups", list, [])
    ]
    return DocumentRecord(
        _part(record, "uid", str, ""),
        _part(record, "unlabeled_locked", bool, False),
        _part(record, "properties", dict, {}),
        _part(record, "extras", dict, {}),
        _geometry(_part(record, "geometry", dict, {})),
        groups,
        _part(record, "native", list, []),
    )


def _part(record: Any, name: str, kind: type, default: Any) -> Any:
    value = record.get(name, default) if isinstance(record, dict) else None
    if not isinstance(value, kind):
        raise LabelError(f"{_WHAT}: {name} is {value!r:.60}, expected {kind.__name__}")
    return value


def _geometry(record: Mapping[str, Any]) -> Geometry | None:
    if not record:
        return None
    shape: Any = record.get("shape")
    numbers: Any = record.get("ijk_to_lps")
    whole = isinstance(shape, list) and len(shape) == 3 and all(type(size) is int for size in shape)
    real = isinstance(numbers, list) and len(numbers) == 12 and all(type(x) in (int, float) for x in numbers)
    if not whole or not real or not isinstance(record.get("time_bounds", []), list):
        raise LabelError(f"{_WHAT}: geometry {dict(record)!r:.100} is not three sizes and a 3x4 affine")
    try:
        affine = np.array([*numbers, 0.0, 0.0, 0.0, 1.0], np.float64).reshape(4, 4)
        bounds = tuple(float(bound) for bound in record.get("time_bounds", [])) or None
        return Geometry((shape[0], shape[1], shape[2]), affine, 1, bounds)
    except (GeometryError, TypeError, ValueError, OverflowError) as error:
        raise LabelError(f"{_WHAT}: {error}") from None
