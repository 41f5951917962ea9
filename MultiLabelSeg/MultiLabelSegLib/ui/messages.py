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
    parts = []
    if resolution.written:
        parts.append(f"{voxels(resolution.written)} written")
    kept = sum(resolution.protected.values())
    if kept:
        names = ", ".join(_name(document, value) for value in list(resolution.protected)[:3])
        more = ", ..." if len(resolution.protected) > 3 else ""
        parts.append(f"{kept:,} protected by locks ({names}{more})")
    return ", ".join(parts)


def listed(document: Segmentation, counts: Mapping[int, int]) -> str:
    """Labels with their voxels: "Liver (40 voxels), Spleen (2 voxels)"."""
    return ", ".join(f"{_name(document, value)} ({voxels(count)})" for value, count in counts.items())


def _name(document: Segmentation, value: int) -> str:
    if value == 0:
        return "unlabelled space"
    if value not in document:
        return f"label {value}"
    return display_names(document.group_of(value).labels)[value]
