"""Export to TotalSegmentator's layout: every class a mask, written from the runs of one pass over the voxels."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...core import Segmentation
from ...core.runs import scan
from ...errors import DatasetError, OptionError, WriteError
from ...formats.image_verify import content_difference
from ...formats.image_write import LabelImageWriter
from ...formats.label_json import groups_from_json
from ...formats.many_files import expect_files
from ...formats.mask_names import mask_names
from ...formats.report import Report
from ...formats.staging import Stage
from ..cases.case import Case, channels_of
from ..cases.image_files import place_image
from ..cases.layout import ExportOptions, WrittenSet
from ..classes import stored_map
from ..classes.examined import Examined, read_case
from ..classes.flat_writing import case_options, complete_cases, examined_json, planned, write_texts
from ..classes.plan import ClassPlan

IMAGE, MASKS, META = "ct.nii.gz", "segmentations", "meta.csv"
ENDING = ".nii.gz"


class TotalSegmentatorExporter:
    """Writes ``CASE/ct.nii.gz``, ``CASE/segmentations/CLASS.nii.gz`` and ``meta.csv``. Masks may overlap.

    Every case has a file for every class of the data set, empty where it has none of it, as TotalSegmentator has it.
    """

    def check(self, cases: Sequence[Case], options: ExportOptions, report: Report) -> Sequence[Case]:
        """See ``Exporter``."""
        if options.ignore:
            raise OptionError("ignore", options.ignore, "nothing: the layout knows no label to be ignored")
        if options.images == "reference" or options.file_ending != ENDING:
            raise OptionError("place", options.images, "copy or link, as .nii.gz")
        channels = channels_of(cases)
        if len(channels) > 1:
            raise DatasetError(f"{len(channels)} channels ({', '.join(channels)}); the layout has one image a case")
        return complete_cases(cases, report)

    def examine(self, case: Case, options: ExportOptions, report: Report) -> Any:
        """See ``Exporter``."""
        return examined_json(case, options, report, overlaps=False)

    def plan(self, cases: Sequence[Case], examined: Mapping[str, Any], options: ExportOptions, report: Report) -> Any:
        """See ``Exporter``. Masks overlap freely, so that no combination needs a value of its own."""
        plan = planned(cases, examined, options, False, report)
        entries = groups_from_json(list(plan.groups), "groups")
        files = mask_names([label for entry in entries for label in entry.labels], ENDING)
        named = {label.name: files[label.value] for entry in entries for label in entry.labels}
        data = plan.as_json()
        return {**data, "codes": {}, "files": {name: named[name] for name in plan.classes if name in named}}

    def write(self, case: Case, plan: Any, options: ExportOptions, out: Path, report: Report) -> Mapping[str, Any]:
        """See ``Exporter``."""
        told: dict[str, Any] = {"grid": "", "images": {}, "label_map": None}
        folder = out / case.id
        (image,) = case.images.values()
        with Stage(out / "case") as stage:
            grid = None
            if case.segmentation is not None:
                segmentation, told["grid"] = read_case(case, case_options(options), report)
                write_masks(stage, segmentation, folder / MASKS, plan["files"], report)
                grid = segmentation.geometry
            how = place_image(stage, image, folder / IMAGE, options.images == "link", grid, report)
            told["images"][f"{case.id}/{IMAGE}"] = how
            told["files"] = [path.relative_to(out).as_posix() for path in stage.commit()]
        return told

    def finish(self, made: WrittenSet) -> Sequence[Path]:
        """See ``Exporter``. The map goes by files of masks: their hashes are not kept, their voxels are read anew."""
        stream = io.StringIO(newline="")
        writer = csv.writer(stream, delimiter=";", lineterminator="\n")
        writer.writerow(["image_id", "split"])
        for case in made.cases:
            writer.writerow([case.id, case.split])
        known = [
            (case.id, Examined.from_json(made.examined[case.id]), made.out / case.id / IMAGE) for case in made.cases
        ]
        labelled = [entry for entry in known if entry[1].document]
        return write_texts(
            made.out,
            {META: stream.getvalue(), stored_map.NAME: stored_map.map_text(ClassPlan.from_json(made.plan), labelled)},
        )


def write_masks(
    stage: Stage, segmentation: Segmentation, folder: Path, files: Mapping[str, str], report: Report
) -> None:
    """One binary mask for each name of ``files`` (name -> file), through the stage, each compared after writing.

    The voxels are passed over once for each group, whatever the number of masks; labels of one name share a mask.
    Raises WriteError, UnsupportedFormatError.
    """
    expect_files(len(files), segmentation.geometry.voxels, written=True)
    writer = LabelImageWriter(folder / f"mask{ENDING}", segmentation.geometry, np.uint8, report=report)
    runs: dict[str, list[tuple[Any, Any]]] = {name: [] for name in files}
    for group in segmentation.groups:
        table = scan(group.array)
        for label in group.labels:
            runs[label.name].append(table.runs_of(label.value))
    for name, file in files.items():
        start, stop = _joined(runs[name])
        content = writer.intervals_of_runs(start, stop, 1)
        writer.write_intervals(stage, folder / file, content)
        wrong = content_difference(writer, stage.staged(folder / file), content)
        if wrong is not None:
            raise WriteError(folder / file, f"verification failed, nothing was replaced: {wrong}")


def _joined(parts: Sequence[tuple[Any, Any]]) -> tuple[Any, Any]:
    """The runs of several labels as those of their union, sorted; they may overlap."""
    parts = [part for part in parts if len(part[0])]
    if not parts:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    if len(parts) == 1:
        return parts[0]
    start = np.concatenate([part[0] for part in parts])
    stop = np.concatenate([part[1] for part in parts])
    order = np.argsort(start, kind="stable")
    start, stop = start[order], np.maximum.accumulate(stop[order])
    first = np.ones(len(start), np.bool_)
    first[1:] = start[1:] > stop[:-1]
    return start[first], stop[np.append(np.flatnonzero(first)[1:] - 1, len(stop) - 1)]


EXPORTER = TotalSegmentatorExporter()
