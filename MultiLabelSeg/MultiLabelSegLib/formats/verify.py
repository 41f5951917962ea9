"""After every write: read what was written and compare it with what was meant."""

from __future__ import annotations

import numpy as np

from ..core import Geometry, Group, Segmentation
from .base import Capabilities

#: single precision headers (NIfTI) move a corner by less than this many voxels
_CORNER_VOXELS = 1e-3


def differences(expected: Segmentation, found: Segmentation, capabilities: Capabilities) -> list[str]:
    """Sentences about what differs in voxels, values, geometry and what the format holds; empty when all is well."""
    result = geometry_differences(expected.geometry, found.geometry)
    if result:
        return result
    if len(expected.groups) != len(found.groups):
        return [f"{len(found.groups)} groups where {len(expected.groups)} were written"]
    for index, (mine, theirs) in enumerate(zip(expected.groups, found.groups, strict=True)):
        if not same_voxels(mine, theirs):
            result.extend(_voxel_differences(index, mine, theirs))
        if capabilities.groups and mine.name != theirs.name:
            result.append(f"group {index} is named {theirs.name!r}, not {mine.name!r}")
        result.extend(_label_differences(mine, theirs, capabilities))
    return result


def same_voxels(mine: Group, theirs: Group) -> bool:
    """Whether two groups hold the same values everywhere; slice by slice, so that it needs no memory."""
    first, second = mine.array, theirs.array
    return first.shape == second.shape and all(
        np.array_equal(first[t, k], second[t, k]) for t, k in np.ndindex(*first.shape[:2])
    )


def geometry_differences(expected: Geometry, found: Geometry) -> list[str]:
    """Sentences about another size or another place (beyond a thousandth of a voxel); empty when there is none."""
    if expected.full_shape != found.full_shape:
        return [f"size {found.size} x {found.time_steps}, not {expected.size} x {expected.time_steps}"]
    i, j, k = expected.size
    corners = np.array([[a, b, c] for a in (0, i) for b in (0, j) for c in (0, k)], np.float64)
    moved = found.ijk_from_lps(expected.lps_from_ijk(corners)) - corners
    if np.abs(moved).max() > _CORNER_VOXELS:
        return [f"the grid moved by up to {np.abs(moved).max():.4g} voxels: {found} instead of {expected}"]
    return []


def _voxel_differences(index: int, mine: Group, theirs: Group) -> list[str]:
    found = []
    for value in sorted({*mine.present_values(), *theirs.present_values()}):
        before, after = mine.extent(value), theirs.extent(value)
        if before != after:
            counts = [0 if extent is None else extent.voxels for extent in (after, before)]
            found.append(f"group {index}, label {value}: {counts[0]} voxels where {counts[1]} were written")
    return found or [f"group {index}: voxels changed places"]


def _label_differences(mine: Group, theirs: Group, capabilities: Capabilities) -> list[str]:
    found = []
    for label in mine.labels:
        if label.value not in theirs:
            if capabilities.empty_labels or mine.voxels(label.value):
                found.append(f"label {label.value} {label.name!r} is missing")
            continue
        other = theirs.label(label.value)
        if capabilities.names and label.name != other.name:
            found.append(f"label {label.value} is named {other.name!r}, not {label.name!r}")
        if capabilities.colors and np.abs(np.subtract(label.color, other.color)).max() > 0.5 / 255 + 1e-6:
            found.append(f"label {label.value} has the colour {other.color}, not {label.color}")
        if capabilities.flags and (label.locked, label.visible) != (other.locked, other.visible):
            found.append(f"label {label.value} has another lock or visibility")
    return found
