"""Reading and writing as it happens in the background: on documents that nobody else touches."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...core import Geometry, Group, Segmentation
from ...core.naming import free_values
from ...edit import Command, GroupChange
from ...errors import UnknownLabelError, WriteError
from ...formats.reference import fit_to_reference
from ...formats.registry import read_segmentation
from ...formats.report import Report
from ...formats.saving import WriteResult, write_segmentation
from ...host.base import Progress
from .common_fields import COMMON


@dataclass
class FileJob:
    """One file to read or write, and what is to be told about it. ``options`` hold those of the format and COMMON."""

    path: Path
    format_id: str | None
    options: Mapping[str, Any]
    report: Report

    def read(self, progress: Progress, geometry: Geometry | None = None) -> Segmentation:
        """Reads, fits to a grid where one is given, and counts the voxels of all labels, so that lists show at once."""
        self.report.progress = lambda fraction, _text: not progress(0.9 * fraction)
        document = read_segmentation(self.path, format_id=self.format_id, options=self.options, report=self.report)
        if geometry is not None:
            document = fit_to_reference(document, geometry, self.report)
        for group in document.groups:
            group.present_values()
        progress(1.0)
        return document

    def write(self, document: Segmentation, overwrite: bool, progress: Progress) -> WriteResult:
        """Writes and verifies. Raises LossError, WriteError, FormatError, OptionError."""
        self.report.progress = lambda fraction, _text: not progress(fraction)
        own = {key: value for key, value in self.options.items() if key not in COMMON}
        common = {key: value for key, value in self.options.items() if key in COMMON}
        return write_segmentation(
            document,
            self.path,
            format_id=self.format_id,
            options=own,
            overwrite=overwrite,
            report=self.report,
            **common,
        )


def check_writable(path: Path) -> None:
    """Raises WriteError at once for a folder that is missing or may not be written to, before any work is done."""
    folder = path.parent
    if not folder.is_dir():
        raise WriteError(path, f"there is no folder {folder}")
    if not os.access(folder, os.W_OK):
        raise WriteError(path, f"the folder {folder} is read-only")


def only_labels(document: Segmentation, values: Collection[int] | None) -> Segmentation:
    """A copy of a document; with ``values`` of these labels alone, in their groups. Raises UnknownLabelError."""
    if values is None:
        return document.copy()
    wanted = set(values)
    missing = sorted(wanted - set(document.values))
    if missing or not wanted:
        raise UnknownLabelError(f"no labels have the values {missing}" if missing else "no labels are chosen")
    groups = []
    for group in document.groups:
        labels = [label for label in group.labels if label.value in wanted]
        if labels:
            kept = np.zeros(65536, np.bool_)
            kept[[label.value for label in labels]] = True
            array = group.array
            groups.append(
                Group(np.where(kept[array], array, array.dtype.type(0)), labels, group.name, group.properties)
            )
    return document.with_groups(groups)


@dataclass(frozen=True)
class Joined:
    """What adding another document's groups does: the command, and the values that had to change."""

    command: Command
    changed: Mapping[int, int]


def joined(document: Segmentation, other: Segmentation, name: str) -> Joined:
    """Adds the groups of another document on the same grid behind those of this one.

    Labels keep their values where these are free, others get new ones. The other document's arrays are taken over.
    """
    taken = {*document.values, *(stray for group in document.groups for stray in group.undeclared_values())}
    clashes = [value for value in other.values if value in taken]
    used = taken | set(other.values) | {stray for group in other.groups for stray in group.undeclared_values()}
    changed = dict(zip(clashes, free_values(used, len(clashes)), strict=True))
    first = len(document.groups)
    changes = []
    for index, group in enumerate(other.groups):
        title = group.name or (name if len(other.groups) == 1 else f"{name} {index + 1}")
        labels = [label.with_(value=changed.get(label.value, label.value)) for label in group.labels]
        array = _revalued(group, {old: new for old, new in changed.items() if old in group})
        changes.append(GroupChange(first + index, Group(array, labels, title, group.properties)))
    values = tuple(label.value for change in changes for label in (change.group.labels if change.group else ()))
    return Joined(Command(f"Import {name}", changes, values=values), changed)


def _revalued(group: Group, changed: Mapping[int, int]) -> Any:
    array = group.array
    if not changed:
        return array
    table = np.arange(65536, dtype=np.uint16)
    table[list(changed)] = list(changed.values())
    return table[array]
