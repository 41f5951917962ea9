"""Everything of a document but its voxels as JSON, exactly: labels, groups, properties, geometry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...core import Geometry, Group, Label, Segmentation
from ...errors import CorruptFileError, MultiLabelSegError

#: fields of a label in the order of their list in JSON
_LABEL = (
    "value",
    "name",
    "color",
    "opacity",
    "visible",
    "locked",
    "tracking_id",
    "tracking_uid",
    "description",
    "properties",
)


def label_json(label: Label) -> list[Any]:
    """A label as a list of its fields."""
    return [getattr(label, name) for name in _LABEL]


def label_from(entry: Any) -> Label:
    """A label from ``label_json``."""
    fields = dict(zip(_LABEL, entry, strict=True))
    return Label(**{**fields, "color": tuple(fields["color"])})


def geometry_json(geometry: Geometry) -> dict[str, Any]:
    """A geometry as JSON; Python's numbers come back as they were."""
    bounds = None if geometry.time_bounds is None else list(geometry.time_bounds)
    affine = geometry.ijk_to_lps.tolist()
    return {"shape": list(geometry.shape), "affine": affine, "steps": geometry.time_steps, "bounds": bounds}


def geometry_from(entry: Any) -> Geometry:
    """A geometry from ``geometry_json``."""
    bounds = None if entry["bounds"] is None else tuple(entry["bounds"])
    k, j, i = entry["shape"]
    return Geometry((k, j, i), np.array(entry["affine"]), entry["steps"], bounds)


@dataclass
class GroupState:
    """What is known of a group while a journal is read. ``array`` (t, k, j, i)."""

    array: np.ndarray[Any, np.dtype[Any]]
    name: str = ""
    properties: dict[str, Any] = field(default_factory=dict)
    labels: dict[int, Label] = field(default_factory=dict)


@dataclass
class DocumentState:
    """A document while a journal is read: structure records and pieces are applied to it."""

    geometry: Geometry | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    order: list[int] = field(default_factory=list)
    groups: dict[int, GroupState] = field(default_factory=dict)

    def apply(self, delta: dict[str, Any]) -> None:
        """Applies one structure record. Raises CorruptFileError when it does not fit."""
        try:
            self._apply(delta)
        except (KeyError, TypeError, ValueError, AttributeError, MultiLabelSegError) as error:
            raise CorruptFileError(None, f"a record of the structure does not fit: {error!r}") from None

    def _apply(self, delta: dict[str, Any]) -> None:
        if "geometry" in delta:
            self.geometry = geometry_from(delta["geometry"])
            for state in self.groups.values():
                state.array = np.zeros(self.geometry.full_shape, np.uint8)
        self.fields.update(delta.get("fields", {}))
        if self.geometry is None:
            raise ValueError("there is no geometry yet")
        for entry in delta.get("groups", ()):
            key = entry["key"]
            if key not in self.groups:
                self.groups[key] = GroupState(np.zeros(self.geometry.full_shape, np.uint8))
            _apply_group(self.groups[key], entry)
        if "order" in delta:
            self.order = list(delta["order"])
            self.groups = {key: self.groups[key] for key in self.order}

    def segmentation(self) -> Segmentation:
        """The document. Raises CorruptFileError when records before it were missing."""
        if self.geometry is None:
            raise CorruptFileError(None, "the journal holds no geometry")
        states = [self.groups[key] for key in self.order]
        try:
            groups = [Group(state.array, state.labels.values(), state.name, state.properties) for state in states]
            return Segmentation(self.geometry, groups, **self.fields)
        except (TypeError, MultiLabelSegError) as error:
            raise CorruptFileError(None, f"the journal's document is impossible: {error}") from None


def _apply_group(state: GroupState, entry: dict[str, Any]) -> None:
    state.name = entry.get("name", state.name)
    state.properties = entry.get("properties", state.properties)
    for value in entry.get("dropped", ()):
        del state.labels[value]
    for label in map(label_from, entry.get("labels", ())):
        state.labels[label.value] = label
    if "values" in entry:
        state.labels = {value: state.labels[value] for value in entry["values"]}


#: fields of the document that are kept as they are
FIELDS: dict[str, Callable[[Segmentation], Any]] = {
    "uid": lambda document: document.uid,
    "unlabeled_locked": lambda document: document.unlabeled_locked,
    "properties": lambda document: document.properties,
    "extras": lambda document: document.extras,
}
