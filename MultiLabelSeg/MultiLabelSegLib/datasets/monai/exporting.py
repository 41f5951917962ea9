"""Export to MONAI: datalist.json with relative paths, label maps, and images where they are to be beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...errors import OptionError
from ...formats.report import Report
from ..cases.case import ONE_CHANNEL, Case, channels_of
from ..cases.layout import ExportOptions, WrittenSet
from ..cases.table import relative_path
from ..classes import stored_map
from ..classes.examined import Examined
from ..classes.flat_writing import Places, complete_cases, examined_json, planned, write_flat, write_texts
from ..classes.plan import BACKGROUND, ClassPlan
from ..nnunet.splits import splits

NAME = "datalist.json"
#: the lists of the file by the part of the split
SECTIONS = {"train": "training", "val": "validation", "test": "test"}


class MonaiExporter:
    """Writes a datalist. Several channels are a list of images; a cross-validation gives every case its fold."""

    def check(self, cases: Sequence[Case], options: ExportOptions, report: Report) -> Sequence[Case]:
        """See ``Exporter``."""
        if options.ignore:
            raise OptionError("ignore", options.ignore, "nothing: a datalist knows no label to be ignored")
        kept = complete_cases(cases, report)
        splits(kept, options.folds)
        return kept

    def examine(self, case: Case, options: ExportOptions, report: Report) -> Any:
        """See ``Exporter``."""
        return examined_json(case, options, report)

    def plan(self, cases: Sequence[Case], examined: Mapping[str, Any], options: ExportOptions, report: Report) -> Any:
        """See ``Exporter``."""
        found = planned(cases, examined, options, False, report)
        return {**found.as_json(), "channels": list(channels_of(cases))}

    def write(self, case: Case, plan: Any, options: ExportOptions, out: Path, report: Report) -> Mapping[str, Any]:
        """See ``Exporter``."""
        images = {}
        if options.images != "reference":
            images = {name: _image_target(out, case, name, plan["channels"], options) for name in case.images}
        label_map = None if case.segmentation is None else out / "labels" / f"{case.id}{options.file_ending}"
        return write_flat(case, ClassPlan.from_json(plan), options, out, Places(label_map, images), report)

    def finish(self, made: WrittenSet) -> Sequence[Path]:
        """See ``Exporter``."""
        classes = ClassPlan.from_json(made.plan)
        fold_of = {
            case_id: number
            for number, fold in enumerate(splits(made.cases, made.options.folds))
            for case_id in fold["val"]
        }
        lists: dict[str, list[Any]] = {section: [] for section in SECTIONS.values()}
        for case in made.cases:
            entry = _entry(case, made.written[case.id], made.plan["channels"], made.options, made.out)
            if made.options.folds and case.split != "test":
                lists["training"].append({**entry, "fold": fold_of[case.id]})
            else:
                lists[SECTIONS[case.split]].append(entry)
        data = {
            "name": made.options.name,
            "description": "",
            "tensorImageSize": "4D" if len(made.plan["channels"]) > 1 else "3D",
            "modality": {str(number): channel for number, channel in enumerate(made.plan["channels"])},
            "labels": {"0": BACKGROUND, **{str(code): names[0] for code, names in classes.codes.items()}},
            "numTraining": len(lists["training"]),
            "numTest": len(lists["test"]),
            **{section: entries for section, entries in lists.items() if entries or section == "training"},
        }
        maps = [
            (case.id, Examined.from_json(made.examined[case.id]), _label_map(made.out, made.written[case.id]))
            for case in made.cases
        ]
        texts = {
            NAME: json.dumps(data, indent=1, ensure_ascii=False) + "\n",
            stored_map.NAME: stored_map.map_text(classes, maps),
        }
        return write_texts(made.out, texts)


def _image_target(out: Path, case: Case, name: str, channels: Sequence[str], options: ExportOptions) -> Path:
    number = "" if tuple(channels) == (ONE_CHANNEL,) else f"_{list(channels).index(name):04d}"
    return out / "images" / f"{case.id}{number}{options.file_ending}"


def _entry(
    case: Case, told: Mapping[str, Any], channels: Sequence[str], options: ExportOptions, out: Path
) -> dict[str, Any]:
    if options.images == "reference":
        images = [relative_path(case.images[name], out) for name in channels]
    else:
        images = [relative_path(_image_target(out, case, name, channels, options), out) for name in channels]
    entry: dict[str, Any] = {"image": images[0] if len(images) == 1 else images}
    if told["label_map"] is not None:
        entry["label"] = told["label_map"]
    return entry


def _label_map(out: Path, told: Mapping[str, Any]) -> Path | None:
    return None if told["label_map"] is None else out / told["label_map"]


EXPORTER = MonaiExporter()
