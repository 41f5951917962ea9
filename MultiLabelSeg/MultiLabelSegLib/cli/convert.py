"""Convert segmentations between formats, or merge several into one.

  mlseg convert -i seg.nrrd -o stack.nii.gz --output-options '{"Save strategy": "instance"}'
  mlseg convert -i stack.mitklabel.json -o seg.nrrd
  mlseg convert -i seg.nrrd -o seg.seg.nrrd
  mlseg convert -i liver.nii.gz tumor.nii.gz -g -o both.nrrd
  mlseg convert -i 'in/*.nii.gz' -o 'out/{stem}.nrrd' -j 4   (every input by itself; see mlseg batch)
  mlseg convert -i seg.nrrd -o seg.dcm --source FOLDER_OF_THE_CT

The name of the output says the format: .seg.nrrd Slicer, other .nrrd MITK, .mitklabel.json a MITK stack,
.dcm DICOM, .nii.gz, .mha and so on a label map with its table, or a stack when a stack's options are given.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

from ..core import Segmentation
from ..errors import OptionError
from ..formats.merging import merged
from ..formats.registry import format_for_reading, matching_formats, read_segmentation
from ..formats.report import Report
from ..formats.saving import Plan, execute, plan_write
from .changed_labels import change_lines, changed_labels
from .console import Console
from .dicom_flags import add_dicom_flags, writer_options
from .inputs import refuse_inputs
from .option_text import parse_option_text


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``mlseg convert``."""
    files = parser.add_argument_group("files")
    files.add_argument("-i", "--input", nargs="+", action="extend", type=Path, metavar="IN", required=True)
    files.add_argument("-o", "--output", type=Path, metavar="OUT", help="required unless -lr is given")
    files.add_argument("-g", "--groups", action="store_true", help="several inputs: one group each, not one for all")
    files.add_argument("--overwrite", action="store_true", help="replace existing output files")
    files.add_argument("--dry-run", action="store_true", help="say what would be done, write nothing")
    how = parser.add_argument_group("how to read and write")
    how.add_argument("-r", "--reader", metavar="READER", help="which reader to use (see -lr), by id or by MITK's name")
    how.add_argument("-lr", "--list-readers", action="store_true", help="list the readers for the input and stop")
    how.add_argument("--input-options", nargs="+", default=[], metavar="OPTION", help="JSON or pairs name=value")
    how.add_argument("--output-options", nargs="+", default=[], metavar="OPTION", help="JSON or pairs name=value")
    how.add_argument("--format", metavar="ID", help="output format, where the name does not say it (see mlseg formats)")
    how.add_argument("--reference", type=Path, metavar="IMAGE", help="image or DICOM folder whose grid the result has")
    how.add_argument("--allow-outside", action="store_true", help="follow paths in a file that leave its folder")
    add_dicom_flags(parser)
    what = parser.add_argument_group("what to do with labels")
    what.add_argument("--values", choices=("keep", "schema", "consecutive"), default="keep", help="label values")
    what.add_argument(
        "--schema", type=Path, metavar="FILE", help="preset, label table or segmentation that gives values and colours"
    )
    what.add_argument("--colors", choices=("keep", "schema"), default="keep", help="label colours")
    what.add_argument(
        "--codes",
        metavar="names|FILE",
        help="codes for labels without any: of our list of names (SNOMED CT), or of a preset or segmentation",
    )
    what.add_argument("--map", type=Path, metavar="FILE", help="CSV from_name,from_value,to_name,to_value")
    what.add_argument(
        "--overlap",
        choices=("error", "split-files", "priority", "combine"),
        default="error",
        help="overlapping groups in a target that holds one value a voxel",
    )
    what.add_argument(
        "--undeclared", choices=("error", "label"), default="error", help="voxels whose value has no label"
    )
    what.add_argument("--sidecar", choices=("auto", "always", "never"), default="auto", help="OUT.mlseg.json")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Reads, merges, renumbers on request, writes; 0, or 3 when something was left out and named."""
    if arguments.list_readers:
        return _list_readers(arguments.input, console)
    if arguments.output is None:
        raise OptionError("output", None, "a path (-o OUT)")
    refuse_inputs((arguments.output,), _inputs(arguments))
    report = Report()
    with console.progress("convert") as callback:
        report.progress = callback
        started = time.perf_counter()
        segmentation = _read_all(arguments, report)
        read_seconds = time.perf_counter() - started
        segmentation, values, names = changed_labels(segmentation, arguments, report)
        plan = plan_write(
            segmentation,
            arguments.output,
            format_id=arguments.format,
            options=writer_options(arguments, report, (arguments.reference, *arguments.input)),
            overlap=arguments.overlap,
            sidecar=arguments.sidecar,
            values=values,
            report=report,
        )
        result = None if arguments.dry_run else execute(plan, arguments.overwrite)
    console.show(report)
    for line in change_lines(values, names):
        console.say(line)
    if result is None:
        _say_plan(plan, console)
    else:
        for path in result.paths if console.verbose else result.main:
            console.say(f"wrote {path}" + (f" ({plan.format.title})" if path in result.main else ""))
        beside = {kept for part in plan.parts if part.sidecar for kept in part.kept_beside}
        if beside:
            console.say(f"kept in the sidecar: {', '.join(sorted(beside))}")
        console.detail(
            f"read {read_seconds:.2f} s, write {result.write_seconds:.2f} s, verify {result.verify_seconds:.2f} s"
        )
    return 3 if report.left_out else 0


def _read_all(arguments: argparse.Namespace, report: Report) -> Segmentation:
    options = parse_option_text("input-options", arguments.input_options)
    parts = [
        (
            path,
            read_segmentation(
                path,
                format_id=arguments.reader,
                options=options,
                reference=arguments.reference,
                allow_outside=arguments.allow_outside,
                report=report,
            ),
        )
        for path in _each_once(arguments.input, report)
    ]
    if len(parts) == 1:
        return parts[0][1]
    return merged(parts, one_group_each=arguments.groups, overlap=arguments.overlap, report=report)


def _each_once(paths: list[Path], report: Report) -> list[Path]:
    """The inputs without the files of a DICOM segmentation that are read with its first one."""
    if len(paths) == 1:
        return paths
    from ..formats.dicom.folder import is_dicom_path

    if sum(map(is_dicom_path, paths)) < 2:
        return paths
    from ..formats.dicom.parts import read_along

    along = read_along(paths)
    for path, first in along.items():
        report.note(f"is a group of {first.name} and read with it", path)
    return [path for path in paths if path not in along]


def _list_readers(paths: list[Path], console: Console) -> int:
    for path in paths:
        format_for_reading(path)
        for found in matching_formats(path):
            names = found.reader_names or (found.title,)
            for name in names:
                console.out(f" : {name}")
    return 0


def _inputs(arguments: argparse.Namespace) -> list[Path | None]:
    """Everything that is read; ``--codes`` may be a word as well as a file."""
    codes = None if arguments.codes is None else Path(arguments.codes)
    return [*arguments.input, arguments.reference, arguments.dicom_source, arguments.schema, arguments.map, codes]


def _say_plan(plan: Plan, console: Console) -> None:
    for part in plan.parts:
        console.out(f"would write {part.path} ({plan.format.title}): {_contents(part.segmentation)}")
        if part.sidecar is not None:
            kept: Any = ", ".join(part.kept_beside) or "everything"
            console.out(f"would keep in the sidecar: {kept}")


def _contents(segmentation: Segmentation) -> str:
    return f"{len(segmentation.groups)} groups, {len(segmentation.labels)} labels, {segmentation.geometry}"
