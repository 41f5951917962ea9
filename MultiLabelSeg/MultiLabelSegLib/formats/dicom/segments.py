"""What a segment says of itself as a label, and a label as a segment: names, colours, codes, tracking.

Codes are label properties under MITK's names (``segmented_property_type.value``), as every other format has them.
"""

from __future__ import annotations

import re
import uuid
from typing import Any

from ...core import Label
from ...core.label import MAX_VALUE, PropertyValue
from ...core.naming import lut_color
from ...errors import CorruptFileError
from .color import cielab_from_rgb, rgb_from_cielab
from .parse import DicomFile, text_of
from .required import understood

#: what Slicer gives to everything whose codes nobody chose; says nothing and invents nothing
GENERIC_CODE = ("85756007", "SCT", "Tissue")
_CATEGORY, _TYPE = "segmented_property_category", "segmented_property_type"
#: DICOM's sequence of codes, the prefix of the properties, the sequence of modifiers inside it
_CODE_SEQUENCES = (
    ("SegmentedPropertyCategoryCodeSequence", _CATEGORY, ""),
    ("SegmentedPropertyTypeCodeSequence", _TYPE, "SegmentedPropertyTypeModifierCodeSequence"),
    ("AnatomicRegionSequence", "anatomic_region.[{}]", "AnatomicRegionModifierSequence"),
    ("PrimaryAnatomicStructureSequence", "primary_anatomic_structure.[{}]", "PrimaryAnatomicStructureModifierSequence"),
)
_UID = re.compile(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))+")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\\]+")
_LONGEST_NAME, _LONGEST_DESCRIPTION, _LONGEST_SHORT, _LONGEST_UID = 64, 1024, 16, 64


# ---- reading ----------------------------------------------------------------------------------------------------
def segment_items(file: DicomFile) -> dict[int, Any]:
    """The segments by number, in the file's order; the background of label maps (number 0) is none.

    Raises CorruptFileError for numbers that are missing, impossible or given twice.
    """
    with understood(file.path, "the list of segments"):
        sequence = list(file.header.get("SegmentSequence") or [])
        numbers = [item.get("SegmentNumber") for item in sequence]
    found: dict[int, Any] = {}
    for item, number in zip(sequence, numbers, strict=True):
        if not isinstance(number, int) or not 0 <= number <= MAX_VALUE:
            raise CorruptFileError(file.path, f"SegmentNumber: found {number!r}, expected 1...{MAX_VALUE}")
        if number in found:
            raise CorruptFileError(file.path, f"SegmentNumber {number} is given to two segments")
        if number:
            found[int(number)] = item
    return found


def label_of_segment(item: Any, value: int) -> Label:
    """The label that a segment describes, locked and visible as MITK has it. pydicom's errors pass."""
    name = text_of(item, "SegmentLabel") or text_of(item, "SegmentDescription") or f"Segment {value}"
    lab = item.get("RecommendedDisplayCIELabValue")
    numbers = [] if lab is None or isinstance(lab, (int, str)) else [int(part) for part in lab]
    return Label(
        value,
        name,
        rgb_from_cielab(numbers[0], numbers[1], numbers[2]) if len(numbers) == 3 else lut_color(value),
        tracking_id=text_of(item, "TrackingID"),
        tracking_uid=text_of(item, "TrackingUID"),
        description=text_of(item, "SegmentDescription"),
        properties=_properties(item),
    )


def _properties(item: Any) -> dict[str, PropertyValue]:
    found: dict[str, PropertyValue] = {}
    for key, keyword in (("algorithm_type", "SegmentAlgorithmType"), ("algorithm_name", "SegmentAlgorithmName")):
        if text := text_of(item, keyword):
            found[key] = text
    for keyword, prefix, modifiers in _CODE_SEQUENCES:
        for place, code in enumerate(item.get(keyword) or []):
            if place and "{}" not in prefix:
                break
            name = prefix.format(place)
            found.update(_code_properties(code, name))
            for number, modifier in enumerate(code.get(modifiers) or [] if modifiers else []):
                found.update(_code_properties(modifier, f"{name}.modifier.[{number}]"))
    return found


def _code_properties(code: Any, name: str) -> dict[str, PropertyValue]:
    value = text_of(code, "CodeValue") or text_of(code, "LongCodeValue") or text_of(code, "URNCodeValue")
    parts = {"value": value, "scheme": text_of(code, "CodingSchemeDesignator"), "meaning": text_of(code, "CodeMeaning")}
    return {f"{name}.{part}": text for part, text in parts.items() if text}


# ---- writing ----------------------------------------------------------------------------------------------------
def segment_item(label: Label, number: int) -> Any:
    """A segment as a pydicom data set."""
    from pydicom.dataset import Dataset

    item = Dataset()
    item.SegmentNumber = number
    item.SegmentLabel = plain_text(label.name, _LONGEST_NAME) or f"Label {label.value}"
    if description := plain_text(label.description, _LONGEST_DESCRIPTION):
        item.SegmentDescription = description
    kind = str(label.properties.get("algorithm_type", "")).upper()
    item.SegmentAlgorithmType = kind if kind in ("AUTOMATIC", "SEMIAUTOMATIC", "MANUAL") else "MANUAL"
    name = plain_text(str(label.properties.get("algorithm_name", "")), _LONGEST_NAME)
    if name or item.SegmentAlgorithmType != "MANUAL":
        item.SegmentAlgorithmName = name or "unknown"
    item.RecommendedDisplayCIELabValue = cielab_from_rgb(label.color)
    if label.tracking_id or label.tracking_uid:
        item.TrackingID = plain_text(label.tracking_id, _LONGEST_DESCRIPTION) or item.SegmentLabel
        item.TrackingUID = _uid(label.tracking_uid or label.tracking_id)
    _add_codes(item, label)
    return item


def has_codes(label: Label) -> bool:
    """Whether category and type of a label are coded completely, so that nothing generic is written."""
    return all(_code(label, prefix) is not None for prefix in (_CATEGORY, _TYPE))


def _add_codes(item: Any, label: Label) -> None:
    for keyword, prefix, modifiers in _CODE_SEQUENCES:
        codes = []
        for place in range(len(label.properties)):
            name = prefix.format(place)
            code = _code(label, name)
            if code is None:
                break
            data_set = _code_item(*code)
            numbered = [_code(label, f"{name}.modifier.[{number}]") for number in range(len(label.properties))]
            found = [_code_item(*modifier) for modifier in numbered if modifier is not None]
            if found and modifiers:
                setattr(data_set, modifiers, found)
            codes.append(data_set)
            if "{}" not in prefix:
                break
        if not codes and "{}" not in prefix:
            codes = [_code_item(*GENERIC_CODE)]
        if codes:
            setattr(item, keyword, codes)


def _code(label: Label, name: str) -> tuple[str, str, str] | None:
    """Value, scheme and meaning; None without value or scheme."""
    value, scheme, meaning = (
        plain_text(str(label.properties.get(f"{name}.{part}") or ""), _LONGEST_NAME)
        for part in ("value", "scheme", "meaning")
    )
    return (value, scheme[:_LONGEST_SHORT], meaning or value) if value and scheme else None


def _code_item(value: str, scheme: str, meaning: str) -> Any:
    from pydicom.dataset import Dataset

    item = Dataset()
    if len(value) > _LONGEST_SHORT:
        item.LongCodeValue = value
    else:
        item.CodeValue = value
    item.CodingSchemeDesignator = scheme
    item.CodeMeaning = meaning
    return item


def plain_text(text: str, longest: int) -> str:
    """Text that one value of DICOM can hold: no backslash and control characters, cut at the longest allowed."""
    whole = _UNPRINTABLE.sub(" ", text).encode("utf-8", "replace").decode("utf-8").strip()
    return whole[:longest].strip()


def _uid(text: str) -> str:
    """The text where it is a UID, else a UID that follows from it, always the same one."""
    if len(text) <= _LONGEST_UID and _UID.fullmatch(text):
        return text
    return f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, text.encode('utf-8', 'replace').decode('utf-8')).int}"
