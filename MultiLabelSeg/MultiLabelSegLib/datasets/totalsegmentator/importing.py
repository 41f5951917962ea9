"""Import of TotalSegmentator's training layout: masks of a case into as few groups as do not overlap, in one pass."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core import Group, Label, Segmentation
from ...core.naming import free_value, lut_color
from ...core.runs import paint_runs
from ...errors import CorruptFileError, DatasetError
from ...formats.base import ReadRequest
from ...formats.folder_read import mask_files
from ...formats.image_io import read_geometry
from ...formats.image_suffixes import image_suffix
from ...formats.label_json import GroupEntry, groups_from_json
from ...formats.label_tables.text import load_text
from ...formats.many_files import expect_files
from ...formats.mask_files import MaskFiles, Occupied
from ...formats.mask_names import mask_names
from ...formats.report import Note, Report
from ..cases.case import ONE_CHANNEL, Case, CaseSet, Split, distinct_cases, parse_split
from ..classes import stored_map
from ..classes.examined import from_document
from .exporting import ENDING, IMAGE, MASKS, META

_IMAGES = (IMAGE, "mri.nii.gz", "ct.nii", "mri.nii")


class TotalSegmentatorImporter:
    """Reads ``CASE/ct.nii.gz`` (or mri.nii.gz) and ``CASE/segmentations/*.nii.gz``; ``meta.csv`` says the split."""

    def matches(self, source: Path) -> bool:
        """See ``Importer``."""
        return source.is_dir() and any((folder / MASKS).is_dir() for folder in _folders(source))

    def find(self, source: Path, options: Mapping[str, str]) -> CaseSet:  # noqa: ARG002 - other layouts have options
        """See ``Importer``."""
        if not self.matches(source):
            raise DatasetError(f"{source}: no folder of a case with {MASKS}/*.nii.gz; expected {source}/s0001/{MASKS}")
        notes: list[Note] = []
        split_of = _meta(source / META, notes)
        cases, left_out = [], []
        for folder in _folders(source):
            image = next((folder / name for name in _IMAGES if (folder / name).is_file()), None)
            masks = folder / MASKS if (folder / MASKS).is_dir() and mask_files(folder / MASKS) else None
            if image is None and masks is None:
                left_out.append(Note("is no case: it has neither an image nor masks", folder))
                continue
            images = {} if image is None else {ONE_CHANNEL: image}
            cases.append(Case(folder.name, images, masks, split_of.get(folder.name, "train")))
        found = distinct_cases(cases)
        return CaseSet(found.cases, (*left_out, *found.left_out), tuple(notes))

    def load(self, source: Path, case: Case, options: Mapping[str, str], report: Report) -> Segmentation:  # noqa: ARG002
        """See ``Importer``."""
        assert case.segmentation is not None
        beside = source / stored_map.NAME
        document: Mapping[str, Any] | None = None
        if beside.is_file():
            stored = stored_map.read_map(beside)
            document = stored.documents.get(case.id) or {"groups": list(stored.plan.groups)}
        return read_masks(case.segmentation, document, _class_values(source), report)


def read_masks(
    folder: Path, document: Mapping[str, Any] | None, values: Mapping[str, int], report: Report
) -> Segmentation:
    """The masks of a folder as a segmentation.

    ``document`` describes labels and groups as they were exported; masks that it does not name get the value of their
    class in ``values``. A mask goes into its own group, or the first one where it overlaps nothing. Raises FormatError
    for damaged masks, several values, and other grids.
    """
    files = mask_files(folder)
    geometry = read_geometry(files[0], report)
    expect_files(len(files), geometry.voxels)
    entries = [] if document is None else groups_from_json(document.get("groups", []), "groups")
    owners = _owners(entries)
    masks = MaskFiles(geometry, ReadRequest(folder, report=report))
    packed = _Packed(entries or [GroupEntry()], geometry.full_shape)
    used = {label.value for entry in entries for label in entry.labels}
    for path in files:
        stem = path.name[: -len(image_suffix(path) or "")]
        start, stop = masks.runs_of(path)
        place, label = owners.get(stem, (0, None))
        if label is None:
            if not len(start) and document is not None:
                continue  # a class of the data set that this case does not have
            value = values[stem] if values[stem] not in used else free_value(used)
            label = Label(value, stem, lut_color(value))
            used.add(value)
        packed.add(place, label, start, stop, report)
    for label in packed.absent():
        report.note(f"label {label.value} {label.name!r} has no mask of its own", folder)
    return from_document(document or {}, geometry, packed.groups())


class _Packed:
    """Groups that masks are painted into, beginning with those of a description."""

    def __init__(self, entries: Sequence[GroupEntry], shape: tuple[int, ...]) -> None:
        self._shape = shape
        self._entries: list[GroupEntry] = []
        self._arrays: list[NDArray[Any]] = []
        self._labels: list[dict[int, Label]] = []
        self._occupied: list[Occupied] = []
        for entry in entries:
            self._open(entry)

    def _open(self, entry: GroupEntry) -> None:
        self._entries.append(entry)
        self._arrays.append(np.zeros(self._shape, np.uint8))
        self._labels.append({})
        self._occupied.append(Occupied())

    def add(self, wish: int, label: Label, start: Any, stop: Any, report: Report) -> None:
        """Puts a mask into the group that is wished, else the first where it is free, else a new one."""
        order = [wish, *(number for number in range(len(self._arrays)) if number != wish)]
        number = next((number for number in order if self._occupied[number].is_free(start, stop)), None)
        if number is None:
            self._open(GroupEntry())
            number = len(self._arrays) - 1
        if number != wish and label in self._entries[wish].labels:
            report.note(f"label {label.value} {label.name!r} overlaps another one of its group, so it left that")
        if label.value > np.iinfo(self._arrays[number].dtype).max:
            self._arrays[number] = self._arrays[number].astype(np.uint16)
        paint_runs(self._arrays[number].reshape(-1), start, stop, label.value)
        self._occupied[number].add(start, stop)
        self._labels[number][label.value] = label

    def absent(self) -> list[Label]:
        """The labels of the description that no mask was found for."""
        seen = {value for labels in self._labels for value in labels}
        return [label for entry in self._entries for label in entry.labels if label.value not in seen]

    def groups(self) -> list[Group]:
        """The groups, their labels in the order of the description; one that was not found is a label without voxels.

        Of several labels of one name, which share a mask, the one that has it is kept.
        """
        found = {label.name for labels in self._labels for label in labels.values()}
        made = []
        for entry, array, labels in zip(self._entries, self._arrays, self._labels, strict=True):
            kept = [label for label in entry.labels if label.value in labels or label.name not in found]
            kept = [label for label in kept if label.value in labels or not self._is_elsewhere(label)]
            others = [label for label in labels.values() if label not in kept]
            made.append(Group(array, [*kept, *others], entry.name, entry.properties))
        return made

    def _is_elsewhere(self, label: Label) -> bool:
        return any(label.value in labels for labels in self._labels)


def _owners(entries: Sequence[GroupEntry]) -> dict[str, tuple[int, Label]]:
    """Name of a mask without its ending -> the group and label that it was written from."""
    labels = {label.name: (number, label) for number, entry in enumerate(entries) for label in entry.labels}
    names = mask_names([label for _, label in labels.values()], ENDING)
    return {names[label.value][: -len(ENDING)]: (number, label) for number, label in labels.values()}


def _class_values(source: Path) -> dict[str, int]:
    """Class -> value, 1, 2, 3... in the order of the names of all masks of all cases: the same in every case."""
    names = {
        path.name[: -len(image_suffix(path) or "")]
        for folder in _folders(source)
        if (folder / MASKS).is_dir()
        for path in mask_files(folder / MASKS)
    }
    return {name: value for value, name in enumerate(sorted(names), 1)}


def _folders(source: Path) -> list[Path]:
    return sorted(path for path in source.iterdir() if path.is_dir() and not path.name.startswith("."))


def _meta(path: Path, notes: list[Note]) -> dict[str, Split]:
    """Case -> split, as ``meta.csv`` says; a case that it does not name is for training."""
    if not path.is_file():
        notes.append(Note("there is no such file: all cases count as training cases", path))
        return {}
    lines = [line for line in load_text(path, Report()).lines if line.strip()]
    separator = max(";,\t", key=lines[0].count) if lines else ";"
    rows = list(csv.reader(lines, delimiter=separator))
    header = [title.strip().lower() for title in rows[0]] if rows else []
    if "image_id" not in header:
        raise CorruptFileError(path, f"line 1: found the columns {', '.join(header)}, expected image_id and split")
    name, split = header.index("image_id"), header.index("split") if "split" in header else None
    if split is None:
        notes.append(Note("there is no column split: all cases count as training cases", path))
        return {}
    return {
        row[name].strip(): parse_split(row[split], f"{path}, line {number}")
        for number, row in enumerate(rows[1:], 2)
        if len(row) > max(name, split)
    }


IMPORTER = TotalSegmentatorImporter()
