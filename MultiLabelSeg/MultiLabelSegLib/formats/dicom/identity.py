"""Whose image a segmentation belongs to: patient, study and frame of reference."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ...core.label import PropertyValue
from ..mitk_properties import temporo_spatial

#: keyword and tag of what a segmentation shares with its image; those of the first list must not be empty
REQUIRED = {"StudyInstanceUID": "0020.000D", "FrameOfReferenceUID": "0020.0052"}
_UID = re.compile(r"(?=.{1,64}$)[0-9]+(\.[0-9]+)*")
SHARED = {
    "PatientName": "0010.0010",
    "PatientID": "0010.0020",
    "PatientBirthDate": "0010.0030",
    "PatientSex": "0010.0040",
    "PatientAge": "0010.1010",
    "StudyDate": "0008.0020",
    "StudyTime": "0008.0030",
    "AccessionNumber": "0008.0050",
    "ReferringPhysicianName": "0008.0090",
    "StudyDescription": "0008.1030",
    "StudyID": "0020.0010",
    "PositionReferenceIndicator": "0020.1040",
    **REQUIRED,
}


def is_uid(text: str) -> bool:
    """Whether a text can be a UID; zeros in front of numbers, which the standard forbids, are common."""
    return _UID.fullmatch(text) is not None


def identity_properties(header: Any) -> dict[str, PropertyValue]:
    """The identity of a file as properties of the data set, under MITK's names and in MITK's form."""
    found: dict[str, PropertyValue] = {}
    for keyword, tag in SHARED.items():
        value = header.get(keyword)
        text = "" if value is None else str(value).strip(" \0")
        if text:
            found[f"DICOM.{tag}"] = temporo_spatial(text)
    return found


def identity_from_properties(properties: Mapping[str, PropertyValue]) -> dict[str, str]:
    """The identity that a data set carries (read from DICOM or by MITK), by keyword; only what is not empty."""
    found = {}
    for keyword, tag in SHARED.items():
        value = properties.get(f"DICOM.{tag}")
        inner = value.get("value") if isinstance(value, dict) else None
        entries = inner.get("values") if isinstance(inner, dict) else None
        text = (
            entries[0].get("value") if isinstance(entries, list) and entries and isinstance(entries[0], dict) else None
        )
        if isinstance(text, str) and text.strip() and (keyword not in REQUIRED or is_uid(text.strip())):
            found[keyword] = text.strip()
    return found
