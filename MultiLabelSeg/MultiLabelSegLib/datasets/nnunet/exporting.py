"""Export to nnU-Net: imagesTr, labelsTr, imagesTs, labelsTs, dataset.json, splits_final.json and our map."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...errors import DatasetError, OptionError
from ...formats.report import Report
from ..cases.case import Case, channels_of
from ..cases.layout import ExportOptions, WrittenSet
from ..classes import stored_map
from ..classes.examined import Examined
from ..classes.flat_writing import Places, complete_cases, examined_json, planned, write_flat, write_texts
from ..classes.plan import ClassPlan
from . import description
from . import splits as nnunet_splits

ENDINGS = (".nii.gz", ".nrrd", ".mha")
_MOST_CHANNELS = 10_000
_FOLDER_V2, _FOLDER_V1 = re.compile(r"Dataset\d{3}_.+"), re.compile(r"Task\d{3}_.+")


class NnunetExporter:
    """Writes nnU-Net's raw data sets, version 2 unless the options say 1."""

    def check(self, cases: Sequence[Case], options: ExportOptions, report: Report) -> Sequence[Case]:
        """See ``Exporter``."""
        if options.version not in (1, 2):
            raise OptionError("nnunet-version", options.version, (1, 2))
        if options.file_ending not in (ENDINGS if options.version == 2 else ENDINGS[:1]):
            raise OptionError("file-ending", options.file_ending, ENDINGS if options.version == 2 else ENDINGS[:1])
        if options.version == 1 and options.ignore:
            raise OptionError("ignore", options.ignore, "nothing: nnU-Net 1 knows no label to be ignored")
        if options.images == "reference":
            raise OptionError("images", options.images, ("copy", "link"))
        if len(channels_of(cases)) > _MOST_CHANNELS:
            raise DatasetError(f"{len(channels_of(cases))} channels; nnU-Net numbers them with four digits")
        kept = complete_cases(cases, report)
        nnunet_splits.splits(kept, options.folds)
        return kept

    def examine(self, case: Case, options: ExportOptions, report: Report) -> Any:
        """See ``Exporter``."""
        return examined_json(case, options, report)

    def plan(self, cases: Sequence[Case], examined: Mapping[str, Any], options: ExportOptions, report: Report) -> Any:
        """See ``Exporter``."""
        found = planned(cases, examined, options, options.version == 2, report)
        if not found.classes:
            raise DatasetError("no case has a label; nnU-Net needs one class at least")
        return {**found.as_json(), "channels": list(channels_of(cases))}

    def write(self, case: Case, plan: Any, options: ExportOptions, out: Path, report: Report) -> Mapping[str, Any]:
        """See ``Exporter``."""
        part, ending = "Ts" if case.split == "test" else "Tr", options.file_ending
        images = {
            name: out / f"images{part}" / f"{case.id}_{plan['channels'].index(name):04d}{ending}"
            for name in case.images
        }
        label_map = None if case.segmentation is None else out / f"labels{part}" / f"{case.id}{ending}"
        return write_flat(case, ClassPlan.from_json(plan), options, out, Places(label_map, images), report)

    def finish(self, made: WrittenSet) -> Sequence[Path]:
        """See ``Exporter``."""
        classes = ClassPlan.from_json(made.plan)
        known = {case.id: Examined.from_json(made.examined[case.id]) for case in made.cases}
        training = sorted(case.id for case in made.cases if case.split != "test")
        test = sorted(case.id for case in made.cases if case.split == "test")
        channels: list[str] = made.plan["channels"]
        if made.options.version == 1:
            data = description.description_v1_json(classes, channels, training, test, made.options.name)
        else:
            nifti2 = any(case.needs_nifti2 for case in known.values())
            data = description.description_json(
                classes, channels, len(training), made.options.file_ending, made.options.name, nifti2
            )
        maps = [(case.id, known[case.id], _label_map(made.out, made.written[case.id])) for case in made.cases]
        texts = {
            description.NAME: json.dumps(data, indent=1, ensure_ascii=False) + "\n",
            stored_map.NAME: stored_map.map_text(classes, maps),
        }
        folds = nnunet_splits.splits(made.cases, made.options.folds)
        if folds:
            texts[nnunet_splits.NAME] = json.dumps(folds, indent=1, ensure_ascii=False) + "\n"
        return write_texts(made.out, texts)


def folder_note(out: Path, version: int) -> str | None:
    """What is odd about the folder's name for nnU-Net; None for nothing."""
    pattern, shown = (_FOLDER_V2, "Dataset001_Name") if version == 2 else (_FOLDER_V1, "Task001_Name")
    if pattern.fullmatch(out.absolute().name):
        return None
    return f"nnU-Net finds data sets in folders called {shown}; this one is called {out.absolute().name}"


def _label_map(out: Path, told: Mapping[str, Any]) -> Path | None:
    return None if told["label_map"] is None else out / told["label_map"]


EXPORTER = NnunetExporter()
