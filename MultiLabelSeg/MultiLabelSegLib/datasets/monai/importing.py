"""Import of MONAI's datalists, and of the Medical Segmentation Decathlon's dataset.json, which they follow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...core import Segmentation
from ...errors import CorruptFileError, DatasetError
from ...formats.image_io import read_label_array
from ...formats.image_suffixes import image_suffix
from ...formats.json_text import parse_json
from ...formats.report import Note, Report
from ..cases.case import ONE_CHANNEL, Case, CaseSet, Split, distinct_cases, parse_split
from ..cases.table import relative_path
from ..cases.work import json_object
from ..classes import stored_map
from ..classes.restoring import restore
from ..nnunet.description import Description, parse_channels, parse_labels
from .exporting import NAME

#: list in the file -> part of the split; MONAI's names and those that its tutorials use
_SECTIONS: dict[str, Split] = {
    "training": "train", "train": "train", "validation": "val", "val": "val", "test": "test", "testing": "test",
}  # fmt: skip
_IMAGES, _LABELS = ("image", "images", "img"), ("label", "labels", "seg", "mask")


class MonaiImporter:
    """Reads datalists: a file, or the folder of ``datalist.json`` (or ``dataset.json``)."""

    def matches(self, source: Path) -> bool:
        """See ``Importer``."""
        path = _file(source)
        if path is None:
            return False
        try:
            data = parse_json(path.read_text(encoding="utf-8-sig"), path, "the datalist", keep_last=True)
        except (OSError, ValueError, CorruptFileError):
            return False
        return isinstance(data, dict) and any(isinstance(data.get(section), list) for section in _SECTIONS)

    def find(self, source: Path, options: Mapping[str, str]) -> CaseSet:  # noqa: ARG002 - other layouts have options
        """See ``Importer``."""
        path = _existing(source)
        data = json_object(path, "a datalist")
        channels = _channels(data, path)
        cases: list[Case] = []
        left_out: list[Note] = []
        for section, split in _SECTIONS.items():
            entries = data.get(section, [])
            if not isinstance(entries, list):
                raise CorruptFileError(path, f"{section}: found {type(entries).__name__}, expected a list of cases")
            for number, entry in enumerate(entries, 1):
                case = _case(entry, split, channels, path, f"{section}[{number}]")
                absent = [str(file) for file in case.files if not file.exists()]
                if absent:
                    left_out.append(Note(f"case {case.id!r}: there is no {', no '.join(absent)}", path))
                else:
                    cases.append(case)
        cases = _named_apart(cases, path.parent)
        if not cases and not left_out:
            raise DatasetError(f"{path}: no cases are listed; expected lists named {', '.join(_SECTIONS)}")
        found = distinct_cases(cases)
        return CaseSet(found.cases, (*left_out, *found.left_out))

    def load(self, source: Path, case: Case, options: Mapping[str, str], report: Report) -> Segmentation:  # noqa: ARG002
        """See ``Importer``."""
        assert case.segmentation is not None
        path = _existing(source)
        data = json_object(path, "a datalist")
        array, geometry = read_label_array(case.segmentation, report)
        beside = path.parent / stored_map.NAME
        if beside.is_file():
            stored = stored_map.read_map(beside)
            return restore(array, geometry, stored.plan, stored.document_for(case.id, case.segmentation), report)
        labels = parse_labels(data["labels"], path) if data.get("labels") else {}
        return restore(array, geometry, Description((), labels).plan(), None, report)


def _file(source: Path) -> Path | None:
    places = [source] if source.is_file() else [source / NAME, source / "dataset.json"]
    return next((path for path in places if path.is_file() and path.suffix.lower() == ".json"), None)


def _existing(source: Path) -> Path:
    found = _file(source)
    if found is None:
        raise DatasetError(f"{source}: there is no datalist (.json, or a folder with {NAME})")
    return found


def _channels(data: Mapping[str, Any], path: Path) -> tuple[str, ...]:
    given = data.get("modality", data.get("channel_names"))
    given = {"0": given} if isinstance(given, str) else given
    return parse_channels(given, path) if given else ()


def _case(entry: Any, split: Split, channels: tuple[str, ...], path: Path, where: str) -> Case:
    """One entry: an object with image and label, or for tests the image alone."""
    entry = {"image": entry} if isinstance(entry, str) else entry
    if not isinstance(entry, dict):
        raise CorruptFileError(path, f"{where}: found {entry!r:.60}, expected an object with image and label")
    images = next((entry[key] for key in _IMAGES if key in entry), None)
    label = next((entry[key] for key in _LABELS if key in entry), None)
    listed = images if isinstance(images, list) else [] if images is None else [images]
    if not all(isinstance(text, str) and text for text in listed) or not isinstance(label, (str, type(None))):
        raise CorruptFileError(path, f"{where}: found {entry!r:.80}, expected paths of images and of one label map")
    if not listed and label is None:
        raise CorruptFileError(path, f"{where}: found {entry!r:.80}, expected an image or a label map")
    names = channels if len(channels) == len(listed) else tuple(f"channel {n}" for n in range(len(listed)))
    names = (ONE_CHANNEL,) if len(listed) == 1 and not channels else names
    paths = {name: path.parent / text for name, text in zip(names, listed, strict=True)}
    segmentation = None if label is None else path.parent / label
    named = segmentation or next(iter(paths.values()))
    ending = image_suffix(named) or named.suffix
    own = parse_split(str(entry["split"]), f"{path}: {where}") if "split" in entry else split
    return Case(named.name[: len(named.name) - len(ending)], paths, segmentation, own)


def _named_apart(cases: Sequence[Case], folder: Path) -> list[Case]:
    """The cases; those whose files are all called alike, each in a folder of its own, are named by folder and file."""
    counts = Counter(case.id for case in cases)
    made = []
    for case in cases:
        if counts[case.id] > 1:
            where = (case.segmentation or next(iter(case.images.values()))).parent
            parts = Path(relative_path(where, folder)).parts
            case = replace(case, id="_".join([*(part for part in parts if part not in ("..", "/")), case.id]))
        made.append(case)
    return made


IMPORTER = MonaiImporter()
