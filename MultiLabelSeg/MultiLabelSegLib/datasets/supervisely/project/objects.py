"""Objects of an annotation as labels: what the project says about them, joined with what the sidecar remembers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ....core import Label
from ....core.label import MAX_VALUE, PropertyValue
from ....core.naming import free_value, lut_color
from ....errors import CorruptFileError
from ..key_ids import key_of, plain_key
from ..object_properties import OBJECT, OBJECT_KEY, SCORES, Scores, scores_of
from .annotation import PLANES, SIGNATURE
from .meta import ClassMeta, ProjectMeta

_FIELDS = ("labelerLogin", "createdAt", "updatedAt", "nnCreated", "nnUpdated")


@dataclass(frozen=True)
class FoundFigure:
    """One figure of an object; ``plane`` is empty for a mask of the volume, else that of the slice ``index``."""

    key: str
    shape: str
    geometry: Any
    plane: str = ""
    index: Any = None
    entry: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class FoundObject:
    """An object with its figures; ``key`` is empty where it has none, ``title`` is that of its class."""

    key: str
    title: str
    entry: Mapping[str, Any]
    figures: list[FoundFigure] = field(default_factory=list)


def objects_of(annotation: Mapping[str, Any], path: Path) -> tuple[list[FoundObject], list[str]]:
    """The objects of an annotation with their figures, and the keys of figures that belong to none.

    Raises CorruptFileError, naming the place.
    """
    objects, by_key, by_id = [], {}, {}
    for index, entry in enumerate(_list(annotation, "objects", path)):
        if not isinstance(entry, dict) or not isinstance(entry.get("classTitle"), str):
            raise CorruptFileError(path, f"objects[{index}]: found {entry!r:.80}, expected an object with a classTitle")
        found = FoundObject(plain_key(entry.get("key")), entry["classTitle"], entry)
        objects.append(found)
        by_key.update({found.key: found} if found.key else {})
        by_id.update({entry["id"]: found} if isinstance(entry.get("id"), int) else {})
    stray = []
    for figure in _figures(annotation, path):
        number = figure.entry.get("objectId")
        owner = by_key.get(plain_key(figure.entry.get("objectKey")))
        if owner is None and isinstance(number, int):
            owner = by_id.get(number)
        if owner is None:
            stray.append(figure.key or str(figure.entry.get("id")))
        else:
            owner.figures.append(figure)
    return objects, stray


def _figures(annotation: Mapping[str, Any], path: Path) -> Iterator[FoundFigure]:
    for index, entry in enumerate(_list(annotation, "spatialFigures", path)):
        yield _figure(entry, f"spatialFigures[{index}]", path)
    for plane in _list(annotation, "planes", path):
        name = plane.get("name") if isinstance(plane, dict) else None
        if name not in PLANES:
            raise CorruptFileError(path, f"planes: found {name!r:.40}, expected {', '.join(PLANES)}")
        for part in _list(plane, "slices", path):
            where = f"planes.{name}.slices"
            if not isinstance(part, dict):
                raise CorruptFileError(path, f"{where}: found {part!r:.60}, expected an object")
            for entry in _list(part, "figures", path):
                yield _figure(entry, where, path, name, part.get("index"))


def _figure(entry: Any, where: str, path: Path, plane: str = "", index: Any = None) -> FoundFigure:
    if not isinstance(entry, dict):
        raise CorruptFileError(path, f"{where}: found {entry!r:.60}, expected a figure")
    key, shape = plain_key(entry.get("key")), str(entry.get("geometryType"))
    return FoundFigure(key, shape, entry.get("geometry"), plane, index, entry)


def _list(owner: Mapping[str, Any], name: str, path: Path) -> list[Any]:
    found = owner.get(name, [])
    if not isinstance(found, list):
        raise CorruptFileError(path, f"{name}: found {found!r:.60}, expected an array")
    return found


# ---- what a label keeps of them ---------------------------------------------------------------------------------
def tags_of(owner: Mapping[str, Any], meta: ProjectMeta) -> list[dict[str, Any]]:
    """The tags of an object or a volume, each with its description in the project, so that it can go elsewhere."""
    tags = []
    found = owner.get("tags")
    for tag in found if isinstance(found, list) else ():
        if isinstance(tag, dict) and isinstance(tag.get("name"), str):
            kept = {key: tag[key] for key in ("name", "value", "key", *SIGNATURE) if tag.get(key) is not None}
            known = meta.tags.get(tag["name"])
            tags.append({**kept, "meta": known} if known else kept)
    return tags


def custom_data(figures: Iterable[FoundFigure]) -> tuple[Scores, dict[str, Any]]:
    """Scores and comments of all figures together, and whatever else their custom data holds."""
    scores: Scores = {}
    rest: dict[str, Any] = {}
    for figure in figures:
        found = figure.entry.get("customData")
        for name, frames in found.items() if isinstance(found, dict) else ():
            if isinstance(frames, dict) and all(isinstance(entry, dict) for entry in frames.values()):
                scores.setdefault(name, {}).update({str(frame): dict(entry) for frame, entry in frames.items()})
            else:
                rest[name] = frames
    return scores, rest


def _described(found: FoundObject, meta: ProjectMeta, rest: Mapping[str, Any]) -> dict[str, Any]:
    """What Supervisely knows about an object and a label has no field for; empty when there is nothing."""
    kept: dict[str, Any] = {key: found.entry[key] for key in SIGNATURE if found.entry.get(key)}
    tags = tags_of(found.entry, meta)
    if tags:
        kept["tags"] = tags
    if rest:
        kept["custom_data"] = dict(rest)
    masks = [figure for figure in found.figures if not figure.plane]
    if len(masks) == 1:
        figure = {key: masks[0].entry[key] for key in _FIELDS if masks[0].entry.get(key)}
        if masks[0].key and masks[0].key != key_of(found.key, "figure"):
            figure["key"] = masks[0].key
        if figure:
            kept["figure"] = figure
    return kept


def new_label(found: FoundObject, value: int, meta: ProjectMeta) -> Label:
    """An object that no sidecar knows as a label of this value."""
    kind = meta.classes.get(found.title, ClassMeta(found.title))
    scores, rest = custom_data(found.figures)
    properties: dict[str, PropertyValue] = {OBJECT_KEY: found.key} if found.key else {}
    described = _described(found, meta, rest)
    properties.update({OBJECT: described} if described else {})
    properties.update({SCORES: dict(scores)} if scores else {})
    color = kind.rgb or lut_color(value)
    return Label(value, found.title, color, description=kind.text, properties=properties)


def known_label(label: Label, found: FoundObject, meta: ProjectMeta, colors: set[str], descriptions: set[str]) -> Label:
    """A label of the sidecar with what somebody changed in the project since: class, colour, scores, tags.

    ``colors`` and ``descriptions`` are the titles of the classes whose look or text changed.
    """
    changes: dict[str, Any] = {}
    kind = meta.classes.get(found.title, ClassMeta(found.title))
    renamed = found.title != (label.name or f"Label {label.value}")
    if renamed:
        changes["name"] = found.title
    if (renamed or found.title in colors) and kind.rgb:
        changes["color"] = kind.rgb
    if found.title in descriptions:
        changes["description"] = kind.text
    properties = dict(label.properties)
    scores, rest = custom_data(found.figures)
    if found.figures and scores != scores_of(label):
        properties.pop(SCORES, None)
        properties.update({SCORES: dict(scores)} if scores else {})
    before = properties.get(OBJECT)
    now = _described(found, meta, rest)
    if _essence(before) != _essence(now):
        properties.pop(OBJECT, None)
        properties.update({OBJECT: now} if now else {})
    if properties != label.properties:
        changes["properties"] = properties
    return label.with_(**changes) if changes else label


def _essence(described: Any) -> Any:
    """What of it somebody may have changed: tags and custom data."""
    if not isinstance(described, Mapping):
        return [], {}
    tags = described.get("tags")
    pairs = [(tag.get("name"), tag.get("value")) for tag in tags or () if isinstance(tag, Mapping)]
    return pairs, dict(described.get("custom_data") or {})


# ---- values -----------------------------------------------------------------------------------------------------
def new_values(objects: list[FoundObject], taken: Iterable[int], meta: ProjectMeta) -> list[int]:
    """A value for each object: that which its class names when it is the class's only object and the value is free,
    else one after the other above the highest.

    Raises ValueSpaceFullError.
    """
    used = set(taken)
    counts: dict[str, int] = {}
    for found in objects:
        counts[found.title] = counts.get(found.title, 0) + 1
    values: list[int | None] = []
    for found in objects:
        wanted = meta.classes.get(found.title, ClassMeta(found.title)).pixel_value
        free = wanted is not None and counts[found.title] == 1 and wanted not in used
        values.append(wanted if free else None)
        used.update([wanted] if free and wanted is not None else [])
    top = max(used, default=0)
    result = []
    for value in values:
        if value is None:
            top += 1
            value = top if top <= MAX_VALUE else free_value(used)
            used.add(value)
        result.append(value)
    return result
