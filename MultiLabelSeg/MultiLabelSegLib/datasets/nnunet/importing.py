"""Import of nnU-Net: raw data sets of both versions, and folders of predictions."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from ...core import Segmentation
from ...errors import CorruptFileError, DatasetError
from ...formats.image_io import read_label_array
from ...formats.report import Note, Report
from ..cases.case import Case, CaseSet, Split, distinct_cases
from ..classes import stored_map
from ..classes.plan import ClassPlan
from ..classes.restoring import restore
from . import description
from .description import Description

_PARTS: tuple[tuple[str, Split], ...] = (("Tr", "train"), ("Ts", "test"))


class NnunetImporter:
    """Reads nnU-Net's folders. The option ``dataset`` names the data set whose labels predictions have."""

    def matches(self, source: Path) -> bool:
        """See ``Importer``."""
        path = source / description.NAME
        if not path.is_file():
            return False
        if any((source / f"labels{part}").is_dir() for part, _ in _PARTS):
            return True
        text = path.read_text(encoding="utf-8", errors="replace")
        return '"channel_names"' in text or '"file_ending"' in text

    def find(self, source: Path, options: Mapping[str, str]) -> CaseSet:
        """See ``Importer``."""
        if not source.is_dir():
            raise DatasetError(f"{source}: there is no such folder")
        described = _description(source, options)
        if described.files:
            listed = _listed(source, described)
            # nnU-Net puts a copy of the data set's dataset.json, list and all, beside predictions
            if listed.cases or not _files(source, described.file_ending):
                return listed
        cases: list[Case] = []
        left_out: list[Note] = []
        for part, split in _PARTS:
            cases += _of_part(source, described, part, split, left_out)
        if not any((source / f"{kind}{part}").is_dir() for kind in ("labels", "images") for part, _ in _PARTS):
            cases = _predictions(source, described)
        found = distinct_cases(cases)
        notes = () if _map_path(source, options).is_file() else (_no_map(source),)
        return CaseSet(found.cases, (*left_out, *found.left_out), notes)

    def load(self, source: Path, case: Case, options: Mapping[str, str], report: Report) -> Segmentation:
        """See ``Importer``."""
        assert case.segmentation is not None
        array, geometry = read_label_array(case.segmentation, report)
        plan, document = _plan_of(source, case, options, report)
        return restore(array, geometry, plan, document, report)


def _plan_of(
    source: Path, case: Case, options: Mapping[str, str], report: Report
) -> tuple[ClassPlan, Mapping[str, object] | None]:
    """The plan of the values and the case's own document, from our map where it is there and not damaged."""
    described = _description(source, options)
    path = _map_path(source, options)
    if not path.is_file():
        return described.plan(), None
    try:
        stored = stored_map.read_map(path)
    except CorruptFileError as error:
        report.note(f"the map is not used, labels are those of {description.NAME}: {error.reason}", path)
        return described.plan(), None
    if not _fits(stored.plan, described):
        report.note(f"the map is not used, {description.NAME} names other labels or values", path)
        return described.plan(), None
    assert case.segmentation is not None
    return stored.plan, stored.document_for(case.id, case.segmentation)


def _fits(plan: ClassPlan, described: Description) -> bool:
    """Whether the map is about the labels that ``dataset.json`` states now."""
    if plan.regions:
        expected = {name: set(values) for name, values in plan.regions.items()}
    else:
        expected = {names[0]: {code} for code, names in plan.codes.items()}
    if plan.ignore and plan.ignore_code is not None:
        expected["ignore"] = {plan.ignore_code}
    return expected == {name: set(values) for name, values in described.labels.items()}


def _description(source: Path, options: Mapping[str, str]) -> Description:
    beside = source / description.NAME
    chosen = Path(options["dataset"]) if options.get("dataset") else None
    path = beside if chosen is None else chosen / description.NAME if chosen.is_dir() else chosen
    if not path.is_file():
        raise DatasetError(
            f"{path}: there is no such file, which names the labels; for predictions say --dataset FOLDER"
        )
    return description.read_description(path)


def _map_path(source: Path, options: Mapping[str, str]) -> Path:
    chosen = Path(options["dataset"]) if options.get("dataset") else source
    return (chosen if chosen.is_dir() else chosen.parent) / stored_map.NAME


def _no_map(source: Path) -> Note:
    return Note(f"there is no {stored_map.NAME}: names are those of {description.NAME}, colours MITK's", source)


def _of_part(source: Path, described: Description, part: str, split: Split, left_out: list[Note]) -> list[Case]:
    """The cases of imagesTr and labelsTr, or of imagesTs and labelsTs."""
    ending, folder = described.file_ending, source / f"images{part}"
    maps = {path.name[: -len(ending)]: path for path in _files(source / f"labels{part}", ending)}
    images: dict[str, dict[str, Path]] = {}
    files = _files(folder, ending)
    numbered = {path: _numbered(path, described) for path in files}
    for path in files:
        stem, found = path.name[: -len(ending)], numbered[path]
        is_named = stem in maps if maps else not any(numbered.values())
        if len(described.channels) == 1 and is_named and (found is None or found[0] not in maps):
            # v1's files as the Medical Segmentation Decathlon has them; test images have no label maps to go by
            images.setdefault(stem, {})[described.channels[0]] = path
        elif found is None:
            left_out.append(Note(f"is no image of one of the {len(described.channels)} channels", path))
        else:
            images.setdefault(found[0], {})[described.channels[found[1]]] = path
    for name in sorted(set(images) - set(maps)):
        if split == "train":
            left_out.append(Note(f"case {name!r}: it has no label map in labels{part}", folder))
    kept = sorted(maps if split == "train" else {*maps, *images})
    ordered = {name: [each for each in described.channels if each in images.get(name, {})] for name in kept}
    return [Case(name, {each: images[name][each] for each in ordered[name]}, maps.get(name), split) for name in kept]


def _numbered(path: Path, described: Description) -> tuple[str, int] | None:
    """Case and number of the channel that an image's name says; None where it says no channel of the data set."""
    found = re.fullmatch(rf"(.+)_(\d{{4}}){re.escape(described.file_ending)}", path.name, re.DOTALL)
    return (found[1], int(found[2])) if found and int(found[2]) < len(described.channels) else None


def _files(folder: Path, ending: str) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.name.endswith(ending) and not path.name.startswith("."))


def _predictions(source: Path, described: Description) -> list[Case]:
    maps = _files(source, described.file_ending)
    if not maps:
        expected = f"labelsTr, or predictions *{described.file_ending}"
        raise DatasetError(f"{source}: found {description.NAME} but no label maps; expected {expected}")
    return [Case(path.name[: -len(described.file_ending)], {}, path, "test") for path in maps]


def _listed(source: Path, described: Description) -> CaseSet:
    """The cases that v2's ``dataset`` lists; paths are relative to the data set, with environment variables."""
    cases, left_out = [], []
    for name, (images, label) in described.files.items():
        paths = [source / os.path.expandvars(text) for text in images]
        channels = dict(zip(described.channels, paths, strict=False))
        case = Case(name, channels, source / os.path.expandvars(label))
        absent = [str(path) for path in case.files if not path.is_file()]
        if absent:
            left_out.append(Note(f"case {name!r}: there is no {', no '.join(absent)}", source / description.NAME))
        else:
            cases.append(case)
    found = distinct_cases(cases)
    return CaseSet(found.cases, (*left_out, *found.left_out), ())


IMPORTER = NnunetImporter()
