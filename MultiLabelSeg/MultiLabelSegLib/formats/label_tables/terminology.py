"""Codes of a terminology: Slicer's columns and MITK's label properties are two names for the same."""

from __future__ import annotations

from collections.abc import Mapping

from ...core.label import PropertyValue

#: Slicer's prefix of a column, MITK's prefix of a property
_CONCEPTS = {
    "Category": "segmented_property_category",
    "Type": "segmented_property_type",
    "TypeModifier": "segmented_property_type.modifier.[0]",
    "Region": "anatomic_region.[0]",
    "RegionModifier": "anatomic_region.modifier.[0]",
}
_PARTS = {"CodingScheme": "scheme", "CodeValue": "value", "CodeMeaning": "meaning"}
#: Slicer's column names in its order, and the property that each stands for
_PROPERTY_OF = {
    f"{prefix}_{part}": f"{key}.{field}" for prefix, key in _CONCEPTS.items() for part, field in _PARTS.items()
}
COLUMNS = tuple(_PROPERTY_OF)
_BY_KEY = {name.replace("_", "").lower(): key for name, key in _PROPERTY_OF.items()}


def property_of_column(key: str) -> str | None:
    """MITK's property for a column (lower case, letters and digits only); None when it is no code."""
    return _BY_KEY.get(key)


def code_columns(properties: Mapping[str, PropertyValue]) -> list[str]:
    """The texts of Slicer's columns for the properties of a label, empty where there is no code."""
    return [text if isinstance(text := properties.get(key, ""), str) else "" for key in _PROPERTY_OF.values()]
