"""One case written as label map and images: what nnU-Net and MONAI have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core import Geometry
from ...errors import WriteError
from ...formats.image_verify import array_difference
from ...formats.image_write import LabelImageWriter
from ...formats.report import Report
from ...formats.staging import Stage
from ..cases.case import Case
from ..cases.grids import common_grid
from ..cases.image_files import place_image
from ..cases.layout import ExportOptions
from .combining import combine
from .examined import CaseOptions, Examined, examine, read_case
from .plan import ClassPlan, PlanOptions, plan_classes


@dataclass(frozen=True)
class Places:
    """Where the files of a case go; images by channel, none where they stay where they are."""

    label_map: Path | None
    images: Mapping[str, Path] = field(default_factory=dict)


def case_options(options: ExportOptions) -> CaseOptions:
    """How segmentations are read for an export."""
    return CaseOptions(options.label_table, options.map, options.resample, options.undeclared)


def examined_json(case: Case, options: ExportOptions, report: Report, overlaps: bool = True) -> dict[str, Any]:
    """What a plan has to know about a case, as JSON (see ``examine``)."""
    return examine(case, case_options(options), report, overlaps).as_json()


def planned(
    cases: Sequence[Case], examined: Mapping[str, Any], options: ExportOptions, regions: bool, report: Report
) -> ClassPlan:
    """The plan for all cases that were looked at. Raises DatasetError, PresetError for a schema that is none."""
    schema: tuple[str, ...] = ()
    if options.schema:
        from ...presets.schema import Schema

        schema = Schema.from_file(Path(options.schema)).names
    wanted = PlanOptions(
        options.ignore, options.merge_instances, schema, regions, f"the schema {Path(options.schema).name}"
    )
    known = {case.id: Examined.from_json(examined[case.id]) for case in cases if case.id in examined}
    return plan_classes(known, wanted, report)


def write_flat(
    case: Case, plan: ClassPlan, options: ExportOptions, out: Path, places: Places, report: Report
) -> dict[str, Any]:
    """Writes a case: label map and images together or nothing, each verified. Returns what happened to each file.

    Raises FormatError, GeometryError, WriteError.
    """
    told: dict[str, Any] = {"grid": "", "label_map": None, "images": {}}
    with Stage(out / "case") as stage:
        grid = common_grid(case.images, report) if case.images else None
        if case.segmentation is not None and places.label_map is not None:
            segmentation, told["grid"] = read_case(case, case_options(options), report)
            grid = segmentation.geometry if grid is None else grid
            combined = combine(segmentation.groups)
            names = {label.value: label.name for label in segmentation.labels}
            codes = {
                members: plan.code_of(frozenset(names[value] for value in members)) for members in combined.members
            }
            write_label_map(stage, places.label_map, combined.translated(codes), grid, report)
            told["label_map"] = places.label_map.relative_to(out).as_posix()
        for name, target in places.images.items():
            how = place_image(stage, case.images[name], target, options.images == "link", grid, report)
            told["images"][target.relative_to(out).as_posix()] = how
        told["files"] = [path.relative_to(out).as_posix() for path in stage.commit()]
    return told


def write_label_map(stage: Stage, path: Path, array: NDArray[Any], grid: Geometry, report: Report) -> None:
    """Writes a label map (t, k, j, i) through the stage and reads it back. Raises WriteError, FormatError."""
    dtype = np.uint16 if array.dtype.itemsize > 1 else np.uint8
    writer = LabelImageWriter(path, grid, dtype, report=report)
    writer.write_array(stage, path, array)
    wrong = array_difference(writer, stage.staged(path), array)
    if wrong is not None:
        raise WriteError(path, f"verification failed, nothing was replaced: {wrong}")


def complete_cases(cases: Sequence[Case], report: Report, needs_images: bool = True) -> list[Case]:
    """The cases that have an image of every channel and, unless they are for testing, a segmentation."""
    channels = tuple(dict.fromkeys(name for case in cases for name in case.images))
    kept = []
    for case in cases:
        missing = [name for name in channels if name not in case.images]
        if needs_images and (missing or not channels):
            report.leave_out(f"case {case.id!r}: it has no image{'s' if len(missing) > 1 else ''} {', '.join(missing)}")
        elif case.segmentation is None and case.split != "test":
            report.leave_out(f"case {case.id!r}: it has no segmentation, and its split is {case.split}")
        else:
            kept.append(case)
    return kept


def write_texts(out: Path, texts: Mapping[str, str]) -> tuple[Path, ...]:
    """Puts text files into a folder, all together. Raises WriteError."""
    with Stage(out / "texts") as stage:
        for name, text in texts.items():
            stage.file(out / name).write_text(text, encoding="utf-8", newline="\n")
        return stage.commit()
