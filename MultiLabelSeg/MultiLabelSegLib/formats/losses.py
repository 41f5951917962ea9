"""What a target cannot hold, found before anything is written."""

from __future__ import annotations

from ..core import Segmentation
from ..core.label import DEFAULT_OPACITY, MAX_VALUE
from ..errors import Remedy
from .base import Capabilities

#: voxels that no label stands for
UNDECLARED = Remedy("undeclared", "see --undeclared")

#: what MITK adds to every segmentation by itself; says nothing about this one
_COMMONPLACE = {"DICOM.0008.0060", "DICOM.0008.103E", "DICOM.0020.000E", "DICOM.0070.0084"}


def refused_losses(segmentation: Segmentation, capabilities: Capabilities) -> list[str]:
    """What even a sidecar cannot keep: frames, high values, voxels without a label; empty when all is well."""
    found = []
    if segmentation.geometry.time_steps > 1 and not capabilities.time:
        found.append(f"{segmentation.geometry.time_steps - 1} of {segmentation.geometry.time_steps} time steps")
    if capabilities.max_value < MAX_VALUE:
        present = [value for group in segmentation.groups for value in group.present_values()]
        highest = max((*segmentation.values, *present), default=0)
        if highest > capabilities.max_value:
            found.append(f"label values above {capabilities.max_value} (the highest is {highest})")
    if not capabilities.undeclared:
        undeclared = sorted({value for group in segmentation.groups for value in group.undeclared_values()})
        if undeclared:
            found.append(f"voxels without a label (values {', '.join(map(str, undeclared))}); {UNDECLARED}")
    return found


def sidecar_losses(segmentation: Segmentation, capabilities: Capabilities) -> list[str]:
    """What the target has no place for but a sidecar keeps; sentences, empty when the target holds everything."""
    labels = segmentation.labels
    found = []
    if not capabilities.groups:
        if len(segmentation.groups) > 1:
            found.append(f"the division into {len(segmentation.groups)} groups")
        if any(group.name or group.properties for group in segmentation.groups):
            found.append("names and properties of groups")
    if not capabilities.names and labels:
        found.append("label names")
    if not capabilities.colors and labels:
        found.append("label colours")
    if not capabilities.flags and any(
        not label.locked or not label.visible or label.opacity != DEFAULT_OPACITY for label in labels
    ):
        found.append("locks, visibility and opacity of labels")
    if not capabilities.properties and any(
        label.description or label.tracking_id or label.tracking_uid or label.properties for label in labels
    ):
        found.append("descriptions, tracking ids and properties of labels")
    if not capabilities.empty_labels:
        empty = [str(label.value) for label in labels if not segmentation.voxels(label.value)]
        if empty:
            found.append(f"labels without voxels ({', '.join(empty)})")
    if not capabilities.document and (
        segmentation.unlabeled_locked
        or set(segmentation.properties) - _COMMONPLACE
        or segmentation.geometry.time_bounds
    ):
        found.append("properties of the data set")
    if segmentation.extras and not capabilities.extras:
        found.append("what only the sidecar carries")
    return found
