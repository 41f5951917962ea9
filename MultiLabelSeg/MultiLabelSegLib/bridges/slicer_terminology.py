"""Slicer's terminology entry of a segment and the coded entries of MITK labels: the same facts in two spellings.

Slicer writes one text: ``context~category~type~modifier~anatomic context~region~region modifier``, where each code is
``scheme^value^meaning``. MITK keeps properties such as ``segmented_property_type.value``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: what Slicer gives to every segment without an entry, in its present and its former coding
DEFAULT_ENTRIES = (
    "Segmentation category and type - 3D Slicer General Anatomy list~SCT^85756007^Tissue~SCT^85756007^Tissue~^^"
    "~Anatomic codes - DICOM master list~^^~^^",
    "Segmentation category and type - 3D Slicer General Anatomy list~SRT^T-D0050^Tissue~SRT^T-D0050^Tissue~^^"
    "~Anatomic codes - DICOM master list~^^~^^",
)
#: contexts that every Slicer ships; used where only codes are known
_TYPE_CONTEXT = "Segmentation category and type - DICOM master list"
_REGION_CONTEXT = "Anatomic codes - DICOM master list"
_CATEGORY, _TYPE = "segmented_property_category", "segmented_property_type"
#: the property that each field of an entry corresponds to; fields 0 and 4 name contexts
_FIELDS = {
    1: _CATEGORY,
    2: _TYPE,
    3: f"{_TYPE}.modifier.[0]",
    5: "anatomic_region.[0]",
    6: "anatomic_region.[0].modifier.[0]",
}
_PARTS = ("scheme", "value", "meaning")
_SEPARATORS = set("~^|\n\r")
#: every property that an entry can express
CODED_KEYS = frozenset(f"{name}.{part}" for name in _FIELDS.values() for part in _PARTS)


def codes_from_entry(entry: str) -> dict[str, str]:
    """MITK's coded properties of a terminology entry; only parts that are not empty.

    Text that is no terminology entry gives none: Slicer itself keeps such text and shows nothing.
    """
    fields = entry.split("~")
    if len(fields) < 3:
        return {}
    found: dict[str, str] = {}
    for place, name in _FIELDS.items():
        parts = fields[place].split("^") if place < len(fields) else ["", "", ""]
        if len(parts) != 3:
            return {}
        found.update({f"{name}.{part}": text for part, text in zip(_PARTS, parts, strict=True) if text})
    return found


def entry_from_codes(properties: Mapping[str, Any]) -> str | None:
    """The terminology entry of a label's coded properties.

    None when an entry cannot say it: category or type lack value or scheme, or a text holds a separator.
    """
    codes = {key: properties[key] for key in CODED_KEYS if key in properties}
    if not all(isinstance(text, str) and not _SEPARATORS.intersection(text) for text in codes.values()):
        return None
    if not all(codes.get(f"{name}.{part}") for name in (_CATEGORY, _TYPE) for part in ("scheme", "value")):
        return None
    fields = ["^".join(codes.get(f"{name}.{part}", "") for part in _PARTS) for name in _FIELDS.values()]
    return "~".join([_TYPE_CONTEXT, *fields[:3], _REGION_CONTEXT, *fields[3:]])


def is_default_entry(entry: str | None) -> bool:
    """Whether nobody chose this: no entry, or the one that Slicer gives by itself."""
    return entry is None or entry in DEFAULT_ENTRIES
