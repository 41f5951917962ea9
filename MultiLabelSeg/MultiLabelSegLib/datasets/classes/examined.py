"""What an export has to know about a case before any is written: its labels, how they overlap, its grid."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...core import Geometry, Group, Label, Segmentation
from ...errors import LabelError
from ...formats.json_text import is_utf8
from ...formats.label_json import GroupEntry, group_to_json, groups_from_json
from ...formats.mitk_properties import decode_properties, encode_properties
from ...formats.nifti import fits_nifti1
from ...formats.registry import format_for_reading, read_segmentation
from ...formats.report import Report
from ...formats.values import declared, is_made_up
from ...presets.value_map import apply_value_map, read_value_map
from ..cases.case import Case
from ..cases.grids import common_grid, fit_case
from .combining import combine

#: formats whose reader takes a label table
_WITH_TABLE = ("labelmap", "label-folder")


@dataclass(frozen=True)
class CaseOptions:
    """How segmentations are read: names from a table, labels renamed by a map, other grids, voxels without a label.

    With ``classes`` a name means the same in every case; see ``one_made_up_name``.
    """

    label_table: str = ""
    map: str = ""
    resample: bool = False
    undeclared: bool = False
    classes: bool = True


@dataclass(frozen=True)
class Examined:
    """A case that was looked at. ``document`` is everything about its labels and groups (see ``document_of``).

    ``combinations`` maps label values that occur together to their voxels; ``verdict`` tells how it came to its
    image's grid; ``needs_nifti2`` that only NIfTI-2 holds that grid.
    """

    document: Mapping[str, Any] = field(default_factory=dict)
    combinations: Mapping[frozenset[int], int] = field(default_factory=dict)
    verdict: str = ""
    needs_nifti2: bool = False

    @property
    def groups(self) -> list[GroupEntry]:
        """The groups with their labels, without voxels."""
        return groups_from_json(self.document.get("groups", []), "groups")

    def as_json(self) -> dict[str, Any]:
        """For another process."""
        pairs = sorted((sorted(values), voxels) for values, voxels in self.combinations.items())
        return {
            "document": dict(self.document),
            "combinations": pairs,
            "verdict": self.verdict,
            "needs_nifti2": self.needs_nifti2,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Examined:
        """What ``as_json`` described."""
        combinations = {frozenset(values): int(voxels) for values, voxels in data["combinations"]}
        return cls(data["document"], combinations, data["verdict"], data["needs_nifti2"])


def read_case(case: Case, options: CaseOptions, report: Report) -> tuple[Segmentation, str]:
    """The segmentation of a case on the grid of its images, with the labels that it is to have; and the grid's verdict.

    Raises FormatError, GeometryError (another grid), LabelError (voxels without a label), PresetError.
    """
    assert case.segmentation is not None
    table: dict[str, Any] = {}
    if options.label_table and format_for_reading(case.segmentation).id in _WITH_TABLE:
        table = {"label_table": options.label_table}
    segmentation = read_segmentation(case.segmentation, options=table, report=report)
    added: list[Label] = []
    if options.undeclared:
        segmentation, added = declared(segmentation)
        for label in added:
            report.note(f"voxels of the value {label.value} had no label; they are {label.name!r} now")
    unnamed = sorted({value for group in segmentation.groups for value in group.undeclared_values()})
    if unnamed:
        values = ", ".join(map(str, unnamed[:8]))
        raise LabelError(f"{case.segmentation}: voxels without a label hold {values}; see --undeclared label")
    if options.map:
        segmentation = apply_value_map(segmentation, read_value_map(Path(options.map), report)).segmentation
    if options.classes:
        segmentation = one_made_up_name(segmentation, {label.value for label in added})
    if not case.images:
        return segmentation, "alone"
    grid = common_grid(case.images, report)
    fitted, verdict = fit_case(segmentation, grid, options.resample, report)
    return fitted, verdict


def examine(case: Case, options: CaseOptions, report: Report, overlaps: bool = True) -> Examined:
    """Looks at a case: reads it as ``read_case`` does and counts how labels overlap.

    Without ``overlaps`` every label counts by itself, for targets where it does not matter; that is quicker.
    """
    if case.segmentation is None:
        grid = common_grid(case.images, report) if case.images else None
        return Examined(needs_nifti2=grid is not None and _needs_nifti2(grid))
    segmentation, verdict = read_case(case, options, report)
    if overlaps:
        found = combine(segmentation.groups).counts()
    else:
        counts = {value: voxels for group in segmentation.groups for value, voxels in group.counts().items()}
        found = {frozenset((value,)): voxels for value, voxels in counts.items()}
    return Examined(document_of(segmentation), found, verdict, _needs_nifti2(segmentation.geometry))


def one_made_up_name(segmentation: Segmentation, added: Collection[int] = ()) -> Segmentation:
    """The segmentation with ``object-3`` for every ``object-003`` that was made up because no table names the value 3.

    How many zeros are made up depends on the highest value of a file, and so would the class. ``added`` are values
    whose labels were made up here.
    """
    groups = []
    for group in segmentation.groups:
        made_up = {label.value for label in group.labels if label.value in added or is_made_up(label)}
        labels = [
            label.with_(name=f"object-{label.value}") if label.value in made_up else label for label in group.labels
        ]  # fmt: skip
        groups.append(Group(group.array, labels, group.name, group.properties))
    return segmentation.with_groups(groups)


def _needs_nifti2(grid: Geometry) -> bool:
    return not fits_nifti1(grid)


def document_of(segmentation: Segmentation) -> dict[str, Any]:
    """Everything about a segmentation but voxels and grid, as JSON. Raises LabelError for text that is no UTF-8."""
    document = {
        "groups": [group_to_json(group) for group in segmentation.groups],
        "unlabeled_locked": segmentation.unlabeled_locked,
        "properties": encode_properties(segmentation.properties),
        "extras": segmentation.extras,
        "uid": segmentation.uid,
        "time_bounds": list(segmentation.geometry.time_bounds or ()),
    }
    if not is_utf8(document):
        raise LabelError("names or properties of labels hold text that no file can hold")
    return document


def from_document(document: Mapping[str, Any], geometry: Geometry, groups: list[Group]) -> Segmentation:
    """The segmentation that a document describes, made of groups with voxels."""
    bounds = document.get("time_bounds") or None
    return Segmentation(
        geometry.with_time(geometry.time_steps, bounds) if bounds else geometry,
        groups,
        uid=str(document.get("uid", "")),
        unlabeled_locked=bool(document.get("unlabeled_locked", False)),
        properties=decode_properties(document.get("properties", {})),
        extras=document.get("extras", {}),
    )
