"""A segmentation as plain JSON data: what ``mlseg info --json`` prints and reports show."""

from __future__ import annotations

from typing import Any

from .geometry import Geometry
from .group import Group
from .label import Label
from .label_index import Extent
from .segmentation import Segmentation


def describe(segmentation: Segmentation, path: str = "", format_id: str = "") -> dict[str, Any]:
    """Everything about a segmentation but its voxels, as JSON data.

    Sizes, boxes and directions are in the order x, y, z (i, j, k), positions LPS mm; boxes include their last voxel.
    Labels of several frames are described over all and ``per_frame``.
    """
    return {
        "path": path,
        "format": format_id,
        "geometry": describe_geometry(segmentation.geometry),
        "unlabeled_locked": segmentation.unlabeled_locked,
        "groups": [_group(segmentation.geometry, index, group) for index, group in enumerate(segmentation.groups)],
        "properties": segmentation.properties,
        "uid": segmentation.uid,
    }


def describe_geometry(geometry: Geometry) -> dict[str, Any]:
    """A geometry as JSON data; the columns of ``direction`` are the axes."""
    found: dict[str, Any] = {
        "size": list(geometry.size),
        "spacing": list(geometry.spacing),
        "origin": list(geometry.origin),
        "direction": geometry.direction.tolist(),
        "time_steps": geometry.time_steps,
    }
    if geometry.time_bounds is not None:
        found["time_bounds"] = list(geometry.time_bounds)
    return found


def _group(geometry: Geometry, index: int, group: Group) -> dict[str, Any]:
    described = {
        "index": index,
        "name": group.name,
        "properties": group.properties,
        "labels": [_label(geometry, group, label) for label in group.labels],
    }
    undeclared = group.undeclared_values()
    if undeclared:
        described["undeclared_values"] = list(undeclared)
    return described


def _label(geometry: Geometry, group: Group, label: Label) -> dict[str, Any]:
    described = {
        "value": label.value,
        "name": label.name,
        "color": list(label.color),
        "opacity": label.opacity,
        "locked": label.locked,
        "visible": label.visible,
        "tracking_id": label.tracking_id,
        "tracking_uid": label.tracking_uid,
        "description": label.description,
        "properties": dict(label.properties),
        **_extent(geometry, group.extent(label.value)),
    }
    if geometry.time_steps > 1:
        frames = (group.index.extent(label.value, t) for t in range(geometry.time_steps))
        described["per_frame"] = [{"t": t, **_extent(geometry, extent)} for t, extent in enumerate(frames)]
    return described


def _extent(geometry: Geometry, extent: Extent | None) -> dict[str, Any]:
    if extent is None:
        return {"voxels": 0, "volume_mm3": 0.0, "bounding_box_ijk": None, "centroid_lps": None}
    return {
        "voxels": extent.voxels,
        "volume_mm3": extent.voxels * geometry.voxel_volume_mm3,
        "bounding_box_ijk": extent.box.inclusive_ijk(),
        "centroid_lps": geometry.lps_from_ijk(extent.centroid_kji[::-1]).tolist(),
    }
