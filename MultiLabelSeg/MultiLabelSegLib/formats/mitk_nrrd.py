"""MITK's multi-label segmentation in one .nrrd file: versions 0 to 4, and the LabelSetImage that came before."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..core import Geometry, Group, Segmentation
from ..errors import CorruptFileError, FormatError, GeometryError, UnsupportedFormatError
from .base import EVERYTHING, Format, ReadRequest, WriteRequest
from .json_text import compact_json, parse_json
from .label_json import GroupEntry, JsonRules, group_to_json, groups_from_json, needs_version_4
from .mitk_data_properties import read_data_properties, write_data_properties
from .mitk_legacy import LEGACY_MODALITY, LEGACY_PREFIXES, LabelArray, MitkReadOptions, legacy_groups
from .nrrd import (
    NrrdHeader,
    WrittenNrrd,
    axis_layout,
    geometry_fields,
    geometry_from_header,
    nrrd_difference,
    read_groups,
    read_header,
    time_axis_step,
    write_nrrd,
)
from .report import Report
from .verify import differences, geometry_differences

MODALITY = "org.mitk.multilabel.segmentation"
_VERSION, _GROUPS, _LOCK = f"{MODALITY}.version", f"{MODALITY}.labelgroups", f"{MODALITY}.unlabeledlabellock"
_UID = "org_mitk_uid"
_TIME_TYPE, _TIME_POINTS = "org_mitk_timegeometry_type", "org_mitk_timegeometry_timepoints"
_ARBITRARY = "ArbitraryTimeGeometry"
NEWEST_VERSION = 4


@dataclass(frozen=True)
class MitkWriteOptions:
    """``version`` of the file: 3 opens in MITK 2025.08 too, 4 only from 2026 on; ``auto`` takes the lowest that holds
    the content, which is 4 where labels have codes or algorithms.
    """

    version: Literal["auto", 3, 4] = "auto"


def matches(path: Path, head: bytes) -> bool:
    """Whether a file is NRRD with MITK's modality; the key may lie far behind the first bytes."""
    if not head.startswith(b"NRRD000"):
        return False
    try:
        return read_header(path).keyvalues.get("modality", "").strip() in (MODALITY, LEGACY_MODALITY)
    except FormatError:
        return b"modality:=org.mitk." in head


# ---- reading ----------------------------------------------------------------------------------------------------
def read(request: ReadRequest) -> Segmentation:
    """A segmentation of any version.

    Damage that MITK passes over in silence is noted in the request's report; values that MITK would wrap are refused.
    Raises CorruptFileError, UnsupportedFormatError (no modality, newer version), OptionError.
    """
    header = read_header(request.path, allow_outside=request.allow_outside)
    modality = header.keyvalues.get("modality", "").strip()
    if modality not in (MODALITY, LEGACY_MODALITY):
        reason = f"key 'modality': found {modality[:60] or 'nothing'!r}, expected {MODALITY}"
        raise UnsupportedFormatError(request.path, reason)
    for text in header.notes:
        request.report.note(text, request.path)
    rules = JsonRules(request.path, _version(header), note=lambda text: request.report.note(text, request.path))
    geometry = _with_time_bounds(geometry_from_header(header, request.report), header, request.report)
    described = None if modality == LEGACY_MODALITY else _described(header, rules)
    arrays = read_groups(header, lambda done: request.report.step(done, "reading voxels"))
    if described is None:
        options = request.options if isinstance(request.options, MitkReadOptions) else MitkReadOptions()
        groups = legacy_groups(header, arrays, options, rules)
    else:
        groups = _groups(header, described, arrays)
    _note_undeclared(groups, request)
    keys = {
        key: text
        for key, text in header.keyvalues.items()
        if modality == MODALITY or not key.startswith(LEGACY_PREFIXES)
    }
    return Segmentation(
        geometry,
        groups,
        uid=header.keyvalues.get(_UID, ""),
        unlabeled_locked=_flag(_found(header, _LOCK) or "0"),
        properties=read_data_properties(keys, rules.note),
    )


def _found(header: NrrdHeader, name: str) -> str | None:
    """The text of a key; where it is missing that of the first key that contains the name, as MITK looks for it."""
    if name in header.keyvalues:
        return header.keyvalues[name]
    return next((header.keyvalues[key] for key in sorted(header.keyvalues) if name in key), None)


def _version(header: NrrdHeader) -> int:
    """The version; text that does not begin with digits, and none at all, is 0. Raises UnsupportedFormatError."""
    text = (_found(header, _VERSION) or "").strip()
    digits = re.match(r"[0-9]{1,9}", text)
    version = int(digits[0]) if digits else 0
    if version > NEWEST_VERSION:
        reason = f"version {text[:20]} of the format is newer than {NEWEST_VERSION}, the newest that is known"
        raise UnsupportedFormatError(header.path, reason)
    return version


def _flag(text: str) -> bool:
    return text.strip().lower() in ("1", "true")


def _described(header: NrrdHeader, rules: JsonRules) -> list[GroupEntry]:
    """The groups as the header describes them, checked against the number of groups that the voxels have."""
    text = _found(header, _GROUPS)
    if text is None:
        raise CorruptFileError(header.path, f"key '{_GROUPS}' is missing")
    data = parse_json(text, header.path, f"key '{_GROUPS}'", lambda reason: rules.note(f"{reason}; the last counts"))
    entries = groups_from_json(data, "labelgroups", rules)
    stored = axis_layout(header).groups(header)
    if len(entries) != stored and (entries or stored != 1):
        reason = f"the header describes {len(entries)} groups of labels, the voxels have {stored}"
        raise CorruptFileError(header.path, reason)
    return entries


def _groups(header: NrrdHeader, entries: Sequence[GroupEntry], arrays: Sequence[LabelArray]) -> list[Group]:
    """Descriptions and voxels put together; without any description the voxels must be empty."""
    if not entries:
        group = Group(arrays[0])
        if group.present_values():
            reason = "the header describes no group of labels, but there are labelled voxels"
            raise CorruptFileError(header.path, reason)
        return [group]
    return [
        Group(array, entry.labels, entry.name, entry.properties) for array, entry in zip(arrays, entries, strict=True)
    ]


def _note_undeclared(groups: Sequence[Group], request: ReadRequest) -> None:
    """MITK keeps voxels whose value has no label in their group, and says nothing."""
    for index, group in enumerate(groups):
        values = group.undeclared_values()
        if values:
            voxels = sum(group.voxels(value) for value in values)
            some = ", ".join(map(str, values[:10])) + (", ..." if len(values) > 10 else "")
            reason = f"group {index}: {voxels} voxels hold values without a label ({some}); they are kept"
            request.report.note(reason, request.path)


def _with_time_bounds(geometry: Geometry, header: NrrdHeader, report: Report) -> Geometry:
    """The geometry with the borders of its frames where the header gives them; unfit ones are noted and ignored."""
    keys = header.keyvalues
    kind = keys.get(_TIME_TYPE, keys.get(_TIME_TYPE.replace("_", "."), ""))
    points = keys.get(_TIME_POINTS, keys.get(_TIME_POINTS.replace("_", "."), ""))
    if kind.strip() != _ARBITRARY:
        step = time_axis_step(header)
        if geometry.time_steps > 1 and step is not None and step != (0.0, 1.0):
            report.note(f"frames from {step[0]:g} by {step[1]:g} are plainly numbered, as MITK reads them", header.path)
        return geometry
    try:
        return geometry.with_time(geometry.time_steps, [float(point) for point in points.split()])
    except (ValueError, GeometryError) as error:
        report.note(f"key '{_TIME_POINTS}' is ignored, each frame lasts 1: {error}", header.path)
        return geometry


# ---- writing ----------------------------------------------------------------------------------------------------
def write(request: WriteRequest) -> Path:
    """Writes one file in MITK's layout; returns its path. Raises UnsupportedFormatError for text no header can hold."""
    segmentation = request.segmentation
    options = request.options if isinstance(request.options, MitkWriteOptions) else MitkWriteOptions()
    staged = request.stage.file(request.path)
    try:
        request.made = write_nrrd(
            staged,
            geometry_fields(segmentation.geometry, len(segmentation.groups)),
            _keyvalues(segmentation, options),
            [group.array for group in segmentation.groups],
            progress=lambda done: request.report.step(done, "writing voxels"),
        )
    except UnsupportedFormatError as error:
        raise UnsupportedFormatError(request.path, error.reason) from None
    return request.path


def verify(request: WriteRequest, written: Path) -> list[str]:
    """Sentences about what differs between the staged file and the segmentation; empty when all is well.

    The header is parsed again and compared with the labels. Voxels that were written as runs are decoded from the
    bytes on disk and compared run by run; others are read in the ordinary way.
    """
    staged, segmentation = request.stage.staged(written), request.segmentation
    made = request.made
    if not isinstance(made, WrittenNrrd) or made.intervals is None:
        return differences(segmentation, read(ReadRequest(staged, MitkReadOptions())), FORMAT.capabilities)
    try:
        header = read_header(staged)
        entries = _described(header, JsonRules(staged, _version(header)))
        geometry = geometry_from_header(header)
    except FormatError as error:
        return [f"it cannot be read back: {error}"]
    found = geometry_differences(segmentation.geometry, geometry)
    for index, (group, entry) in enumerate(zip(segmentation.groups, entries, strict=True)):
        same = (group.name, group.labels, group.properties) == (entry.name, entry.labels, dict(entry.properties))
        found += [] if same else [f"group {index}: the labels in the header differ"]
    changed = nrrd_difference(staged, made)
    return found if changed is None else [*found, changed]


def _keyvalues(segmentation: Segmentation, options: MitkWriteOptions) -> dict[str, str]:
    version = options.version
    if version == "auto":
        version = 4 if needs_version_4(segmentation.labels) else 3
    written = write_data_properties(segmentation.properties)
    written.update(
        {
            "modality": MODALITY,
            _VERSION: str(version),
            _GROUPS: compact_json([group_to_json(group) for group in segmentation.groups]),
            _LOCK: str(int(segmentation.unlabeled_locked)),
            _UID: segmentation.uid,
        }
    )
    if segmentation.geometry.time_bounds is not None:
        written[_TIME_TYPE] = _ARBITRARY
        written[_TIME_POINTS] = " ".join(repr(bound) for bound in segmentation.geometry.time_bounds)
    return written


FORMAT = Format(
    id="mitk-nrrd",
    title="MITK Multilabel Segmentation",
    suffixes=(".nrrd",),
    capabilities=EVERYTHING,
    matches=matches,
    reader=read,
    writer=write,
    verifier=verify,
    read_options=MitkReadOptions,
    write_options=MitkWriteOptions,
    reader_names=("MITK Multilabel Segmentation", "MITK LabelSetImage (legacy)"),
)
