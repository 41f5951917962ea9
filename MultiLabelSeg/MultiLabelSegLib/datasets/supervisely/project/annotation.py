"""``ann/<volume>.json``: where the volume lies, its objects and their figures, as Supervisely wants them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ....core import Geometry, Label
from ..key_ids import KeyIds, key_of, plain_key
from ..object_properties import OBJECT, OBJECT_KEY, scores_of
from .meta import TagTable, class_title

#: property of a segmentation: what Supervisely knows about its volume and we have no place for
VOLUME = "supervisely.volume"
#: who made an entry and when; kept there and back
SIGNATURE = ("labelerLogin", "createdAt", "updatedAt")
#: the planes by name, with the direction through their slices and the index axis (0 = x) that counts them
PLANES = {"sagittal": ((1, 0, 0), 0), "coronal": ((0, 1, 0), 1), "axial": ((0, 0, 1), 2)}


@dataclass(frozen=True)
class Figure:
    """The mask of an object; ``data`` is the text that stands for a mask without file."""

    key: str
    number: int
    data: str = ""


@dataclass
class WrittenObject:
    """What a label became: key and number of its object, and its figure unless it has no voxels."""

    label: Label
    key: str
    number: int
    figure: Figure | None = None


def object_of(label: Label, uid: str, ids: KeyIds) -> WrittenObject:
    """Gives a label its object key: the one that it came with, else one of document and value."""
    wanted = plain_key(label.properties.get(OBJECT_KEY)) or key_of(uid, "object", label.value)
    key, number = ids.take("objects", wanted)
    return WrittenObject(label, key, number)


def figure_of(entry: WrittenObject, ids: KeyIds) -> Figure:
    """Gives an object's mask a key: the one that it came with, else one of the object's."""
    wanted = plain_key(_part(_known(entry.label), "figure").get("key")) or key_of(entry.key, "figure")
    return Figure(*ids.take("figures", wanted))


def volume_meta(geometry: Geometry, lowest: float, highest: float) -> dict[str, Any]:
    """``volumeMeta`` of a grid with the axes R, A, S and grey values ``lowest``...``highest``.

    The place is given in both forms: as the server has it (``IJK2WorldMatrix``) and as the SDK does.
    """
    matrix = np.array(geometry.ijk_to_ras) + 0.0
    spacing = np.linalg.norm(matrix[:3, :3], axis=0)
    width = max(highest - lowest, 1.0)  # a window of no width shows nothing
    x, y, z = geometry.size
    return {
        "ACS": "RAS",
        "channelsCount": 1,
        "rescaleSlope": 1,
        "rescaleIntercept": 0,
        "intensity": {"min": lowest, "max": highest},
        "windowWidth": width,
        "windowCenter": lowest + width / 2,
        "dimensionsIJK": {"x": x, "y": y, "z": z},
        "IJK2WorldMatrix": matrix.ravel().tolist(),
        "spacing": spacing.tolist(),
        "origin": matrix[:3, 3].tolist(),
        "directions": (matrix[:3, :3] / spacing).ravel().tolist(),
    }


@dataclass
class AnnotationBuilder:
    """Puts the annotation of one volume together; every key and number is new to the project."""

    ids: KeyIds
    tags: TagTable
    geometry: Geometry

    def annotation(
        self, key: str, name: str, window: tuple[float, float], objects: list[WrittenObject], volume: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The whole file. ``volume`` is what the segmentation brought along of its former project."""
        key, number = self.ids.take("videos", key)
        return {
            "volumeId": number,
            "volumeName": name,
            "key": key,
            "volumeMeta": volume_meta(self.geometry, *window),
            "tags": self._tags(volume.get("tags"), key),
            "objects": [self._object(entry) for entry in objects],
            "planes": [_plane(name, normal) for name, (normal, _) in PLANES.items()],
            "spatialFigures": [
                _figure(entry, entry.figure, self.geometry) for entry in objects if entry.figure is not None
            ],
        }

    def _object(self, entry: WrittenObject) -> dict[str, Any]:
        known = _known(entry.label)
        return {
            **{name: known[name] for name in SIGNATURE if name in known},
            "key": entry.key,
            "id": entry.number,
            "classTitle": class_title(entry.label),
            "tags": self._tags(known.get("tags"), entry.key),
        }

    def _tags(self, found: Any, owner: str) -> list[dict[str, Any]]:
        tags: list[dict[str, Any]] = []
        for tag in found if isinstance(found, list) else ():
            if not isinstance(tag, Mapping):
                continue
            name = self.tags.add(tag)
            key, number = self.ids.take("tags", plain_key(tag.get("key")) or key_of(owner, "tag", name, len(tags)))
            value = {"value": tag["value"]} if tag.get("value") is not None else {}
            signed = {part: tag[part] for part in SIGNATURE if part in tag}
            tags.append({**signed, "name": name, **value, "key": key, "id": number})
        return tags


def _figure(entry: WrittenObject, figure: Figure, grid: Geometry) -> dict[str, Any]:
    known = _known(entry.label)
    made = _part(known, "figure")
    return {
        **{name: made[name] for name in SIGNATURE if name in made},
        "key": figure.key,
        "id": figure.number,
        "objectKey": entry.key,
        "objectId": entry.number,
        "geometryType": "mask_3d",
        "geometry": _geometry(figure.data, grid) if figure.data else {},  # the mask's file supplies it
        "nnCreated": made.get("nnCreated") is True,
        "nnUpdated": made.get("nnUpdated") is True,
        "meta": {"sliceIndex": None, "planeName": None, "normal": None},
        "customData": {**_part(known, "custom_data"), **scores_of(entry.label)},
    }


def _part(owner: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = owner.get(name)
    return found if isinstance(found, Mapping) else {}


def _known(label: Label) -> Mapping[str, Any]:
    found = label.properties.get(OBJECT)
    return found if isinstance(found, Mapping) else {}


def _geometry(data: str, grid: Geometry) -> dict[str, Any]:
    """A mask without file, with its place as in a header of NRRD."""
    matrix = np.array(grid.ijk_to_ras) + 0.0
    place = {
        "space": "right-anterior-superior",
        "space_origin": matrix[:3, 3].tolist(),
        "space_directions": matrix[:3, :3].T.tolist(),
    }
    return {"mask_3d": {"data": data, **place}, "shape": "mask_3d", "geometryType": "mask_3d"}


def _plane(name: str, normal: tuple[int, int, int]) -> dict[str, Any]:
    return {"name": name, "normal": dict(zip("xyz", normal, strict=True)), "slices": []}
