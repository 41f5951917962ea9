"""A segmentation into many files: one for each label, class or group; every group is scanned once."""

from __future__ import annotations

import glob
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..core import Group, Label, Segmentation
from ..core.runs import RunTable, scan
from ..errors import FormatError, OptionError, WriteError
from ..formats.image_verify import content_difference, grid_difference
from ..formats.image_write import LabelImageWriter
from ..formats.many_files import expect_files
from ..formats.mask_names import safe_name
from ..formats.report import Report
from ..formats.saving import write_segmentation
from ..formats.staging import Stage, absolute

By = Literal["label", "class", "group"]
BY: tuple[By, ...] = ("label", "class", "group")
FIELDS = ("case", "stem", "label", "class", "value", "group")
_CASE_FIELDS = ("case", "stem")
_FIELD = re.compile(r"\{\{|\}\}|\{([^{}]*)\}")


@dataclass(frozen=True)
class Part:
    """One file of a split: where it goes, the group it comes from, and its labels (``name`` is what they share)."""

    path: Path
    group: int
    labels: tuple[Label, ...]
    name: str


def parts_of(segmentation: Segmentation, template: str, case: str, by: By = "label") -> list[Part]:
    """The files that a split makes. ``template`` may hold ``{case}``, ``{label}``, ``{value}``, ``{group}``.

    ``by`` class puts the instances of a name (in one group) together, ``by`` group whole groups. Names that no file
    system takes are changed; where two files would have one name, their values tell them apart. Raises OptionError for
    unknown fields, for a template that gives all files one name although values are added.
    """
    parts: list[Part] = []
    for index, group in enumerate(segmentation.groups):
        title = group.name or f"group_{index + 1}"
        for name, labels in _units(group, title, by):
            fields = {"case": case, "stem": case, "group": title, "label": name, "class": name}
            fields["value"] = str(labels[0].value) if labels else str(index)
            parts.append(Part(_filled(template, fields), index, labels, name))
    counts: dict[str, int] = {}
    for part in parts:
        counts[_key(part.path)] = counts.get(_key(part.path), 0) + 1
    final = [part if counts[_key(part.path)] == 1 else _told_apart(part) for part in parts]
    keys = [_key(part.path) for part in final]
    if len(set(keys)) < len(keys):
        raise OptionError("output", template, "a template whose files differ, with {label}, {value} or {group}")
    return final


def _units(group: Group, title: str, by: By) -> Iterator[tuple[str, tuple[Label, ...]]]:
    if by == "group":
        yield title, group.labels
    elif by == "label":
        yield from ((label.name, (label,)) for label in group.labels)
    else:
        names = dict.fromkeys(label.name for label in group.labels)
        yield from ((name, tuple(label for label in group.labels if label.name == name)) for name in names)


def _filled(template: str, fields: Mapping[str, str]) -> Path:
    def put(found: re.Match[str]) -> str:
        name = found.group(1)
        if name is None:
            return found.group(0)[0]
        if name not in fields:
            raise OptionError("output", template, "the fields " + ", ".join(f"{{{field}}}" for field in FIELDS))
        return safe_name(fields[name]) or "_"

    return absolute(Path(_FIELD.sub(put, template)).expanduser())


def traces_of(template: str, case: str) -> tuple[str, tuple[str, ...]]:
    """What stands for the files of a case before it is read, and glob patterns of all that it may make.

    The first is a path in the last folder that only the case names; what follows there is as in the template.
    """
    name = safe_name(case) or "_"
    parts = absolute(Path(template).expanduser()).parts
    first = next((index for index, part in enumerate(parts) if _has_open_field(part)), len(parts) - 1)
    output = Path(*(_with_case(part, name, None) for part in parts[: first + 1]))
    # brackets of templates are no marks of patterns, so the text around the fields can be escaped beforehand
    folder = Path(*(_with_case(glob.escape(part), glob.escape(name), "*") for part in parts[:-1]))
    file = _with_case(glob.escape(parts[-1]), glob.escape(name), "*")
    stem, dot, suffix = file.partition(".")
    # where files would have one name their values are put between
    return str(output), (str(folder / file), str(folder / f"{stem}_*{dot}{suffix}"))


def _has_open_field(part: str) -> bool:
    """Whether a part of a path has a field that is not known before the case is read."""
    return any(found.group(1) not in (None, *_CASE_FIELDS) for found in _FIELD.finditer(part))


def _with_case(part: str, name: str, other: str | None) -> str:
    """A part of a path with the case put in; other fields are as they are, or become ``other``."""

    def put(found: re.Match[str]) -> str:
        field = found.group(1)
        if field is None:
            return found.group(0)[0]
        if field in _CASE_FIELDS:
            return name
        return found.group(0) if other is None else other

    return _FIELD.sub(put, part)


def _told_apart(part: Part) -> Part:
    mark = part.labels[0].value if part.labels else part.group
    stem, dot, suffix = part.path.name.partition(".")
    return Part(part.path.with_name(f"{stem}_{mark}{dot}{suffix}"), part.group, part.labels, part.name)


def _key(path: Path) -> str:
    return str(path).casefold()


def write_parts(
    segmentation: Segmentation,
    parts: list[Part],
    *,
    keep_values: bool = False,
    overwrite: bool = False,
    report: Report | None = None,
) -> tuple[Path, ...]:
    """Writes masks (1, or the label's value with ``keep_values``), each read back; returns their paths.

    All of them are put in place together, or none. Raises FormatError (existing files), WriteError.
    """
    report = report or Report()
    existing = [part.path for part in parts if part.path.exists()]
    if existing and not overwrite:
        more = f" (and {len(existing) - 1} more)" if len(existing) > 1 else ""
        raise FormatError(existing[0], f"exists already{more}; overwriting must be asked for (--overwrite)")
    geometry = segmentation.geometry
    expect_files(len(parts), geometry.voxels, written=True)
    root = _common_folder([part.path for part in parts])
    root.mkdir(parents=True, exist_ok=True)
    tables: dict[int, RunTable] = {}
    writers: dict[tuple[str, bool], LabelImageWriter] = {}
    with Stage(root / "x") as stage:
        for number, part in enumerate(parts):
            table = tables.get(part.group)
            if table is None:
                tables = {part.group: scan(segmentation.groups[part.group].array)}
                table = tables[part.group]
            value = part.labels[0].value if keep_values and len(part.labels) == 1 else 1
            key = ("".join(part.path.suffixes[-2:]).lower(), value > 255)
            first = key not in writers
            if first:
                kind = np.uint16 if value > 255 else np.uint8
                writers[key] = LabelImageWriter(part.path, geometry, kind, report=report)
            _write(stage, writers[key], part, table, value, first)
            report.step((number + 1) / len(parts), part.name)
        return stage.commit()


def _write(stage: Stage, writer: LabelImageWriter, part: Part, table: RunTable, value: int, first: bool) -> None:
    """Writes a file and compares it; the grid is read back from the ``first`` of a writer alone.

    The others have the same header to the byte, which comparing the content sees to.
    """
    content = writer.intervals_of_runs(*_runs(table, part.labels), value)
    writer.write_intervals(stage, part.path, content)
    staged = stage.staged(part.path)
    moved = grid_difference(writer, staged) if first else None
    problem = moved or content_difference(writer, staged, content)
    if problem is not None:
        raise WriteError(part.path, f"verification failed, nothing was replaced: {problem}")


def _runs(table: RunTable, labels: tuple[Label, ...]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The runs of all labels together, neighbours joined."""
    if len(labels) == 1:
        return table.runs_of(labels[0].value)
    found = [table.runs_of(label.value) for label in labels]
    if not found:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    start = np.sort(np.concatenate([runs[0] for runs in found]))
    stop = np.sort(np.concatenate([runs[1] for runs in found]))
    apart = np.ones(len(start), np.bool_)
    apart[1:] = start[1:] != stop[:-1]
    return start[apart], stop[np.append(apart[1:], True)] if len(stop) else stop


def _common_folder(paths: list[Path]) -> Path:
    """The folder that all paths lie in, where the hidden folder of the unfinished files is made."""
    common = paths[0].parent
    while not all(path.is_relative_to(common) for path in paths):
        common = common.parent
    return common


def write_groups(
    segmentation: Segmentation, parts: list[Part], *, overwrite: bool = False, report: Report | None = None
) -> tuple[Path, ...]:
    """Writes each group as a segmentation of its own, in the format of its name; returns all paths.

    Raises FormatError, LossError, WriteError.
    """
    written: list[Path] = []
    for part in parts:
        part.path.parent.mkdir(parents=True, exist_ok=True)
        one = segmentation.with_groups([segmentation.groups[part.group]])
        written += write_segmentation(one, part.path, overwrite=overwrite, report=report).paths
    return tuple(written)
