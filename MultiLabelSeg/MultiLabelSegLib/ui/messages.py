"""Sentences about what happened, for the line below the views and for messages."""

from __future__ import annotations

from collections.abc import Mapping

from ..core import Segmentation
from ..core.naming import display_names
from ..edit.policy import Resolution


def voxels(count: int) -> str:
    """A number of voxels: "1 voxel", "1,234 voxels"."""
    return f"{count:,} voxel{'s' * (count != 1)}"


def outcome(document: Segmentation, resolution: Resolution) -> str:
    """What a write did: "812 voxels written, 40 protected by locks (Liver)"; empty when it wrote nothing at all."""
    if not resolution.written and not resolution.protected:
        return ""
    return counted(document, resolution.written, resolution.protected)


def counted(document: Segmentation, written: int, protected: Mapping[int, int]) -> str:
    """``outcome`` of counts: voxels written, and those that locks kept, by label (0: unlabelled space)."""
    text = f"{voxels(written)} written"
    kept = sum(protected.values())
    if kept:
        listed_first = sorted(protected, key=lambda value: -protected[value])[:3]
        names = ", ".join(_name(document, value) for value in listed_first)
        more = ", ..." if len(protected) > 3 else ""
        text += f", {kept:,} protected by locks ({names}{more})"
    return text


def listed(document: Segmentation, counts: Mapping[int, int]) -> str:
    """Labels with their voxels: "Liver (40 voxels), Spleen (2 voxels)"."""
    return ", ".join(f"{_name(document, value)} ({voxels(count)})" for value, count in counts.items())


def _name(document: Segmentation, value: int) -> str:
    if value == 0:
        return "unlabelled space"
    if value not in document:
        return f"label {value}"
    return display_names(document.group_of(value).labels)[value]
