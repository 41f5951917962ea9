"""What an import did: every file of the input is imported or named here with its reason."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ....core import Group, Label, Segmentation
from ..discovery.cases import Remark
from ..object_properties import CLASS_ID, MODE, SOURCE, VALUE, scores_of


@dataclass(frozen=True)
class Imported:
    """One volume that was imported: its ``source`` (relative to the input), where it went, and from which files.

    ``files`` are those that something was taken from beside the source: masks, score tables, the colour map...
    ``labels`` describe the objects: class, value here and in the file, class number, voxels, scores.
    """

    source: str
    output: Path
    layout: str
    files: tuple[str, ...] = ()
    labels: tuple[dict[str, Any], ...] = ()

    @property
    def objects(self) -> int:
        """How many objects (label instances) the volume has."""
        return len(self.labels)

    def as_json(self) -> dict[str, Any]:
        """For the report."""
        return {
            "source": self.source,
            "output": str(self.output),
            "layout": self.layout,
            "objects": self.objects,
            "files": list(self.files),
            "labels": list(self.labels),
        }


@dataclass
class ImportReport:
    """Collects what was imported, what was left out and why, and what was odd."""

    imported: list[Imported] = field(default_factory=list)
    left_out: list[Remark] = field(default_factory=list)
    notes: list[Remark] = field(default_factory=list)
    _left: set[str] = field(default_factory=set, repr=False)
    _noted: set[Remark] = field(default_factory=set, repr=False)

    def leave_out(self, path: str, reason: str) -> None:
        """Names a file that was not imported; the first reason of a file is kept."""
        if path not in self._left:
            self._left.add(path)
            self.left_out.append(Remark(path, reason))

    def note(self, remarks: Iterable[Remark]) -> None:
        """Adds what was odd; the same thing is said once."""
        for remark in remarks:
            if remark not in self._noted:
                self._noted.add(remark)
                self.notes.append(remark)

    def used(self) -> set[str]:
        """Every file that something was imported from."""
        return {path for entry in self.imported for path in (entry.source, *entry.files)}

    def names(self) -> set[str]:
        """Every file or folder that the report speaks of."""
        return self.used() | self._left | {note.path for note in self.notes}

    def as_json(self) -> dict[str, Any]:
        """``{"imported": [...], "left_out": [{"path", "reason"}], "notes": [{"path", "line", "reason"}]}``."""
        return {
            "imported": [entry.as_json() for entry in self.imported],
            "left_out": [{"path": remark.path, "reason": remark.reason} for remark in self.left_out],
            "notes": [{"path": note.path, "line": note.line, "reason": note.reason} for note in self.notes],
        }

    def text(self) -> str:
        """The report as JSON text."""
        return json.dumps(self.as_json(), indent=1) + "\n"


def described_labels(segmentation: Segmentation) -> tuple[dict[str, Any], ...]:
    """One entry a label, for the report."""
    groups = enumerate(segmentation.groups)
    return tuple(_described(index, group, label) for index, group in groups for label in group.labels)


def _described(index: int, group: Group, label: Label) -> dict[str, Any]:
    properties = label.properties
    return {
        "class": label.name,
        "value": label.value,
        "color": label.hex_color,
        "group": index,
        "voxels": group.voxels(label.value),
        "source": properties.get(SOURCE),
        "source_value": properties.get(VALUE),
        "class_id": properties.get(CLASS_ID),
        "mode": properties.get(MODE),
        "scores": scores_of(label),
    }
